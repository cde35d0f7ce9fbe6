"""Leaks planted between training and test rows are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.governance.checking import failed, found, made_table

SEEDS = range(6)


def honest(frame: pd.DataFrame, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return test and training rows of a table, without a column of times."""
    order = np.random.default_rng(seed).permutation(len(frame))
    cut = len(frame) // 4
    return frame.iloc[order[:cut]], frame.iloc[order[cut:]]


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_on_both_sides_are_found(seed):
    test, training = honest(made_table(seed), seed)
    test = pd.concat([test, training.iloc[:30].set_axis(range(90_000, 90_030))])
    (finding,) = failed("leakage.shared_rows", test, training=training)
    assert finding.value == pytest.approx(30 / len(test))
    assert finding.rows[0] == "90000"


@pytest.mark.parametrize("column", ["customer_id", "patientId", "user", "household"])
def test_a_group_on_both_sides_is_found(column):
    frame = made_table(1)
    frame[column] = np.random.default_rng(1).integers(0, 300, len(frame))
    test, training = honest(frame)
    (finding,) = failed("leakage.shared_groups", test, training=training)
    assert finding.subject == column
    apart = frame[column] < 60
    assert failed("leakage.shared_groups", frame[apart], training=frame[~apart]) == []


def test_the_groups_can_be_named():
    frame = made_table(1)
    frame["clinic"] = np.random.default_rng(1).integers(0, 300, len(frame))
    test, training = honest(frame)
    assert failed("leakage.shared_groups", test, training=training) == []
    (finding,) = failed("leakage.shared_groups", test, training=training, columns=("clinic",))
    assert finding.subject == "clinic"


def test_a_number_of_a_row_is_no_group():
    frame = made_table(1)
    frame["id"] = range(len(frame))
    test, training = honest(frame)
    assert failed("leakage.shared_groups", test, training=training) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_column_that_nearly_says_the_target_is_found(seed):
    rng = np.random.default_rng(seed)
    frame = made_table(seed)
    sure = (frame["target"] == "yes").to_numpy()
    if seed % 2:
        frame["closed_for"] = np.where(sure, "arrears", "paid back")
        frame.loc[rng.choice(len(frame), 24, replace=False), "closed_for"] = "unknown"
    else:
        frame["recovered"] = np.where(sure, rng.uniform(100, 900, len(frame)), 0.0)
        frame.loc[rng.choice(len(frame), 8, replace=False), "recovered"] = 50.0
    test, training = honest(frame)
    (finding,) = failed("leakage.single_feature", test, training=training)
    assert finding.subject == frame.columns[-1]
    assert finding.value > 0.97


@pytest.mark.parametrize("make", ["other names", "numbers", "finer", "booleans"])
def test_the_target_in_other_words_is_found(make):
    rng = np.random.default_rng(0)
    frame = made_table(0)
    yes = frame["target"] == "yes"
    frame["result"] = {
        "other names": np.where(yes, "bad", "good"),
        "numbers": np.where(yes, 1.0, 0.0),
        "finer": np.where(yes, rng.integers(5, 9, len(frame)), rng.integers(0, 5, len(frame))),
        "booleans": yes.to_numpy(),
    }[make]
    test, training = honest(frame)
    (finding,) = failed("leakage.target_derived", test, training=training)
    assert (finding.subject, finding.severity) == ("result", "error")
    assert failed("leakage.single_feature", test, training=training) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_computed_from_the_target_is_found(sign):
    rng = np.random.default_rng(0)
    frame = made_table(0)
    frame["target"] = rng.normal(100, 20, len(frame))
    frame["price_with_tax"] = sign * 1.19 * frame["target"]
    test, training = honest(frame)
    (finding,) = failed("leakage.target_derived", test, training=training)
    assert finding.subject == "price_with_tax"


