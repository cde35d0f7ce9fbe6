"""What can be stored of a look, also when a variable refuses the second time it is pickled.

Variables that share something are pickled again, together. A variable's own
code may fail or wait only then; it is named, and the others are stored without it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from notewright.state.capture.bundling import Bundle, bundles
from notewright.state.capture.known import Group, Known, Outcome
from notewright.state.capture.looking import Look, Unsaveable
from notewright.state.pickling.pickler import dump

#: So often a group is tried without those that refused alone.
_TRIES = 3
#: Why each of these variables cannot be stored.
Refused = dict[str, str]


@dataclass(frozen=True)
class Salvaged:
    """The bundles that can be stored, and the variables that are in none of them."""

    bundles: list[Bundle | Group]
    refused: Refused


def salvaged(look: Look, known: Known, namespace: dict[str, object]) -> Salvaged:
    """Return what can be stored of a look."""
    try:
        return Salvaged(bundles(look, known, namespace), {})
    except Exception:  # noqa: BLE001 - a user's object may raise anything
        found = Salvaged([], {})
    for names in look.groups:
        try:
            found.bundles.extend(bundles(replace(look, groups=[names]), known, namespace))
        except Exception as error:  # noqa: BLE001
            _salvage(found, names, look, known, namespace, error)
    return found


def _salvage(
    found: Salvaged,
    names: tuple[str, ...],
    look: Look,
    known: Known,
    namespace: dict[str, object],
    error: Exception,
) -> None:
    """Add what can be stored of a group that was refused, and who it is that refuses."""
    for _ in range(_TRIES):
        refused = _refused_alone(look, names, namespace)
        found.refused.update(refused)
        names = tuple(name for name in names if name not in refused)
        if not names:
            return
        try:
            found.bundles.extend(bundles(replace(look, groups=[names]), known, namespace))
        except Exception as again:  # noqa: BLE001 - what waits for a lock may get it alone
            error = again
        else:
            return
    found.refused.update(dict.fromkeys(names, _words(error)))


def _refused_alone(look: Look, names: tuple[str, ...], namespace: dict[str, object]) -> Refused:
    """Return those of a group that cannot be pickled now, whatever they are tied to."""
    refused: Refused = {}
    for name in names:
        try:
            dump(look.values[name], namespace)
        except Exception as error:  # noqa: BLE001
            refused[name] = _words(error)
    return refused


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def without(outcome: Outcome, refused: Refused) -> Outcome:
    """Return the outcome with the variables that were refused named as such."""
    if not refused:
        return outcome
    unsaveable = {
        name: Unsaveable(name, outcome.seen[name].type, reason, outcome.seen[name].digest)
        for name, reason in refused.items()
    }
    seen = {name: seen for name, seen in outcome.seen.items() if name not in refused}
    return replace(outcome, seen=seen, unsaveable={**outcome.unsaveable, **unsaveable})
