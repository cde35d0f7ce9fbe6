"""Whether the model stays with what it says when a row changes a little."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks import intervals
from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import numpy as np

#: So many test rows are changed at most.
_ROWS = 2000
_SEED = 0
#: A value that moves by this part of the spread of all predictions counts as another answer.
_OTHER = 0.25


class Stability(Check):
    """Adds noise to the numbers of the test rows, and counts the answers that change.

    To every number that is no category (more than ten values) normal noise is added, a share
    of its column's standard deviation wide; whole numbers stay whole. Of a regression, an
    answer counts as another if it moves by more than a quarter of the standard deviation of
    all answers.
    """

    name = "behaviour.stability"
    tells_values = False
    summary = "A little noise in the numbers changes few answers."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "noise": Option(0.01, "Width of the noise, in standard deviations.", minimum=0),
        "max_share": Option(0.05, "Largest share of changed answers.", minimum=0, maximum=1),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the share of test rows whose answer changes."""
        inputs = material.inputs
        rows = _sample(inputs.test)
        noisy, columns = _with_noise(rows, options["noise"])
        if not columns:
            yield self.finding(True, "The model takes no numbers that noise could be added to.")
            return
        before, after = inputs.predict(rows), inputs.predict(noisy)
        other = _others(material.evaluation, before, after)
        changed, total = int(other.sum()), len(other)
        share = changed / total
        low, high = intervals.wilson(changed, total)
        yield self.finding(
            share <= options["max_share"],
            f"Noise of {options['noise']:.0%} of their spread in {number(columns, 'column')} "
            f"changes the answer for {changed} of {number(total, 'test row')} ({share:.1%}, 95 % "
            f"interval {low:.1%} to {high:.1%}; the policy allows {options['max_share']:.0%}).",
            remedy="Smooth the model (more rows a leaf, more regularisation), or round the "
            "columns to what is known of them before training.",
            metric="changed_share",
            value=share,
            interval=(low, high),
            threshold=float(options["max_share"]),
        )


