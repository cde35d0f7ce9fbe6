"""Snapshots, their differences, and what a restore did, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notewright.state.records import Snapshot
from notewright.state.restoring import Restored
from notewright.state.retention import Plan
from notewright.state.tree import Marks, Place, places
from notewright.state.withheld import withheld_words
from notewright.views.base import Drawing, Message, Page, Table, View
from notewright.views.graph import drawn
from notewright.words import local_second, number_of

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
        "damage": snapshot.damage,
    }


def snapshot_view(
    snapshot: Snapshot,
    verb: str = "Snapshot",
    cell: str | None = None,
    *,
    tells_data: bool = False,
) -> View:
    """Say what a snapshot holds and what it could not hold."""
    words = (
        f"{verb} {snapshot.id[:6]}"
        + (f' "{snapshot.message}"' if snapshot.message else "")
        + f": {number_of(len(snapshot.variables), 'variable')}, {size(snapshot.bytes_added)} added."
    )
    if tells_data:
        words += " " + data_words(snapshot)
    parts: list[View] = [Message(words)]
    if snapshot.unsaved:
        parts.append(
            Table(
                ["not saved", "type", "why", "made by"],
                [(u.name, u.type, u.reason, u.cell) for u in snapshot.unsaved],
            )
        )
    return Page(parts, snapshot_record(snapshot, cell))


def data_words(snapshot: Snapshot) -> str:
    """Say of how many data files a snapshot has the contents."""
    kept = sum(snapshot.address(file.path) is not None for file in snapshot.files)
    if not snapshot.files:
        return "No data file was read."
    return f"Contents of {kept} of {number_of(len(snapshot.files), 'data file')} kept."


def timeline_view(
    snapshots: Sequence[Snapshot], head: str | None, cells: Mapping[str, str], marks: Marks
) -> View:
    """List snapshots, newest first; where they branch, a tree is drawn beside them."""
    newest = list(reversed(snapshots))
    tree = places([(s.id, s.parent) for s in newest])
    columns: list[tuple[str, list[Any]]] = [
        ("id", [("→ " if s.id == head else "  ") + s.id[:6] for s in newest]),
        ("parent", ["" if s.parent is None else s.parent[:6] for s in newest]),
        ("when", [local_second(s.created) for s in newest]),
        ("kind", [s.kind for s in newest]),
        ("message", [s.message for s in newest]),
        ("cell", [cells.get(s.execution or "", "") for s in newest]),
        ("variables", ["?" if s.damage else len(s.variables) for s in newest]),
        ("not saved", [s.damage or ", ".join(u.name for u in s.unsaved) for s in newest]),
    ]
    others = [marks.heads.get(s.id, []) if s.id != head else [] for s in newest]
    tags = [marks.tags.get(s.id, []) for s in newest]
    for place, title, names in ((4, "notebook", others), (4, "tags", tags)):
        if any(names):
            columns.insert(place, (title, [", ".join(each) for each in names]))
    titles = [title for title, _ in columns]
    rows = list(zip(*(values for _, values in columns), strict=True))
    if any(place.lane for place in tree):
        titles, rows = ["", *titles], list(_beside_tree(tree, rows))
    records = [
        {
            **snapshot_record(s, cells.get(s.execution or "")),
            "head": s.id == head,
            "tags": tags[at],
            "notebooks": others[at],
            "lane": tree[at].lane,
            "through": list(tree[at].through),
            "joins": list(tree[at].joins),
            "goes_on": tree[at].goes_on,
        }
        for at, s in enumerate(newest)
    ]
    return Table(titles, rows, empty="No snapshot yet: `%nw snapshot`.", records=records)


def _beside_tree(tree: Sequence[Place], rows: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    for place, row in zip(tree, rows, strict=True):
        for line, has_node in drawn(place):
            yield (Drawing(line), *(row if has_node else ("",) * len(row)))


def restored_view(restored: Restored, *, replays: bool = False) -> View:
    """Say what a restore did and did not do; `replays` if what was not saved follows."""
    s = restored.snapshot
    name = s.id[:6] + (f' "{s.message}"' if s.message else "")
    # With --only, the notebook stays where it is and only some variables move.
    words = [f"From {name}:" if restored.partial else f"Back at {name}:"]
    did = [f"restored {_names(restored.rebound)}"] if restored.rebound else []
    if restored.partial and restored.random:
        did.append("put the random state back")
    did = did or ["nothing differed"]
    if restored.removed:
        did.append(f"removed {_names(restored.removed)}")
    if restored.kept:
        did.append(f"{len(restored.kept)} unchanged")
    words.append("; ".join(did) + ".")
    if restored.unsaved and not replays:
        words.append(
            f"Not in the snapshot: {_names(restored.unsaved)}; "
            f"`%nw restore {s.id[:6]} --replay` runs the cells that made them again."
        )
    if restored.lost and restored.left:
        words.append(
            f"Gone, since it could not be saved: {_names(restored.lost)}; "
            f"`%nw restore {restored.left[:6]} --replay` runs the cells that made it again."
        )
    words += restored.refused
    words += _withheld(restored)
    if restored.environment:
        words.append("The environment differs: " + "; ".join(restored.environment[:5]) + ".")
    record = {
        "snapshot": s.id,
        "partial": restored.partial,
        "restored": list(restored.rebound),
        "removed": list(restored.removed),
        "unchanged": list(restored.kept),
        "unsaved": list(restored.unsaved),
        "left": restored.left,
        "lost": list(restored.lost),
        "refused": list(restored.refused),
        "withheld": {name: [w.words for w in found] for name, found in restored.withheld.items()},
        "random": restored.random,
        "environment": list(restored.environment),
    }
    return Message(" ".join(words), record)


def _withheld(restored: Restored) -> Iterator[str]:
    for name, found in restored.withheld.items():
        yield f"`{name}`: {withheld_words(found)}."


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
                [
                    (s.id[:6], local_second(s.created), s.kind, s.message)
                    for s in plan.removed[-_SHOWN:]
                ],
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
