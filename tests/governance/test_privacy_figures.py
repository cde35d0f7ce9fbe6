"""k-anonymity agrees with counting by hand, and the attack on membership with scikit-learn."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import LinearSVC
from tests.governance.checking import clean_tables, failed, made_table
from tests.governance.checking import found as all_found

from notewright.governance.checks.inputs import Inputs
from notewright.governance.checks.membership import loss_attack, losses
from notewright.governance.checks.reidentification import (
    groups_of,
    known_outcomes,
    quasi_identifiers,
)

CHECK = "privacy.reidentification"
ROWS = st.lists(
    st.tuples(st.sampled_from([20, 30, None]), st.sampled_from("ab"), st.booleans()),
    min_size=1, max_size=60,
)  # fmt: skip


@settings(max_examples=60)
@given(ROWS, st.integers(2, 6))
def test_groups_are_those_of_counting_by_hand(rows, k):
    frame = pd.DataFrame(rows, columns=["age", "sex", "target"])
    counts = Counter((age, sex) for age, sex, _ in rows)
    outcomes = defaultdict(set)
    for age, sex, target in rows:
        outcomes[age, sex].add(target)
    groups = groups_of(frame[["age", "sex"]])
    assert groups.sizes.tolist() == [counts[age, sex] for age, sex, _ in rows]
    assert groups.smallest == min(counts.values())
    small = sum(counts[age, sex] < k for age, sex, _ in rows)
    assert groups.share_below(k) == pytest.approx(small / len(rows))
    known = [len(outcomes[a, s]) == 1 and counts[a, s] >= k for a, s, _ in rows]
    assert known_outcomes(groups, frame["target"].tolist(), k).tolist() == known


def census(seed: int, ages: int = 60, rows: int = 1500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": 20 + rng.integers(0, ages, rows),
            "sex": rng.choice(["f", "m"], rows),
            "income": rng.lognormal(10, 1, rows),
            "target": rng.choice(["yes", "no"], rows),
        }
    )


PLANTED = {
    "birth_date": lambda rng, n: (
        pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 18_000, n), unit="D")
    ),
    "postcode": lambda rng, n: [f"{z:05d}" for z in rng.integers(10_000, 10_300, n)],
    "job": lambda rng, n: rng.choice([f"job {j}" for j in range(80)], n),
    "marital_status": lambda rng, n: rng.choice(list("smdw"), n, p=[0.5, 0.48, 0.018, 0.002]),
    "nationality": lambda rng, n: rng.choice([f"land {j}" for j in range(60)], n),
    "Education": lambda rng, n: rng.choice([f"school {j}" for j in range(40)], n),
}


@pytest.mark.parametrize("column", PLANTED)
def test_columns_that_tell_people_apart_are_found_with_what_helps(column):
    frame = census(1, ages=10)
    assert failed(CHECK, frame) == []
    frame[column] = PLANTED[column](np.random.default_rng(2), len(frame))
    finding = failed(CHECK, frame)[0]
    assert finding.severity == "warning"
    assert column in finding.subject
    sizes = frame.groupby(["age", "sex", column])["income"].transform("size")
    assert finding.value == pytest.approx(float((sizes < 5).mean()))
    assert finding.details["smallest_group"] == sizes.min()
    assert f"'{column}'" in finding.remedy


def test_what_the_remedy_says_helps():
    frame = census(3)
    finding = failed(CHECK, frame)[0]
    assert "'age' in 5 bands" in finding.remedy
    frame["age"] = pd.qcut(frame["age"], 5, labels=False)
    assert failed(CHECK, frame) == []


def test_the_policy_names_the_columns_and_a_wrong_name_is_said():
    frame = census(3).rename(columns={"age": "x1", "sex": "x2"})
    assert failed(CHECK, frame) == []
    policy = "version: 1\ndata:\n  quasi_identifiers: [x1, x2]"
    assert failed(CHECK, frame, policy=policy)[0].subject == "x1, x2"
    (stuck,) = all_found(CHECK, frame, policy=policy.replace("x2", "x3"))
    assert (stuck.status, "x3" in stuck.sentence) == ("could_not_run", True)


def test_groups_that_all_have_one_outcome_give_it_away():
    frame = census(4, ages=10)
    frame.loc[frame["age"] == 23, "target"] = "yes"
    (finding,) = failed(CHECK, frame)
    assert finding.subject == "target"
    assert finding.value == pytest.approx(float((frame["age"] == 23).mean()))


def test_tables_in_which_nobody_can_be_told_raise_no_alarm():
    tables = {f"census {seed}": census(seed, ages=12) for seed in range(20)}
    for name, frame in clean_tables().items():
        columns = quasi_identifiers(frame)
        if not columns or frame.groupby(columns, dropna=False).size().min() >= 5:
            tables[name] = frame
    tables["shops"] = made_table(0)[["city", "income", "visits", "target"]]
    loud = {
        name: [f.sentence for f in said] for name, t in tables.items() if (said := failed(CHECK, t))
    }
    assert len(tables) >= 24
    assert len(loud) <= 0.05 * len(tables), loud


# -- membership -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_attack_is_scikit_learns_auc_of_the_loss(seed):
    rng = np.random.default_rng(seed)
    trained, others = rng.exponential(1, 700).round(2), rng.exponential(1.6, 500).round(2)
    attack = loss_attack(trained, others)
    truth = np.r_[np.ones(700), np.zeros(500)]
    scores = -np.r_[trained, others]
    assert attack.auc == pytest.approx(roc_auc_score(truth, scores))
    false, right, _ = roc_curve(truth, scores, drop_intermediate=False)
    assert attack.caught == pytest.approx(right[false <= 0.01].max())
    assert attack.interval[0] < attack.auc < attack.interval[1]


def data(seed: int, rows: int = 900, regression: bool = False):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 5))
    signal = features[:, 0] + rng.normal(0, 1.5, rows)
    return features, signal if regression else (signal > 0).astype(int)


@pytest.mark.parametrize(
    ("model", "regression", "remembers"),
    [
        (LogisticRegression(), False, False),
        (RandomForestClassifier(30, random_state=0), False, True),
        (LinearSVC(), False, False), (LinearRegression(), True, False),
        (KNeighborsRegressor(1), True, True),
    ],
)  # fmt: skip
def test_models_that_remember_are_told_from_those_that_learn(model, regression, remembers):
    X, y = data(0, regression=regression)
    model.fit(X[:450], y[:450])
    inputs = Inputs(model, "X", X[450:])
    task = "regression" if regression else "classification"
    attack = loss_attack(
        losses(inputs, X[:450], y[:450], task), losses(inputs, X[450:], y[450:], task)
    )
    assert (attack.auc > 0.6) is remembers


def test_honest_models_raise_no_alarm():
    loud = []
    for seed in range(40):
        X, y = data(seed, rows=600)
        model = LogisticRegression().fit(X[:300], y[:300])
        inputs = Inputs(model, "X", X[300:])
        attack = loss_attack(
            losses(inputs, X[:300], y[:300], "classification"),
            losses(inputs, X[300:], y[300:], "classification"),
        )
        if attack.auc > 0.6:
            loud.append(attack.auc)
    assert len(loud) <= 0.05 * 40
