"""Which snapshots stay, and the removal of the others with all that only they need.

Executions are never removed: what happened stays known. A snapshot whose
parent is removed gets the nearest one before it that stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from notewright.errors import (
    CorruptObject,
    MissingObject,
    StoreDamaged,
    StoreReadOnly,
    UsageError,
)
from notewright.progress import Progress
from notewright.state.needs import Needs
from notewright.store import Store
from notewright.store.collection import Collection, Freeable

#: How many before the one that a notebook stands on stay, too: what a run began with, and
#: what `diff` compares with.
_BEFORE_HEAD = 2
#: Kinds of snapshots that something was built on.
_BUILT_ON = {"run": "taken for a run", "export": "taken for an export"}
#: The share of the work that is over when it is known what stays.
_KNOWN = 0.5


@dataclass(frozen=True)
class Rules:
    """What stays beside what has to.

    Parameters
    ----------
    last : int
        The newest so many.
    daily : int
        The last one of each of the newest so many days.
    named : bool
        Those that somebody asked for, and that were not taken by themselves.
    """

    last: int = 100
    daily: int = 30
    named: bool = True


@dataclass(frozen=True)
class Row:
    """A snapshot as the catalog lists it."""

    id: str
    digest: str
    parent: str | None
    kind: str
    message: str
    created: str


@dataclass(frozen=True)
class Plan:
    """What is to be removed, or was.

    Parameters
    ----------
    removed : tuple of Row
        The snapshots that go, oldest first.
    kept : mapping
        How many stay, by why.
    freeable : Freeable
        The objects and packs.
    parents : mapping
        The new parent of each snapshot that stays and loses its own.
    freed : int or None
        The bytes that were freed; None while nothing was done.
    """

    removed: tuple[Row, ...]
    kept: Mapping[str, int]
    freeable: Freeable
    parents: Mapping[str, str | None]
    freed: int | None = None


class Retention:
    """Removes the snapshots that no rule keeps.

    Parameters
    ----------
    store : Store
        The workspace's store.
    used : callable
        Returns why snapshots are needed elsewhere, by id.
    acts : callable
        Appends to the audit log.
    permit : callable
        Raises if whoever asks may not remove snapshots.
    least : callable, optional
        Returns what the policy keeps at least.
    """

    def __init__(
        self,
        store: Store,
        used: Callable[[], Mapping[str, str]],
        acts: Callable[[str, str, Mapping[str, Any]], object],
        permit: Callable[[], object],
        least: Callable[[], Rules] = lambda: Rules(0, 0, named=False),
    ) -> None:
        self._store = store
        self._used = used
        self._acts = acts
        self._permit = permit
        self._least = least
        self._collection = Collection(store)

    def plan(self, rules: Rules, progress: Progress | None = None) -> Plan:
        """Return what :meth:`carry_out` would remove; nothing is changed.

        Raises
        ------
        UsageError
            If the policy keeps more.
        StoreDamaged
            If it cannot be told what a snapshot that stays needs.
        """
        self._hold_to_policy(rules)
        progress = progress or Progress()
        plan = _Search(self._store, self._collection, self._used, rules).plan(progress)
        progress.step(1.0, f"read {sum(plan.kept.values())} snapshots")
        return plan

    def carry_out(self, rules: Rules, progress: Progress | None = None) -> Plan:
        """Remove what no rule keeps; other notebooks may go on meanwhile.

        Raises
        ------
        AccessDenied
            If whoever asks may not remove snapshots.
        UsageError
            If the policy keeps more.
        StoreDamaged
            If it cannot be told what a snapshot that stays needs.
        StoreBusy
            If somebody else is removing, or a notebook stores without a pause.
        """
        progress = progress or Progress()
        if self._store.catalog.read_only:
            raise StoreReadOnly(self._store.root)
        self._permit()
        self._hold_to_policy(rules)
        turns = self._store.objects.turns
        with turns.collecting():
            # Most of the work is done before anybody has to wait.
            search = _Search(self._store, self._collection, self._used, rules)
            plan = search.plan(progress)
            if plan.removed or plan.freeable.objects or plan.freeable.packs:
                with turns.alone(progress):
                    plan = search.plan(Progress())
                    self._remove(plan)
            freed = self._collection.give_back(plan.freeable.packs, progress, _KNOWN)
        progress.step(1.0, "done")
        return replace(plan, freed=freed)

    def default(self) -> Rules:
        """Return the rules that hold where nobody says otherwise: the policy's, else our own."""
        least, usual = self._least(), Rules()
        return Rules(least.last or usual.last, least.daily or usual.daily)

    def _hold_to_policy(self, rules: Rules) -> None:
        least = self._least()
        if rules.last < least.last or rules.daily < least.daily:
            raise UsageError(
                f"policy.yaml keeps the newest {least.last} snapshots and the last of each of "
                f"{least.daily} days, which is more.",
                "Ask for no less, or change `retention:` in policy.yaml.",
            )

    def _remove(self, plan: Plan) -> None:
        with self._store.catalog.transaction() as connection:
            connection.executemany(
                "DELETE FROM snapshots WHERE id = ?", [(row.id,) for row in plan.removed]
            )
            connection.executemany(
                "UPDATE snapshots SET parent = ? WHERE id = ?",
                [(parent, id_) for id_, parent in plan.parents.items()],
            )
            self._collection.remove(plan.freeable.objects, len(plan.removed), connection)
            details = {
                "snapshots": [row.id for row in plan.removed],
                "objects": len(plan.freeable.objects),
                "bytes": plan.freeable.bytes,
            }
            self._acts("gc", "snapshots", details)


