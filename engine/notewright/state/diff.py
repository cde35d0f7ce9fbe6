"""How two snapshots differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from notewright.errors import UntrustedStore
from notewright.state.ancestry import Relation, relation
from notewright.state.describing.details import Detail
from notewright.state.describing.walk import Source, difference, reason
from notewright.state.environment import environment_difference
from notewright.state.records import FileRead, Snapshot, Variable
from notewright.state.snapshots import Snapshots
from notewright.state.withheld import Withheld, united, withheld_words
from notewright.store import Store


@dataclass(frozen=True)
class VariableChange:
    """One variable that differs.

    Parameters
    ----------
    name : str
        Its name.
    kind : {"added", "removed", "changed", "unsaved"}
        What happened to it; "unsaved" where one of the snapshots could not hold it.
    type, summary : str
        What it is, or was if it was removed.
    details : tuple of Detail
        What differs, where it is in both.
    """

    name: str
    kind: str
    type: str
    summary: str
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True)
class CellChange:
    """A cell that ran in one of the two lines and not in the other.

    Parameters
    ----------
    kind : {"added", "edited", "again", "left"}
        "left" is what ran before OLD and is not behind NEW.
    execution : str
        The execution's id.
    words : str
        A few words for it.
    lines : tuple of str
        How an edited cell differs from when it ran before, as lines of a unified difference;
        `count` says how many there are in all.
    """

    kind: str
    execution: str
    words: str
    lines: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class SnapshotDiff:
    """Everything that differs between two snapshots."""

    old: str
    new: str
    variables: tuple[VariableChange, ...]
    files: tuple[str, ...]
    environment: tuple[str, ...]
    relation: Relation
    cells: tuple[CellChange, ...] = ()


def diff(
    store: Store,
    snapshots: Snapshots,
    old: Snapshot,
    new: Snapshot,
    old_source: Source = lambda value: None,
    new_source: Source = lambda value: None,
) -> SnapshotDiff:
    """Return how `new` differs from `old`.

    Parameters
    ----------
    store : Store
        The workspace's store.
    snapshots : Snapshots
        Loads the variables that differ (and no others).
    old, new : Snapshot
        What to compare.
    old_source, new_source : callable
        Give the source of functions and classes in either, where it is known.
    """
    before = {v.name: v for v in old.variables}
    after = {v.name: v for v in new.variables}
    changes = [*_unsaved(old, new, before, after)]
    told = {change.name for change in changes}
    for kind, here, there in (("removed", before, after), ("added", after, before)):
        only = [v for v in here.values() if v.name not in there and v.name not in told]
        changes += [VariableChange(v.name, kind, v.type, v.summary) for v in only]
    both = [v for v in after.values() if v.name in before and v.digest != before[v.name].digest]
    pairs = {v.name: (before[v.name], v) for v in both}
    details = dict(_details(snapshots, old, new, pairs, (old_source, new_source)))
    changes += [VariableChange(v.name, "changed", v.type, v.summary, details[v.name]) for v in both]
    environments = (store.objects.get_json(s.environment) for s in (old, new))
    return SnapshotDiff(
        old.id,
        new.id,
        tuple(sorted(changes, key=lambda change: change.name)),
        tuple(_files(old.files, new.files)),
        tuple(environment_difference(*environments)),
        relation(store, old.id, new.id),
    )


def _unsaved(
    old: Snapshot, new: Snapshot, before: dict[str, Variable], after: dict[str, Variable]
) -> Iterator[VariableChange]:
    for without, held, which in ((new, before, "the second"), (old, after, "the first")):
        for missing in without.unsaved:
            if variable := held.get(missing.name):
                note = f"not saved in {which}: {missing.reason}"
                details = (Detail("not saved", note=note),)
                yield VariableChange(
                    missing.name, "unsaved", variable.type, variable.summary, details
                )


def _details(
    snapshots: Snapshots,
    old: Snapshot,
    new: Snapshot,
    pairs: dict[str, tuple[Variable, Variable]],
    sources: tuple[Source, Source],
) -> Iterator[tuple[str, tuple[Detail, ...]]]:
    """Yield how each variable differs; those that are stored together are loaded together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, (was, now) in pairs.items():
        groups.setdefault((was.group, now.group), []).append(name)
    for names in groups.values():
        try:
            before, after = snapshots.given(old, names), snapshots.given(new, names)
        except UntrustedStore:
            raise
        except Exception as error:  # noqa: BLE001  loading runs the user's own code
            note = f"changed (it could not be loaded: {reason(error)})"
            yield from ((name, (Detail("unknown", note=note),)) for name in names)
            continue
        for name in names:
            told = difference(before.values[name], after.values[name], *sources)
            withheld = united(before.withheld.get(name, ()), after.withheld.get(name, ()))
            yield name, (*_beside(told, withheld),)


def _beside(told: tuple[Detail, ...], withheld: tuple[Withheld, ...]) -> Iterator[Detail]:
    """Yield the details, and name what they leave out."""
    if withheld:
        # What seems equal may differ in just that.
        told = tuple(detail for detail in told if detail.kind != "equal")
        yield Detail("withheld", note=withheld_words(withheld))
    yield from told


def _files(old: tuple[FileRead, ...], new: tuple[FileRead, ...]) -> list[str]:
    before, after = {f.path: f for f in old}, {f.path: f for f in new}
    lines = []
    for path in sorted(set(before) | set(after)):
        if path not in before:
            lines.append(f"{path} read ({after[path].size} bytes)")
        elif path not in after:
            lines.append(f"{path} no longer read")
        elif before[path].digest != after[path].digest:
            lines.append(f"{path} changed ({before[path].size} → {after[path].size} bytes)")
    return lines
