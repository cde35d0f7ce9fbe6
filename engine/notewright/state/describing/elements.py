"""Which elements of two arrays differ, fast, for arrays of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk

Mask = npt.NDArray[np.bool_]
_NUMBERS = "biufc"
_TEXT_OR_MISSING = {str, float, type(None)}


def differs(walk: Walk, old: Any, new: Any) -> Mask:
    """Return which elements of two arrays of one shape differ; NaN equals NaN.

    Parameters
    ----------
    walk : Walk
        Compares what is neither a number, nor a time, nor a text.
    old, new : array
        NumPy arrays or pandas arrays, of any type each.
    """
    old, new = plain(old), plain(new)
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        return _arrays(walk, old, new)
    was, now = getattr(old.dtype, "kind", "O"), getattr(new.dtype, "kind", "O")
    if was in _NUMBERS and now in _NUMBERS:
        return _nullable_numbers(old, new)
    if _is_category(old) and _is_category(new) and old.categories.equals(new.categories):
        return np.asarray(old.codes != new.codes)
    if old.dtype == new.dtype and not (_is_category(old) or _holds_text(old)):
        try:
            return _extensions(old, new)
        except (TypeError, ValueError, NotImplementedError):
            pass  # a pandas type that cannot be compared as a whole is compared one by one
    found = _objects(walk, np.asarray(old, dtype=object), np.asarray(new, dtype=object))
    if old.dtype != new.dtype:  # each type has its own way to say that a value is missing
        found &= ~(_missing(old) & _missing(new))
    return found


def largest_difference(old: Any, new: Any) -> float | None:
    """Return the largest finite absolute difference of two arrays of numbers, else None."""
    if any(getattr(each.dtype, "kind", "O") not in "iufc" for each in (old, new)):
        return None
    wide = np.complex128 if "c" in (old.dtype.kind, new.dtype.kind) else np.float64
    before, after = (_floats(each, wide) for each in (old, new))
    sizes = np.abs(after - before)
    sizes = sizes[np.isfinite(sizes)]
    return float(sizes.max()) if len(sizes) else None


def plain(values: Any) -> Any:
    """Return a NumPy array where a pandas array is but a wrapping of one; nothing is copied."""
    if isinstance(values, np.ndarray):
        return values
    if type(values).__name__ == "NumpyExtensionArray":
        return values.to_numpy()
    return np.asarray(values) if isinstance(values.dtype, np.dtype) else values


def _arrays(walk: Walk, old: Any, new: Any) -> Mask:
    if old.dtype.names or new.dtype.names:
        found = np.zeros(old.shape, bool)
        for name in old.dtype.names or ():
            if name in (new.dtype.names or ()):
                part = differs(walk, np.asarray(old[name]), np.asarray(new[name]))
                found |= part.reshape(*old.shape, -1).any(axis=-1)
        return found
    if old.dtype.hasobject or new.dtype.hasobject:
        flat = _objects(walk, old.ravel().astype(object), new.ravel().astype(object))
        return flat.reshape(old.shape)
    comparable = old.dtype.kind == new.dtype.kind or {old.dtype.kind, new.dtype.kind} <= set(
        _NUMBERS
    )
    if not comparable:
        return np.ones(old.shape, bool)
    found = np.asarray(old != new)
    if old.dtype.kind in "fc" and new.dtype.kind in "fc":
        found &= ~(np.isnan(old) & np.isnan(new))
    elif old.dtype.kind in "mM":
        found &= ~(np.isnat(old) & np.isnat(new))
    return found


def _objects(walk: Walk, old: Any, new: Any) -> Mask:
    """Compare one by one; only texts, whose comparison is known, are compared as a whole."""
    found = np.ones(len(old), bool)
    if {*map(type, old), *map(type, new)} <= _TEXT_OR_MISSING:
        found = np.asarray(old != new, bool)
    places = np.flatnonzero(found)
    found[places] = [
        (type(a) is type(b) is str and a != b) or not walk.same(a, b)
        for a, b in zip(old[places], new[places], strict=True)
    ]
    return found


def _nullable_numbers(old: Any, new: Any) -> Mask:
    kinds = {old.dtype.kind, new.dtype.kind}
    missing = _missing(old) ^ _missing(new)
    if kinds <= set("biu"):  # as integers: as floats, large ones would be equal that are not
        before, after = (_integers(each) for each in (old, new))
        return np.asarray((before != after) | missing)
    wide = np.complex128 if "c" in kinds else np.float64
    before, after = (_floats(each, wide) for each in (old, new))
    return np.asarray(((before != after) & ~(np.isnan(before) & np.isnan(after))) | missing)


def _extensions(old: Any, new: Any) -> Mask:
    missing = (_missing(old), _missing(new))
    unequal = old != new
    if hasattr(unequal, "to_numpy") and not isinstance(unequal.dtype, np.dtype):
        unequal = unequal.to_numpy(dtype=bool, na_value=False)
    present = ~missing[0] & ~missing[1]
    return np.asarray((np.asarray(unequal, bool) & present) | (missing[0] ^ missing[1]))


def _missing(values: Any) -> Mask:
    import pandas as pd

    return np.asarray(pd.isna(values))


def _integers(values: Any) -> Any:
    if isinstance(values, np.ndarray):
        return values
    unsigned = np.dtype(getattr(values.dtype, "numpy_dtype", np.int64)).kind == "u"
    return values.to_numpy(dtype=np.uint64 if unsigned else np.int64, na_value=0)


def _floats(values: Any, wide: Any) -> Any:
    if isinstance(values, np.ndarray):
        return values.astype(wide)
    if hasattr(values, "sp_values"):
        return np.asarray(values).astype(wide)
    return values.to_numpy(dtype=wide, na_value=np.nan)


def _is_category(values: Any) -> bool:
    return hasattr(values, "categories") and hasattr(values, "codes")


def _holds_text(values: Any) -> bool:
    return str(values.dtype).startswith(("str", "string")) and not hasattr(values, "_pa_array")
