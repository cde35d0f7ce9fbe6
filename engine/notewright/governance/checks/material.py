"""The evidence that checks look at, each piece loaded when first asked for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.experiments.columns import positions
from notewright.experiments.groups import Groups, grouped
from notewright.experiments.same_labels import same_labels
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.evidence import Cell, Evidence, Sources, Split, Version
from notewright.governance.checks.inputs import Inputs, find_inputs
from notewright.governance.checks.subject import kind_of
from notewright.governance.checks.traced import TracedRows, trained_labels

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from notewright.governance.checks.base import Subject
    from notewright.governance.checks.document_order import Place
    from notewright.governance.checks.kept_outputs import Output
    from notewright.governance.explaining.explanation import Explanation
    from notewright.governance.policy import Policy

#: Where transformers are from that can be fitted again.
_TRANSFORMERS = ("sklearn.", "imblearn.", "category_encoders.", "feature_engine.")
#: What arrays and sparse matrices are called.
_ARRAYS = ("ndarray", "csr_matrix", "csc_matrix", "csr_array", "csc_array")


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
        self._explanations: dict[int, Explanation] = {}

    @property
    def kind(self) -> Subject:
        """What kind of thing is checked."""
        return kind_of(self.version)

    @property
    def places(self) -> tuple[Place, ...]:
        """The code cells of the notebook that is checked, as they stand in its document."""
        return self._given.places

    @property
    def folders(self) -> list[Path]:
        """The project's folder, and the one that the notebook is in or ran in."""
        if self.kind == "notebook":
            found = [self.project, self._given.folder]
        else:
            history = self._sources.history
            if history is None:
                return []
            session = self.run.session
            found = [history.root, Path(history.session(session).directory) if session else None]
        return list(dict.fromkeys(f for f in found if f is not None and f.is_dir()))

    @property
    def project(self) -> Path | None:
        """The project's folder, if there is one."""
        return self._sources.root

    @property
    def sources(self) -> Sources:
        """Where the evidence is."""
        return self._sources

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
        found = self._sources.runs._evaluation(self.run)
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
        return min(self.frames.items(), key=_rawest)

    @cached_property
    def split(self) -> Split:
        """The rows of the raw table that were trained on and scored."""
        if self._given.training is not None:
            import pandas as pd

            name, scored = self.raw
            both = pd.concat([self._given.training, scored])
            split = Split(name, self._given.training, scored, both, one_table=False)
            if self.kind == "two tables":
                return replace(split, was="the earlier table", now=f"'{name}'")
            return split
        if self._given.evaluation is not None:
            raise CannotRun(
                "The rows that the model was trained on were not given.",
                "Give them as `training` of the evidence.",
            )
        return self._traced.split()

    @property
    def _traced(self) -> TracedRows:
        return TracedRows(self.run, self._sources.runs, self.frames, self.evaluation)

    @cached_property
    def target(self) -> tuple[str, pd.Series]:
        """The column with the true labels: its table, and its values for all rows of it.

        It is the column that holds what the run was scored against, at the scored rows.
        """
        import numpy as np

        true = np.asarray(self.evaluation.y_true)
        for name, frame in sorted(self.frames.items(), key=_rawest):
            places = positions(frame, self.evaluation.rows)
            if places is None or true.ndim != 1:
                continue
            for at in range(frame.shape[1]):
                if same_labels(frame.iloc[places, at].to_numpy(), true):
                    return name, frame.iloc[:, at]
        raise CannotRun(
            "No table has a column that holds the true labels of the test rows.",
            "Keep the raw table, target included, in a variable, and its index through the split.",
        )

    @cached_property
    def target_name(self) -> str:
        """The column with the true labels; empty where no table has it.

        Words that repeat labels name it: so they are told apart from what may be told to all.
        """
        try:
            return str(self.target[1].name)
        except CannotRun:
            return ""

    @cached_property
    def transformers(self) -> dict[str, Any]:
        """The fitted transformers among the variables when the run ended, by name."""
        from notewright.experiments.estimators import is_fitted_transformer

        if self._given.evaluation is not None or not self.run.snapshot_after:
            return {}
        snapshot = self._sources.snapshots.get(self.run.snapshot_after)
        names = [v.name for v in snapshot.variables if v.type.startswith(_TRANSFORMERS)]
        loaded = self._sources.snapshots.load(snapshot, names)
        return {name: value for name, value in loaded.items() if is_fitted_transformer(value)}

    @cached_property
    def model(self) -> Any:
        """The fitted model; checks do not change it."""
        if self._given.model is not None:
            return self._given.model
        if self._given.evaluation is not None or self._sources.models is None:
            raise CannotRun(
                "The model itself was not given, only what it said.",
                "Check a version that a run in the notebook trained.",
            )
        return self._sources.models.load(self.version)

    @cached_property
    def inputs(self) -> Inputs:
        """The model with the features of the rows scored and trained on."""
        labels = None
        with suppress(CannotRun):
            labels = trained_labels(self.split, self.evaluation)
        found = find_inputs(
            self.model,
            self.evaluation,
            (lambda: self.frames, lambda: self._arrays),
            None if self._given.evaluation is not None else self._traced.trained(),
            labels,
        )
        training = self._given.training
        if training is None or not set(found.test.columns) <= set(training.columns):
            return found
        return replace(found, trained=training[list(found.test.columns)])

    @cached_property
    def trained(self) -> Any:
        """The labels of the rows that were trained on, with what the model says of them."""
        from notewright.experiments.evaluation import Evaluation

        if self._given.trained is not None:
            return self._given.trained
        inputs = self.inputs
        said = inputs.predict(inputs.train)
        return Evaluation.of(inputs.y_train, said, task=self.evaluation.task)

    def explanation(self, rows: int) -> Explanation:
        """Return what the answers for so many test rows are made of; computed once."""
        import numpy as np

        from notewright.governance.explaining.explanation import explain

        if rows not in self._explanations:
            count = len(self.evaluation.y_true)
            places = np.unique(np.linspace(0, count - 1, min(rows, count)).astype(int))
            self._explanations[rows] = explain(self.inputs, self.evaluation, places.tolist())
        return self._explanations[rows]

    def version_at(self, alias: str) -> Any:
        """Return the version of the same name that an alias stands at, or None."""
        if self._sources.models is None:
            raise CannotRun(
                "The other versions of the model are not at hand.",
                "Check a version that is registered in a workspace.",
            )
        number = self._sources.models.aliases(self.version.name).get(alias)
        return None if number is None else self._sources.models.get(f"{self.version.name}@{number}")

    def said_by(self, other: Any) -> tuple[Any, str]:
        """Return what another version says of the scored rows, in their order, and how it is known.

        Parameters
        ----------
        other : ModelVersion

        Returns
        -------
        evaluation : Evaluation
        how : str
            Words for a sentence; empty where the other's own run recorded it.
        """
        from notewright.experiments.evaluation import Evaluation

        mine = self.evaluation
        recorded = self._given.others.get(other.id)
        if recorded is None and other.run:
            recorded = self._sources.runs._evaluation(self._sources.runs.get(other.run))
        if recorded is not None and recorded.row_digest == mine.row_digest:
            return recorded.ordered(), ""
        inputs = replace(self.inputs, model=self._sources.models.load(other))
        try:
            said, scores = inputs.predict(inputs.test), None
            if mine.y_score is not None and mine.task == "classification":
                scores = inputs.score(inputs.test, mine.positive)
        except Exception as error:
            raise CannotRun(
                f"{other.name}@{other.number} was scored on other rows, and takes other columns "
                "than this version.",
                "Score both on the same rows.",
            ) from error
        asked = Evaluation.of(
            mine.y_true, said, scores, rows=mine.rows, positive=mine.positive, task=mine.task
        )
        return asked.ordered(), ", asked now: some of them it may have been trained on"

    @property
    def _arrays(self) -> dict[str, Any]:
        """The arrays and sparse matrices of two dimensions when the run ended, by name."""
        if self._given.evaluation is not None:
            return {}
        snapshot = self._sources.snapshots.get(self.run.snapshot_after)
        names = [v.name for v in snapshot.variables if v.type.endswith(_ARRAYS)]
        loaded = self._sources.snapshots.load(snapshot, names)
        return {name: value for name, value in loaded.items() if getattr(value, "ndim", 0) == 2}

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
        return [Cell(e.words, e.source, e) for e in executions]

    @cached_property
    def outputs(self) -> list[Output]:
        """What the cells put out, as far as it was kept."""
        from notewright.governance.checks.kept_outputs import kept_outputs

        at_hand = self._given.cells is not None or self._given.outputs
        return list(self._given.outputs) if at_hand else kept_outputs(self.run, self._sources)

    @cached_property
    def settings(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The variables that may be settings, by name; and those that were left out."""
        from notewright.governance.checks.variable_secrets import plain_variables

        at_hand = self._given.evaluation is not None or self._given.variables
        return (self._given.variables, ()) if at_hand else plain_variables(self.run, self._sources)

    @cached_property
    def selected(self) -> np.ndarray:
        """For each test row, whether the prediction is the favourable one."""
        if self.evaluation.y_pred is None:
            try:
                return self._favourable(self.inputs.predict(self.inputs.test))
            except CannotRun as reason:
                raise CannotRun(
                    "The run recorded scores, but no predicted labels.",
                    "Call a metric of labels, such as `accuracy_score`, inside the `%%nw run` "
                    "cell.",
                ) from reason
        return self._favourable(self.evaluation.y_pred)

    @cached_property
    def deserving(self) -> np.ndarray:
        """For each test row, whether the true label is the favourable one."""
        return self._favourable(self.evaluation.y_true)

    @cached_property
    def groups(self) -> dict[str, Groups]:
        """The group of each test row, by sensitive column, and by two of them together."""
        if not self.policy.data.sensitive:
            raise CannotRun(
                "The policy names no sensitive column, so there are no groups to compare.",
                "Name them under `data: sensitive:` in policy.yaml.",
            )
        single = {
            rule.column: grouped(self.column(rule.column), rule.bands)
            for rule in self.policy.data.sensitive
        }
        if not self.policy.data.intersections:
            return single
        both = {
            f"{one} and {other}": single[one].and_of(single[other])
            for one, other in combinations(single, 2)
        }
        return single | both

    def holders(self, column: str) -> list[tuple[str, pd.DataFrame]]:
        """Return the tables that have a column, by name, the rawest first; at least one."""
        found = [(n, f) for n, f in self.frames.items() if column in f.columns]
        if not found:
            raise CannotRun(
                f"No table in the notebook has a column '{column}'.",
                "Correct the name in policy.yaml, or keep the raw table in a variable.",
            )
        return sorted(found, key=_rawest)

    def column(self, name: str) -> pd.Series:
        """Return a raw column for the test rows, in their order."""
        order = self.holders(name)
        for _, frame in order:
            places = positions(frame, self.evaluation.rows)
            if places is not None:
                return frame[name].iloc[places]
        raise CannotRun(
            f"The test rows cannot be found in the tables that have '{name}' "
            f"({', '.join(n for n, _ in order)}): their row labels differ.",
            "Keep the raw table's index through the split (no `reset_index` in between).",
        )

    def _favourable(self, labels: Any) -> np.ndarray:
        import numpy as np

        wanted = self.policy.data.favourable
        if wanted is None:
            wanted = self.evaluation.positive
        known = sorted({str(label) for label in np.unique(np.asarray(self.evaluation.y_true))})
        if wanted is None or str(wanted) not in known:
            of_column = f" of '{self.target_name}'" if self.target_name else ""
            raise CannotRun(
                f"The favourable outcome ({wanted}) is not among the labels{of_column} "
                f"{', '.join(known)}."
                if wanted is not None
                else "The policy does not say which outcome is the favourable one.",
                "Set `data: favourable:` in policy.yaml to one of the labels.",
            )
        return _reads(np.asarray(labels), str(wanted))


def _reads(labels: np.ndarray, wanted: str) -> np.ndarray:
    """Return which labels read so."""
    import numpy as np

    if labels.dtype == object:  # 1 and True are equal, and read otherwise
        return np.asarray([str(label) == wanted for label in labels.tolist()], dtype=bool)
    values, codes = np.unique(labels, return_inverse=True)
    return np.asarray([str(value) == wanted for value in values.tolist()], dtype=bool)[codes]


def row_labels(material: Material) -> tuple[str, ...]:
    """Return the columns whose values the labels of the rows are."""
    with suppress(CannotRun, NotewrightError):
        names = {name for frame in material.frames.values() for name in frame.index.names}
        return tuple(sorted(str(name) for name in names - {None}))
    return ()


def _rawest(table: tuple[str, pd.DataFrame]) -> tuple[int, int, str]:
    """Return where a table comes in order: the longest first, of those the narrowest."""
    name, frame = table
    return -len(frame), frame.shape[1], name
