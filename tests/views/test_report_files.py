"""Reports as files say the same as the report, whatever names and sentences hold."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notewright.errors import UsageError
from notewright.governance.checks.base import Finding
from notewright.governance.checks.service import CheckReport
from notewright.views.report_files import html, junit, sarif, write_report

TEXT = st.text(max_size=30) | st.sampled_from(
    ["<script>alert(1)</script>", "]]>", '" onload="x', "\x00\x1b[31m", "\ud7ff\uffff", "`code`"]
)


def findings() -> st.SearchStrategy[Finding]:
    return st.builds(
        Finding,
        check=st.sampled_from(["bias.gap", "privacy.cells", "data_quality.missing"]),
        family=st.just("bias"),
        severity=st.sampled_from(["info", "warning", "error"]),
        status=st.sampled_from(["passed", "failed", "could_not_run"]),
        sentence=TEXT,
        remedy=TEXT,
        subject=TEXT,
        metric=TEXT,
        value=st.none() | st.floats(-1e6, 1e6),
        interval=st.none() | st.just((None, 2.0)),
        threshold=st.none() | st.just(0.8),
        rows=st.lists(TEXT, max_size=2).map(tuple),
        cells=st.lists(TEXT, max_size=2).map(tuple),
    )


def reports() -> st.SearchStrategy[CheckReport]:
    return st.lists(findings(), max_size=6).map(report_of)


def report_of(found: list[Finding]) -> CheckReport:
    return CheckReport(
        id="a1",
        digest="d" * 64,
        subject="credit_risk@1",
        version="v",
        fingerprint="f" * 64,
        data="e" * 64,
        policy_digest="p" * 64,
        created="2026-05-01T12:00:00.000000Z",
        actor="<b>rita</b>",
        findings=tuple(found),
        passed=False,
    )


@given(reports())
def test_junit_counts_what_closes_a_gate_and_what_could_not_run(report):
    root = ElementTree.fromstring(junit(report))
    assert len(root.findall(".//testcase")) == len(report.findings)
    could_not = [f for f in report.findings if f.status == "could_not_run"]
    stuck = [f for f in could_not if f.blocks]
    blocking = [f for f in report.findings if f.blocks and f.status == "failed"]
    skipped = [f for f in could_not if not f.blocks]
    assert len(root.findall(".//skipped")) == len(skipped)
    assert len(root.findall(".//failure")) == len(blocking)
    assert len(root.findall(".//error")) == len(stuck)
    for kind, wanted in (
        ("failures", blocking),
        ("errors", stuck),
        ("skipped", skipped),
    ):
        assert sum(int(suite.get(kind)) for suite in root) == len(wanted)


@given(reports())
def test_sarif_has_a_result_for_each_finding_that_did_not_pass(report):
    (run,) = json.loads(sarif(report))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    troubles = [f for f in report.findings if f.status != "passed"]
    assert len(run["results"]) == len(troubles)
    for result, finding in zip(run["results"], troubles, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == finding.check
        assert finding.sentence.strip() in result["message"]["text"]
        assert (result["level"] == "error") >= finding.blocks


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list]] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, attrs))


@given(reports())
def test_the_page_holds_no_tag_and_no_attribute_of_a_finding(report):
    parser = _Tags()
    parser.feed(html(report))
    known = {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "b", "i", "br", "small",
        "code", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert {tag for tag, _ in parser.tags} <= known
    ours = [attrs for tag, attrs in parser.tags if tag == "meta"]
    assert ours == [
        [("charset", "utf-8")],
        [("name", "viewport"), ("content", "width=device-width, initial-scale=1")],
    ]
    others = [attrs for tag, attrs in parser.tags if tag != "meta"]
    assert {name for attrs in others for name, _ in attrs} <= {"lang", "style"}


@pytest.mark.parametrize("status", ["failed", "could_not_run"])
def test_only_what_closes_a_gate_is_red(status):
    pages = [
        html(report_of([Finding("bias.gap", "bias", severity, status, "No groups.")]))
        for severity in ("error", "warning")
    ]
    assert "No groups." in pages[1]
    assert ["#c62828" in page for page in pages] == [True, False]


def test_the_ending_says_what_is_written(tmp_path: Path):
    report = report_of([Finding("bias.gap", "bias", "error", "failed", "A gap.")])
    for ending in (".html", ".json", ".xml", ".sarif"):
        file = write_report(report, tmp_path / f"report{ending}")
        assert file.read_text(encoding="utf-8").strip()
    with pytest.raises(UsageError, match=r"End it in one of \.html"):
        write_report(report, tmp_path / "report.pdf")
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(report, tmp_path / "nowhere" / "report.xml")
