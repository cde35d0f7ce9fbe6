"""Whether the model is worse than the one in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from notewright.errors import BadRecord
from notewright.experiments.measures import auc_scores
from notewright.experiments.pairs import Difference, estimates
from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.material import Material


class NotWorseThanChampion(Check):
    """Compares the model with the version of the same name that is called the champion.

    Both are compared on the rows that this version was scored on: on what the champion's run
    recorded of them, else on what the champion says of them now. The intervals are those of
    `Runs.compare`.
    """

    name = "performance.champion"
    summary = "The model is not worse than the champion."
    options: ClassVar[Mapping[str, Option]] = {
        "alias": Option("champion", "Which alias the version in use has."),
        "max_drop": Option(0.0, "How much worse it may be, for certain.", minimum=0),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the interval of the difference: all of it must not be on the worse side."""
        alias = options["alias"]
        champion = material.version_at(alias)
        if champion is None or champion.id == material.version.id:
            yield self.finding(
                True,
                f"No version of '{material.version.name}' is called '{alias}' yet."
                if champion is None
                else f"This version is the '{alias}' itself.",
            )
            return
        mine, other, how = material.evaluation.ordered(), *material.said_by(champion)
        metrics = _metrics(mine, other)
        for difference in _differences(other, mine, metrics):
            yield self._judge(difference, f"{champion.name}@{champion.number}", how, options)

    def _judge(
        self, difference: Difference, champion: str, how: str, options: Mapping[str, Any]
    ) -> Finding:
        sign = 1 if difference.higher_is_better else -1
        gain = sign * difference.value
        low, high = sorted(sign * end for end in difference.interval)
        passed = high >= -options["max_drop"]
        worse = "worse" if gain < 0 else "better"
        return self.finding(
            passed,
            f"{difference.title} is {worse} by {abs(gain):.3f} than that of {champion} on the same "
            f"rows{how} (95 % interval of the gain {low:.3f} to {high:.3f}).",
            remedy=f"Keep {champion} in use, or say with `max_drop` how much worse it may be, and "
            "why, where the policy is explained.",
            subject=difference.metric,
            metric="gain",
            value=gain,
            interval=(low, high),
            threshold=-float(options["max_drop"]),
        )


def _metrics(mine: Any, other: Any) -> list[str]:
    """Return the metric that fits both: one of scores, else one of labels or values."""
    if mine.task == "regression":
        return ["rmse"]
    if auc_scores(mine) is not None and auc_scores(other) is not None:
        return ["roc_auc"]
    return ["accuracy"]


def _differences(champion: Any, mine: Any, metrics: list[str]) -> list[Difference]:
    try:
        found = estimates([champion, mine], metrics, paired=True)[1]
    except BadRecord as error:
        raise CannotRun(error.problem, error.remedy) from error
    if not found:
        raise CannotRun(
            "The two recorded different things of the rows, so they cannot be compared.",
            "Call the same metric in both runs.",
        )
    return found
