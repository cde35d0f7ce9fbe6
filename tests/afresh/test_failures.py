"""What a cell that failed means for a model, and for the cells after it."""

from __future__ import annotations

import pytest

from notewright.afresh.document import CodeCell
from notewright.afresh.failures import Dependence, Failures
from notewright.errors import CellFailed

CELLS = [
    "%load_ext notewright\nimport pandas as pd\ntable = pd.read_csv('t.csv')",
    '%%nw run "first"\nfrom sklearn.linear_model import Ridge\n'
    "model = Ridge().fit(table[['a']], table['b'])",
    "made = %nw export model --name lines\nreadme = open('packages/lines/README.md').read()",
    "print(len(readme))",
    "score = model.score(table[['a']], table['b'])",
    "%%bash\necho $readme",
    "short = readme[:3]\nother = Ridge().fit(table[['b']], table['a'])",
]


def cells(*sources: str) -> list[CodeCell]:
    return [CodeCell(number, None, source) for number, source in enumerate(sources, 1)]


def test_which_cells_depend_on_which_is_read_from_their_text_with_magics_in_it() -> None:
    dependence = Dependence(cells(*CELLS))
    assert dependence.behind("model") == {1, 2}
    assert dependence.before(4) == {3}
    assert dependence.before(5) == {1, 2}
    assert 3 in dependence.before(7)
    assert dependence.behind("nowhere") == set()
    assert not dependence.is_readable(6)
    assert dependence.before(6) == set()


def test_cells_behind_the_model_may_fail_and_those_that_need_them_are_not_run() -> None:
    failures = Failures(cells(*CELLS))
    failed = CellFailed(3, "FileNotFoundError: no such file", 2)
    assert failures.reason_against(failures.cells[3]) is None  # nothing failed yet
    assert failures.may_go_on(failed, ["model"])
    failures.failed.append(failed)
    unrun = [cell.number for cell in failures.cells[3:] if failures.reason_against(cell)]
    assert unrun == [4, 7]
    failures.left_out += unrun
    said = failures.finding("model")
    assert said is not None
    assert "error: [3] (line 2); cells [4] and [7] depend on that and were not run. " in said
    assert "'model' was made before, by cells [1] and [2]" in said
    # What the error says may hold an address or a path.
    assert "no such file" not in said
    with pytest.raises(CellFailed, match=r"cell \[3\], line 2: FileNotFoundError"):
        failures.finding("other")  # it is made after the failure


@pytest.mark.parametrize(
    "after",
    [
        "model.alpha = 3",
        "for column in ['a']:\n    model.fit(table[[column]], table['b'])",
        "model = open('packages/lines/model').read()",
        "again = model\nagain.fit(table[['b']], table['a'])",
    ],
)
def test_a_failure_before_the_last_change_of_the_model_stops_it(after: str) -> None:
    failures = Failures(cells(*CELLS[:3], after))
    assert not failures.may_go_on(CellFailed(3, "FileNotFoundError"), ["model"])
    assert not failures.may_go_on(CellFailed(4, "FileNotFoundError"), ["model"])
    assert not failures.may_go_on(CellFailed(1, "FileNotFoundError"), ["model"])


def test_a_failed_cell_that_cannot_be_read_or_a_model_that_is_not_there_stops_it() -> None:
    failures = Failures(cells(*CELLS[:3], "this is no Python"))
    assert not failures.may_go_on(CellFailed(4, "SyntaxError"), ["model"])
    assert not failures.may_go_on(CellFailed(3, "FileNotFoundError"), ["missing"])
    assert not failures.may_go_on(CellFailed(3, "FileNotFoundError"), [])
