"""What can be stored of a look, also when a variable refuses the second time it is pickled.

Variables that share something are pickled again, together. A variable's own
code may fail or wait only then; what it is tied to is named, the rest stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from notewright.state.capture.bundling import Bundle, bundles
from notewright.state.capture.known import Group, Known, Outcome
from notewright.state.capture.looking import Look, Unsaveable

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
            found.refused.update(dict.fromkeys(names, str(error) or type(error).__name__))
    return found


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
