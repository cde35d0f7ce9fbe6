"""Labels that the rest of the table speaks against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.columns import labels
from notewright.governance.checks.counting import number
from notewright.governance.checks.intervals import wilson
from notewright.governance.checks.material import Material
from notewright.governance.checks.quick_model import FOLDS, encoded, out_of_fold

if TYPE_CHECKING:
    import pandas as pd

_SEED = 0
#: More classes than this are numbers, or names.
_CLASSES = 50
#: A class of fewer rows cannot be in every fold, on both sides.
_SMALLEST = 2 * FOLDS
#: Fewer rows teach no model what a label should be.
_FEWEST = 100


class LabelErrors(Check):
    """Finds rows whose label disagrees with what a model says that never saw them.

    The table is cut into three parts; a random forest of two of them judges the third. A row
    is suspicious where its own label gets a small probability and another one at least the
    probability that rows of that label get on average (confident learning, Northcutt et al.
    2021). The lower end of the share's interval must be above the limit for it to fail.
    """

    name = "data_quality.label_errors"
    summary = "Few labels are contradicted by the rest of their row."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_share": Option(0.02, "Largest share of suspicious labels.", minimum=0, maximum=1),
        "own": Option(
            0.2, "A label with a smaller probability is suspicious.", minimum=0, maximum=1
        ),
        "max_rows": Option(20_000, "Rows that are judged; a sample of longer tables.", minimum=100),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the labels of the raw table."""
        if material.evaluation.task != "classification":
            yield self.finding(True, "The target is a number, so there are no labels to doubt.")
            return
        table, target = material.target
        frame = material.frames[table].drop(columns=[target.name], errors="ignore")
        wrong, judged = suspicious(frame, target, options["own"], options["max_rows"])
        share, interval = len(wrong) / judged, wilson(len(wrong), judged)
        yield self.finding(
            interval[0] <= options["max_share"],
            f"{len(wrong)} of {number(judged, 'label')} in '{target.name}' of '{table}' are "
            f"contradicted by the rest of their row ({share:.1%}, 95 % interval "
            f"{interval[0]:.1%} to {interval[1]:.1%}; the policy allows "
            f"{options['max_share']:.1%}).",
            remedy="Look at the rows named: correct labels that are wrong; if they are right, the "
            "table lacks what would explain them.",
            subject=str(target.name),
            metric="suspicious_share",
            value=share,
            interval=interval,
            threshold=float(options["max_share"]),
            rows=labels(wrong),
        )


def suspicious(
    frame: pd.DataFrame, target: pd.Series, own: float, most: int
) -> tuple[pd.Index, int]:
    """Return the rows whose label is suspicious, most suspicious first, and how many were judged.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Without the target.
    target : Series of shape (n,)
    own : float
        The probability of the own label below which it is suspicious.
    most : int
        Rows that are judged; of longer tables a random sample, the same each time.
    """
    import numpy as np
    import pandas as pd

    known = target.notna().to_numpy()
    codes, classes = pd.factorize(target[known].astype(str), sort=True)
    if not 2 <= len(classes) <= _CLASSES:
        raise CannotRun(
            f"'{target.name}' has {len(classes)} different labels.",
            "Set `data_quality: label_errors: run: false` under `checks:` in policy.yaml.",
        )
    places = np.flatnonzero(known)
    often = np.bincount(codes)[codes] >= _SMALLEST
    places, codes = places[often], codes[often]
    if len(places) > most:
        chosen = np.random.Generator(np.random.PCG64(_SEED)).permutation(len(places))[:most]
        places, codes = places[np.sort(chosen)], codes[np.sort(chosen)]
    if len(places) < _FEWEST or len(np.unique(codes)) < 2:
        raise CannotRun(
            f"Only {len(places)} rows have a label that is there {_SMALLEST} times or more; to "
            f"judge them takes {_FEWEST}.",
            "Collect more rows.",
        )
    codes = np.unique(codes, return_inverse=True)[1]
    said = out_of_fold(encoded(frame.iloc[places]), codes)
    rows = np.arange(len(codes))
    mean = np.array([said[codes == c, c].mean() for c in range(said.shape[1])])
    others = said.copy()
    others[rows, codes] = -1
    rival = others.argmax(axis=1)
    doubtful = (said[rows, codes] < own) & (others[rows, rival] >= mean[rival])
    order = np.argsort(said[rows, codes][doubtful], kind="stable")
    return frame.index[places[doubtful][order]], len(places)
