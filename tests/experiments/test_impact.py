"""Impact says whose prediction flips, and names the segments that truly gain and lose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from notewright.errors import BadRecord
from notewright.experiments.columns import columns_for
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.impact import impact
from notewright.experiments.levels import levels
from notewright.experiments.segments import Segment, search


@pytest.fixture
def people(generator):
    count = 4000
    return pd.DataFrame(
        {
            "age": generator.integers(18, 90, count),
            "region": generator.choice(["north", "south", "west"], count),
            "income": generator.lognormal(10, 1, count),
            "id": np.arange(count),
            "key": [f"key {n}" for n in range(count)],
            "plan": generator.choice(["a", "b"], count),
        }
    )


def changed(generator, table, where=None, share_better=0.0, share_worse=0.0, noise=0.05):
    """Two models' labels: alike but for noise, and for a planted change where told."""
    true = generator.integers(0, 2, len(table))
    a = np.where(generator.random(len(table)) < 0.25, 1 - true, true)
    again = np.where(generator.random(len(table)) < 0.25, 1 - true, true)
    b = np.where(generator.random(len(table)) < noise, again, a)
    if where is not None:
        draw = generator.random(len(table))
        b = np.where(where & (draw < share_better), true, b)
        b = np.where(where & (draw > 1 - share_worse), 1 - true, b)
    return Evaluation.of(true, a), Evaluation.of(true, b)


def test_flips_are_counted_as_they_are(generator, people):
    a, b = changed(generator, people)
    found = impact(a, b, ("A", "B")).flips
    assert found.changed == int(np.sum(a.y_pred != b.y_pred))
    right_a, right_b = a.y_pred == a.y_true, b.y_pred == a.y_true
    assert found.gained == int(np.sum(right_b & ~right_a))
    assert found.lost == int(np.sum(right_a & ~right_b))
    assert sum(count for *_, count in found.moves) == found.changed
    assert "become right" in found.sentence


@pytest.mark.parametrize("names", [[0, 1], ["bad", "good"], [True, False], [7.5, None]])
def test_what_was_to_be_predicted_is_no_segment_whatever_its_values_are_called(
    generator, people, names
):
    where = np.asarray(people["region"] == "north")
    a, b = changed(generator, people, where, share_better=0.5)
    table = people.assign(target=pd.Series(names, dtype=object).take(a.y_true).to_numpy())
    found = impact(a, b, ("A", "B"), table)
    assert any("region is north" in sentence for sentence in found.sentences)
    assert not any("target" in sentence for sentence in found.sentences)


def test_the_same_predictions_change_nothing(generator, people):
    a, _ = changed(generator, people)
    found = impact(a, a, ("A", "B"), people)
    assert found.sentences == (
        "No predicted label of 4,000 rows changes.",
        "Of 0 segments searched, none gains or loses more than luck explains.",
    )


def test_scores_say_by_how_much_they_move(generator):
    true = generator.integers(0, 2, 500)
    p = generator.uniform(0.2, 0.8, 500)
    a = Evaluation.of(true, y_score=p, probability=True)
    b = Evaluation.of(true, y_score=p + 0.1, probability=True)
    shift = impact(a, b, ("A", "B")).shift
    assert (shift.mean, shift.median, shift.p95, shift.largest) == pytest.approx((0.1,) * 4)


def test_a_planted_loss_in_a_pair_of_columns_is_found_and_named(generator, people):
    where = (people.region == "north") & (people.age < 36)
    a, b = changed(generator, people, where, share_worse=0.4)
    found = impact(a, b, ("A", "B"), people)
    [worst, *_] = found.segments.confirmed
    assert set(worst.columns) == {"age", "region"}
    assert "region is north" in worst.words
    assert worst.value < 0
    assert worst.lost > worst.gained
    [sentence] = [s for s in found.sentences if worst.words in s]
    assert sentence.startswith(f"Where {worst.words} (")
    assert "B loses" in sentence
    assert "found on one half and confirmed on the other" in sentence
    assert found.left_out == ("key",)


