"""A model of each data set that is large enough, and models that do one thing wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
from tests.governance.planted.tables import DataSet, data_sets
from tests.governance.test_leakage import honest

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.alone import is_number

#: Fewer test rows say little of a model.
_FEWEST = 300
#: Texts with more different values are names, of which a model learns nothing.
_KINDS = 40
#: Of so many columns of numbers at most, products are features too.
_CURVED = 12


@dataclass(frozen=True, eq=False)
class Modelled:
    """A data set with the model of it.

    Parameters
    ----------
    data : DataSet
    classes : bool
        Whether the target is a class; else it is a number.
    """

    data: DataSet
    classes: bool = True

    @property
    def name(self) -> str:
        """What it is called: a data set may have a model of classes and one of numbers."""
        return self.data.name if self.classes else f"{self.data.name}, a number"

    @cached_property
    def table(self) -> pd.DataFrame:
        """The columns that a model can take, and the target."""
        table = self.data.labelled if self.classes else self.data.table
        features = table.drop(columns="target")
        taken = [name for name, values in features.items() if _is_feature(values)]
        return table[[*taken, "target"]]

    @cached_property
    def test(self) -> pd.DataFrame:
        """The rows that are scored."""
        return honest(self.table)[0]

    @cached_property
    def training(self) -> pd.DataFrame:
        """The rows that the model is trained on."""
        return honest(self.table)[1]

    @cached_property
    def features(self) -> list[str]:
        """The columns of the model."""
        return [str(name) for name in self.table.columns.drop("target")]

    @cached_property
    def model(self) -> Any:
        """A line, or a logistic one, of scaled columns and of categories."""
        return pipeline(self.training, self.classes).fit(
            self.training[self.features], self.training["target"]
        )

    @cached_property
    def answers(self) -> np.ndarray:
        """What the model says of the test rows."""
        return np.asarray(self.model.predict(self.test[self.features]))

    @property
    def task(self) -> str:
        """As an evaluation names it."""
        return "classification" if self.classes else "regression"

    def said(self, answers: np.ndarray) -> Evaluation:
        """Return the evaluation of some answers on the test rows."""
        return Evaluation.of(self.test["target"], answers, task=self.task)


def pipeline(table: pd.DataFrame, classes: bool) -> Any:
    """Return a model that takes a table as it is, gaps and texts included."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

    features = table.drop(columns="target")
    numbers = features.select_dtypes("number").columns.tolist()
    others = features.columns.drop(numbers).tolist()
    # Some targets are circles and sums of squares.
    curved = [PolynomialFeatures(2, include_bias=False)] * (len(numbers) <= _CURVED)
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), *curved)
    prepared = make_column_transformer(
        (scaled, numbers),
        (OneHotEncoder(handle_unknown="ignore"), others),
    )
    return make_pipeline(prepared, LogisticRegression(max_iter=2000, C=0.3) if classes else Ridge())


def _is_feature(values: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values):
        return False
    return pd.api.types.is_numeric_dtype(values) or values.nunique() <= _KINDS


@cache
def modelled() -> tuple[Modelled, ...]:
    """Return the data sets that have rows enough for a model of classes to be judged."""
    return tuple(Modelled(data) for data in data_sets() if len(data.table) >= _FEWEST)


@cache
def regressions() -> tuple[Modelled, ...]:
    """Return those of them whose target is a number."""
    numbers = (each.data for each in modelled() if is_number(each.data.table["target"]))
    return tuple(Modelled(d, classes=False) for d in numbers if "regression" not in d.left_out)


class Wrong:
    """A model that wraps another one and does one thing wrong.

    Parameters
    ----------
    of : Modelled
    """

    def __init__(self, of: Modelled) -> None:
        self.of = of
        self.feature_names_in_ = np.array(of.features, dtype=object)
        if of.classes:
            self.classes_ = of.model.classes_

    def fit(self, X: Any, y: Any) -> Wrong:
        """Do nothing: it knows already."""
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return what the wrapped model says; subclasses turn some of it."""
        return np.asarray(self.of.model.predict(X))

    def turned(self, answers: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Return the answers, another one where it is told."""
        answers = answers.copy()
        if self.of.classes:
            places = np.searchsorted(self.classes_, answers[where])
            answers[where] = self.classes_[(places + 1) % len(self.classes_)]
        else:
            answers[where] += 3 * float(self.of.test["target"].std())
        return answers
