"""`slice` shows the notebook as it ran, with what a variable depends on marked, and says why."""

from __future__ import annotations

import re
from typing import Any

import pytest

from notewright.lineage.cell import Cell
from notewright.verbs import find_verb
from notewright.verbs.base import Context


class _Kernel:
    """As much of a kernel as the verb asks for."""

    def __init__(self, notebook: Any) -> None:
        self.session = notebook.recorder.session
        self.execution = notebook.recorder.execution


def _slice(notebook: Any, *words: str) -> Any:
    verb = find_verb("slice")
    return verb.run(verb.parser().parse_args(words), Context(notebook.workspace, _Kernel(notebook)))


def _kept(notebook: Any, name: str) -> list[str]:
    cells = _slice(notebook, name).data()["cells"]
    return [s["code"] for c in cells for s in c["statements"] if s["kept"]]


CELLS = (
    "import numpy as np\nimport json",
    "# the rows\nnp.random.seed(0)\nrows = np.random.rand(4)\nprint(rows)",
    "noise = np.random.rand(3)",
    "rows = rows.clip(0, 1)\nrows[0] = 5; other = 1",
    "y = rows.sum() + np.random.rand()",
)


def test_kept_and_dropped_lines_stand_in_place(notebook) -> None:
    for cell in CELLS:
        notebook.run(cell)
    assert _slice(notebook, "y").text() == (
        "`y` depends on 7 of 10 statements, in 5 of 5 cells.\n"
        "\ncell [1]\n"
        "+ import numpy as np\n"
        "− import json\n"
        "\ncell [2]\n"
        "  # the rows\n"
        "+ np.random.seed(0)\n"
        "+ rows = np.random.rand(4)\n"
        "− print(rows)\n"
        "\ncell [3]\n"
        "+ noise = np.random.rand(3)\n"
        "\ncell [4]\n"
        "+ rows = rows.clip(0, 1)\n"
        "± rows[0] = 5; other = 1\n"
        "\ncell [5]\n"
        "+ y = rows.sum() + np.random.rand()"
    )


def test_the_reason_for_each_kept_statement_is_said_in_words(notebook) -> None:
    for cell in CELLS:
        notebook.run(cell)
    shown = _slice(notebook, "y", "--why").text()
    for line, reason in (
        ("import numpy as np", "imports `np`, which line 2 of cell [2] uses (and 3 more)"),
        (
            "np.random.seed(0)",
            "seeds the global random state of NumPy, which line 3 draws from (and 2 more)",
        ),
        (
            "noise = np.random.rand(3)",
            "draws from the global random state of NumPy before line 1 of cell [5]",
        ),
        ("rows = rows.clip(0, 1)", "binds `rows`, which line 2 reads (and 1 more)"),
        ("± rows[0] = 5; other = 1", "changes `rows` before line 1 of cell [5] reads it"),
        ("y = rows.sum() + np.random.rand()", "binds `y`, which is asked for"),
    ):
        assert f"{line}\n      {reason}" in shown
    assert "binds" not in _slice(notebook, "y").text()


def test_a_step_that_changed_nothing_stays_and_says_so(notebook) -> None:
    notebook.run("d = {'x': 1}")
    notebook.run("d['x'] = max(d['x'], 0)")
    notebook.run("e = d['x']")
    assert _kept(notebook, "e") == ["d = {'x': 1}", "d['x'] = max(d['x'], 0)", "e = d['x']"]
    shown = _slice(notebook, "e", "--why").text()
    assert shown.count("on the path, changed nothing on this data") == 1
    assert "may change `d` before line 1 of cell [3] reads it" in shown
    idle = [s["idle"] for c in _slice(notebook, "e").data()["cells"] for s in c["statements"]]
    assert idle == [False, True, False]


def test_a_reason_about_what_has_no_name_is_a_sentence(notebook) -> None:
    notebook.run("import pandas as pd\nt = pd.DataFrame({'a': [1, 2]})")
    notebook.run("t['b'] = pd.qcut(t['a'], 2, labels=['x', 'y'])")
    notebook.run("def f(row):\n    return sum(row[c] for c in ['a'])\nt['n'] = t.apply(f, axis=1)")
    shown = _slice(notebook, "t", "--why").text()
    assert "may change what it holds before line 3 of cell [3] reads it" in shown
    assert "``" not in shown


