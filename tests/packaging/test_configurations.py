"""What a notebook's configurations hold becomes settings, and they are left without it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from packaged import CONTEXT, run_modules
from recorded import CORPUS, sources

from notewright.packaging.derive import Derived
from notewright.packaging.emit import modules
from notewright.packaging.plan import Plan
from notewright.packaging.planning import plan


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    from tables import make_project

    project = make_project(tmp_path_factory.mktemp("configured") / "project")
    text = (CORPUS / "credit_configured.py").read_text(encoding="utf-8")
    return plan(sources(text), "model", project)


def test_what_classes_objects_and_dictionaries_hold_is_set_by_the_authors_names(
    made: Plan,
) -> None:
    assert {s.name: s.default for s in made.lifted.settings} == {
        "data": "data/german_credit.csv",
        "seed": 42,
        "test_size": 0.25,
        "trees": 30,
        "leaf": 2,
        "criterion": "entropy",
        "threshold": 0.4,
        "target": "creditability",
    }
    docs = {s.name: s.doc for s in made.lifted.settings}
    assert docs["seed"] == "`CFG.seed` of the notebook."
    assert docs["threshold"] == '`config["threshold"]` of the notebook.'


def test_a_configuration_keeps_what_is_no_setting_as_it_was_written(made: Plan) -> None:
    helpers = modules(made, CONTEXT)["helpers.py"]
    assert helpers.endswith(
        "class CFG:\n"
        "    depth = None\n"
        "    # what a clerk can ask for\n"
        '    features = ["duration_in_month", "credit_amount",\n'
        '                "age_in_years"]\n'
        "\n"
        "config = {'scale': 100}\n"
    )


def test_every_setting_of_a_configuration_is_used_in_training(made: Plan, tmp_path: Path) -> None:
    others = {
        "seed": 1, "test_size": 0.5, "trees": 3, "leaf": 50, "criterion": "gini",
        "threshold": 0.9, "target": "purpose",
    }  # fmt: skip
    printed = run_modules(
        made,
        tmp_path,
        "import json\n"
        "from credit_risk.settings import Settings\n"
        "from credit_risk.stages import evaluate, load, prepare, train\n"
        "def outcome(**given):\n"
        "    settings = Settings(**given)\n"
        "    ready = prepare.prepare(load.load(settings), settings)\n"
        "    model = train.train(ready.X_train, ready.y_train, settings)\n"
        "    if len(set(ready.y_train)) == 1:\n"
        "        return 'nothing to tell apart'\n"
        "    metrics = evaluate.evaluate(model, ready.X_test, ready.y_test, settings)\n"
        "    return [len(ready.X_train), str(model), metrics]\n"
        f"others = {others}\n"
        "print(json.dumps([outcome(), *(outcome(**{k: v}) for k, v in others.items())]))\n",
    )
    default, *changed = json.loads(printed)
    for name, outcome in zip(others, changed, strict=True):
        assert outcome != default, name


HEAD = """# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
class CFG:
    seed = 1
    trees = 5
config = {"seed": 2, "trees": 6}
df = pd.read_csv("data/german_credit.csv")
X, y = df[["credit_amount"]], df["creditability"]
"""
FIT = "model = RandomForestClassifier(n_estimators={0}, random_state={1}).fit(X, y)\n"
USED_OTHERWISE = {
    "changed before": "CFG.seed = 3\n" + FIT.format("CFG.trees", "CFG.seed"),
    "an entry is changed": "config['trees'] = 3\n"
    + FIT.format("config['trees']", "config['seed']"),
    "asked through another name": "settings = CFG\n"
    + FIT.format("settings.trees", "settings.seed"),
    "gone through": "both = list(config.values())\n" + FIT.format("both[1]", "config['seed']"),
    "asked by a function": "def forest():\n"
    "    return RandomForestClassifier(CFG.trees, random_state=CFG.seed)\n"
    "model = forest().fit(X, y)\n",
    "asked by a computed name": FIT.format("config['tre' + 'es']", "config['seed']"),
    "asked through vars": FIT.format("vars(CFG)['trees']", "CFG.seed"),
    "the base of another": "class More(CFG):\n    depth = 3\n"
    + FIT.format("More.trees", "More.seed"),
}  # fmt: skip


@pytest.mark.parametrize("how", USED_OTHERWISE)
def test_a_configuration_with_which_more_is_done_stays_as_it_is(how: str, project: Path) -> None:
    made = plan(sources(HEAD + USED_OTHERWISE[how]), "model", project)
    # What stands in a dictionary may be set where it stands, whatever is done with that.
    assert {s.name for s in made.lifted.settings} <= {"data", "random_state"}
    assert not made.lifted.less


def test_of_a_configuration_that_was_made_anew_the_last_counts(project: Path) -> None:
    again = "config = {'seed': 4, 'trees': 7}\n" + FIT.format("config['trees']", "config['seed']")
    made = plan(sources(HEAD + again), "model", project)
    found = {s.name: s.default for s in made.lifted.settings}
    assert (found["seed"], found["trees"]) == (4, 7)
    assert "helpers.py" not in modules(made, CONTEXT)


FALLS_BACK = """# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
config = {"good": 1, "seed": 3}
df = pd.read_csv("data/german_credit.csv")
df["creditability"] = df["creditability"].map({"good": config["good"], "bad": 0})
y = df["creditability"]
X = df[["credit_amount", "age_in_years"]] / 1000
model = LogisticRegression(random_state=config["seed"]).fit(X, y)
"""


def test_what_a_later_form_of_the_features_asks_for_stays_in_a_configuration(
    project: Path,
) -> None:
    made = plan(sources(FALLS_BACK), "model", project)
    assert {s.name for s in made.lifted.settings} == {"data", "seed"}
    asking = ["config" in served_by(form) for form in made.derived.forms]
    assert asking[0] < any(asking)
    for form in made.derived.forms:
        made.derived = form
        code = modules(made, CONTEXT)
        assert "'good': 1" in code["helpers.py"]
        assert "settings.good" not in "".join(code.values())


def served_by(form: Derived) -> str:
    """Return the statements of a feature function as text."""
    return "\n".join(ast.unparse(node) for _, node in form.serve)
