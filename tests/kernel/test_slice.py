"""`%nw slice` in a kernel: edited, failed and timed cells, magics, and the three forms."""

from __future__ import annotations

import json
from typing import Any


def _kept(live: Any, name: str) -> list[str]:
    cells = json.loads(live.run(f"%nw slice {name} --json").text)["cells"]
    return [s["code"] for c in cells for s in c["statements"] if s["kept"]]


def test_cells_as_they_ran_are_sliced_into_statements_in_text_html_and_json(live) -> None:
    live.run("%load_ext notewright")
    live.run("import random\n%precision 3\nother = 1")
    live.run("random.seed(1)\nrandom.random()", cell="one")
    live.run("%%time\nrows = [3, 1]\nprint('<rows>')")
    live.run("rows.append(random.random())\n1 / 0\nrows.append('never')")
    live.run("%%capture\nunused = 2\ny = rows[-1]")
    assert _kept(live, "y") == [
        "import random",
        "random.seed(1)",
        "random.random()",
        "rows = [3, 1]",
        "rows.append(random.random())",
        "y = rows[-1]",
    ]
    shown = live.run("%nw slice y --why")
    assert shown.error is None
    assert "+ rows.append(random.random())\n" in shown.text
    assert "− unused = 2" in shown.text
    assert "  rows.append('never')" in shown.text
    assert "stopped with ZeroDivisionError" in shown.text
    assert "draws from the global random state of `random` before line 1 of cell [" in shown.text
    assert "&lt;rows&gt;" in shown.html
    assert "<rows>" not in shown.html
    assert "color-mix" in shown.html


def test_a_magic_that_makes_what_is_needed_is_named_and_the_cells_are_shown(live) -> None:
    live.run("%load_ext notewright")
    (live.folder / "other.py").write_text("x = 5\n")
    live.run("x = 1")
    live.run("%run other.py")
    live.run("y = x + 1")
    shown = live.run("%nw slice y")
    assert "`%run other.py` is no Python code" in shown.text
    assert "y = x + 1" in shown.text


def test_a_run_that_fails_counts_as_far_as_it_got(live) -> None:
    live.run("%load_ext notewright")
    live.run("a = [1]")
    live.run('%%nw run "half"\nb = 2\na.append(2)\nint("no")\na.append(3)')
    live.run("c = list(a)")
    assert _kept(live, "c") == ["a = [1]", "a.append(2)", "c = list(a)"]
