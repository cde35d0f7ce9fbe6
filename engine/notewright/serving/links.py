"""One link of the chain from a prediction to its evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notewright.errors import NotewrightError, UntrustedStore


@dataclass(frozen=True)
class Link:
    """One piece of evidence, and whether it is what the piece before says.

    Parameters
    ----------
    kind : str
        ``prediction``, ``deployment``, ``package``, ``model``, ``run``,
        ``cells``, ``snapshot``, ``data``, ``checks``, ``approval`` or ``audit``.
    id, digest : str
        What it is, and the hash that was recomputed (or checked against a
        signature); empty where it could not be found.
    sentence : str
        What it says.
    verified : bool
        Whether the recomputed hashes and signatures are the recorded ones.
    problem : str or None
        Why it is not verified.
    details : tuple of str
        Its parts, one line each: cells, files, audit entries.
    time : str
        When it was made (ISO 8601, UTC), where it says so; sentences give local time.
    """

    kind: str
    id: str
    digest: str
    sentence: str
    verified: bool = True
    problem: str | None = None
    details: tuple[str, ...] = ()
    time: str = ""


def guarded(kind: str, id: str, make: Callable[[], Link]) -> Link:
    """Return the link that `make` gives, or a broken one that says why there is none."""
    try:
        return make()
    except UntrustedStore as error:
        return broken(kind, id, str(error))  # nothing is wrong with it: say what to do
    except NotewrightError as error:
        return broken(kind, id, error.problem)
    except (KeyError, TypeError, ValueError, OSError) as error:
        # A tampered record may hold anything; it breaks this link and no other.
        return broken(kind, id, f"its record cannot be read ({type(error).__name__}: {error})")


def broken(kind: str, id: str, problem: str) -> Link:
    """Return a link that could not be followed."""
    return Link(kind, id, "", f"The {kind} could not be verified.", False, problem)
