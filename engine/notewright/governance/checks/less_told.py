"""Findings as somebody is told them who may not see some columns.

It is the values that are restricted, and not the column's name. Of a check that says of itself
that its words hold none, the sentence stays; which rows are concerned does not, for that tells
something of each. The words of any other check may repeat values. So of a finding of theirs that
mentions such a column only what is a figure stays: which check, about what, how it ended, by how
much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from notewright.governance.checks.base import Finding
from notewright.governance.checks.registry import all_checks
from notewright.state.withheld import Withheld, Withholding, united, withheld_words
from notewright.store.canonical import plain

_ENDED = {"passed": "passed", "failed": "did not pass", "could_not_run": "could not run"}


def told(
    findings: Iterable[Finding], labels: Sequence[str], withholding: Withholding
) -> tuple[Finding, ...]:
    """Return the findings without values of the columns that are withheld.

    Parameters
    ----------
    findings : iterable of Finding
    labels : sequence of str
        The columns whose values the row labels are, if any.
    withholding : Withholding

    Examples
    --------
    >>> found = Finding(
    ...     "data_quality.outliers", "data_quality", "warning", "failed",
    ...     "'income' has 1 outlier: 98765.", subject="income", metric="outliers", value=1.0,
    ... )
    >>> told([found], (), Withholding((Withheld("income", ()),)))[0].sentence
    'data_quality.outliers did not pass: outliers 1; withheld: income (nobody may see it).'
    """
    if not withholding:
        return tuple(findings)
    of_labels = withholding.among(labels)
    return tuple(_told(finding, of_labels, withholding) for finding in findings)


def _told(finding: Finding, of_labels: Sequence[Withheld], withholding: Withholding) -> Finding:
    withheld = united(
        of_labels if finding.rows else (),
        withholding.mentioned(_texts(plain(finding))),
    )
    if not withheld:
        return finding
    words = withheld_words(withheld)
    details = {"withheld": [each.words for each in withheld]}
    if not _tells_values(finding):
        sentence = f"{finding.sentence.removesuffix('.')}; {words}."
        return replace(finding, sentence=sentence, rows=(), details=details)
    figures = ""
    if finding.value is not None:
        limit = "" if finding.threshold is None else f", limit {finding.threshold:.4g}"
        figures = f": {finding.metric} {finding.value:.4g}{limit}"
    return replace(
        finding,
        sentence=f"{finding.check} {_ENDED[finding.status]}{figures}; {words}.",
        remedy=finding.remedy and "Somebody who may see it runs `%nw check` and reads the rest.",
        rows=(),
        details=details,
    )


def _tells_values(finding: Finding) -> bool:
    """Tell whether the words of a finding may hold values; those of an error may."""
    check = all_checks().get(finding.check)
    return check is None or check.tells_values or finding.status == "could_not_run"


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield str(key)
            yield from _texts(held)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _texts(held)
