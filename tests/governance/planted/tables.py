"""Clean data sets: real ones, and tables of many generators; each with a column `target`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from tests.governance.checking import CITIES, made_table

_HERE = Path(__file__).parent / "data"
_CREDIT = Path(__file__).parents[3] / "demo_notebooks" / "data" / "german_credit.csv"
#: Larger tables are sampled, so that the suite takes seconds.
_ROWS = 1500


@dataclass(frozen=True, eq=False)
class DataSet:
    """A table that is clean for all checks but those that are named.

    Parameters
    ----------
    name : str
    make : callable
        Returns the table; it has a column `target`.
    left_out : mapping
        Checks (or `regression`) that are not asked about it, and why: it is not clean for
        them, or too small.
    """

    name: str
    make: Callable[[], pd.DataFrame]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _table(self) -> pd.DataFrame:
        table = self.make()
        if len(table) > _ROWS:
            table = table.sample(_ROWS, random_state=0).sort_index()
        return table.reset_index(drop=True)

    @property
    def table(self) -> pd.DataFrame:
        """A copy of the table, to do with as one likes."""
        return self._table.copy()

    @property
    def numbers(self) -> list[str]:
        """The columns of numbers that have many values, the target left out."""
        features = self._table.drop(columns="target").select_dtypes("number")
        return [str(name) for name, values in features.items() if values.nunique() > 10]

    @property
    def labelled(self) -> pd.DataFrame:
        """The table with a target of classes: of a number, whether it is above the median."""
        table, target = self.table, self._table["target"]
        if pd.api.types.is_numeric_dtype(target) and target.nunique() > 20:
            table["target"] = np.where(target > target.median(), "high", "low")
        return table

    def rng(self) -> np.random.Generator:
        """Return random numbers of its own, the same ones each time."""
        return np.random.default_rng([ord(letter) for letter in self.name])


def _bundled(name: str, target: str = "target") -> Callable[[], pd.DataFrame]:
    """Return what loads one of scikit-learn's data sets."""

    def load() -> pd.DataFrame:
        from sklearn import datasets

        frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
        return frame.rename(columns={target: "target"})

    return load


def _published(name: str, target: str) -> Callable[[], pd.DataFrame]:
    """Return what loads one of the data sets that statsmodels brings."""

    def load() -> pd.DataFrame:
        data = import_module(f"statsmodels.datasets.{name}").load_pandas().data
        return data.rename(columns={target: "target"})

    return load


def _file(path: Path, target: str) -> Callable[[], pd.DataFrame]:
    return lambda: pd.read_csv(path).rename(columns={target: "target"})


def _generated(name: str, **how: object) -> Callable[[], pd.DataFrame]:
    """Return what makes a table by one of scikit-learn's generators."""

    def make() -> pd.DataFrame:
        from sklearn import datasets

        X, y = getattr(datasets, f"make_{name}")(random_state=0, **how)
        frame = pd.DataFrame(X, columns=[f"x{at}" for at in range(X.shape[1])])
        return frame.assign(target=y)

    return make


def _orders() -> pd.DataFrame:
    """Return a shop's orders: quantities, prices in steps, days, categories."""
    rng = np.random.default_rng(11)
    quantity, price = rng.poisson(3, 1200) + 1, rng.choice([4.99, 9.9, 19.9, 49.0, 120.0], 1200)
    return pd.DataFrame(
        {
            "ordered": pd.Timestamp("2023-01-01")
            + pd.to_timedelta(np.sort(rng.integers(0, 400, 1200)), unit="D"),
            "quantity": quantity,
            "price": price,
            "weight": rng.gamma(2, 1.5, 1200).round(2),
            "channel": rng.choice(["web", "phone", "shop"], 1200, p=[0.6, 0.1, 0.3]),
            "country": rng.choice(["Portugal", "Spain", "France", "Italy"], 1200),
            "target": (quantity * price * rng.uniform(0.8, 1.2, 1200)).round(2),
        }
    )


