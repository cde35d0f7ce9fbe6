"""status, history, slice, fsck, off: the notebook and its store as a whole."""

from __future__ import annotations

import argparse

from notewright import __version__
from notewright.packaging.statement_slices import slice_statements
from notewright.store.integrity import verify_store
from notewright.verbs.base import Context, Verb
from notewright.views.base import Message, Page, Table, View
from notewright.views.slices import slice_view
from notewright.views.state import size
from notewright.words import local_second, some_of


def _nothing(parser: argparse.ArgumentParser) -> None:
    pass


def _status(args: argparse.Namespace, context: Context) -> View:
    workspace, kernel = context.workspace, context.kernel
    stored = workspace.store.disk_usage()
    rows = [
        ("Notewright", __version__),
        ("workspace", str(workspace.root)),
        ("records", workspace.store.catalog.place),
        ("stored", size(stored)),
        ("snapshots", workspace.snapshots.count()),
    ]
    record = {
        "version": __version__,
        "workspace": str(workspace.root),
        "records": workspace.store.catalog.place,
        "bytes": stored,
    }
    if kernel is not None:
        cost = kernel.cost
        spent = f"{cost.seconds * 1000:.0f} ms over {cost.cells} cells"
        rows += [
            ("history", "on"),
            ("autosnapshot", "on" if kernel.autosnapshot else "off"),
            ("autorun", "on" if kernel.autorun else "off"),
            ("cost so far", spent),
        ]
        record |= {
            "autosnapshot": kernel.autosnapshot,
            "autorun": kernel.autorun,
            "cells": cost.cells,
            "seconds": cost.seconds,
        }
    else:
        rows.append(("history", "no kernel here: `%load_ext notewright` in a notebook starts it"))
    return Table(["", ""], rows, records=[record])


status = Verb("status", "Say what is on, what is stored, and what it has cost.", _nothing, _status)


def _history_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--session",
        metavar="ID",
        help="the kernel session whose cells to list; by default this notebook's, or the latest",
    )


def _history(args: argparse.Namespace, context: Context) -> View:
    history = context.workspace.history
    session = args.session or context.session
    executions = history.executions(session or history.latest_session() or "")
    rows = [
        (
            e.ordinal,
            local_second(e.started),
            f"{e.seconds:.2f} s",
            e.status,
            some_of(e.changed),
            ", ".join(f.path for f in e.files),
            e.words,
        )
        for e in executions
    ]
    records = [
        {
            "id": e.id,
            "digest": e.digest,
            "parent": e.parent,
            "ordinal": e.ordinal,
            "cell": e.cell,
            "source": e.source,
            "created": e.started,
            "seconds": e.seconds,
            "status": e.status,
            "changed": list(e.changed),
            "reads": list(e.reads),
            "files": [{"path": f.path, "digest": f.digest, "size": f.size} for f in e.files],
        }
        for e in executions
    ]
    columns = ["#", "when", "took", "status", "changed", "read", "cell"]
    return Table(columns, rows, empty="No cell has been recorded yet.", records=records)


history = Verb(
    "history",
    "List the cells as they were executed.",
    _history_arguments,
    _history,
    "Each with the variables that it changed and the data files that it read.",
)


def _slice_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("variable", metavar="VARIABLE", help="the variable")
    parser.add_argument(
        "--why", action="store_true", help="say of each kept statement why it is kept"
    )


def _slice(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    if context.kernel is not None:
        end = context.kernel.execution()
    else:
        head = workspace.snapshots.head()
        end = head.execution if head else None
    cells = workspace.history.slice(end, args.variable)
    found = slice_statements(workspace.history.line(end), cells)
    return slice_view(found, why=args.why)


slice_ = Verb(
    "slice",
    "Show the statements that made a variable.",
    _slice_arguments,
    _slice,
    "The notebook as it ran, line by line: + is kept, − is not needed, ± stands before a line that "
    "holds both. --why gives the reason for each kept statement. Where statements cannot be told "
    "apart, the cells that made the variable are shown, and why. Example: `%nw slice model --why`.",
)


def _fsck(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace

    def needs() -> dict[str, list[str]]:
        needed = workspace.snapshots.needs()
        for address, refs in workspace.datasets.needs().items():
            needed.setdefault(address, []).extend(refs)
        return needed

    report = verify_store(workspace.store, context.progress, needs)
    if report.sound:
        words = f"{report.objects} objects, every byte as it was stored."
        return Page([Message(words)], {"objects": report.objects, "damaged": []})
    rows = [(d.digest[:12], d.reason, ", ".join(d.needed_by) or "nothing") for d in report.damaged]
    rows += [("catalog", problem, "everything") for problem in report.catalog]
    record = {
        "objects": report.objects,
        "damaged": [
            {"digest": d.digest, "reason": d.reason, "needed_by": list(d.needed_by)}
            for d in report.damaged
        ],
        "catalog": list(report.catalog),
    }
    return Page([Table(["damaged", "how", "needed by"], rows)], record, code=1)


fsck = Verb(
    "fsck",
    "Verify every stored byte.",
    _nothing,
    _fsck,
    "Reads the whole store in .notewright/ and names what is damaged and what needs it.",
)


def _off(args: argparse.Namespace, context: Context) -> View:
    context.live("off").off()
    return Message(
        "Notewright is off; what is stored stays. `%reload_ext notewright` starts it again."
    )


off = Verb("off", "Stop everything Notewright does in this notebook.", _nothing, _off)
