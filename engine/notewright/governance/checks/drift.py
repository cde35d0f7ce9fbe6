"""Whether the test rows come from where the rows trained on came from, or two tables from one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import OF_TWO_TABLES, CannotRun, Check, Finding, Option
from notewright.governance.checks.evidence import Split
from notewright.governance.checks.material import Material
from notewright.governance.checks.quick_model import FOLDS, encoded, out_of_fold
from notewright.governance.checks.scores import delong
from notewright.governance.drift import SOME, drift, profile

if TYPE_CHECKING:
    import pandas as pd

#: Rows of either side that the classifier sees.
_MOST = 10_000
_MOVED = "Find out what changed between them: what was learned of the one holds less of the other."


class Columns(Check):
    """Compares each column of the test rows with the rows trained on.

    The verdict goes by the population stability index, and only where a chi-squared test,
    corrected over all columns, excludes chance. Columns of times are left out: they move.
    """

    name = "drift.columns"
    subjects = OF_TWO_TABLES
    summary = "No column of the test rows differs from the rows trained on."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_index": Option(0.25, "Largest population stability index.", minimum=SOME),
        "may_move": Option((), "Columns that may differ."),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each column that moved."""
        split = material.split
        columns = _still(split, options["may_move"])
        found = drift(profile(split.train[columns]), split.test[columns])
        moved = [
            each
            for each in found
            if each.verdict != "none" and (each.value is None or each.value > options["max_index"])
        ]
        for each in moved:
            yield self.finding(
                False,
                f"From {split.was} to {split.now}: {each.sentence}",
                remedy=_MOVED,
                subject=each.column,
                metric="population_stability_index",
                value=each.value,
                threshold=float(options["max_index"]),
                details={"p_value": each.p_value},
            )
        if not moved:
            yield self.finding(
                True,
                f"None of {len(columns)} columns differs between {split.was} and {split.now}.",
            )


class Domain(Check):
    """Trains a model to tell test rows from rows trained on: it should not be able to."""

    name = "drift.domain"
    subjects = OF_TWO_TABLES
    summary = "Nothing tells test rows from rows trained on."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_auc": Option(
            0.6, "Area under the ROC curve that telling them apart may reach.", minimum=0.5
        ),
        "may_move": Option((), "Columns that are left out."),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the lower end of the interval of how well they are told apart."""
        import numpy as np
        import pandas as pd

        split = material.split
        columns = _still(split, options["may_move"])
        sides = [_sampled(side[columns]) for side in (split.train, split.test)]
        if min(map(len, sides)) < 10 * FOLDS or not columns:
            raise CannotRun(
                f"It takes {10 * FOLDS} rows of either side to tell whether they differ.",
                "Use a larger test set.",
            )
        of = np.repeat([0, 1], [len(side) for side in sides])
        said = out_of_fold(encoded(pd.concat(sides, ignore_index=True)), of)[:, 1]
        auc, (low, high) = delong(said[of == 1], said[of == 0])
        yield self.finding(
            low <= options["max_auc"],
            f"A model tells {split.now} from {split.was} in {auc:.0%} of pairs (95 % interval "
            f"{low:.0%} to {high:.0%}; 50 % is a guess, the policy allows "
            f"{options['max_auc']:.0%}).",
            remedy=_MOVED,
            metric="auc",
            value=auc,
            interval=(low, high),
            threshold=float(options["max_auc"]),
        )


def _still(split: Split, may_move: Iterable[str]) -> list[Any]:
    """Return the columns that both sides have and that are no times."""
    import pandas as pd

    return [
        column
        for column in split.train.columns
        if column in split.test.columns
        and column not in set(may_move)
        and not pd.api.types.is_datetime64_any_dtype(split.train[column])
    ]


def _sampled(side: pd.DataFrame) -> pd.DataFrame:
    import numpy as np

    if len(side) <= _MOST:
        return side
    return side.iloc[np.random.Generator(np.random.PCG64(0)).permutation(len(side))[:_MOST]]


CHECKS = (Columns, Domain)
