"""What a live model was asked, how it answered, whether its input drifted, and what that does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import NotDeployed
from notewright.serving import frames
from notewright.serving.deployments import Deployments
from notewright.serving.log import Logged, PredictionLog
from notewright.serving.moments import moment
from notewright.serving.schema import Refused, Schema
from notewright.state.withheld import Withheld, united, withheld_words
from notewright.store.ids import now

if TYPE_CHECKING:
    import pandas as pd

    from notewright.experiments.evaluation import Evaluation
    from notewright.governance.drift import ColumnDrift
    from notewright.governance.label_free import Estimate

#: Only the newest rows are compared, so that a long log costs no more than this.
MAX_ROWS = 100_000
#: With fewer rows than this a report says that it is thin.
FEW_ROWS = 50
#: Of so many of the newest rows it is estimated how good the predictions are.
_ESTIMATED = 20_000


@dataclass(frozen=True)
class Latency:
    """Milliseconds from a request to its answer, over answered requests."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class MonitorReport:
    """What the prediction log says of one deployment.

    Parameters
    ----------
    name, deployment, package : str
        What was looked at; `package` as ``credit_risk@2``.
    since, until : str
        The time window: from the moment asked for, else from when this version first
        went live, to the moment of the report.
    requests, rows : int
        Requests of any outcome, and rows predicted.
    errors : dict of str to int
        Refused and failed requests by HTTP status.
    common_error : str or None
        The sentence most of them got.
    latency : Latency or None
        None while nothing was answered.
    drift : tuple of ColumnDrift
        One for each raw column, strongest first.
    predictions : dict of str to float
        Share of each predicted label, for models that predict labels.
    notes : tuple of str
        What could not be looked at, and why.
    estimates : tuple of Estimate
        How good the predictions are likely to be; empty where that cannot be told.
    withheld : tuple of Withheld
        Columns of which only figures are told.
    """

    name: str
    deployment: str
    package: str
    since: str
    until: str
    requests: int
    rows: int
    errors: dict[str, int]
    common_error: str | None
    latency: Latency | None
    drift: tuple[ColumnDrift, ...]
    predictions: dict[str, float]
    notes: tuple[str, ...]
    estimates: tuple[Estimate, ...] = ()
    withheld: tuple[Withheld, ...] = ()

    @property
    def refused(self) -> dict[str, int]:
        """Requests that were their callers' mistake (4xx), by HTTP status."""
        return {status: count for status, count in self.errors.items() if status < "500"}

    @property
    def failed(self) -> dict[str, int]:
        """Requests that the server failed to answer (5xx), by HTTP status."""
        return {status: count for status, count in self.errors.items() if status >= "500"}

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """The columns that drifted, strongest first."""
        return tuple(column for column in self.drift if column.verdict != "none")

    @property
    def sentences(self) -> list[str]:
        """What to know, in words."""
        return [*self._drift_sentences(), *self._estimate_sentences(), *self._more]

    def _drift_sentences(self) -> list[str]:
        if not self.drift:
            return ["There is nothing to compare yet."]
        if not self.drifted:
            return [f"None of {len(self.drift)} columns drifted."]
        count = f"{len(self.drifted)} of {len(self.drift)} columns drifted."
        return [count, *(column.sentence for column in self.drifted)]

    def _estimate_sentences(self) -> list[str]:
        if not self.estimates:
            return []
        said = [each.sentence for each in self.estimates]
        return [
            *said,
            "That holds as long as only the rows changed, and not what follows from them.",
        ]

    @property
    def _more(self) -> list[str]:
        named = f"Values are {withheld_words(self.withheld)}."
        return [*self.notes, *([named] if self.withheld else [])]


