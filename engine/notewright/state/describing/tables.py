"""How two tables differ: columns, rows, and the values of the rows that are in both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from notewright.state.describing import rows
from notewright.state.describing.containers import key_of
from notewright.state.describing.details import Detail, Example
from notewright.state.describing.differing import one_changed
from notewright.state.describing.elements import Mask, differs, largest_difference, plain
from notewright.state.describing.rows import Matching
from notewright.state.describing.shown import shown

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk

_EXAMPLES = 3
#: So many columns are told apart; of more only how much changed.
_COLUMNS = 5
#: So many pairs of a removed and an added column are looked at, whether one is the other renamed.
_PAIRS = 400


@dataclass
class Table:
    """Columns under labels, and an index of the rows."""

    index: pd.Index
    labels: list[Any]
    columns: list[Any]
    #: What the types of the columns are called where they come from.
    types: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.types = self.types or [str(column.dtype) for column in self.columns]
        self.columns = [plain(column) for column in self.columns]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Table:
        """Return a data frame as a table; nothing is copied."""
        width = frame.shape[1]
        return cls(
            frame.index, list(frame.columns), [frame.iloc[:, at].array for at in range(width)]
        )

    def keys(self) -> dict[Hashable, int]:
        """Return the positions of the columns by label; of equal labels by first, second, …."""
        seen: Counter[Hashable] = Counter()
        found: dict[Hashable, int] = {}
        for at, label in enumerate(self.labels):
            key = key_of(label)
            found[key, seen[key]] = at
            seen[key] += 1
        return found

    def label(self, row: int) -> str:
        """Return words for a row."""
        return f"row {shown(self.index[row], 30)}"

    def row(self, row: int) -> str:
        """Return the first values of a row in words."""
        named = [
            f"{'' if label is None else f'{label}='}{shown(column[row], 20)}"
            for label, column in list(zip(self.labels, self.columns, strict=True))[:4]
        ]
        return ", ".join(named) + (", …" if len(self.labels) > 4 else "")


@dataclass
class _Changes:
    """What differs in the rows that are in both tables, by one way of matching them."""

    matching: Matching
    #: For each pair of columns, the places among the matched rows where it differs.
    places: dict[tuple[int, int], npt.NDArray[np.intp]]
    changed_rows: int
    labels: int

    @property
    def cost(self) -> float:
        """How much there is to tell: the matching with the least explains the change best."""
        rows_ = len(self.matching.added) + len(self.matching.removed) + self.changed_rows
        return rows_ + self.labels / 2


def compare_tables(walk: Walk, old: Table, new: Table, where: str) -> None:
    """Note how two tables differ."""
    before, after = old.keys(), new.keys()
    pairs = [(before[key], after[key]) for key in before if key in after]
    removed = [before[key] for key in before if key not in after]
    added = [after[key] for key in after if key not in before]
    changes = _best(walk, old, new, pairs)
    renamed = list(_renamed(walk, old, new, changes.matching, removed, added))
    removed = [at for at in removed if at not in {r for r, _ in renamed}]
    added = [at for at in added if at not in {a for _, a in renamed}]
    walk.add(*_index(old, new, changes, where))
    walk.add(*_columns(old, new, added, removed, renamed, where))
    order = [at for _, at in sorted(pairs + renamed)]
    if order != sorted(order):
        note = "its columns are in another order"
        walk.add(Detail("columns reordered", where, note=note))
    for pair in pairs:
        walk.add(*_types(old, new, pair, changes, where))
    walk.add(*_rows(old, new, changes, where))
    walk.add(*_values(walk, old, new, changes, where))


def _best(walk: Walk, old: Table, new: Table, pairs: list[tuple[int, int]]) -> _Changes:
    """Match the rows by index, else by position, or by content where that explains much more."""
    first = rows.by_index(old.index, new.index)
    same_length = len(old.index) == len(new.index)
    if first is None and not same_length:
        first = _by_content(old, new, pairs, with_index=True)
    first = first or rows.by_position(len(old.index), len(new.index))
    best = _changes(walk, old, new, pairs, first)
    much = max(1, len(new.index) // 10)
    counted = rows.means_nothing(old.index) and rows.means_nothing(new.index)
    if same_length and best.cost > much and not old.index.equals(new.index):
        matching = rows.by_position(len(old.index), len(new.index))
        by_position = _changes(walk, old, new, pairs, matching)
        # Labels that both tables have say more than places, unless nothing but labels changed.
        if len(first.new) < len(new.index) / 2 or not by_position.changed_rows:
            best = min(best, by_position, key=lambda c: c.cost)
    if (best.cost > much or (counted and not same_length and best.changed_rows)) and (
        counted or first.how != "index"
    ):
        matched = _by_content(old, new, pairs, with_index=not counted)
        if matched is not None:
            best = min(best, _changes(walk, old, new, pairs, matched), key=lambda c: c.cost)
    return best


def _by_content(
    old: Table, new: Table, pairs: list[tuple[int, int]], with_index: bool
) -> Matching | None:
    if any(old.types[one] != new.types[other] for one, other in pairs):
        return None
    sides: tuple[list[Any], list[Any]] = ([], [])
    for table, side, which in ((old, sides[0], 0), (new, sides[1], 1)):
        side += [table.columns[pair[which]] for pair in pairs]
        if with_index and not isinstance(table.index, pd.MultiIndex):
            side.append(table.index.array)
    return rows.by_content(*sides) if sides[0] else None


def _changes(
    walk: Walk, old: Table, new: Table, pairs: list[tuple[int, int]], matching: Matching
) -> _Changes:
    whole = (_is_whole(matching.old, old), _is_whole(matching.new, new))
    any_: Mask = np.zeros(len(matching.new), bool)
    places = {}
    for one, other in pairs:
        was = old.columns[one] if whole[0] else old.columns[one].take(matching.old)
        now = new.columns[other] if whole[1] else new.columns[other].take(matching.new)
        found = differs(walk, was, now)
        if old.types[one] != new.types[other] and len(found) > 1 and found.all():
            continue  # each value became one of another type: that says it all
        if found.any():
            any_ |= found
            places[one, other] = np.flatnonzero(found)
    labels = 0
    if matching.how == "position" and not (
        rows.means_nothing(old.index) and rows.means_nothing(new.index)
    ):
        both = len(matching.new)
        labels = _labels_changed(walk, old.index[:both], new.index[:both])
    return _Changes(matching, places, int(any_.sum()), labels)


def _labels_changed(walk: Walk, old: pd.Index, new: pd.Index) -> int:
    if isinstance(old, pd.MultiIndex) or isinstance(new, pd.MultiIndex):
        return int(not old.equals(new))
    return int(np.count_nonzero(differs(walk, old.array, new.array)))


def _is_whole(positions: npt.NDArray[np.intp], table: Table) -> bool:
    count = len(table.index)
    return len(positions) == count and bool(np.array_equal(positions, np.arange(count)))


def _renamed(
    walk: Walk,
    old: Table,
    new: Table,
    matching: Matching,
    removed: list[int],
    added: list[int],
) -> Iterator[tuple[int, int]]:
    """Yield pairs of a removed and an added column with equal values."""
    if not len(matching.new) or len(removed) * len(added) > _PAIRS:
        return
    free = list(added)
    for one in removed:
        for other in free:
            if old.types[one] == new.types[other] and _equal_columns(
                walk, old.columns[one], new.columns[other], matching
            ):
                free.remove(other)
                yield one, other
                break


def _equal_columns(walk: Walk, old: Any, new: Any, matching: Matching) -> bool:
    for few in (slice(0, 1000), slice(1000, None)):  # most that differ do so early
        was, now = old.take(matching.old[few]), new.take(matching.new[few])
        if differs(walk, was, now).any():
            return False
    return True


def _index(old: Table, new: Table, changes: _Changes, where: str) -> Iterator[Detail]:
    was, now = _index_words(old.index), _index_words(new.index)
    if was != now and (
        list(old.index.names) != list(new.index.names)
        or rows._family(old.index) != rows._family(new.index)
    ):
        yield Detail("index", where, old=was, new=now)
    elif changes.labels:
        first = next(
            at
            for at, (a, b) in enumerate(zip(old.index, new.index, strict=False))
            if key_of(a) != key_of(b)
        )
        example = Example(f"row {first}", shown(old.index[first]), shown(new.index[first]))
        total = len(changes.matching.new)
        yield Detail("index labels", where, count=changes.labels, total=total, examples=(example,))


def _columns(
    old: Table,
    new: Table,
    added: list[int],
    removed: list[int],
    renamed: list[tuple[int, int]],
    where: str,
) -> Iterator[Detail]:
    def few(table: Table, places: list[int]) -> tuple[Example, ...]:
        return tuple(
            Example(str(shown_label(table.labels[at])), new=table.types[at])
            for at in places[: 2 * _EXAMPLES]
        )

    if added:
        yield Detail("columns added", where, count=len(added), examples=few(new, added))
    if removed:
        yield Detail("columns removed", where, count=len(removed), examples=few(old, removed))
    if renamed:
        names = tuple(
            Example(f"{shown_label(old.labels[one])} → {shown_label(new.labels[other])}")
            for one, other in renamed[: 2 * _EXAMPLES]
        )
        yield Detail("columns renamed", where, count=len(renamed), examples=names)


def _types(
    old: Table, new: Table, pair: tuple[int, int], changes: _Changes, where: str
) -> Iterator[Detail]:
    one, other = pair
    name = _column_name(old, one)
    if old.types[one] != new.types[other]:
        kind, label = ("column dtype", name) if name else ("dtype", "")
        yield Detail(kind, where, label, old.types[one], new.types[other])
    was, now = (
        getattr(t.columns[at].dtype, "categories", None) for t, at in ((old, one), (new, other))
    )
    if was is None or now is None or was.equals(now):
        return
    gone, come = [c for c in was if c not in now], [c for c in now if c not in was]
    few = tuple(Example(shown(c), new="added") for c in come[:_EXAMPLES]) + tuple(
        Example(shown(c), old="removed") for c in gone[:_EXAMPLES]
    )
    yield Detail("categories", where, name, count=len(gone) + len(come), examples=few)


def _rows(old: Table, new: Table, changes: _Changes, where: str) -> Iterator[Detail]:
    matching = changes.matching
    for kind, table, positions in (
        ("rows added", new, matching.added),
        ("rows removed", old, matching.removed),
    ):
        if len(positions):
            few = [(table.label(int(at)), table.row(int(at))) for at in positions[:_EXAMPLES]]
            examples = tuple(
                Example(label, new=words) if table is new else Example(label, old=words)
                for label, words in few
            )
            yield Detail(kind, where, count=len(positions), examples=examples)
    if changes.changed_rows:
        total = len(matching.new)
        yield Detail("rows changed", where, count=changes.changed_rows, total=total)
    if matching.reordered:
        yield Detail("rows reordered", where, note="its rows are in another order")


def _values(walk: Walk, old: Table, new: Table, changes: _Changes, where: str) -> Iterator[Detail]:
    matching, total = changes.matching, len(changes.matching.new)
    told = list(changes.places.items())
    for (one, other), places in told[:_COLUMNS]:
        before, after = matching.old[places], matching.new[places]
        was, now = old.columns[one], new.columns[other]
        examples = tuple(
            one_changed(walk, new.label(int(b)), was[int(a)], now[int(b)])
            for a, b in list(zip(before, after, strict=False))[:_EXAMPLES]
        )
        largest = largest_difference(was.take(before), now.take(after))
        note = "" if largest is None else f"by at most {largest:.4g}"
        yield Detail(
            "column values",
            where,
            _column_name(new, other),
            count=len(places),
            total=total,
            examples=examples,
            note=note,
        )
    if rest := told[_COLUMNS:]:
        few = tuple(
            Example(_column_name(new, other), new=f"{len(places):,}")
            for (_, other), places in rest[: 2 * _EXAMPLES]
        )
        yield Detail("columns changed", where, count=len(rest), examples=few)


def shown_label(label: Any) -> str:
    """Return a column's label in words."""
    return f"'{label}'" if type(label) is str else shown(label)


def _column_name(table: Table, at: int) -> str:
    label = table.labels[at]
    return "" if label is None and len(table.labels) == 1 else f"column {shown_label(label)}"


def _index_words(index: pd.Index) -> str:
    names = [shown_label(name) for name in index.names if name is not None]
    kind = "row numbers" if rows.means_nothing(index) and not names else str(index.dtype)
    if isinstance(index, pd.MultiIndex):
        kind = f"{index.nlevels} levels"
    return f"{', '.join(names)} ({kind})" if names else kind
