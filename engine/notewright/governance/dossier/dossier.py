"""A dossier: what each framework asks of one version, and how that is answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from notewright.governance.dossier.clauses import Clause, Framework
from notewright.governance.dossier.evidence import Evidence
from notewright.store.canonical import canonical, digest_of

if TYPE_CHECKING:
    from notewright.experiments.models import ModelVersion
    from notewright.experiments.run import Run
    from notewright.governance.audit.heads import Head
    from notewright.governance.checks.service import CheckReport
    from notewright.governance.dossier.ports import PackageFacts
    from notewright.governance.requirements import Key

#: From the best to the worst.
Outcome = Literal["answered", "missing", "stale", "broken"]


@dataclass(frozen=True)
class Answer:
    """How one clause is answered.

    Parameters
    ----------
    clause : Clause
        What is asked.
    outcome : {"answered", "missing", "stale", "broken"}
        Answered only where everything that the clause needs is held; else the worst of it.
    lacking : tuple of str
        The kinds of evidence that are not held.
    """

    clause: Clause
    outcome: Outcome
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """How one framework is answered."""

    framework: Framework
    answers: tuple[Answer, ...]

    @property
    def answered(self) -> int:
        """How many clauses are answered."""
        return sum(answer.outcome == "answered" for answer in self.answers)

    @property
    def words(self) -> str:
        """``12 of 40 answered``."""
        return f"{self.answered} of {len(self.answers)} answered"


@dataclass(frozen=True)
class Dossier:
    """The documentation of one model version at one moment.

    Parameters
    ----------
    version : ModelVersion
        What it is about.
    created, actor : str
        When the evidence was looked at, and for whom.
    policy : str or None
        Digest of the policy in force.
    head : Head or None
        The audit log's newest head.
    report : CheckReport or None
        The newest check report, also where it does not count any more.
    evidence : mapping of str to Evidence
        One of every kind.
    frameworks : tuple of Answers
        Every framework with its answers.
    made_by : str
        The version of Notewright that made it.
    run : Run or None
        The run that trained the version, where its record is whole.
    excuses : mapping of Key to str
        For each failure that a counting approval accepts or a waiver covers: by whom and why.
    package : PackageFacts or None
        The newest package that holds the model, where it verifies.
    """

    version: ModelVersion
    created: str
    actor: str
    policy: str | None
    head: Head | None
    report: CheckReport | None
    evidence: Mapping[str, Evidence]
    frameworks: tuple[Answers, ...]
    made_by: str
    run: Run | None
    excuses: Mapping[Key, str]
    package: PackageFacts | None

    @property
    def ref(self) -> str:
        """``credit_risk@2``."""
        return self.version.ref

    @property
    def digest(self) -> str:
        """Hash over the evidence and the answers: the same whenever and by whomever it is made."""
        names = ("version", "policy", "head", "evidence", "frameworks", "made_by")
        return digest_of(canonical({name: getattr(self, name) for name in names}))

    def lacking(self) -> list[tuple[Evidence, list[str]]]:
        """Return what is not held though a clause needs it, with the clauses, most of all first."""
        wanted: dict[str, list[str]] = {}
        for part in self.frameworks:
            for answer in part.answers:
                for kind in answer.lacking:
                    wanted.setdefault(kind, []).append(
                        f"{part.framework.title}, {answer.clause.reference}"
                    )
        found = [(self.evidence[kind], clauses) for kind, clauses in wanted.items()]
        return sorted(found, key=lambda item: -len(item[1]))


def assess(
    frameworks: Iterable[Framework], evidence: Mapping[str, Evidence]
) -> tuple[Answers, ...]:
    """Return how the evidence answers the frameworks.

    Examples
    --------
    >>> from notewright.governance.dossier.evidence import missing
    >>> clause = Clause("Annex IV(1)(e)", "Hardware", ("stated.hardware",))
    >>> law = Framework("law", "Law", "1", "", (clause,))
    >>> assess([law], {"stated.hardware": missing("stated.hardware")})[0].words
    '0 of 1 answered'
    """
    return tuple(
        Answers(framework, tuple(_answer(clause, evidence) for clause in framework.clauses))
        for framework in frameworks
    )


def _answer(clause: Clause, evidence: Mapping[str, Evidence]) -> Answer:
    lacking = tuple(kind for kind in clause.needs if not evidence[kind].held)
    states = {evidence[kind].state for kind in lacking}
    outcome: Outcome = "answered"
    for state in ("missing", "stale", "broken"):
        if state in states:
            outcome = state
    return Answer(clause, outcome, lacking)
