"""Which rows each fold of a cross-validation held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from notewright.experiments.evaluation import value_digest
from notewright.store.canonical import digest_of

#: Splitting again for more folds than that would take too long.
_MOST = 200


def held_out(args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags that tell which rows the folds of a cross-validation held out.

    Empty where splitting again would give other folds (a splitter that draws at random without
    a fixed `random_state`, or a generator that is used up), or is not known not to: only
    scikit-learn's own splitters are asked. The true values are part of the tags, so positions in
    other data are other folds.

    Parameters
    ----------
    args, kwargs
        What ``cross_validate`` was given.
    """
    from sklearn.base import is_classifier
    from sklearn.model_selection import check_cv

    # What comparisons need is imported where a cross-validation was recorded.
    from notewright.experiments.fold_scores import FOLDS, fold_tags

    given = dict(zip(("estimator", "X", "y"), args, strict=False)) | dict(kwargs)
    y = given.get("y")
    if y is None or hasattr(given.get("cv"), "__next__"):
        return {}
    splitter = check_cv(given.get("cv"), y, classifier=is_classifier(given["estimator"]))
    if not _is_repeatable(splitter):
        return {}
    X, groups = given["X"], (given.get("params") or {}).get("groups", given.get("groups"))
    if splitter.get_n_splits(X, y, groups) > _MOST:
        return {}
    tags = fold_tags(splitter.split(X, y, groups))
    true = np.asarray(y)
    true = true if true.dtype.kind in "biufU" else true.astype(str)
    return {**tags, FOLDS: digest_of(f"{tags[FOLDS]} {value_digest(true)}".encode())}


def _is_repeatable(splitter: Any) -> bool:
    """Tell whether a splitter gives the same folds each time it is asked, and draws nothing."""
    if not type(splitter).__module__.startswith("sklearn."):
        return False
    if isinstance(getattr(splitter, "random_state", None), int):
        return True
    name = type(splitter).__name__
    return "Shuffle" not in name and "Repeated" not in name and not _shuffles(splitter)


def _shuffles(splitter: Any) -> bool:
    return bool(getattr(splitter, "shuffle", False))