class MissingValues(Check):
    """Takes one value at a time away from the test rows, and looks at the answers.

    A model that refuses such rows is fine where no value of the column was missing in the
    rows it was made from; where some were, it will be asked such rows.
    """

    name = "behaviour.missing_values"
    tells_values = False
    summary = "One missing value neither stops the model nor turns most answers."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_share": Option(
            0.25, "Largest share of answers that one column may turn.", minimum=0, maximum=1
        )
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name the columns whose absence stops the model or turns its answers."""
        inputs = material.inputs
        rows = _sample(inputs.test, _ROWS // 4)
        before = inputs.predict(rows)
        refused, turned, quiet = [], [], 0
        for column, without in _each_without(rows):
            try:
                other = _others(material.evaluation, before, inputs.predict(without))
            except Exception:  # noqa: BLE001 - whatever it raises, it gives no answer
                refused.append(column)
                continue
            share = float(other.mean())
            if share > options["max_share"]:
                turned.append((column, share))
            else:
                quiet += 1
        for column, share in turned:
            yield self.finding(
                False,
                f"Without a value in '{column}' the answer changes for {share:.0%} of the test "
                f"rows (the policy allows {options['max_share']:.0%}), and the model does not say "
                "that it is unsure.",
                remedy="Refuse rows without it, or train with rows that lack it.",
                subject=str(column),
                metric="changed_share",
                value=share,
                threshold=float(options["max_share"]),
            )
        gaps = _with_gaps(material)
        stopped = [column for column in refused if str(column) in gaps]
        for column in stopped:
            yield self.finding(
                False,
                f"The model gives no answer for a row without a value in '{column}', and "
                f"{gaps[str(column)]:.1%} of the raw rows have none.",
                remedy="Put what fills or drops such rows into the model's pipeline, so that "
                "production does what the notebook did.",
                subject=str(column),
                metric="missing_share",
                value=gaps[str(column)],
                threshold=0.0,
            )
        if not turned and not stopped:
            words = f"A missing value in any one of {number(quiet, 'column')} turns few answers."
            if refused:
                words = (
                    f"{words if quiet else ''} Rows without a value in "
                    f"{number(len(refused), 'column')} get an error and no answer; the raw table "
                    "has no such rows."
                ).strip()
            yield self.finding(True, words)


def _sample(features: Any, rows: int = _ROWS) -> Any:
    import numpy as np

    if features.shape[0] <= rows:
        return features.copy()
    chosen = np.random.Generator(np.random.PCG64(_SEED)).choice(
        features.shape[0], rows, replace=False
    )
    chosen.sort()
    return features.iloc[chosen].copy() if hasattr(features, "iloc") else features[chosen].copy()


def _with_noise(rows: Any, width: float) -> tuple[Any, int]:
    """Return the rows with noise in their numbers, and in how many columns there is some."""
    import numpy as np

    rng = np.random.Generator(np.random.PCG64(_SEED))
    noisy = rows.copy()
    changed = 0
    if not hasattr(rows, "iloc"):
        if not isinstance(rows, np.ndarray) or rows.dtype.kind not in "iuf":
            raise CannotRun(
                "The model takes rows that noise cannot be added to.",
                "Set `behaviour: stability: run: false` under `checks:` in policy.yaml.",
            )
        for at in range(rows.shape[1]):
            column = _noisy(rows[:, at], width, rng)
            if column is not None:
                noisy[:, at] = column
                changed += 1
        return noisy, changed
    import pandas as pd

    for name in rows.columns:
        kind = rows[name].dtype
        if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
            continue
        column = _noisy(rows[name].to_numpy(dtype=float, na_value=np.nan), width, rng)
        if column is not None:
            noisy[name] = pd.Series(column, index=rows.index).astype(kind)
            changed += 1
    return noisy, changed


def _noisy(values: np.ndarray, width: float, rng: np.random.Generator) -> np.ndarray | None:
    import numpy as np

    known = values[~np.isnan(values.astype(float))]
    if len(np.unique(known)) <= 10:
        return None  # a category, or nothing at all
    moved: np.ndarray = values + rng.normal(0, width * float(known.std()), len(values))
    if (known == np.round(known)).all():
        moved = np.round(moved)
    moved = np.clip(moved, known.min(), known.max())
    return moved.astype(values.dtype)


def _each_without(rows: Any) -> Iterator[tuple[Any, Any]]:
    """Return each column, with the rows where it is missing."""
    import numpy as np

    if hasattr(rows, "iloc"):
        import pandas as pd

        for name in rows.columns:
            without = rows.copy()
            if isinstance(rows[name].dtype, np.dtype) and rows[name].dtype.kind in "biu":
                without[name] = np.full(len(rows), np.nan)
            else:
                without[name] = pd.Series(
                    [None] * len(rows), index=rows.index, dtype=rows[name].dtype
                )
            yield name, without
    elif isinstance(rows, np.ndarray) and rows.dtype.kind in "biuf":
        for at in range(rows.shape[1]):
            without = rows.astype(float)
            without[:, at] = np.nan
            yield at, without
    else:
        raise CannotRun(
            "The model takes rows that no single value can be taken away from.",
            "Set `behaviour: missing_values: run: false` under `checks:` in policy.yaml.",
        )


def _with_gaps(material: Material) -> dict[str, float]:
    """Return the columns of the raw table that lack values, with the share of rows."""
    shares = material.raw[1].isna().mean()
    return {str(name): float(share) for name, share in shares.items() if share > 0}


def _others(evaluation: Any, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return for which rows the model says something else after a change."""
    import numpy as np

    if evaluation.task == "classification":
        other = np.asarray(before.astype(str) != after.astype(str))
        return np.asarray(other.reshape(len(other), -1).any(axis=1))
    spread = float(before.std()) or 1.0
    moved = np.abs(after.astype(float) - before.astype(float)).reshape(len(before), -1)
    return np.asarray(moved.max(axis=1) > _OTHER * spread)
