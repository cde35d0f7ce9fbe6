"""What a run again is called."""

from __future__ import annotations

import pytest

from notewright.afresh.rerunning import _name


@pytest.mark.parametrize(
    ("name", "again", "settings", "called"),
    [
        ("mine", False, {"depth": 3}, "mine (depth=3)"),
        ("mine", False, {}, "mine (again)"),
        ("mine (depth=3)", True, {"depth": 4}, "mine (depth=4)"),
        ("mine (depth=3)", True, {"rate": 0.5}, "mine (depth=3, rate=0.5)"),
        ("mine (depth=3)", True, {}, "mine (depth=3)"),
        ("mine (again)", True, {"depth": 4}, "mine (depth=4)"),
        ("mine (again)", True, {}, "mine (again)"),
        ("mine (v=2)", False, {"depth": 4}, "mine (v=2) (depth=4)"),
        ("mine (depth=(1, 2))", True, {"depth": 3}, "mine (depth=(1, 2)) (depth=3)"),
    ],
)
def test_a_run_again_is_called_by_all_that_was_set(name, again, settings, called):
    assert _name(name, settings, again=again) == called
