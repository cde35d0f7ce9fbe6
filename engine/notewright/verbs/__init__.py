"""The words after ``%nw`` and ``notewright``, each defined once."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from notewright.errors import UsageError

if TYPE_CHECKING:
    from notewright.verbs.base import Verb

#: Where each verb is defined. A module is imported when one of its verbs is used.
_HOMES = {
    "state": ("snapshot", "timeline", "show", "diff", "restore", "autosnapshot", "tag", "gc"),
    "records": ("records",),
    "house": ("status", "history", "slice", "fsck", "off"),
    "experiments": ("runs", "autorun", "rerun", "compare", "register", "models", "alias"),
    "datasets": ("dataset",),
    "mlflow_stores": ("mlflow",),
    "governance": ("check", "gate", "approve", "audit", "policy", "identity", "role", "trust"),
    "schemas": ("schema",),
    "explaining": ("explain",),
    "mitigating": ("mitigate",),
    "dossier": ("dossier",),
    "packaging": ("export", "packages"),
    "serving": (
        "deploy",
        "deployments",
        "stop",
        "monitor",
        "rollback",
        "retrain",
        "retrace",
        "erase",
    ),
}
#: What the verbs of one home are about, as the list of verbs says it.
_TITLES = {
    "state": "snapshots",
    "records": "where records are",
    "house": "this notebook and its store",
    "experiments": "runs and model versions",
    "datasets": "datasets and their versions",
    "mlflow_stores": "other trackers",
    "governance": "checks, approvals and the audit log",
    "schemas": "the data's schema",
    "explaining": "reasons",
    "mitigating": "fairness",
    "dossier": "documentation for regulators",
    "packaging": "packages",
    "serving": "deployments and predictions",
}
VERBS = {verb: home for home, verbs in _HOMES.items() for verb in verbs}


def find_verb(name: str) -> Verb:
    """Return the verb `name`.

    Raises
    ------
    UsageError
        If there is none; the message names the closest.
    """
    from notewright.verbs.base import Verb

    if name not in VERBS:
        close = difflib.get_close_matches(name, VERBS, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else "`%nw -h` lists the verbs there are."
        raise UsageError(f"There is no verb '{name}'.", hint)
    module = import_module(f"notewright.verbs.{VERBS[name]}")
    for value in vars(module).values():
        if isinstance(value, Verb) and value.name == name:
            return value
    raise LookupError(f"notewright.verbs.{VERBS[name]} does not define '{name}'")


def all_verbs() -> dict[str, list[Verb]]:
    """Return every verb by what it is about, in the order of a notebook's life."""
    return {_TITLES[home]: [find_verb(name) for name in verbs] for home, verbs in _HOMES.items()}
