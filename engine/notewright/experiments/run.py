"""What a run is: one experiment, as it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from notewright.experiments.rows import RowSet
from notewright.experiments.scalars import Scalar, metric_from_json, metric_to_json
from notewright.state.records import FileRead
from notewright.store.canonical import plain

#: Fields of records and of tuples.
_PLAIN = (
    "model", "models", "files", "artifacts", "changed_params", "notes", "rows", "warnings",
)  # fmt: skip
Status = Literal["running", "finished", "failed", "interrupted"]
STATUSES: tuple[Status, ...] = ("running", "finished", "failed", "interrupted")


@dataclass(frozen=True)
class ModelRef:
    """Where a run's fitted model is.

    Parameters
    ----------
    variable : str
        The name it had in the notebook.
    type : str
        Qualified name of its type.
    fingerprint : str
        Hash of its value (`notewright.state.values.fingerprint`).
    object : str or None
        Digest of its stored bytes.
    snapshot : str or None
        The snapshot that holds the variable; None when `object` is the model itself.
    """

    variable: str
    type: str
    fingerprint: str
    object: str | None = None
    snapshot: str | None = None


@dataclass(frozen=True)
class Artifact:
    """A file that was logged with a run."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True)
class Run:
    """One experiment.

    Parameters
    ----------
    id, digest : str
        Identifier, and address of the record as evidence.
    name : str
        What the user called it.
    status : {"running", "finished", "failed", "interrupted"}
        A failed or interrupted run keeps what it had.
    created, seconds
        Start (ISO 8601, UTC) and duration.
    tags, params, metrics : dict
        `params` holds every parameter; `changed_params` names those that
        differ from the estimator's defaults or were logged by hand.
    session, execution, snapshot_before, snapshot_after : str or None
        What it links to.
    model : ModelRef or None
        The model that was scored, else the one fitted last.
    models : tuple of ModelRef
        Every fitted model of the run.
    evaluation : str or None
        Digest of the scored rows; `Runs.evaluation` reads them.
    row_digest : str or None
        Hash over the rows and their true values: equal for equal test sets.
    files : tuple of FileRead
        The data files behind the run.
    steps : str or None
        Digest of the values logged with a step.
    artifacts : tuple of Artifact
    notes : tuple of str
        What the recording had to choose or could not keep, in words.
    origin : {"cell", "code", "auto", "trial", "rerun", "retrain"}
    parent : str or None
        The run this is a child of.
    error : str or None
        Why it failed.
    rows : tuple of RowSet
        The rows that were trained on and scored, by lineage to a table.
    warnings : tuple of str
        What was warned of while it ran.
    cpu_seconds : float or None
        Processor time of the process, all threads.
    memory, memory_exact : int or None, bool
        By how many bytes the process grew at most; not exact where it had been
        larger before (`resources.Used`).
    """

    id: str
    digest: str
    name: str
    status: Status
    created: str
    seconds: float
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Scalar] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    session: str | None = None
    execution: str | None = None
    snapshot_before: str | None = None
    snapshot_after: str | None = None
    model: ModelRef | None = None
    evaluation: str | None = None
    files: tuple[FileRead, ...] = ()
    error: str | None = None
    changed_params: tuple[str, ...] = ()
    models: tuple[ModelRef, ...] = ()
    row_digest: str | None = None
    steps: str | None = None
    artifacts: tuple[Artifact, ...] = ()
    notes: tuple[str, ...] = ()
    origin: str = "cell"
    parent: str | None = None
    rows: tuple[RowSet, ...] = ()
    warnings: tuple[str, ...] = ()
    cpu_seconds: float | None = None
    memory: int | None = None
    memory_exact: bool = False

    def body(self) -> dict[str, Any]:
        """Return the record as JSON values, without its digest."""
        body = {name: getattr(self, name) for name in self.__dataclass_fields__}
        del body["digest"]
        for name in _PLAIN:
            body[name] = plain(body[name])
        for name in ("params", "tags"):
            body[name] = dict(body[name])
        body["metrics"] = {name: metric_to_json(value) for name, value in self.metrics.items()}
        body["schema"] = 1
        return body

    @classmethod
    def parse(cls, body: str | bytes | Mapping[str, Any], digest: str) -> Run:
        """Return the run that the JSON text (or value) `body` describes."""
        given = json.loads(body) if isinstance(body, str | bytes) else body
        fields = {name: given[name] for name in cls.__dataclass_fields__ if name in given}
        fields["metrics"] = {n: metric_from_json(v) for n, v in given["metrics"].items()}
        fields["files"] = tuple(FileRead(**file) for file in given["files"])
        fields["models"] = tuple(ModelRef(**model) for model in given["models"])
        fields["model"] = None if given["model"] is None else ModelRef(**given["model"])
        fields["artifacts"] = tuple(Artifact(**artifact) for artifact in given["artifacts"])
        fields["notes"] = tuple(given["notes"])
        # Records from before do not have these.
        fields["rows"] = tuple(RowSet(**rows) for rows in given.get("rows", ()))
        fields["warnings"] = tuple(given.get("warnings", ()))
        fields["changed_params"] = tuple(given["changed_params"])
        return cls(**{**fields, "digest": digest})
