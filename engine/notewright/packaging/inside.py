r"""The statements inside loops and branches, each by itself.

What a loop does for the model and what it prints on the way stand in one statement of the
notebook. Here each statement inside has its own place among those that depend on each other,
and what nothing depends on is taken out.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from notewright.packaging.dependence.memory import Edge
from notewright.packaging.dependence.statements import Statements
from notewright.packaging.editing import Editing
from notewright.packaging.slicing import Program, Reason
from notewright.packaging.source import CellSource, Statement

_LOOPS = ast.For | ast.While
#: What is told apart inside. An error inside ``try`` or ``with`` may decide what comes after.
_OPEN = ast.For | ast.While | ast.If
_JUMPS = ast.Break | ast.Continue
_KEPT = Reason(None, "changed", "")


def has_inside(body: Iterable[Statement]) -> bool:
    """Tell whether any statement is a loop or a branch."""
    return any(isinstance(statement.node, _OPEN) for statement in body)


class Inside(Program):
    r"""Statements with those inside their loops and branches, and how they depend on each other.

    Parameters
    ----------
    body : sequence of Statement
        The statements of the program.
    careful : bool, default False
        As for :class:`Program`.

    Examples
    --------
    >>> from notewright.packaging.source import statements
    >>> code = "a, b = 0, 0\nfor i in range(3):\n    a += i\n    b += a"
    >>> program = Inside(statements([CellSource(code, "cell 1")]))
    >>> [s.text for s in program.unneeded(["a"], range(2))]
    ['b += a']
    """

    def __init__(self, body: Sequence[Statement], careful: bool = False) -> None:
        self._outer: dict[int, int] = {}
        self._numbers: dict[ast.stmt, int] = {}
        self._lasts: dict[ast.stmt, int] = {}
        #: Where each statement of the program is now.
        self._at: list[int] = []
        every: list[Statement] = []
        for statement in body:
            self._at.append(len(every))
            self._take(statement, every)
        super().__init__(every, careful)

    def _take(self, statement: Statement, every: list[Statement]) -> None:
        number, node = len(every), statement.node
        every.append(replace(statement, index=number))
        if not isinstance(node, _OPEN) or statement.failed:
            return
        for inner in (*node.body, *node.orelse):
            self._numbers[inner], self._outer[len(every)] = len(every), number
            self._take(Statement(0, inner, statement.cell), every)
        if isinstance(node, _LOOPS):
            self._lasts[node] = len(every) - 1

    def _analysis(self, mentioned: frozenset[str], careful: bool) -> Statements:
        memory = super()._analysis(mentioned, careful)
        memory.numbers, memory.lasts = self._numbers, self._lasts
        return memory

    def _is_inside(self, index: int) -> bool:
        return index in self._outer

    def _follow(self, careful: bool) -> None:
        super()._follow(careful)
        for inner, outer in self._outer.items():
            self._need(inner, outer, "inside")
            node = self.body[inner].node
            if isinstance(node, ast.Pass):
                self._need(outer, inner, "inside")
            if isinstance(node, _JUMPS):
                self._need(self._left_by(inner), inner, "leaves")

    def _left_by(self, jump: int) -> int:
        """Return the loop that a jump leaves; one in a loop's ``else`` leaves that around it."""
        inner, outer = jump, self._outer[jump]
        while True:
            node = self.body[outer].node
            if isinstance(node, _LOOPS) and self.body[inner].node in node.body:
                return outer
            inner, outer = outer, self._outer[outer]

    def _need(self, index: int, on: int, how: str) -> None:
        self._memory.edges[index][on, how, ""] = Edge(on, how, "")

    def unneeded(
        self,
        names: Iterable[str],
        kept: Iterable[int],
        also: Collection[ast.AST] = (),
    ) -> list[Statement]:
        """Return what stands inside kept statements, and nothing kept depends on.

        Of statements of which nothing inside is needed, nothing is told.

        Parameters
        ----------
        names : iterable of str
            The names wanted.
        kept : iterable of int
            The statements of the program that are kept.
        also : collection of ast.AST
            Expressions that are wanted, wherever they stand.
        """
        tops = {self._at[index] for index in kept}
        wanted = {id(node) for node in also}
        seeds = {i for i in range(len(self.body)) if i in tops or self._holds(i, wanted)}
        while True:
            needed = self.reasons(names, also=dict.fromkeys(sorted(seeds), _KEPT)).keys()
            partly = {self._top(i) for i in needed if i in self._outer}
            whole = {i for i in self._outer if self._top(i) in tops - partly}
            if not whole:
                break
            seeds |= whole
        return [
            self.body[i]
            for i, outer in sorted(self._outer.items())
            if i not in needed and outer in needed and self._top(i) in tops
        ]

    def _holds(self, index: int, wanted: set[int]) -> bool:
        """Tell whether any of some expressions is in a statement, and not in one inside it."""
        if not wanted:
            return False
        node = self.body[index].node
        own = _heads(node) if isinstance(node, _OPEN) else [node]
        return any(id(part) in wanted for each in own for part in ast.walk(each))

    def _top(self, index: int) -> int:
        while index in self._outer:
            index = self._outer[index]
        return index


