"""The values that training learns from its rows, and how both forms refer to them."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Mapping
from dataclasses import dataclass, field

from notewright.packaging.calls import method
from notewright.packaging.effects import root_name
from notewright.packaging.kinds import Kind
from notewright.packaging.naming import Names, words_for
from notewright.packaging.not_row_wise import NotRowWise
from notewright.packaging.replay import key
from notewright.packaging.slicing import Program

Pair = tuple[ast.expr, ast.expr]


@dataclass
class LearnedValue:
    """A value that training learns and serving uses again."""

    name: str
    kind: str
    #: It is a dictionary with one such value for each turn of a loop.
    keyed: bool = False
    type: str = ""
    #: The notebook's expression, where it is one.
    code: str = ""


@dataclass
class Learning:
    """Names learned values while statements are rewritten, in order.

    See :class:`notewright.packaging.rewrite.Rewriter` for the parameters.
    """

    program: Program
    kinds: Mapping[str, Kind]
    table: str
    side: frozenset[str] = frozenset()
    target_columns: frozenset[str] = frozenset()
    learned: dict[str, LearnedValue] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)
    tainted: set[str] = field(default_factory=set)
    #: Names of the notebook whose value is learned, whole.
    known: dict[str, str] = field(default_factory=dict)
    blocked: dict[int, NotRowWise] = field(default_factory=dict)

    def __post_init__(self) -> None:
        used = {n for e in self.program.effects for n in (*e.binds, *e.reads)}
        self.names = Names(used | set(vars(builtins)))
        self.tainted |= {self.table}
        for name in self.side:
            self.known[name] = name
            self.learned[name] = LearnedValue(name, "frame")
        self._index = 0
        self._before: list[list[ast.stmt]] = []
        self._after: list[list[ast.stmt]] = []
        self._outside: list[list[ast.stmt]] = []
        self._loop: list[str] = []
        self._lengths: set[int] = set()

    def rows(self, number: int) -> None:
        """Tell how many rows the raw table has."""
        self._lengths = {number}

    def kind(self, node: ast.AST) -> Kind | None:
        """Return what `node` was when it ran, or None if that is not known."""
        if not hasattr(node, "lineno"):
            return None
        return self.kinds.get(key(self._index, node))

    def learn(self, node: ast.expr, words: str, kind: str, type_: str = "") -> Pair:
        """Name the value of `node` in training; return how both forms refer to it."""
        name = self.names.fresh(words)
        keyed = bool(self._loop)
        self.learned[name] = LearnedValue(name, kind, keyed, type_, ast.unparse(node))
        self._emit(self._before, name, node)
        return self._local_ref(name), self._ref(name)

    def learn_after(self, node: ast.expr, words: str, kind: str, type_: str = "") -> ast.expr:
        """Name a value that is known only after the statement; return raw rows' reference."""
        name = self.names.fresh(words)
        self.learned[name] = LearnedValue(name, kind, bool(self._loop), type_)
        self._emit(self._after, name, node)
        return self._ref(name)

    def _emit(self, where: list[list[ast.stmt]], name: str, node: ast.expr) -> None:
        if self._loop:
            empty = ast.Assign([ast.Name(name, ast.Store())], ast.Dict([], []))
            self._outside[0].append(empty)
        where[-1].append(ast.Assign([_stored(self._local_ref(name))], node))

    def _local_ref(self, name: str) -> ast.expr:
        value: ast.expr = ast.Name(name, ast.Load())
        if self.learned[name].keyed:
            value = ast.Subscript(value, ast.Name(self._loop[-1], ast.Load()), ast.Load())
        return value

    def _ref(self, name: str) -> ast.expr:
        value: ast.expr = ast.Attribute(ast.Name("learned", ast.Load()), name, ast.Load())
        if self.learned[name].keyed and self._loop:
            value = ast.Subscript(value, ast.Name(self._loop[-1], ast.Load()), ast.Load())
        return value

    def _freeze(self, node: ast.expr) -> Pair:
        kind = self.kind(node)
        return self.learn(
            node,
            words_for(node),
            "estimator" if kind is not None and kind.name == "estimator" else "value",
            kind.type if kind is not None else "",
        )

    def _know(self, name: str, value: ast.expr) -> None:
        """`name` is learned as a whole: the training form has it as its own variable."""
        kind = self.kind(value)
        if self._loop:
            # Each turn has its own value, so it is kept under the turn's key.
            words = f"{name}_by_{self._loop[-1]}"
            learned = self.names.fresh(words)
            self.learned[learned] = LearnedValue(learned, "value", True)
            self._emit(self._after, learned, ast.Name(name, ast.Load()))
            self.known[name] = learned
            return
        self.known[name] = name
        estimator = kind is not None and kind.name == "estimator"
        self.learned[name] = LearnedValue(
            name, "estimator" if estimator else "value", False, kind.type if kind else ""
        )

    def _know_fitted(self, receiver: ast.Name) -> None:
        kind = self.kind(receiver)
        if self._loop or receiver.id in self.known:
            self.known[receiver.id] = self._copy_of(receiver)
            return
        self.known[receiver.id] = receiver.id
        self.learned[receiver.id] = LearnedValue(
            receiver.id, "estimator", False, kind.type if kind else ""
        )

    def _copy_of(self, receiver: ast.Name) -> str:
        """Keep a copy of an estimator that is fitted again later."""
        kind = self.kind(receiver)
        name = self.names.fresh(f"fitted_{receiver.id}")
        self.learned[name] = LearnedValue(
            name, "estimator", bool(self._loop), kind.type if kind else ""
        )
        self.helpers.add("deepcopy")
        call = ast.Call(ast.Name("deepcopy", ast.Load()), [ast.Name(receiver.id, ast.Load())], [])
        self._emit(self._after, name, call)
        return name

    def fitted(self, receiver: ast.expr, constructor: bool) -> Pair:
        """Return how both forms refer to a transformer that ``fit_transform`` fits here."""
        if isinstance(receiver, ast.Name):
            refits = self._fits(receiver.id)
            if self._loop or refits > 1:
                self.known[receiver.id] = self._copy_of(receiver)
                return receiver, self._ref(self.known[receiver.id])
            self._know_fitted(receiver)
            return receiver, self._ref(receiver.id)
        kind = self.kind(receiver)
        return self.learn(
            receiver, words_for(receiver), "estimator", kind.type if kind is not None else ""
        )

    def _fits(self, name: str) -> int:
        return sum(
            1
            for statement in self.program.body
            if not isinstance(statement.node, ast.FunctionDef | ast.ClassDef)  # names of its own
            for n in ast.walk(statement.node)
            if isinstance(n, ast.Call)
            and method(n) in ("fit", "fit_transform")
            and root_name(n.func) == name
        )

    def stop(self, node: ast.expr, why: str, instead: str) -> NotRowWise:
        """Return the problem that `node` is not row-wise, to be raised."""
        statement = self.program.body[self._index]
        number = getattr(node, "lineno", statement.node.lineno)
        line = statement.cell.code.splitlines()[number - 1].strip()
        return NotRowWise(statement.cell.place(number), line, why, instead)


def _stored(node: ast.expr) -> ast.expr:
    new = copy.copy(node)
    new.ctx = ast.Store()  # type: ignore[attr-defined]
    return new