def _sensors() -> pd.DataFrame:
    """Return what sensors measured once an hour: waves with noise."""
    rng = np.random.default_rng(12)
    hours = np.arange(1000)
    warmth = 15 + 8 * np.sin(hours / 24 * 2 * np.pi) + rng.normal(0, 1, 1000)
    return pd.DataFrame(
        {
            "measured": pd.date_range("2024-03-01", periods=1000, freq="h"),
            "temperature": warmth.round(1),
            "humidity": (80 - 1.5 * warmth + rng.normal(0, 4, 1000)).clip(5, 100).round(0),
            "pressure": rng.normal(1013, 6, 1000).round(1),
            "wind": rng.weibull(2, 1000).round(2),
            "target": (0.4 * warmth + rng.normal(0, 1, 1000)).round(3),
        }
    )


def _patients() -> pd.DataFrame:
    """Return patients of a clinic, with the few gaps that such tables have."""
    rng = np.random.default_rng(13)
    age = rng.integers(18, 95, 900)
    pressure = 100 + 0.5 * age + rng.normal(0, 10, 900)
    frame = pd.DataFrame(
        {
            "age": age,
            "blood_pressure": pressure.round(0),
            "bmi": rng.normal(26, 4, 900).round(1),
            "cholesterol": rng.normal(5.2, 1, 900).round(2),
            "smoker": rng.random(900) < 0.25,
            "ward": rng.choice(["north wing", "south wing", "annex"], 900),
            "target": np.where(pressure + rng.normal(0, 2, 900) > 130, "treated", "watched"),
        }
    )
    return frame.mask(rng.random(frame.shape) < [0, 0.03, 0.02, 0.05, 0, 0, 0])


def _loans() -> pd.DataFrame:
    """Return applications for loans, long-tailed, with a reason for each decision."""
    rng = np.random.default_rng(14)
    income, debt = rng.lognormal(10, 0.5, 1200).round(0), rng.exponential(3000, 1200).round(0)
    score = 2 * np.log(income / 22000) - debt / 4000 + rng.logistic(0, 0.1, 1200)
    return pd.DataFrame(
        {
            "income": income,
            "debt": debt,
            "years_employed": rng.integers(0, 40, 1200),
            "purpose": rng.choice(["car", "house", "education", "repairs"], 1200),
            "city": rng.choice(CITIES, 1200),
            "target": np.where(score > 0, "paid", "default"),
        }
    )


def _houses() -> pd.DataFrame:
    """Return houses and their prices."""
    rng = np.random.default_rng(15)
    area, rooms = rng.normal(110, 30, 800).clip(30).round(0), rng.integers(1, 8, 800)
    price = 1800 * area + 9000 * rooms + rng.normal(0, 6_000, 800)
    return pd.DataFrame(
        {
            "area": area,
            "rooms": rooms,
            "built": rng.integers(1900, 2024, 800),
            "heating": pd.Categorical(rng.choice(["gas", "district", "heat pump"], 800)),
            "distance": rng.exponential(4, 800).round(2),
            "target": price.round(-2),
        }
    )


_FEW_ROWS = "it has too few rows to judge labels, or parts of it, by a model"
_TWENTY_ROWS = "twenty rows are too few to tell what is usual in them"
_REPEATS = "its rows are counts and answers of few values, and some truly repeat"
_BY_CHANCE = "what comes of a row is partly chance: many labels do contradict the rest of their row"
_HARD = "its columns say so little of the label, to a quick model, that no label contradicts them"
#: What takes a model of other rows to judge.
_SMALL = dict.fromkeys(("data_quality.label_errors", "drift.columns", "drift.domain"), _FEW_ROWS)
_LINNERUD = _SMALL | dict.fromkeys(
    (
        "data_quality.outliers",
        "data_quality.time_gaps",
        "data_quality.class_balance",
        "leakage.shared_rows",
        "leakage.shared_groups",
        "leakage.single_feature",
        "leakage.target_derived",
    ),
    _TWENTY_ROWS,
)
_NOISY = {"data_quality.label_errors": _BY_CHANCE}
_VAGUE = {"data_quality.label_errors": _HARD}
_DUPLICATES = {"data_quality.duplicates": _REPEATS}
_EQUAL = {"leakage.shared_rows": f"{_REPEATS}, on both sides of any split"}
_DIGITS = {
    "data_quality.constant": "the corners of the pictures are white in all of them",
    "behaviour.stability": "its numbers are whole and few: a little noise is rounded away",
}
_UNTOLD = dict.fromkeys(
    (
        "performance.floor",
        "performance.against_dummy",
        "performance.champion",
        "bias.demographic_parity_difference",
        "bias.predictive_parity_difference",
    ),
    "no model of the columns says much of the target",
)
_COUNTS = {"regression": "most of its targets are nought, of which no line says anything"}
_SELDOM = {
    "bias.predictive_parity_difference": "what it foretells so seldom comes true that nothing can "
    "make it come true much less often for one group"
}
_ADULT = {"data_quality.impossible": "capital gains above 99,999 were cut to it: a code, in truth"}


