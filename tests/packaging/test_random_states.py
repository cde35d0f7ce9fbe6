"""What a package draws goes on from where the notebook's random numbers were."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import numpy as np
import pytest
from packaged import Command, run_modules
from recorded import Notebook, sources

from notewright.packaging.planning import plan
from notewright.packaging.random_states import Draws

MADE_UP = """\
import random
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

np.random.seed(3)
random.seed(4)
sizes = pd.DataFrame({"size": np.random.normal(80, 20, 400)})
sizes["rooms"] = [random.randint(1, 6) for _ in range(400)]
sizes["price"] = sizes["size"] * 3 + np.random.normal(0, 30, 400)
# %%
X, X_test, y, y_test = train_test_split(sizes[["size", "rooms"]], sizes["price"])
trees = random.randint(5, 50)
model = RandomForestRegressor(trees).fit(X, y)
print(model.score(X_test, y_test))
"""


@pytest.fixture
def as_they_were():
    states = random.getstate(), np.random.get_state()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])


@pytest.mark.usefixtures("as_they_were")
def test_the_state_before_the_first_draw_of_a_stage_is_known() -> None:
    draws = Draws(stages={3, 4, 5}, seeds={1})
    with draws.during(0):
        np.random.random()  # without a seed: as an import may
    with draws.during(1):
        np.random.seed(7)
    with draws.during(2):
        np.random.random(10)
    with draws.during(3):
        len("nothing is drawn here")
    expected = np.random.get_state()
    with draws.during(4):
        first = np.random.random()
    (found,) = draws.found
    assert found.key == "numpy 4"
    np.random.set_state(tuple(found.state))
    assert np.random.random() == first
    assert np.array_equal(expected[1], found.state[1])


@pytest.mark.usefixtures("as_they_were")
def test_after_a_seed_of_its_own_the_package_needs_no_state() -> None:
    draws = Draws(stages={1, 2}, seeds={0, 1})
    for index in range(3):
        with draws.during(index):
            np.random.seed(index) if index < 2 else np.random.random()
    assert draws.found == []


@pytest.mark.usefixtures("as_they_were")
def test_each_time_others_drew_in_between_the_state_is_known() -> None:
    draws = Draws(stages={1, 3, 4, 6}, seeds={0})
    drawn = {}
    with draws.during(0):
        np.random.seed(7)
    for index in range(1, 7):
        with draws.during(index):
            drawn[index] = np.random.random()
            random.random()
    assert [state.key for state in draws.found] == [
        "numpy 1",
        "random 1",
        "numpy 3",
        "random 3",
        "numpy 6",
        "random 6",
    ]
    for state in draws.found:
        if state.generator == "numpy":
            np.random.set_state(tuple(state.state))
            assert np.random.random() == drawn[state.index]


@pytest.mark.usefixtures("as_they_were")
def test_what_draws_without_any_seed_has_a_state_the_first_time() -> None:
    draws = Draws(stages={0, 1}, seeds=())
    for index in range(2):
        with draws.during(index):
            np.random.random()
    assert [state.key for state in draws.found] == ["numpy 0"]


UNSEEDED = """# %%
import pandas as pd
from sklearn.tree import DecisionTreeClassifier
rows = pd.read_csv("data/german_credit.csv")
X = rows[["credit_amount", "duration_in_month", "age_in_years"]]
y = rows["creditability"]
# %%
model = DecisionTreeClassifier(max_features=1).fit(X, y)
"""


def test_a_model_that_draws_without_a_seed_is_the_same_however_often_it_is_trained(
    project: Path, tmp_path: Path
) -> None:
    made = plan(sources(UNSEEDED), "model", project)
    assert any("draws random numbers without a seed" in each for each in made.findings)
    trained = run_modules(
        made,
        tmp_path,
        "from credit_risk.settings import Settings\n"
        "from credit_risk.stages import load, prepare, train\n"
        "ready = prepare.prepare(load.load(Settings()))\n"
        "models = [train.train(ready.X, ready.y, Settings()) for _ in range(2)]\n"
        "print([each.tree_.threshold.tolist() for each in models])\n",
    )
    first, second = ast.literal_eval(trained)
    assert first == second


@pytest.mark.slow
def test_a_made_up_table_and_a_model_that_draws_on_are_exported(
    project: Path, tmp_path: Path
) -> None:
    package = Notebook(project).run(MADE_UP).export("model", "homes")
    assert package.equivalence["result"] == "equal"
    source = package.path / "src" / "homes"
    code = [(source / f"stages/{stage}.py").read_text() for stage in ("prepare", "train")]
    for generator in ("numpy", "random"):
        assert sum(text.count(f'continue_random_numbers("{generator} ') for text in code) == 1
    assert any("go on from those that made the rows" in f for f in package.findings)
    command = Command(package, tmp_path)
    for folder in ("one", "two"):
        done = command("train", "--fresh", "--out", folder)
        assert done.returncode == 0, done.stderr
    models = [(tmp_path / f / "model.skops").read_bytes() for f in ("one", "two")]
    metrics = [(tmp_path / f / "metrics.json").read_bytes() for f in ("one", "two")]
    assert metrics[0] == metrics[1]
    assert len(models[0]) == len(models[1])
