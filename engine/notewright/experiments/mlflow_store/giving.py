"""Runs and model versions, written into an MLflow store so that MLflow lists and loads them.

Every run takes its own record along, as an artifact, so that taking it over from there gives the
very same run. A run that came from MLflow is written as MLflow had it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from notewright.errors import NotewrightError
from notewright.experiments.mlflow_store import flavour
from notewright.experiments.mlflow_store.foreign import experiments, paged, runs_of
from notewright.experiments.mlflow_store.spelling import (
    LONGEST_PARAM,
    LONGEST_TAG,
    NAME_TAG,
    ORIGINAL,
    PARENT_TAG,
    RECORD,
    RUN_TAG,
    TO_MLFLOW,
    VERSION_TAG,
    begin,
    end,
    is_safe_path,
    keys,
)
from notewright.experiments.models import Models, ModelVersion
from notewright.experiments.run import Run
from notewright.experiments.runs import Runs
from notewright.experiments.scalars import metric_from_json
from notewright.progress import Progress
from notewright.state.withheld import withheld_words
from notewright.store.canonical import canonical
from notewright.store.ids import new_id

#: So many values go in one request (MLflow's limits).
_METRICS, _OTHERS = 1000, 100


@dataclass
class Given:
    """What writing did.

    Parameters
    ----------
    runs, known : int
        How many runs are new there, and how many were there already.
    versions, aliases : list of str
        New versions and aliases there, as they are called there.
    left_out : list of str
        What was not written, and why.
    """

    runs: int = 0
    known: int = 0
    versions: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Values:
    """What MLflow is told of one run."""

    experiment: str
    name: str
    status: str
    began: int
    ended: int
    params: Mapping[str, str]
    tags: Mapping[str, str]
    #: key, value, milliseconds, step
    history: Sequence[tuple[str, float, int, int]]


class Giving:
    """Writes into one store.

    Parameters
    ----------
    client : MlflowClient
    runs, models
        The workspace's.
    experiment : str
        Where runs go that did not come from MLflow.
    artifacts : Path or None
        The folder for artifacts of new experiments; None leaves it to the store.
    """

    def __init__(
        self, client: Any, runs: Runs, models: Models, experiment: str, artifacts: Path | None
    ) -> None:
        self._client = client
        self._runs = runs
        self._models = models
        self._experiment = experiment
        self._artifacts = artifacts
        self._experiments = {name: id_ for id_, name in experiments(client, None).items()}
        #: The ids there of runs here.
        self._ids: dict[str, str] = {}
        #: The ids there of runs that were in another store of MLflow's.
        self._moved: dict[str, str] = {}
        for found in runs_of(client, list(self._experiments.values())):
            ours = found.data.tags.get(RUN_TAG)
            if ours and found.info.status == "RUNNING":
                # Writing it was cut short; it is written anew.
                client.delete_run(found.info.run_id)
                continue
            if ours:
                self._ids[ours] = found.info.run_id
            self._moved[found.info.run_id] = found.info.run_id
        self.given = Given()

    def give_runs(self, wanted: Iterable[Run], progress: Progress) -> None:
        """Write runs that are not there yet, oldest first."""
        ordered = sorted(wanted, key=lambda run: run.created)
        for position, run in enumerate(ordered):
            progress.step(0.9 * position / len(ordered), f"run {position + 1} of {len(ordered)}")
            origin = run.tags.get("mlflow.run", "")
            if run.id in self._ids or origin in self._moved:
                self._ids.setdefault(run.id, self._moved.get(origin, ""))
                self.given.known += 1
            elif run.status == "running":
                self.given.left_out.append(f"run {run.name}: it is still running")
            else:
                self._give(run)

    def give_models(self, progress: Progress) -> None:
        """Write the versions whose runs are there, then the aliases."""
        for name in dict.fromkeys(version.name for version in self._models.list()):
            progress.step(0.95, f"model {name}")
            there = self._versions_there(name)
            numbers: dict[int, str] = {}
            for version in self._models.list(name):
                number = there.get(version.id) or self._give_version(version)
                if number is not None:
                    numbers[version.number] = number
            self._give_aliases(name, numbers)

    # -- runs -------------------------------------------------------------------------

    def _give(self, run: Run) -> None:
        from mlflow.entities import Metric, Param, RunTag

        original = self._original(run)
        values = self._values(run) if original is None else _restored(original, self._moved)
        made = self._client.create_run(
            self._experiment_id(values.experiment),
            start_time=values.began,
            run_name=values.name,
            tags={RUN_TAG: run.id, **_first(values.tags)},
        )
        id_ = made.info.run_id
        rest = list(values.tags.items())[_OTHERS - 5 :]
        params = list(values.params.items())
        for start in range(0, max(len(rest), len(params)), _OTHERS):
            self._client.log_batch(
                id_,
                params=[Param(*each) for each in params[start : start + _OTHERS]],
                tags=[RunTag(*each) for each in rest[start : start + _OTHERS]],
            )
        for start in range(0, len(values.history), _METRICS):
            some = values.history[start : start + _METRICS]
            self._client.log_batch(id_, metrics=[Metric(*each) for each in some])
        self._give_files(id_, run, native=original is None)
        # Last, so that what was cut short is seen to be unfinished.
        self._client.set_terminated(id_, values.status, end_time=values.ended)
        self._ids[run.id] = id_
        self._moved[run.tags.get("mlflow.run", id_)] = id_
        self.given.runs += 1

    def _values(self, run: Run) -> _Values:
        ended = end(run)
        metric, param, tag = (keys(list(g)) for g in (run.metrics, run.params, run.tags))
        logged = self._runs.steps(run)
        for name in dict.fromkeys(step[0] for step in logged):
            metric.setdefault(name, keys([name])[name])
        counts: dict[str, int] = {}
        history = []
        for name, step, value in logged:
            place = counts[name] = counts.get(name, -1) + 1
            history.append((metric[name], value, ended, place if step is None else int(step)))
        history += [(metric[n], v, ended, 0) for n, v in run.metrics.items() if n not in counts]
        tags = {tag[name]: value[:LONGEST_TAG] for name, value in run.tags.items()}
        if run.parent in self._ids:
            tags[PARENT_TAG] = self._ids[run.parent or ""]
        if run.notes or run.error:
            tags.setdefault("mlflow.note.content", "\n\n".join([*run.notes, run.error or ""]))
        return _Values(
            self._experiment,
            run.name or run.id,
            TO_MLFLOW[run.status],
            begin(run),
            ended,
            {param[name]: str(value)[:LONGEST_PARAM] for name, value in run.params.items()},
            tags,
            history,
        )

    def _original(self, run: Run) -> dict[str, Any] | None:
        kept = next((each for each in run.artifacts if each.name == ORIGINAL), None)
        if kept is None:
            return None
        found: dict[str, Any] = json.loads(self._runs.store.objects.get(kept.digest))
        return found

    def _give_files(self, id_: str, run: Run, *, native: bool) -> None:
        names = [artifact.name for artifact in run.artifacts if artifact.name != ORIGINAL]
        for name in list(names):
            if withheld := self._runs.withheld_from_artifact(run, name):
                self.given.left_out.append(f"{name} of run {run.name}: {withheld_words(withheld)}")
                names.remove(name)
        places = _places(names, {"model", "notewright"} if native else set())
        files = {places[name]: self._runs.artifact(run, name) for name in names}
        if native:
            get = self._runs.store.objects.get
            for digest in (run.evaluation, run.steps):
                if digest is not None:
                    files[f"notewright/objects/{digest}"] = get(digest)
            files[RECORD] = canonical({"record": run.body(), "digest": run.digest})
            files |= {f"model/{name}": data for name, data in self._model(run).items()}
        if not files:
            return
        with tempfile.TemporaryDirectory(prefix="notewright-") as aside:
            for name, data in files.items():
                target = Path(aside) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
            self._client.log_artifacts(id_, aside)

    def _model(self, run: Run) -> dict[str, bytes]:
        """Return the files of the run's model, if it has one that can be kept safely."""
        if run.model is None:
            return {}
        try:
            model = self._runs.load_model(run)
            kept = run.model.object if run.model.snapshot is None else None
            return flavour.written(
                model, None if kept is None else self._runs.store.objects.get(kept)
            )
        except NotewrightError as error:
            self.given.left_out.append(f"the model of run {run.name}: {error.problem}")
            return {}

    def _experiment_id(self, name: str) -> str:
        if name not in self._experiments:
            place = None if self._artifacts is None else (self._artifacts / new_id()).as_uri()
            self._experiments[name] = self._client.create_experiment(name, artifact_location=place)
        return self._experiments[name]

    # -- model versions -----------------------------------------------------------------

    def _versions_there(self, name: str) -> dict[str, str]:
        """Return the numbers there of versions here; the model is made if it is not there."""
        found = self._client.search_registered_models(f"name='{name}'")
        if not found:
            self._client.create_registered_model(name)
            return {}
        versions = paged(
            lambda at: self._client.search_model_versions(f"name='{name}'", page_token=at)
        )
        return {v.tags[VERSION_TAG]: str(v.version) for v in versions if v.tags.get(VERSION_TAG)}

    def _give_version(self, version: ModelVersion) -> str | None:
        run = self._runs.get(version.run)
        id_ = self._ids.get(version.run)
        folder = None if id_ is None else self._model_folder(id_, run)
        if id_ is None or folder is None:
            self.given.left_out.append(f"{version.ref}: its run has no model there")
            return None
        made = self._client.create_model_version(
            version.name,
            source=f"{self._client.get_run(id_).info.artifact_uri}/{folder}",
            run_id=id_,
            tags={VERSION_TAG: version.id, "notewright.digest": version.digest},
        )
        self.given.versions.append(f"{version.name}/{made.version}")
        return str(made.version)

    def _model_folder(self, id_: str, run: Run) -> str | None:
        """Return where among a run's artifacts there its model is."""
        names = [artifact.name for artifact in run.artifacts]
        digest = run.model.object if run.model is not None else None
        for artifact in run.artifacts:
            folder = artifact.name.rpartition("/")[0]
            if artifact.digest == digest and f"{folder}/MLmodel" in names:
                return folder
        there = {file.path for file in self._client.list_artifacts(id_)}
        return "model" if "model" in there else None

    def _give_aliases(self, name: str, numbers: Mapping[int, str]) -> None:
        aliases = self._models.aliases(name)
        there = self._client.get_registered_model(name).aliases
        for alias, number in aliases.items():
            if number in numbers and str(there.get(alias)) != numbers[number]:
                self._client.set_registered_model_alias(name, alias, numbers[number])
                self.given.aliases.append(f"{name}@{alias}")


def _restored(original: Mapping[str, Any], moved: Mapping[str, str]) -> _Values:
    """Return what MLflow had of a run that came from there."""
    tags = {name: value for name, value in original["tags"].items() if name != NAME_TAG}
    if PARENT_TAG in tags:
        tags[PARENT_TAG] = moved.get(tags[PARENT_TAG], tags[PARENT_TAG])
    return _Values(
        original["experiment"],
        original["name"],
        original["status"],
        original["began"],
        original["ended"],
        original["params"],
        tags,
        [(key, metric_from_json(v), at, step) for key, v, at, step in original["history"]],
    )


def _places(names: Sequence[str], reserved: Set[str]) -> dict[str, str]:
    """Return for each artifact where its file goes, below the folder of the run's files."""
    folders = {str(folder) for name in names for folder in PurePosixPath(name).parents}
    return {
        name: name
        if is_safe_path(name)
        and name not in folders
        and PurePosixPath(name).parts[0] not in reserved
        else f"notewright/objects/artifact-{at}"
        for at, name in enumerate(names)
    }


def _first(tags: Mapping[str, str]) -> dict[str, str]:
    return dict(list(tags.items())[: _OTHERS - 5])
