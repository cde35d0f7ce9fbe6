"""Slices keep what the artifact depends on, and nothing that is known not to matter."""

from __future__ import annotations

import pytest
from recorded import sources

from notewright.packaging.slicing import Program
from notewright.packaging.source import statements

CASES = {
    "dead end": ("a = 1\nb = 2\nc = a + 1", "c", ["a = 1", "c = a + 1"]),
    "mutation by a method": ("a = []\na.append(1)\nb = 3", "a", ["a = []", "a.append(1)"]),
    "display only": ("a = [1]\nprint(a)\nlen(a)", "a", ["a = [1]"]),
    "alias": ("a = [1]\nb = a\nb.append(2)", "a", ["a = [1]", "b = a", "b.append(2)"]),
    "rebinding": ("a = 1\na = 2\nb = a", "b", ["a = 2", "b = a"]),
    "augmented": ("a = 1\na += 2", "a", ["a = 1", "a += 2"]),
    "swap": ("a = 1\nb = 2\na, b = b, a", "a", ["a = 1", "b = 2", "a, b = b, a"]),
    "deleted name": ("a = 1\nb = a\ndel a", "b", ["a = 1", "b = a"]),
    "function and its global": (
        "k = 2\ndef f(x):\n    return x * k\nk = 3\nb = f(1)",
        "b",
        ["def f(x):\n    return x * k", "k = 3", "b = f(1)"],
    ),
    "closure over a comprehension": ("n = 3\nx = [n * i for i in range(n)]", "x", None),
    "loop that fills a list": ("out = []\nfor i in range(3):\n    out.append(i)", "out", None),
    "branch": ("a = 1\nif a:\n    b = 2\nelse:\n    b = 3", "b", None),
    "inplace": (
        "import pandas as pd\nd = pd.DataFrame()\nd.dropna(inplace=True)\nd.head()",
        "d",
        ["import pandas as pd", "d = pd.DataFrame()", "d.dropna(inplace=True)"],
    ),
    "pure method whose result is dropped": (
        "import pandas as pd\nd = pd.DataFrame()\nd.dropna()",
        "d",
        ["import pandas as pd", "d = pd.DataFrame()"],
    ),
    "random numbers drawn before": (
        "import numpy as np\nnp.random.seed(0)\nx = np.random.rand()\ny = np.random.rand()",
        "y",
        None,
    ),
    "a seed nobody draws from": (
        "import numpy as np\nnp.random.seed(0)\ny = np.zeros(3)",
        "y",
        ["import numpy as np", "y = np.zeros(3)"],
    ),
    "attribute": (
        "class C: pass\nc = C()\nc.x = 1\nd = 2",
        "c",
        ["class C: pass", "c = C()", "c.x = 1"],
    ),
    "passing to an unknown function": (
        "def f(x):\n    x.append(1)\na = []\nf(a)",
        "a",
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_slice_has_the_statements_by_dependence(case: str) -> None:
    code, name, expected = CASES[case]
    program = Program(statements(sources(code)))
    kept = [program.body[i].text for i in sorted(program.needed_for([name]))]
    every = [s.text for s in program.body]
    assert kept == (every if expected is None else expected)


def test_comments_above_and_after_a_statement_stay_with_it() -> None:
    found = statements(sources("# why\na = 1  # what\n# %matplotlib inline\nb = 2"))
    assert found[0].comments == ("# why",)
    assert found[0].text == "a = 1  # what"
    assert found[1].comments == ()


def test_a_recorded_run_is_not_part_of_the_code() -> None:
    code = "import notewright as nw\nwith nw.run() as run:\n    a = 1\n    run.log_metric(0, a)"
    program = Program(statements(sources(code)))
    assert [program.body[i].text for i in sorted(program.needed_for(["a"]))] == ["a = 1"]
