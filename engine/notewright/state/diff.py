"""How two snapshots differ, in words."""

from __future__ import annotations

from dataclasses import dataclass

from notewright.state.describe import difference
from notewright.state.environment import environment_difference
from notewright.state.records import FileRead, Snapshot
from notewright.state.snapshots import Snapshots
from notewright.store import Store


@dataclass(frozen=True)
class VariableChange:
    """One variable that differs: ``kind`` is "added", "removed" or "changed"."""

    name: str
    kind: str
    details: tuple[str, ...]


@dataclass(frozen=True)
class SnapshotDiff:
    """Everything that differs between two snapshots."""

    old: str
    new: str
    variables: tuple[VariableChange, ...]
    files: tuple[str, ...]
    environment: tuple[str, ...]


def diff(store: Store, snapshots: Snapshots, old: Snapshot, new: Snapshot) -> SnapshotDiff:
    """Return how `new` differs from `old`.

    Parameters
    ----------
    store : Store
        The workspace's store.
    snapshots : Snapshots
        Loads the variables that differ (and no others).
    old, new : Snapshot
        What to compare.
    """
    before = {v.name: v for v in old.variables}
    after = {v.name: v for v in new.variables}
    changes = [VariableChange(n, "removed", (before[n].summary,)) for n in before if n not in after]
    changes += [VariableChange(n, "added", (after[n].summary,)) for n in after if n not in before]
    both = [n for n in after if n in before and after[n].digest != before[n].digest]
    if both:
        was, is_ = snapshots.load(old, both), snapshots.load(new, both)
        changes += [VariableChange(n, "changed", tuple(difference(was[n], is_[n]))) for n in both]
    environments = (store.objects.get_json(s.environment) for s in (old, new))
    return SnapshotDiff(
        old.id,
        new.id,
        tuple(sorted(changes, key=lambda change: change.name)),
        tuple(_files(old.files, new.files)),
        tuple(environment_difference(*environments)),
    )


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
