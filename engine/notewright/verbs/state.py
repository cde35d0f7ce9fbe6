"""snapshot, timeline, show, diff, restore, autosnapshot, tag, gc."""

from __future__ import annotations

import argparse
from pathlib import Path

from notewright.errors import UnknownId, UsageError
from notewright.lineage.replaying import check_sealed, plan_replay, unsaved_names
from notewright.state.restoring import Restored
from notewright.state.retention import Rules
from notewright.state.tree import marks
from notewright.verbs.base import SNAPSHOT, Context, Verb
from notewright.views.base import Message, View
from notewright.views.contents import contents_view, copied_files_view
from notewright.views.difference import DiffView
from notewright.views.replay import plan_view, replayed_view
from notewright.views.state import removal_view, restored_view, snapshot_view, timeline_view


def _snapshot_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-m", "--message", default="", metavar="WORDS", help="your words for it, to find it by"
    )
    parser.add_argument("--tag", metavar="NAME", help="a short name that only this snapshot has")
    parser.add_argument(
        "--with-data",
        action="store_true",
        help="keep the contents of the data files that were read, whatever their size; "
        "those up to 1 MB are kept anyway",
    )


def _snapshot(args: argparse.Namespace, context: Context) -> View:
    if args.tag:
        context.workspace.snapshots.check_tag(args.tag)
    taken = context.live("snapshot").take(args.message, with_data=args.with_data)
    if args.tag:
        context.workspace.snapshots.tag(taken.id, args.tag, taken.session)
    made = context.workspace.history.get(taken.execution).words if taken.execution else None
    return snapshot_view(taken, cell=made, tells_data=args.with_data)


snapshot = Verb(
    "snapshot",
    "Save every variable of this notebook.",
    _snapshot_arguments,
    _snapshot,
    "Random state, the notebook's document, the files read so far, the environment and git's "
    "commit are noted with it: `show` lists them. Works in a notebook only. `restore` goes back to "
    'it, also after the kernel was restarted. Example: `%nw snapshot -m "clean data"`.',
)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 up")
    return int(text)


def _timeline_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-n", "--limit", type=_count, default=50, help="how many of the newest (50)"
    )


def _timeline(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    snapshots = workspace.snapshots.list(limit=args.limit)
    # In a notebook the arrow is where that notebook stands, also if it stands nowhere yet.
    session = context.session
    head = workspace.store.refs.get(f"heads/{session}" if session else "HEAD")
    cells = {
        s.execution: workspace.history.get(s.execution).words for s in snapshots if s.execution
    }
    return timeline_view(snapshots, head, cells, marks(workspace.store, session))


timeline = Verb(
    "timeline",
    "List the snapshots, newest first.",
    _timeline_arguments,
    _timeline,
    "An arrow marks where the notebook stands (HEAD). Where a restored snapshot was gone on from, "
    "the branches are drawn beside the list; tags and the places of other notebooks are shown.",
)


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "snapshot",
        nargs="?",
        default="HEAD",
        metavar="SNAPSHOT",
        help=f"by default HEAD: {SNAPSHOT}",
    )
    parser.add_argument("--code", action="store_true", help="show the executed cells in full")
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="copy the notebook's document and the data files it holds into a new folder",
    )
    parser.add_argument("--only", nargs="+", metavar="FILE", help="copy just these files")


def _show(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    session = context.session
    found = workspace.snapshots.get(args.snapshot, session)
    if args.to is not None:
        snapshots = workspace.snapshots
        copies = snapshots.copy_files(found, args.to, args.only)
        left_out = {} if args.only else snapshots.withheld_files(found)
        return copied_files_view(found, copies, left_out)
    if args.only:
        raise UsageError("--only names files to copy.", "Say where to: `--to FOLDER`.")
    return contents_view(
        found,
        workspace.history.line(found.execution),
        workspace.snapshots.environment(found),
        code=args.code,
    )


show = Verb(
    "show",
    "Show what a snapshot holds, or copy files out of it.",
    _show_arguments,
    _show,
    "Variables, what could not be saved, the executed cells in order, data files, the notebook's "
    "document, git's commit and the environment. Nothing of yours is overwritten by --to. "
    'Example: `%nw show "clean data" --to recovered --only customers.csv`.',
)


def _diff_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "old",
        nargs="?",
        default="HEAD~1",
        metavar="OLD",
        help=f"a snapshot, by default HEAD~1: {SNAPSHOT}",
    )
    parser.add_argument(
        "new", nargs="?", default="HEAD", metavar="NEW", help="another, by default HEAD"
    )


def _diff(args: argparse.Namespace, context: Context) -> View:
    found = context.workspace.diff(args.old, args.new, context.session)
    ends_here = context.kernel is not None and found.new == context.kernel.head()
    return DiffView(found, context.kernel.gone_on() if context.kernel and ends_here else ())


diff = Verb(
    "diff",
    "Say what changed between two snapshots.",
    _diff_arguments,
    _diff,
    "For each variable that differs: which rows, columns, elements, parameters, items, attributes "
    "or lines. Then the cells that ran between them, data files and packages. What changed since "
    "HEAD is in no snapshot yet: it is named, and `%nw snapshot` saves it.",
)


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "snapshot", metavar="SNAPSHOT", help=f"{SNAPSHOT}; or a run, for what it left"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="NAME",
        help="bring back just these variables; random-state stands for the random generators",
    )
    parser.add_argument(
        "--replay",
        nargs="*",
        metavar="NAME",
        help="also rebuild what could not be saved, all or the named variables, by running again "
        "the cells that made it",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="with --replay: say which cells would run, and do nothing",
    )
    parser.add_argument(
        "--discard",
        action="store_true",
        help="where the store is read-only: give up what the variables are now",
    )


