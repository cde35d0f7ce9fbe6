"""Of loops and branches, what nothing depends on is taken out, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import value_after
from slicing_cases import INSIDE, Case

from notewright.packaging.inside import Inside, lines_out, without
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, Statement, statements

CASES = pytest.mark.parametrize("case", INSIDE, ids=lambda case: case.name)


def _code(case: Case) -> CellSource:
    return CellSource("\n".join(line[2:] for line in case.text.splitlines()), "cell [1]")


def lines_kept(case: Case) -> set[int]:
    """Return the lines of a case that its slice has."""
    return set(_sliced(_code(case), case.wanted)[1])


def _sliced(cell: CellSource, name: str) -> tuple[list[Statement], list[int]]:
    """Return the statements that are kept, as they are left, and their lines."""
    body = statements([cell])
    kept = Program(body, careful=True).needed_for([name])
    gone = Inside(body, careful=True).unneeded([name], kept)
    left = statements(without([cell], body, gone))
    still = Program(left, careful=True).needed_for([name])
    lines: set[int] = set()
    for node, out in ((body[i].node, lines_out(body[i], gone)) for i in still):
        lines |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1)) - out
    return [left[i] for i in sorted(still)], sorted(lines)


@CASES
def test_what_is_left_is_exactly_what_is_needed_by_dependence(case: Case) -> None:
    lines = sorted(lines_kept(case))
    expected = [n for n, line in enumerate(case.text.splitlines(), 1) if line.startswith(">")]
    text = case.text.splitlines()
    assert [text[n - 1] for n in lines] == [text[n - 1] for n in expected]


@CASES
def test_what_is_left_gives_the_same_value(case: Case, tmp_path: Path) -> None:
    cell = _code(case)
    left, _ = _sliced(cell, case.wanted)
    everything = value_after(statements([cell]), case.wanted, tmp_path / "all")
    assert value_after(left, case.wanted, tmp_path / "left") == everything
