"""What a retraining says in words."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from notewright.governance.checks.base import Finding
from notewright.governance.gates import Verdict
from notewright.serving.retrain import RetrainOutcome


def test_checks_and_findings_are_not_mixed_up_and_the_package_is_told() -> None:
    findings = (
        Finding("data.missing", "data", "error", "passed", "a is whole.", subject="a"),
        Finding("data.missing", "data", "error", "failed", "b has gaps.", subject="b"),
    )
    kept = Path("/project/.notewright/packages/ab12")
    outcome = RetrainOutcome(
        name="scores",
        champion="scores@1",
        challenger="scores@2",
        package="scores@2",
        path=kept,
        rows=300,
        held_out=100,
        seen=0,
        comparison=SimpleNamespace(sentences=["No difference."], notes=[]),
        report=SimpleNamespace(findings=findings),
        verdict=Verdict("production", "scores@2", True, ()),
    )
    words = outcome.sentences
    assert "1 check gave 2 findings: 1 did not pass, 1 closes a gate." in words
    assert "b has gaps." in words
    (told,) = (sentence for sentence in words if str(kept) in sentence)
    assert "your working tree is as it was" in told
    assert "`%nw packages scores@2 --to FOLDER`" in told
