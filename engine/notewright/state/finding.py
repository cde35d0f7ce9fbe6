"""Which snapshot a user means: by tag, id, or message."""

from __future__ import annotations

from notewright.errors import AmbiguousMessage, UnknownId
from notewright.store import Store

_LISTING = "%nw timeline"


def find_snapshot(store: Store, ref: str) -> str:
    """Return the id of the snapshot that `ref` names.

    A tag comes before an id, and both before a message: words that happen to
    read like an id never hide the snapshot with that id.

    Parameters
    ----------
    store : Store
        The workspace's store.
    ref : str
        A tag, an id or its first characters, or the whole message.

    Raises
    ------
    UnknownId, AmbiguousId
        If it names none, or more than one.
    """
    tagged = store.refs.get(f"tags/{ref}")
    if tagged is not None:
        return tagged
    try:
        return store.catalog.resolve("snapshots", ref, "snapshot", _LISTING)
    except UnknownId:
        found = _with_message(store, ref)
        if not found:
            raise
    if len(found) > 1:
        raise AmbiguousMessage(ref, found)
    return found[0]


def _with_message(store: Store, message: str) -> list[str]:
    """Return the snapshots taken with these words, newest first."""
    rows = store.catalog.query(
        "SELECT id FROM snapshots WHERE message = ? AND message != ''"
        " ORDER BY created DESC, rowid DESC",
        (message,),
    )
    return [row["id"] for row in rows]