def test_gains_and_losses_are_both_told_and_each_only_once(generator, people):
    a, b = changed(generator, people, people.plan == "a", share_better=0.5)
    north = (people.region == "north").to_numpy() & (people.plan == "b").to_numpy()
    worse = np.where(north & (generator.random(len(people)) < 0.3), 1 - a.y_true, b.y_pred)
    b = Evaluation.of(a.y_true, worse)
    confirmed = impact(a, b, ("A", "B"), people).segments.confirmed
    assert {"plan is a"} <= {segment.words for segment in confirmed}
    losing = [segment for segment in confirmed if segment.value < 0]
    assert losing
    assert {"region", "plan"} == set(losing[0].columns)
    assert len(confirmed) <= 4


def test_where_models_are_exchangeable_few_searches_confirm_anything(generator):
    # 200 searches at 5 %: more than 20 would happen once in 1,000.
    false = 0
    for _ in range(200):
        gain = generator.choice([-1.0, 0.0, 1.0], 600, p=[0.1, 0.8, 0.1])
        table = pd.DataFrame(generator.normal(size=(600, 4)), columns=list("abcd"))
        false += bool(search(gain, [levels(table[c]) for c in table]).confirmed)
    assert false <= 20


def test_nothing_is_confirmed_whose_interval_holds_zero():
    segment = Segment("a is 1", ("a",), 900, 0.01, (-0.002, 0.03), 30, 20, 0.01, 0.02)
    assert not segment.confirmed
    assert replace(segment, interval=(0.002, 0.03)).confirmed
    assert not replace(segment, interval=(0.002, 0.03), p_adjusted=0.06).confirmed


def test_regression_gains_are_absolute_errors(generator, people):
    true = people.income.to_numpy()
    noise = generator.normal(size=len(people))
    a = Evaluation.of(true, true + noise, task="regression")
    quiet = np.where(people.region == "west", 0.3 * noise, noise)
    b = Evaluation.of(true, true + quiet, task="regression")
    found = impact(a, b, ("A", "B"), people)
    assert found.unit == "absolute error"
    assert found.segments.confirmed[0].words == "region is west"
    assert "B lowers the absolute error by 0.5" in found.sentences[1]
    assert found.left_out == ("key",)


def test_rows_are_matched_by_label_whatever_the_order_of_the_table(people, generator):
    labels = generator.permutation(len(people))[:100]
    shuffled = people.sample(frac=1, random_state=0)
    assert columns_for(shuffled, labels).id.tolist() == labels.tolist()


def test_rows_without_labels_of_their_own_are_never_guessed(people):
    rows = np.arange(100)
    with pytest.raises(BadRecord, match="which they are is unknown"):
        columns_for(people, rows)
    held_out = people.iloc[500:600]
    assert columns_for(held_out, rows).id.tolist() == list(range(500, 600))
    with pytest.raises(BadRecord, match="Not all scored rows"):
        columns_for(people, np.arange(3950, 4050))


def test_bands_are_cut_where_their_words_say(people):
    found = levels(people.income)
    assert len(found.words) == 4
    cut = float(found.words[0].rsplit(" ", 1)[1])
    assert np.array_equal(found.codes == 0, (people.income < cut).to_numpy())


def test_missing_values_and_rare_ones(people):
    column = pd.Series([None, *(["x"] * 30), *(f"rare {n}" for n in range(20))] * 2, name="kind")
    found = levels(column)
    assert found.words[0] == "kind is x"
    assert found.words[-1] == "kind is missing"
    assert len(found.words) == 13
    assert set(found.codes.tolist()) == set(range(14))


def test_a_comparison_tells_the_impact_on_a_table_given(runs, people, generator):
    where = (people.region == "south").to_numpy()
    for name, evaluation in zip(
        "ab", changed(generator, people, where, share_better=0.5), strict=True
    ):
        runs.record(name, metrics={"accuracy": 0.5}, evaluation=evaluation)
    comparison = runs.compare(["a", "b"])
    flipped = comparison.flipped()
    flips = comparison.impact(segments=False).flips
    assert len(flipped) == flips.changed
    assert (flipped.becomes == "right").sum() == flips.gained
    first = flipped.iloc[0]
    evaluation = comparison.evaluations[1]
    assert first.after == evaluation.y_pred[evaluation.rows == flipped.index[0]][0]
    found = comparison.impact(people)
    assert found.segments.confirmed[0].words == "region is south"
    assert comparison.impact(segments=False).segments is None
    with pytest.raises(BadRecord, match="the table they are of is unknown"):
        comparison.impact()
