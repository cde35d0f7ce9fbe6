"""The evidence that checks look at, each piece loaded when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from notewright.experiments.columns import positions
from notewright.experiments.groups import group_names
from notewright.governance.checks.base import CannotRun

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from notewright.governance.policy import Policy


class Version(Protocol):
    """A model version, as governance sees it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def number(self) -> int:
        """Its number among the versions of that name."""

    @property
    def run(self) -> Any:
        """Id of the run that trained it."""

    @property
    def fingerprint(self) -> str:
        """Hash of the model's value."""

    @property
    def model_object(self) -> str:
        """Digest of its stored bytes."""

    @property
    def data(self) -> str:
        """Digest over the data files behind it."""

    @property
    def actor(self) -> Any:
        """Who registered it."""


@dataclass(frozen=True)
class Sources:
    """The services that hold the evidence.

    Parameters
    ----------
    runs : Runs
        For the run and its evaluation.
    snapshots : Snapshots
        For the tables that were there when the run ended.
    history : History
        For the sources of the cells.
    """

    runs: Any
    snapshots: Any
    history: Any


@dataclass(frozen=True)
class Cell:
    """The source of one execution, and how to name it."""

    label: str
    source: str


@dataclass(frozen=True)
class Evidence:
    """Evidence that is at hand, for a version that no run in a notebook trained.

    Parameters
    ----------
    evaluation : Evaluation, optional
        Rows, labels and predictions of a test set.
    frames : dict of DataFrame, optional
        Tables by name; the index of one holds the evaluation's rows.
    cells : tuple of Cell, optional
        Sources.
    """

    evaluation: Any = None
    frames: dict[str, pd.DataFrame] | None = None
    cells: tuple[Cell, ...] | None = None


class Material:
    """What is known about one model version.

    Every property raises `CannotRun` when the evidence is not there.

    Parameters
    ----------
    version : ModelVersion
        What is checked.
    policy : Policy
        What it is checked against.
    sources : Sources
        Where the evidence is.
    given : Evidence, optional
        Evidence that goes before what the sources hold.
    """

    def __init__(
        self, version: Version, policy: Policy, sources: Sources, given: Evidence | None = None
    ) -> None:
        self.version = version
        self.policy = policy
        self._sources = sources
        self._given = given or Evidence()

    @cached_property
    def run(self) -> Any:
        """The run that trained the version."""
        if not self.version.run:
            raise CannotRun(
                "This model version was not registered from a run.",
                "Train it in a `%%nw run` cell and register that run.",
            )
        return self._sources.runs.get(self.version.run)

    @cached_property
    def evaluation(self) -> Any:
        """The labels, predictions and rows of the run's test set."""
        if self._given.evaluation is not None:
            return self._given.evaluation
        found = self._sources.runs.evaluation(self.run)
        if found is None:
            raise CannotRun(
                "The run recorded no predictions on a test set.",
                "Call a scikit-learn metric, or `model.score`, inside the `%%nw run` cell.",
            )
        return found

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables that were there when the run ended, by variable name."""
        if self._given.frames is not None:
            return self._given.frames
        if not self.run.snapshot_after:
            raise CannotRun(
                "The run kept no snapshot of the variables.",
                "Train the model in a `%%nw run` cell.",
            )
        snapshot = self._sources.snapshots.get(self.run.snapshot_after)
        names = [v.name for v in snapshot.variables if v.type.endswith("DataFrame")]
        if not names:
            raise CannotRun(
                "There was no table among the variables when the run ended.",
                "Keep the raw table in a variable and run the cell again.",
            )
        return dict(self._sources.snapshots.load(snapshot, names))

    @cached_property
    def raw(self) -> tuple[str, pd.DataFrame]:
        """The raw table: the longest, and of those the one with the fewest columns."""
        name = min(self.frames, key=lambda n: (-len(self.frames[n]), self.frames[n].shape[1], n))
        return name, self.frames[name]

    @cached_property
    def cells(self) -> list[Cell]:
        """The cells executed in the run's session, in order."""
        if self._given.cells is not None:
            return list(self._given.cells)
        if not self.run.session:
            raise CannotRun(
                "The run was not recorded in a notebook, so there are no cells.",
                "Train the model in a `%%nw run` cell.",
            )
        executions = self._sources.history.executions(self.run.session)
        return [Cell(e.words, e.source) for e in executions]

    @cached_property
    def selected(self) -> np.ndarray:
        """For each test row, whether the prediction is the favourable one."""
        if self.evaluation.y_pred is None:
            raise CannotRun(
                "The run recorded scores, but no predicted labels.",
                "Call a metric of labels, such as `accuracy_score`, inside the `%%nw run` cell.",
            )
        return self._favourable(self.evaluation.y_pred)

    @cached_property
    def deserving(self) -> np.ndarray:
        """For each test row, whether the true label is the favourable one."""
        return self._favourable(self.evaluation.y_true)

    @cached_property
    def groups(self) -> dict[str, np.ndarray]:
        """The group of each test row, by sensitive column."""
        if not self.policy.data.sensitive:
            raise CannotRun(
                "The policy names no sensitive column, so there are no groups to compare.",
                "Name them under `data: sensitive:` in policy.yaml.",
            )
        return {
            rule.column: group_names(self.column(rule.column), rule.bands)
            for rule in self.policy.data.sensitive
        }

    def column(self, name: str) -> pd.Series:
        """Return a raw column for the test rows, in their order."""
        holders = {n: f for n, f in self.frames.items() if name in f.columns}
        if not holders:
            raise CannotRun(
                f"No table in the notebook has a column '{name}'.",
                "Correct the name in policy.yaml, or keep the raw table in a variable.",
            )
        order = sorted(holders, key=lambda n: (-len(holders[n]), holders[n].shape[1], n))
        for holder in order:
            places = positions(holders[holder], self.evaluation.rows)
            if places is not None:
                return holders[holder][name].iloc[places]
        raise CannotRun(
            f"The test rows cannot be found in the tables that have '{name}' "
            f"({', '.join(order)}): their row labels differ.",
            "Keep the raw table's index through the split (no `reset_index` in between).",
        )

    def _favourable(self, labels: Any) -> np.ndarray:
        import numpy as np

        wanted = self.policy.data.favourable
        if wanted is None:
            wanted = self.evaluation.positive
        known = sorted({str(label) for label in np.unique(np.asarray(self.evaluation.y_true))})
        if wanted is None or str(wanted) not in known:
            raise CannotRun(
                f"The favourable outcome ({wanted}) is not among the labels {', '.join(known)}."
                if wanted is not None
                else "The policy does not say which outcome is the favourable one.",
                "Set `data: favourable:` in policy.yaml to one of the labels.",
            )
        return np.asarray([str(label) == str(wanted) for label in np.asarray(labels).tolist()])
