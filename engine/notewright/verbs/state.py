"""snapshot, timeline, diff, restore, autosnapshot, tag."""

from __future__ import annotations

import argparse

from notewright.state.diff import diff as diff_snapshots
from notewright.verbs.base import Context, Verb
from notewright.views.base import Message, View
from notewright.views.state import diff_view, restored_view, snapshot_view, timeline_view

#: How a snapshot is named, in the help of every verb that takes one.
SNAPSHOT = "its id, HEAD, HEAD~2 (two before), its tag, or its whole message"


def _snapshot_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-m", "--message", default="", help="your words for it")
    parser.add_argument("--tag", help="a name of its own, to find it by")


def _snapshot(args: argparse.Namespace, context: Context) -> View:
    taken = context.live("snapshot").take(args.message)
    if args.tag:
        context.workspace.snapshots.tag(taken.id, args.tag, taken.session)
    return snapshot_view(taken)


snapshot = Verb("snapshot", "Save every variable of this notebook.", _snapshot_arguments, _snapshot)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 up")
    return int(text)


def _timeline_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", "--limit", type=_count, default=50, help="how many, newest first")


def _timeline(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    snapshots = workspace.snapshots.list(limit=args.limit)
    # In a notebook the arrow is where that notebook stands, also if it stands nowhere yet.
    head = workspace.snapshots.head(context.kernel.session if context.kernel else None)
    cells = {
        s.execution: workspace.history.get(s.execution).words for s in snapshots if s.execution
    }
    return timeline_view(snapshots, head.id if head else None, cells)


timeline = Verb("timeline", "List the snapshots.", _timeline_arguments, _timeline)


def _diff_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "old", nargs="?", default="HEAD~1", help=f"a snapshot, by default HEAD~1: {SNAPSHOT}"
    )
    parser.add_argument("new", nargs="?", default="HEAD", help="another, by default HEAD")


def _diff(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    session = context.kernel.session if context.kernel else None
    old, new = (workspace.snapshots.get(ref, session) for ref in (args.old, args.new))
    found = diff_snapshots(workspace.store, workspace.snapshots, old, new)
    before = {e.id for e in workspace.history.line(old.execution)}
    ran = [e for e in workspace.history.line(new.execution) if e.id not in before and e.has_code]
    return diff_view(found, [e.words for e in ran])


diff = Verb("diff", "Say what changed between two snapshots.", _diff_arguments, _diff)


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("snapshot", help=SNAPSHOT)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="just these variables")


def _restore(args: argparse.Namespace, context: Context) -> View:
    return restored_view(context.live("restore").restore(args.snapshot, args.only))


restore = Verb("restore", "Go back to a snapshot.", _restore_arguments, _restore)


def _autosnapshot_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("state", choices=["on", "off"])


def _autosnapshot(args: argparse.Namespace, context: Context) -> View:
    kernel = context.live("autosnapshot")
    kernel.autosnapshot = args.state == "on"
    words = "A snapshot is taken after every cell." if kernel.autosnapshot else "Off."
    return Message(words, {"autosnapshot": kernel.autosnapshot})


autosnapshot = Verb(
    "autosnapshot", "Snapshot after every cell.", _autosnapshot_arguments, _autosnapshot
)


def _tag_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("snapshot", help=SNAPSHOT)
    parser.add_argument("name", help="the name to find it by")


def _tag(args: argparse.Namespace, context: Context) -> View:
    snapshots = context.workspace.snapshots
    found = snapshots.get(args.snapshot)
    snapshots.tag(found.id, args.name, found.session)
    return Message(f"{found.id[:6]} is now also '{args.name}'.", {"id": found.id, "tag": args.name})


tag = Verb("tag", "Give a snapshot a name.", _tag_arguments, _tag)
