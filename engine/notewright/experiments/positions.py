"""Where the rows of a plain array are in a larger one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from notewright.experiments.evaluation import Array
from notewright.experiments.row_keys import Found, Index, Keys, keys_of
from notewright.experiments.rows import Located, Used, equal, same_target
from notewright.experiments.tables import Table, Tables
from notewright.experiments.targets import target_keys, targets_of
from notewright.experiments.views import rows_inside

#: Arrays with more values than this are not searched for rows.
MOST_VALUES = 20_000_000


def by_position(used: Used, tables: Tables) -> Located:
    """Return where the rows of an array are in a table, the largest first.

    A view is known by where it lies in memory; other arrays by their rows, which may have lost
    columns and precision.
    """
    X = np.asarray(used.X)
    used = replace(used, X=X)
    found, problem, skipped = None, None, None
    # What everything came from is the largest; where it is not the one, a smaller may be.
    for table in _nearest_first(X, tables.of(len(X), X.shape[1])):
        place = _place(used, table, tables)
        if place.where is not None:
            rival = _rival(used, table, tables) if place.by_target else None
            if rival is not None:
                return Located(used, problem=_either(used, table, rival), doubtful=True)
            found = _checked(used, table, place.where, tables)
            if found.labels is not None:
                break
            problem = problem or found.problem
        elif place.several:
            problem = problem or _doubtful(used, table.name, place.several)
            if place.surely:
                return Located(used, problem=problem, doubtful=True)
        elif place.skipped:
            skipped = skipped or _too_large(used, table.name)
    if found is not None and found.labels is not None:
        return replace(found, problem=skipped)
    return Located(used, problem=skipped or problem)


@dataclass(frozen=True, eq=False)
class _Place:
    """What a look into one table says.

    Parameters
    ----------
    where : array or None
        The positions.
    several : int
        How many rows are equal to others, so that their position is not clear.
    surely : bool
        Whether the rows are those of the table, whichever they are.
    by_target : bool
        Whether the target told equal rows apart.
    skipped : bool
        Whether it is too large to look.
    """

    where: NDArray[np.intp] | None = None
    several: int = 0
    surely: bool = False
    by_target: bool = False
    skipped: bool = False


def _nearest_first(X: Array, tables: list[Table]) -> list[Table]:
    """Return the tables with those first, of one length, that share the array's memory."""
    apart = {
        id(table): table.whole is None or not np.may_share_memory(X, table.whole)
        for table in tables
    }
    return sorted(tables, key=lambda table: (-table.length, apart[id(table)]))


def _place(used: Used, table: Table, tables: Tables) -> _Place:
    X = used.X
    if table.whole is not None:
        inside = rows_inside(X, table.whole)
        if inside is not None:
            return _Place(inside)
    if X.size + table.size > MOST_VALUES:
        return _Place(skipped=True)
    part = [keys_of(column, X.dtype) for column in X.T]
    if not len(X) or any(keys is None for keys in part):
        return _Place()
    own: list[Keys] = [keys for keys in part if keys is not None]
    if len(own) == len(table.columns):
        place = _in_columns(used, table, own, list(range(len(own))), tables)
        if place.where is not None or place.several:
            return place
    return _in_some_columns(used, table, own, tables)


def _in_columns(
    used: Used, table: Table, part: list[Keys], places: list[int], tables: Tables
) -> _Place:
    """Look for rows whose columns are, one by one, those at `places` of the table."""
    if not table.has([keys[0] for keys in part], places, used.X.dtype):
        return _Place()
    index = table.index(places, used.X.dtype)
    found = None if index is None else index.find(part)
    if index is None or found is None:
        return _Place()
    if not found.several.any():
        return _Place(found.where)
    # All rows of a table are all of its rows, also where some are equal.
    whole = len(part[0]) == table.length
    if whole and all((keys == own).all() for keys, own in zip(index.columns, part, strict=True)):
        return _Place(np.arange(table.length))
    return _told_apart(used, table, index, part, found, tables)


