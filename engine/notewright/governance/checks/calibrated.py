"""Whether predicted probabilities come true as often as they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.experiments.calibration import BINS, calibration
from notewright.experiments.measures import positive_probabilities
from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import numpy as np

#: So often the outcomes are drawn anew as the probabilities have them, to know what luck does.
_DRAWS = 200
_SEED = 0


class Calibrated(Check):
    """Compares probabilities with how often the outcome came, beyond what luck explains.

    The expected calibration error of a perfect model is not zero: with few rows a band, some
    gap is luck. What luck alone gives on these rows, on average, is taken off before the
    limit is asked for.
    """

    name = "performance.calibration"
    summary = "Probabilities come true about as often as they say."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_error": Option(0.05, "Largest mean gap beyond luck.", minimum=0, maximum=1)
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the gap between said and seen."""
        evaluation = material.evaluation
        if evaluation.task == "regression" or not evaluation.probability:
            yield self.finding(True, "The run recorded no probabilities, so none can be wrong.")
            return
        found, given = calibration(evaluation), positive_probabilities(evaluation)
        if found is None or given is None:
            raise CannotRun(
                "Calibration is looked at for two classes only, with one probability a row.",
                "Set `performance: calibration: run: false` under `checks:` in policy.yaml.",
            )
        luck = by_luck(given[1])
        error = max(0.0, found.ece - luck)
        worst = max(found.bins, key=lambda each: each.rows * abs(each.observed - each.predicted))
        yield self.finding(
            error <= options["max_error"],
            f"Probabilities are {found.ece:.3f} off on average; luck alone makes {luck:.3f} on "
            f"{len(given[1])} rows, so {error:.3f} is left (the policy allows "
            f"{options['max_error']:g}). Where the model says {worst.predicted:.0%} on average, "
            f"it was {worst.observed:.0%} of {worst.rows} rows.",
            remedy="Calibrate the model (`CalibratedClassifierCV`) on rows that it was not "
            "trained on, or use its order and not its probabilities.",
            metric="expected_calibration_error",
            value=found.ece,
            threshold=luck + float(options["max_error"]),
            details={"by_luck": luck, "brier": found.brier},
        )


def by_luck(scores: np.ndarray) -> float:
    """Return the mean calibration error of outcomes that are drawn as the scores have them.

    Parameters
    ----------
    scores : array of float, shape (n,)
        Probabilities.
    """
    import numpy as np

    rng = np.random.Generator(np.random.PCG64(_SEED))
    place = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    said = np.bincount(place, weights=scores, minlength=BINS)
    total = 0.0
    for _ in range(_DRAWS):
        hits = np.bincount(place, weights=rng.random(len(scores)) < scores, minlength=BINS)
        total += float(np.abs(hits - said).sum())
    return total / _DRAWS / len(scores)