def _heads(node: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(node, ast.For):
        yield from (node.target, node.iter)
    elif isinstance(node, ast.While | ast.If):
        yield node.test


def without(
    cells: Sequence[CellSource], body: Sequence[Statement], unneeded: Iterable[Statement]
) -> list[CellSource]:
    r"""Return the cells without what stands inside some of their statements.

    Parameters
    ----------
    cells : sequence of CellSource
        The cells.
    body : sequence of Statement
        Their statements.
    unneeded : iterable of Statement
        What to take out.

    Examples
    --------
    >>> from notewright.packaging.source import statements
    >>> code = "for i in range(3):\n    # so far\n    print(i)\n    a = i  # the last"
    >>> cell = CellSource(code, "cell 1")
    >>> body = statements([cell])
    >>> print(without([cell], body, Inside(body).unneeded(["a"], [0]))[0].code)
    for i in range(3):
        a = i  # the last
    """
    gone = list(unneeded)
    made = []
    for cell in cells:
        edit = Editing(cell)
        # The statements were parsed apart; those in the same place are the same.
        own = {_place(s.node): s for s in body if s.cell is cell}
        for node in edit.body:
            statement = own.get(_place(node))
            if statement is not None and edit.whole_lines(node) and _has(statement, gone):
                lines, numbers = _left_of(statement, gone)
                edit.put(node, lines, [cell.place(number) for number in numbers])
        made.append(edit.done())
    return made


def lines_out(statement: Statement, unneeded: Iterable[Statement]) -> set[int]:
    """Return the lines of a statement in its cell that are only of what is not needed inside it.

    None where statements share lines, and so cannot be told apart by them.
    """
    gone = list(unneeded)
    if not _has(statement, gone):
        return set()
    text = statement.cell.code.splitlines()
    first, last = statement.node.lineno, statement.node.end_lineno or statement.node.lineno
    lines, numbers = _left_of(statement, gone)
    if len(lines) > len(set(numbers)):
        return set()
    left = {n for line, n in zip(lines, numbers, strict=True) if line == text[n - 1]}
    return set(range(first, last + 1)) - left


def _left_of(statement: Statement, unneeded: Iterable[Statement]) -> tuple[list[str], list[int]]:
    """Return the lines of a statement without what is inside it, and where each is in the cell."""
    gone = {id(each.node) for each in unneeded}
    return _Taking(statement.node, gone, statement.cell.code.splitlines()).lines()


def _has(statement: Statement, inside: Iterable[Statement]) -> bool:
    nodes = {id(node) for node in ast.walk(statement.node)}
    return any(id(each.node) in nodes for each in inside)


def _place(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


@dataclass
class _Taking:
    """Takes statements out of one that holds them."""

    node: ast.stmt
    gone: Collection[int]
    text: Sequence[str]

    def lines(self) -> tuple[list[str], list[int]]:
        """Return the lines that are left, and where in the cell each of them is from."""
        left = _rebuilt(self.node, self.gone)
        first, last = self.node.lineno, self.node.end_lineno or self.node.lineno
        kept = {number: self.text[number - 1] for number in range(first, last + 1)}
        if self._take_from(self.node, kept):
            found = "\n".join(kept.values())
            if _is(found, left):
                return list(kept.values()), list(kept)
        # Several statements in one line, for instance: the author's layout is lost.
        made = ast.unparse(left).splitlines()
        return made, [first] * len(made)

    def _take_from(self, node: ast.stmt, kept: dict[int, str]) -> bool:
        for field in ("body", "orelse"):
            block = getattr(node, field, []) if isinstance(node, _OPEN) else []
            for before, inner in zip([None, *block], block, strict=False):
                if id(inner) not in self.gone:
                    if not self._take_from(inner, kept):
                        return False
                    continue
                after = before.end_lineno or before.lineno if before is not None else node.lineno
                if self.text[inner.lineno - 1][: inner.col_offset].strip():
                    return False
                for number in range(self._begin(inner, after), (inner.end_lineno or 0) + 1):
                    kept.pop(number, None)
            if block and all(id(inner) in self.gone for inner in block):
                self._empty(node, field, block, kept)
        return True

    def _begin(self, inner: ast.stmt, after: int) -> int:
        """Return the line on which a statement, or the comment right above it, begins."""
        line = inner.lineno
        while line - 1 > after and self.text[line - 2].lstrip().startswith("#"):
            line -= 1
        return line

    def _empty(
        self, node: ast.stmt, field: str, block: Sequence[ast.stmt], kept: dict[int, str]
    ) -> None:
        first = block[0].lineno
        if field == "body":
            kept[first] = " " * block[0].col_offset + "pass"
            for number in sorted(kept):
                if number > first:
                    kept[number] = kept.pop(number)  # in their order again
            return
        end = max(n.end_lineno or n.lineno for n in getattr(node, "body", []))
        for number in range(end + 1, first):
            if self.text[number - 1].strip().startswith("else"):
                kept.pop(number, None)


def _rebuilt(node: ast.stmt, gone: Collection[int]) -> ast.stmt:
    made = copy.copy(node)
    if isinstance(made, _OPEN):
        made.body = [_rebuilt(n, gone) for n in made.body if id(n) not in gone] or [ast.Pass()]
        made.orelse = [_rebuilt(n, gone) for n in made.orelse if id(n) not in gone]
    return made


def _is(text: str, node: ast.stmt) -> bool:
    try:
        found = ast.parse(text).body
    except SyntaxError:
        return False
    return [ast.dump(each) for each in found] == [ast.dump(node)]