def test_the_kept_statements_run_alone_give_the_value(notebook) -> None:
    for cell in CELLS:
        notebook.run(cell)
    alone: dict[str, Any] = {}
    exec("\n".join(_kept(notebook, "y")), alone)
    assert alone["y"] == notebook["y"]


def test_a_cell_that_stopped_counts_as_far_as_it_got(notebook) -> None:
    notebook.run("a = [1]")
    execution = notebook.run("b = 2\na.append(2)\nint('no')\na.append(3)")
    assert execution.stopped == 3
    notebook.run("c = list(a)")
    assert _kept(notebook, "c") == ["a = [1]", "a.append(2)", "c = list(a)"]
    assert "cell [2], stopped with ValueError" in _slice(notebook, "c").text()


def test_a_cell_with_a_mistake_in_its_grammar_is_no_hindrance(notebook) -> None:
    notebook.run("a = 1")
    notebook.run("a = = 2")
    notebook.run("b = a")
    assert _kept(notebook, "b") == ["a = 1", "b = a"]


def test_what_only_the_state_shows_is_kept_and_said(notebook) -> None:
    notebook.run("import ctypes")
    notebook.run("a = [1]")
    notebook.run("n = 0\nctypes.cast(id(a), ctypes.py_object).value.append(2)")
    notebook.run("b = list(a)")
    assert notebook["b"] == [1, 2]
    assert "ctypes.cast(id(a), ctypes.py_object).value.append(2)" in _kept(notebook, "b")
    assert "n = 0" not in _kept(notebook, "b")
    shown = _slice(notebook, "b", "--why").text()
    assert "`a` was changed by this cell, and no statement shows how" in shown


def test_what_only_asks_a_model_or_shows_a_table_is_left_out(notebook) -> None:
    pytest.importorskip("statsmodels")
    needed = (
        "import numpy as np\nimport pandas as pd",
        "import statsmodels.api as sm\nfrom sklearn.neighbors import KNeighborsRegressor",
        "t = pd.DataFrame({'x': np.arange(9.0), 'y': np.arange(9.0) % 4})",
        "line = sm.OLS(t.y, sm.add_constant(t[['x']])).fit()",
        "t['line'] = line.predict(sm.add_constant(t[['x']]))",
        "near = KNeighborsRegressor(2).fit(t[['x', 'line']], t.y)",
    )
    asked = {
        needed[2]: ("_1 = t.head(3)", "_2 = t.describe()"),
        needed[3]: ("_3 = line.params", "import warnings\nwarnings.simplefilter('ignore')",
                    "_4 = line.summary()", "_5 = line.conf_int()"),
        needed[5]: ("_6 = near.score(t[['x', 'line']], t.y)", "near.kneighbors(t[['x', 'line']])"),
    }  # fmt: skip
    for cell in needed:
        notebook.run(cell)
        for more in asked.get(cell, ()):
            notebook.run(more)
    assert _kept(notebook, "near") == "\n".join(needed).split("\n")


def test_a_star_import_from_a_library_is_one_of_the_names_that_are_used(notebook) -> None:
    notebook.run("from math import *\nfrom statistics import *\nfrom json import *")
    notebook.run("total = sum(range(3))")
    notebook.run("print(sqrt(2)); spread = pstdev([1, 2])")
    notebook.run("root = sqrt(total)")
    assert _kept(notebook, "root") == [
        "from math import *",
        "total = sum(range(3))",
        "root = sqrt(total)",
    ]
    notebook.run("exec('any_name = 1')")
    assert "from json import *" in _kept(notebook, "root")  # a text may say the name


