"""Whether the model was told at training what it will not know, or was scored on what it knew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.alone import determines, tells_alone
from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.columns import labels
from notewright.governance.checks.counting import number
from notewright.governance.checks.evidence import Split
from notewright.governance.checks.fitted_parts import fitted_on_test_rows
from notewright.governance.checks.intervals import wilson
from notewright.governance.checks.material import Material
from notewright.governance.checks.near_duplicates import hashable, tell_rows_apart
from notewright.governance.checks.time_gaps import times_of

if TYPE_CHECKING:
    import pandas as pd

_TOLD = "The score says how well the model remembers them, not how well it predicts."


class SharedRows(Check):
    """Finds test rows that the model was trained on: the same rows, or rows that are equal."""

    name = "leakage.shared_rows"
    tells_values = False
    summary = "No test row was trained on."
    options: ClassVar[Mapping[str, Option]] = {
        "max_share": Option(0.01, "Largest share of test rows.", minimum=0, maximum=1)
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Count test rows that are among the rows trained on."""
        split = material.split
        shared, telling = equal_rows(split)
        if split.one_table and split.whole.index.is_unique:
            shared |= split.test.index.isin(split.train.index)
        share = float(shared.mean()) if len(shared) else 0.0
        words = "" if telling else " Rows that are merely equal were not counted: in so few columns"
        words += "" if telling else " rows are equal by chance."
        yield self.finding(
            share <= options["max_share"],
            f"{int(shared.sum())} of {number(len(shared), 'test row')} of '{split.table}' were "
            f"trained on, or equal a row that was ({share:.1%}; the policy allows "
            f"{options['max_share']:.1%}).{words}",
            remedy=f"Drop repeated rows before the split, and split once. {_TOLD}",
            metric="shared_share",
            value=share,
            threshold=float(options["max_share"]),
            rows=labels(split.test.index[shared]),
        )


class SharedGroups(Check):
    """Finds groups, such as the rows of one patient, that are in training and test set both."""

    name = "leakage.shared_groups"
    tells_values = False
    summary = "No group of rows that belong together is in training and test set both."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "columns": Option((), "Columns that say which rows belong together; found if empty."),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each column whose groups are on both sides."""
        split = material.split
        named = [c for c in options["columns"] if c in split.train.columns]
        found = named or [c for c in split.train.columns if _is_group(c, split)]
        bad = False
        for column in found:
            both = split.test[column].isin(split.train[column].dropna().unique())
            if not both.any():
                continue
            bad = True
            yield self.finding(
                False,
                f"{int(both.sum())} of {number(len(both), 'test row')} have a '{column}' whose "
                "other rows were trained on.",
                remedy=f"Split by '{column}' (`GroupShuffleSplit`, `GroupKFold`), if the model "
                "shall work for those it has not seen.",
                subject=str(column),
                metric="shared_share",
                value=float(both.mean()),
                threshold=0.0,
                rows=labels(split.test.index[both]),
            )
        if not bad:
            names = ", ".join(f"'{c}'" for c in found)
            yield self.finding(
                True,
                f"No group by {names} is on both sides of the split."
                if names
                else f"No column of '{split.table}' says which rows belong together.",
            )


class SingleFeature(Check):
    """Finds columns that predict the target alone."""

    name = "leakage.single_feature"
    tells_values = False
    summary = "No column predicts the target alone."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_score": Option(
            0.97,
            "Balanced accuracy, or explained variance, that a column may reach alone.",
            minimum=0,
            maximum=1,
        )
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge every column of the raw table by itself."""
        table, features, target = _features(material)
        limit = options["max_score"]
        bad = False
        for column in features.columns:
            score = tells_alone(features[column], target)
            if score <= limit or determines(features[column], target):
                continue
            bad = True
            yield self.finding(
                False,
                f"'{column}' alone predicts '{target.name}' nearly always (score {score:.3f} of 1; "
                f"the policy allows {limit:g}).",
                remedy="Ask whether it is known before the target is; if not, leave it out.",
                subject=str(column),
                metric="score_alone",
                value=score,
                threshold=float(limit),
            )
        if not bad:
            yield self.finding(True, f"No column of '{table}' predicts '{target.name}' alone.")


