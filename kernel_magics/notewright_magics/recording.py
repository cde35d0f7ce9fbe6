"""``%%nw run "name"``: one cell, recorded as a run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from notewright.errors import UsageError
from notewright.lineage.files import FileWatch
from notewright.verbs.base import VerbParser
from notewright_magics.figures import figures_kept

if TYPE_CHECKING:
    from notewright_magics.session import KernelSession


class CellFailed(Exception):
    """Ends a ``%%nw run`` cell whose body raised; IPython shows nothing more for it."""

    def _render_traceback_(self) -> list[str]:
        return []


def run_cell(session: KernelSession, words: list[str], body: str) -> None:
    """Run `body` as the user's cell and record it as a run.

    The run is finished by the session once the cell has ended: only then is
    it known what the cell changed.
    """
    options = _parse(words)
    if not body.strip():
        raise UsageError(
            "There is no code under `%%nw run`.", "Write the code to record below that line."
        )
    active = session.workspace.runs.start(
        options.name,
        dict(tag.split("=", 1) if "=" in tag else (tag, "") for tag in options.tags),
        session=session.session,
        namespace=session.namespace,
    )
    with FileWatch.paused():
        before = session.snapshot_now("run", f"before {options.name}")
    with active.recording(), figures_kept(session.shell, active):
        result = session.shell.run_cell(body, store_history=False)
    error = result.error_before_exec or result.error_in_exec
    session.finish_run_after_cell(active, before, error)
    if error is not None:
        raise CellFailed(str(error)) from None


def _parse(words: list[str]) -> argparse.Namespace:
    parser = VerbParser(prog="%%nw run", description="Record this cell as a run.")
    parser.add_argument("name", help='your words for it, in quotes: "gbm, depth 6"')
    parser.add_argument("--tags", nargs="+", default=[], metavar="KEY=VALUE", help="labels")
    return parser.parse_args(words)
