"""Whether what the model says can be told by columns, and told the same twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from notewright.governance.checks.base import Check, Finding, Option
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material

_ROWS = Option(25, "How many test rows are explained.", minimum=1)


class Additive(Check):
    """Adds up the attributions of each row, and compares with what the model says of it.

    They add up for every model that answers each row by itself and always the same. One that
    draws random numbers, or looks at the rows beside it, is found.
    """

    name = "explainability.additive"
    summary = "The parts of an answer add up to it."
    options: ClassVar[Mapping[str, Option]] = {
        "max_gap": Option(1e-6, "Largest difference, of the size of the answers.", minimum=0),
        "rows": _ROWS,
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the largest gap."""
        import numpy as np

        explanation = material.explanation(options["rows"])
        size = max(1.0, float(np.abs(explanation.said).max()))
        gap = explanation.gap / size
        first = ", ".join(f"'{name}'" for name, _, _ in explanation.importance[:3])
        yield self.finding(
            gap <= options["max_gap"],
            f"The parts of {number(len(explanation.labels), 'answer')} add up to them within "
            f"{gap:.1e} ({explanation.method}). What moves the answers most: {first}."
            if gap <= options["max_gap"]
            else f"The parts of an answer miss it by {gap:.1e}: asked again, or among other rows, "
            "the model says something else of the same row.",
            remedy="Look for random numbers in the model's answers, and for steps that look at "
            "all rows that are asked about together.",
            metric="gap",
            value=gap,
            threshold=float(options["max_gap"]),
            details={
                "importance": [
                    {"column": name, "mean": mean, "interval": list(interval)}
                    for name, mean, interval in explanation.importance[:20]
                ]
            },
        )


class Stable(Check):
    """Attributes the same answers twice, by other permutations and background, and compares."""

    name = "explainability.stable"
    summary = "Two explanations of the same answers agree."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "min_agreement": Option(0.8, "Smallest correlation of the two.", minimum=0, maximum=1),
        "rows": _ROWS,
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the correlation."""
        explanation = material.explanation(options["rows"])
        value = explanation.agreement
        yield self.finding(
            value >= options["min_agreement"],
            f"Two explanations of {number(len(explanation.labels), 'answer')}, computed apart, "
            f"correlate by {value:.2f} ({explanation.method}; the policy wants "
            f"{options['min_agreement']:g}).",
            remedy="Do not give reasons for single answers of this model: which column is to "
            "thank depends on what it is compared with. A smoother or more additive model can be "
            "explained.",
            metric="agreement",
            value=value,
            threshold=float(options["min_agreement"]),
        )


CHECKS = (Additive, Stable)
