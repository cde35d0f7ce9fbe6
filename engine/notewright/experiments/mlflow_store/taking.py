"""Runs, model versions and aliases of an MLflow store, taken over into the workspace.

A run's id here is made from its id there, so taking it over again finds it. A run that
Notewright had written there comes back as the very record it was.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from notewright.errors import BadName, NotewrightError, UnknownId
from notewright.experiments.estimators import parameters, type_name
from notewright.experiments.ledger import Step
from notewright.experiments.mlflow_store import flavour
from notewright.experiments.mlflow_store.foreign import (
    ForeignRun,
    experiments,
    files_at,
    foreign_run,
    paged,
    runs_of,
)
from notewright.experiments.mlflow_store.spelling import (
    FROM_MLFLOW,
    ORIGINAL,
    PARENT_TAG,
    RECORD,
    RUN_TAG,
    moment,
    parameter,
)
from notewright.experiments.models import Models
from notewright.experiments.run import STATUSES, Artifact, ModelRef, Run
from notewright.experiments.runs import Runs
from notewright.experiments.scalars import metric_from_json, metric_to_json
from notewright.progress import Progress
from notewright.store.canonical import canonical, digest_of
from notewright.store.names import check_name

_ID = re.compile(r"[0-9a-f]{16}\Z")


@dataclass
class Taken:
    """What taking over did.

    Parameters
    ----------
    runs, known : int
        How many runs are new here, and how many were here already.
    versions : list of str
        The new model versions: `credit_risk@2`.
    aliases : list of str
        The aliases that were moved: `credit_risk@champion`.
    left_out : list of str
        What was not taken over, and why.
    """

    runs: int = 0
    known: int = 0
    versions: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def id_of(kind: str, foreign: str) -> str:
    """Return the id here of what has the id `foreign` there.

    Examples
    --------
    >>> id_of("run", "0123") == id_of("run", "0123") != id_of("version", "0123")
    True
    """
    return digest_of(f"mlflow {kind} {foreign}".encode())[:16]


class Taking:
    """Takes over from one store.

    Parameters
    ----------
    client : MlflowClient
    runs, models
        The workspace's.
    trust_pickles : bool
        Load models that are pickles, which runs the code of whoever wrote them.
    """

    def __init__(self, client: Any, runs: Runs, models: Models, *, trust_pickles: bool) -> None:
        self._client = client
        self._runs = runs
        self._models = models
        self._trust_pickles = trust_pickles
        self.taken = Taken()
        #: The ids here of the runs there.
        self._ids: dict[str, str] = {}

    def take_runs(self, experiment: str | None, progress: Progress) -> None:
        """Take over the runs of all experiments, or of one."""
        names = experiments(self._client, experiment)
        if experiment is not None and not names:
            raise UnknownId("experiment", experiment, "mlflow experiments search")
        found = runs_of(self._client, list(names))
        self._ids = {each.info.run_id: _here(each) for each in found}
        for position, each in enumerate(found):
            progress.step(0.9 * position / len(found), f"run {position + 1} of {len(found)}")
            self._take(each, names[each.info.experiment_id])

    def take_models(self, actor: Any, progress: Progress) -> None:
        """Take over the versions whose runs are here, then the aliases."""
        for model in paged(lambda at: self._client.search_registered_models(page_token=at)):
            progress.step(0.95, f"model {model.name}")
            try:
                check_name(model.name, "model")
            except BadName as error:
                self.taken.left_out.append(f"model {model.name!r}: {error.problem}")
                continue
            self._take_versions(model, actor)

    # -- runs -------------------------------------------------------------------------

    def _take(self, found: Any, experiment: str) -> None:
        foreign = found.info.run_id
        id_ = self._ids[foreign]
        if self._runs.has(id_):
            self.taken.known += 1
            return
        if found.info.status not in FROM_MLFLOW:
            words = f"run {found.info.run_name or foreign}: it is still {found.info.status.lower()}"
            self.taken.left_out.append(words)
            return
        run = foreign_run(self._client, found, experiment)
        record, steps = self._as_it_was(run, id_) or self._translated(run, id_)
        self._runs.take_over(record, steps)
        self.taken.runs += 1

    def _as_it_was(self, run: ForeignRun, id_: str) -> tuple[Run, list[Step]] | None:
        """Return the run that Notewright had written there, or None if it is not what it was."""
        try:
            kept = json.loads(run.files[RECORD])
            body, digest = kept["record"], str(kept["digest"])
            record = Run.parse(body, digest)
            sound = digest_of(canonical(body)) == digest and record.status in STATUSES[1:]
            if not (sound and record.id == id_ and record.body() == body):
                return None
            objects = {digest_of(data): data for data in run.files.values()}
            wanted = [record.evaluation, record.steps, *(a.digest for a in record.artifacts)]
            needed = {digest: objects[digest] for digest in wanted if digest is not None}
            steps: list[Step] = []
            if record.steps is not None:
                logged = json.loads(needed[record.steps])
                steps = [(str(n), s, metric_from_json(v)) for n, s, v in logged]
        except (KeyError, TypeError, ValueError, AttributeError):
            return None
        for data in needed.values():
            self._runs.store.objects.put(data)
        return self._with_model(record, run), steps

    def _with_model(self, record: Run, run: ForeignRun) -> Run:
        """Return a record whose model is what was looked at here, or cannot be loaded.

        A record is no proof of what its bytes do: nobody else's are loaded that `flavour` has not
        seen, whatever address the record gives.
        """
        if record.model is None:
            return record
        stored: str | None = None
        notes = record.notes
        try:
            data = run.files["model/model.skops"]
            flavour.parsed(data)
            stored = self._runs.store.objects.put(data)
        except (KeyError, flavour.NotLoadable) as error:
            why = "it is not there" if isinstance(error, KeyError) else str(error)
            notes = (*notes, f"The model was not taken over: {why}.")
        if record.model.snapshot is None and record.model.object == stored:
            return record
        # A snapshot that held it is in another workspace.
        here = replace(record.model, object=stored, snapshot=None)
        others = tuple(m for m in record.models if m != record.model)
        return replace(record, model=here, models=(here, *others), notes=notes)

    def _translated(self, run: ForeignRun, id_: str) -> tuple[Run, list[Step]]:
        notes = []
        model: ModelRef | None = None
        values: dict[str, Any] = {}
        for folder in run.model_folders():
            try:
                loaded, data = flavour.read(run.below(folder), trust_pickles=self._trust_pickles)
            except flavour.NotLoadable as error:
                notes.append(f"The model in {folder or 'its files'} was not loaded: {error}.")
                continue
            if model is not None:
                notes.append(f"The model in {folder} is another of the run's.")
                continue
            model = self._reference(loaded, data)
            values = parameters(loaded)[0]
        own = {name: parameter(text) for name, text in run.params.items()}
        # Stored as text, since RFC 8785 has neither NaN nor infinities.
        history = [[key, metric_to_json(v), at, step] for key, v, at, step in run.history]
        original = {
            "run": run.id,
            "experiment": run.experiment,
            "name": run.name,
            "status": run.status,
            "user": run.user,
            "began": run.began,
            "ended": run.ended,
            "params": dict(run.params),
            "tags": dict(run.tags),
            "metrics": {key: metric_to_json(value) for key, value in run.metrics.items()},
            "history": history,
        }
        steps: list[Step] = [(key, step, value) for key, value, _, step in run.history]
        written = [[key, step, metric_to_json(value)] for key, step, value in steps]
        put = self._runs.store.objects.put
        artifacts = [Artifact(n, put(data), len(data)) for n, data in run.files.items()]
        text = canonical(original)
        artifacts.append(Artifact(ORIGINAL, put(text), len(text)))
        parent = run.tags.get(PARENT_TAG)
        record = Run(
            id=id_,
            digest="",
            name=run.name,
            status=FROM_MLFLOW[run.status],
            created=moment(run.began),
            seconds=max(0, run.ended - run.began) / 1000,
            tags={**run.tags, "mlflow.experiment": run.experiment, "mlflow.run": run.id},
            params={**values, **own},
            metrics=dict(run.metrics),
            model=model,
            models=() if model is None else (model,),
            changed_params=tuple(own),
            steps=put(canonical(written)) if written else None,
            artifacts=tuple(artifacts),
            notes=tuple(notes),
            origin="mlflow",
            parent=None if parent is None else self._ids.get(parent, id_of("run", parent)),
        )
        return record, steps

    def _reference(self, model: Any, data: bytes) -> ModelRef:
        from notewright.state.values import fingerprint

        stored = self._runs.store.objects.put(data)
        return ModelRef("model", type_name(model), fingerprint(model), stored)

    # -- model versions -----------------------------------------------------------------

    def _take_versions(self, model: Any, actor: Any) -> None:
        numbers: dict[int, int] = {}
        asked = f"name='{model.name}'"
        found = paged(lambda at: self._client.search_model_versions(asked, page_token=at))
        for version in sorted(found, key=lambda each: int(each.version)):
            try:
                numbers[int(version.version)] = self._take_version(version, actor)
            except (flavour.NotLoadable, NotewrightError) as error:
                words = error.problem if isinstance(error, NotewrightError) else str(error)
                self.taken.left_out.append(f"{model.name} version {version.version}: {words}")
        for alias, number in sorted(model.aliases.items()):
            self._take_alias(model.name, alias, numbers.get(int(number)), actor)

    def _take_version(self, version: Any, actor: Any) -> int:
        """Return the number here of a version there, which is registered if it is new."""
        name = version.name
        run = self._run_of(version)
        for known in self._models.list(name):
            if known.run == run.id:
                return known.number
        made = self._models.register(run, name, actor)
        self.taken.versions.append(made.ref)
        return made.number

    def _run_of(self, version: Any) -> Run:
        """Return the run here whose model a version is; one of its own if there is none."""
        own = id_of("version", f"{version.name} {version.version} {version.creation_timestamp}")
        if self._runs.has(own):
            return self._runs.get(own)
        location = self._client.get_model_version_download_uri(version.name, version.version)
        files = files_at(location)
        model, data = flavour.read(files, trust_pickles=self._trust_pickles)
        reference = self._reference(model, data)
        parent = self._parent_of(version)
        trained = None if parent is None else parent.model
        if parent is not None and trained and trained.fingerprint == reference.fingerprint:
            return parent
        values, changed = parameters(model)
        record = Run(
            id=own,
            digest="",
            name=f"{version.name} version {version.version}",
            status="finished",
            created=moment(int(version.creation_timestamp or 0)),
            seconds=0.0,
            tags={**version.tags, "mlflow.version": f"{version.name}/{version.version}"},
            params=values,
            changed_params=changed,
            model=reference,
            models=(reference,),
            notes=("Made for a model version of MLflow's that no run here trained.",),
            origin="mlflow",
            parent=None if parent is None else parent.id,
        )
        return self._runs.take_over(record, [])

    def _parent_of(self, version: Any) -> Run | None:
        if not version.run_id:
            return None
        found = self._client.get_run(version.run_id)
        id_ = _here(found)
        return self._runs.get(id_) if self._runs.has(id_) else None

    def _take_alias(self, name: str, alias: str, number: int | None, actor: Any) -> None:
        now = self._models.aliases(name).get(alias)
        if number is None or now == number:
            return
        try:
            self._models.move_alias(name, alias, number, now, actor)
        except BadName as error:
            self.taken.left_out.append(f"alias {name}@{alias}: {error.problem}")
            return
        self.taken.aliases.append(f"{name}@{alias}")


def _here(found: Any) -> str:
    """Return the id that a run of the store has, or will have, here."""
    written = found.data.tags.get(RUN_TAG, "")
    return str(written) if _ID.match(written) else id_of("run", found.info.run_id)
