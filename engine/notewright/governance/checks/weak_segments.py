"""Parts of the test rows where the model does much worse than elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.experiments.levels import levels
from notewright.experiments.segments import search
from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_FEWEST = 200


class WeakSegments(Check):
    """Searches columns and pairs of columns for rows where the model does much worse.

    What stands out on one half of the test rows is tested on the other, and counts if it
    holds there after the correction for all that were tested.
    """

    name = "performance.weak_segments"
    summary = "No part of the rows fares much worse than the rest."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_drop": Option(
            0.1,
            "How much lower the share of right labels may be, or how much higher the error, as a "
            "part of the mean error.",
            minimum=0,
        )
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name the parts that fare worse than the policy allows."""
        evaluation = material.evaluation
        if len(evaluation.y_true) < _FEWEST:
            yield self.finding(
                True,
                f"{number(len(evaluation.y_true), 'test row')} are too few to search for parts of "
                f"them; it takes {_FEWEST}.",
            )
            return
        gain, worse = _gain(evaluation)
        columns = [levels(column) for _, column in _columns(material).items()]
        found = search(gain - gain.mean(), [c for c in columns if c is not None])
        weak = [s for s in found.confirmed if s.value < -options["max_drop"]]
        for segment in weak:
            yield self.finding(
                False,
                f"Where {segment.words} ({segment.rows} test rows), {worse.format(-segment.value)} "
                f"than over all rows (95 % interval {-segment.interval[1]:.2f} to "
                f"{-segment.interval[0]:.2f}).",
                remedy="Look at these rows: more of them in training, a feature that tells them "
                "apart, or no prediction for them.",
                subject=segment.words,
                metric="drop",
                value=-segment.value,
                interval=(-segment.interval[1], -segment.interval[0]),
                threshold=float(options["max_drop"]),
            )
        if not weak:
            yield self.finding(
                True,
                f"None of {number(found.searched, 'part')} of the test rows fares much worse than "
                "the rest.",
            )


def _gain(evaluation: Any) -> tuple[np.ndarray, str]:
    """Return how well each row fares, and how it reads to fare worse."""
    import numpy as np

    if evaluation.y_pred is None:
        raise CannotRun(
            "The run recorded scores, but no predictions.",
            "Call a metric of labels, such as `accuracy_score`, inside the `%%nw run` cell.",
        )
    true, said = np.asarray(evaluation.y_true), np.asarray(evaluation.y_pred)
    if evaluation.task == "classification":
        right = np.asarray(true.astype(str) == said.astype(str), dtype=float)
        return right.reshape(len(right), -1).min(
            axis=1
        ), "the share of right labels is {:.2f} lower"
    error = np.abs(true.astype(float) - said.astype(float)).reshape(len(true), -1).mean(axis=1)
    return -error / max(
        float(error.mean()), np.finfo(float).tiny
    ), "the error is {:.2f} of its mean higher"


def _columns(material: Material) -> pd.DataFrame:
    from notewright.experiments.columns import positions

    table, frame = material.raw
    places = positions(frame, material.evaluation.rows)
    if places is None:
        raise CannotRun(
            f"The test rows cannot be found in '{table}': their row labels differ.",
            "Keep the raw table's index through the split (no `reset_index` in between).",
        )
    with suppress(CannotRun):  # by its own label every model fares differently
        frame = frame.drop(columns=[material.target[1].name], errors="ignore")
    return frame.iloc[places]
