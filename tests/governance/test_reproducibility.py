"""Models that cannot be made again are told from those that can: seeds, order, hidden state."""

from __future__ import annotations

import pytest
from tests.governance.trained import Notebook, failures, found_in, found_in_cells

from notewright.errors import UntrustedStore
from notewright.governance.checks.registry import own_checks
from notewright.governance.policy import parse_policy

# -- seeds ----------------------------------------------------------------------------------

SKLEARN = (
    "from sklearn.model_selection import train_test_split, KFold, ShuffleSplit\n"
    "from sklearn.ensemble import RandomForestClassifier\n"
    "from sklearn.linear_model import LogisticRegression, SGDClassifier\n"
    "import sklearn.cluster as cluster\n"
)
UNSEEDED = {
    "numpy": ("import numpy as np\nx = np.random.rand(3)", "numpy.random.rand"),
    "numpy by name": ("from numpy.random import normal\nx = normal(size=3)", "numpy.random.normal"),
    "seed of nothing": ("import numpy as np\nnp.random.seed()\nnp.random.rand()", "random.rand"),
    "generator": ("import numpy as np\nrng = np.random.default_rng()", "default_rng()"),
    "generator of None": ("import numpy as np\nnp.random.default_rng(None)", "default_rng()"),
    "state": ("import numpy as np\nr = np.random.RandomState()", "RandomState()"),
    "python": ("import random\nx = random.shuffle(rows)", "random.shuffle"),
    "python by name": ("from random import choice\nx = choice(rows)", "random.choice"),
    "python, other seed": ("import random, numpy as np\nnp.random.seed(0)\nrandom.random()",
                           "random.random"),
    "split": (SKLEARN + "a, b = train_test_split(df)", "train_test_split"),
    "split with None": (SKLEARN + "a, b = train_test_split(df, random_state=None)",
                        "train_test_split"),
    "forest": (SKLEARN + "m = RandomForestClassifier(10).fit(X, y)", "RandomForestClassifier"),
    "in a pipeline": (
        SKLEARN + "from sklearn.pipeline import make_pipeline\n"
        "m = make_pipeline(SGDClassifier()).fit(X, y)", "SGDClassifier"),
    "folds": (SKLEARN + "f = KFold(5, shuffle=True)", "KFold"),
    "by module": (SKLEARN + "m = cluster.KMeans(3).fit(X)", "KMeans"),
    "solver": (SKLEARN + "m = LogisticRegression(solver='saga')", "LogisticRegression"),
    "sample": ("part = df.sample(frac=0.5)", "DataFrame.sample"),
    "torch": ("import torch\nlayer = torch.nn.Linear(3, 1)", "torch.nn.Linear"),
    "torch module": (
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.a = nn.Linear(3, 1)\nnet = Net()",
        "torch.nn.Linear"),
    "in a function": ("import numpy as np\ndef noise():\n    return np.random.rand()\nx = noise()",
                      "numpy.random.rand"),
    "in a lambda": ("import numpy as np\nf = lambda r: np.random.rand()\ny = df.apply(f)",
                    "numpy.random.rand"),
    "in a loop": ("import random\nfor i in range(3):\n    x = random.random()", "random.random"),
    "in a magic cell": ("%%time\nimport numpy as np\nx = np.random.rand()", "numpy.random.rand"),
    "seed too late": ("import numpy as np\nx = np.random.rand()\nnp.random.seed(0)", "random.rand"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "what"), UNSEEDED.values(), ids=UNSEEDED)
def test_draws_without_a_seed_are_found_in_their_cell(source, what):
    (found,) = failures(found_in_cells("reproducibility.seeds", "x = 1", source))
    assert what in found.details["what"]
    assert (found.severity, found.cells) == ("warning", ("cell [2]",))
    assert found.remedy