@cache
def data_sets() -> tuple[DataSet, ...]:
    """Return the data sets: 25 real ones, and 16 of as many different makes."""
    return (
        DataSet("iris", _bundled("iris")),
        DataSet("wine", _bundled("wine")),
        DataSet("breast_cancer", _bundled("breast_cancer")),
        DataSet("diabetes", _bundled("diabetes")),
        DataSet("digits", _bundled("digits"), _DIGITS),
        DataSet("linnerud", _bundled("linnerud", "Weight"), _LINNERUD),
        DataSet("german credit", _file(_CREDIT, "creditability"), _NOISY),
        DataSet("adult", _file(_HERE / "adult.csv", "income"), _ADULT),
        DataSet("telco", _file(_HERE / "telco_customer_churn.csv", "Churn"), _NOISY),
        DataSet("fair", _published("fair", "affairs"), _NOISY | _DUPLICATES | _COUNTS),
        DataSet("anes96", _published("anes96", "vote")),
        DataSet("modechoice", _published("modechoice", "choice")),
        DataSet(
            "randhie", _published("randhie", "mdvis"), _VAGUE | _DUPLICATES | _COUNTS | _SELDOM
        ),
        DataSet("star98", _published("star98", "NABOVE")),
        DataSet("macrodata", _published("macrodata", "infl"), _NOISY),
        DataSet("grunfeld", _published("grunfeld", "invest")),
        DataSet("engel", _published("engel", "foodexp"), _DUPLICATES),
        DataSet("sunspots", _published("sunspots", "SUNACTIVITY"), _UNTOLD),
        DataSet("elnino", _published("elnino", "DEC"), _SMALL),
        DataSet("heart", _published("heart", "survival"), _SMALL),
        DataSet("cancer", _published("cancer", "cancer")),
        DataSet("ccard", _published("ccard", "AVGEXP"), _SMALL),
        DataSet("strikes", _published("strikes", "duration"), _SMALL | _DUPLICATES | _EQUAL),
        DataSet("statecrime", _published("statecrime", "murder"), _SMALL),
        DataSet("danish money", _published("danish_data", "lrm"), _SMALL),
        DataSet("classification", _generated("classification", n_samples=1000, n_features=8)),
        DataSet("hastie", _generated("hastie_10_2", n_samples=1200), _VAGUE),
        DataSet("moons", _generated("moons", n_samples=800, noise=0.25)),
        DataSet("circles", _generated("circles", n_samples=800, noise=0.1, factor=0.5)),
        DataSet("quantiles", _generated("gaussian_quantiles", n_samples=900, n_features=4)),
        DataSet("blobs", _generated("blobs", n_samples=900, cluster_std=2.5, n_features=5)),
        DataSet("regression", _generated("regression", n_samples=900, n_features=6, noise=10)),
        DataSet("friedman1", _generated("friedman1", n_samples=900, noise=0.5)),
        DataSet("friedman2", _generated("friedman2", n_samples=900, noise=5)),
        DataSet("friedman3", _generated("friedman3", n_samples=900, noise=0.05)),
        DataSet("s curve", _generated("s_curve", n_samples=900, noise=0.1)),
        DataSet("customers", lambda: made_table(0)),
        DataSet("orders", _orders),
        DataSet("sensors", _sensors),
        DataSet("patients", _patients),
        DataSet("loans", _loans),
        DataSet("houses", _houses),
    )
