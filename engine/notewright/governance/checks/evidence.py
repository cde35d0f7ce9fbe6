"""What checks are told of: a model version, where its evidence is, and what of it is at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from notewright.governance.checks.document_order import Place
    from notewright.governance.checks.kept_outputs import Output
    from notewright.governance.checks.reproduced import Reproduced


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
    models : Models, optional
        For the model itself, signatures over versions, and the champion it is compared with.
    root : Path, optional
        The project's folder, for files that are kept beside the notebooks.
    signers : callable, optional
        Returns the names of the registered public keys.
    reproduce : callable, optional
        Makes a run's model again: `reproduce(run, seconds)`.
    """

    runs: Any
    snapshots: Any
    history: Any
    models: Any = None
    root: Path | None = None
    signers: Callable[[], dict[str, str]] | None = None
    reproduce: Callable[[Any, float], Reproduced] | None = None


@dataclass(frozen=True)
class Cell:
    """The source of one execution, how to name it, and its record where there is one."""

    label: str
    source: str
    execution: Any = None


@dataclass(frozen=True)
class Split:
    """The rows that the model was trained on, and those it was scored on.

    Parameters
    ----------
    table : str
        What the table is called.
    train, test : DataFrame
        With the same columns, the target among them where the table has it.
    whole : DataFrame
        All rows: of the table that both are of, else those of both.
    one_table : bool
        Whether both are rows of one table, so that equal labels are the same row.
    was, now : str
        What to call the two.
    """

    table: str
    train: pd.DataFrame
    test: pd.DataFrame
    whole: pd.DataFrame
    one_table: bool = True
    was: str = "the rows trained on"
    now: str = "the test rows"


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
    training : DataFrame, optional
        The rows that the model was trained on.
    model : estimator, optional
        The model; its features are looked for in the tables.
    trained : Evaluation, optional
        Labels and predictions of the rows that the model was trained on.
    others : dict of Evaluation
        What other versions say of the test rows, by their id.
    outputs : tuple of Output
        What cells put out.
    variables : dict
        Values that may be settings, by name.
    places : tuple of Place
        The code cells of a notebook's document.
    folder : Path, optional
        Where that document lies.
    """

    evaluation: Any = None
    frames: dict[str, pd.DataFrame] | None = None
    cells: tuple[Cell, ...] | None = None
    training: pd.DataFrame | None = None
    model: Any = None
    trained: Any = None
    others: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    variables: dict[str, Any] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    folder: Path | None = None
