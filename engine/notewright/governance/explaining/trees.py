"""Exact attributions of trees, where shap is installed (``notewright[explain]``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from notewright.governance.explaining.shapley import Floats

#: Whose trees shap reads; of others it would ask for each subset in vain.
_TREES = (
    "sklearn.ensemble._forest", "sklearn.tree._classes", "sklearn.ensemble._gb",
    "xgboost.sklearn", "lightgbm.sklearn",
)  # fmt: skip
_SMALL = 1e-6


def tree_attributions(
    model: Any, rows: Any, background: Any, classes: NDArray[np.int64] | None
) -> tuple[Floats, Floats] | None:
    """Return exact interventional Shapley values and their base, or None where there are none.

    Parameters
    ----------
    model : estimator
    rows, background : DataFrame or array
        Of numbers.
    classes : array of int, shape (n,), optional
        Which class each row's attributions are of; None of a regression.

    Notes
    -----
    They are used if they add up to what the model says: shap does not know each version of
    each library.
    """
    if type(model).__module__ not in _TREES or not _numbers(rows):
        return None
    try:
        import shap
    except ImportError:
        return None
    output = "raw" if classes is None else "probability"
    try:
        explainer = shap.TreeExplainer(
            model, background, feature_perturbation="interventional", model_output=output
        )
        values = np.asarray(explainer.shap_values(rows, check_additivity=False))
        expected = np.atleast_1d(explainer.expected_value)
    except Exception:  # noqa: BLE001 - it fails in many ways on models that it does not know
        return None
    return _of_classes(values, expected, classes)


def _of_classes(
    values: Floats, expected: Floats, classes: NDArray[np.int64] | None
) -> tuple[Floats, Floats] | None:
    """Return the attributions of each row's own class."""
    n = values.shape[0]
    if classes is None or values.ndim == 2:
        if classes is not None and len(expected) == 1:  # of the second class, as boosted trees have
            sign = np.where(classes == 1, 1.0, -1.0)
            base = np.where(classes == 1, expected[0], 1 - expected[0])
            return values * sign[:, None], base
        return values, np.full(n, expected[0])
    return values[np.arange(n), :, classes], expected[classes]


def _numbers(rows: Any) -> bool:
    kinds = [d.kind if isinstance(d, np.dtype) else "O" for d in getattr(rows, "dtypes", [])]
    return all(kind in "biuf" for kind in (kinds or [rows.dtype.kind]))
