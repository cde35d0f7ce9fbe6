"""The `notewright` command: the same verbs as `%nw`, on what is stored."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from notewright import __version__
from notewright.errors import Cancelled, NeedsKernel, NotewrightError, NoWorkspace, UsageError
from notewright.progress import Progress
from notewright.verbs import find_verb
from notewright.verbs.base import Context, HelpShown
from notewright.verbs.general import GeneralOptions
from notewright.views.base import View

if TYPE_CHECKING:
    from notewright.workspace import Workspace

#: What one may begin a project with.
_STARTERS = {("policy", "init"), ("identity", "create")}
_GENERAL = GeneralOptions("notewright", "--json", "--workspace", "--debug")
_INTRODUCTION = """\
The same verbs as %nw in a notebook, on what is stored. `notewright VERB -h` explains one,
`notewright --version` prints the version."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return what the process exits with.

    0 is success, 1 a 'no' (a closed gate, a failed check), 2 an error.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        view = _run(words)
    except HelpShown:
        return 0
    except NotewrightError as error:
        if "--debug" in words:
            traceback.print_exc()
        _say(error, as_json=as_json)
        return 2
    except KeyboardInterrupt:
        _say(Cancelled("This"), as_json=as_json)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0 if view is None else view.exit_code()


def _say(error: NotewrightError, *, as_json: bool) -> None:
    """Print an error on stderr: in words, or as the one line of JSON that ends it."""
    words = json.dumps(error.record()) if as_json else f"notewright: {error}"
    if not isinstance(error, NeedsKernel):
        # The verbs are the same; only the word before them differs.
        words = words.replace("`%nw ", "`notewright ")
    print(words, file=sys.stderr)


def _run(words: list[str]) -> View | None:
    given, rest = _GENERAL.take(words)
    if rest[:1] == ["--version"]:
        print(__version__)
        return None
    if not rest or rest[0] in ("-h", "--help", "help"):
        print(_GENERAL.overview(_INTRODUCTION))
        return None
    verb = find_verb(rest[0])
    parsed = _GENERAL.verb_parser(verb).parse_args(rest[1:], given)
    workspace = (
        None
        if verb.begins(parsed)
        else _workspace(parsed.workspace, make=tuple(rest[:2]) in _STARTERS)
    )
    shown = _report if sys.stderr.isatty() and not parsed.json else None
    progress = Progress(shown, f"`notewright {verb.name}`")
    try:
        view = verb.run(parsed, Context(workspace, None, progress))
    finally:
        if shown is not None:
            _wipe()  # the last step reported need not have been the end
    print(json.dumps(view.data(), indent=2, default=str) if parsed.json else view.text())
    return view


def _workspace(folder: str | None, *, make: bool) -> Workspace:
    """Open the workspace; looking for something never makes a store by the way."""
    from notewright.workspace import Workspace

    path = Path(folder or ".").resolve()
    if not path.is_dir():
        raise UsageError(f"There is no folder {folder}.", "Give a project's folder.")
    root = Workspace.existing(path)
    if root is None and not make:
        raise NoWorkspace(path)
    return Workspace(root or path)


def _report(fraction: float, message: str) -> None:
    print(f"\r\033[K{fraction:4.0%} {message}", end="", file=sys.stderr, flush=True)
    if fraction >= 1:
        _wipe()


def _wipe() -> None:
    """Take the line of progress away."""
    print("\r\033[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