SEEDED = {
    "numpy": "import numpy as np\nnp.random.seed(0)\nx = np.random.rand(3)",
    "generator": "import numpy as np\nrng = np.random.default_rng(7)\nx = rng.normal()",
    "generator by name": "from numpy.random import default_rng\nrng = default_rng(seed=7)",
    "state": "import numpy as np\nr = np.random.RandomState(0)\nr.rand()",
    "python": "import random\nrandom.seed(3)\nrandom.shuffle(rows)",
    "own generator": "import random\nr = random.Random(3)\nr.shuffle(rows)",
    "split": SKLEARN + "a, b = train_test_split(df, random_state=0)",
    "split without shuffling": SKLEARN + "a, b = train_test_split(df, shuffle=False)",
    "split by global seed": "import numpy as np\nnp.random.seed(1)\n" + SKLEARN
    + "a, b = train_test_split(df)",
    "forest": SKLEARN + "m = RandomForestClassifier(10, random_state=SEED)",
    "options": SKLEARN + "m = RandomForestClassifier(**params)",
    "lbfgs": SKLEARN + "m = LogisticRegression().fit(X, y)",
    "folds in order": SKLEARN + "f = KFold(5)",
    "boosting that has its own seed": "import xgboost\nm = xgboost.XGBClassifier().fit(X, y)",
    "histogram boosting": "from sklearn.ensemble import HistGradientBoostingClassifier\n"
    "m = HistGradientBoostingClassifier().fit(X, y)",
    "scaler": "from sklearn.preprocessing import StandardScaler\ns = StandardScaler().fit(X)",
    "sample": "part = df.sample(frac=0.5, random_state=1)",
    "torch": "import torch\ntorch.manual_seed(0)\nlayer = torch.nn.Linear(3, 1)",
    "everything": "from lightning import seed_everything\nseed_everything(0)\nimport torch\n"
    "layer = torch.nn.Linear(3, 1)\nimport numpy as np\nnp.random.rand()",
    "by a function of one's own": "import numpy as np, random\ndef set_up(seed):\n"
    "    np.random.seed(seed)\n    random.seed(seed)\nset_up(4)\nnp.random.rand()\nrandom.random()",
    "defined before the seed": "import numpy as np\ndef noise():\n    return np.random.rand()\n"
    "np.random.seed(0)\nx = noise()",
    "defined and never called": "import numpy as np\ndef noise():\n    return np.random.rand()",
    "a variable called random": "random = Tool()\nrandom.choice(rows)",
    "another thing called sample": "m = posterior.sample(draws)",
    "plain": "x = 1\ny = x + 1",
    "no Python": "%%bash\necho $RANDOM",
}  # fmt: skip


@pytest.mark.parametrize("source", SEEDED.values(), ids=SEEDED)
def test_what_has_a_seed_or_needs_none_raises_no_alarm(source):
    assert failures(found_in_cells("reproducibility.seeds", source)) == []


def test_a_seed_holds_in_the_cells_after_it():
    cells = ("import numpy as np", "np.random.seed(0)", "x = np.random.rand()")
    assert failures(found_in_cells("reproducibility.seeds", *cells)) == []
    (found,) = failures(found_in_cells("reproducibility.seeds", cells[0], cells[2], cells[1]))
    assert found.cells == ("cell [2]",)


# -- in a notebook --------------------------------------------------------------------------

IMPORTS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
    "from sklearn.ensemble import RandomForestClassifier\n"
    "from sklearn.metrics import accuracy_score\n"
)
DATA = "rng = np.random.default_rng(0)\n"
DATA += "df = pd.DataFrame(rng.normal(size=(90, 2)), columns=['a', 'b'])"
LABELS = "df['y'] = (df['a'] > 0).astype(int)"
FIT = (
    "X, y = df[['a', 'b']], df['y']\nmodel = LogisticRegression().fit(X, y)\n"
    "score = accuracy_score(y, model.predict(X))"
)
HONEST = [("i", IMPORTS), ("d", DATA), ("l", LABELS), ("f", FIT)]


@pytest.fixture
def notebook(workspace, tmp_path, monkeypatch) -> Notebook:
    monkeypatch.chdir(tmp_path)
    return Notebook(workspace, tmp_path)


def trained(notebook, ran, stands=None):
    """Run cells, the last as a run; then save the document, if its cells are given."""
    for id_, source in ran[:-1]:
        notebook.run(source, id_)
    version = notebook.train(ran[-1][1], ran[-1][0])
    if stands is not None:
        notebook.save(stands)
    return version