def test_what_a_class_of_the_notebook_changes_when_it_is_asked_is_kept(notebook) -> None:
    notebook.run("import numpy as np\nfrom sklearn.neighbors import KNeighborsRegressor")
    notebook.run(
        "class Counting(KNeighborsRegressor):\n"
        "    def predict(self, X):\n"
        "        vars(self).setdefault('asked', []).append(len(X))\n"
        "        return super().predict(X)"
    )
    notebook.run("X = np.arange(6.0).reshape(3, 2)\nnear = Counting(1).fit(X, [1, 2, 3])")
    notebook.run("near.predict(X)")
    notebook.run("asked = len(near.asked)")
    assert "near.predict(X)" in _kept(notebook, "asked")
    assert "near.predict(X)" in _kept(notebook, "near")


def test_what_the_state_shows_does_not_bring_back_what_the_code_rules_out(notebook) -> None:
    notebook.run("d = {'a': [1]}")
    notebook.run("x = d['a']")
    notebook.run("d['b'] = 2")
    assert _kept(notebook, "x") == ["d = {'a': [1]}", "x = d['a']"]


def _run_magic(notebook: Any, source: str, **makes: Any) -> None:
    """Run a cell whose ``%`` line makes variables, which is a comment in its code."""
    code = "\n".join(f"# {x}" if x.startswith("%") else x for x in source.splitlines())
    with notebook.recorder.running(Cell(source, code)):
        notebook.variables.update(makes)
        exec(code, notebook.variables)


@pytest.mark.parametrize(
    ("magic", "reason"),
    [
        ("%run other.py", "cell [2] `%run other.py` is no Python code"),
        ("%run other.py\nz = 3", "cell [2] `%run other.py` changed `x`, maybe by `%run other.py`"),
    ],
)
def test_where_a_magic_may_have_made_it_the_cells_are_shown_and_why(
    notebook, magic: str, reason: str
) -> None:
    notebook.run("x = 1\nother = 3")
    _run_magic(notebook, magic, x=5)
    notebook.run("y = x + 1")
    found = _slice(notebook, "y")
    assert reason in found.text()
    assert "y = x + 1" in found.text()
    assert found.data()["level"] == "cells"
    assert reason in found.data()["impossible"]


def test_what_no_statement_binds_is_said_to_be_made_otherwise(notebook) -> None:
    _run_magic(notebook, "%store -r x\nz = 3", x=5)
    assert "no statement binds `x`" in _slice(notebook, "x").text()


def test_a_result_of_the_shell_cannot_be_followed(notebook) -> None:
    notebook.variables["_"] = 1
    notebook.run("x = _ + 1")
    assert "uses `_`, a result that only the shell had" in _slice(notebook, "x").text()


def test_a_variable_brought_back_from_a_snapshot_is_said_to_be(notebook) -> None:
    notebook.run("x = [1]")
    taken = notebook.recorder.take()
    notebook.run("x = [2]")
    notebook.recorder.restore(taken.id, ["x"])
    notebook.run("y = list(x)")
    found = _slice(notebook, "y")
    assert "`x` came from a snapshot by" in found.text()
    assert found.data()["level"] == "cells"


def test_json_has_every_statement_with_its_lines_and_reasons(notebook) -> None:
    notebook.run("a = 1\nunused = 2")
    notebook.run("b = (\n    a\n)")
    record = _slice(notebook, "b").data()
    assert record["variable"] == "b"
    assert record["level"] == "statements"
    assert record["impossible"] is None
    first, second = record["cells"]
    assert [(s["first"], s["last"], s["kept"]) for s in first["statements"]] == [
        (1, 1, True),
        (2, 2, False),
    ]
    assert second["statements"][0]["code"] == "b = (\n    a\n)"
    assert first["statements"][0]["reasons"] == [
        {
            "how": "binds",
            "name": "a",
            "by": [{"execution": second["id"], "line": 1}],
            "text": "binds `a`, which line 1 of cell [2] reads",
        }
    ]


def test_the_html_is_escaped_and_its_colours_follow_the_theme(notebook) -> None:
    notebook.run("a = '<b>'\nunused = 2")
    shown = _slice(notebook, "a", "--why").html()
    assert "<b>'" not in shown
    assert "&lt;b&gt;" in shown
    colours = re.findall(r"color:(#\w+);?(color:color-mix\(in srgb,\1 65%,currentcolor\))?", shown)
    assert colours
    assert all(mixed for _, mixed in colours)
    assert "background" not in shown
