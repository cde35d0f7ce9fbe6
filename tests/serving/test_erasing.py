"""What was asked and answered is erased in time or on request; the chain of the log still holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.conftest import PlainNotebook
from tests.serving.conftest import raw_rows, request

from notewright.cli import main
from notewright.errors import AccessDenied, BadMoment, UnknownPrediction, UsageError
from notewright.serving.erasing import chosen_moment
from notewright.serving.log import DATABASE, PredictionLog
from notewright.serving.spool import Entry
from notewright.serving.writer import LogWriter
from notewright.views.serving import erasure_view
from notewright.workspace import Workspace

SECRET = "Wilhelmina Musterfrau"


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture
def served(workspace: Workspace) -> Workspace:
    """A workspace with a deployment that was asked 400, 100 and 1 days ago."""
    workspace.deployments.records.add(
        name="risk",
        package="p",
        package_ref="risk@1",
        manifest="m",
        model_version="v",
        model_digest="d",
        kind="deploy",
        actor="somebody",
    )
    folder = workspace.deployments.log("risk").folder
    folder.mkdir(parents=True, exist_ok=True)
    writer = LogWriter(folder)
    for number, days in enumerate((400, 100, 1)):
        body = request(raw_rows(2, seed=number))
        body["inputs"][0]["data"] = [SECRET, str(number)]
        writer.append(
            Entry(
                id=f"{number:016x}",
                time=ago(days),
                deployment="d",
                status=200,
                milliseconds=1.0,
                rows=2,
                inputs=json.dumps(body).encode(),
                outputs=b"[]",
            )
        )
    writer.close()
    return workspace


def held(log: PredictionLog) -> list[bool]:
    return [logged.entry.inputs is not None for logged in log.records()]


def keeps(workspace: Workspace, days: int) -> None:
    text = f"version: 1\nretention: {{predictions: {{days: {days}}}}}\n"
    (workspace.root / "policy.yaml").write_text(text)


def test_what_is_older_than_the_policy_keeps_is_erased_and_the_chain_holds(served) -> None:
    keeps(served, 90)
    log = served.deployments.log("risk")
    assert served.deployments.erase("risk", really=False).records == 2
    assert held(log) == [True, True, True]
    erased = served.deployments.erase("risk")
    assert (erased.records, erased.done) == (2, True)
    assert held(log) == [False, False, True]
    assert log.problem() is None
    assert [logged.entry.rows for logged in log.records()] == [2, 2, 2]
    assert served.deployments.erase("risk").records == 0


def test_nothing_of_what_was_erased_is_left_in_any_file(served) -> None:
    folder: Path = served.deployments.log("risk").folder
    served.deployments.erase("risk", older_than="1h")
    left = b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
    assert SECRET.encode() not in left
    assert (folder / DATABASE).stat().st_size


def test_one_prediction_is_erased_however_new_it_is(served) -> None:
    keeps(served, 365)
    log = served.deployments.log("risk")
    erased = served.deployments.erase("risk", prediction=f"{2:016x}")
    assert erased.records == 1
    assert held(log) == [True, True, False]
    again = served.deployments.erase("risk", prediction=f"{2:016x}")
    assert "was erased before" in erasure_view(again).text()
    with pytest.raises(UnknownPrediction):
        served.deployments.erase("risk", prediction="ffff")


def test_it_is_in_the_audit_log_and_takes_an_operator(served, tmp_path: Path) -> None:
    rita = served.identities.create("rita", tmp_path / "rita.key")
    served.roles.grant("rita", "reviewer")
    with pytest.raises(AccessDenied, match="may not erase logged predictions"):
        served.deployments.erase("risk", older_than="30d", identity=rita)
    assert held(served.deployments.log("risk")) == [True, True, True]
    served.deployments.erase("risk", older_than="200d")
    acts = [(e.act, e.details.get("records")) for e in served.audit.list(subject="risk")]
    assert ("predictions.erase", 1) in acts


def test_what_the_policy_keeps_for_longer_is_not_erased_by_age(served) -> None:
    keeps(served, 365)
    with pytest.raises(UsageError, match="keeps requests and answers for 365 days"):
        served.deployments.erase("risk", older_than="30d")
    assert served.deployments.erase("risk", older_than="365d", really=False).records == 1


@pytest.mark.parametrize(
    ("older_than", "days", "error"),
    [(None, None, UsageError), ("soon", None, BadMoment), ("1d", 2, UsageError)],
)
def test_a_time_that_cannot_be_meant_gets_a_pointed_error(older_than, days, error) -> None:
    with pytest.raises(error):
        chosen_moment(older_than, days)


def test_the_verb_says_what_would_go_and_then_does_it(served, capsys) -> None:
    where = ["--workspace", str(served.root)]
    assert main(["erase", "risk", "--older-than", "90d", *where]) == 0
    assert "2 requests to 'risk' from before" in (said := capsys.readouterr().out)
    assert "Nothing has been erased yet" in said
    assert main(["erase", "risk", "--older-than", "90d", "--yes", *where]) == 0
    assert "Erased for good what was asked and answered: 2 requests" in capsys.readouterr().out
    assert main(["erase", "risk", "--older-than", "90d", "--yes", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 0


def test_gc_keeps_what_the_policy_keeps(workspace: Workspace, notebook: PlainNotebook, capsys):
    notebook.recorder.autosnapshot = True
    for number in range(8):
        notebook.run(f"x = {number}")
    notebook.recorder.settle()
    where = ["--workspace", str(workspace.root)]
    text = "version: 1\nretention: {snapshots: {last: 5, daily: 1}}\n"
    (workspace.root / "policy.yaml").write_text(text)
    for words in (["--keep-last", "2"], ["--keep-last", "5", "--keep-daily", "0"]):
        assert main(["gc", "--yes", *words, *where]) != 0
        assert "policy.yaml keeps the newest 5 snapshots" in capsys.readouterr().err
    assert workspace.snapshots.count() == 8
    assert main(["gc", "--yes", *where]) == 0
    assert workspace.snapshots.count() == 5
