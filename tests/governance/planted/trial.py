"""One check, asked once: about something clean, or about the same with a fault planted in it."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from notewright.governance.checks.base import Finding


@dataclass(frozen=True)
class Trial:
    """One question to a check.

    Parameters
    ----------
    check : str
        Its name.
    data : str
        The data set, notebook or model that it is asked about.
    find : callable
        Asks it, in an empty folder.
    fault : str
        What was planted; empty for the clean twin.
    about : str or callable
        What a finding must name for the fault to count as found: its column, kind or cell; or
        what returns it once it is asked for.
    slow : bool
        Whether it is left to `make test-all`.
    """

    check: str
    data: str
    find: Callable[[Path], list[Finding]]
    fault: str = ""
    about: str | Callable[[], str] = ""
    slow: bool = False

    def ask(self) -> str:
        """Return what is wrong with the answer; empty if the check did what it is for."""
        with (
            tempfile.TemporaryDirectory() as name,
            contextlib.chdir(name),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # of libraries that fit models of odd tables
            findings = self.find(Path(name))
        if self.fault:
            alarms = [finding for finding in findings if finding.status == "failed"]
            about = self.about if isinstance(self.about, str) else self.about()
            return "" if any(about in _said(alarm) for alarm in alarms) else self._missed()
        loud = [finding.sentence for finding in findings if finding.status != "passed"]
        return f"false alarm on {self.data}: {loud[0]}" if loud else ""

    def _missed(self) -> str:
        return f"missed in {self.data}: {self.fault}"


def _said(finding: Finding) -> str:
    return "\n".join([finding.subject, *finding.cells, finding.sentence, str(finding.details)])


@dataclass
class Tally:
    """What came of the trials of one check.

    Parameters
    ----------
    check : str
    faults, kinds, found : int
        Faults planted, how many kinds of them there are, and how many were found.
    clean, alarms : int
        Different data sets looked at without a fault, and false alarms among them.
    wrong : list of str
        Each miss and each alarm, in words.
    """

    check: str
    faults: int = 0
    kinds: int = 0
    found: int = 0
    clean: int = 0
    alarms: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def alarm_share(self) -> float:
        """The share of false alarms."""
        return self.alarms / self.clean if self.clean else 0.0


def tally(check: str, trials: Iterable[Trial]) -> Tally:
    """Ask a check all its trials, and count."""
    asked = [trial for trial in trials if trial.check == check]
    count = Tally(check)
    count.kinds = len({trial.fault for trial in asked if trial.fault})
    count.clean = len({trial.data for trial in asked if not trial.fault})
    for trial in asked:
        wrong = trial.ask()
        if trial.fault:
            count.faults += 1
            count.found += not wrong
        else:
            count.alarms += bool(wrong)
        if wrong:
            count.wrong.append(f"{check}: {wrong}")
    return count
