"""What people and programs are shown of deployments."""

from __future__ import annotations

import json

import pytest

from notewright.errors import UsageError
from notewright.serving.records import Deployment
from notewright.verbs import find_verb
from notewright.views.serving import deployed_view, deployments_view, stopped_view

LIVE = Deployment(
    name="credit_risk",
    id="a" * 16,
    digest="d" * 64,
    package="p" * 64,
    package_ref="credit_risk@2",
    manifest="m" * 64,
    model_version="v" * 16,
    model_digest="e" * 64,
    kind="rollback",
    actor="<b>olga</b>",
    created="2026-01-01T00:00:00.000000Z",
    status="live",
    live_from="2026-01-01T00:00:01.000000Z",
    url="http://127.0.0.1:8080",
    pid=4,
)


def test_a_listing_has_text_html_and_stable_fields() -> None:
    view = deployments_view([LIVE])
    assert "http://127.0.0.1:8080" in view.text()
    assert "<b>olga" not in view.html()
    record = json.loads(json.dumps(view.data()))[0]
    assert (record["id"], record["status"]) == (LIVE.id, "live")
    assert deployments_view([]).text() == "Nothing is deployed."


def test_what_went_live_says_where_to_ask() -> None:
    view = deployed_view(LIVE)
    assert "credit_risk@2 is live again as 'credit_risk'" in view.text()
    assert view.data()["infer"] == "http://127.0.0.1:8080/v2/models/credit_risk/infer"
    assert "stopped" in stopped_view(LIVE).text()


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("deploy", ["credit_risk", "--package", "credit_risk@2", "--port", "8080"]),
        ("deploy", ["credit_risk", "--key", "rita.key"]),
        ("deployments", []),
        ("stop", ["credit_risk"]),
        ("stop", ["credit_risk", "--key", "rita.key"]),
        ("rollback", ["credit_risk"]),
        ("rollback", ["credit_risk", "--key", "rita.key"]),
        ("monitor", ["credit_risk", "--since", "7d"]),
        ("retrain", ["credit_risk", "--data", "new.csv"]),
        ("retrain", ["credit_risk", "--data", "new.csv", "--key", "rita.key"]),
        ("retrace", ["1557a598"]),
    ],
)
def test_every_verb_reads_its_words(verb: str, words: list[str]) -> None:
    parser = find_verb(verb).parser()
    parser.parse_args(words)
    with pytest.raises(UsageError):
        parser.parse_args([*words, "--nonsense"])
