"""Whether the model's answer only rises, or only falls, with a column where it should."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.counting import number
from notewright.governance.checks.inputs import Inputs
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import numpy as np

_ROWS, _STEPS = 500, 11


class Monotonic(Check):
    """Moves one column of each test row through its values, all else held, and looks on.

    The steps are the column's deciles among the test rows. A row counts if the answer moves
    the wrong way anywhere by more than a thousandth of the spread of all answers.
    """

    name = "behaviour.monotonic"
    tells_values = False
    summary = "The answer only rises, or only falls, with the columns that say so."
    options: ClassVar[Mapping[str, Option]] = {
        "rising": Option((), "Columns with which the score must not fall."),
        "falling": Option((), "Columns with which the score must not rise."),
        "max_share": Option(0.01, "Largest share of rows that do.", minimum=0, maximum=1),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge each declared column."""
        declared = [(c, 1) for c in options["rising"]] + [(c, -1) for c in options["falling"]]
        if not declared:
            yield self.finding(
                True, "The policy names no column with which the answer should rise or fall."
            )
            return
        inputs = material.inputs
        for column, sign in declared:
            wrong, rows = self._wrong(material, inputs, column, sign)
            share = wrong / rows
            yield self.finding(
                share <= options["max_share"],
                f"For {wrong} of {number(rows, 'test row')} ({share:.1%}) the score "
                f"{'falls' if sign > 0 else 'rises'} somewhere as '{column}' grows, all else the "
                f"same (the policy allows {options['max_share']:.0%}).",
                remedy="Train with a constraint (`monotonic_cst` of scikit-learn's gradient "
                "boosting and forests, `monotone_constraints` of XGBoost and LightGBM).",
                subject=column,
                metric="share",
                value=share,
                threshold=float(options["max_share"]),
            )

    def _wrong(self, material: Material, inputs: Inputs, column: str, sign: int) -> tuple[int, int]:
        import numpy as np

        features = inputs.test
        named = {str(c): c for c in features.columns} if hasattr(features, "columns") else {}
        if column not in named:
            known = ", ".join(list(named)[:12])
            raise CannotRun(
                f"The model takes no column '{column}'"
                + (f"; it takes {known}." if known else ": its columns have no names."),
                "Correct `behaviour: monotonic:` in policy.yaml; it goes by the columns of the "
                "model's input.",
            )
        rows = features.iloc[:_ROWS]
        values = rows[named[column]].dropna().to_numpy()
        if values.dtype.kind not in "iuf" or not len(values):
            raise CannotRun(
                f"'{column}' is no number.", "Name columns of numbers under `monotonic:`."
            )
        steps = np.unique(np.quantile(values, np.linspace(0, 1, _STEPS)))
        positive = material.evaluation.positive
        scores = [_moved(inputs, rows, named[column], step, positive) for step in steps]
        table = sign * np.stack(scores)
        spread = float(np.ptp(table)) or 1.0
        wrong = (np.diff(table, axis=0) < -spread / 1000).any(axis=0)
        return int(wrong.sum()), len(rows)


def _moved(inputs: Inputs, rows: Any, column: Any, value: float, positive: Any) -> np.ndarray:
    moved = rows.copy()
    kind = rows[column].dtype
    moved[column] = round(float(value)) if getattr(kind, "kind", "f") in "iu" else float(value)
    return inputs.score(moved, positive)
