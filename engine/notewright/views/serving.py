"""How deployments, their traffic, retraining and retracing are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from notewright.views.base import Message, Page, Table, View, escape, prose
from notewright.words import local_minute, local_second, number_of

if TYPE_CHECKING:
    from notewright.serving.erasing import Erasure
    from notewright.serving.links import Link
    from notewright.serving.monitor import MonitorReport
    from notewright.serving.records import Deployment
    from notewright.serving.retrace import Retrace
    from notewright.serving.retrain import RetrainOutcome


def deployment_record(deployment: Deployment) -> dict[str, Any]:
    """Return a deployment as JSON values with stable names."""
    return asdict(deployment)


def deployed_view(deployment: Deployment) -> View:
    """Show what has just gone live."""
    what = "is live again" if deployment.kind == "rollback" else "is live"
    address = f"{deployment.url}/v2/models/{deployment.name}/infer"
    return Message(
        f"{deployment.package_ref} {what} as '{deployment.name}': POST {address}",
        {"deployment": deployment_record(deployment), "url": deployment.url, "infer": address},
    )


def stopped_view(deployment: Deployment) -> View:
    """Show what was stopped."""
    return Message(
        f"'{deployment.name}' is stopped; its prediction log and history stay.",
        {"deployment": deployment_record(deployment)},
    )


def deployments_view(deployments: Sequence[Deployment], caption: str = "") -> View:
    """List deployments."""
    rows = [
        (
            found.name,
            found.package_ref,
            found.status + (f": {found.problem}" if found.problem else ""),
            found.url or "-",
            found.kind,
            found.actor,
            local_second(found.live_from or found.created),
            found.id[:8],
        )
        for found in deployments
    ]
    return Table(
        ["name", "package", "status", "address", "by", "actor", "since", "id"],
        rows,
        caption=caption,
        empty="Nothing is deployed.",
        records=[deployment_record(found) for found in deployments],
    )


def monitor_view(report: MonitorReport) -> View:
    """Show traffic, latency and drift."""
    answered = report.requests - sum(report.errors.values())
    lines = [
        f"'{report.name}' ({report.package}), {local_minute(report.since)} to "
        f"{local_minute(report.until)}: {number_of(report.requests, 'request')}; "
        f"{answered} answered with {number_of(report.rows, 'row')}, "
        f"{_mistakes(report.refused)}, {_failures(report.failed)}."
    ]
    if report.common_error:
        lines.append(f"The most common error: {report.common_error}")
    if report.latency is not None:
        speed = report.latency
        lines.append(
            f"Latency: {speed.p50:.1f} ms median, {speed.p95:.1f} ms for 95 %, "
            f"{speed.p99:.1f} ms for 99 % of the requests."
        )
    if report.predictions:
        shares = ", ".join(f"{share:.0%} {label}" for label, share in report.predictions.items())
        lines.append(f"Predictions: {shares}.")
    lines += report.sentences
    table = Table(
        ["column", "drift", "population stability index", "p-value"],
        [
            (
                column.column,
                column.verdict,
                "-" if column.value is None else f"{column.value:.3f}",
                "-" if column.p_value is None else f"{column.p_value:.2g}",
            )
            for column in report.drift
        ],
        empty="",
    )
    record = asdict(report) | {
        "refused": report.refused,
        "failed": report.failed,
        "sentences": report.sentences,
        "withheld": [withheld.words for withheld in report.withheld],
    }
    return Page([Lines(lines), table], record)


def erasure_view(erased: Erasure) -> View:
    """Say what was erased, or would be."""
    which = (
        f"prediction {erased.prediction} of '{erased.name}'"
        if erased.prediction is not None
        else f"{number_of(erased.records, 'request')} to '{erased.name}' from before "
        f"{local_minute(erased.before or '')}"
    )
    if not erased.records:
        words = f"There is nothing to erase: {which}."
        if erased.prediction is not None:
            words = f"There is nothing to erase: {which} was erased before."
    elif erased.done:
        words = f"Erased for good what was asked and answered: {which}."
    else:
        words = (
            f"What was asked and answered would be erased: {which}. Nothing has been erased yet: "
            "the same with `--yes` does it, for good."
        )
    return Message(words, asdict(erased))


def _mistakes(refused: dict[str, int]) -> str:
    if not refused:
        return "none refused"
    return f"{sum(refused.values())} refused for the caller's mistake ({_statuses(refused)})"


def _failures(failed: dict[str, int]) -> str:
    if not failed:
        return "no failure of the server"
    return f"{number_of(sum(failed.values()), 'failure')} of the server ({_statuses(failed)})"


def _statuses(errors: dict[str, int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in errors.items())


@dataclass(repr=False)
class Lines(View):
    """Sentences, one a line."""

    lines: Sequence[str]

    def text(self) -> str:
        return "\n".join(self.lines)

    def html(self) -> str:
        return "".join(f"<div>{prose(line)}</div>" for line in self.lines)

    def data(self) -> Any:
        return list(self.lines)


@dataclass(repr=False)
class Chain(View):
    """A prediction's chain of evidence."""

    found: Retrace

    def text(self) -> str:
        lines = [f"Prediction {self.found.prediction}"]
        for link in self.found.links:
            lines.append(f"  {_mark(link)} {link.kind:<10} {link.id[:16]:<16} {link.sentence}")
            if link.problem:
                lines.append(f"      ! {link.problem}")
            lines += [f"      - {detail}" for detail in link.details]
        return "\n".join([*lines, self.found.sentence])

    def html(self) -> str:
        rows = "".join(_row(link) for link in self.found.links)
        return (
            f"<div><b>Prediction {escape(self.found.prediction)}</b></div>"
            f'<table style="border-collapse:collapse;font-size:13px">{rows}</table>'
            f"<div>{escape(self.found.sentence)}</div>"
        )

    def data(self) -> Any:
        return {
            "prediction": self.found.prediction,
            "verified": self.found.verified,
            "sentence": self.found.sentence,
            "links": [asdict(link) for link in self.found.links],
        }

    def exit_code(self) -> int:
        return 0 if self.found.verified else 1


def retrain_view(outcome: RetrainOutcome) -> View:
    """Show how a challenger compares with the champion."""
    return Page(
        [Lines(outcome.sentences)],
        {
            "name": outcome.name,
            "champion": outcome.champion,
            "challenger": outcome.challenger,
            "package": outcome.package,
            "path": str(outcome.path),
            "rows": outcome.rows,
            "held_out": outcome.held_out,
            "seen": outcome.seen,
            "comparison": list(outcome.comparison.sentences),
            "checks_passed": outcome.report.passed,
            "gate_open": outcome.verdict.open,
            "sentences": outcome.sentences,
        },
    )


def _mark(link: Link) -> str:
    return "ok    " if link.verified else "BROKEN"


def _row(link: Link) -> str:
    cell = 'style="text-align:left;vertical-align:top;padding:2px 12px 2px 0"'
    more = "".join(f"<li>{escape(detail)}</li>" for detail in link.details)
    problem = f"<div><b>{escape(link.problem)}</b></div>" if link.problem else ""
    mark = "verified" if link.verified else "<b>broken</b>"
    return (
        f"<tr><td {cell}>{mark}</td><td {cell}>{escape(link.kind)}</td>"
        f'<td {cell}><code title="{escape(link.digest)}">{escape(link.id[:16])}</code></td>'
        f"<td {cell}>{escape(link.sentence)}{problem}"
        + (
            f"<details><summary>{len(link.details)} in detail</summary><ul>{more}</ul></details>"
            if more
            else ""
        )
        + "</td></tr>"
    )
