"""Slices and replays go through the state of the user's own modules."""

from __future__ import annotations

import sys

import pytest

SETTINGS = """
rate = 3
calls = []


def price(x):
    return x * rate


def configure(value):
    global rate
    rate = value


class Config:
    limit = 1

    def cut(self, x):
        return min(x, self.limit)
"""
SHOP = "import settings\n\ndef total(x): return settings.price(x)\n"
LATE = "def total(x):\n    from settings import price\n    return price(x)\n"

CASES = {
    "set as an attribute, read through a function": (
        [
            "import settings",
            "from settings import price",
            "z = 1",
            "settings.rate = 5",
            "y = price(3)",
        ],
        "y",
        [1, 2, 4, 5],
    ),
    "set by a function, read through the module": (
        [
            "from settings import configure",
            "z = 1",
            "configure(5)",
            "import settings as s",
            "y = s.price(3)",
        ],
        "y",
        [1, 3, 4, 5],
    ),
    "set on a class, read through an instance": (
        [
            "from settings import Config",
            "c = Config()",
            "z = 1",
            "Config.limit = 5",
            "y = c.cut(9)",
        ],
        "y",
        [1, 2, 4, 5],
    ),
    "through a function of the notebook": (
        [
            "import settings",
            "def f(x): return settings.price(x)",
            "from settings import configure",
            "configure(5)",
            "z = 1",
            "y = f(1)",
        ],
        "y",
        [1, 2, 3, 4, 6],
    ),
    "through a module that imports it": (
        [
            "import shop",
            "from settings import configure",
            "configure(5)",
            "z = 1",
            "y = shop.total(1)",
        ],
        "y",
        [1, 2, 3, 5],
    ),
    "through a module that imports it when it runs": (
        [
            "from late import total",
            "from settings import configure",
            "configure(5)",
            "z = 1",
            "y = total(1)",
        ],
        "y",
        [1, 2, 3, 5],
    ),
    "imported, used and forgotten in one cell": (
        [
            "from settings import configure",
            "configure(5)",
            "z = 1",
            "from settings import price; y = price(3); del price",
        ],
        "y",
        [1, 2, 4],
    ),
    "imported inside a function of the notebook": (
        [
            "from settings import configure",
            "configure(5)",
            "z = 1",
            "def f():\n    import settings\n    return settings.rate",
            "y = f()",
        ],
        "y",
        [1, 2, 4, 5],
    ),
    "a method that changes the value": (
        [
            "from settings import calls",
            "calls.append(1)",
            "z = 1",
            "import settings",
            "y = list(settings.calls)",
        ],
        "y",
        [1, 2, 4, 5],
    ),
    "the notebook's code put into the module": (
        [
            "import settings",
            "k = 2",
            "def mine(x): return x * k",
            "settings.price = mine",
            "k = 3",
            "z = 1",
            "y = settings.price(1)",
        ],
        "y",
        [1, 2, 3, 4, 5, 7],
    ),
    "another module's state does not matter": (
        ["import settings", "import other", "other.state = 5", "y = settings.price(3)"],
        "y",
        [1, 4],
    ),
    "the attribute itself": (
        ["import settings", "z = 1", "settings.rate = 5"],
        "settings.rate",
        [1, 3],
    ),
}


@pytest.fixture
def notebook(notebook, project):
    project(settings=SETTINGS, shop=SHOP, late=LATE, other="state = 1")
    return notebook


@pytest.mark.parametrize("case", CASES)
def test_slice(notebook, case: str) -> None:
    cells, name, expected = CASES[case]
    for cell in cells:
        assert notebook.run(cell).error is None
    assert not notebook.recorder.problems
    assert notebook.slice(name) == expected


def test_code_that_can_read_everything_reads_modules_too(notebook) -> None:
    notebook.run("import settings")
    assert "settings.rate" in notebook.run("y = eval('settings.rate')").reads


def _restored(notebook, taken, names=()):
    from notewright.lineage.replaying import unsaved_names

    restored = notebook.recorder.restore(taken.id)
    return restored, notebook.recorder.replay(restored, unsaved_names(taken, names))


def test_a_replay_finds_the_module_as_it_was_and_leaves_it_so(notebook) -> None:
    notebook.run("import settings; settings.rate = 5")
    notebook.run("g = (settings.price(i) for i in range(3))")
    taken = notebook.recorder.take()
    notebook.run("settings.rate = 7; g = None")
    _, replayed = _restored(notebook, taken)
    assert replayed.rebuilt == ("g",)
    assert [ran.step.execution.ordinal for ran in replayed.ran] == [2]
    assert list(notebook["g"]) == [0, 5, 10]


def test_what_a_replay_changes_in_a_module_is_put_back(notebook) -> None:
    notebook.run("import settings")
    notebook.run("settings.rate = 5; g = (i for i in range(3))")
    notebook.run("settings.rate = 7")
    taken = notebook.recorder.take()
    notebook.run("g = None")
    _, replayed = _restored(notebook, taken)
    assert replayed.rebuilt == ("g",)
    assert replayed.put_back == ("settings.rate",)
    assert sys.modules["settings"].rate == 7


def test_attributes_that_cannot_be_saved_are_not_rebuilt_by_running_cells(
    notebook, project
) -> None:
    project(locks="import threading\nlock = threading.Lock()\ndef make(): return (i for i in 'ab')")
    notebook.run("import locks")
    notebook.run("g = locks.make()")
    taken = notebook.recorder.take()
    assert {u.name for u in taken.unsaved} == {"locks.lock", "g"}
    lock = sys.modules["locks"].lock
    restored, replayed = _restored(notebook, taken)
    assert restored.unsaved == ("g",)
    assert replayed.plan.names == ("g",)
    assert list(notebook["g"]) == ["a", "b"]
    assert sys.modules["locks"].lock is lock
