"""How two snapshots stand to each other in the tree of snapshots."""

from __future__ import annotations

from dataclasses import dataclass

from notewright.store import Store


@dataclass(frozen=True)
class Relation:
    """Where two snapshots stand in the tree.

    Parameters
    ----------
    kind : {"same", "after", "before", "fork", "unrelated"}
        The new one comes "after" the old one, "before" it, both go on from one at a "fork", or
        they have none in common.
    fork : str or None
        The newest snapshot that both come after, at a fork.
    """

    kind: str
    fork: str | None = None


def relation(store: Store, old: str, new: str) -> Relation:
    """Return how the snapshot `new` stands to the snapshot `old`."""
    if old == new:
        return Relation("same")
    behind_old, behind_new = (_line(store, id_) for id_ in (old, new))
    if old in behind_new:
        return Relation("after")
    if new in behind_old:
        return Relation("before")
    fork = next((id_ for id_ in behind_old if id_ in behind_new), None)
    return Relation("unrelated") if fork is None else Relation("fork", fork)


def _line(store: Store, id_: str) -> dict[str, None]:
    """Return a snapshot and all those it comes after, newest first."""
    rows = store.catalog.query(
        "WITH RECURSIVE line (id, parent, depth) AS ("
        " SELECT id, parent, 0 FROM snapshots WHERE id = ?"
        " UNION ALL SELECT s.id, s.parent, depth + 1"
        " FROM snapshots s JOIN line ON s.id = line.parent)"
        " SELECT id FROM line ORDER BY depth",
        (id_,),
    )
    return dict.fromkeys(row["id"] for row in rows)
