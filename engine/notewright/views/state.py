"""Snapshots, their differences, and what a restore did, for people and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notewright.state.diff import SnapshotDiff
from notewright.state.records import Snapshot
from notewright.state.retention import Plan
from notewright.state.snapshots import Restored
from notewright.views.base import Message, Page, Table, View
from notewright.words import number_of

#: How many snapshots are listed that would be removed.
_SHOWN = 10


def snapshot_record(snapshot: Snapshot, cell: str | None = None) -> dict[str, Any]:
    """Return a snapshot as JSON values with stable names."""
    return {
        "id": snapshot.id,
        "digest": snapshot.digest,
        "parent": snapshot.parent,
        "session": snapshot.session,
        "execution": snapshot.execution,
        "cell": cell,
        "kind": snapshot.kind,
        "message": snapshot.message,
        "created": snapshot.created,
        "bytes_added": snapshot.bytes_added,
        "variables": [
            {"name": v.name, "type": v.type, "summary": v.summary, "size": v.size}
            for v in snapshot.variables
        ],
        "unsaved": [
            {"name": u.name, "type": u.type, "reason": u.reason, "cell": u.cell}
            for u in snapshot.unsaved
        ],
    }


def snapshot_view(snapshot: Snapshot, verb: str = "Snapshot", cell: str | None = None) -> View:
    """Say what a snapshot holds and what it could not hold."""
    words = (
        f"{verb} {snapshot.id[:6]}"
        + (f' "{snapshot.message}"' if snapshot.message else "")
        + f": {number_of(len(snapshot.variables), 'variable')}, {size(snapshot.bytes_added)} added."
    )
    parts: list[View] = [Message(words)]
    if snapshot.unsaved:
        parts.append(
            Table(
                ["not saved", "type", "why", "made by"],
                [(u.name, u.type, u.reason, u.cell) for u in snapshot.unsaved],
            )
        )
    return Page(parts, snapshot_record(snapshot, cell))


def timeline_view(
    snapshots: Sequence[Snapshot], head: str | None, cells: Mapping[str, str]
) -> View:
    """List snapshots, newest first; branches are indented under where they left."""
    rows = [
        (
            ("→ " if s.id == head else "  ") + s.id[:6],
            "" if s.parent is None else s.parent[:6],
            when(s.created),
            s.kind,
            s.message,
            cells.get(s.execution or "", ""),
            len(s.variables),
            ", ".join(u.name for u in s.unsaved),
        )
        for s in reversed(snapshots)
    ]
    columns = ["id", "parent", "when", "kind", "message", "cell", "variables", "not saved"]
    records = [
        {**snapshot_record(s, cells.get(s.execution or "")), "head": s.id == head}
        for s in reversed(snapshots)
    ]
    return Table(columns, rows, empty="No snapshot yet: `%nw snapshot`.", records=records)


def diff_view(diff: SnapshotDiff, code: Sequence[str]) -> View:
    """Say what differs between two snapshots."""
    rows = [(c.kind, c.name, "; ".join(c.details)) for c in diff.variables]
    parts: list[View] = [
        Table(
            ["change", "variable", "how"],
            rows,
            caption=f"From {diff.old[:6]} to {diff.new[:6]}",
            empty="No variable differs.",
        )
    ]
    for caption, lines in (
        ("Code executed between them", code),
        ("Data files", diff.files),
        ("Environment", diff.environment),
    ):
        if lines:
            parts.append(Table([caption], [(line,) for line in lines]))
    record = {
        "old": diff.old,
        "new": diff.new,
        "variables": [
            {"name": c.name, "kind": c.kind, "details": list(c.details)} for c in diff.variables
        ],
        "code": list(code),
        "files": list(diff.files),
        "environment": list(diff.environment),
    }
    return Page(parts, record)


def restored_view(restored: Restored) -> View:
    """Say what a restore did and did not do."""
    s = restored.snapshot
    name = s.id[:6] + (f' "{s.message}"' if s.message else "")
    # With --only, the notebook stays where it is and only some variables move.
    words = [f"From {name}:" if restored.partial else f"Back at {name}:"]
    did = [f"restored {_names(restored.rebound)}" if restored.rebound else "nothing differed"]
    if restored.removed:
        did.append(f"removed {_names(restored.removed)}")
    if restored.kept:
        did.append(f"{len(restored.kept)} unchanged")
    words.append("; ".join(did) + ".")
    if restored.unsaved:
        words.append(f"Not in the snapshot: {_names(restored.unsaved)}.")
    words += restored.refused
    if restored.environment:
        words.append("The environment differs: " + "; ".join(restored.environment[:5]) + ".")
    record = {
        "snapshot": s.id,
        "partial": restored.partial,
        "restored": list(restored.rebound),
        "removed": list(restored.removed),
        "unchanged": list(restored.kept),
        "unsaved": list(restored.unsaved),
        "refused": list(restored.refused),
        "environment": list(restored.environment),
    }
    return Message(" ".join(words), record)


def removal_view(plan: Plan) -> View:
    """Say what a removal of snapshots would free, or did, and why others stay."""
    done = plan.freed is not None
    free = plan.freeable
    count = number_of(len(plan.removed), "snapshot")
    stay = sum(plan.kept.values())
    stays = f"{number_of(stay, 'snapshot')} {'stays' if stay == 1 else 'stay'}"
    if not plan.removed and not free.bytes:
        words = f"There is nothing to remove: {stays}."
    elif done:
        words = f"Removed {count} and freed {size(plan.freed or 0)}; {stays}."
        if plan.freed is not None and plan.freed < free.bytes:
            words += (
                f" Another {size(free.bytes - plan.freed)} could not be freed, because a pack is "
                "damaged: `notewright fsck` says which objects."
            )
    else:
        words = (
            f"{count} would go and {size(free.bytes)} be freed; {stays}. "
            "Nothing has been removed yet: the same with `--yes` does it."
        )
    parts: list[View] = [Message(words)]
    if plan.removed and not done:
        parts.append(
            Table(
                ["would go", "when", "kind", "message"],
                [(s.id[:6], when(s.created), s.kind, s.message) for s in plan.removed[-_SHOWN:]],
                caption=f"The newest {_SHOWN} of them" if len(plan.removed) > _SHOWN else "",
            )
        )
    if plan.kept:
        parts.append(Table(["stay", "why"], [(n, w) for w, n in plan.kept.items()]))
    record = {
        "done": done,
        "snapshots": len(plan.removed),
        "objects": len(free.objects),
        "bytes": plan.freed if done else free.bytes,
        "packs": len(free.packs),
        "bytes_rewritten": free.rewritten,
        "kept": dict(plan.kept),
        "removed": [
            {"id": s.id, "created": s.created, "kind": s.kind, "message": s.message}
            for s in plan.removed
        ],
    }
    return Page(parts, record)


def when(created: str) -> str:
    """Return an ISO time as local date and time."""
    from datetime import datetime

    return datetime.fromisoformat(created).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def size(count: int) -> str:
    """Return a number of bytes in words.

    Examples
    --------
    >>> size(1536)
    '1.5 kB'
    """
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError


def _names(names: Sequence[str]) -> str:
    return ", ".join(names)
