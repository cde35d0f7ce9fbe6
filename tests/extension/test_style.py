"""The panel looks like the theme it is in."""

from __future__ import annotations

import re
from pathlib import Path

STYLE = Path(__file__).resolve().parents[2] / "extension" / "style"
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\(")


def test_colours_come_from_the_themes_variables_only() -> None:
    sheets = list(STYLE.glob("*.css"))
    assert sheets
    assert {sheet.name: COLOUR.findall(sheet.read_text()) for sheet in sheets} == {
        sheet.name: [] for sheet in sheets
    }
