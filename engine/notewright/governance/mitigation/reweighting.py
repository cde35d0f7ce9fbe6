"""Training again with weights that even the groups out, by Fairlearn's `ExponentiatedGradient`.

(Agarwal and others 2018.) The model that comes out looks at no sensitive column; it draws between
a few models, each trained with other weights.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.inputs import Inputs
from notewright.governance.mitigation.proposal import Aim, Proposal, standing

if TYPE_CHECKING:
    import numpy as np

#: So often it trains at most; each takes as long as the model's own fit.
_FITS = 10
_CODE = """\
from fairlearn.reductions import {constraint}, ExponentiatedGradient
from sklearn.base import clone

fair = ExponentiatedGradient(clone(model), {constraint}(), max_iter={fits}{weights})
fair.fit(X_train, y_train == {favourable!r}, sensitive_features=groups_train)  # {column}
fair.predict(X, random_state=0)
"""


def by_reweighting(
    inputs: Inputs,
    trained_groups: np.ndarray,
    trained_deserving: np.ndarray,
    selected: np.ndarray,
    deserving: np.ndarray,
    groups: np.ndarray,
    column: str,
    aim: Aim,
    favourable: Any,
) -> Proposal:
    """Return the proposal to train again with other weights.

    Parameters
    ----------
    inputs : Inputs
        The model with the features of the rows trained on and scored.
    trained_groups, trained_deserving : array of shape (m,)
        Of the rows trained on.
    selected, deserving, groups : array of shape (n,)
        Of the test rows; see `by_thresholds`.
    column, aim, favourable
        Of what.
    """
    import numpy as np
    from sklearn.base import clone

    try:
        from fairlearn.reductions import DemographicParity, EqualizedOdds, ExponentiatedGradient
    except ImportError as error:
        raise CannotRun(
            "Weights are found by Fairlearn, which is not installed.",
            "Install it: `pip install notewright[fairness]`.",
        ) from error
    constraint = DemographicParity if aim == "demographic_parity" else EqualizedOdds
    weights = _weights_of(inputs.model)
    named = {"sample_weight_name": weights} if weights else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fair = ExponentiatedGradient(clone(inputs.model), constraint(), max_iter=_FITS, **named)
            fair.fit(
                inputs.train.copy(),
                trained_deserving.astype(int),
                sensitive_features=trained_groups,
            )
            fairer = fair.predict(inputs.test.copy(), random_state=0)
        except (TypeError, ValueError) as error:
            raise CannotRun(
                f"The model cannot be trained with weights: {error}.".replace("..", "."),
                "Use a model whose `fit` takes `sample_weight`, or the thresholds.",
            ) from error
    return Proposal(
        name="other weights in training",
        column=column,
        aim=aim,
        rows=len(selected),
        before=standing(selected, deserving, groups, aim),
        after=standing(np.asarray(fairer).astype(bool), deserving, groups, aim),
        uses_column=False,
        code=_CODE.format(
            constraint=constraint.__name__,
            fits=_FITS,
            weights=f", sample_weight_name={weights!r}" if weights else "",
            favourable=favourable,
            column=column,
        ),
    )


def _weights_of(model: Any) -> str:
    """Return how the model's `fit` takes weights: a pipeline hands them to its last step."""
    steps = getattr(model, "steps", None)
    return f"{steps[-1][0]}__sample_weight" if steps else ""
