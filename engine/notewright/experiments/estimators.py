"""Fitted estimators: which objects are, and what they were set to."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from notewright.experiments.scalars import Scalar, scalar


def is_fitted_model(value: Any) -> bool:
    """Tell whether `value` is a fitted estimator that predicts.

    No method of it is called; a fitted estimator is known by its attributes
    that end with an underscore, as scikit-learn has it, or by
    ``__sklearn_is_fitted__`` of a library's own class.
    """
    kind = type(value)
    if isinstance(value, type) or not hasattr(kind, "fit"):
        return False
    if not is_predictor(kind):
        return False
    if kind.__module__.partition(".")[0] == "sklearn" and hasattr(kind, "__sklearn_is_fitted__"):
        try:
            return bool(value.__sklearn_is_fitted__())
        except (AttributeError, TypeError, ValueError):
            return False
    state = getattr(value, "__dict__", {})
    if any(n.endswith("_") and not n.startswith("__") for n in state):
        return True
    # Libraries with a learned object inside: xgboost keeps `_Booster`.
    return any(state.get(name) is not None for name in ("_Booster", "_is_fitted_"))


def is_fitted_transformer(value: Any) -> bool:
    """Tell whether `value` is a fitted estimator that transforms and does not predict."""
    kind = type(value)
    if isinstance(value, type) or not hasattr(kind, "fit") or is_predictor(kind):
        return False
    fitted = any(n.endswith("_") and not n.startswith("__") for n in getattr(value, "__dict__", {}))
    return fitted and _offers(kind, "transform")


def is_predictor(kind: type) -> bool:
    """Tell whether estimators of this type predict: a scaler does not."""
    return any(_offers(kind, name) for name in ("predict", "fit_predict", "predict_proba"))


def predicts(value: Any) -> bool:
    """Tell whether `value` predicts and, where it can be fitted, is; without calling it."""
    if isinstance(value, type) or inspect.getattr_static(value, "predict", None) is None:
        return False
    return not hasattr(type(value), "fit") or is_fitted_model(value)


def models_in(variables: dict[str, Any]) -> dict[str, Any]:
    """Return the variables that hold a model that can be exported, the last bound first."""
    return {name: value for name, value in reversed(variables.items()) if predicts(value)}


def _offers(kind: type, name: str) -> bool:
    # `available_if` makes `hasattr` of a class true without asking the instance.
    return any(name in vars(base) for base in kind.__mro__)


def type_name(value: Any) -> str:
    """Return the qualified name of the value's type."""
    return f"{type(value).__module__}.{type(value).__qualname__}"


def parameters(model: Any) -> tuple[dict[str, Scalar], tuple[str, ...]]:
    """Return all parameters of `model`, nested ones too, and which differ from the defaults.

    Parameters
    ----------
    model : estimator
        With ``get_params``; anything else has no parameters.

    Returns
    -------
    parameters : dict
        `step__name` to value, in the order of the names.
    changed : tuple of str
        The names whose value is not the constructor's default.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> values, changed = parameters(Ridge(alpha=2.0))
    >>> values["alpha"], changed
    (2.0, ('alpha',))
    """
    if not hasattr(model, "get_params"):
        return {}, ()
    raw = model.get_params(deep=True)
    changed = tuple(sorted(_changed(model, raw)))
    return {name: scalar(raw[name]) for name in sorted(raw)}, changed


#: Parameters that say how a fit runs, not what is fitted.
_HOW = {"random_state", "n_jobs", "verbose", "copy_X", "cache_size", "memory"}
#: Lists of parts, which are told one by one.
_PARTS = {"steps", "estimators", "transformers", "transformer_list"}
_LONGEST_NAME = 80


def words_for(kind: str, values: Mapping[str, Scalar], changed: Iterable[str]) -> str:
    """Return words for an estimator: its type and what differs from the defaults.

    Examples
    --------
    >>> words_for("Ridge", {"alpha": 2.0, "random_state": 0}, ["alpha", "random_state"])
    'Ridge alpha=2.0'
    """
    # What is set in the step that a pipeline is called after comes first.
    names = telling(values, changed)
    names.sort(key=lambda name: values.get(name.rpartition("__")[0]) != kind)
    short = [(name.rpartition("__")[2], values[name]) for name in names]
    told = [f"{name}={value}" for name, value in short if name not in _HOW]
    words = f"{kind} {', '.join(told)}".strip()
    return words if len(words) <= _LONGEST_NAME else words[: _LONGEST_NAME - 1] + "…"


def telling(values: Mapping[str, Scalar], names: Iterable[str]) -> list[str]:
    """Return `names` without the parts of a pipeline, which are told by what is set in them.

    Examples
    --------
    >>> telling({"steps": "[('sgd', …)]", "sgd": "SGD", "sgd__l1": 1}, ["sgd", "sgd__l1", "steps"])
    ['sgd__l1']
    """
    owners = {name.rpartition("__")[0] for name in values if name.rpartition("__")[2] in _PARTS}
    inside = {name.rpartition("__")[0] for name in values}
    return [
        name
        for name in names
        if name in values
        and name.rpartition("__")[2] not in _PARTS
        and not (name.rpartition("__")[0] in owners and name in inside)
    ]


def called(model: Any) -> str:
    """Return the type that a model is called after: of a pipeline that of its last step.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> called(make_pipeline(StandardScaler(), Ridge()))
    'Ridge'
    """
    steps = getattr(model, "steps", None) if type(model).__name__ == "Pipeline" else None
    last = steps[-1][1] if isinstance(steps, list) and steps else None
    return type(last if hasattr(last, "fit") else model).__name__


def _changed(model: Any, raw: Mapping[str, Any], prefix: str = "") -> Iterable[str]:
    defaults = _defaults(type(model))
    own = [n for n in raw if n.startswith(prefix) and "__" not in n[len(prefix) :]]
    for name in own:
        short = name[len(prefix) :]
        value = raw[name]
        if short not in defaults or not _equal(value, defaults[short]):
            yield name
        if hasattr(value, "get_params") and not isinstance(value, type):
            yield from _changed(value, raw, f"{name}__")


def _defaults(kind: type) -> dict[str, Any]:
    try:
        given = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {p.name: p.default for p in given if p.default is not inspect.Parameter.empty}


def _equal(value: Any, default: Any) -> bool:
    if value is default:
        return True
    if type(value) is not type(default):
        numbers = (int, float)
        plain = type(value) in numbers and type(default) in numbers
        return plain and bool(value == default)
    if isinstance(value, float):
        return value == default or (value != value and default != default)
    if isinstance(value, bool | int | str | tuple | list | dict | frozenset | set):
        return repr(value) == repr(default)
    return False


def last_fitted(code: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that `code` fitted last, going by the text; None if unclear."""
    found = name_fitted_last(code)
    return found if found in set(names) else None


def name_fitted_last(code: str) -> str | None:
    """Return the variable that `code` fitted last, going by the text."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return None
    last = (-1, -1, "")
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr.startswith("fit") and isinstance(node.func.value, ast.Name):
            last = max(last, (node.lineno, node.col_offset, node.func.value.id))
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Assign) and "fit" in _attributes(statement.value):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    last = max(last, (statement.lineno, statement.col_offset, target.id))
    return last[2] or None


def _attributes(node: ast.AST) -> set[str]:
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
