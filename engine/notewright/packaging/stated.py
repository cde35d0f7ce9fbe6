"""What a project's policy says of its model, as the package's documents repeat it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from notewright.errors import PolicyMissing
from notewright.governance.checks.documentation import is_empty
from notewright.governance.policy import Policy, Sensitive

NOT_STATED = "not stated"
#: The fields that every package's documents answer, if only by saying that they are not.
_LABELS = {
    "intended_use": "Intended use",
    "out_of_scope": "Not to be used for",
    "limitations": "Limits",
    "owner": "Owner",
    "contact": "Contact",
    "data": "Where the data is from",
}
_GROUPS = "Groups it is checked for"


def stated(policy: Callable[[], Policy] | None) -> dict[str, str]:
    """Return what the policy says, by label; nothing is made up for what it leaves out.

    Parameters
    ----------
    policy : callable, optional
        Returns the policy in force.

    Raises
    ------
    PolicyError
        If the policy cannot be read.
    """
    try:
        found = None if policy is None else policy()
    except PolicyMissing:
        found = None
    said = {} if found is None else found.documentation
    words = {label: _text(said.get(name)) for name, label in _LABELS.items()}
    sensitive = () if found is None else found.data.sensitive
    words[_GROUPS] = ", ".join(map(_groups, sensitive)) or NOT_STATED
    others = {name: value for name, value in said.items() if name not in _LABELS}
    return words | {_label(name): _text(value) for name, value in others.items()}


def _text(value: Any) -> str:
    if is_empty(value):
        return NOT_STATED
    words = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return " ".join(words.split())


def _groups(sensitive: Sensitive) -> str:
    bands = ", ".join(f"{edge:g}" for edge in sensitive.bands)
    return f"{sensitive.column} (cut at {bands})" if bands else sensitive.column


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
