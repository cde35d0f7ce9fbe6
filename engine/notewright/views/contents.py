"""What a snapshot holds, for people and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from notewright.lineage.records import Execution
from notewright.state.records import Commit, FileRead, Snapshot
from notewright.state.withheld import Withheld, withheld_words
from notewright.views.base import Code, Message, Page, Table, View
from notewright.views.state import size, snapshot_record
from notewright.words import local_second, number_of, some_of


def contents_view(
    snapshot: Snapshot,
    cells: Sequence[Execution],
    environment: dict[str, Any],
    *,
    code: bool = False,
) -> View:
    """Show everything a snapshot holds.

    Parameters
    ----------
    snapshot : Snapshot
        The snapshot.
    cells : sequence of Execution
        The executions up to it, in order.
    environment : dict
        What it was taken in.
    code : bool, default False
        Show the cells in full.
    """
    parts: list[View] = [Message(_title(snapshot)), _variables(snapshot)]
    if snapshot.unsaved:
        parts.append(
            Table(
                ["not saved", "type", "why", "made by"],
                [(u.name, u.type, u.reason, u.cell) for u in snapshot.unsaved],
            )
        )
    parts.append(_cells(cells))
    if code:
        parts.append(Code("\n\n".join(f"# {_number(e)}\n{e.source}" for e in cells)))
    parts += [_files(snapshot), _around(snapshot, environment)]
    return Page(parts, _record(snapshot, cells, environment))


def copied_files_view(
    snapshot: Snapshot, copies: Sequence[Path], withheld: Mapping[str, tuple[Withheld, ...]]
) -> View:
    """Say which files were copied out of a snapshot, and which were not, for what is in them."""
    name = snapshot.id[:6]
    if not copies and not withheld:
        return Message(
            f"Snapshot {name} has no file's contents: nothing was copied.",
            {"snapshot": snapshot.id, "copied": []},
        )
    copied = Table([f"copied from {name}"], [(str(path),) for path in copies], empty="No file.")
    left_out = [Message(f"{path}: {withheld_words(found)}.") for path, found in withheld.items()]
    records: list[Any] = [{"snapshot": snapshot.id, "path": str(path)} for path in copies]
    records += [
        {"snapshot": snapshot.id, "file": path, "withheld": [each.words for each in found]}
        for path, found in withheld.items()
    ]
    return Page([copied, *left_out], records)


def _title(snapshot: Snapshot) -> str:
    message = f' "{snapshot.message}"' if snapshot.message else ""
    after = f", after {snapshot.parent[:6]}" if snapshot.parent else ""
    return f"Snapshot {snapshot.id[:6]}{message}, {local_second(snapshot.created)}{after}."


def _variables(snapshot: Snapshot) -> View:
    return Table(
        ["variable", "type", "what", "size"],
        [(v.name, v.type, v.summary, size(v.size)) for v in snapshot.variables],
        empty="No variable.",
    )


def _cells(cells: Sequence[Execution]) -> View:
    return Table(
        ["executed cells", "when", "changed"],
        [(e.words, local_second(e.started), some_of(e.changed)) for e in cells],
        empty="No cell was executed before it.",
    )


def _number(execution: Execution) -> str:
    return f"[{execution.number or execution.ordinal}]"


def _files(snapshot: Snapshot) -> View:
    document = [snapshot.document] if snapshot.document is not None else []
    rows = [
        (kind, f.path, size(f.size), f.digest[:12], _contents(snapshot, f))
        for kind, files in (("notebook", document), ("data", snapshot.files))
        for f in files
    ]
    columns = ["file", "path", "size", "hash", "contents"]
    return Table(columns, rows, empty="No data file was read, and no notebook is known.")


def _contents(snapshot: Snapshot, file: FileRead) -> str:
    return "hash only" if snapshot.address(file.path) is None else "kept"


def _around(snapshot: Snapshot, environment: dict[str, Any]) -> View:
    packages = number_of(len(environment["packages"]), "package")
    python = f"{environment['implementation']} {environment['python']}"
    return Table(
        ["", ""],
        [
            ("git", _commit(snapshot.git)),
            ("environment", f"{python}, {environment['platform']}, {packages}"),
            ("random state", "no" if snapshot.random is None else "yes"),
        ],
    )


def _commit(commit: Commit | None) -> str:
    if commit is None:
        return "no commit known"
    where = f" on {commit.branch}" if commit.branch else ""
    state = {None: "", True: ", with changes that are not in it", False: ", nothing changed"}
    return f"{commit.hash[:12]}{where}{state[commit.dirty]}"


def _record(
    snapshot: Snapshot, cells: Sequence[Execution], environment: dict[str, Any]
) -> dict[str, Any]:
    def file(found: FileRead) -> dict[str, Any]:
        kept = snapshot.address(found.path) is not None
        return {"path": found.path, "digest": found.digest, "size": found.size, "kept": kept}

    git = snapshot.git
    return {
        **snapshot_record(snapshot, cells[-1].words if cells else None),
        "cells": [
            {"id": e.id, "number": e.number or e.ordinal, "source": e.source, "status": e.status}
            for e in cells
        ],
        "files": [file(found) for found in snapshot.files],
        "document": None if snapshot.document is None else file(snapshot.document),
        "git": None
        if git is None
        else {"commit": git.hash, "branch": git.branch, "dirty": git.dirty},
        "environment": environment,
        "random": snapshot.random is not None,
    }
