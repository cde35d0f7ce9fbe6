"""Tab completion for ``%nw``: verbs, ids, variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notewright.verbs import VERBS, find_verb
from notewright_magics.magics import GENERAL
from notewright_magics.quoting import continued, in_quotes, quoted

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notewright_magics.session import KernelSession

_SNAPSHOTS = {"restore", "show", "diff", "tag"}
_RUNS = {"compare", "register", "rerun"}
_VARIABLES = {"export", "slice", "check", "dataset"}
_DEPLOYMENTS = {"monitor", "rollback", "stop", "retrain"}
_MODELS = {"gate", "approve", "check", "deploy", "alias", "dossier"}


def register_completion(shell: InteractiveShell, session: KernelSession) -> None:
    """Offer verbs after ``%nw``, and after a verb what it takes."""

    def complete(_shell: Any, event: Any) -> list[str]:
        return candidates(session, event.text_until_cursor, event.symbol)

    shell.set_hook("complete_command", complete, str_key="%nw")


def candidates(session: KernelSession, line: str, symbol: str = "") -> list[str]:
    """Return what may stand where `line` ends.

    Parameters
    ----------
    session : KernelSession
        The running notebook.
    line : str
        The line up to the cursor.
    symbol : str
        The end of it that is being completed.
    """
    words = line.split()
    if len(words) < 2 or (len(words) == 2 and not line.endswith(" ")):
        return list(VERBS)
    verb, workspace = words[1], session.workspace
    if verb not in VERBS:
        return []
    opened = in_quotes(line)
    if opened is not None:
        texts = _messages(session) if verb in _SNAPSHOTS else []
        return continued(texts, opened, symbol)
    actions = GENERAL.verb_parser(find_verb(verb))._actions
    found = [option for a in actions for option in a.option_strings]
    if verb in _SNAPSHOTS:
        newest = workspace.snapshots.list(limit=20)
        found += ["HEAD", *workspace.snapshots.tags(), *(s.id[:6] for s in newest)]
        if "--replay" in words:
            unsaved = {v.name for s in newest for v in s.unsaved if s.module_of(v.name) is None}
            found += sorted(unsaved)
        if verb == "show" and "--only" in words:
            found += sorted({kept.path for s in newest for kept in s.kept})
        found += quoted(_messages(session))
    if verb in _RUNS:
        found += [run.id[:6] for run in workspace.runs.list()[:20]]
    if verb in _VARIABLES:
        found += list(session.namespace.variables())
    if verb == "restore" and "--only" in words:
        found += list(session.namespace.state())
    if verb == "dataset":
        found += [version.ref for version in workspace.datasets.list()]
    if verb in _MODELS:
        found += sorted({version.name for version in workspace.models.list()})
    if verb in _DEPLOYMENTS:
        found += [deployment.name for deployment in workspace.deployments.list()]
    return found


def _messages(session: KernelSession) -> list[str]:
    """Return the messages of the newest snapshots, each once."""
    newest = session.workspace.snapshots.list(limit=20)
    return list(dict.fromkeys(s.message for s in newest if s.message))