def test_a_random_split_of_rows_with_a_time_knows_the_future():
    test, training = honest(made_table(0))
    (finding,) = failed("leakage.time_order", test, training=training)
    assert finding.subject == "joined"
    assert finding.value > 0.9
    assert found("leakage.time_order", test, training=training, max_share=1.0)[0].status == "passed"


def test_without_the_rows_trained_on_the_checks_say_so():
    for name in ("shared_rows", "shared_groups", "time_order"):
        (finding,) = found(f"leakage.{name}", made_table(0))
        assert finding.status == "could_not_run"
        assert "trained on" in finding.sentence


# -- in a notebook, by lineage ------------------------------------------------------------


CELLS = {
    "on all rows": "scaler.fit(table[numbers])",
    "on the training rows": "scaler.fit(table.loc[train.index, numbers])",
}


@pytest.mark.parametrize(("when", "fitted"), CELLS.items(), ids=CELLS)
@pytest.mark.parametrize(
    "made", ["StandardScaler()", "MinMaxScaler()", "QuantileTransformer(n_quantiles=50)"]
)
def test_what_was_fitted_before_the_split_is_found(checked_notebook, when, fitted, made):
    report = checked_notebook(
        "import numpy as np, pandas as pd\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import accuracy_score\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler\n"
        "rng = np.random.default_rng(0)\n"
        "table = pd.DataFrame({'a': rng.normal(5, 2, 600), 'b': rng.exponential(3, 600)})\n"
        "table['target'] = (table['a'] + rng.normal(0, 1, 600) > 5).astype(int)\n"
        "numbers = ['a', 'b']\n"
        "train, test = train_test_split(table, random_state=0)\n",
        f"scaler = {made}\n"
        f"{fitted}\n"
        "model = LogisticRegression().fit(scaler.transform(train[numbers]), train['target'])\n"
        "accuracy_score(test['target'], model.predict(scaler.transform(test[numbers])))\n",
    )
    (finding,) = [f for f in report.findings if f.check == "leakage.fitted_before_split"]
    wanted = "failed" if when == "on all rows" else "passed"
    assert finding.status == wanted, finding.sentence
    if wanted == "failed":
        assert finding.subject == "scaler"
        assert made.partition("(")[0] in finding.sentence
    shared = next(f for f in report.findings if f.check == "leakage.shared_rows")
    assert (shared.status, shared.value) == ("passed", 0.0)


ARRAYS = (
    "import numpy as np, pandas as pd\n"
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score\n"
    "from sklearn.model_selection import train_test_split\n"
    "rng = np.random.default_rng(0)\n"
    "table = pd.DataFrame({'a': rng.normal(5, 2, 600), 'b': rng.exponential(3, 600)})\n"
    "y = (table['a'] + rng.normal(0, 1, 600) > 5).astype(int).to_numpy()\n"
    "X = table.to_numpy()\n"
    "other = pd.DataFrame({'c': range(600)})\n"
    "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
)
SCORED = "model = LogisticRegression().fit(X_train, y_train)\nmodel.score(X_test, y_test)\n"


@pytest.mark.parametrize("kept", [True, False], ids=["target in the table", "nowhere"])
def test_rows_of_an_array_are_those_of_the_table_that_has_their_labels(checked_notebook, kept):
    more = "table['target'] = y\n" if kept else ""
    report = checked_notebook(ARRAYS + more, SCORED)
    (finding,) = [f for f in report.findings if f.check == "leakage.shared_rows"]
    if kept:
        assert finding.status == "passed"
        assert "'table'" in finding.sentence
    else:
        assert finding.status == "could_not_run"
        assert "trained on" in finding.sentence


def test_array_rows_that_were_scored_without_their_features_are_not_guessed(checked_notebook):
    trained = SCORED.replace("model.score(X_test, y_test)", "accuracy_score(y_test, [1] * 150)")
    report = checked_notebook(ARRAYS + "table['target'] = y\n", trained)
    (finding,) = [f for f in report.findings if f.check == "leakage.shared_rows"]
    assert (finding.status, "scored" in finding.sentence) == ("could_not_run", True)
