"""Check reports as files: JUnit XML and SARIF for build servers, HTML for people, JSON."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import UsageError
from notewright.views.base import escape, prose, tint
from notewright.words import local_second

if TYPE_CHECKING:
    from notewright.governance.checks.base import Finding
    from notewright.governance.checks.service import CheckReport

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
#: Where limits are, for servers that want a file with each result.
_POLICY = "policy.yaml"
#: What XML cannot hold, whatever it is written as.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COLOURS = {"passed": "#2e7d32", "failed": "#c62828", "could_not_run": "#c62828"}
_WORDS = {"passed": "passed", "failed": "failed", "could_not_run": "could not run"}


def write_report(report: CheckReport, file: Path) -> Path:
    """Write a report in the form that the file's ending names; an older file is replaced.

    Parameters
    ----------
    report : CheckReport
    file : Path
        Ends in ``.html``, ``.json``, ``.xml`` (JUnit) or ``.sarif``.

    Raises
    ------
    UsageError
        If it ends in anything else, or cannot be written.
    """
    form = _FORMS.get(file.suffix.lower())
    if form is None:
        raise UsageError(
            f"'{file.name}' does not say by its ending what to write.",
            f"End it in one of {', '.join(_FORMS)}.",
        )
    try:
        file.write_text(form(report), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The report cannot be written to {file}: {(error.strerror or str(error)).lower()}.",
            "Give a file in a folder that you may write to.",
        ) from error
    return file


def junit(report: CheckReport) -> str:
    """Return a report as JUnit XML: a suite for each family, a case for each finding.

    What closes a gate is a failure, or an error where the check could not run; what is only to
    be looked at passes, and its sentence is the case's output, or it is skipped.
    """
    root = ElementTree.Element("testsuites", name=_xml(report.subject))
    for family, findings in _families(report.findings):
        cases = list(findings)
        failures = sum(f.status == "failed" and f.blocks for f in cases)
        errors = sum(f.status == "could_not_run" and f.blocks for f in cases)
        skipped = sum(f.status == "could_not_run" and not f.blocks for f in cases)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(family),
            tests=str(len(cases)),
            failures=str(failures),
            errors=str(errors),
            skipped=str(skipped),
            timestamp=report.created[:19],
        )
        for finding in cases:
            name = finding.check + (f" [{finding.subject}]" if finding.subject else "")
            case = ElementTree.SubElement(
                suite, "testcase", classname=_xml(f"{report.subject}.{family}"), name=_xml(name)
            )
            said = f"{finding.sentence}\n{finding.remedy}".strip()
            if finding.status == "could_not_run":
                kind = "error" if finding.blocks else "skipped"
            else:
                kind = "failure" if finding.blocks else "system-out"
            part = ElementTree.SubElement(case, kind)
            part.text = _xml(said)
            if kind != "system-out":
                part.set("message", _xml(finding.sentence))
            if kind in ("error", "failure"):
                part.set("type", _xml(finding.severity))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def sarif(report: CheckReport) -> str:
    """Return a report as SARIF 2.1.0, a result for each finding that did not pass.

    Columns, fields and cells are logical locations; the file named with each is the policy,
    where the limit is.
    """
    checks = list(dict.fromkeys(f.check for f in report.findings))
    results = [_result(f, checks.index(f.check)) for f in report.findings if f.status != "passed"]
    record = {
        "$schema": _SARIF,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Notewright",
                        "version": version("notewright"),
                        "rules": [{"id": check} for check in checks],
                    }
                },
                "automationDetails": {"id": f"{report.subject}/{report.id}"},
                "results": results,
            }
        ],
    }
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    level = {"error": "error", "warning": "warning", "info": "note"}[finding.severity]
    names = [*finding.cells, *([finding.subject] if finding.subject else [])]
    return {
        "ruleId": finding.check,
        "ruleIndex": rule,
        "level": level,
        "kind": "fail",
        "message": {"text": f"{finding.sentence} {finding.remedy}".strip()},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _POLICY},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"name": name} for name in names],
            }
        ],
        "properties": {
            "metric": finding.metric,
            "value": finding.value,
            "interval": finding.interval,
            "threshold": finding.threshold,
            "rows": list(finding.rows),
            "closes_a_gate": finding.blocks,
        },
    }


def html(report: CheckReport) -> str:
    """Return a report as one page that needs no script and prints well."""
    blocking = sum(finding.blocks for finding in report.findings)
    verdict = (
        "Nothing closes a gate." if not blocking else f"{blocking} close a gate that asks for them."
    )
    families = "".join(
        f"<h2>{escape(family.replace('_', ' '))}</h2><table><thead><tr><th>check</th><th></th>"
        f"<th>what was found</th><th>figure</th></tr></thead><tbody>"
        f"{''.join(_row(f) for f in sorted(findings, key=_weight))}</tbody></table>"
        for family, findings in _families(report.findings)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.subject)}: checks</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(report.subject)}</h1>"
        f'<p><b style="{tint(_COLOURS["failed" if blocking else "passed"])}">{verdict}</b> '
        f"{len(report.findings)} findings, {escape(local_second(report.created))}, run by "
        f"{escape(report.actor)}. Report <code>{escape(report.id)}</code>, digest "
        f"<code>{escape(report.digest)}</code>, policy <code>{escape(report.policy_digest)}"
        f"</code>, model <code>{escape(report.fingerprint)}</code>, data "
        f"<code>{escape(report.data)}</code>.</p>{families}</body></html>\n"
    )


_STYLE = (
    ":root{color-scheme:light dark}body{font:15px/1.45 system-ui,sans-serif;max-width:68rem;"
    "margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%;table-layout:fixed}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;overflow-wrap:anywhere;"
    "border-bottom:1px solid #8885}th:nth-child(1){width:17rem}th:nth-child(2){width:8rem}"
    "th:nth-child(4){width:11rem}h2{text-transform:capitalize;margin-top:2rem;font-size:1.15rem}"
    "code{font-size:.85em;overflow-wrap:anywhere}@media print{body{margin:0;max-width:none}"
    "tr{break-inside:avoid}}@media (max-width:44rem){thead{display:none}tr,td{display:block}"
    "tr{padding:.4rem 0;border-bottom:1px solid #8885}td{padding:.1rem 0;border:0}}"
)


def _weight(finding: Finding) -> tuple[bool, bool]:
    """Return where a finding comes on the page: what closes a gate first."""
    return not finding.blocks, finding.status == "passed"


def _row(finding: Finding) -> str:
    colour = "#b26a00" if finding.status != "passed" and not finding.blocks else ""
    mark = tint(colour or _COLOURS[finding.status])
    more = f"<br><i>{prose(finding.remedy)}</i>" if finding.remedy else ""
    for what, named in (("rows", finding.rows), ("cells", finding.cells)):
        if named:
            more += f"<br><small>{what}: {escape(', '.join(named))}</small>"
    return (
        f"<tr><td><code>{escape(finding.check)}</code></td>"
        f'<td><b style="{mark}">{_WORDS[finding.status]}</b></td>'
        f"<td>{prose(finding.sentence)}{more}</td><td>{escape(_figure(finding))}</td></tr>"
    )


def _figure(finding: Finding) -> str:
    if finding.value is None:
        return ""
    words = f"{finding.metric.replace('_', ' ')} {finding.value:.4g}"
    if finding.interval is not None:
        ends = ("∞" if end is None else f"{end:.4g}" for end in finding.interval)
        words += f" ({' to '.join(ends)})"
    if finding.threshold is not None:
        words += f", limit {finding.threshold:.4g}"
    return words


def _families(findings: Iterable[Finding]) -> Iterable[tuple[str, Iterable[Finding]]]:
    return groupby(sorted(findings, key=lambda f: f.family), key=lambda f: f.family)


def _xml(text: str) -> str:
    """Return text without what XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _json(report: CheckReport) -> str:
    from notewright.views.governance import report_record

    return json.dumps(report_record(report), indent=1, ensure_ascii=False) + "\n"


_FORMS: dict[str, Callable[[CheckReport], str]] = {
    ".html": html,
    ".json": _json,
    ".xml": junit,
    ".sarif": sarif,
}
