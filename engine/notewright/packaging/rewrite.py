"""From the prepare statements to two forms: one for training, one for raw rows.

Both forms are the author's statements. Where a statement uses a value that is
learned from the training rows (a median, bin edges, categories, a fitted
scaler), the training form first gives that value a name, and the form for raw
rows reads it from ``learned``. Statements that drop or reorder rows, and those
about the target, have no form for raw rows.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from notewright.packaging import special
from notewright.packaging.calls import is_reduction, is_schema_call, is_split, method
from notewright.packaging.effects import effects, free_names, unbound_names
from notewright.packaging.headers import chosen_by_place, renamed_by_place
from notewright.packaging.learning import Learning, Pair
from notewright.packaging.not_row_wise import NotRowWise
from notewright.packaging.row_drops import keep_columns, row_drop

_ROWS = ("frame", "series", "array", "sparse")
_SCHEMA = frozenset({"columns", "dtypes"})
#: Lists shorter than this are taken as learned even if as long as the table.
_SHORT = 30


@dataclass
class Rewritten:
    """The two forms of one statement."""

    index: int
    train: list[ast.stmt]
    serve: list[ast.stmt]


@dataclass
class Rewriter(Learning):
    """Rewrites prepare statements, in order.

    Parameters
    ----------
    program : Program
        The statements.
    kinds : mapping
        What expressions were when they ran.
    table : str
        The name of the raw table.
    side : frozenset of str
        Names of other loaded tables; raw rows find them in ``learned``.
    target_columns : frozenset of str
        Columns that raw rows do not have.
    """

    #: Names of a split's parts -> the table that was split: for raw rows they are one.
    same: dict[str, str] = field(default_factory=dict)

    # -- statements -------------------------------------------------------------

    def statement(self, index: int, node: ast.stmt) -> Rewritten:
        """Return both forms of statement `index`."""
        self._index = index
        self._outside = [[]]
        try:
            train, serve = self._statement(node)
        except NotRowWise as problem:
            self.blocked[index] = problem
            train, serve = [node], [node]
            self._learn_taint(node)
        return Rewritten(index, [*self._outside[0], *train], serve)

    def _statement(self, node: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt]]:
        self._lengths = self._row_lengths(node)
        if self._prepares_side_table(node):
            return [node], []  # raw rows find it as training left it
        if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
            return [node], [node]
        self._before.append([])
        self._after.append([])
        try:
            train, serve = self._dispatch(node)
        finally:
            before, after = self._before.pop(), self._after.pop()
        self._learn_taint(node)
        return [*before, *train, *after], serve

    def _prepares_side_table(self, node: ast.stmt) -> bool:
        """Tell whether a statement changes other loaded tables only, by themselves."""
        effect = effects(node, self.program.imports)
        inside = {
            n.id for loop in ast.walk(node) if isinstance(loop, ast.For) for n in _names(loop)
        }
        made = (effect.binds | effect.changes) - inside
        known = {name for name in self.side if self.known.get(name) == name}
        return bool(made) and made <= known and not self.taints(node)

    def function(self, node: ast.stmt) -> ast.stmt:
        """Return a function of the feature function, which reads what training learned."""
        if not isinstance(node, ast.FunctionDef):
            return node
        read = unbound_names(node) & {n for n in self.known if not self._is_keyed(n)}

        class Reading(ast.NodeTransformer):
            def visit_Name(_, name: ast.Name) -> ast.expr:  # noqa: N805
                return self._ref(self.known[name.id]) if name.id in read else name

        return Reading().visit(copy.deepcopy(node)) if read else node

    def _is_keyed(self, name: str) -> bool:
        learned = self.learned.get(self.known[name])
        return learned is not None and learned.keyed

    def _dispatch(self, node: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt]]:
        if isinstance(node, ast.For | ast.While | ast.If | ast.With):
            return self._compound(node)
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            return self._assign(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return self._call_statement(node, node.value)
        if isinstance(node, ast.Delete):
            kept = [t for t in node.targets if not self._about_target(t)]
            return [node], [ast.Delete(kept)] if kept else []
        if isinstance(node, ast.AugAssign):
            if self._about_target(node.target):
                return [node], []
            t, s = self.expr(node.value)
            return [_with(node, value=t)], [_with(node, value=s)]
        return self._generic_statement(node)

    def _generic_statement(self, node: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt]]:
        train, serve = self._children(node)
        return [train], [serve]

    def _assign(self, node: ast.Assign) -> tuple[list[ast.stmt], list[ast.stmt]]:
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Tuple) and is_split(self.program.imports, value):
            assert isinstance(value, ast.Call)
            return [node], self._split(target, value)
        if self._pops_target(value):
            return [node], []
        if isinstance(target, ast.Tuple) and (forms := self._numbered(node, target, value)):
            return forms
        if isinstance(target, ast.Name):
            if self.freezable(value) and not self._is_row_drop(value):
                train, _ = self._inside(value)
                self._know(target.id, value)
                return [_with(node, value=train)], []
            self.known.pop(target.id, None)
        elif self._about_target(target):
            return [node], []
        if (renamed := renamed_by_place(self, target, value)) is not None:
            return [node], [renamed]
        t, s = self.expr(value)
        tt, ts = self._target(target)
        return [_with(node, targets=[tt], value=t)], [_with(node, targets=[ts], value=s)]

    def _numbered(
        self, node: ast.Assign, target: ast.Tuple, value: ast.expr
    ) -> tuple[list[ast.stmt], list[ast.stmt]] | None:
        """Return both forms of ``codes, values = pd.factorize(...)``."""
        made = special.codes(self, value, value) if len(target.elts) == 2 else None
        if made is None:
            return None
        first, second = target.elts
        if isinstance(second, ast.Name) and self._is_read(second.id):
            self._know(second.id, second)
        if self._about_target(first):
            return [node], []
        return [node], [ast.Assign([first], made[1])]

    def _is_read(self, name: str) -> bool:
        return any(
            isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
            for statement in self.program.body
            for n in ast.walk(statement.node)
        )

    def _pops_target(self, value: ast.expr) -> bool:
        """Tell whether `value` takes a column of the target out of its table."""
        return any(
            isinstance(n, ast.Call)
            and method(n) == "pop"
            and any(self.is_target(a) for a in n.args)
            for n in ast.walk(value)
        )

    def _inside(self, value: ast.expr) -> Pair:
        return value, value

    def _target(self, target: ast.expr) -> Pair:
        """Rewrite what stands inside a target: ``df.loc[df.x > df.x.mean(), "y"]``."""
        if isinstance(target, ast.Subscript):
            t, s = self.expr(target.slice)
            return _with(target, slice=t), _with(target, slice=s)
        return target, target

    def _call_statement(
        self, node: ast.Expr, call: ast.Call
    ) -> tuple[list[ast.stmt], list[ast.stmt]]:
        name = method(call)
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        if name in ("fit", "partial_fit") and receiver is not None:
            kind = self.kind(receiver)
            if kind is not None and kind.name == "estimator" and isinstance(receiver, ast.Name):
                self._know_fitted(receiver)
                return [node], []
        if receiver is not None and self._is_row_drop(call):
            return [node], []
        if self._about_target(call):
            return [node], []
        t, s = self.expr(call)
        if isinstance(s, ast.Name):  # every column it dropped was the target's
            return [_with(node, value=t)], []
        return [_with(node, value=t)], [_with(node, value=s)]

    def _split(self, target: ast.Tuple, call: ast.Call) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for position, name in enumerate(target.elts):
            argument = call.args[position // 2] if position // 2 < len(call.args) else None
            if argument is None or not isinstance(name, ast.Name):
                continue
            if isinstance(argument, ast.Name) and argument.id in self.known:
                continue
            _, serve = self.expr(argument)
            if isinstance(serve, ast.Name):
                self.same[name.id] = self.same.get(serve.id, serve.id)
            made.append(ast.Assign([ast.Name(name.id, ast.Store())], serve))
        return made

    def _compound(
        self, node: ast.For | ast.While | ast.If | ast.With
    ) -> tuple[list[ast.stmt], list[ast.stmt]]:
        train = copy.copy(node)
        serve = copy.copy(node)
        if isinstance(node, ast.For):
            train.iter, serve.iter = self.expr(node.iter)  # type: ignore[union-attr]
            if self.taints(node.iter):
                self.tainted |= set()
        elif isinstance(node, ast.If | ast.While):
            train.test, serve.test = self.expr(node.test)  # type: ignore[union-attr]
        loop = isinstance(node, ast.For)
        if loop:
            self._loop.append(self._loop_key(node))  # type: ignore[arg-type]
        try:
            for part in ("body", "orelse"):
                t_body: list[ast.stmt] = []
                s_body: list[ast.stmt] = []
                for child in getattr(node, part, []):
                    t, s = self._statement(child)
                    t_body += t
                    s_body += s
                setattr(train, part, t_body)
                setattr(serve, part, s_body)
        finally:
            if loop:
                self._loop.pop()
        if isinstance(node, ast.For) and serve.body and self._goes_through_folds(node.iter):
            raise self.stop(
                node.iter,
                "goes through folds, and what a row gets is learned from the rows of the others",
                "a table learned from all training rows, and `df[key].map(table)`",
            )
        return [train], [serve] if serve.body else []

    def _goes_through_folds(self, node: ast.expr) -> bool:
        """Tell whether an expression gives the rows of folds: ``folds.split(table)``."""
        calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and method(n) == "split"]
        return any(self.taints(a) for n in calls for a in n.args)

    def _loop_key(self, node: ast.For) -> str:
        names = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
        return names[-1] if names else ""

    # -- expressions ------------------------------------------------------------

    def expr(self, node: ast.expr) -> Pair:
        """Return the forms of an expression for training and for raw rows."""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in self.known:
                return node, self._ref(self.known[node.id])
            return node, node
        if not self.taints(node):
            return self._children(node)  # side tables may be inside
        if (chosen := chosen_by_place(self, node)) is not None:
            return node, chosen
        if self._is_row_drop(node):
            return self._row_drop(node)
        if self.freezable(node):
            return self._freeze(node)
        if isinstance(node, ast.List | ast.Tuple) and self._parts_of_one(node):
            # `[train, test]`: raw rows are not split, so there is one table to work on.
            return node, type(node)(node.elts[:1], node.ctx)
        made = special.rewrite(self, node)
        if made is not None:
            return made
        train, serve = self._children(node)
        if isinstance(serve, ast.Subscript) and isinstance(serve.slice, ast.List | ast.BinOp):
            serve = _with(serve, slice=self._without_target(serve.slice))
        return train, serve

    def _without_target(self, node: ast.expr) -> ast.expr:
        """Return ``names + ["price"]`` as ``names``, where the target is the price."""
        if isinstance(node, ast.BinOp):
            left, right = self._without_target(node.left), self._without_target(node.right)
            if isinstance(right, ast.List) and right is not node.right and not right.elts:
                return left
            return _with(node, left=left, right=right)  # type: ignore[no-any-return]
        if not isinstance(node, ast.List):
            return node
        kept = [e for e in node.elts if not self.is_target(e)]
        return node if len(kept) == len(node.elts) else ast.List(kept, ast.Load())

    def _parts_of_one(self, node: ast.List | ast.Tuple) -> bool:
        names = [e.id if isinstance(e, ast.Name) else "" for e in node.elts]
        roots = {self.same.get(name, name) for name in names}
        return len(names) > 1 and "" not in names and len(roots) == 1

    def _children(self, node: ast.AST) -> tuple[Any, Any]:
        train: dict[str, object] = {}
        serve: dict[str, object] = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                train[name], serve[name] = self.expr(value)
            elif isinstance(value, list):
                pairs = [self._item(item) for item in value]
                train[name] = [p[0] for p in pairs]
                serve[name] = [p[1] for p in pairs]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                train[name], serve[name] = self._children(value)
        return _with(node, **train), _with(node, **serve)

    def _item(self, item: object) -> tuple[object, object]:
        if isinstance(item, ast.expr):
            return self.expr(item)
        if isinstance(item, ast.AST):
            return self._children(item)
        return item, item

    def is_rows(self, node: ast.expr) -> bool:
        """Tell whether `node` has one value, or one line, for each row of the table."""
        kind = self.kind(node)
        if kind is None:
            return isinstance(node, ast.Name) and node.id == self.table
        if self._is_row_drop(node):
            return True
        return kind.name in _ROWS and kind.length in self._lengths and self.taints(node)

    def taints(self, node: ast.AST) -> bool:
        """Tell whether the rows' values can reach the value of `node`."""
        if isinstance(node, ast.Attribute) and node.attr in _SCHEMA:
            return False
        if isinstance(node, ast.Call) and is_schema_call(node):
            return False
        if isinstance(node, ast.Name):
            return node.id in self.tainted
        return any(self.taints(child) for child in ast.iter_child_nodes(node))

    def freezable(self, node: ast.expr) -> bool:
        """Tell whether `node` is a value learned from the rows."""
        if isinstance(node, ast.Constant | ast.Slice | ast.Tuple) or not self.taints(node):
            return False
        kind = self.kind(node)
        if kind is None:
            return is_reduction(node) and not self._local(node)
        if kind.name == "scalar":
            return kind.dtype != "NoneType"  # what a method that works in place returns
        if kind.name == "estimator":
            return True
        if kind.name in ("plain", "index"):
            return kind.length < _SHORT or kind.length not in self._lengths
        return kind.name in ("frame", "series", "array") and kind.length not in self._lengths

    def _local(self, node: ast.expr) -> bool:
        """Tell whether `node` uses a variable of a lambda or comprehension around it."""
        bound = {n for e in self.program.effects for n in e.binds} | set(self.program.imports.paths)
        return bool(free_names(node) - bound)

    def _is_row_drop(self, node: ast.expr) -> bool:
        receiver = row_drop(self, node)
        return receiver is not None and self.is_rows(receiver)

    def _row_drop(self, node: ast.expr) -> Pair:
        receiver = row_drop(self, node)
        assert receiver is not None
        _, serve = self.expr(receiver)
        return node, keep_columns(self, node, serve)

    # -- taint ------------------------------------------------------------------

    def _row_lengths(self, node: ast.stmt) -> set[int]:
        lengths: set[int] = set()
        for n in ast.walk(node):
            if isinstance(n, ast.Name) and n.id in self.tainted and n.id not in self.known:
                kind = self.kind(n)
                if kind is not None and kind.name in _ROWS:
                    lengths.add(kind.length)
        if lengths:
            self._lengths = lengths
        for n in reversed(list(ast.walk(node))):  # what is inside comes first
            if isinstance(n, ast.expr) and self._is_row_drop(n):
                kind = self.kind(n)
                if kind is not None and kind.name in _ROWS:
                    self._lengths = self._lengths | {kind.length}
        return self._lengths

    def _learn_taint(self, node: ast.stmt) -> None:
        effect = effects(node, self.program.imports)
        if any(self.taints(child) for child in ast.iter_child_nodes(node)):
            self.tainted |= effect.binds | effect.changes
        else:
            self.tainted -= effect.binds

    def _about_target(self, node: ast.expr) -> bool:
        """Tell whether `node` is a column of the target: ``df["price"]``, ``df.price``."""
        if isinstance(node, ast.Call):
            return (
                isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Subscript)
                and self._about_target(node.func.value)
            )
        if isinstance(node, ast.Attribute):
            return node.attr in self.target_columns and isinstance(node.value, ast.Name)
        if isinstance(node, ast.Subscript):
            part = node.slice
            if isinstance(part, ast.Tuple) and part.elts:
                part = part.elts[-1]
            return self.is_target(part)
        return False

    def lacks(self, columns: Sequence[str]) -> bool:
        """Tell whether raw rows lack some of the columns."""
        return not self.target_columns.isdisjoint(columns)

    def is_target(self, node: ast.expr) -> bool:
        """Tell whether an expression is the name of a column of the target."""
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return str(node.value) in self.target_columns
        return self.program.text(node) in self.target_columns


def _names(loop: ast.For) -> list[ast.Name]:
    """Return the variables of a loop."""
    return [n for n in ast.walk(loop.target) if isinstance(n, ast.Name)]


def _with(node: Any, **changes: object) -> Any:
    """Return `node` if nothing differs, else a copy with the changes."""
    if all(_same(getattr(node, name), value) for name, value in changes.items()):
        return node
    new = copy.copy(node)
    for name, value in changes.items():
        setattr(new, name, value)
    return new


def _same(a: object, b: object) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
    return a is b