class TargetDerived(Check):
    """Finds columns that are the target in other words."""

    name = "leakage.target_derived"
    tells_values = False
    summary = "No column is the target in other words."

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name the columns that say the target exactly."""
        table, features, target = _features(material)
        bad = [c for c in features.columns if determines(features[c], target)]
        for column in bad:
            yield self.finding(
                False,
                f"'{column}' says exactly what '{target.name}' is: the one can be computed from "
                "the other.",
                remedy="Leave it out of the features; it was made from the target, or is made at "
                "the same time.",
                subject=str(column),
            )
        if not bad:
            yield self.finding(True, f"No column of '{table}' is '{target.name}' in other words.")


class TimeOrder(Check):
    """Finds test rows that are older than rows the model was trained on."""

    name = "leakage.time_order"
    tells_values = False
    summary = "The test rows are newer than those trained on."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "columns": Option((), "Columns of times that count; all if empty."),
        "max_share": Option(0.05, "Largest share of older test rows.", minimum=0, maximum=1),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Compare the times of both sides."""
        split = material.split
        wanted = options["columns"]
        tests = dict(times_of(split.test))
        looked = [
            (column, times)
            for column, times in times_of(split.train)
            if column in tests and (not wanted or column in wanted) and len(times)
        ]
        bad = False
        for column, times in looked:
            older = tests[column] < times.max()
            share = float(older.mean()) if len(older) else 0.0
            if share <= options["max_share"]:
                continue
            bad = True
            yield self.finding(
                False,
                f"By '{column}', {share:.0%} of the test rows are older than the newest row that "
                "was trained on: the model knew what came after them.",
                remedy="Split by time, the newest rows for the test, if the model shall predict "
                "what comes.",
                subject=str(column),
                metric="older_share",
                value=share,
                threshold=float(options["max_share"]),
                rows=labels(tests[column].index[older]),
            )
        if not bad:
            names = ", ".join(f"'{column}'" for column, _ in looked)
            yield self.finding(
                True,
                f"By {names}, the test rows are newer than those trained on."
                if names
                else f"'{split.table}' has no column of times.",
            )


class FittedBeforeSplit(Check):
    """Finds scalers, imputers and encoders that were fitted on rows of the test set too."""

    name = "leakage.fitted_before_split"
    tells_values = False
    summary = "What prepares the features was fitted on the rows trained on alone."

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Fit every transformer of the notebook again, on either set of rows, and compare."""
        found = fitted_on_test_rows(material.transformers, material.split)
        for name, kind in found.leaking:
            yield self.finding(
                False,
                f"`{name}` ({kind}) was fitted on all rows, those of the test set among them: "
                "fitted on the rows trained on alone it would be another.",
                remedy="Split first, and fit it on the training rows; inside a `Pipeline` that "
                "happens by itself, in cross-validation too.",
                subject=name,
            )
        if not found.leaking:
            yield self.finding(True, found.words)


def equal_rows(split: Split) -> tuple[Any, bool]:
    """Return which test rows equal a row trained on, and whether that can tell anything.

    It can where rows hold so much that none are equal by chance, or where more test rows equal
    one trained on than rows trained on equal each other.
    """
    import numpy as np
    import pandas as pd

    columns = [c for c in split.test.columns if c in split.train.columns]
    none = np.zeros(len(split.test), dtype=bool)
    if not columns or not len(split.test):
        return none, False
    both = pd.concat([split.train[columns], split.test[columns]], ignore_index=True)
    hashes = pd.util.hash_pandas_object(both.apply(hashable), index=False)
    train, test = hashes.iloc[: len(split.train)], hashes.iloc[len(split.train) :]
    equal = np.isin(test.to_numpy(), train.to_numpy())
    if not tell_rows_apart(both):
        repeated = int(train.duplicated(keep=False).sum())
        by_chance = wilson(repeated, len(train))[1]
        if wilson(int(equal.sum()), len(equal))[0] <= by_chance:
            return none, False
    return equal, True


def _is_group(column: Any, split: Split) -> bool:
    """Tell whether a column says by its name and values which rows belong together."""
    words = set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(column)).lower()))
    if not words & _GROUPS:
        return False
    import pandas as pd

    values = pd.concat([split.train[column], split.test[column]]).dropna()
    if values.empty or pd.api.types.is_float_dtype(values):
        return False
    kinds = values.nunique()
    return bool(20 <= kinds < 0.9 * len(values))


#: What columns are called that say what a row is about.
_GROUPS = frozenset(
    {
        "id", "ids", "key", "patient", "customer", "client", "user", "account", "subject",
        "person", "device", "household", "session", "student", "employee", "member",
    }
)  # fmt: skip


def _features(material: Material) -> tuple[str, pd.DataFrame, pd.Series]:
    table, target = material.target
    frame = material.frames[table].drop(columns=[target.name])
    known = target.notna()
    if known.sum() < 20:
        raise CannotRun(f"'{table}' has fewer than 20 rows with a target.", "Collect more rows.")
    return table, frame[known.to_numpy()], target[known]


CHECKS = (
    SharedRows, SharedGroups, SingleFeature, TargetDerived, TimeOrder, FittedBeforeSplit,
)  # fmt: skip
