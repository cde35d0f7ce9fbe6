"""Whether the model is much better on the rows it was trained on than on others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.base import Check, Finding, Option
from notewright.governance.checks.material import Material
from notewright.governance.checks.scores import accuracy, balanced_accuracy, explained


class Overfitting(Check):
    """Scores the model on the rows it was trained on, and compares with the test rows.

    The score is balanced accuracy, the share of rows with all labels right where there are
    several, or the share of the variance that is explained. The
    difference of the two has the MOVER interval of two independent samples (Zou and Donner
    2008).
    """

    name = "behaviour.overfitting"
    summary = "The model is about as good on test rows as on those it was trained on."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_drop": Option(0.1, "How much lower the score on test rows may be.", minimum=0)
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the drop from training to test."""
        evaluation, trained = material.evaluation, material.trained
        tested = evaluation
        if evaluation.y_pred is None:
            said = material.inputs.predict(material.inputs.test)
            tested = Evaluation.of(evaluation.y_true, said, task=evaluation.task)
        if evaluation.task == "regression":
            score, metric = explained, "explained variance"
        elif evaluation.y_true.ndim == 1:
            score, metric = balanced_accuracy, "balanced accuracy"
        else:  # several labels a row, of which all must be right
            score, metric = accuracy, "accuracy"
        (on_train, (low, high)), (on_test, (below, above)) = score(trained), score(tested)
        drop = on_train - on_test
        interval = (
            drop - math.hypot(on_train - low, above - on_test),
            drop + math.hypot(high - on_train, on_test - below),
        )
        passed = drop <= options["max_drop"]
        sentence = (
            f"The {metric} is {on_train:.3f} on the {len(trained.y_true)} rows trained "
            f"on and {on_test:.3f} on the {len(evaluation.y_true)} test rows: a drop of "
            f"{drop:.3f} (95 % interval {interval[0]:.3f} to {interval[1]:.3f}; the policy allows "
            f"{options['max_drop']:g})."
        )
        if not passed and interval[0] <= options["max_drop"]:
            sentence += " With so few rows it may be chance."
        yield self.finding(
            passed,
            sentence,
            remedy="Make the model simpler (fewer leaves, more regularisation) or train it on "
            "more rows, and see whether the test score stays; the score on the rows trained on "
            "says nothing of new ones.",
            metric="drop",
            value=drop,
            interval=interval,
            threshold=float(options["max_drop"]),
            details={"train": on_train, "test": on_test},
        )
