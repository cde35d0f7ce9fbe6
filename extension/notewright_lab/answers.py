"""What can be asked over REST, each answered by the verb of the same meaning."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright import __version__
from notewright.store.disk import stamp
from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.views.state import snapshot_record
from notewright.workspace import Workspace
from notewright_lab.errors import BadQuestion, NoWorkspace
from notewright_lab.locate import served_path

#: The longest timeline the panel is given; older snapshots are there for `%nw timeline -n`.
_TIMELINE = 500
#: Ids, names with versions or aliases: nothing an option could be made of.
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@~-]{0,127}")
#: Snapshots may be named by their messages too.
_SNAPSHOT = re.compile(r"[^\x00-\x1f-][^\x00-\x1f]{0,499}")


@dataclass(frozen=True)
class Question:
    """What a request asks for: the last part of its path, and its query."""

    #: The folder that the server serves.
    served: Path
    item: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    def snapshot(self, name: str) -> str:
        """Return the snapshot named by parameter `name`."""
        return _checked(name, self.values.get(name, ""), _SNAPSHOT)

    def refs(self, name: str) -> list[str]:
        """Return the references given, with commas between them, as parameter `name`."""
        return [_checked(name, ref) for ref in self.values.get(name, "").split(",")]


Answer = Callable[[Workspace, Question], Any]
#: Answers while there is no workspace.
NothingYet = Callable[[NoWorkspace], Any]


def _checked(name: str, ref: str, allowed: re.Pattern[str] = _REF) -> str:
    if not allowed.fullmatch(ref):
        raise BadQuestion(name, "an id, or several with commas between them")
    return ref


def optional_name(given: Mapping[str, Any], name: str) -> str | None:
    """Return what a request's body gives as `name`: a name, or nothing."""
    value = given.get(name)
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        raise BadQuestion(name, "a name")
    return _checked(name, value)


def optional_variable(given: Mapping[str, Any], name: str) -> str | None:
    """Return what a request's body gives as `name`: a variable of the notebook, or nothing."""
    value = optional_name(given, name)
    if value is not None and not value.isidentifier():
        raise BadQuestion(name, "the name of a variable")
    return value


def _verb(workspace: Workspace, name: str, *words: str) -> Any:
    """Return the data of the view that a verb gives without a kernel."""
    verb = find_verb(name)
    return verb.run(verb.parser("notewright").parse_args(list(words)), Context(workspace)).data()


def _status(workspace: Workspace, question: Question) -> Any:
    return {
        "version": __version__,
        "workspace": workspace.root.name,
        "snapshots": workspace.snapshots.count(),
    }


def _timeline(workspace: Workspace, question: Question) -> Any:
    return _verb(workspace, "timeline", "--limit", str(_TIMELINE))


def _diff(workspace: Workspace, question: Question) -> Any:
    return _verb(workspace, "diff", "--", question.snapshot("a"), question.snapshot("b"))


def _snapshot(workspace: Workspace, question: Question) -> Any:
    return snapshot_record(workspace.snapshots.get(_checked("id", question.item or "", _SNAPSHOT)))


def _runs(workspace: Workspace, question: Question) -> Any:
    return _verb(workspace, "runs")


def _compare(workspace: Workspace, question: Question) -> Any:
    return _verb(workspace, "compare", "--", *question.refs("ids"))


def _checks(workspace: Workspace, question: Question) -> Any:
    """Return the newest report and the verdict of every gate for each model's newest version."""
    newest = {version.name: version for version in workspace.models.list()}
    reports, gates = [], []
    policy = workspace.policy() if newest else None
    for name, version in newest.items():
        model = f"{name}@{version.number}"
        if workspace.checks.latest(version) is not None:
            reports.append(_verb(workspace, "check", model, "--last"))
        for gate in policy.gates if policy is not None else ():
            gates.append(_verb(workspace, "gate", gate, model))
    return {"reports": reports, "gates": gates}


def _packages(workspace: Workspace, question: Question) -> Any:
    """Return the packages, each with the path at which the server shows its files."""
    return [
        {**package, "folder": served_path(question.served, Path(package["place"]))}
        for package in _verb(workspace, "packages")
    ]


def _deployments(workspace: Workspace, question: Question) -> Any:
    return _verb(workspace, "deployments")


def _changes(workspace: Workspace, question: Question) -> Any:
    """Return a number that moves whenever anything was committed or the policy was edited.

    It is 0 while there is no workspace; see `_no_changes`.
    """
    marks = workspace.store.catalog.mark(), stamp(workspace.root / "policy.yaml")
    return {
        "changes": zlib.crc32(" ".join(marks).encode()),
        "workspace": workspace.root.name,
        "missing": None,
    }


def _no_changes(missing: NoWorkspace) -> Any:
    return {"changes": 0, "workspace": None, "missing": missing.record()}


#: From the pattern of a route, below ``notewright/api/``, to what answers it.
ANSWERS: dict[str, Answer] = {
    "status": _status,
    "timeline": _timeline,
    "diff": _diff,
    r"snapshots/(?P<item>[^/]+)": _snapshot,
    "runs": _runs,
    "compare": _compare,
    "checks": _checks,
    "packages": _packages,
    "deployments": _deployments,
    "changes": _changes,
}

#: To ask whether there is a workspace yet is no mistake, so this one is not refused.
NOTHING_YET: dict[str, NothingYet] = {"changes": _no_changes}
