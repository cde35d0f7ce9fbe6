"""Whether the model is good enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from notewright.governance.checks.base import Check, Finding, Option
from notewright.governance.checks.material import Material
from notewright.governance.checks.scores import SCORES


class Floor(Check):
    """Compares one score on the run's test rows with a limit."""

    name = "performance.floor"
    summary = "The model's score on its test rows keeps a limit."
    options: ClassVar[Mapping[str, Option]] = {
        "metric": Option("balanced_accuracy", "Which score.", choices=tuple(SCORES)),
        "limit": Option(0.6, "What the score must reach, or for an error metric must not exceed."),
        "judge": Option(
            "estimate",
            "Whether the score itself must keep the limit, or the worse end of its interval.",
            choices=("estimate", "interval"),
        ),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the score on the test rows."""
        metric, limit = options["metric"], options["limit"]
        score, larger_is_better = SCORES[metric]
        value, (low, high) = score(material.evaluation)
        worse = low if larger_is_better else high
        judged = value if options["judge"] == "estimate" else worse
        passed = judged >= limit if larger_is_better else judged <= limit
        bound = "at least" if larger_is_better else "at most"
        sentence = (
            f"{metric} is {value:.3f} on {len(material.evaluation.y_true)} test rows "
            f"(95 % interval {low:.3f} to {high:.3f}; the policy wants {bound} {limit:g})."
        )
        if passed and (worse < limit if larger_is_better else worse > limit):
            sentence += " The interval reaches beyond the limit: more test rows would tell."
        yield self.finding(
            passed,
            sentence,
            remedy="Improve the model, or set a limit under `checks: performance: floor:` that "
            "the use can live with.",
            metric=metric,
            value=value,
            interval=(low, high),
            threshold=float(limit),
        )


CHECKS = (Floor,)
