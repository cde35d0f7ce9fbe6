"""What is logged of predictions: read, retraced and monitored without withheld values."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

import pytest
from tests.restricted.conftest import forms
from tests.serving.conftest import Yard, raw_rows, request, write_package

from notewright.governance.drift import profile
from notewright.serving import evidence
from notewright.serving.log import DATABASE, PredictionLog
from notewright.serving.monitor import monitor
from notewright.serving.spool import Entry
from notewright.serving.writer import LogWriter
from notewright.views.serving import monitor_view

POLICY = """\
version: 1
data:
  restricted: {amount: [risk_officer], PURPOSE: []}
"""


@pytest.fixture
def yard(person, tmp_path):
    """A live model whose log has requests from another population, and a refused one."""
    person.policy(POLICY)
    path = write_package(tmp_path / "packages" / "credit_risk", weight=-0.004)
    (path / "model" / "reference.json").write_text(json.dumps(profile(raw_rows(2000, seed=11))))
    yard = Yard(tmp_path / "yard", [path])
    yard.deployments.restrictions = person.workspace.restricted
    records = yard.deployments.records
    made = records.add(
        name="credit_risk", package="1" * 16, package_ref="credit_risk@1", manifest="cd" * 32,
        model_version="v", model_digest="ef" * 32, kind="deploy", actor="olga", previous=None,
    )  # fmt: skip
    records.went_live(made)
    folder = yard.deployments.log("credit_risk").folder
    folder.mkdir(parents=True, exist_ok=True)
    writer = LogWriter(folder)
    rows = raw_rows(300, seed=12).assign(amount=98765.25, purpose="study")
    for number in range(6):
        body = json.dumps(request(rows.iloc[50 * number : 50 * (number + 1)])).encode()
        outputs = b'[{"name": "prediction", "datatype": "BYTES", "shape": [1], "data": ["good"]}]'
        entry = Entry(
            f"{number:016x}", "2026-01-01T00:00:00.000000Z", made.id, 200, 1.0, 50,
            inputs=body, outputs=outputs,
        )  # fmt: skip
        writer.append(entry)
    for number in range(6, 9):
        words = "Column 'amount', row 0: expected a number, got the string '98765.25'."
        writer.append(
            replace(entry, id=f"{number:016x}", status=400, error=words, inputs=b"", outputs=b"")
        )
    writer.close()
    return yard


def test_a_logged_request_is_read_without_the_columns_and_still_verified(yard):
    logged = yard.deployments.log("credit_risk").find("0000000000000001")
    assert b"98765" not in logged.entry.inputs
    assert b"study" not in logged.entry.inputs
    tensors = {each["name"]: each["data"] for each in json.loads(logged.entry.inputs)["inputs"]}
    assert tensors["amount"] == "<withheld: amount (needs 'risk_officer')>"
    assert len(tensors["age"]) == 50
    assert {each.column for each in logged.withheld} == {"amount", "PURPOSE"}
    assert logged.problem() is None
    assert yard.deployments.log("credit_risk").problem() is None


def test_a_damaged_record_is_found_by_who_may_not_see_what_is_in_it(yard, person):
    folder = yard.deployments.log("credit_risk").folder
    with sqlite3.connect(folder / DATABASE) as database:
        database.execute(
            "UPDATE predictions SET inputs = replace(inputs, '98765.25', '11111.25') WHERE seq = 2"
        )
    logged = yard.deployments.log("credit_risk").find("0000000000000001")
    assert "not those that were written" in logged.problem()


def test_a_refusal_that_quotes_a_value_does_not_quote_it_to_all(yard):
    logged = yard.deployments.log("credit_risk").find("0000000000000007")
    assert logged.entry.error == "withheld: amount (needs 'risk_officer')."


def test_a_monitor_tells_figures_of_all_columns_and_no_value(yard, person):
    said = forms(monitor_view(monitor(yard.deployments, "credit_risk")))
    assert not [word for word in ("98765", "study", "car") if word in said]
    assert "withheld: PURPOSE (nobody may see it), amount (needs 'risk_officer')" in said
    less = monitor(yard.deployments, "credit_risk")
    person.becomes("risk_officer")
    full = monitor(yard.deployments, "credit_risk")
    assert "98765" in full.common_error
    assert [(c.column, c.value, c.p_value, c.verdict) for c in less.drift] == [
        (c.column, c.value, c.p_value, c.verdict) for c in full.drift
    ]
    assert {"amount", "purpose"} <= {c.column for c in less.drifted}


def test_retracing_names_what_it_withholds_and_verifies_the_rest(yard, person):
    for number in (1, 7):
        logged = yard.deployments.log("credit_risk").find(f"{number:016x}")
        link = evidence.prediction(person.workspace, logged)
        assert link.verified
        assert "98765" not in link.sentence
        assert "withheld: " in link.sentence


def test_the_whole_log_stays_as_it_was_written(yard):
    whole = PredictionLog(yard.deployments.log("credit_risk").folder)
    assert b"98765" in whole.find("0000000000000001").entry.inputs
