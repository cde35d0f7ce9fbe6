"""Which statements of the notebook made a variable, and why each is kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from notewright.lineage.records import Execution
from notewright.lineage.replaying import left_out
from notewright.lineage.slices import Slice
from notewright.packaging.dependence.regions import FIGURES, FILES, SHARED
from notewright.packaging.inside import Inside, has_inside, lines_out, without
from notewright.packaging.slicing import Program, Reason
from notewright.packaging.source import CellSource, Statement, statements
from notewright.packaging.star_imports import without_stars

#: The global random states.
_RANDOM = frozenset(name for name in SHARED if name.endswith("random>"))
#: The name under which only the shell keeps a result.
_SHELLS = frozenset({"_", "__", "___", "Out", "_oh"})


@dataclass(frozen=True)
class Why:
    """One reason why a statement is kept.

    Parameters
    ----------
    how, name : str
        What it does to what; see :class:`notewright.packaging.slicing.Reason`.
    by : tuple of (str, int)
        The execution and the line of each statement that needs it; empty for what was
        asked for.
    words : str
        The same for people.
    """

    how: str
    name: str
    by: tuple[tuple[str | None, int], ...]
    words: str


@dataclass(frozen=True)
class SlicedStatement:
    """One statement, kept or dropped.

    Parameters
    ----------
    first, last : int
        Its lines in the cell's code.
    kept : bool
        Whether the variable depends on it.
    reasons : tuple of Why
        Why it is kept.
    idle : bool
        Whether it is kept although the state shows that it changed nothing.
    stopped : bool
        Whether it ended with an error.
    without : tuple of int
        Its lines that are not needed, in loops and branches.
    """

    first: int
    last: int
    kept: bool
    reasons: tuple[Why, ...] = ()
    idle: bool = False
    stopped: bool = False
    without: tuple[int, ...] = ()


@dataclass(frozen=True)
class SlicedCell:
    """One execution with its statements, in order."""

    execution: Execution
    statements: tuple[SlicedStatement, ...]

    @property
    def kept(self) -> bool:
        """Whether any of its statements is kept."""
        return any(s.kept for s in self.statements)


@dataclass(frozen=True)
class StatementSlice:
    """What made one variable, as statements where they can be told apart.

    Parameters
    ----------
    cells : Slice
        The executions that made it, from what was seen of them.
    sliced : tuple of SlicedCell
        All executions with code, in order; empty where statements cannot be told apart.
    impossible : str or None
        Why they cannot.
    """

    cells: Slice
    sliced: tuple[SlicedCell, ...]
    impossible: str | None = None


class _Impossible(Exception):
    """Statements cannot be told apart; its text says why."""


def slice_statements(line: Sequence[Execution], found: Slice) -> StatementSlice:
    """Return the statements that made a variable.

    The code says what depends on what; the state says which variables each cell really
    changed. Where a cell changed something that matters and no statement of it that is
    kept shows how, its statements about that name are kept as well.

    Parameters
    ----------
    line : sequence of Execution
        The executions in force, in order.
    found : Slice
        The cells that made the variable.
    """
    try:
        return StatementSlice(found, tuple(_Slicing(line, found).cells()))
    except _Impossible as reason:
        return StatementSlice(found, (), str(reason))


class _Slicing:
    def __init__(self, line: Sequence[Execution], found: Slice) -> None:
        self._name = found.name
        if "." in found.name:
            raise _Impossible(f"`{found.name}` is an attribute of a module, and no variable")
        wanted = {e.id for e in found.executions}
        self._executions = [e for e in line if self._is_code(e, e.id in wanted)]
        for execution in found.executions:
            self._check(execution)
        sources = without_stars(
            [CellSource(e.code, f"cell [{_number(e)}]", e.id, e.stopped) for e in self._executions]
        )
        self._of = {c.execution: e for c, e in zip(sources, self._executions, strict=True)}
        self._cells = sources
        self._program = Program(statements(sources), careful=True)
        if not any(found.name in b for b in map(self._bound, range(len(self._program.body)))):
            raise _Impossible(
                f"no statement binds `{found.name}`: a magic, a shell line or a restore made it"
            )

    def _is_code(self, execution: Execution, wanted: bool) -> bool:
        if not execution.has_code:
            return False
        try:
            ast.parse(execution.code)
        except SyntaxError:
            if wanted:
                raise _Impossible(f"{execution.words} is no Python code") from None
            return False
        failed = execution.status != "ok"
        if failed and execution.stopped is None and wanted:
            raise _Impossible(f"{execution.words} stopped with an error, and where is not known")
        return not (failed and execution.stopped in (None, 0))

    def _check(self, execution: Execution) -> None:
        if execution.restored is None and not execution.has_code:
            raise _Impossible(f"{execution.words} is no Python code")
        if execution.restored is not None:
            raise _Impossible(
                f"`{', '.join(execution.changed)}` came from a snapshot by "
                f"`{execution.source}`, and no statement made it"
            )
        names = {n.id for n in ast.walk(ast.parse(execution.code)) if isinstance(n, ast.Name)}
        if shells := sorted(names & _SHELLS - set(execution.touched)):
            raise _Impossible(
                f"{execution.words} uses `{shells[0]}`, a result that only the shell had"
            )

    def cells(self) -> Iterator[SlicedCell]:
        """Yield the executions with their statements."""
        reasons, inside = self._reasons(self._program), list[Statement]()
        body = self._program.body
        if has_inside(body[index] for index in reasons):
            inside = Inside(body, careful=True).unneeded([self._name], reasons)
            left = without(self._cells, body, inside)
            reasons = self._reasons(Program(statements(left), careful=True))
        for execution in self._executions:
            yield SlicedCell(
                execution,
                tuple(
                    self._sliced(statement, reasons, inside)
                    for statement in self._program.body
                    if statement.cell.execution == execution.id
                ),
            )

    def _reasons(self, program: Program) -> dict[int, list[Reason]]:
        """Return why statements are kept, with those that only the state shows to matter."""
        also: dict[int, Reason] = {}
        while True:
            reasons = program.reasons([self._name], also=also)
            more = {i: r for i, r in self._unseen(reasons) if i not in reasons}
            if not more:
                return reasons
            also |= more

    def _unseen(self, kept: Mapping[int, object]) -> Iterator[tuple[int, Reason]]:
        """Yield statements of cells that changed what is needed, though none of them is kept."""
        needed = {self._name}
        for execution in reversed(self._executions):
            own = [s for s in self._program.body if s.cell.execution == execution.id]
            hidden = needed.intersection(execution.changed)
            if hidden:
                hidden &= self._unexplained(execution, own)
            if hidden and not any(s.index in kept for s in own):
                for name in sorted(hidden):
                    about = [s for s in own if name in self._mentioned(s)]
                    if not about and (lines := left_out(execution)):
                        raise _Impossible(
                            f"{execution.words} changed `{name}`, maybe by {', '.join(lines)}"
                        )
                    about = about or own
                    yield from ((s.index, Reason(None, "changed", name)) for s in about)
            for statement in reversed(own):
                if statement.index in kept:
                    effect = self._program.effects[statement.index]
                    if isinstance(statement.node, ast.Assign | ast.Import | ast.ImportFrom):
                        needed -= effect.binds
                    needed |= effect.reads

    def _unexplained(self, execution: Execution, own: Sequence[Statement]) -> set[str]:
        """Return what a cell has changed, as the state shows, and no statement of it."""
        silent = set(execution.changed) - {n for s in own for n in self._shown_changes(s)}
        last = own[-1].index if own else -1
        if all(self._program.only_remembers(last, name) for name in silent):
            return set()
        return silent

    def _shown_changes(self, statement: Statement) -> frozenset[str]:
        return self._program.bound(statement.index) | self._program.changed(statement.index)

    def _mentioned(self, statement: Statement) -> set[str]:
        return {n.id for n in ast.walk(statement.node) if isinstance(n, ast.Name)}

    def _bound(self, index: int) -> frozenset[str]:
        return self._program.bound(index)

    # -- words ----------------------------------------------------------------------

    def _sliced(
        self,
        statement: Statement,
        reasons: Mapping[int, Sequence[Reason]],
        inside: Sequence[Statement],
    ) -> SlicedStatement:
        found = reasons.get(statement.index)
        first = min([statement.node.lineno, *(d.lineno for d in _decorators(statement.node))])
        last = statement.node.end_lineno or statement.node.lineno
        if found is None:
            return SlicedStatement(first, last, False, stopped=statement.failed)
        return SlicedStatement(
            first,
            last,
            True,
            tuple(self._whys(statement, found)),
            self._changed_nothing(statement),
            statement.failed,
            tuple(sorted(lines_out(statement, inside))),
        )

    def _whys(self, statement: Statement, reasons: Sequence[Reason]) -> Iterator[Why]:
        """Yield the reasons, those that only differ in who needs it as one."""
        groups: dict[tuple[str, str], set[int | None]] = {}
        for reason in reasons:
            groups.setdefault((reason.how, reason.name), set()).add(reason.by)
        for (how, name), users in groups.items():
            by = [self._program.body[i] for i in sorted(u for u in users if u is not None)]
            yield Why(
                how,
                name,
                tuple((s.cell.execution, s.node.lineno) for s in by),
                self._words(statement, how, name, by),
            )

    def _words(self, statement: Statement, how: str, name: str, by: Sequence[Statement]) -> str:
        if how == "changed":
            return f"`{name}` was changed by this cell, and no statement shows how"
        if not by:
            return f"{how} `{name}`, which is asked for"
        more = f" (and {len(by) - 1} more)" if len(by) > 1 else ""
        return self._one_use(statement, how, name, self._place(by[0], statement)) + more

    def _one_use(self, statement: Statement, how: str, name: str, place: str) -> str:
        if name in SHARED:
            return self._shared_words(statement.index, name, place)
        if how == "imports" or isinstance(statement.node, ast.Import | ast.ImportFrom):
            return f"imports `{name}`, which {place} uses"
        if how == "binds":
            return f"binds `{name}`, which {place} reads"
        if how == "deletes":
            return f"deletes `{name}`, so that it is Python's own in {place}"
        surely = name in self._of[statement.cell.execution].changed
        what = f"`{name}`" if name else "what it holds"  # of nothing that has a name
        return f"{'changes' if surely else 'may change'} {what} before {place} reads it"

    def _shared_words(self, index: int, name: str, place: str) -> str:
        what = SHARED[name]
        if name in _RANDOM:
            if self._program.seeds(index):
                return f"seeds {what}, which {place} draws from"
            return f"draws from {what} before {place}"
        if name == FILES:
            return f"writes a file that {place} reads"
        if name == FIGURES:
            return f"draws in a figure that {place} uses"
        return f"changes {what}, under which {place} runs"

    def _place(self, by: Statement, seen_from: Statement) -> str:
        line = f"line {by.node.lineno}"
        if by.cell.execution == seen_from.cell.execution:
            return line
        return f"{line} of {by.cell.label}"

    def _changed_nothing(self, statement: Statement) -> bool:
        """Tell whether the state shows that the statement changed no variable."""
        if isinstance(
            statement.node,
            ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        ):
            return False
        execution = self._of[statement.cell.execution]
        names = self._shown_changes(statement) - self._program.imports.paths.keys()
        return bool(names) and execution.status == "ok" and names.isdisjoint(execution.changed)


def _number(execution: Execution) -> int:
    return execution.number or execution.ordinal


def _decorators(node: ast.stmt) -> list[ast.expr]:
    return getattr(node, "decorator_list", [])
