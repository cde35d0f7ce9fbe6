"""Notebooks in the styles people write are exported and proved."""

from __future__ import annotations

from pathlib import Path

import pytest
from styles import STYLES, Style, export_style

#: Exported in every test run; the others are slow together.
ALWAYS = ("iris_tutorial", "churn_functions")


@pytest.mark.parametrize(
    "style",
    [
        pytest.param(s, id=s.name, marks=() if s.name in ALWAYS else pytest.mark.slow)
        for s in STYLES
    ],
)
def test_every_step_of_its_export_is_done(style: Style, tmp_path: Path) -> None:
    if style.missing:
        pytest.skip(f"{style.missing} is not installed")
    outcome = export_style(style, tmp_path)
    assert outcome.done, f"{outcome.steps}: {outcome.reason}"
