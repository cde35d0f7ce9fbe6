"""Scored rows: what a restricted column is the target or the row labels of is not told by them."""

from __future__ import annotations

import json
import pickle
import warnings

import numpy as np
import pytest

from notewright.errors import AccessDenied
from notewright.state.withheld import ValuesWithheld

DATA = """
import numpy as np, pandas as pd
from sklearn.metrics import accuracy_score, mean_squared_error
rng = np.random.default_rng(0)
n = 300
raw = pd.DataFrame({
    "age": rng.integers(18, 80, n),
    "income": rng.choice(["gilded", "threadbare", "middling"], n),
    "wealth": rng.normal(98765, 10, n),
}, index=pd.Index([f"PT{i:05d}" for i in range(n)], name="national id"))
y, rest = raw["income"], raw["income"].to_numpy()
first = np.where(rng.random(n) < 0.3, "gilded", rest)
second = np.where(rng.random(n) < 0.2, "threadbare", rest)
third = raw["wealth"] + rng.normal(0, 3, n)
"""
POLICY = """\
version: 1
data:
  restricted: {%s}
"""
INCOME, ID, WEALTH = "income: [risk_officer]", "national id: [risk_officer]", "wealth: []"
#: How a target comes to be scored, with its name and without.
SCORED = {
    "a column": "accuracy_score(y, {said})",
    "an array": "accuracy_score(rest, {said})",
    "a part of the table": "accuracy_score(raw['income'].iloc[50:200], {said}[50:200])",
    "a column under another name": "accuracy_score(y.rename('outcome'), {said})",
    "an array of a part": "accuracy_score(rest[:200], {said}[:200])",
}


@pytest.fixture
def ran(person, notebook):
    """Return a function that makes a run by a cell, once the policy restricts something."""

    def run(cell: str, *restricted: str, name: str = "run"):
        if "raw" not in notebook.variables:
            assert notebook.run(DATA).status == "ok"
        person.policy(POLICY % ", ".join(restricted))
        active = person.workspace.runs.start(
            name, session=notebook.recorder.session, namespace=notebook.namespace
        )
        with active.recording():
            execution = notebook.run(cell)
        assert execution.status == "ok", execution.error
        after = notebook.recorder.take(name)
        return active.finish(changed=[], execution=execution.id, snapshot_after=after.id)

    return run


def says(*told: object) -> list[str]:
    text = " ".join(map(str, told))
    return [word for word in ("gild", "threadbare", "middling", "PT0", "9876") if word in text]


def arrays(evaluation) -> list:
    return [
        None if array is None else array.tolist()
        for array in (evaluation.rows, evaluation.y_true, evaluation.y_pred)
    ]


@pytest.mark.parametrize("how", SCORED)
def test_classes_of_a_restricted_target_have_stand_ins_that_count_the_same(ran, person, how):
    run = ran(SCORED[how].format(said="first"), INCOME)
    with pytest.warns(ValuesWithheld, match="withheld: income"):
        told = person.workspace.runs.evaluation(run)
    assert not says(told.y_true.tolist(), told.y_pred.tolist(), told.positive)
    person.becomes("risk_officer")
    whole = person.workspace.runs.evaluation(run)
    assert says(whole.y_true.tolist())
    assert (told.y_true == told.y_pred).tolist() == (whole.y_true == whole.y_pred).tolist()
    pairs = set(zip(told.y_true.tolist(), whole.y_true.tolist(), strict=True))
    assert len(pairs) == len(set(told.y_true.tolist())) == 3


@pytest.mark.parametrize("target", ["raw['wealth']", "raw['wealth'].to_numpy()"])
def test_numbers_of_a_restricted_target_are_refused_and_the_refusal_is_recorded(
    ran, person, target
):
    run = ran(f"mean_squared_error({target}, third)", WEALTH)
    with pytest.raises(AccessDenied, match="the column 'wealth'"):
        person.workspace.runs.evaluation(run)
    assert person.refusals()
    assert run.metrics  # what was computed of it stays


def test_rows_whose_labels_are_restricted_are_numbered(ran, person):
    run = ran("accuracy_score(y, first)", ID)
    with pytest.warns(ValuesWithheld, match="withheld: national id"):
        told = person.workspace.runs.evaluation(run)
    assert told.rows.tolist() == list(range(300))
    for role in ("train", "test"):
        with pytest.raises(AccessDenied, match="the row labels of run 'run'"):
            person.workspace.runs.rows(run, role)
    person.becomes("risk_officer")
    assert says(person.workspace.runs.evaluation(run).rows.tolist())


def test_what_is_not_restricted_is_told_whole_and_nobody_is_warned(ran, person):
    run = ran("accuracy_score(y, first)", WEALTH)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = person.workspace.runs.evaluation(run)
    assert says(told.y_true.tolist())
    assert told.rows[0] == "PT00000"


def test_a_comparison_tells_no_label_of_a_restricted_target_or_row(ran, person):
    runs = [
        ran(f"accuracy_score(y, {said})", INCOME, ID, name=said) for said in ("first", "second")
    ]
    compared = person.workspace.runs.compare(runs, allow_different_rows=False)
    with pytest.warns(ValuesWithheld, match="withheld: income.*, national id"):
        flipped = compared.flipped()
    assert not says(flipped.to_csv())
    impact = compared.impact(segments=False)
    assert [each.column for each in impact.withheld] == ["income"]
    told = [impact.sentences, impact.flips, *map(arrays, compared.evaluations)]
    told += list(compared.charts().values())
    assert not says(*told, compared, pickle.dumps(compared))
    assert not says(person.asks("compare", "first", "second", "--impact"))
    person.becomes("risk_officer")
    full = compared.flipped()
    assert says(full.to_csv())
    assert full["becomes"].tolist() == flipped["becomes"].tolist()


def test_of_a_restricted_number_a_comparison_keeps_figures_and_draws_no_values(ran, person):
    other = "mean_squared_error(raw['wealth'], third + 1)"
    runs = [
        ran("mean_squared_error(raw['wealth'], third)", INCOME, WEALTH, name="first"),
        ran(other, INCOME, WEALTH, name="second"),
    ]
    compared = person.workspace.runs.compare(runs, allow_different_rows=False)
    assert compared.estimates
    assert compared.evaluations == (None, None)
    assert "residuals" not in compared.charts()
    assert not says(person.asks("compare", "first", "second", "--impact"))


def test_names_of_the_target_and_the_rows_outlive_the_record(ran, person):
    run = ran("accuracy_score(y, first)")
    whole = person.workspace.runs.evaluation(run)
    assert (whole.target_names, whole.row_names) == (("income",), ("national id",))
    assert json.dumps(whole.target_names) == '["income"]'
    assert np.array_equal(type(whole).loads(whole.dumps()).rows, whole.rows)
