"""How arrays differ: NumPy, masked, and SciPy's sparse ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from notewright.state.describing import objects
from notewright.state.describing.details import Detail, Example
from notewright.state.describing.differing import one_changed
from notewright.state.describing.elements import Mask, differs, largest_difference
from notewright.state.describing.shown import shown, shown_pair

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk

_EXAMPLES = 3
#: So many slices along one axis are named; of more the range from the first to the last.
_SLICES = 4


def arrays(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two NumPy arrays (or scalars) differ."""
    before, after = (np.asarray(each) for each in (old, new))
    if before.dtype != after.dtype:
        walk.add(Detail("dtype", where, old=str(before.dtype), new=str(after.dtype)))
    if before.ndim == 0 and after.ndim == 0:
        if differs(walk, before.reshape(1), after.reshape(1))[0]:
            walk.add(Detail("value", where, "", *shown_pair(before[()], after[()])))
        return
    if before.shape != after.shape:
        was, now = (_shape(each) for each in (before, after))
        if before.ndim != after.ndim:
            walk.add(Detail("shape", where, "", was, now))
            return
        both = tuple(slice(min(a, b)) for a, b in zip(before.shape, after.shape, strict=True))
        before, after = before[both], after[both]
        found = elements(walk, before, after, where)
        note = "" if found else "where both have elements, they are equal"
        walk.add(Detail("shape", where, "", was, now, note=note), *found)
    else:
        walk.add(*elements(walk, before, after, where))
    objects.attributes(walk, old, new, where)


def masked(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two masked arrays differ, in their masks and in what is not masked."""
    masks = [np.ma.getmaskarray(each) for each in (old, new)]
    walk.compare(walk.keep(masks[0]), walk.keep(masks[1]), f"{where}.mask")
    before, after = (np.ma.getdata(each) for each in (old, new))
    if before.shape == after.shape and not before.dtype.hasobject:
        before, after = before.copy(), after.copy()
        hidden = masks[0] | masks[1]
        before[hidden] = after[hidden] = np.zeros(1, before.dtype)[0]
    walk.compare(walk.keep(before), walk.keep(after), f"{where}.data")
    walk.compare(old.fill_value, new.fill_value, f"{where}.fill_value")


def elements(walk: Walk, old: Any, new: Any, where: str) -> list[Detail]:
    """Return which elements of two arrays of one shape differ: none, or one detail."""
    found = differs(walk, old, new)
    count = int(np.count_nonzero(found))
    if not count:
        return []
    places = _first_places(found, _EXAMPLES)
    examples = tuple(
        one_changed(walk, f"[{', '.join(map(str, at))}]", old[at], new[at]) for at in places
    )
    return [
        Detail(
            "elements",
            where,
            count=count,
            total=int(found.size),
            regions=regions(found) if count < found.size else (),
            examples=examples,
            note=_largest(old[found], new[found]),
        )
    ]


def regions(found: Mask) -> tuple[str, ...]:
    """Return where the true elements are, as slices.

    Examples
    --------
    >>> regions(np.array([0, 1, 1, 0, 1], bool))
    ('[1:3]', '[4]')
    >>> regions(np.array([[0, 0, 0], [0, 1, 1]], bool))
    ('[1, 1:3]',)
    """
    axes = range(found.ndim)
    hits = [np.flatnonzero(found.any(axis=tuple(a for a in axes if a != axis))) for axis in axes]
    if found.ndim == 1:
        runs = _runs(hits[0])
        if len(runs) <= _SLICES:
            return tuple(f"[{run}]" for run in runs)
    parts = [
        ":" if len(hit) == side and side > 1 else _range(int(hit[0]), int(hit[-1]))
        for hit, side in zip(hits, found.shape, strict=True)
    ]
    return (f"[{', '.join(parts)}]",)


def sparse(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two sparse arrays or matrices differ; neither is made dense."""
    if old.format != new.format:
        walk.add(Detail("format", where, "", old.format, new.format))
    if old.dtype != new.dtype:
        walk.add(Detail("dtype", where, "", str(old.dtype), str(new.dtype)))
    if old.shape != new.shape:
        walk.add(Detail("shape", where, "", str(old.shape), str(new.shape)))
        if len(old.shape) != len(new.shape):
            return
    sides = [_coordinates(each, np.maximum(old.shape, new.shape)) for each in (old, new)]
    keys = np.union1d(sides[0][0], sides[1][0])
    before, after = (_filled(keys, *side) for side in sides)
    found = differs(walk, before, after)
    places = keys[found]
    if old.nnz != new.nnz:
        walk.add(Detail("stored", where, "", f"{old.nnz:,}", f"{new.nnz:,}"))
    if not len(places):
        return
    at = np.stack(np.unravel_index(places, tuple(np.maximum(old.shape, new.shape))))
    examples = tuple(
        Example(f"[{', '.join(map(str, place))}]", shown(was), shown(now))
        for place, was, now in zip(
            at.T[:_EXAMPLES].tolist(),
            before[found][:_EXAMPLES],
            after[found][:_EXAMPLES],
            strict=True,
        )
    )
    bounds = ", ".join(_range(int(axis.min()), int(axis.max())) for axis in at)
    walk.add(
        Detail(
            "elements",
            where,
            count=len(places),
            total=int(np.prod(np.maximum(old.shape, new.shape))),
            regions=(f"[{bounds}]",),
            examples=examples,
            note=_largest(before[found], after[found]),
        )
    )


def _coordinates(matrix: Any, shape: Any) -> tuple[npt.NDArray[np.int64], Any]:
    coo = matrix.copy().tocoo()
    coo.sum_duplicates()
    keys = np.ravel_multi_index([axis.astype(np.int64) for axis in coo.coords], tuple(shape))
    order = np.argsort(keys)
    return np.asarray(keys)[order], coo.data[order]


def _filled(keys: Any, own: Any, values: Any) -> Any:
    """Return the values at all of `keys`; zero where nothing is stored."""
    filled = np.zeros(len(keys), values.dtype)
    filled[np.searchsorted(keys, own)] = values
    return filled


def _first_places(found: Mask, count: int) -> list[tuple[int, ...]]:
    flat = found.ravel()
    places: list[int] = []
    for start in range(0, flat.size, 1 << 20):  # the first few are soon found
        places += (np.flatnonzero(flat[start : start + (1 << 20)]) + start).tolist()
        if len(places) >= count:
            break
    return [tuple(int(i) for i in np.unravel_index(at, found.shape)) for at in places[:count]]


def _largest(old: Any, new: Any) -> str:
    largest = largest_difference(old, new)
    return "" if largest is None else f"by at most {largest:.4g}"


def _runs(hits: npt.NDArray[np.intp]) -> list[str]:
    breaks = np.flatnonzero(np.diff(hits) > 1)
    if len(breaks) >= _SLICES:
        return [""] * (_SLICES + 1)  # too many to name
    starts, ends = np.append(0, breaks + 1), np.append(breaks, len(hits) - 1)
    return [_range(int(hits[a]), int(hits[b])) for a, b in zip(starts, ends, strict=True)]


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}:{last + 1}"


def _shape(array: Any) -> str:
    return f"({', '.join(map(str, array.shape))}{',' if array.ndim == 1 else ''})"