def _told_apart(
    used: Used, table: Table, index: Index, part: list[Keys], found: Found, tables: Tables
) -> _Place:
    """Tell equal rows apart by their target: by every one that has the values that were used."""
    doubtful = _Place(several=int(found.several.sum()), surely=True)
    if used.y is None:
        return doubtful
    alone = ~found.several
    answers: list[NDArray[np.intp]] = []
    for target in targets_of(table, tables):
        if not same_target(target[found.where[alone]], used.y[alone]):
            continue
        keys = target_keys(target, used.y)
        theirs = keys and Index.of([*index.columns, keys[0]]).find([*part, keys[1]])
        if theirs and theirs.several.any():
            return replace(doubtful, several=int(theirs.several.sum()))
        if theirs:
            answers.append(theirs.where)
    one = bool(answers) and all(np.array_equal(answers[0], answer) for answer in answers)
    return _Place(answers[0], by_target=True) if one else doubtful


def _in_some_columns(used: Used, table: Table, part: list[Keys], tables: Tables) -> _Place:
    """Look for rows that have some of the table's columns, in whatever order."""
    like = table.like(part, used.X.dtype)
    clear = [at for at, places in enumerate(like) if len(places) == 1]
    if not clear:
        return _Place()
    chosen = [part[at] for at in clear]
    place = _in_columns(used, table, chosen, [like[at][0] for at in clear], tables)
    if place.where is None:
        return replace(place, surely=place.surely and len(clear) == len(part))
    for at in set(range(len(part))) - set(clear):
        # Columns that are alike in a few rows are told apart by all of them.
        keys = [table.keys(column, used.X.dtype) for column in like[at]]
        if not any(each is not None and (each[place.where] == part[at]).all() for each in keys):
            return _Place()
    return place


def _rival(used: Used, table: Table, tables: Tables) -> Table | None:
    """Return another table that the rows may be of, where its target was needed to find them.

    The target belongs to one of them, and nothing says to which.
    """
    for other in tables.of(table.length, used.X.shape[1]):
        if other is table or other.length != table.length or _is_same(table, other):
            continue
        place = _place(used, other, tables)
        if place.where is not None or place.several:
            return other
    return None


def _is_same(one: Table, other: Table) -> bool:
    """Tell whether two tables have the same rows in the same order, but for columns left out."""
    narrow, wide = sorted((one, other), key=lambda table: len(table.columns))
    return all(any(equal(a, b) for b in wide.columns) for a in narrow.columns)


def _checked(used: Used, table: Table, where: Array, tables: Tables) -> Located:
    """Return rows with their place, if the target there is the one that was used."""
    targets = targets_of(table, tables)
    if used.y is not None and not any(same_target(t[where], used.y) for t in targets):
        return Located(
            used,
            problem=f"The rows that were {used.what} are in `{table.name}`, but no variable of its "
            "length holds the target values that were used, so they were not matched. Keep the "
            "whole target in a variable.",
        )
    return Located(used, table.name, "position", table.length, where.astype(np.int64))


def _doubtful(used: Used, name: str, count: int) -> str:
    return (
        f"Which rows of `{name}` were {used.what} is not clear: {count} of them are equal to "
        "others. Split a pandas DataFrame, whose index tells its rows apart."
    )


def _either(used: Used, table: Table, rival: Table) -> str:
    return (
        f"Which rows of `{table.name}` were {used.what} is not clear: some of them are equal to "
        f"others, and those of `{rival.name}` fit as well. Split a pandas DataFrame, whose index "
        "tells its rows apart."
    )


def _too_large(used: Used, name: str) -> str:
    return (
        f"`{name}` was not searched for the rows that were {used.what}: it has too many values "
        f"(more than {MOST_VALUES:,} together with them). Rows of a pandas DataFrame, and "
        "slices, are known without a search."
    )
