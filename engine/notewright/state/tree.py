"""The snapshots as a tree: on which lane each is drawn, which tags and notebooks are at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notewright.store import Store


@dataclass(frozen=True)
class Place:
    """Where a snapshot is in a drawing of the tree, newest at the top.

    Parameters
    ----------
    lane : int
        Its own lane, from 0 at the left.
    through : tuple of int
        The lanes that pass by.
    joins : tuple of int
        The lanes that end here from above: branches that began at this snapshot.
    goes_on : bool
        Whether its lane goes on below, to its parent.
    """

    lane: int
    through: tuple[int, ...]
    joins: tuple[int, ...]
    goes_on: bool


@dataclass(frozen=True)
class Marks:
    """What points at snapshots: tags, and where other notebooks stand, by snapshot id."""

    tags: dict[str, list[str]]
    heads: dict[str, list[str]]


def places(snapshots: Sequence[tuple[str, str | None]]) -> list[Place]:
    """Return where snapshots are drawn.

    Parameters
    ----------
    snapshots : sequence of (id, parent)
        Newest first; parents that are not among them end their lane.

    Examples
    --------
    >>> [p.lane for p in places([("d", "b"), ("c", "b"), ("b", "a"), ("a", None)])]
    [0, 1, 0, 0]
    """
    known = {id_ for id_, _ in snapshots}
    # The snapshot each lane leads down to; None where the lane is free.
    lanes: list[str | None] = []
    found = []
    for id_, parent in snapshots:
        own = [at for at, wanted in enumerate(lanes) if wanted == id_]
        if not own:
            own = [lanes.index(None) if None in lanes else len(lanes)]
            lanes += [None] * (own[0] + 1 - len(lanes))
        through = tuple(
            at for at, wanted in enumerate(lanes) if wanted is not None and at not in own
        )
        for at in own:
            lanes[at] = None
        if parent in known:
            lanes[own[0]] = parent
        found.append(Place(own[0], through, tuple(own[1:]), parent in known))
        while lanes and lanes[-1] is None:
            lanes.pop()
    return found


def marks(store: Store, session: str | None) -> Marks:
    """Return tags, and where notebooks other than that of `session` stand.

    A notebook stands where its latest session that has a snapshot does.
    """
    tags: dict[str, list[str]] = {}
    for name, target in store.refs.list("tags/").items():
        tags.setdefault(target, []).append(name.removeprefix("tags/"))
    latest: dict[str, tuple[str, str]] = {}
    rows = store.catalog.query(
        "SELECT s.id, s.notebook, s.directory, r.target FROM sessions s"
        " LEFT JOIN refs r ON r.name = 'heads/' || s.id"
        " WHERE r.target IS NOT NULL OR s.id = ? ORDER BY s.started",
        (session,),
    )
    for row in rows:
        label = row["notebook"] or f"session {row['id'][:6]}"
        latest[row["notebook"] or row["directory"]] = (label, row["target"])
    for row in rows:
        if row["id"] == session:
            latest.pop(row["notebook"] or row["directory"], None)
    heads: dict[str, list[str]] = {}
    for label, target in latest.values():
        heads.setdefault(target, []).append(label)
    return Marks(tags, heads)
