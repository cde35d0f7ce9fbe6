"""What the log says of traffic, latency and drift."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest
from tests.serving.conftest import Yard, raw_rows, request, write_manifest, write_package

from notewright.errors import BadMoment, NotDeployed
from notewright.experiments.evaluation import Evaluation
from notewright.governance.drift import profile
from notewright.governance.label_free import estimates
from notewright.serving.moments import moment
from notewright.serving.monitor import monitor
from notewright.views.serving import monitor_view
from notewright.words import local_minute


@pytest.fixture
def watched(tmp_path: Path, light_packages: list[Path]) -> Iterator[Yard]:
    """A yard whose first package carries a reference profile."""
    path = write_package(tmp_path / "profiled" / "credit_risk", weight=-0.004)
    document = json.dumps(profile(raw_rows(2000, seed=11)))
    (path / "model" / "reference.json").write_text(document, encoding="utf-8")
    write_manifest(path)
    yard = Yard(tmp_path, [path, light_packages[1]])
    yield yard
    yard.end()


def send(url: str, rows: pd.DataFrame, size: int = 50) -> None:
    with httpx.Client(timeout=30) as client:
        for begin in range(0, len(rows), size):
            body = request(rows.iloc[begin : begin + size])
            answer = client.post(f"{url}/v2/models/credit_risk/infer", json=body)
            assert answer.status_code == 200


def test_a_shifted_population_is_named_and_an_unshifted_one_is_not(watched: Yard) -> None:
    url = watched.deployments.deploy("credit_risk").url
    send(url, raw_rows(600, seed=12))
    calm = monitor(watched.deployments, "credit_risk")
    assert calm.drifted == ()
    assert calm.sentences == ["None of 6 columns drifted."]
    send(url, raw_rows(600, seed=13, shift=25))
    httpx.post(f"{url}/v2/models/credit_risk/infer", json={"inputs": []})
    report = monitor(watched.deployments, "credit_risk")
    assert [column.column for column in report.drifted] == ["age"]
    assert "its median went from" in report.sentences[1]
    assert (report.requests, report.rows, report.errors) == (25, 1200, {"400": 1})
    assert report.common_error == "Column 'age' is missing."
    assert report.latency is not None
    assert 0 < report.latency.p50 <= report.latency.p95 <= report.latency.p99
    assert sum(report.predictions.values()) == pytest.approx(1)
    view = monitor_view(report)
    window = f"{local_minute(report.since)} to {local_minute(report.until)}"
    assert view.text().splitlines()[0] == (
        f"'credit_risk' (credit_risk@1), {window}: 25 requests; 24 answered with 1,200 rows, "
        "1 refused for the caller's mistake (1 x 400), no failure of the server."
    )
    assert json.loads(json.dumps(view.data()))["drift"][0]["column"] == "age"
    assert "age" in view.html()
    later = monitor(watched.deployments, "credit_risk", "2999-01-01")
    assert (later.requests, later.latency) == (0, None)
    assert "0 requests; 0 answered with 0 rows, none refused" in monitor_view(later).text()
    assert later.sentences == ["There is nothing to compare yet."]


def test_a_column_that_requests_may_lack_is_compared_where_some_have_it(
    tmp_path: Path, light_packages: list[Path]
) -> None:
    path = write_package(tmp_path / "profiled" / "credit_risk", weight=-0.004)
    file = path / "model" / "schema.json"
    region = {"name": "region", "kind": "string", "nullable": True, "categories": ["n", "s"]}
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "optional": [region]}))
    known = raw_rows(2000, seed=11).assign(region=["n", "s"] * 1000)
    (path / "model" / "reference.json").write_text(json.dumps(profile(known)))
    write_manifest(path)
    yard = Yard(tmp_path, [path, light_packages[1]])
    try:
        url = yard.deployments.deploy("credit_risk").url
        send(url, raw_rows(300, seed=12))
        without = monitor(yard.deployments, "credit_risk")
        assert without.sentences == ["None of 6 columns drifted."]
        body = request(raw_rows(300, seed=14))
        moved = {"name": "region", "shape": [300], "datatype": "BYTES", "data": ["s"] * 300}
        body["inputs"].append(moved)
        answer = httpx.post(f"{url}/v2/models/credit_risk/infer", json=body, timeout=30)
        assert answer.status_code == 200
        assert [c.column for c in monitor(yard.deployments, "credit_risk").drifted] == ["region"]
    finally:
        yard.end()


def test_failures_of_the_server_are_kept_apart_from_callers_mistakes(watched: Yard) -> None:
    url = watched.deployments.deploy("credit_risk").url
    broken = raw_rows(1)
    broken["amount"] = 666_666.0
    for body in (request(broken), {"inputs": []}, {"inputs": []}):
        httpx.post(f"{url}/v2/models/credit_risk/infer", json=body, timeout=30)
    report = monitor(watched.deployments, "credit_risk", "1h")
    assert (report.refused, report.failed) == ({"400": 2}, {"500": 1})
    words = monitor_view(report).text().splitlines()[0]
    assert "2 refused for the caller's mistake (2 x 400)" in words
    assert "1 failure of the server (1 x 500)" in words
    assert report.since < report.until


def test_how_good_the_answers_are_is_estimated_from_what_was_logged(watched: Yard) -> None:
    deployed = watched.deployments.deploy("credit_risk")
    rows = raw_rows(120, seed=12)
    answer = httpx.post(
        f"{deployed.url}/v2/models/credit_risk/infer", json=request(rows), timeout=30
    ).json()
    served = {output["name"]: output["data"] for output in answer["outputs"]}
    p = np.random.default_rng(0).random(400)
    labels = np.where(np.random.default_rng(1).random(400) < p, "good", "bad")
    known = Evaluation.of(labels, y_score=p, positive="good", probability=True)
    asked: list[str] = []

    def tested(model_version: str) -> Evaluation:
        asked.append(model_version)
        return known

    report = monitor(watched.deployments, "credit_risk", tested=tested)
    assert asked == [deployed.model_version]
    assert report.estimates == estimates(known, served["probability_good"])
    words = monitor_view(report).text()
    assert "Accuracy on these 120 rows is likely to be" in words
    assert "not what follows from them" in words
    assert monitor_view(report).data()["estimates"][0]["metric"] == "accuracy"
    assert monitor(watched.deployments, "credit_risk").estimates == ()


def test_a_report_is_about_the_version_that_is_live(watched: Yard) -> None:
    url = watched.deployments.deploy("credit_risk", "credit_risk@1").url
    send(url, raw_rows(10, seed=12))
    watched.deployments.deploy("credit_risk", "credit_risk@2")
    send(url, raw_rows(4, seed=12))
    report = monitor(watched.deployments, "credit_risk")
    assert (report.package, report.rows) == ("credit_risk@2", 4)
    assert "carries no reference profile" in " ".join(report.notes)
    watched.deployments.rollback("credit_risk")
    # Both times that this version was live count.
    assert monitor(watched.deployments, "credit_risk").rows == 10


def test_what_was_never_deployed_says_so(watched: Yard) -> None:
    with pytest.raises(NotDeployed):
        monitor(watched.deployments, "credit_risk")


def test_times_are_read_as_people_write_them() -> None:
    now = datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert moment("7d", now) == "2026-02-24T12:00:00.000000Z"
    assert moment("30m", now) == "2026-03-03T11:30:00.000000Z"
    assert moment("2026-03-03T13:00+01:00") == "2026-03-03T12:00:00.000000Z"
    for nonsense in ("yesterday", "", "7y", "999999w", "-1d"):
        with pytest.raises(BadMoment):
            moment(nonsense)