def _snapshot_of(context: Context, ref: str) -> str:
    """Return the snapshot that `ref` names: itself, or the one after a run."""
    try:
        return context.workspace.snapshots.id_of(ref, context.session)
    except UnknownId as unknown:
        try:
            run = context.workspace.runs.get(ref)
        except UnknownId:
            raise unknown from None
    if run.snapshot_after is None:
        raise UsageError(
            f"No snapshot was taken after the run '{run.name}'.",
            "`%nw timeline` lists the snapshots there are.",
        )
    return run.snapshot_after


def _restore(args: argparse.Namespace, context: Context) -> View:
    args.snapshot = _snapshot_of(context, args.snapshot)
    if args.replay is None:
        if args.dry_run:
            raise UsageError("--dry-run is of --replay.", "Write `restore SNAPSHOT --replay`.")
        return restored_view(_gone_back(args, context, args.snapshot))
    workspace, session = context.workspace, context.session
    snapshot = workspace.snapshots.get(args.snapshot, session)
    names = unsaved_names(snapshot, args.replay)
    if args.dry_run:
        return plan_view(plan_replay(workspace.history, workspace.snapshots, snapshot, names))
    check_sealed(workspace.history, snapshot)
    kernel = context.live("restore")
    restored = _gone_back(args, context, snapshot.id)
    return replayed_view(restored, kernel.replay(restored, names))


def _gone_back(args: argparse.Namespace, context: Context, snapshot: str) -> Restored:
    return context.live("restore").restore(snapshot, args.only, discard=args.discard)


restore = Verb(
    "restore",
    "Bring the variables back as a snapshot has them.",
    _restore_arguments,
    _restore,
    "Variables that were not there then are removed, and the random state is put back, unless "
    "--only is given. What you leave is saved first, so this can be undone. Works in a notebook "
    "only. Connections, generators and the like cannot be saved; with --replay the cells that made "
    "them run again, with all they do to files, databases and other machines. Example: "
    '`%nw restore "clean data" --replay connection --dry-run`.',
)


def _autosnapshot_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("state", choices=["on", "off"], help="start it or stop it")


def _autosnapshot(args: argparse.Namespace, context: Context) -> View:
    kernel = context.live("autosnapshot")
    kernel.autosnapshot = args.state == "on"
    words = "A snapshot is taken after every cell." if kernel.autosnapshot else "Off."
    return Message(words, {"autosnapshot": kernel.autosnapshot})


autosnapshot = Verb(
    "autosnapshot",
    "Take a snapshot after every cell, or stop doing so.",
    _autosnapshot_arguments,
    _autosnapshot,
    "Works in a notebook only.",
)


def _tag_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("snapshot", metavar="SNAPSHOT", help=SNAPSHOT)
    parser.add_argument("name", metavar="NAME", help="the tag; it moves if another has it")


def _tag(args: argparse.Namespace, context: Context) -> View:
    snapshots = context.workspace.snapshots
    found = snapshots.get(args.snapshot)
    snapshots.tag(found.id, args.name, found.session)
    return Message(f"{found.id[:6]} is now also '{args.name}'.", {"id": found.id, "tag": args.name})


tag = Verb("tag", "Give a snapshot a short name.", _tag_arguments, _tag)


def _none_or_more(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 up")
    return int(text)


def _gc_arguments(parser: argparse.ArgumentParser) -> None:
    rules = Rules()
    parser.add_argument(
        "--keep-last",
        type=_none_or_more,
        metavar="N",
        help=f"keep the newest N snapshots (by default as policy.yaml says, else {rules.last})",
    )
    parser.add_argument(
        "--keep-daily",
        type=_none_or_more,
        metavar="N",
        help="keep the last snapshot of each of the newest N days that have one (by default as "
        f"policy.yaml says, else {rules.daily})",
    )
    parser.add_argument(
        "--drop-named",
        action="store_true",
        help="also remove snapshots that were taken with `snapshot` and have no tag; by default "
        "they stay",
    )
    parser.add_argument("--yes", action="store_true", help="do it; without this nothing is removed")


def _gc(args: argparse.Namespace, context: Context) -> View:
    retention = context.workspace.retention
    usual = retention.default()
    rules = Rules(
        usual.last if args.keep_last is None else args.keep_last,
        usual.daily if args.keep_daily is None else args.keep_daily,
        named=not args.drop_named,
    )
    if args.yes:
        return removal_view(retention.carry_out(rules, context.progress))
    return removal_view(retention.plan(rules, context.progress))


gc = Verb(
    "gc",
    "Remove old snapshots, and free what only they needed.",
    _gc_arguments,
    _gc,
    "Says what would go and how many bytes that frees; `gc --yes` does it, for good. What has a "
    "tag, belongs to a run or a package, or is where a notebook stands (and the two before) always "
    "stays; so do executed cells and all evidence. Notebooks may go on meanwhile. For example, "
    "`gc --keep-last 20 --keep-daily 7` shows what a strict rule would free, and "
    "`gc --keep-last 20 --keep-daily 7 --yes` applies it.",
)
