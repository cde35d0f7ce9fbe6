"""Cells that failed when a notebook was run from the top, and what depends on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from notewright.afresh.document import CodeCell, python_of
from notewright.errors import CellFailed
from notewright.packaging.slicing import Program, Reason
from notewright.packaging.source import CellSource, statements


class Dependence:
    """Which cells of a notebook depend on which, going by their text alone.

    What may be so counts; a cell whose text is no Python depends on nothing, and nothing on it.

    Parameters
    ----------
    cells : sequence of CodeCell
        The notebook's cells in the order they are run.
    """

    def __init__(self, cells: Sequence[CodeCell]) -> None:
        self._readable = {c.number: code for c in cells if (code := python_of(c)) is not None}
        sources = [CellSource(code, str(number)) for number, code in self._readable.items()]
        self._program = Program(statements(sources), careful=True)
        self._number = [int(statement.cell.label) for statement in self._program.body]

    def behind(self, variable: str) -> set[int]:
        """Return the numbers of the cells that make a variable what it is at the end."""
        return {self._number[i] for i in self._program.needed_for([variable])}

    def before(self, number: int) -> set[int]:
        """Return the numbers of the other cells that a cell depends on."""
        own = [index for index, cell in enumerate(self._number) if cell == number]
        wanted = {index: Reason(None, "binds", "") for index in own}
        needed = self._program.reasons([], also=wanted) if own else {}
        return {self._number[index] for index in needed} - {number}

    def is_readable(self, number: int) -> bool:
        """Tell whether a cell's text is Python, magics apart."""
        return number in self._readable


@dataclass
class Failures:
    """The cells of one run that failed, and those that were not run because of it.

    Parameters
    ----------
    cells : sequence of CodeCell
        All cells of the notebook.
    """

    cells: Sequence[CodeCell]
    failed: list[CellFailed] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    _dependence: Dependence | None = None

    @property
    def dependence(self) -> Dependence:
        """Which cells depend on which; worked out when a cell fails, for few do."""
        if self._dependence is None:
            self._dependence = Dependence(self.cells)
        return self._dependence

    def may_go_on(self, failure: CellFailed, variables: Iterable[str]) -> bool:
        """Tell whether one of the variables is what it is whatever came of the failed cell.

        Parameters
        ----------
        failure : CellFailed
            What happened.
        variables : iterable of str
            Those that may be exported.
        """
        return self.dependence.is_readable(failure.number) and any(
            self._is_made_before(variable, failure) for variable in variables
        )

    def _is_made_before(self, variable: str, failure: CellFailed) -> bool:
        cells = self.dependence.behind(variable)
        return bool(cells) and max(cells) < failure.number

    def reason_against(self, cell: CodeCell) -> int | None:
        """Return the number of a cell that came to nothing and that `cell` depends on."""
        if not self.failed:
            return None
        nothing = {failure.number for failure in self.failed} | {*self.left_out}
        return min(nothing & self.dependence.before(cell.number), default=None)

    def finding(self, variable: str) -> str | None:
        """Say which cells came to nothing, and why the variable is the same without them.

        Raises
        ------
        CellFailed
            If that cannot be said of the variable.
        """
        if not self.failed:
            return None
        first = self.failed[0]
        if not self._is_made_before(variable, first):
            raise first
        places = ", ".join(
            f"[{f.number}]" + ("" if f.line is None else f" (line {f.line})") for f in self.failed
        )
        unrun = ""
        if self.left_out:
            one = len(self.left_out) == 1
            unrun = f"; {_cells(self.left_out)} " + (
                "depends on that and was not run" if one else "depend on that and were not run"
            )
        made = _cells(sorted(self.dependence.behind(variable)))
        return (
            f"Cells that stopped with an error: {places}{unrun}. '{variable}' was made before, by "
            f"{made}, and is the same without them; what they would have measured of it is not in "
            "this package."
        )


def _cells(numbers: Sequence[int]) -> str:
    names = [f"[{number}]" for number in numbers]
    if len(names) == 1:
        return f"cell {names[0]}"
    return f"cells {', '.join(names[:-1])} and {names[-1]}"
