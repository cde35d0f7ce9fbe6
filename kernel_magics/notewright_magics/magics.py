"""``%nw VERB`` and ``%%nw run``."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from typing import TYPE_CHECKING

from IPython.display import display

from notewright.afresh.mark import is_afresh
from notewright.errors import Cancelled, NotewrightError, UsageError
from notewright.experiments.observers import unobserved
from notewright.lineage.files import FileWatch
from notewright.progress import Progress
from notewright.verbs import VERBS, find_verb
from notewright.verbs.base import Context, HelpShown, Verb
from notewright.verbs.general import GeneralOptions
from notewright.views.base import View
from notewright_magics.cells import split_words
from notewright_magics.presenting import present
from notewright_magics.progress import ProgressLine
from notewright_magics.recording import run_cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notewright_magics.session import KernelSession

GENERAL = GeneralOptions("%nw", "--json", "--widget", "--debug")
#: What also works while the notebook is run for an export: cells may rely on it. All else has
#: been done by the user, or not, and is not done again behind their back.
_ALWAYS = {"snapshot", "restore", "tag", "autosnapshot", "dataset"}
_INTRODUCTION = """\
`%nw VERB -h` explains one. `%%nw run "name"` in a cell's first line records the cell as a run."""


class NwMagic:
    """The one magic of Notewright.

    Parameters
    ----------
    session : KernelSession
        The running notebook.
    """

    def __init__(self, session: KernelSession) -> None:
        self._session = session

    def __call__(self, line: str, cell: str | None = None) -> None:
        """Run the verb in `line`; `cell` is the body of ``%%nw run``."""
        if not self._session.on:
            raise UsageError("Notewright is off.", "`%reload_ext notewright` starts it again.")
        try:
            words = split_words(line)
        except ValueError:
            raise UsageError(
                "A quotation mark is not closed.", 'Write names with spaces as "two words".'
            ) from None
        try:
            self._run(words, cell)
        except HelpShown:
            return
        except NotewrightError as error:
            if "--debug" in words:
                traceback.print_exc()
            if "--json" in words:
                print(json.dumps(error.record()), file=sys.stderr)
            raise

    def _run(self, words: list[str], cell: str | None) -> None:
        if words[:1] == ["run"]:
            if cell is None:
                raise UsageError(
                    "`%nw run` stands in the first line of a cell, with two percent signs.",
                    'Write `%%nw run "name"` above the code to record.',
                )
            run_cell(self._session, [word for word in words[1:] if word != "--debug"], cell)
            return
        if cell is not None:
            raise UsageError("Only `run` takes a whole cell.", "Use `%nw` with one percent sign.")
        given, words = GENERAL.take(words)
        if not words or words[0] in ("-h", "--help", "help"):
            print(GENERAL.overview(_INTRODUCTION))
            return
        with FileWatch.paused(), unobserved():
            verb = find_verb(words[0])
            if is_afresh() and verb.name not in _ALWAYS:
                print(f"`%nw {verb.name}` is left out: the notebook is run for an export.")
                return
            parsed = GENERAL.verb_parser(verb).parse_args(words[1:], given)
            view = self._view(verb, parsed)
            display_view(view, as_json=parsed.json, as_widget=parsed.widget)

    def _view(self, verb: Verb, parsed: argparse.Namespace) -> View:
        """Run a verb and return its view."""
        line = ProgressLine()
        progress = Progress(line.show, f"`%nw {verb.name}`")
        try:
            self._session.settle()
            view = verb.run(parsed, Context(self._session.workspace, self._session, progress))
        except KeyboardInterrupt:
            raise Cancelled(f"`%nw {verb.name}`") from None
        finally:
            line.clear()
        self._session.listeners.tell(VERBS[verb.name])
        return view


def display_view(view: View, *, as_json: bool = False, as_widget: bool = False) -> None:
    """Show a view as HTML and text, which also read well later and without a kernel."""
    if as_json:
        print(json.dumps(view.data(), indent=2, default=str))
        return
    if not (as_widget and present(view)):
        display(view)


def install(shell: InteractiveShell, session: KernelSession) -> None:
    """Register ``%nw`` and ``%%nw``, their completion, and the panel's comm."""
    from notewright_magics.comm import register_comm
    from notewright_magics.completion import register_completion

    magic = NwMagic(session)
    shell.register_magic_function(magic, "line_cell", "nw")
    register_completion(shell, session)
    register_comm(shell, session)
