"""What is read of one run over there: MLflow's own words for it, and its files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

#: So many runs are asked for at a time.
_PAGE = 1000


@dataclass(frozen=True)
class ForeignRun:
    """One run of an MLflow store.

    Parameters
    ----------
    id, experiment, name, status, user : str
        As MLflow says.
    began, ended : int
        Milliseconds since 1970.
    params, tags : mapping of str
    metrics : mapping of float
        The latest values.
    history : tuple of (key, value, milliseconds, step)
        Every value, in the order of time, then of steps.
    files : mapping
        Contents of the run's artifacts by their paths.
    models : mapping
        Of models that were logged with it and are kept elsewhere, the paths of their files within
        `files`, by their ids.
    """

    id: str
    experiment: str
    name: str
    status: str
    user: str
    began: int
    ended: int
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    history: tuple[tuple[str, float, int, int], ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    def model_folders(self) -> list[str]:
        """Return the folders among the files that hold a model."""
        return sorted(n.rpartition("/")[0] for n in self.files if n.rpartition("/")[2] == "MLmodel")

    def below(self, folder: str) -> dict[str, bytes]:
        """Return the files in a folder, by their paths in it."""
        start = f"{folder}/" if folder else ""
        return {n[len(start) :]: data for n, data in self.files.items() if n.startswith(start)}


def experiments(client: Any, name: str | None) -> dict[str, str]:
    """Return the names of the experiments by their ids: all, or one."""
    if name is not None:
        found = client.get_experiment_by_name(name)
        return {} if found is None else {found.experiment_id: found.name}
    return {
        e.experiment_id: e.name for e in paged(lambda at: client.search_experiments(page_token=at))
    }


def runs_of(client: Any, ids: list[str]) -> list[Any]:
    """Return the runs of experiments, those that began first coming first."""
    if not ids:
        return []
    order = ["attributes.start_time ASC"]
    return list(
        paged(lambda at: client.search_runs(ids, order_by=order, max_results=_PAGE, page_token=at))
    )


def paged(ask: Any) -> Iterator[Any]:
    """Yield what comes in pages."""
    token = None
    while True:
        page = ask(token)
        yield from page
        token = page.token
        if not token:
            return


def foreign_run(client: Any, run: Any, experiment: str) -> ForeignRun:
    """Read everything of a run."""
    history = [
        (key, float(each.value), int(each.timestamp), int(each.step))
        for key in run.data.metrics
        for each in client.get_metric_history(run.info.run_id, key)
    ]
    files = dict(files_at(run.info.artifact_uri))
    outputs = getattr(run, "outputs", None)  # MLflow 2 has none
    for output in () if outputs is None else outputs.model_outputs:
        model = client.get_logged_model(output.model_id)
        for name, data in files_at(model.artifact_location).items():
            files[f"models/{output.model_id}/{name}"] = data
    began = int(run.info.start_time or 0)
    return ForeignRun(
        id=run.info.run_id,
        experiment=experiment,
        name=run.info.run_name or run.info.run_id,
        status=run.info.status,
        user=run.info.user_id or "",
        began=began,
        ended=int(run.info.end_time or began),
        params=dict(run.data.params),
        tags=dict(run.data.tags),
        metrics={key: float(value) for key, value in run.data.metrics.items()},
        history=tuple(sorted(history, key=lambda each: (each[2], each[3]))),
        files=files,
    )


def files_at(uri: str) -> dict[str, bytes]:
    """Return the contents of the files at an artifact URI, by their paths; links are left out."""
    with _folder(uri) as folder:
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in found
            if path.resolve().is_relative_to(folder.resolve())
        }


@contextmanager
def _folder(uri: str) -> Iterator[Path]:
    parts = urlsplit(uri)
    if parts.scheme in ("", "file"):
        yield Path(unquote(parts.path) if parts.scheme else uri)
        return
    from mlflow.artifacts import download_artifacts

    with tempfile.TemporaryDirectory(prefix="notewright-") as aside:
        yield Path(download_artifacts(artifact_uri=uri, dst_path=aside))
