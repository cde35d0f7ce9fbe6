"""MLflow's stores beside the workspace: taking over from them, and writing to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from notewright.experiments.mlflow_store.giving import Given, Giving
from notewright.experiments.mlflow_store.opening import opened, shown, store_uri
from notewright.experiments.mlflow_store.taking import Taken, Taking
from notewright.experiments.models import Models
from notewright.experiments.ports import Acts, Permit, no_audit
from notewright.experiments.runs import Runs
from notewright.progress import Progress


class MlflowStores:
    """Takes runs and model versions over from MLflow, and writes them there.

    Parameters
    ----------
    runs, models
        The workspace's.
    identity : callable
        Returns who registers model versions.
    acts : callable, optional
        Appends to the audit log.
    permit : callable, optional
        Raises if `permit(actor, action, subject)` is not allowed.
    """

    def __init__(
        self,
        runs: Runs,
        models: Models,
        identity: Callable[[], Any],
        acts: Acts = no_audit,
        permit: Permit = lambda actor, action, subject: None,
    ) -> None:
        self._runs = runs
        self._models = models
        self._identity = identity
        self._acts = acts
        self._permit = permit

    def take(
        self,
        uri: str,
        experiment: str | None = None,
        *,
        trust_pickles: bool = False,
        actor: Any = None,
        progress: Progress | None = None,
    ) -> Taken:
        """Take over what a store has and the workspace has not; a second time changes nothing.

        Parameters
        ----------
        uri : str
            `sqlite:///mlflow.db`, the folder of a file store, or an address.
        experiment : str, optional
            Only this experiment's runs; by default all, and the registered models.
        trust_pickles : bool, default False
            Load models that are pickles, which runs the code of whoever wrote
            them. Without it such models are kept as files and not registered.
        actor : str or Identity, optional
            Who registers the model versions.

        Raises
        ------
        AccessDenied
            If the actor may not register models.
        MlflowMissing, MlflowFailed
        Cancelled
            Every run that was taken over so far is complete.
        """
        progress = progress or Progress()
        address = store_uri(uri, must_exist=True)
        actor = actor or self._identity()
        self._permit(actor, "model.register", f"from {shown(address)}")
        with opened(address) as client:
            work = Taking(client, self._runs, self._models, trust_pickles=trust_pickles)
            work.take_runs(experiment, progress)
            if experiment is None:
                work.take_models(actor, progress)
        taken = work.taken
        if taken.runs or taken.versions:
            details = {"runs": taken.runs, "versions": taken.versions}
            self._acts("mlflow.import", shown(address), details)
        progress.step(1.0, "done")
        return taken

    def give(
        self,
        uri: str,
        experiment: str = "notewright",
        *,
        filter: str | None = None,
        progress: Progress | None = None,
    ) -> Given:
        """Write runs and model versions into a store; a second time changes nothing there.

        Parameters
        ----------
        uri : str
            As for :meth:`take`; a database or folder that is not there is made.
        experiment : str, default "notewright"
            Where runs go that did not come from MLflow.
        filter : str, optional
            Only these runs: `metrics.auc > 0.8`.

        Raises
        ------
        AccessDenied
            If the OS user may not export.
        """
        progress = progress or Progress()
        address = store_uri(uri, must_exist=False)
        self._permit(self._identity(), "export", f"to {shown(address)}")
        chosen = list(self._runs.list(filter))
        with opened(address) as client:
            work = Giving(client, self._runs, self._models, experiment, _artifacts(address))
            work.give_runs(chosen, progress)
            work.give_models(progress)
        if work.given.runs or work.given.versions:
            details = {"runs": work.given.runs, "versions": work.given.versions}
            self._acts("mlflow.export", shown(address), details)
        progress.step(1.0, "done")
        return work.given


def _artifacts(address: str) -> Path | None:
    """Return where artifacts go that belong to a database: beside it, not where one stands."""
    if not address.startswith("sqlite:///"):
        return None
    database = Path(address[len("sqlite:///") :].partition("?")[0]).absolute()
    return database.parent / "mlartifacts"