class _Search:
    """Finds what is to go; a second time it reads only what is new."""

    def __init__(
        self,
        store: Store,
        collection: Collection,
        used: Callable[[], Mapping[str, str]],
        rules: Rules,
    ) -> None:
        self._store = store
        self._collection = collection
        self._used = used
        self._rules = rules
        self._needs = Needs(store.objects, strict=True)
        self._needed: set[str] = set()
        self._read: set[str] = set()

    def plan(self, progress: Progress) -> Plan:
        rows = self._rows()
        why = self._why(rows)
        self._read_needs([row for row in rows if row.id in why], progress)
        return Plan(
            tuple(row for row in rows if row.id not in why),
            dict(Counter(why.values()).most_common()),
            self._collection.freeable(self._needed),
            new_parents(rows, why),
        )

    def _rows(self) -> list[Row]:
        found = self._store.catalog.query(
            "SELECT id, digest, parent, kind, message, created FROM snapshots"
            " ORDER BY created, rowid"
        )
        return [Row(**dict(row)) for row in found]

    def _why(self, rows: list[Row]) -> dict[str, str]:
        refs = self._store.refs
        standing = {*refs.list("heads/").values(), refs.get("HEAD") or ""}
        return why_kept(
            rows,
            self._rules,
            tagged=set(refs.list("tags/").values()),
            used=self._used(),
            standing=standing,
        )

    def _read_needs(self, rows: list[Row], progress: Progress) -> None:
        """Add what these snapshots need to what is needed."""
        for position, row in enumerate(rows):
            if position % 20 == 0:
                words = f"read {position} of {len(rows)} snapshots"
                progress.step(_KNOWN * position / len(rows), words)
            if row.digest in self._read:
                continue
            try:
                self._needed.update(self._needs.of(row.digest))
            except (CorruptObject, MissingObject) as error:
                if self._is_there(row):  # else somebody has just removed it
                    raise StoreDamaged(row.id, error.problem) from error
                continue
            self._read.add(row.digest)

    def _is_there(self, row: Row) -> bool:
        found = self._store.catalog.one("SELECT 1 FROM snapshots WHERE id = ?", (row.id,))
        return found is not None


def why_kept(
    rows: Iterable[Row],
    rules: Rules,
    *,
    tagged: set[str],
    used: Mapping[str, str],
    standing: set[str],
) -> dict[str, str]:
    """Return for each snapshot that stays why it does.

    Parameters
    ----------
    rows : iterable of Row
        All snapshots, oldest first.
    rules : Rules
        What is to stay.
    tagged, standing : set of str
        The ids of those that have a tag, and that a notebook stands on.
    used : mapping
        Why others are needed, by id.
    """
    newest = list(rows)[::-1]
    by_id = {row.id: row for row in newest}
    near = _with_before(standing, by_id)
    last = {row.id for row in newest[: rules.last]}
    daily = _last_of_days(newest, rules.daily)
    why: dict[str, str] = {}
    for row in newest:
        if row.id in tagged:
            why[row.id] = "tagged"
        elif row.id in used:
            why[row.id] = used[row.id]
        elif row.kind in _BUILT_ON:
            why[row.id] = _BUILT_ON[row.kind]
        elif rules.named and row.kind == "named":
            why[row.id] = "taken by hand"
        elif row.id in near:
            why[row.id] = "where a notebook stands, and the two before"
        elif row.id in last:
            why[row.id] = f"among the last {rules.last}"
        elif row.id in daily:
            why[row.id] = "the last of its day"
    return why


def new_parents(rows: Iterable[Row], kept: Mapping[str, str]) -> dict[str, str | None]:
    """Return the nearest kept snapshot before each kept one that loses its parent."""
    found: dict[str, str | None] = {}
    before = {row.id: row.parent for row in rows}
    for id_, parent in before.items():
        if id_ in kept and parent in before and parent not in kept:
            at: str | None = parent
            passed = {id_}
            while at is not None and at not in kept and at not in passed:
                passed.add(at)
                at = before.get(at)
            found[id_] = at if at in kept else None
    return found


def _with_before(standing: Iterable[str], by_id: Mapping[str, Row]) -> set[str]:
    found: set[str] = set()
    for start in standing:
        at = by_id.get(start)
        for _ in range(_BEFORE_HEAD + 1):
            if at is None:
                break
            found.add(at.id)
            at = by_id.get(at.parent or "")
    return found


def _last_of_days(newest: Iterable[Row], days: int) -> set[str]:
    last: dict[object, str] = {}
    for row in newest:
        day = datetime.fromisoformat(row.created).astimezone().date()
        if day not in last:
            if len(last) == days:
                break
            last[day] = row.id
    return set(last.values())
