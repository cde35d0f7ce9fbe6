"""What a check is and what it finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from notewright.governance.checks.material import Material

Severity = Literal["info", "warning", "error"]
Status = Literal["passed", "failed", "could_not_run"]
#: What can be checked: a registered model version; one table; one in the light of an earlier one;
#: a notebook as it is saved.
Subject = Literal["model", "table", "two tables", "notebook"]

OF_MODELS: frozenset[Subject] = frozenset({"model"})
OF_TABLES: frozenset[Subject] = frozenset({"model", "table", "two tables"})
OF_TWO_TABLES: frozenset[Subject] = frozenset({"model", "two tables"})
OF_NOTEBOOKS: frozenset[Subject] = frozenset({"model", "notebook"})


class CannotRun(Exception):
    """A check lacks what it needs: one sentence why, and one what to do."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy


@dataclass(frozen=True)
class Option:
    """One setting of a check in ``policy.yaml``.

    Parameters
    ----------
    default : Any
        What holds when the policy says nothing.
    description : str
        One line for the JSON Schema and the template.
    minimum, maximum : float, optional
        Bounds of a number.
    choices : tuple of str, optional
        The values there are.
    """

    default: Any
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Finding:
    """What one check says about one thing.

    Parameters
    ----------
    check, family : str
        The check's name (``"bias.selection_rate_ratio"``) and its first part.
    severity : {"info", "warning", "error"}
        Only an ``error`` closes a gate.
    status : {"passed", "failed", "could_not_run"}
        ``could_not_run`` counts as not passed, like a failure of the same severity.
    sentence : str
        What was found, for a person who is no statistician.
    remedy : str
        What to do about it; empty when it passed.
    subject : str
        The column, cell or field it is about; may be empty.
    metric : str
        Name of the figure, as its field writes it.
    value : float or None
        The figure.
    interval : tuple of float or None
        Its 95 % interval; an end that is not finite is None.
    threshold : float or None
        What it was compared with.
    rows, cells : tuple of str
        Labels of the rows and cells concerned, the first few.
    acceptable : bool
        Whether an approval may accept it.
    details : dict
        More figures, by stable names.
    """

    check: str
    family: str
    severity: Severity
    status: Status
    sentence: str
    remedy: str = ""
    subject: str = ""
    metric: str = ""
    value: float | None = None
    interval: tuple[float | None, float | None] | None = None
    threshold: float | None = None
    rows: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    acceptable: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        """Whether it keeps a gate closed until it is mended, waived or accepted."""
        return self.status != "passed" and self.severity == "error"


class Check(ABC):
    """One check.

    Subclasses set the class variables and implement :meth:`run`. A package of
    its own adds checks through the entry point group ``notewright.checks``;
    each entry point names a subclass.
    """

    #: ``family.name``.
    name: ClassVar[str]
    #: What it can judge.
    subjects: ClassVar[frozenset[Subject]] = OF_MODELS
    #: One line: what it looks for.
    summary: ClassVar[str]
    #: Whether its figure is a time, which is never the same again.
    timed: ClassVar[bool] = False
    #: The severity of a failure unless the policy says otherwise.
    severity: ClassVar[Severity] = "error"
    #: Whether an approval may accept a failure unless the policy says otherwise.
    acceptable: ClassVar[bool] = False
    #: Whether it runs unless the policy says otherwise.
    runs: ClassVar[bool] = True
    #: Whether its words may repeat values of the columns that they are about, or only name these
    #: and give figures: then whoever may not see a column is told its sentences all the same.
    tells_values: ClassVar[bool] = True
    #: The settings it reads from the policy.
    options: ClassVar[Mapping[str, Option]] = {}

    @abstractmethod
    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield what is found; at least one finding, passed or failed.

        Parameters
        ----------
        material : Material
            The model version and the evidence about it.
        options : mapping
            The settings, defaults filled in.

        Raises
        ------
        CannotRun
            If the evidence lacks what the check needs.
        """

    def finding(self, passed: bool, sentence: str, **more: Any) -> Finding:
        """Return a finding of this check."""
        return Finding(
            check=self.name,
            family=self.name.partition(".")[0],
            severity=more.pop("severity", self.severity),
            status="passed" if passed else "failed",
            sentence=sentence,
            remedy="" if passed else more.pop("remedy"),
            **{key: value for key, value in more.items() if key != "remedy"},
        )
