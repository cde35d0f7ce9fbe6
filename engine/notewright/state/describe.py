"""A few words for a value, and for how two values differ."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np

_LONGEST = 60


def type_name(value: Any) -> str:
    """Return the qualified name of the value's type."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def summary(value: Any) -> str:
    """Return a few words: ``"DataFrame 1000 x 21"``; never calls the user's own code."""
    kind = type(value)
    name, module = kind.__name__, kind.__module__.partition(".")[0]
    if module in ("pandas", "numpy", "polars", "scipy", "torch") and hasattr(value, "shape"):
        shape = " x ".join(str(side) for side in value.shape)
        return f"{name} {shape}".strip()
    if kind in (int, float, bool, complex, str, bytes, type(None)):
        text = repr(value if kind is not str else value[:_LONGEST])
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    if kind in (list, tuple, dict, set, frozenset):
        return f"{name} of {len(value)}"
    return name


def difference(old: Any, new: Any) -> list[str]:
    """Return sentences that say how `new` differs from `old`."""
    if type(old) is not type(new):
        return [f"was a {type(old).__name__}, is a {type(new).__name__}"]
    module = type(old).__module__.partition(".")[0]
    if module == "pandas" and hasattr(old, "columns"):
        return _frames(old, new)
    if module == "pandas" and hasattr(old, "iloc"):
        return _frames(old.to_frame("values"), new.to_frame("values"))
    if isinstance(old, np.ndarray):
        return _arrays(old, new)
    if hasattr(old, "get_params"):
        return _estimators(old, new)
    if isinstance(old, dict):
        return _mappings(old, new)
    if isinstance(old, list | tuple):
        return (
            [f"had {len(old)} items, has {len(new)}"] if len(old) != len(new) else _items(old, new)
        )
    if hasattr(old, "__code__"):
        return [
            "its code changed"
            if old.__code__ != new.__code__
            else "its closure or defaults changed"
        ]
    return [f"was {summary(old)}, is {summary(new)}"]


def _frames(old: Any, new: Any) -> list[str]:
    lines = []
    added = [c for c in new.columns if c not in set(old.columns)]
    removed = [c for c in old.columns if c not in set(new.columns)]
    if added:
        lines.append(f"{_count(added, 'column')} added: {_some(added)}")
    if removed:
        lines.append(f"{_count(removed, 'column')} removed: {_some(removed)}")
    rows_new, rows_old = new.index.difference(old.index), old.index.difference(new.index)
    if len(rows_new):
        lines.append(f"{_count(rows_new, 'row')} added")
    if len(rows_old):
        lines.append(f"{_count(rows_old, 'row')} removed")
    if not (old.index.is_unique and new.index.is_unique):
        return lines or ["values changed"]
    common = old.index.intersection(new.index, sort=False)
    for column in (c for c in new.columns if c in set(old.columns)):
        lines.extend(_column(old.loc[common, column], new.loc[common, column]))
    return lines or ["order, types or attributes changed"]


def _column(old: Any, new: Any) -> list[str]:
    if getattr(old, "ndim", 1) != 1 or getattr(new, "ndim", 1) != 1:
        return []  # a duplicated column name
    if str(old.dtype) != str(new.dtype):
        return [f"column '{old.name}': type {old.dtype} became {new.dtype}"]
    different = ((old != new) & ~(old.isna() & new.isna())).to_numpy(dtype=bool, na_value=True)
    count = int(different.sum())
    if not count:
        return []
    row = int(np.flatnonzero(different)[0])
    example = f"row {old.index[row]}: {old.iloc[row]} → {new.iloc[row]}"
    return [f"column '{old.name}': {count} of {len(old)} values changed, e.g. {example}"]


def _arrays(old: Any, new: Any) -> list[str]:
    if old.shape != new.shape or old.dtype != new.dtype:
        return [f"was {old.dtype} {old.shape}, is {new.dtype} {new.shape}"]
    equal = old == new
    if old.dtype.kind in "fc":
        equal |= np.isnan(old) & np.isnan(new)
    count = int(equal.size - np.count_nonzero(equal))
    return [f"{count} of {equal.size} elements changed"] if count else ["memory layout changed"]


def _estimators(old: Any, new: Any) -> list[str]:
    before, after = old.get_params(deep=True), new.get_params(deep=True)
    lines = [
        f"parameter {key}: {before.get(key)!r} → {after.get(key)!r}"
        for key in sorted(set(before) | set(after))
        if repr(before.get(key)) != repr(after.get(key))
    ]
    fitted = {k for k in vars(new) if k.endswith("_")} - {k for k in vars(old) if k.endswith("_")}
    if fitted:
        lines.append("was not fitted, is fitted")
    return lines or ["fitted attributes changed"]


def _mappings(old: dict[Any, Any], new: dict[Any, Any]) -> list[str]:
    lines = []
    if added := [k for k in new if k not in old]:
        lines.append(f"{_count(added, 'key')} added: {_some(added)}")
    if removed := [k for k in old if k not in new]:
        lines.append(f"{_count(removed, 'key')} removed: {_some(removed)}")
    return lines or ["values changed"]


def _items(old: Any, new: Any) -> list[str]:
    changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if repr(a) != repr(b)]
    return [f"{_count(changed, 'item')} changed, first at {changed[0]}"] if changed else ["changed"]


def code_difference(old: str, new: str) -> list[str]:
    """Return the lines of a unified difference, without headings."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0))
    return [line for line in lines[2:] if not line.startswith("@@")]


def _count(things: Any, word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _some(names: Any) -> str:
    shown = ", ".join(str(name) for name in list(names)[:6])
    return shown + (" …" if len(names) > 6 else "")
