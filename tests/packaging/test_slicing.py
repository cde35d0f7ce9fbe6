"""Slices keep what a variable depends on, and nothing that is known not to matter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from recorded import sources
from running import value_after
from slicing_cases import CASES, Case
from styles import BY_NAME

from notewright.packaging.dependence.regions import Parts, Ref
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, Statement, statements


def _program(case: Case) -> Program:
    return Program(statements(_cells(case)), careful=True)


def _cells(case: Case) -> list[CellSource]:
    cells = []
    for number, lines in enumerate(_marked(case), 1):
        stopped = next((n for n, (mark, _) in enumerate(lines, 1) if mark in "!x"), None)
        code = "\n".join(text for _, text in lines)
        cells.append(CellSource(code, f"cell [{number}]", stopped=stopped))
    return cells


def _marked(case: Case) -> list[list[tuple[str, str]]]:
    """Return the cells of a case as lines, each with its mark."""
    cells: list[list[tuple[str, str]]] = [[]]
    for line in case.text.splitlines():
        if line == "--":
            cells.append([])
        else:
            assert line[:1] in "> !x.", line
            cells[-1].append((line[:1], line[2:]))
    return cells


def _expected(case: Case, body: Sequence[Statement]) -> set[int]:
    marks = {c.label: lines for c, lines in zip(_cells(case), _marked(case), strict=True)}
    return {s.index for s in body if marks[s.cell.label][(s.node.lineno or 1) - 1][0] in ">!"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.theme}: {case.name}")
def test_a_slice_has_exactly_the_statements_by_dependence(case: Case) -> None:
    program = _program(case)
    kept = program.needed_for([case.wanted])
    expected = _expected(case, program.body)
    assert [program.body[i].text for i in sorted(kept)] == [
        program.body[i].text for i in sorted(expected)
    ]
    assert kept == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.theme}: {case.name}")
def test_the_kept_statements_alone_give_the_same_value(case: Case, tmp_path: Path) -> None:
    program = _program(case)
    kept = program.needed_for([case.wanted])
    everything = value_after(program.body, case.wanted, tmp_path / "all")
    assert value_after(program.body, case.wanted, tmp_path / "again") == everything
    chosen = [program.body[i] for i in sorted(kept)]
    assert value_after(chosen, case.wanted, tmp_path / "kept") == everything


@pytest.mark.parametrize(
    "case", [c for c in CASES if not c.larger], ids=lambda case: f"{case.theme}: {case.name}"
)
def test_without_any_one_of_the_kept_statements_the_value_is_another(
    case: Case, tmp_path: Path
) -> None:
    program = _program(case)
    kept = program.needed_for([case.wanted])
    everything = value_after(program.body, case.wanted, tmp_path / "all")
    for left_out in kept:
        chosen = [program.body[i] for i in sorted(kept - {left_out})]
        try:
            value = value_after(chosen, case.wanted, tmp_path / str(left_out))
        except Exception:  # noqa: BLE001 - whatever is missing, it is needed
            continue  # it cannot even run
        assert value != everything, program.body[left_out].text


def test_there_are_more_than_a_hundred_cases_and_no_two_are_the_same() -> None:
    assert len(CASES) > 100
    assert len({(c.theme, c.name) for c in CASES}) == len(CASES)
    assert len({(c.text, c.wanted) for c in CASES}) == len(CASES)


def test_comments_above_and_after_a_statement_stay_with_it() -> None:
    found = statements(sources("# why\na = 1  # what\n# %matplotlib inline\nb = 2"))
    assert found[0].comments == ("# why",)
    assert found[0].text == "a = 1  # what"
    assert found[1].comments == ()


def test_a_recorded_run_is_not_part_of_the_code() -> None:
    code = "import notewright as nw\nwith nw.run() as run:\n    a = 1\n    run.log_metric(0, a)"
    program = Program(statements(sources(code)))
    assert [program.body[i].text for i in sorted(program.needed_for(["a"]))] == ["a = 1"]


def test_what_a_stopped_cell_did_not_reach_is_no_statement() -> None:
    cell = CellSource("a = 1\nb = 1 / 0\nc = 2", "cell [1]", stopped=2)
    found = statements([cell])
    assert [(s.text, s.failed) for s in found] == [("a = 1", False), ("b = 1 / 0", True)]


@pytest.mark.parametrize("style", BY_NAME.values(), ids=BY_NAME)
def test_the_work_of_following_a_notebook_stays_small(style, monkeypatch) -> None:
    # A transformer of the notebook's own once took minutes: each method that a library may call
    # was followed inside each other, with all objects that those before had made.
    held = 0
    add = Parts.add

    def counted(self: Parts, by: int, key: str | None, ref: Ref) -> None:
        nonlocal held
        held += 1
        add(self, by, key, ref)

    monkeypatch.setattr(Parts, "add", counted)
    cells = [c for c in style.text.split("# %%\n") if c.strip()]
    Program(statements([CellSource(code, f"cell {n}") for n, code in enumerate(cells)]))
    assert held < 50_000, held
