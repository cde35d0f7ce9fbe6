"""Columns that tell the sensitive ones, so that leaving these out changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from notewright.experiments.groups import grouped
from notewright.governance.checks.alone import tells_alone
from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material


class Proxies(Check):
    """Predicts each sensitive column's groups from every other column, one at a time."""

    name = "bias.proxies"
    tells_values = False
    summary = "No column tells a sensitive one."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_score": Option(
            0.5,
            "How well a column may tell the groups: 0 no better than a guess, 1 always.",
            minimum=0,
            maximum=1,
        )
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each column that tells a sensitive one."""
        rules = material.policy.data.sensitive
        if not rules:
            raise CannotRun(
                "The policy names no sensitive column.",
                "Name them under `data: sensitive:` in policy.yaml.",
            )
        sensitive = {rule.column for rule in rules}
        target = None
        with suppress(CannotRun):  # it is no feature
            target = material.target[1].name
        for rule in rules:
            table, frame = material.holders(rule.column)[0]
            import pandas as pd

            names = grouped(frame[rule.column], rule.bands).by_row()
            groups = pd.Series(names, index=frame.index)
            others = [c for c in frame.columns if c not in sensitive and c != target]
            scores = {str(c): tells_alone(frame[c], groups) for c in others}
            telling = {c: s for c, s in scores.items() if s > options["max_score"]}
            for column, score in telling.items():
                yield self.finding(
                    False,
                    f"'{column}' tells '{rule.column}' (score {score:.2f} of 1; the policy allows "
                    f"{options['max_score']:g}): a model that is given it knows the group.",
                    remedy=f"Ask whether the purpose needs '{column}'. Leaving out '{rule.column}' "
                    "alone does not make the model blind to it.",
                    subject=column,
                    metric="score_alone",
                    value=score,
                    threshold=float(options["max_score"]),
                    details={"sensitive": rule.column},
                )
            if not telling:
                yield self.finding(
                    True,
                    f"None of {number(len(others), 'column')} of '{table}' tells '{rule.column}'.",
                    subject=rule.column,
                )
