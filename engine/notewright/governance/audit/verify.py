"""Checking a log: which entry is wrong, and how one can tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.governance.audit.heads import Head, HeadFile, head_bytes
from notewright.governance.audit.log import link
from notewright.governance.audit.merkle import Peaks, leaf_hash
from notewright.governance.audit.people import GRANTS, REGISTERS, disagreement
from notewright.store import Catalog
from notewright.store.canonical import parse
from notewright.store.signing import verify as verify_signature

if TYPE_CHECKING:
    from notewright.governance.audit.log import AuditLog
    from notewright.governance.identities import Identities

_ROWS = (
    "SELECT n, CAST(entry AS BLOB) AS entry, leaf, root, signature FROM audit_entries ORDER BY n"
)


@dataclass(frozen=True)
class AuditVerdict:
    """What checking the log found.

    Parameters
    ----------
    ok : bool
        Whether nothing is wrong.
    entries : int
        How many entries there are.
    problem : str or None
        One sentence that names what is wrong.
    entry : int or None
        The first entry that is wrong or missing.
    outside : str
        Where the heads are that the log was compared with, and how many at each place.
    heads : int
        How many there are together; the same head at two places counts once.
    """

    ok: bool
    entries: int
    problem: str | None
    entry: int | None
    outside: str
    heads: int


class _Wrong(Exception):
    def __init__(self, entry: int | None, problem: str) -> None:
        self.entry = entry
        self.problem = problem


def verify(
    catalog: Catalog,
    identities: Identities,
    log: AuditLog,
    outside_head: Head | Path | str | None,
    every_head: bool,
) -> AuditVerdict:
    """Check the log of `catalog`; see :meth:`AuditLog.verify`."""
    entries, compared, count = 0, "none", 0
    try:
        entries = _count(catalog)
        workspace = identities.workspace()
        entries = _count(catalog)  # in a new store, asking for it made the first entry
        people = identities.list()
        keys = {r.name: r.public for r in people}
        heads, compared = _heads(log, outside_head, workspace, set(keys.values()))
        count = len(heads)
        with catalog.transaction():  # one state of all rows, also while others append
            about_people = _walk(catalog, workspace, keys, heads, every_head)
            wrong = disagreement(about_people, people, catalog)
            if wrong is not None:
                raise _Wrong(*wrong)
    except _Wrong as wrong:
        return AuditVerdict(False, entries, wrong.problem, wrong.entry, compared, count)
    except NotewrightError as error:
        problem = f"The log cannot be read: {error}"
        return AuditVerdict(False, entries, problem, None, compared, count)
    log.publish()
    return AuditVerdict(True, entries, None, None, compared, count)


def _count(catalog: Catalog) -> int:
    return int(catalog.query("SELECT count(*) FROM audit_entries")[0][0])


def _heads(
    log: AuditLog, given: Head | Path | str | None, workspace: str, known: set[str]
) -> tuple[set[Head], str]:
    """Return the heads of this log by registered keys, each once, and where how many are."""
    places = {
        "in the user's folder": log.outside_heads().read(),
        "beside the database": log.inside_heads().read(),
    }
    if given is not None:
        places["given"] = [given] if isinstance(given, Head) else HeadFile(Path(given)).read()
    found: set[Head] = set()
    words = []
    for place, heads in places.items():
        usable = {h for h in heads if h.workspace == workspace and h.public in known}
        words.append(f"{len(usable) or 'none'} {place}")
        found |= usable
    others = log.heads_of_others()
    if others:
        words.append(f"and {others} of another log that was here before")
    return found, ", ".join(words)


def _walk(
    catalog: Catalog,
    workspace: str,
    keys: dict[str, str],
    heads: Iterable[Head],
    every_head: bool,
) -> list[dict[str, Any]]:
    """Check every row; return the entries about people and their roles."""
    expected: dict[int, set[Head]] = {}
    for head in heads:
        expected.setdefault(head.size, set()).add(head)
    peaks = Peaks()
    last: Any = None
    previous_entry: dict[str, Any] = {}
    about_people: list[dict[str, Any]] = []
    for row in catalog.query(_ROWS):
        entry = _check_row(row, peaks, keys)
        if entry["previous"] != ("" if last is None else link(last)):
            if last is None or _signed(last, previous_entry, peaks, workspace):
                raise _Wrong(peaks.size, f"Entry {peaks.size} does not continue the one before it.")
            raise _Wrong(
                peaks.size - 1,
                f"Entry {peaks.size - 1} was changed: what follows it was written after another.",
            )
        peaks.append(leaf_hash(row["entry"]))
        if every_head and not _signed(row, entry, peaks, workspace):
            raise _Wrong(row["n"], f"Entry {row['n']} has a head that its actor did not sign.")
        _check_heads(expected.get(peaks.size, ()), row, peaks)
        last, previous_entry = row, entry
        if entry["act"] == REGISTERS or entry["act"] in GRANTS:
            about_people.append(entry)
    if last is not None and not _signed(last, previous_entry, peaks, workspace):
        raise _first_unsigned(catalog, workspace)
    later = [head for size, heads in expected.items() if size > peaks.size for head in heads]
    signed = [head.size for head in later if head.signed_by_key()]
    missing = max(signed, default=0)
    if later and not missing:
        raise _edited(min(head.size for head in later) - 1)
    if missing:
        raise _Wrong(
            peaks.size,
            f"Entries {peaks.size} to {missing - 1} are missing: "
            f"a head kept outside was signed over {missing} entries.",
        )
    _check_peaks(catalog, peaks)
    return about_people


def _check_heads(heads: Iterable[Head], row: Any, peaks: Peaks) -> None:
    """Refuse heads of this size that say something else, or that nobody signed.

    The signature is only looked at where it is not the row's own: that one is
    checked with the row, or is as wrong as the row.
    """
    root = peaks.root().hex() if heads else ""
    n = peaks.size - 1
    for head in heads:
        if (head.root, head.signature) == (root, row["signature"]):
            continue
        if not head.signed_by_key():
            raise _edited(n)
        if head.root != root:
            problem = f"Entry {n} is not the one that the head kept outside was signed over."
            raise _Wrong(n, problem)


def _edited(n: int) -> _Wrong:
    return _Wrong(n, f"A head kept outside for entry {n} was edited: nobody signed it as it is.")


def _check_row(row: Any, peaks: Peaks, keys: dict[str, str]) -> dict[str, Any]:
    n = peaks.size
    if row["n"] != n:
        raise _Wrong(n, f"Entry {n} is missing.")
    text = row["entry"]
    if not isinstance(text, bytes) or leaf_hash(text).hex() != row["leaf"]:
        raise _Wrong(n, f"Entry {n} was changed: its text and its hash do not agree.")
    try:
        entry = parse(text)
        number, actor, key = entry["n"], entry["actor"], entry["key"]
        entry["previous"], entry["act"], entry["subject"]
        if not isinstance(entry["details"], dict):
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise _Wrong(n, f"Entry {n} was changed: it is no entry any more.") from error
    if number != n:
        raise _Wrong(n, f"Entry {n} was moved: by its own text it is entry {number}.")
    if keys.get(actor) != key:
        raise _Wrong(n, f"Entry {n} names '{actor}', but was made with a key that is not theirs.")
    return entry  # type: ignore[no-any-return]


def _signed(row: Any, entry: dict[str, Any], peaks: Peaks, workspace: str) -> bool:
    """Tell whether the row's head is what its actor signed over the tree so far."""
    root = peaks.root().hex()
    return row["root"] == root and verify_signature(
        entry["key"], str(row["signature"]), head_bytes(workspace, peaks.size, root)
    )


