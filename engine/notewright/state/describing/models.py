"""How fitted models differ: parameters first, then what fitting made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notewright.state.describing import objects
from notewright.state.describing.details import Detail, Example
from notewright.state.describing.shown import shortened, shown

if TYPE_CHECKING:
    from notewright.state.describing.walk import Walk

_EXAMPLES = 6
#: So many fitted attributes of one estimator are told apart.
_ATTRIBUTES = 8


def estimators(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two estimators differ: scikit-learn's, and all made like them."""
    before, after = (each.get_params(deep=True) for each in (old, new))
    walk.keep((before, after))
    _parameters(walk, before, after, where)
    _fitted(walk, old, new, where, before, after)
    for name in before:
        was, now = before[name], after.get(name)
        if _is_estimator(was) and type(was) is type(now):
            own = (was.get_params(deep=True), now.get_params(deep=True))
            _fitted(walk, was, now, f"{where}.{name.replace('__', '.')}", *own)


def boosters(walk: Walk, old: Any, new: Any, where: str) -> None:
    """Note how two boosters of xgboost or LightGBM differ: how many trees, and which."""
    before, after = _trees(old), _trees(new)
    if len(before) != len(after):
        walk.add(Detail("length", where, old=f"{len(before)} trees", new=f"{len(after)} trees"))
    both = min(len(before), len(after))
    changed = [at for at in range(both) if before[at] != after[at]]
    if changed:
        first = Example(f"tree {changed[0]}")
        walk.add(
            Detail(
                "values changed", where, "trees", count=len(changed), total=both, examples=(first,)
            )
        )
    if len(before) == len(after) and not changed:
        settings = [_settings(each) for each in (old, new)]
        walk.compare(walk.keep(settings[0]), walk.keep(settings[1]), where)


def _parameters(
    walk: Walk, before: Mapping[str, Any], after: Mapping[str, Any], where: str
) -> None:
    names = sorted({*before, *after})
    changed = [
        Example(name, _parameter(before, name), _parameter(after, name))
        for name in names
        if _differs(walk, before, after, name)
    ]
    # Steps that were replaced say so by name.
    named = [c for c in changed if not _holds_estimators(before.get(c.where, after.get(c.where)))]
    changed = named or changed
    if changed:
        shown_ = tuple(changed[:_EXAMPLES])
        walk.add(Detail("parameters", where, count=len(changed), examples=shown_))


def _differs(walk: Walk, before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> bool:
    if name not in before or name not in after:
        # Another kind of step has other parameters; the step itself says so.
        step = name.rpartition("__")[0]
        return not (step and _kind(before.get(step)) != _kind(after.get(step)))
    was, now = before[name], after[name]
    if _is_estimator(was) or _is_estimator(now):
        return _kind(was) != _kind(now)  # its own parameters are in the list too
    if _holds_estimators(was) and _holds_estimators(now):
        return _outline(was) != _outline(now)
    return not walk.same(was, now)


def _parameter(side: Mapping[str, Any], name: str) -> str:
    if name not in side:
        return "—"
    value = side[name]
    if _is_estimator(value):
        return _kind(value)
    return shortened(_outline(value)) if _holds_estimators(value) else shown(value)


def _fitted(
    walk: Walk,
    old: Any,
    new: Any,
    where: str,
    before_params: Mapping[str, Any],
    after_params: Mapping[str, Any],
) -> None:
    """Note how what fitting made differs; long attributes in one line each."""
    before, after = (
        {k: v for k, v in objects.attributes_of(each).items() if k not in params}
        for each, params in ((old, before_params), (new, after_params))
    )
    walk.keep((before, after))
    added = [name for name in after if name not in before]
    removed = [name for name in before if name not in after]
    if added:
        what = "was not fitted, is fitted" if not _fits(before) and _fits(after) else ""
        if what:
            walk.add(Detail("fitted", where, note=what))
        few = tuple(Example(name, new=_summary(after[name])) for name in added[:_EXAMPLES])
        walk.add(Detail("fitted added", where, count=len(added), examples=few))
    if removed:
        if _fits(before) and not _fits(after):
            walk.add(Detail("fitted", where, note="was fitted, is not fitted"))
        few = tuple(Example(name, old=_summary(before[name])) for name in removed[:_EXAMPLES])
        walk.add(Detail("fitted removed", where, count=len(removed), examples=few))
    told = 0
    for name in (n for n in before if n in after):
        said = _how(walk, before[name], after[name])
        if not said:
            continue
        told += 1
        if told <= _ATTRIBUTES:
            walk.add(Detail("fitted changed", where, name, note=said))
    if told > _ATTRIBUTES:
        note = f"and {told - _ATTRIBUTES} more fitted attributes changed"
        walk.add(Detail("present", where, note=note))


def _how(walk: Walk, old: Any, new: Any) -> str:
    """Return how one fitted attribute differs, in a few words; empty if it does not."""
    if walk.same(old, new):
        return ""
    if type(old) in (list, tuple) and type(old) is type(new):
        changed = sum(not walk.same(a, b) for a, b in zip(old, new, strict=False))
        sizes = f"{len(old)} → {len(new)} items, " if len(old) != len(new) else ""
        return f"{sizes}{changed} of {min(len(old), len(new))} items changed"
    found = walk.apart(old, new)
    more = "" if len(found) < 2 else f" and {len(found) - 1} more"
    return found[0].words + more


def _is_estimator(value: Any) -> bool:
    kind = type(value)
    return callable(getattr(kind, "get_params", None)) and callable(
        getattr(kind, "set_params", None)
    )


def _holds_estimators(value: Any) -> bool:
    """Tell whether a parameter is a list of steps: ``[("scale", StandardScaler()), …]``."""
    if type(value) not in (list, tuple) or not value:
        return False
    return any(
        type(step) in (list, tuple) and any(_is_estimator(part) for part in step) for step in value
    )


def _outline(steps: Any) -> str:
    return ", ".join(
        " ".join(_kind(p) if _is_estimator(p) else shown(p, 30) for p in step)
        if type(step) in (list, tuple)
        else shown(step, 30)
        for step in steps
    )


def _kind(value: Any) -> str:
    return type(value).__name__ if _is_estimator(value) else shown(value)


def _fits(attributes: Mapping[str, Any]) -> bool:
    return any(name.endswith("_") and not name.startswith("_") for name in attributes)


def _summary(value: Any) -> str:
    return shown(value, 40, depth=1)


def _trees(booster: Any) -> list[str]:
    if hasattr(booster, "get_dump"):
        return list(booster.get_dump(dump_format="text"))
    return [repr(tree) for tree in booster.dump_model()["tree_info"]]


def _settings(booster: Any) -> Any:
    import json

    if hasattr(booster, "save_config"):
        return json.loads(booster.save_config())
    return booster.params
