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
from notewright.errors import NotewrightError, NoWorkspace, UsageError
from notewright.progress import Progress
from notewright.verbs import VERBS, find_verb
from notewright.verbs.base import Context, HelpShown
from notewright.views.base import View

if TYPE_CHECKING:
    from notewright.workspace import Workspace

#: What one may begin a project with.
_STARTERS = {("policy", "init"), ("identity", "create")}
_USAGE = """usage: notewright [--debug] [--workspace FOLDER] VERB ... [--json]

The same verbs as %nw in a notebook, on what is stored. `notewright VERB -h` explains one.

  --json              print JSON with stable field names
  --workspace FOLDER  the project's folder; by default the nearest one upward with a store
  --debug             show the traceback of an error
  --version           print the version
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return what the process exits with.

    0 is success, 1 a 'no' (a closed gate, a failed check), 2 an error.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = _take_flag(words, "--debug")
    try:
        view = _run(words)
    except HelpShown:
        return 0
    except NotewrightError as error:
        if debug:
            traceback.print_exc()
        # The verbs are the same; only the word before them differs.
        print(f"notewright: {error}".replace("`%nw ", "`notewright "), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("notewright: interrupted; nothing half-done was kept.", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0 if view is None else view.exit_code()


def _run(words: list[str]) -> View | None:
    as_json = _take_flag(words, "--json")
    folder = _take_option(words, "--workspace")
    if words[:1] == ["--version"]:
        print(__version__)
        return None
    if not words or words[0] in ("-h", "--help", "help"):
        print(_USAGE + "\n" + verb_list())
        return None
    verb = find_verb(words[0])
    parsed = verb.parser("notewright").parse_args(words[1:])
    workspace = _workspace(folder, make=tuple(words[:2]) in _STARTERS)
    shown = _report if sys.stderr.isatty() and not as_json else None
    progress = Progress(shown, f"`notewright {verb.name}`")
    view = verb.run(parsed, Context(workspace, None, progress))
    print(json.dumps(view.data(), indent=2, default=str) if as_json else view.text())
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


def verb_list() -> str:
    """Return one line for each verb."""
    return "\n".join(f"  {name:14}{find_verb(name).summary}" for name in VERBS)


def _take_flag(words: list[str], flag: str) -> bool:
    found = flag in words
    while flag in words:
        words.remove(flag)
    return found


def _take_option(words: list[str], option: str) -> str | None:
    """Take `option VALUE` or `option=VALUE` out of the words, wherever it stands."""
    for at, word in enumerate(words):
        if word == option:
            if at + 1 == len(words):
                raise UsageError(f"{option} needs a value.", "`notewright -h` shows how.")
            value = words[at + 1]
            del words[at : at + 2]
            return value
        if word.startswith(option + "="):
            del words[at]
            return word.partition("=")[2]
    return None


def _report(fraction: float, message: str) -> None:
    print(f"\r\033[K{fraction:4.0%} {message}", end="", file=sys.stderr, flush=True)
    if fraction >= 1:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
