"""What a verb is: one definition behind `%nw VERB`, `notewright VERB` and the panel."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from notewright.errors import NeedsKernel, NoWorkspace, UsageError
from notewright.progress import Progress
from notewright.views.base import View

if TYPE_CHECKING:
    from notewright.governance.identities import Identity
    from notewright.lineage.recorder import Cost
    from notewright.lineage.replaying import Replayed
    from notewright.state.namespace import Namespace
    from notewright.state.records import Snapshot
    from notewright.state.restoring import Restored
    from notewright.workspace import Workspace

#: How a snapshot is named, in the help of every verb that takes one.
SNAPSHOT = (
    "an id or its first characters, a tag, a whole message, HEAD (where the notebook stands) "
    "or HEAD~2 (two before)"
)


class LiveKernel(Protocol):
    """The running notebook, as verbs that act on live variables see it."""

    namespace: Namespace
    session: str
    autosnapshot: bool
    autorun: bool
    cost: Cost
    #: The notebook's path, where the client tells it.
    notebook: str | None

    def execution(self) -> str | None:
        """Return the id of the latest recorded execution in force, or None."""

    def head(self) -> str | None:
        """Return the id of the snapshot the variables stand on, or None."""

    def gone_on(self) -> tuple[str, ...]:
        """Return the variables that are not what they are in the snapshot they stand on."""

    def take(self, message: str = "", kind: str = "named", *, with_data: bool = False) -> Snapshot:
        """Take a snapshot of the variables as they are."""

    def restore(
        self, ref: str, only: Sequence[str] | None = None, *, discard: bool = False
    ) -> Restored:
        """Go back to a snapshot, wholly or for some variables."""

    def replay(self, restored: Restored, names: Sequence[str]) -> Replayed:
        """Rebuild variables that a snapshot could not save."""

    def off(self) -> None:
        """Stop watching this notebook."""


@dataclass
class Context:
    """What a verb works with."""

    #: The project; None for words that do not need one yet (`Verb.begins`).
    project: Workspace | None
    kernel: LiveKernel | None = None
    progress: Progress = field(default_factory=Progress)
    #: Who acts; None means the OS user's own identity.
    identity: Identity | None = None
    #: What the findings of an export say of how the notebook was run for it.
    notes: tuple[str, ...] = ()

    @property
    def workspace(self) -> Workspace:
        """The project's workspace."""
        if self.project is None:
            raise NoWorkspace(Path.cwd())
        return self.project

    @property
    def session(self) -> str | None:
        """The running notebook's session, or None: whose `HEAD` is meant."""
        return self.kernel.session if self.kernel else None

    def variable(self, name: str, default: object = None) -> object:
        """Return the value of a variable of the notebook, or `default` where there is none."""
        if self.kernel is None or not name.isidentifier():
            return default
        return self.kernel.namespace.variables().get(name, default)

    def live(self, verb: str) -> LiveKernel:
        """Return the kernel, or raise `NeedsKernel`."""
        if self.kernel is None:
            raise NeedsKernel(verb)
        return self.kernel


@dataclass(frozen=True)
class Verb:
    """One verb.

    Parameters
    ----------
    name : str
        The word after ``%nw``.
    summary : str
        One line for the list of verbs.
    arguments : callable
        Adds its arguments to a parser.
    run : callable
        Does the work through the engine's public functions and returns a view.
    details : str
        What its help says after the summary, for somebody who never used it.
    begins : callable
        Tells of parsed words whether they need no workspace.
    """

    name: str
    summary: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Context], View]
    details: str = ""
    begins: Callable[[argparse.Namespace], bool] = lambda parsed: False

    def parser(self, program: str = "%nw", general: VerbParser | None = None) -> VerbParser:
        """Return the parser of this verb's words, and of a front door's general options."""
        parser = VerbParser(
            prog=f"{program} {self.name}",
            description=f"{self.summary} {self.details}",
            parents=[] if general is None else [general],
            add_help=False,
        )
        parser._positionals.title = "arguments"
        parser.add_argument("-h", "--help", action="help", help="show this help")
        self.arguments(parser)
        return parser


class VerbParser(argparse.ArgumentParser):
    """An argument parser that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`."""
        raise UsageError(
            f"`{self.prog}` was not understood: {message}.",
            f"`{self.prog} -h` shows how it is used.",
        )

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Raise `HelpShown`: argparse ends here after printing the help."""
        raise HelpShown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            close = difflib.get_close_matches(str(value), [str(c) for c in action.choices], n=1)
            hint = f"; did you mean '{close[0]}'" if close else ""
            self.error(f"'{value}' is not one of {', '.join(map(str, action.choices))}{hint}")


class HelpShown(Exception):
    """`-h` has printed the help and there is nothing more to do."""