def _first_unsigned(catalog: Catalog, workspace: str) -> _Wrong:
    """Return the first entry whose head is not signed: the log was rebuilt from there."""
    peaks = Peaks()
    for row in catalog.query(_ROWS):
        peaks.append(leaf_hash(row["entry"]))
        if not _signed(row, parse(row["entry"]), peaks, workspace):
            break
    n = peaks.size - 1
    return _Wrong(n, f"Entry {n} was changed: its actor did not sign the log with this text in it.")


def _check_peaks(catalog: Catalog, peaks: Peaks) -> None:
    row = catalog.one("SELECT size, peaks FROM audit_peaks WHERE id = 1")
    found = (0, "") if row is None else (row["size"], row["peaks"])
    if found != (peaks.size, peaks.dump()):
        raise _Wrong(
            peaks.size, f"The running hashes for entry {peaks.size}, the next one, were changed."
        )


def bundle(catalog: Catalog, identities: Identities, log: AuditLog) -> dict[str, Any]:
    """Return the log, the registered keys and the newest head as JSON values."""
    head = log.head()
    return {
        "type": "notewright audit bundle 1",
        "workspace": identities.workspace(),
        "keys": {r.name: r.public for r in identities.list()},
        "head": None if head is None else asdict(head),
        "entries": [{**dict(row), "entry": row["entry"].decode()} for row in catalog.query(_ROWS)],
    }
