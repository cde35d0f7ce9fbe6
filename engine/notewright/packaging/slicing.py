"""The statements that an artifact depends on, by data and control."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from notewright.packaging.effects import CONFIG, RANDOM, Effects, Imports, effects, free_names
from notewright.packaging.source import Statement


class Program:
    r"""Statements with their effects, in the order they ran.

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
        self.effects: list[Effects] = [effects(s.node, self.imports, careful) for s in self.body]
        self._functions = {
            i
            for i, s in enumerate(self.body)
            if isinstance(s.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }

    def needed_for(
        self,
        names: Iterable[str],
        before: int | None = None,
        among: Iterable[int] | None = None,
    ) -> set[int]:
        """Return the positions of the statements that `names` depend on.

        Parameters
        ----------
        names : iterable of str
            The names wanted, as they are after position `before`.
        before : int, optional
            Look only at statements before this position.
        among : iterable of int, optional
            Look only at these positions.
        """
        end = len(self.body) if before is None else before
        allowed = set(range(end)) if among is None else {i for i in among if i < end}
        kept: set[int] = set()
        queue: list[tuple[str, int]] = [(name, end) for name in names]
        seen: set[tuple[str, int, int]] = set()
        while queue:
            name, position = queue.pop()
            for index in self._writers(name, position, allowed):
                called = index in self._functions
                mark = (name, index, position if called else -1)
                if mark in seen:
                    continue
                seen.add(mark)
                kept.add(index)
                for read in self.effects[index].reads - {RANDOM, CONFIG}:
                    # A function reads its globals when it is called, not where it is defined.
                    queue.append((read, position if called else index))
                if called:
                    queue += [(read, index) for read in _at_definition(self.body[index].node)]
        if any(RANDOM in self.effects[i].reads for i in kept):
            # Who draws from the global random state depends on everybody who drew before.
            last = max(i for i in kept if RANDOM in self.effects[i].reads)
            seeds = [i for i in sorted(allowed) if i <= last and self._seeds(i)]
            if seeds:
                extra = {
                    i
                    for i in allowed
                    if seeds[0] <= i <= last
                    and RANDOM in self.effects[i].changes
                    and i not in kept
                    and (self._seeds(i) or self._draws(i))
                }
                for index in extra:
                    kept |= {index} | self.needed_for(
                        self.effects[index].reads - {RANDOM}, index, allowed
                    )
        kept |= {i for i in allowed if CONFIG in self.effects[i].changes}
        for index in list(kept):
            kept |= self._imports_for(index, allowed)
        return kept

    def _writers(self, name: str, position: int, allowed: set[int]) -> list[int]:
        """Return who bound `name` last before `position`, and who may have changed it since."""
        found: list[int] = []
        group = {name}
        for index in range(position - 1, -1, -1):
            effect = self.effects[index]
            if index not in allowed:
                continue
            if effect.shown_only and name not in effect.binds:
                continue
            for bound, shared in effect.aliases.items():
                if shared & group:
                    group.add(bound)
            if effect.changes & group and name not in effect.binds:
                found.append(index)
            if name in effect.binds:
                found.append(index)
                if not _maybe(self.body[index].node, name):
                    break
        # An alias made before a change that was found later in the walk needs a second look.
        late = self._alias_changes(name, position, allowed, found)
        return found + late

    def _alias_changes(
        self, name: str, position: int, allowed: set[int], found: list[int]
    ) -> list[int]:
        bound_at = min(found, default=0)
        aliases: set[str] = set()
        for index in range(bound_at, position):
            for bound, shared in self.effects[index].aliases.items():
                if name in shared or shared & aliases:
                    aliases.add(bound)
                if bound == name:
                    aliases |= shared
        return [
            i
            for i in range(bound_at + 1, position)
            if i in allowed
            and i not in found
            and self.effects[i].changes & aliases
            and not self.effects[i].shown_only
        ]

    def _imports_for(self, index: int, allowed: set[int]) -> set[int]:
        wanted = self.effects[index].reads & set(self.imports.paths)
        return {
            i
            for i in allowed
            if isinstance(self.body[i].node, ast.Import | ast.ImportFrom)
            and self.effects[i].binds & wanted
        }

    def _seeds(self, index: int) -> bool:
        return any(
            isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "seed"
            for n in ast.walk(self.body[index].node)
        )

    def _draws(self, index: int) -> bool:
        return RANDOM in self.effects[index].reads


def _at_definition(node: ast.stmt) -> set[str]:
    """Return the names a definition reads at once: defaults, decorators, bases, class bodies."""
    if isinstance(node, ast.ClassDef):
        return free_names(node)
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    given = [*node.args.defaults, *(d for d in node.args.kw_defaults if d), *node.decorator_list]
    return {name for expression in given for name in free_names(expression)}


def _maybe(node: ast.stmt, name: str) -> bool:
    """Tell whether `name` is bound only under a condition, or from its old value."""
    if isinstance(node, ast.If | ast.For | ast.While | ast.Try | ast.With | ast.AugAssign):
        return True
    return any(
        isinstance(n, ast.NamedExpr) and isinstance(n.target, ast.Name) and n.target.id == name
        for n in ast.walk(node)
    )
