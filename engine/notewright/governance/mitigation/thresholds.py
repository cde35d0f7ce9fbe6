"""Another threshold for each group, by Fairlearn's `ThresholdOptimizer`.

It is fitted on one half of the test rows and judged on the other (Hardt, Price and Srebro 2016).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from notewright.governance.checks.base import CannotRun
from notewright.governance.mitigation.proposal import Aim, Proposal, standing

if TYPE_CHECKING:
    import numpy as np

_CODE = """\
from fairlearn.postprocessing import ThresholdOptimizer

fair = ThresholdOptimizer(
    estimator=model, constraints="{aim}", objective="balanced_accuracy_score",
    prefit=True, predict_method="predict_proba",
).fit(X_valid, y_valid == {favourable!r}, sensitive_features=groups_valid)  # {column}
fair.predict(X, sensitive_features=groups, random_state=0)
"""


def by_thresholds(
    chances: np.ndarray,
    selected: np.ndarray,
    deserving: np.ndarray,
    groups: np.ndarray,
    column: str,
    aim: Aim,
    favourable: Any,
) -> Proposal:
    """Return the proposal to use a threshold of its own for each group.

    Parameters
    ----------
    chances : array of float, shape (n,)
        The model's probability of the favourable outcome.
    selected, deserving : array of bool, shape (n,)
        Whom the model gives it now, and whose true label it is.
    groups : array of str, shape (n,)
    column, favourable
        Of what; for words and code.
    aim : {"demographic_parity", "equalized_odds"}
    """
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin

    try:
        from fairlearn.postprocessing import ThresholdOptimizer
    except ImportError as error:
        raise CannotRun(
            "Thresholds are found by Fairlearn, which is not installed.",
            "Install it: `pip install notewright[fairness]`.",
        ) from error

    class Said(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """A model whose features are its probabilities."""

        classes_ = np.array([0, 1])

        def fit(self, X: Any, y: Any) -> Said:
            return self

        def predict_proba(self, X: Any) -> Any:
            return X

        def __sklearn_is_fitted__(self) -> bool:
            return True

    pairs = np.column_stack([1 - chances, chances])
    first = np.random.Generator(np.random.PCG64(0)).permutation(len(chances)) % 2 == 0
    optimizer = ThresholdOptimizer(
        estimator=Said(),
        constraints=aim,
        objective="balanced_accuracy_score",
        prefit=True,
        predict_method="predict_proba",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            optimizer.fit(
                pairs[first], deserving[first].astype(int), sensitive_features=groups[first]
            )
            fairer = optimizer.predict(
                pairs[~first], sensitive_features=groups[~first], random_state=0
            )
        except ValueError as error:
            raise CannotRun(
                f"No thresholds could be found by '{column}': {error}.".replace("..", "."),
                "Use wider bands, or a larger test set: each group needs both outcomes.",
            ) from error
    judged = (deserving[~first], groups[~first], aim)
    return Proposal(
        name="thresholds of their own",
        column=column,
        aim=aim,
        rows=int((~first).sum()),
        before=standing(selected[~first], *judged),
        after=standing(np.asarray(fairer).astype(bool), *judged),
        uses_column=True,
        code=_CODE.format(aim=aim, favourable=favourable, column=column),
    )
