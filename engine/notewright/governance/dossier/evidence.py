"""One piece of evidence, as it stood when it was looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from notewright.errors import NotewrightError
from notewright.governance.dossier.kinds import KINDS

#: ``stale``: it is there, but of another version, policy or file than today's. ``broken``: a
#: hash or a signature does not hold.
State = Literal["held", "stale", "broken", "missing"]


@dataclass(frozen=True)
class Ref:
    """Where a piece of evidence is.

    Parameters
    ----------
    kind : str
        What it is, in words: ``"run"``, ``"audit entry"``, ``"policy line"``.
    id : str
        Its id, number or name.
    digest : str
        The hash of its record, where it has one.
    """

    kind: str
    id: str
    digest: str = ""

    @property
    def words(self) -> str:
        """What it is and which: ``"run 4f2a91"``."""
        return f"{self.kind} {self.id}"


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence.

    Parameters
    ----------
    kind : str
        One of `kinds.KINDS`.
    state : {"held", "stale", "broken", "missing"}
        Whether it answers anything: only what is held does.
    sentence : str
        What it says, or why it does not count.
    facts : tuple of (str, str)
        Its parts, by name.
    refs : tuple of Ref
        Where it is.
    remedy : str
        What to do unless it is held.
    quote : str
        What a person wrote, word for word.
    code : tuple of (str, str)
        Sources, each under the name of its cell.
    """

    kind: str
    state: State
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()
    refs: tuple[Ref, ...] = ()
    remedy: str = ""
    quote: str = ""
    code: tuple[tuple[str, str], ...] = ()

    @property
    def held(self) -> bool:
        """Whether it is there and still verifies."""
        return self.state == "held"


class Absent(Exception):
    """There is no such evidence, or it does not count: one sentence why."""

    def __init__(self, sentence: str, state: State = "missing", remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.state = state
        self.remedy = remedy


def missing(kind: str, sentence: str = "There is none.", remedy: str = "") -> Evidence:
    """Return the evidence of a kind that is not there, with what to do."""
    return Evidence(kind, "missing", sentence, remedy=remedy or KINDS[kind].remedy)


def collected(kind: str, make: Callable[[], Evidence]) -> Evidence:
    """Return the evidence that `make` gives, or why there is none.

    A damaged record breaks the evidence that rests on it, and no other.
    """
    try:
        return make()
    except Absent as reason:
        remedy = reason.remedy or KINDS[kind].remedy
        return Evidence(kind, reason.state, reason.sentence, remedy=remedy)
    except NotewrightError as error:
        remedy = error.remedy or KINDS[kind].remedy
        return Evidence(kind, "broken", error.problem, remedy=remedy)
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        return Evidence(
            kind,
            "broken",
            f"Its record cannot be read ({type(error).__name__}: {error}).",
            remedy="`%nw fsck` and `%nw audit verify` say what else is damaged; restore the store "
            "from a backup.",
        )
