"""Whether the raw table is sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from notewright.governance.checks.base import OF_TABLES, CannotRun, Check, Finding, Option
from notewright.governance.checks.columns import ByColumn, labels
from notewright.governance.checks.impossible import Impossible
from notewright.governance.checks.label_errors import LabelErrors
from notewright.governance.checks.material import Material
from notewright.governance.checks.near_duplicates import NearDuplicates
from notewright.governance.checks.outliers import Outliers
from notewright.governance.checks.schema import Schema
from notewright.governance.checks.time_gaps import TimeGaps
from notewright.governance.checks.typos import CategoryTypos


class Missing(ByColumn):
    """Finds columns with many missing values."""

    name = "data_quality.missing"
    tells_values = False
    subjects = OF_TABLES
    summary = "No column lacks too many values."
    good = "No column lacks too many values"
    options: ClassVar[Mapping[str, Option]] = {
        "max_share": Option(0.2, "Largest share of missing values.", minimum=0, maximum=1)
    }

    def columns(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield the columns that lack too many values."""
        _, frame = material.raw
        for column, values in frame.items():
            missing = values.isna()
            share = float(missing.mean()) if len(values) else 0.0
            if share <= options["max_share"]:
                continue
            absent = frame.index[missing]
            yield self.finding(
                False,
                f"{share:.0%} of '{column}' is missing "
                f"(the policy allows {options['max_share']:.0%}).",
                remedy="Find out why, fill it in on purpose, or leave the column out.",
                subject=str(column),
                metric="missing_share",
                value=share,
                threshold=float(options["max_share"]),
                rows=labels(absent),
            )


class Duplicates(Check):
    """Finds rows that are there more than once."""

    name = "data_quality.duplicates"
    tells_values = False
    subjects = OF_TABLES
    summary = "Few rows are there twice."
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_share": Option(0.01, "Largest share of repeated rows.", minimum=0, maximum=1)
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Count rows that repeat an earlier one."""
        name, frame = material.raw
        try:
            repeated = frame.duplicated()
        except TypeError:  # cells that hold lists or arrays have no hash
            repeated = frame.astype(str).duplicated()
        share = float(repeated.mean()) if len(frame) else 0.0
        yield self.finding(
            share <= options["max_share"],
            f"{int(repeated.sum())} of {len(frame)} rows of '{name}' repeat an earlier one "
            f"({share:.1%}; the policy allows {options['max_share']:.1%}).",
            remedy="Drop them before the split, or they may be in both training and test.",
            metric="duplicate_share",
            value=share,
            threshold=float(options["max_share"]),
            rows=labels(frame.index[repeated]),
        )


class Constant(ByColumn):
    """Finds columns that say the same everywhere."""

    name = "data_quality.constant"
    tells_values = False
    subjects = OF_TABLES
    summary = "No column is constant."
    severity = "warning"
    good = "No column is constant"

    def columns(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield the columns with one value."""
        name, frame = material.raw
        if len(frame) < 2:
            raise CannotRun(f"'{name}' has fewer than two rows.", "Load more data.")
        for column, values in frame.items():
            try:
                kinds = values.nunique(dropna=False)
            except TypeError:  # cells that hold lists or arrays have no hash
                kinds = values.astype(str).nunique(dropna=False)
            if kinds == 1:
                yield self.finding(
                    False,
                    f"'{column}' has the same value in every row, so it says nothing.",
                    remedy="Leave it out, or find out why it was filled that way.",
                    subject=str(column),
                    metric="distinct_values",
                    value=1.0,
                )


class MixedTypes(ByColumn):
    """Finds columns that hold text and numbers side by side."""

    name = "data_quality.mixed_types"
    tells_values = False
    subjects = OF_TABLES
    summary = "No column mixes types."
    good = "No column mixes types"

    def columns(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield the columns with more than one type."""
        import pandas as pd

        _, frame = material.raw
        for column, values in frame.items():
            if not pd.api.types.is_object_dtype(values.dtype):
                continue
            kinds = values.dropna().map(lambda value: type(value).__name__)
            counts = kinds.value_counts()
            if len(counts) < 2:
                continue
            odd = kinds.index[kinds == counts.index[-1]]
            listed = ", ".join(f"{count} {kind}" for kind, count in counts.items())
            yield self.finding(
                False,
                f"'{column}' mixes types: {listed}.",
                remedy="Read the column with one type, and look at the rows that do not fit.",
                subject=str(column),
                metric="types",
                value=float(len(counts)),
                threshold=1.0,
                rows=labels(odd),
            )


class ClassBalance(Check):
    """Finds a class that the test set hardly holds."""

    name = "data_quality.class_balance"
    summary = "Every class is in the test set often enough."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "min_share": Option(0.05, "Smallest share of the rarest class.", minimum=0, maximum=1)
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the rarest class of the test set."""
        import numpy as np

        classes, counts = np.unique(
            [str(label) for label in np.asarray(material.evaluation.y_true).tolist()],
            return_counts=True,
        )
        if len(classes) > 50:
            raise CannotRun(
                "The labels are numbers rather than classes.",
                "Set `data_quality: class_balance: run: false` under `checks:` in policy.yaml.",
            )
        share = float(counts.min() / counts.sum())
        rarest = str(classes[counts.argmin()])
        column = material.target_name
        of_column = f" of '{column}'" if column else ""
        yield self.finding(
            share >= options["min_share"],
            f"The rarest class{of_column}, '{rarest}', is {share:.0%} of the "
            f"test rows (the policy wants {options['min_share']:.0%}).",
            remedy="Collect more of it, or judge the model by a score that weighs classes alike.",
            subject=column or rarest,
            metric="class_share",
            value=share,
            threshold=float(options["min_share"]),
            details={"class": rarest},
        )


CHECKS = (
    Schema,
    Missing, Duplicates, NearDuplicates, Constant, MixedTypes, Outliers, Impossible,
    CategoryTypos, TimeGaps, ClassBalance, LabelErrors,
)  # fmt: skip
