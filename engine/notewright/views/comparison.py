"""Comparisons of runs, for people and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notewright.experiments.changes import Change
from notewright.experiments.compared import Comparison
from notewright.experiments.pairs import Difference, Estimate
from notewright.experiments.scalars import metric_to_json
from notewright.store.canonical import plain
from notewright.views.base import Message, Page, Table, View, escape
from notewright.views.experiments import number


def comparison_view(comparison: Comparison, more: Mapping[str, View] | None = None) -> View:
    """Say which run is better, by how much, and what differs between them.

    Parameters
    ----------
    more : mapping, optional
        What else was asked, by its name in the record.
    """
    names = comparison.names
    parts: list[View] = []
    if comparison.sentences:
        parts.append(Lines("\n".join(comparison.sentences)))
    parts.append(_metrics_table(comparison))
    if comparison.differences:
        parts.append(differences_table(comparison.differences, names))
    parts += (more or {}).values()
    for caption, changes in (
        ("Parameters that differ", comparison.params),
        ("Data that differs", comparison.data),
        ("Environment that differs", comparison.environment),
    ):
        if changes:
            parts.append(_changes_table(caption, changes, names))
    for change in comparison.code:
        caption = f"Code of {names[change.run]} against {names[0]}"
        parts.append(_Code(f"{caption}:", "\n".join(change.lines)))
    if comparison.test_set is not None:
        parts.append(Message(comparison.test_set.sentence))
    parts += [Message(note) for note in comparison.notes]
    record = _record(comparison) | {name: view.data() for name, view in (more or {}).items()}
    return Page(parts, record)


class Lines(Message):
    """Lines that stay lines in HTML."""

    def html(self) -> str:
        """Return one element a line."""
        lines = (escape(line) for line in self.message.splitlines())
        return "".join(f'<div style="white-space:pre-wrap">{line}</div>' for line in lines)


class _Code(View):
    """Code under a caption."""

    def __init__(self, caption: str, code: str) -> None:
        self._caption = caption
        self._code = code

    def text(self) -> str:
        """Return the caption and the code."""
        return f"{self._caption}\n{self._code}"

    def html(self) -> str:
        """Return the code in the font of code."""
        return (
            f"<div><b>{escape(self._caption)}</b></div>"
            f'<pre style="margin:4px 0;font-size:13px">{escape(self._code)}</pre>'
        )

    def data(self) -> Any:
        """Return the code."""
        return self._code


def _metrics_table(comparison: Comparison) -> View:
    metrics = dict.fromkeys(estimate.metric for estimate in comparison.estimates)
    titles = {e.metric: e.title for e in comparison.estimates}
    shared = [n for n in comparison.runs[0].metrics if all(n in r.metrics for r in comparison.runs)]
    plain_names = [n for n in shared if n not in metrics]
    rows = []
    for place, run in enumerate(comparison.runs):
        cells = [_with_interval(comparison.estimate(place, metric)) for metric in metrics]
        cells += [number(run.metrics[name]) for name in plain_names]
        rows.append((comparison.names[place], run.id[:6], *cells))
    columns = ["run", "id", *(titles[m] for m in metrics), *plain_names]
    return Table(columns, rows, caption="Metrics with 95 % intervals")


def _with_interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    if estimate.interval is None:
        return number(estimate.value)
    low, high = estimate.interval
    return f"{number(estimate.value)} ({number(low)} to {number(high)})"


def differences_table(
    differences: Sequence[Difference], names: Sequence[str], caption: str = "Differences"
) -> View:
    """List differences with their intervals and tests."""
    rows = [
        (
            d.title,
            f"{names[d.b]} − {names[d.a]}",
            number(d.value),
            f"{number(d.interval[0])} to {number(d.interval[1])}",
            d.test,
            p_words(d.p_value),
            p_words(d.p_adjusted),
            number(d.detectable),
        )
        for d in differences
    ]
    columns = [
        "metric", "difference", "value", "95 % interval", "test", "p", "p (Holm)", "could show",
    ]  # fmt: skip
    return Table(columns, rows, caption=caption)


def _changes_table(caption: str, changes: Sequence[Change], names: Sequence[str]) -> View:
    rows = [(change.name, *map(str, change.values)) for change in changes]
    return Table(["", *names], rows, caption=caption)


def _record(comparison: Comparison) -> dict[str, Any]:
    runs = comparison.runs

    def changes(found: Sequence[Change]) -> list[dict[str, Any]]:
        return [
            {"name": c.name, "values": {r.id: v for r, v in zip(runs, c.values, strict=True)}}
            for c in found
        ]

    return {
        "runs": [{"id": r.id, "name": r.name, "status": r.status} for r in runs],
        "metrics": [
            {
                "run": runs[e.run].id,
                "metric": e.metric,
                "title": e.title,
                "value": metric_to_json(e.value),
                "interval": None if e.interval is None else list(e.interval),
                "method": e.method,
            }
            for e in comparison.estimates
        ],
        "differences": [difference_record(d, comparison) for d in comparison.differences],
        "params": changes(comparison.params),
        "data": changes(comparison.data),
        "environment": changes(comparison.environment),
        "code": [{"run": runs[c.run].id, "lines": list(c.lines)} for c in comparison.code],
        "same_rows": comparison.same_rows,
        "test_set": None if comparison.test_set is None else plain(comparison.test_set),
        "notes": list(comparison.notes),
    }


def difference_record(difference: Difference, comparison: Comparison) -> dict[str, Any]:
    """Return a difference as JSON values with stable names."""
    better = difference.better
    return {
        "a": comparison.runs[difference.a].id,
        "b": comparison.runs[difference.b].id,
        "metric": difference.metric,
        "title": difference.title,
        "value": metric_to_json(difference.value),
        "interval": [metric_to_json(end) for end in difference.interval],
        "p_value": difference.p_value,
        "p_adjusted": difference.p_adjusted,
        "test": difference.test,
        "detectable": metric_to_json(difference.detectable),
        "significant": difference.significant,
        "better": None if better is None else comparison.runs[better].id,
        "sentence": difference.sentence(comparison.names),
    }


def p_words(value: float) -> str:
    """Return a p-value with two digits."""
    return "< 0.0001" if value < 0.0001 else f"{value:.2g}"
