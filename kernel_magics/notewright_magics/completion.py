"""Tab completion for ``%nw``: verbs, ids, variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notewright.verbs import VERBS, find_verb
from notewright_magics.magics import GENERAL

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notewright_magics.session import KernelSession

_SNAPSHOTS = {"restore", "diff", "tag"}
_RUNS = {"compare", "register"}
_VARIABLES = {"export", "slice", "check"}
_DEPLOYMENTS = {"monitor", "rollback", "stop", "retrain"}
_MODELS = {"gate", "approve", "check", "deploy", "alias"}


def register_completion(shell: InteractiveShell, session: KernelSession) -> None:
    """Offer verbs after ``%nw``, and after a verb what it takes."""

    def complete(_shell: Any, event: Any) -> list[str]:
        return candidates(session, event.line)

    shell.set_hook("complete_command", complete, str_key="%nw")


def candidates(session: KernelSession, line: str) -> list[str]:
    """Return what may stand where `line` ends.

    Parameters
    ----------
    session : KernelSession
        The running notebook.
    line : str
        The line up to the cursor.
    """
    words = line.split()
    if len(words) < 2 or (len(words) == 2 and not line.endswith(" ")):
        return list(VERBS)
    verb, workspace = words[1], session.workspace
    if verb not in VERBS:
        return []
    actions = GENERAL.verb_parser(find_verb(verb))._actions
    found = [option for a in actions for option in a.option_strings]
    if verb in _SNAPSHOTS:
        found += ["HEAD", *(s.id[:6] for s in workspace.snapshots.list(limit=20))]
    if verb in _RUNS:
        found += [run.id[:6] for run in workspace.runs.list()[:20]]
    if verb in _VARIABLES or "--only" in words:
        found += list(session.namespace.variables())
    if verb in _MODELS:
        found += sorted({version.name for version in workspace.models.list()})
    if verb in _DEPLOYMENTS:
        found += [deployment.name for deployment in workspace.deployments.list()]
    return found
