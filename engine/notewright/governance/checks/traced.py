"""Which rows of the kept tables a run trained on and scored, and what is true of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notewright.experiments.columns import positions
from notewright.experiments.same_labels import CLASSES, same_labels
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.evidence import Split
from notewright.governance.checks.inputs import TrainedRows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class TracedRows:
    """The rows of one run, as the run traced them to tables.

    Parameters
    ----------
    run : Run
    runs : Runs
        Keeps the rows' labels.
    frames : mapping of DataFrame
        The tables that were there when the run ended.
    evaluation : Evaluation
        What was scored.
    """

    def __init__(
        self, run: Any, runs: Any, frames: Mapping[str, pd.DataFrame], evaluation: Any
    ) -> None:
        self._run = run
        self._runs = runs
        self._frames = frames
        self._evaluation = evaluation

    def split(self) -> Split:
        """Return the rows that were trained on and scored.

        Raises
        ------
        CannotRun
            If they were not both found in one table.
        """
        found = {each.role: self._part(each) for each in self._run.rows}
        train, test = found.get("train"), found.get("test")
        if train is None or test is None:
            # Without the rows that were scored, those of an array cannot be told either.
            traced = self._runs._rows(self._run, "test") is not None
            what = "trained on" if traced and train is None else "scored"
            raise CannotRun(
                f"The rows that were {what} were not found in a table.",
                " ".join(self._run.notes)
                or "Fit and score the model inside the `%%nw run` cell, on rows of a table that "
                "is kept in a variable.",
            )
        if train[0] != test[0]:
            raise CannotRun(
                f"The model was trained on rows of `{train[0]}` and scored on rows of `{test[0]}`.",
                "Take both from one table, so that they can be compared.",
            )
        return Split(train[0], train[1], test[1], self._frames[train[0]])

    def trained(self) -> TrainedRows | None:
        """Return the labels of the rows that were trained on, if they were traced."""
        for each in self._run.rows:
            if each.role == "train" and each.by is not None:
                labels = self._runs._rows(self._run, "train")
                return TrainedRows(labels, each.by == "index", each.of)
        return None

    def _part(self, rows: Any) -> tuple[str, pd.DataFrame] | None:
        """Return the rows of a table that were used, and what it is called."""
        labels = self._runs._rows(self._run, rows.role)
        if labels is None:
            return None
        if rows.by == "index" and rows.table in self._frames:
            frame = self._frames[rows.table]
            places = positions(frame, labels)
            return None if places is None else (rows.table, frame.iloc[places])
        # Rows of a plain array: the table that it was made of has as many, and the true labels
        # where they were scored.
        whole = [n for n, f in self._frames.items() if len(f) == rows.of and self._holds(f)]
        if not whole:
            return None
        name = min(whole, key=lambda n: (self._frames[n].shape[1], n))
        return name, self._frames[name].iloc[labels]

    def _holds(self, frame: pd.DataFrame) -> bool:
        """Tell whether a table has the true labels at the positions that were scored."""
        import numpy as np

        true = np.asarray(self._evaluation.y_true)
        scored = self._runs._rows(self._run, "test")
        if scored is None or len(scored) != len(true):
            return False
        part = frame.iloc[scored]
        return any(same_labels(part.iloc[:, at].to_numpy(), true) for at in range(part.shape[1]))


def trained_labels(split: Split, evaluation: Any) -> np.ndarray | None:
    """Return the true labels of the rows trained on, under the names that the evaluation has.

    They are in the column that holds the true labels of the scored rows; None without one.
    """
    import numpy as np

    true = np.asarray(evaluation.y_true)
    if true.ndim != 1 or len(split.test) != len(true):
        return None
    for at, column in enumerate(split.test.columns):
        scored = split.test.iloc[:, at].to_numpy()
        if not same_labels(scored, true) or column not in split.train.columns:
            continue
        trained = split.train[column].tolist()
        names = dict(zip(map(str, scored.tolist()), true.tolist(), strict=True))
        if len(names) > CLASSES:  # numbers, which have no other names
            return np.asarray(trained, dtype=float)
        return np.asarray([names.get(str(value), value) for value in trained])
    return None
