"""The figures are Fairlearn's to 1e-12; the sentences say what they mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from notewright.experiments.evaluation import Evaluation
from notewright.experiments.groups import Groups, grouped, rates
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.bias import (
    DemographicParityDifference,
    EqualizedOddsDifference,
    EqualOpportunityDifference,
    GroupSize,
    PredictiveParityDifference,
    SelectionRateRatio,
)
from notewright.governance.checks.evidence import Evidence
from notewright.governance.checks.material import Material
from notewright.governance.policy import parse_policy


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(30, 400))
def test_figures_are_fairlearns(seed, groups, rows):
    rng = np.random.default_rng(seed)
    member = rng.integers(0, groups, rows).astype(str)
    true, predicted = rng.random(rows) < 0.6, rng.random(rows) < rng.random()
    selection = rates(predicted, Groups.of(member))
    assert selection.difference() == pytest.approx(
        demographic_parity_difference(true, predicted, sensitive_features=member), abs=1e-12
    )
    if predicted.any():
        assert selection.ratio() == pytest.approx(
            demographic_parity_ratio(true, predicted, sensitive_features=member), abs=1e-12
        )
    opportunity = rates(predicted, Groups.of(member), true)
    if all(trials for _, trials in opportunity.counts):
        assert opportunity.difference() == pytest.approx(
            equal_opportunity_difference(true, predicted, sensitive_features=member), abs=1e-12
        )


def material(frame: pd.DataFrame, true, predicted, sensitive: str) -> Material:
    policy = parse_policy(f"version: 1\ndata:\n  favourable: 1\n  sensitive: {sensitive}\n")
    evaluation = Evaluation.of(true, predicted, rows=frame.index)
    return Material(None, policy, None, Evidence(evaluation, {"raw": frame}))


def options(check, **given):
    return {**{name: option.default for name, option in check.options.items()}, **given}


def two_groups(young: tuple[int, int], old: tuple[int, int]) -> Material:
    """Return evidence in which so many of each group are selected."""
    predicted = [*([1] * young[0]), *([0] * (young[1] - young[0]))]
    predicted += [*([1] * old[0]), *([0] * (old[1] - old[0]))]
    frame = pd.DataFrame({"age": [20] * young[1] + [40] * old[1]})
    true = [1, 0] * (len(frame) // 2) + [1] * (len(frame) % 2)
    return material(frame, true, predicted, "{age: {bands: [25]}}")


def test_predictions_made_with_a_threshold_are_the_labels_they_stand_for():
    frame = pd.DataFrame({"sex": ["f"] * 300 + ["m"] * 400})
    share = np.array([0.9] * 90 + [0.1] * 210 + [0.9] * 240 + [0.1] * 160)
    evidence = material(frame, [1, 0] * 350, share > 0.5, "{sex: {}}")
    (found,) = SelectionRateRatio().run(evidence, options(SelectionRateRatio))
    assert found.status == "failed"
    assert found.value == pytest.approx(0.5)


def test_a_gap_beyond_chance_is_said_in_words():
    (found,) = SelectionRateRatio().run(
        two_groups((90, 300), (240, 400)), options(SelectionRateRatio)
    )
    assert found.status == "failed"
    assert found.value == pytest.approx(0.5)
    assert found.interval[1] < 0.8
    assert "30% of 'below 25' are given the favourable outcome, against 60%" in found.sentence
    assert "chance" not in found.sentence
    assert found.details["worst"] == "below 25"


def test_a_gap_that_few_rows_may_explain_says_so():
    (found,) = SelectionRateRatio().run(two_groups((15, 30), (42, 60)), options(SelectionRateRatio))
    assert found.status == "failed"
    assert found.interval[0] < 0.8 < found.interval[1]
    assert "With so few rows it may be chance." in found.sentence


def test_equal_groups_pass():
    for check in (SelectionRateRatio(), DemographicParityDifference()):
        (found,) = check.run(two_groups((150, 300), (200, 400)), options(check))
        assert found.status == "passed"
        assert found.interval[0] <= found.value <= found.interval[1]


def test_more_groups_make_wider_intervals_for_all_columns_together():
    frame = pd.DataFrame({"a": ["x", "y"] * 100, "b": [*"klmno"] * 40})
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 2, 200), rng.integers(0, 2, 200)
    alone = material(frame, true, predicted, "{a: {}}")
    both = material(frame, true, predicted, "{a: {}, b: {}}")
    check = DemographicParityDifference()
    (narrow,) = check.run(alone, options(check))
    wide = next(f for f in check.run(both, options(check)) if f.subject == "a")
    assert narrow.details["comparisons"] == 1
    # a has one pair, b has ten, and the ten groups of both have forty-five.
    assert wide.details["comparisons"] == 56
    assert wide.interval[0] < narrow.interval[0]
    assert wide.value == narrow.value


def test_small_groups_are_named_and_not_judged():
    rows = two_groups((3, 5), (200, 400))
    (size,) = GroupSize().run(rows, options(GroupSize))
    assert (size.status, size.severity, size.blocks) == ("failed", "warning", False)
    assert "'below 25' (5 rows)" in size.sentence
    with pytest.raises(CannotRun, match="fewer than two groups"):
        list(SelectionRateRatio().run(rows, options(SelectionRateRatio)))


def test_equal_opportunity_looks_only_at_those_who_deserve_it():
    frame = pd.DataFrame({"g": ["a"] * 100 + ["b"] * 100})
    true = [1] * 50 + [0] * 50 + [1] * 50 + [0] * 50
    predicted = [1] * 50 + [0] * 50 + [0] * 50 + [1] * 50
    found = material(frame, true, predicted, "{g: {}}")
    (parity,) = DemographicParityDifference().run(found, options(DemographicParityDifference))
    (opportunity,) = EqualOpportunityDifference().run(found, options(EqualOpportunityDifference))
    assert (parity.value, parity.status) == (0, "passed")
    assert (opportunity.value, opportunity.status) == (1, "failed")


def test_bands_put_every_value_somewhere():
    names = grouped(pd.Series([17.9, 25, 59.9, 60, None, np.inf]), (25, 60)).by_row()
    assert list(names) == [
        "below 25", "25 to below 60", "25 to below 60", "60 and above", "missing", "60 and above",
    ]  # fmt: skip
    words = grouped(pd.Series(["a", None, "<b>"], dtype="string"), ()).by_row()
    assert list(words) == ["a", "missing", "<b>"]
    assert list(grouped(pd.Series([True, False]), ()).by_row()) == ["True", "False"]
    assert list(grouped(pd.Series(["a", "b"], dtype="category"), ()).by_row()) == ["a", "b"]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["b", "a", 1, "1", None]), st.booleans()), min_size=1))
def test_groups_by_two_columns_are_those_of_their_names_put_together(rows):
    one, two = (pd.Series(list(column), dtype=object) for column in zip(*rows, strict=True))
    ones, twos = (grouped(column, ()) for column in (one, two))
    named = [str("missing" if value is None else value) for value in one]
    together = [f"{value} and {flag}" for value, flag in zip(named, two, strict=True)]
    both = ones.and_of(twos)
    assert ones.by_row().tolist() == named
    assert both.by_row().tolist() == together
    assert list(both.names) == sorted(set(together))
    assert both.sizes() == [together.count(name) for name in both.names]
    flags = two.to_numpy(dtype=bool)
    assert rates(flags, both) == rates(flags, Groups.of(together))


def test_rows_are_matched_by_label_whatever_their_order():
    frame = pd.DataFrame({"g": ["a"] * 50 + ["b"] * 50, "extra": 0})
    order = np.random.default_rng(0).permutation(100)
    predicted = np.where(order < 50, 1, 0)  # all of a, none of b
    found = material(frame, [1, 0] * 50, predicted, "{g: {}}")
    shuffled = Evaluation.of([1, 0] * 50, predicted, rows=order)
    found = Material(None, found.policy, None, Evidence(shuffled, {"raw": frame}))
    (finding,) = SelectionRateRatio().run(found, options(SelectionRateRatio))
    assert {g["group"]: g["rate"] for g in finding.details["groups"]} == {"a": 1.0, "b": 0.0}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"frames": {"raw": pd.DataFrame({"other": [1] * 700})}}, "has a column 'age'"),
        ({"frames": {"raw": pd.DataFrame({"age": [1] * 9})}}, "cannot be found in the tables"),
        ({"frames": {"raw": pd.DataFrame({"age": [1] * 700}, index=[0] * 700)}}, "cannot be found"),
    ],
)
def test_what_is_missing_is_said(change, sentence):
    rows = two_groups((90, 300), (240, 400))
    rows = Material(None, rows.policy, None, replace(rows._given, **change))
    with pytest.raises(CannotRun, match=sentence):
        list(SelectionRateRatio().run(rows, options(SelectionRateRatio)))


def test_without_a_favourable_label_or_predictions_it_cannot_run():
    rows = two_groups((90, 300), (240, 400))
    other = Material(None, parse_policy("version: 1\ndata: {favourable: yes, sensitive: {age: }}"),
                     None, rows._given)  # fmt: skip
    with pytest.raises(CannotRun, match="not among the labels 0, 1"):
        list(SelectionRateRatio().run(other, options(SelectionRateRatio)))
    scores = Evaluation.of([0, 1] * 350, y_score=[0.1, 0.9] * 350)
    only = Material(None, rows.policy, None, replace(rows._given, evaluation=scores))
    with pytest.raises(CannotRun, match="no predicted labels"):
        list(SelectionRateRatio().run(only, options(SelectionRateRatio)))
    none = Material(None, parse_policy("version: 1\n"), None, rows._given)
    with pytest.raises(CannotRun, match="names no sensitive column"):
        list(GroupSize().run(none, options(GroupSize)))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(200, 600))
def test_equalized_odds_and_predictive_parity_are_fairlearns(seed, groups, rows):
    from fairlearn.metrics import MetricFrame, equalized_odds_difference
    from sklearn.metrics import precision_score

    rng = np.random.default_rng(seed)
    member = rng.integers(0, groups, rows).astype(str)
    true = (rng.random(rows) < 0.5).astype(int)
    predicted = np.where(rng.random(rows) < rng.uniform(0.5, 0.9), true, 1 - true)
    frame = pd.DataFrame({"g": member})
    rows_ = material(frame, true, predicted, "{g: {}}")
    given = {"at_most": 1.0, "min_group": 1}
    (odds,) = EqualizedOddsDifference().run(rows_, options(EqualizedOddsDifference, **given))
    wanted = equalized_odds_difference(true, predicted, sensitive_features=member)
    assert odds.value == pytest.approx(wanted, abs=1e-12)
    assert odds.interval[0] <= odds.value <= odds.interval[1]
    check = PredictiveParityDifference()
    (parity,) = check.run(rows_, options(check, **given))
    by_group = MetricFrame(
        metrics=precision_score, y_true=true, y_pred=predicted, sensitive_features=member
    )
    assert parity.value == pytest.approx(by_group.difference(), abs=1e-12)


def test_equalized_odds_says_which_kind_of_error_differs():
    frame = pd.DataFrame({"g": ["a"] * 200 + ["b"] * 200})
    true = ([1] * 100 + [0] * 100) * 2
    predicted = [1] * 100 + [1] * 80 + [0] * 20 + [1] * 100 + [1] * 20 + [0] * 80
    rows = material(frame, true, predicted, "{g: {}}")
    (odds,) = EqualizedOddsDifference().run(rows, options(EqualizedOddsDifference))
    assert (odds.status, odds.value) == ("failed", pytest.approx(0.6))
    assert odds.details["kind"] == "false_positive_rate_difference"
    assert "20% of 'b' who do not deserve the favourable outcome are given it" in odds.sentence
    # Of both kinds of error there is a pair to compare.
    assert odds.details["comparisons"] == 2


def test_two_columns_together_show_what_neither_shows_alone():
    frame = pd.DataFrame({"sex": (["f"] * 100 + ["m"] * 100) * 2, "age": ["y"] * 200 + ["o"] * 200})
    # Young women and old men are refused; by sex and by age alone all are alike.
    kept = [1] * 20 + [0] * 80 + [1] * 80 + [0] * 20 + [1] * 80 + [0] * 20 + [1] * 20 + [0] * 80
    check, two = DemographicParityDifference(), "{sex: {}, age: {}}"
    found = list(check.run(material(frame, [1, 0] * 200, kept, two), options(check)))
    assert [(f.subject, f.status) for f in found] == [
        ("sex", "passed"), ("age", "passed"), ("sex and age", "failed"),
    ]  # fmt: skip
    assert found[2].value == pytest.approx(0.6)
    assert {found[2].details["worst"], found[2].details["best"]} <= {
        "f and y", "m and o", "m and y", "f and o",
    }  # fmt: skip
    few = frame.copy()
    few["age"] = [str(i) for i in range(400)]
    with pytest.raises(CannotRun):
        list(check.run(material(few, [1, 0] * 200, kept, two), options(check)))


def test_two_columns_together_whose_groups_are_too_small_are_left_out():
    frame = pd.DataFrame({"a": ["x", "y"] * 30, "b": ["u"] * 30 + ["v"] * 30})
    check = DemographicParityDifference()
    rows = material(frame, [1, 0] * 30, [1, 1, 0, 0] * 15, "{a: {}, b: {}}")
    assert [f.subject for f in check.run(rows, options(check))] == ["a", "b"]
    wide = next(f for f in check.run(rows, options(check, min_group=10)))
    assert wide.details["comparisons"] == 8


def test_the_policy_can_leave_out_two_columns_together():
    frame = pd.DataFrame({"a": ["x", "y"] * 100, "b": ["u"] * 100 + ["v"] * 100})
    rows = material(
        frame, [1, 0] * 100, [1, 1, 0, 0] * 50, "{a: {}, b: {}}\n  intersections: false"
    )
    check = DemographicParityDifference()
    assert [f.subject for f in check.run(rows, options(check))] == ["a", "b"]


def test_of_equalized_odds_a_failure_stands_where_the_other_kind_cannot_be_judged():
    frame = pd.DataFrame({"g": ["a"] * 110 + ["b"] * 110})
    true = ([1] * 100 + [0] * 10) * 2
    worse = [1] * 100 + [0] * 10 + [1] * 60 + [0] * 50
    check = EqualizedOddsDifference()
    (odds,) = check.run(material(frame, true, worse, "{g: {}}"), options(check))
    assert (odds.status, odds.value) == ("failed", pytest.approx(0.4))
    assert "that do not deserve the favourable outcome" in odds.sentence
    alike = [1] * 100 + [0] * 10 + [1] * 95 + [0] * 15
    with pytest.raises(CannotRun, match="do not deserve"):
        list(check.run(material(frame, true, alike, "{g: {}}"), options(check)))
