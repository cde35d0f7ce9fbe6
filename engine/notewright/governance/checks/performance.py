"""Whether the model is good enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from notewright.governance.checks.base import Check, Finding, Option
from notewright.governance.checks.calibrated import Calibrated
from notewright.governance.checks.champion import NotWorseThanChampion
from notewright.governance.checks.material import Material
from notewright.governance.checks.scores import (
    SCORES,
    accuracy,
    balanced_accuracy,
    explained,
    roc_auc,
)
from notewright.governance.checks.weak_segments import WeakSegments


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


class AgainstDummy(Check):
    """Compares the model with one that says the same of every row."""

    name = "performance.against_dummy"
    summary = "The model is better than one that says the same of every row."

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the worse end of the score's interval: it must be beyond what says nothing."""
        evaluation = material.evaluation
        if evaluation.task == "regression":
            score, nothing, metric = explained(evaluation), 0.0, "explained_variance"
        elif evaluation.y_true.ndim > 1:
            # Several labels a row: all must be right, and the commonest row is said of all.
            commonest = Counter(map(tuple, evaluation.y_true.tolist())).most_common(1)[0][1]
            score, nothing = accuracy(evaluation), commonest / len(evaluation.y_true)
            metric = "accuracy"
        elif evaluation.y_pred is not None:
            classes = len(set(evaluation.y_true.tolist()))
            score, nothing = balanced_accuracy(evaluation), 1 / classes
            metric = "balanced_accuracy"
        else:
            score, nothing, metric = roc_auc(evaluation), 0.5, "roc_auc"
        value, (low, high) = score
        passed = low > nothing
        words = (
            "better than saying the same of every row"
            if passed
            else "not shown to be better than saying the same of every row"
        )
        yield self.finding(
            passed,
            f"The model is {words}: {metric} is {value:.3f} (95 % interval {low:.3f} to "
            f"{high:.3f}), and that gives {nothing:.3f}.",
            remedy="Look whether the features can tell anything of the target, and whether rows "
            "and labels were shuffled apart; more test rows narrow the interval.",
            metric=metric,
            value=value,
            interval=(low, high),
            threshold=nothing,
        )


CHECKS = (Floor, AgainstDummy, NotWorseThanChampion, Calibrated, WeakSegments)