def monitor(
    deployments: Deployments,
    name: str,
    since: str | None = None,
    tested: Callable[[str], Evaluation | None] = lambda model_version: None,
) -> MonitorReport:
    """Report on the package version that is live under `name`.

    Parameters
    ----------
    deployments : Deployments
        The workspace's deployments.
    name : str
        The deployment's name.
    since : str, optional
        ``12h``, ``7d`` or a date; by default since this version first went live.
    tested : callable, optional
        Returns what a model version said of labelled rows, by its id.

    Raises
    ------
    NotDeployed, BadMoment
        If there is nothing of this name; if `since` is no time.
    """
    from notewright.governance.drift import without_values

    history = deployments.history(name)
    current = deployments.get(name)
    if not any(deployment.live_from for deployment in history):
        raise NotDeployed(name)
    times = [found for found in history if found.package == current.package]
    same = {deployment.id for deployment in times}
    first = min(deployment.live_from or deployment.created for deployment in times)
    start = moment(since) if since else ""
    withholding = deployments.restrictions.now()
    # Whole: figures are computed of all columns.
    logged = PredictionLog(deployments.log(name).folder).records(start, same)
    path = deployments.path_of(current)
    rows, notes = _rows(path, logged)
    drift = tuple(without_values(_drift(path, rows, notes), withholding))
    answered = [record.entry.milliseconds for record in logged if record.entry.status == 200]
    refused = [record.entry for record in logged if record.entry.status != 200]
    sentences = Counter(entry.error for entry in refused if entry.error)
    common = sentences.most_common(1)[0][0] if sentences else None
    of_error = withholding.mentioned([common or ""])
    return MonitorReport(
        name=name,
        deployment=current.id,
        package=current.package_ref,
        since=start or first,
        until=now(),
        requests=len(logged),
        rows=sum(record.entry.rows for record in logged),
        errors=dict(sorted(Counter(str(entry.status) for entry in refused).items())),
        common_error=f"{withheld_words(of_error)}." if of_error else common,
        latency=_latency(answered),
        drift=drift,
        predictions=_predictions(logged),
        notes=tuple(notes),
        estimates=_estimates(logged, tested(current.model_version)),
        withheld=united(withholding.among(each.column for each in drift), of_error),
    )


def _estimates(logged: list[Logged], tested: Evaluation | None) -> tuple[Estimate, ...]:
    from notewright.governance.label_free import estimates

    if tested is None or tested.positive is None:
        return ()
    name, scores = f"probability_{tested.positive}", list[float]()
    for record in reversed(logged):
        if len(scores) >= _ESTIMATED:
            break
        for output in json.loads(record.entry.outputs or b"[]"):
            # Words stand where the reader may not see the values.
            if output["name"] == name and isinstance(output["data"], list):
                scores += output["data"]
    return estimates(tested, scores[:_ESTIMATED])


def _rows(path: Path, logged: list[Logged]) -> tuple[pd.DataFrame | None, list[str]]:
    """Return the newest logged raw rows as one table."""
    schema = Schema.read(json.loads((path / "model" / "schema.json").read_bytes()))
    columns: dict[str, list[Any]] = {column.name: [] for column in schema.columns}
    count, unreadable, left_out = 0, 0, 0
    for record in reversed(logged):
        if record.entry.status != 200:
            continue
        if not record.entry.inputs:
            unreadable += 1
            continue
        if count >= MAX_ROWS:
            left_out += 1
            continue
        try:
            asked = schema.parse(record.entry.inputs)
        except Refused:
            unreadable += 1
            continue
        for column in schema.optional:
            if column.name in asked.columns:
                columns.setdefault(column.name, [None] * count)
        for name, held in columns.items():
            held.extend(asked.columns.get(name, [None] * asked.rows))
        count += asked.rows
    notes = []
    if unreadable:
        notes.append(f"{unreadable} logged requests were erased or do not fit the schema.")
    if left_out:
        notes.append(f"Only the newest {count} rows are compared.")
    if 0 < count < FEW_ROWS:
        notes.append(f"There are only {count} rows: small changes cannot be told from chance.")
    return (frames.frame(schema, columns) if count else None), notes


def _drift(path: Path, rows: pd.DataFrame | None, notes: list[str]) -> tuple[ColumnDrift, ...]:
    from notewright.governance.drift import drift

    reference = path / "model" / "reference.json"
    if rows is None:
        return ()
    if not reference.is_file():
        notes.append("The package carries no reference profile, so drift cannot be told.")
        return ()
    profile = json.loads(reference.read_bytes())
    served = set(rows.columns)
    found = [column for column in drift(profile, rows) if column.column in served]
    order = {"strong": 0, "some": 1, "none": 2}
    return tuple(sorted(found, key=lambda c: (order[c.verdict], -(c.value or 0.0))))


def _latency(milliseconds: list[float]) -> Latency | None:
    if not milliseconds:
        return None
    ordered = sorted(milliseconds)

    def quantile(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return Latency(quantile(0.50), quantile(0.95), quantile(0.99))


def _predictions(logged: list[Logged]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for record in logged:
        for output in json.loads(record.entry.outputs or b"[]"):
            if output["name"] == "prediction" and output["datatype"] != "FP64":
                counts.update(str(value) for value in output["data"])
    total = sum(counts.values())
    return {label: count / total for label, count in sorted(counts.items())}
