"""What would make a model fairer is tried on rows apart, with its cost; nothing is changed."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference

from notewright.errors import AccessDenied, UsageError
from notewright.governance.checks.base import CannotRun
from notewright.governance.mitigation.proposal import standing
from notewright.governance.mitigation.thresholds import by_thresholds
from notewright.verbs import find_verb
from notewright.verbs.base import Context

POLICY = """\
version: 1
data:
  favourable: good
  sensitive:
    sex: {}
"""
LOAD = """\
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.metrics import accuracy_score
rng = np.random.default_rng(0)
raw = pd.DataFrame({'sex': rng.choice(['f', 'm'], 2000), 'debt': rng.exponential(3000, 2000)})
raw['income'] = rng.normal(3000, 800, 2000) + 900 * (raw['sex'] == 'm')
raw['outcome'] = np.where(raw['income'] - raw['debt'] / 3 + rng.normal(0, 500, 2000) > 2000,
                          'good', 'bad')
train, test = train_test_split(raw, test_size=0.5, random_state=1)
X_train, X_test = train[['income', 'debt']], test[['income', 'debt']]
"""
TRAIN = """\
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, train['outcome'])
score = accuracy_score(test['outcome'], model.predict(X_test))
"""


def unfair(seed: int, rows: int = 3000) -> tuple[np.ndarray, ...]:
    """Return probabilities that follow a group, who is selected and deserving, and the groups."""
    rng = np.random.default_rng(seed)
    groups = rng.choice(["f", "m"], rows)
    value = rng.normal(size=rows) + (groups == "m") * 0.9
    deserving = value + rng.normal(size=rows) > 0.3
    chances = 1 / (1 + np.exp(-1.7 * (value - 0.3)))
    return chances, chances > 0.5, deserving, groups


def test_a_way_that_narrows_nothing_is_called_vain():
    found = by_thresholds(*unfair(0), "sex", "equalized_odds", "good")
    assert "narrows nothing" not in found.sentence
    wider = replace(found, after=replace(found.after, gap=found.before.gap))
    assert wider.sentence.endswith("Here that narrows nothing.")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("aim", ["demographic_parity", "equalized_odds"])
def test_thresholds_of_their_own_even_groups_out_on_rows_they_were_not_fitted_on(seed, aim):
    found = by_thresholds(*unfair(seed), "sex", aim, "good")
    assert found.after.gap < 0.6 * found.before.gap
    assert found.uses_column
    assert "unlawful" in found.warning
    assert found.rows == 1500
    assert abs(found.before.accuracy - found.after.accuracy) < 0.15


@pytest.mark.parametrize("seed", range(10))
def test_the_gaps_are_fairlearns(seed):
    _, selected, deserving, groups = unfair(seed)
    for aim, figure in (
        ("demographic_parity", demographic_parity_difference),
        ("equalized_odds", equalized_odds_difference),
    ):
        found = standing(selected, deserving, groups, aim)
        wanted = figure(deserving, selected, sensitive_features=groups)
        assert found.gap == pytest.approx(wanted, abs=1e-12)
        assert found.gap_interval[0] < found.gap < found.gap_interval[1]


def test_a_group_without_rows_to_judge_by_stops_it_with_a_reason():
    _, selected, deserving, _ = unfair(0, 60)
    with pytest.raises(CannotRun, match="Fewer than two groups"):
        standing(selected, deserving, np.where(np.arange(60) < 5, "f", "m"), "equalized_odds")


@pytest.fixture
def mitigate(workspace, registered):
    registered(LOAD, TRAIN, POLICY)

    def run(words: str = "model"):
        verb = find_verb("mitigate")
        return verb.run(verb.parser().parse_args(words.split()), Context(workspace))

    return run


def test_both_ways_are_tried_on_a_notebooks_model_and_say_whether_they_use_the_column(mitigate):
    np.random.seed(3)
    random.seed(3)
    before = np.random.get_state()[1].copy(), random.getstate()
    view = mitigate("model --code")
    after = np.random.get_state()[1], random.getstate()
    assert (before[0] == after[0]).all()
    assert before[1] == after[1]
    data = view.data()
    assert data["missing"] == []
    thresholds, weights = data["proposals"]
    assert (thresholds["uses_column"], weights["uses_column"]) == (True, False)
    for each in (thresholds, weights):
        assert each["before"]["gap"] > 0.15
        assert each["after"]["gap"] < 0.7 * each["before"]["gap"]
        compile(each["code"], "cell", "exec")
    text = view.text()
    assert "USES THE SENSITIVE COLUMN" in text
    assert "of it, on" in text
    assert "sample_weight_name='logisticregression__sample_weight'" in text


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of Fairlearn's own code, about pandas
def test_the_code_for_a_cell_gives_what_was_proposed(mitigate, notebook):
    (proposal,) = mitigate("model --by reweighting").data()["proposals"]
    names = (
        "groups_train, y_train = train['sex'], train['outcome']\nX, y_test = X_test, "
        "test['outcome'] == 'good'\n"
    )
    run = notebook.run(names + proposal["code"].replace("fair.predict", "fairer = fair.predict"))
    assert run.status == "ok"
    variables = notebook.namespace.dict
    gap = demographic_parity_difference(
        variables["y_test"], variables["fairer"], sensitive_features=variables["test"]["sex"]
    )
    assert gap == pytest.approx(proposal["after"]["gap"], abs=1e-12)


def test_what_the_policy_does_not_name_is_not_mitigated(mitigate, workspace):
    with pytest.raises(UsageError, match="does not name 'income'"):
        mitigate("model --column income")


def test_who_may_not_check_may_not_mitigate(mitigate, workspace, tmp_path):
    made = workspace.identities.create("guest", tmp_path / "guest.key")
    with pytest.raises(AccessDenied):
        workspace.mitigation.propose(workspace.models.get("model"), actor=made)


def test_a_model_whose_training_features_are_gone_is_tried_by_thresholds_alone(
    workspace, registered
):
    scaled = TRAIN.replace("(X_train,", "(first,").replace("predict(X_test)", "predict(second)")
    arrays = "first, second = X_train.to_numpy(), X_test.to_numpy()\n"
    registered(LOAD + arrays, scaled + "del first, X_train", POLICY)
    found = workspace.mitigation.propose(workspace.models.get("model"))
    assert [proposal.uses_column for proposal in found.proposals] == [True]
    ((what, why, _),) = found.missing
    assert what == "reweighting by sex"
    assert "trained on were not found" in why
