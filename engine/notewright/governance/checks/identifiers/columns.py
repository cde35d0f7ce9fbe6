"""What identifiers a column of a table holds, and in which rows."""

from __future__ import annotations

import string
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notewright.governance.checks.identifiers.names import are_names
from notewright.governance.checks.identifiers.pattern import BOUNDARY, Match, Pattern, matches

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Up to so many numbers of one form are believed one by one.
_FEW = 10
#: Of more, it is no chance that so many pass the checksum, if chance gives them this rarely.
_RARE = 1e-4
#: So many different values, and so great a share of them, speak for a whole column.
_MANY, _MOST = 20, 0.8
#: For forms that are rare elsewhere this share is enough.
_HALF = 0.5
#: A pattern that matches so often in as many values, and never to be believed, is given up.
_IDLE = 25
#: So many values of one form are looked at first; and forms are told by digits and letters where
#: there are at most so many, as a share of the values.
_SAMPLE, _FORMS = 200, 0.02
_LETTERS = string.ascii_letters
_FINE = str.maketrans(_LETTERS + string.digits, "a" * len(_LETTERS) + "9" * 10)
_COARSE = str.maketrans(_LETTERS + string.digits, "a" * (len(_LETTERS) + 10))
#: Smaller numbers than this have too few digits for any identifier.
_SMALLEST = 10_000_000


@dataclass(frozen=True)
class Found:
    """Identifiers of one kind in a column.

    Parameters
    ----------
    kind : str
        What they are.
    rows : array of int
        Positions of the rows.
    """

    kind: str
    rows: np.ndarray


def identifiers_in(
    column: pd.Series, patterns: Iterable[Pattern], limit: int, *, names: bool = False
) -> list[Found]:
    """Return the identifiers in a column, by kind.

    A number whose form is common counts if the column's name says what it is, or if many more
    values pass its checksum than would by chance.

    Parameters
    ----------
    column : Series
        Values of any type, and their name.
    patterns : iterable of Pattern
        What is looked for.
    limit : int
        Most different values that are looked at, evenly spread over all.
    names : bool, default False
        Whether to tell if the whole column is made of names of people.
    """
    import numpy as np
    import pandas as pd

    text = _as_text(column)
    if text is None:
        return []
    codes, values = pd.factorize(text)
    if len(values) > limit:
        kept = np.linspace(0, len(values) - 1, limit).astype(int)
    else:
        kept = np.arange(len(values))
    looked = [str(value) for value in np.asarray(values, dtype=object)[kept]]
    name = str(column.name)
    hits = _hits(looked, patterns, name)
    if names and are_names(name, looked, int((codes >= 0).sum() * len(kept) / max(1, len(values)))):
        hits["name of a person"] = set(range(len(looked)))
    found = []
    for kind, places in hits.items():
        rows = np.flatnonzero(np.isin(codes, kept[sorted(places)]))
        found.append(Found(kind, rows))
    return found


def _as_text(column: pd.Series) -> pd.Series | None:
    """Return the values as text, or None where none can be an identifier."""
    import pandas as pd

    kinds = pd.api.types
    if kinds.is_bool_dtype(column) or kinds.is_complex_dtype(column):
        return None
    if kinds.is_datetime64_any_dtype(column) or kinds.is_timedelta64_dtype(column):
        return None
    if kinds.is_numeric_dtype(column):
        present = column.dropna()
        whole = kinds.is_integer_dtype(column) or bool(
            ((present % 1 == 0) & (present.abs() < 2**53)).all()
        )
        if not whole or present.empty or present.max() < _SMALLEST:
            return None
        return column.astype("Int64").astype("string").astype(object)
    if pd.api.types.infer_dtype(column, skipna=True) == "string":
        return column.astype(object)
    return column.map(_text, na_action="ignore").astype(object)


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)[:10_000]


def _hits(values: list[str], patterns: Iterable[Pattern], name: str) -> dict[str, set[int]]:
    """Return which values hold each kind."""
    wanted = tuple(patterns)
    some = [values[at] for at in _of_each_form(values)]
    if len(some) > 4 * _SAMPLE:
        tried = _looked(some[:: len(some) // _SAMPLE], wanted, name)
        idle = {pattern for pattern, count, places in tried if count > _IDLE and not places}
        wanted = tuple(pattern for pattern in wanted if pattern not in idle)
    if len(some) < len(values):
        found = {pattern for pattern, _, places in _looked(some, wanted, name) if places}
        wanted = tuple(pattern for pattern in wanted if pattern in found)
    hits: dict[str, set[int]] = {}
    for pattern, _, places in _looked(values, wanted, name) if wanted else ():
        if places:
            hits.setdefault(pattern.kind, set()).update(places)
    return hits


def _of_each_form(values: list[str]) -> list[int]:
    """Return the places of a few values of each form: what holds of them holds of the others.

    Of a form are values that agree but for which digits and letters they are made of; where the
    two are mixed, as in hashes, but for which characters.
    """
    text = BOUNDARY.join(values)
    for table in (_FINE, _COARSE):
        places: dict[str, list[int]] = defaultdict(list)
        for at, form in enumerate(text.translate(table).split(BOUNDARY)):
            places[form].append(at)
        if len(places) <= _FORMS * len(values):
            break
    if text.count(BOUNDARY) != len(values) - 1:
        return list(range(len(values)))  # the values hold the boundary itself
    chosen = [at for same in places.values() for at in same[:: 1 + len(same) // _SAMPLE]]
    return sorted(chosen)


def _looked(
    values: list[str], patterns: Iterable[Pattern], name: str
) -> Iterator[tuple[Pattern, int, list[int]]]:
    """Yield, for each pattern, how often it matches, and the values where that is no chance."""
    import numpy as np

    starts = np.cumsum([0, *(len(v) + 1 for v in values)])
    by_pattern: dict[Pattern, list[Match]] = defaultdict(list)
    for match in matches(BOUNDARY.join(values), patterns, name):
        by_pattern[match.pattern].append(match)
    for pattern, found in by_pattern.items():
        places = np.searchsorted(starts, [m.start for m in found], side="right") - 1
        whole = np.array([m.end - m.start for m in found]) == np.diff(starts)[places] - 1
        good = _believed(pattern, found, whole, len(values))
        yield pattern, len(found), places[good].tolist()


def _believed(pattern: Pattern, found: list[Match], whole: np.ndarray, values: int) -> np.ndarray:
    """Return which matches are no chance; `whole` are those that are all of their value."""
    import numpy as np

    valid = np.array([m.valid for m in found])
    told = np.array([m.told for m in found])
    if pattern.context is not None and not told.all():
        # Nothing says what these are but that most of the column looks the same.
        alone = whole & ~told
        passed = int((valid & alone).sum())
        if pattern.alone:
            most = passed >= _HALF * values
        else:
            most = passed >= max(_MANY, _MOST * values) and 0 < pattern.chance < 1
        if not most:
            valid &= ~alone if pattern.alone else told
    looked = told if pattern.context is not None and told.any() else np.ones(len(found), dtype=bool)
    if 0 < pattern.chance < 1 and _by_chance(
        int((valid & looked).sum()), int(looked.sum()), pattern
    ):
        return np.zeros(len(found), dtype=bool)
    return valid


def _by_chance(passed: int, of: int, pattern: Pattern) -> bool:
    """Tell whether so many numbers would pass a checksum if they were any numbers."""
    from scipy.special import bdtrc

    return of > _FEW and (passed == 0 or bool(bdtrc(passed - 1, of, pattern.chance) > _RARE))