def named(workspace, version, check):
    return failures(found_in(workspace, version, f"reproducibility.{check}"))


CLEAN = {
    "from the top": (HONEST, HONEST),
    "no document": (HONEST, None),
    "more cells below": (HONEST, [*HONEST, ("z", "df = None\nprint(unknown)")]),
    "more cells between that touch nothing": (
        HONEST, [*HONEST[:2], ("p", "df.describe()"), *HONEST[2:]],
    ),
    "a cell ran twice and did the same": (
        [*HONEST[:3], ("l", LABELS), HONEST[3]], HONEST,
    ),
    "all ran twice": ([*HONEST, *HONEST], HONEST),
    "a cell tried before": (
        [HONEST[0], ("t", "df = 5\ny = 6"), *HONEST[1:]], HONEST,
    ),
    "a step that changes nothing": (
        [*HONEST[:3], ("n", "df = df.dropna()"), HONEST[3]],
        [*HONEST[:3], ("n", "df = df.dropna()"), HONEST[3]],
    ),
    "functions and comprehensions": (
        [*HONEST[:3], ("g", "def part(df):\n    row = df['a']\n    return row\n"
                            "kept = [x for x in part(df)]"),
         ("x", "x = 3\nrow = 4"), ("f", "kept = len([x for x in part(df)])\n" + FIT)],
        [*HONEST[:3], ("g", "def part(df):\n    row = df['a']\n    return row\n"
                            "kept = [x for x in part(df)]"),
         ("f", "kept = len([x for x in part(df)])\n" + FIT), ("x", "x = 3\nrow = 4")],
    ),
    "a loop": (
        [*HONEST[:3], ("w", "for i in range(3):\n    df[f'c{i}'] = i"), HONEST[3]],
        [*HONEST[:3], ("w", "for i in range(3):\n    df[f'c{i}'] = i"), HONEST[3]],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("ran", "stands"), CLEAN.values(), ids=CLEAN)
def test_honest_notebooks_raise_no_alarm(workspace, notebook, ran, stands):
    version = trained(notebook, ran, stands)
    for check in ("hidden_state", "order", "seeds"):
        assert [f.sentence for f in named(workspace, version, check)] == []


HIDDEN = {
    "the cell that made it was edited": (
        HONEST, [HONEST[0], ("d", "print('nothing')"), *HONEST[2:]], "df", "edited since",
    ),
    "the cell that made it was deleted": (
        HONEST, [HONEST[0], *HONEST[2:]], "df", "gone since",
    ),
    "it is made further down": (
        HONEST, [HONEST[0], HONEST[2], HONEST[1], HONEST[3]], "df", "only further down",
    ),
    "imports are below": (
        HONEST, [*HONEST[1:], HONEST[0]], "np", "only further down",
    ),
    "a step was deleted": (
        HONEST, [*HONEST[:2], HONEST[3]], "df['y']", "not in the notebook any more",
    ),
    "a step was edited": (
        HONEST, [*HONEST[:2], ("l", LABELS.replace("> 0", "> 1")), HONEST[3]], "df['y']",
        "has been edited since",
    ),
    "a function was deleted": (
        [*HONEST[:2], ("u", "def label(t):\n    return (t['a'] > 0).astype(int)"),
         ("l", "df['y'] = label(df)"), HONEST[3]],
        [*HONEST[:2], ("l", "df['y'] = label(df)"), HONEST[3]], "label", "gone since",
    ),
    "what a function reads was deleted": (
        [*HONEST[:2], ("r", "rate = 0"), ("u", "def label(t):\n    return (t['a'] > rate) * 1"),
         ("l", "df['y'] = label(df)"), HONEST[3]],
        [*HONEST[:2], ("u", "def label(t):\n    return (t['a'] > rate) * 1"),
         ("l", "df['y'] = label(df)"), HONEST[3]], "rate", "gone since",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("ran", "stands", "name", "words"), HIDDEN.values(), ids=HIDDEN)
def test_what_no_cell_makes_any_longer_is_named(workspace, notebook, ran, stands, name, words):
    version = trained(notebook, ran, stands)
    found = named(workspace, version, "hidden_state")
    assert found
    assert name in found[0].sentence
    assert words in found[0].sentence
    assert found[0].cells
    assert found[0].severity == "warning"


def test_without_a_document_an_edited_cell_is_known_by_its_id(workspace, notebook):
    version = trained(notebook, [*HONEST[:3], ("d", "print('nothing')"), HONEST[3]])
    found = named(workspace, version, "hidden_state")
    assert "`df`" in found[0].sentence
    assert "edited since" in found[0].sentence


def test_going_on_with_the_notebook_changes_nothing_that_was_found(workspace, notebook):
    notebook.save(HONEST)
    version = trained(notebook, HONEST)
    notebook.save([HONEST[0], ("d", "print('another idea')")])
    notebook.run("df = None", "d")
    for check in ("hidden_state", "order"):
        (found,) = found_in(workspace, version, f"reproducibility.{check}")
        assert found.status == "passed"
        assert "not known" not in found.sentence


def test_the_copy_in_the_snapshot_tells_what_was_missing_at_the_run(workspace, notebook):
    notebook.save([HONEST[0], *HONEST[2:]])
    version = trained(notebook, HONEST)
    (notebook.folder / "nb.ipynb").unlink()
    found = named(workspace, version, "hidden_state")
    assert "`df`" in found[0].sentence
    assert "gone since" in found[0].sentence


def test_a_document_from_before_the_run_says_nothing(workspace, notebook):
    notebook.save([HONEST[0]])
    version = trained(notebook, HONEST)
    assert named(workspace, version, "hidden_state") == []
    (found,) = found_in(workspace, version, "reproducibility.hidden_state")
    assert "order of the document is not known" in found.sentence


def test_a_document_that_is_none_or_damaged_is_passed_over(workspace, notebook):
    version = trained(notebook, HONEST)
    for text in ("", "[]", '{"cells": 3}', "{" * 100_000, '{"cells": [1, {"cell_type": "code"}]}'):
        (notebook.folder / "nb.ipynb").write_text(text)
        assert named(workspace, version, "hidden_state") == []


SCALED = [("s", "scale = 1.0"), ("k", "df['a'] = df['a'] * scale"), ("t", "scale = 100.0")]
ORDER = {
    "a later cell's value was used": (
        [*HONEST[:2], SCALED[0], SCALED[2], SCALED[1], *HONEST[2:]],
        [*HONEST[:2], SCALED[0], SCALED[1], SCALED[2], *HONEST[2:]], "scale", "further down",
    ),
    "a cell between ran only afterwards": (
        [*HONEST[:2], SCALED[0], SCALED[1], *HONEST[2:]],
        [*HONEST[:2], SCALED[0], SCALED[2], SCALED[1], *HONEST[2:]], "scale", "further up",
    ),
    "a cell that goes on from itself ran twice": (
        [*HONEST[:2], ("q", "df['a'] = df['a'] * 2"), ("q", "df['a'] = df['a'] * 2"), *HONEST[2:]],
        [*HONEST[:2], ("q", "df['a'] = df['a'] * 2"), *HONEST[2:]], "df", "more than once",
    ),
    "steps stand the other way round": (
        [*HONEST[:3], ("m", "df['a'] = df['a'] - 1"), HONEST[3]],
        [*HONEST[:2], ("m", "df['a'] = df['a'] - 1"), HONEST[2], HONEST[3]], "df", "further",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("ran", "stands", "name", "words"), ORDER.values(), ids=ORDER)
def test_cells_that_ran_in_another_order_are_named(workspace, notebook, ran, stands, name, words):
    version = trained(notebook, ran, stands)
    found = named(workspace, version, "order")
    assert found
    assert f"`{name}`" in found[0].sentence
    assert words in found[0].sentence
    assert named(workspace, version, "hidden_state") == []


def test_draws_that_the_model_does_not_depend_on_are_no_matter(workspace, notebook):
    aside = ("p", "noise = np.random.rand(3)")
    version = trained(notebook, [HONEST[0], aside, *HONEST[1:]])
    assert named(workspace, version, "seeds") == []


# -- run again ------------------------------------------------------------------------------


def test_the_model_is_not_made_again_unless_the_policy_says_so():
    rules = parse_policy("version: 1").checks
    assert [n for n in own_checks() if not rules[n].run] == ["reproducibility.replay"]
    asked = parse_policy("version: 1\nchecks: {reproducibility: {replay: {run: true}}}")
    assert asked.checks["reproducibility.replay"].run


_SLOW = (
    "forest with a seed",
    "noise without a seed",
    "forest without a seed",
    "a variable of the shell",
)
REPLAYED = {
    "seeded": (FIT, True, "same model, bit by bit"),
    "forest with a seed": (
        FIT.replace("LogisticRegression()", "RandomForestClassifier(3, random_state=0)"),
        True, "same model",
    ),
    "forest without a seed": (
        FIT.replace("LogisticRegression()", "RandomForestClassifier(3)"), False, "another model",
    ),
    "noise without a seed": (
        "df['b'] = np.random.default_rng().normal(size=90)\n" + FIT, False, "another model",
    ),
    "a variable of the shell": ("import sys\nsys.path[0] = LEFT\n" + FIT, False, "raises"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("fit", "same", "words"),
    [
        pytest.param(*case, id=name, marks=[pytest.mark.slow] if name in _SLOW else [])
        for name, case in REPLAYED.items()
    ],
)
def test_the_cells_make_the_same_model_in_a_fresh_process_or_not(
    workspace, notebook, fit, same, words
):
    if words == "raises":
        # What the cell needs is in the kernel alone: no cell made it.
        notebook.variables["LEFT"] = "left over"
        fit = FIT.replace("['a', 'b']]", "['a', 'b']] * len(LEFT)")
    version = trained(notebook, [*HONEST[:3], ("f", fit)])
    (found,) = found_in(workspace, version, "reproducibility.replay", limit=240)
    assert found.status == ("passed" if same else "failed"), found.sentence
    assert words in found.sentence
    assert found.severity == "error"
    if not same:
        assert found.cells
        assert found.remedy


def test_data_that_changed_since_is_named_and_nothing_runs(workspace, notebook, tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n" + "".join(f"{i % 7},{i}\n" for i in range(90)))
    read = ("d", "df = pd.read_csv('rows.csv')")
    version = trained(notebook, [HONEST[0], read, ("l", "df['y'] = (df['a'] > 3) * 1"), HONEST[3]])
    (found,) = found_in(workspace, version, "reproducibility.replay", limit=240)
    assert found.status == "passed", found.sentence
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    (found,) = failures(found_in(workspace, version, "reproducibility.replay", limit=240))
    assert "rows.csv is not what the cells read" in found.sentence


def test_what_takes_too_long_is_stopped_and_says_so(workspace, notebook):
    slow = ("w", "import os, time\nstep = 1 if not os.path.exists('once') else time.sleep(600)\n"
            "open('once', 'w').close()\ndf['b'] = df['b'] + step")  # fmt: skip
    version = trained(notebook, [*HONEST[:3], slow, HONEST[3]])
    (found,) = found_in(workspace, version, "reproducibility.replay", limit=5)
    assert found.status == "could_not_run"
    assert "longer than the 5 seconds" in found.sentence
    (found,) = found_in(workspace, version, "reproducibility.replay", limit=1e-9)
    assert "They were not run" in found.sentence
    assert "limit" in found.remedy


def test_cells_that_nobody_trusted_vouches_for_are_not_run(workspace, notebook, monkeypatch):
    mark = notebook.folder / "ran again"
    version = trained(notebook, [*HONEST[:3], ("f", "open('ran again', 'w').close()\n" + FIT)])
    mark.unlink()

    def distrusted(public: str) -> bool:
        raise UntrustedStore(public)

    monkeypatch.setattr(workspace._whole, "_trusted", distrusted)
    (found,) = found_in(workspace, version, "reproducibility.replay")
    assert found.status == "could_not_run"
    assert not mark.exists()
