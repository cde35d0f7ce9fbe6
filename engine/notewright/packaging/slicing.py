"""The statements that a variable depends on, by data and control."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from notewright.packaging.dependence.memory import Edge
from notewright.packaging.dependence.regions import NUMPY_RANDOM, PYTHON_RANDOM, SHARED, Region
from notewright.packaging.dependence.statements import Statements
from notewright.packaging.effects import Effects, Imports, effects, unbound_names
from notewright.packaging.literals import assigned, entries
from notewright.packaging.source import Statement

#: What is said of models, in :attr:`Region.traits`.
_MODELS = frozenset({"estimator", "results"})
#: Kinds of objects in which nothing of the notebook's own runs.
_OF_LIBRARIES = frozenset({"dict", "library", "list", "set", "tuple", "value"})


@dataclass(frozen=True)
class Reason:
    """Why a statement is kept.

    Parameters
    ----------
    by : int or None
        The statement that needs it; None for what was asked for.
    how : str
        ``binds``, ``changes``, ``deletes`` or ``imports``; ``changed`` where only the state
        shows that it did.
    name : str
        The variable, the module or what is shared.
    """

    by: int | None
    how: str
    name: str


class Program:
    r"""Statements and how they depend on each other, in the order they ran.

    The code is followed without running it: what each name may stand for, who may have
    changed that, and what the notebook's own functions do when they are called. Where
    the code alone does not tell, everything that may be so counts.

    Parameters
    ----------
    body : sequence of Statement
        The statements.
    careful : bool, default False
        Count every training as a draw from the global random state.

    Examples
    --------
    >>> from notewright.packaging.source import CellSource, statements
    >>> code = "a = [1]\nb = a\nb.append(2)\nc = 3\nprint(c)"
    >>> program = Program(statements([CellSource(code, "cell 1")]))
    >>> [program.body[i].text for i in sorted(program.needed_for(["a"]))]
    ['a = [1]', 'b = a', 'b.append(2)']
    """

    def __init__(self, body: Sequence[Statement], careful: bool = False) -> None:
        self.body = list(body)
        self.imports = Imports()
        for statement in self.body:
            for node in ast.walk(statement.node):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    self.imports.add(node)
        self.effects: list[Effects] = [effects(s.node, self.imports) for s in self.body]
        self._follow(careful)

    def _follow(self, careful: bool) -> None:
        mentioned = frozenset(
            n.id for s in self.body for n in ast.walk(s.node) if isinstance(n, ast.Name)
        )
        self._memory = memory = self._analysis(mentioned, careful)
        self._before = []
        self._seeded: list[dict[str, Region]] = []
        for index, statement in enumerate(self.body):
            self._before.append(memory.globals)
            self._seeded.append(dict(memory.shared))
            if self._is_inside(index):
                continue  # it was followed with the statement around it
            memory.globals = dict(memory.globals)
            memory.begin(index)
            memory.alive = True
            before = memory.fork()
            if statement.failed:
                memory.stopping(statement.node)
            else:
                memory.statement(statement.node)
            if not memory.alive:
                memory.resume(before)
        self._before.append(memory.globals)
        self._seeded.append(dict(memory.shared))

    def _analysis(self, mentioned: frozenset[str], careful: bool) -> Statements:
        return Statements(mentioned, careful)

    def _is_inside(self, index: int) -> bool:
        """Tell whether a statement stands inside another one of the body."""
        return False

    def text(self, node: ast.AST) -> str | None:
        """Return the text that an expression is: a literal, or a name that stands for one only."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name):
            return self._texts_inside.get(node.value.id, {}).get(_key_of(node))
        return self._texts.get(node.id) if isinstance(node, ast.Name) else None

    def texts(self, node: ast.AST) -> tuple[str, ...]:
        """Return the texts that an expression is: one, or those of a list with a name."""
        if isinstance(node, ast.Name) and node.id in self._lists:
            return self._lists[node.id]
        text = self.text(node)
        return () if text is None else (text,)

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {
            name: value.value
            for name, value in self.bound_once.items()
            if isinstance(value, ast.Constant) and isinstance(value.value, str)
        }

    @cached_property
    def _lists(self) -> dict[str, tuple[str, ...]]:
        changed = {name for effect in self.effects for name in effect.changes}
        found = {}
        for name, value in self.bound_once.items():
            items = value.elts if isinstance(value, ast.List | ast.Tuple) else []
            texts = [self.text(item) for item in items]
            known = tuple(text for text in texts if text is not None)
            if items and len(known) == len(items) and name not in changed:
                found[name] = known
        return found

    @cached_property
    def _texts_inside(self) -> dict[str, dict[str | None, str]]:
        """The texts that classes, their objects and dictionaries hold, by their names."""
        classes = {
            s.node.name: _texts_of(pair for each in s.node.body for pair in assigned(each))
            for s in self.body
            if isinstance(s.node, ast.ClassDef)
        }
        found: dict[str, dict[str | None, str]] = dict(classes)
        for name, value in self.bound_once.items():
            if isinstance(value, ast.Dict):
                found[name] = _texts_of(entries(value))
            elif isinstance(value, ast.Call) and not value.args and not value.keywords:
                made = value.func.id if isinstance(value.func, ast.Name) else ""
                found[name] = classes.get(made, {})
        bound = Counter(name for effect in self.effects for name in effect.binds)
        found = {name: texts for name, texts in found.items() if texts and bound[name] == 1}
        changed = {n for i in range(len(self.body)) for n in self.changed(i)} if found else set()
        return {name: texts for name, texts in found.items() if name not in changed}

    @cached_property
    def bound_once(self) -> dict[str, ast.expr]:
        """The names that stand for one value only, with the expression that gives it."""
        bound = Counter(name for effect in self.effects for name in effect.binds)
        return {
            target.id: node.value
            for node in (s.node for s in self.body)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and bound[target.id] == 1
        }

    def cut(self, index: int) -> None:
        """Let nothing be behind statement `index`: what it binds is there from the start."""
        self.effects[index] = replace(self.effects[index], reads=frozenset())
        self._memory.edges.pop(index, None)

    def forget(self, index: int, names: Collection[str]) -> list[int]:
        """Let a statement need nothing of some names; return the statements that changed these."""
        reads = self.effects[index].reads - set(names)
        self.effects[index] = replace(self.effects[index], reads=reads)
        edges = self._memory.edges.get(index, {})
        gone = {known: edge for known, edge in edges.items() if edge.name in names}
        for known in gone:
            del edges[known]
        return sorted({edge.on for edge in gone.values() if edge.how == "changes"})

    def give_random_state(self, at: int) -> dict[int, set[int]]:
        """Let nothing after a statement need the random numbers that were drawn before it.

        Returns
        -------
        dict
            For each statement that did, all that made these numbers what they are.
        """
        dropped: dict[int, dict[int, Reason]] = defaultdict(dict)
        for index, edges in self._memory.edges.items():
            for key, edge in list(edges.items()):
                drawn = edge.name in (NUMPY_RANDOM, PYTHON_RANDOM)
                if drawn and edge.on < at < index:
                    dropped[index][edge.on] = Reason(index, edge.how, edge.name)
                    del edges[key]
        return {index: set(self.reasons([], also=also)) for index, also in dropped.items()}

    def needed_for(self, names: Iterable[str], before: int | None = None) -> set[int]:
        """Return the positions of the statements that `names` depend on.

        Parameters
        ----------
        names : iterable of str
            The names wanted, as they are after position `before`.
        before : int, optional
            Look only at statements before this position.
        """
        return set(self.reasons(names, before))

    def bound(self, index: int) -> frozenset[str]:
        """Return the variables that a statement may bind, in functions that it calls too."""
        return frozenset(self._memory.bound_names[index])

    def changed(self, index: int) -> frozenset[str]:
        """Return the variables whose objects a statement may change, whatever it calls them."""
        memory = self._memory
        regions = memory.changed_regions[index]
        if not regions:
            return frozenset()
        memory.limit = index
        return frozenset(
            name
            for name, binding in self._before[index + 1].items()
            if any(ref.region in regions for ref in memory.reach(binding.value))
        )

    def only_remembers(self, index: int, name: str) -> bool:
        """Tell whether a variable is a model that nothing but training changes, by its library.

        What else seems to change in it after statement `index` is what it keeps of its answers:
        how often a tree was searched, a statistic that was worked out.
        """
        memory = self._memory
        binding = self._before[index + 1].get(name)
        if binding is None or not binding.value.refs:
            return False
        memory.limit = index
        kinds = {ref.region.kind for ref in memory.reach(binding.value)}
        models = all(ref.region.traits & _MODELS for ref in binding.value.refs)
        return models and kinds <= _OF_LIBRARIES

    def seeds(self, index: int) -> bool:
        """Tell whether a statement gives a global random state a known value."""
        return index in self._memory.seeds

    def reasons(
        self,
        names: Iterable[str],
        before: int | None = None,
        also: Mapping[int, Reason] | None = None,
    ) -> dict[int, list[Reason]]:
        """Return why each statement is kept that `names` depend on.

        Parameters
        ----------
        names, before
            As for :meth:`needed_for`.
        also : mapping, optional
            Statements to keep in any case, with all that they depend on, and why.
        """
        end = len(self.body) if before is None else before
        found: dict[int, list[Reason]] = defaultdict(list)
        queue: deque[int] = deque()

        def keep(by: int | None, edge: Edge) -> None:
            if edge.on not in found:
                queue.append(edge.on)
            reason = Reason(by, edge.how, edge.name)
            if reason not in found[edge.on]:
                found[edge.on].append(reason)

        edges, guards = self._wanted(names, end)
        for edge in edges:
            keep(None, edge)
        for index, reason in (also or {}).items():
            keep(reason.by, Edge(index, reason.how, reason.name))
        while queue:
            while queue:
                index = queue.popleft()
                for edge in self._memory.edges[index].values():
                    keep(index, edge)
            for by, deletion, binders in [*guards, *self._memory.guards]:
                # A deletion matters only if what it deletes is there.
                kept = by == end or by in found
                if kept and binders & found.keys() and deletion not in found:
                    keep(by, Edge(deletion, "deletes", self._deleted(deletion)))
        return dict(found)

    def _deleted(self, index: int) -> str:
        return ", ".join(sorted(self._memory.bound_names[index]))

    def _wanted(
        self, names: Iterable[str], end: int
    ) -> tuple[list[Edge], list[tuple[int, int, frozenset[int]]]]:
        """Return what `names` need as they are before `end`."""
        memory = self._memory
        kept = memory.globals, memory.shared, memory.guards
        memory.globals, memory.shared = dict(self._before[end]), self._seeded[end]
        memory.guards = []
        memory.begin(end)
        memory.limit = end - 1
        memory.frame = None
        before = memory.edges.pop(end, {})
        try:
            for name in names:
                self._want(name, set())
            return list(memory.edges.pop(end, {}).values()), memory.guards
        finally:
            memory.globals, memory.shared, memory.guards = kept
            if before:
                memory.edges[end] = before

    def _want(self, name: str, seen: set[str]) -> None:
        """Need all that makes a name what it is: of functions, what they read too."""
        if name in seen:
            return
        seen.add(name)
        memory = self._memory
        if name not in memory.globals and name in SHARED:
            memory.look_shared(name)
            return
        value = memory.read(name)
        memory.look(value)
        for ref in list(memory.reach(value)):
            if ref.region.code is not None:
                for inner in unbound_names(ref.region.code.node):
                    if inner in memory.globals and not self._is_local(inner, ref.region):
                        self._want(inner, seen)

    def _is_local(self, name: str, region: Region) -> bool:
        frame = region.code.frame if region.code is not None else None
        while frame is not None:
            if name in frame.vars and not frame.is_class:
                return True
            frame = frame.outer
        return False


def _key_of(node: ast.Attribute | ast.Subscript) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.slice.value if isinstance(node.slice, ast.Constant) else None  # type: ignore[return-value]


def _texts_of(pairs: Iterable[tuple[str, ast.expr]]) -> dict[str | None, str]:
    return {
        name: value.value
        for name, value in pairs
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }
