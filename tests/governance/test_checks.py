"""Each check finds the fault it is for, passes the clean twin, and says when it cannot run."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint

import numpy as np
import pandas as pd
import pytest

from notewright.errors import CorruptObject, UsageError
from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks import registry
from notewright.governance.checks.base import Check
from notewright.governance.checks.evidence import Cell, Evidence


def of(report, name: str):
    found = [f for f in report.findings if f.check == name]
    assert found, name
    return found


def table(house) -> pd.DataFrame:
    return house.evidence.frames["raw"].copy()


def with_table(house, frame: pd.DataFrame):
    house.evidence = replace(house.evidence, frames={"raw": frame})
    return house.check()


@pytest.mark.parametrize("seed", range(20))
def test_clean_tables_and_fair_models_pass_every_check(house, make_evidence, seed):
    house.evidence = make_evidence(seed=seed, rows=2000)
    report = house.check()
    assert [f for f in report.findings if f.blocks] == []
    assert report.passed
    wanted = {n for n, rules in house.governance.policy().checks.items() if rules.run}
    assert {f.check for f in report.findings} == wanted


def test_missing_values_are_found_in_their_column_and_rows(house):
    frame = table(house)
    frame.loc[frame.index[:120], "amount"] = np.nan
    (found,) = of(with_table(house, frame), "data_quality.missing")
    assert (found.status, found.subject) == ("failed", "amount")
    assert found.value == pytest.approx(0.3)
    assert found.rows[0] == "row0"


def test_repeated_rows_are_counted(house):
    frame = table(house)
    frame.iloc[10:30] = frame.iloc[0].to_numpy()
    (found,) = of(with_table(house, frame), "data_quality.duplicates")
    assert found.status == "failed"
    assert found.value == pytest.approx(20 / 400)
    assert found.rows[:2] == ("row10", "row11")


def test_cells_that_have_no_hash_do_not_stop_the_count(house):
    frame = table(house)
    frame["tags"] = [[1, 2]] * len(frame)
    report = with_table(house, frame)
    assert of(report, "data_quality.duplicates")[0].status == "passed"
    assert of(report, "data_quality.constant")[0].subject == "tags"


def test_constant_and_mixed_columns_are_found(house):
    frame = table(house)
    frame["bank"] = "one"
    frame["note"] = pd.Series([1, "two"] * 200, index=frame.index, dtype=object)
    report = with_table(house, frame)
    assert of(report, "data_quality.constant")[0].subject == "bank"
    (mixed,) = of(report, "data_quality.mixed_types")
    assert "200 int" in mixed.sentence
    assert "200 str" in mixed.sentence


def test_a_rare_class_is_found(house):
    labels = np.array(["good"] * 390 + ["bad"] * 10)
    evaluation = Evaluation.of(labels, labels, rows=house.evidence.frames["raw"].index)
    house.evidence = replace(house.evidence, evaluation=evaluation)
    (found,) = of(house.check(), "data_quality.class_balance")
    assert (found.status, found.severity, found.details["class"]) == ("failed", "warning", "bad")


SCORES = {
    "accuracy": 0.99, "balanced_accuracy": 0.99, "precision": 0.99, "recall": 0.99,
}  # fmt: skip


@pytest.mark.parametrize("metric", SCORES)
def test_the_floor_is_scikit_learns_score_with_an_interval_around_it(house, metric):
    import sklearn.metrics

    house.replace("metric: accuracy, limit: 0.6", f"metric: {metric}, limit: 0.99")
    (found,) = of(house.check(), "performance.floor")
    evaluation = house.evidence.evaluation
    given = {"pos_label": "good"} if metric in ("precision", "recall") else {}
    expected = getattr(sklearn.metrics, f"{metric}_score")(
        evaluation.y_true, evaluation.y_pred, **given
    )
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.interval[0] < found.value < found.interval[1]
    assert found.status == "failed"
    assert f"{metric} is {found.value:.3f} on 400 test rows" in found.sentence


def test_errors_of_a_regression_have_a_ceiling(house):
    rng = np.random.default_rng(0)
    true = rng.normal(size=400)
    evaluation = Evaluation.of(
        true, true + rng.normal(0, 0.5, 400), rows=house.evidence.frames["raw"].index
    )
    house.evidence = replace(house.evidence, evaluation=evaluation)
    house.replace("metric: accuracy, limit: 0.6", "metric: root_mean_squared_error, limit: 0.6")
    (found,) = of(house.check(), "performance.floor")
    assert found.status == "passed"
    house.replace("limit: 0.6", "limit: 0.4")
    (found,) = of(house.check(), "performance.floor")
    assert found.status == "failed"
    assert "at most 0.4" in found.sentence


def test_the_worse_end_of_the_interval_can_be_asked_for(house):
    accuracy = of(house.check(), "performance.floor")[0].value
    house.replace("limit: 0.6", f"limit: {accuracy - 0.01:.3f}")
    (found,) = of(house.check(), "performance.floor")
    assert found.status == "passed"
    assert "The interval reaches beyond the limit" in found.sentence
    house.replace("metric: accuracy", "judge: interval, metric: accuracy")
    assert of(house.check(), "performance.floor")[0].status == "failed"


@pytest.mark.parametrize("answer", ["", "TODO", "tbd", "n/a", "...", "[]", "null"])
def test_a_field_that_says_nothing_counts_as_missing_and_is_named(house, answer):
    house.replace("limitations: One bank, one year.", f"limitations: {answer}")
    (found,) = of(house.check(), "documentation.complete")
    assert (found.status, found.subject) == ("failed", "limitations")
    assert "`limitations: ...` under `documentation:` in policy.yaml" in found.remedy


PERSONAL = {
    "mail address": "ann.lee@corp-mail.org",
    "IBAN": "DE89 3704 0044 0532 0130 00",
    "card number": "4111 1111 1111 1111",
    "phone number": "+351 912 345 678",
}


@pytest.mark.parametrize("kind", PERSONAL)
def test_personal_identifiers_in_a_column_are_found_and_not_repeated(house, kind):
    frame = table(house)
    frame["comment"] = ["fine"] * 399 + [f"call {PERSONAL[kind]} today"]
    (found,) = of(with_table(house, frame), "privacy.personal_columns")
    assert (found.status, found.subject, found.rows) == ("failed", "comment", ("row399",))
    assert kind in found.sentence
    assert PERSONAL[kind] not in str(found)
    house.replace(
        "checks:\n  perf", "checks:\n  privacy:\n    personal_columns: {allowed: [comment]}\n  perf"
    )
    assert of(house.check(), "privacy.personal_columns")[0].status == "passed"


def test_card_numbers_stored_as_integers_are_found_and_amounts_are_not(house):
    frame = table(house)
    frame["amount_cents"] = range(10**6, 10**6 + 400)
    assert of(with_table(house, frame), "privacy.personal_columns")[0].status == "passed"
    frame["card"] = 4111111111111111
    assert of(with_table(house, frame), "privacy.personal_columns")[0].subject == "card"


def test_secrets_in_cells_are_found_with_their_cell(house):
    cells = (
        Cell("cell [1]", "raw = load()"),
        Cell("cell [2]", "key = 'AKIAIOSFODNN7EXAMPLE'"),
        Cell("cell [3]", "password = 'correcthorse'"),
    )
    house.evidence = replace(house.evidence, cells=cells)
    found = of(house.check(), "privacy.cells")
    assert [f.cells for f in found] == [("cell [2]",), ("cell [3]",)]
    assert "AKIAIOSFODNN7EXAMPLE" not in str(found)


def test_without_evidence_every_check_that_needs_it_could_not_run(house):
    house.evidence = Evidence()
    report = house.governance.checks.run(replace(house.version, run=""), evidence=Evidence())
    assert not report.passed
    could_not = {f.check for f in report.findings if f.status == "could_not_run"}
    running = {n for n, rules in house.governance.policy().checks.items() if rules.run}
    # What the policy file says, and that it declares no direction, is known without evidence.
    assert could_not == running - {"documentation.complete", "behaviour.monotonic"}
    assert all(f.remedy for f in report.findings if f.status == "could_not_run")
    assert all(f.blocks == (f.severity == "error") for f in report.findings if f.status != "passed")


class Broken(Check):
    name = "other.broken"
    summary = "Breaks."

    def run(self, material, options):
        yield self.finding(True, "Fine so far.")
        raise ZeroDivisionError("division by zero")


class Damaged(Broken):
    name = "other.broken"

    def run(self, material, options):
        yield from ()
        raise CorruptObject("ab" * 32, "it cannot be decompressed")


class Taken(Broken):
    name = "bias.group_size"


def offer(monkeypatch, made) -> None:
    point = EntryPoint("x", f"somewhere:{made.__name__}", registry.ENTRY_POINTS)
    monkeypatch.setattr(EntryPoint, "load", lambda self: made)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    registry.all_checks.cache_clear()


@pytest.fixture
def forget_checks():
    yield
    registry.all_checks.cache_clear()


@pytest.mark.usefixtures("forget_checks")
def test_a_check_of_another_package_joins_and_if_it_breaks_it_has_not_passed(house, monkeypatch):
    offer(monkeypatch, Broken)
    house.replace("checks: [data_quality, performance]\n", "checks: [other]\n")
    first, second = of(house.check(), "other.broken")
    assert (first.status, second.status) == ("passed", "could_not_run")
    assert "ZeroDivisionError: division by zero" in second.sentence
    assert not house.governance.gates.evaluate("staging", house.version).open


@pytest.mark.usefixtures("forget_checks")
def test_a_damaged_store_is_not_blamed_on_the_check(house, monkeypatch):
    offer(monkeypatch, Damaged)
    house.replace("checks: [data_quality, performance]\n", "checks: [other]\n")
    (found,) = of(house.check(), "other.broken")
    assert found.status == "could_not_run"
    assert found.sentence == "The stored object abababababab is damaged: it cannot be decompressed."
    assert "fsck" in found.remedy


@pytest.mark.usefixtures("forget_checks")
@pytest.mark.parametrize("made", [Taken, int])
def test_an_entry_point_that_is_no_check_or_takes_a_name_is_refused(house, monkeypatch, made):
    offer(monkeypatch, made)
    with pytest.raises(UsageError, match="entry point"):
        house.check()


def test_reports_are_kept_and_verified_on_reading(house):
    report = house.check()
    again = house.again().checks
    assert again.get(report.id[:6]) == report
    assert again.latest(house.version) == report
    second = house.check()
    assert [r.id for r in again.list(house.version)] == [report.id, second.id]
    assert report.content == second.content
    path = house.governance._store.objects.path(report.digest)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    with pytest.raises(CorruptObject):
        again.get(report.id)


def test_checks_leave_the_users_random_state_and_objects_alone(house):
    import random

    frame = house.evidence.frames["raw"]
    before = frame.copy(deep=True)
    random.seed(1)
    np.random.seed(1)
    states = random.getstate(), np.random.get_state()[1].tolist()
    house.check()
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states
    pd.testing.assert_frame_equal(frame, before)
