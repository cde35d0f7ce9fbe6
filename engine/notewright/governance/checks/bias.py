"""Whether groups of people fare alike.

The figures are Fairlearn's: `demographic_parity_ratio`,
`demographic_parity_difference`, `equal_opportunity_difference` and
`equalized_odds_difference`. The
intervals hold for all pairs of groups together, over all sensitive columns,
so the worst pair may be picked after the fact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from notewright.experiments.groups import Groups, Rates, rates
from notewright.governance.checks import intervals
from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.group_calibration import CalibrationDifference
from notewright.governance.checks.material import Material
from notewright.governance.checks.proxies import Proxies

_MIN_GROUP = Option(20, "Smaller groups are named, but no verdict is drawn from them.", minimum=1)


class _Comparison(Check):
    """Compares one rate between all groups of each sensitive column."""

    acceptable = True
    metric: ClassVar[str]
    #: How the rate reads: "are given the favourable outcome".
    words: ClassVar[str]
    #: Whom it is a share of.
    among: ClassVar[str] = "to judge by"

    def table(self, material: Material, groups: Groups) -> Rates:
        """Return the rate by group."""
        return rates(material.selected, groups)

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge each sensitive column."""
        tables = self.tables(material, options["min_group"])
        comparisons = pairs(tables.values(), options["min_group"])
        for column, everyone in tables.items():
            yield self.judge(column, everyone, comparisons, options)

    def tables(self, material: Material, least: int) -> dict[str, Rates]:
        """Return the rate by group, for each sensitive column and every two of them together.

        Two together whose groups are too small are left out: `bias.group_size` names them.
        """
        tables = {column: self.table(material, g) for column, g in material.groups.items()}
        single = {rule.column for rule in material.policy.data.sensitive}
        return {
            column: table
            for column, table in tables.items()
            if column in single or len(table.least(least).groups) > 1
        }

    def judge(
        self,
        column: str,
        everyone: Rates,
        comparisons: int,
        options: Mapping[str, Any],
    ) -> Finding:
        """Return the finding for one column; so many pairs are compared with it in all."""
        table = everyone.least(options["min_group"])
        if len(table.groups) < 2:
            raise CannotRun(
                f"By {column}, fewer than two groups have {options['min_group']} or more test "
                f"rows {self.among}.",
                "Use wider bands or a larger test set, or lower `min_group` in policy.yaml.",
            )
        low, high = table.lowest(), table.highest()
        if low == high:  # all groups fare exactly alike: compare the two largest
            by_size = sorted(range(len(table.groups)), key=lambda i: -table.counts[i][1])
            low, high = by_size[:2]
        value, interval, limit, passed = self.measure(table, (low, high), comparisons, options)
        worst, best = table.groups[low], table.groups[high]
        sentence = (
            f"By {column}: {table.rate(low):.0%} of '{worst}' {self.words}, against "
            f"{table.rate(high):.0%} of '{best}' ({self.metric} {value:.2f}; "
            f"the policy wants {self.limit_words(limit)}; 95 % interval {_span(interval)})."
        )
        if not passed and self.within(interval, limit):
            sentence += " With so few rows it may be chance."
        return self.finding(
            passed,
            sentence,
            remedy="Look for the cause in the data, mitigate it, or have it accepted with a "
            "reason by somebody who may approve.",
            subject=column,
            metric=self.metric,
            value=value,
            interval=tuple(end if math.isfinite(end) else None for end in interval),
            threshold=limit,
            details={
                "groups": [
                    {
                        "group": name,
                        "rows": trials,
                        "rate": hits / trials if trials else None,
                        "judged": name in table.groups,
                    }
                    for name, (hits, trials) in zip(everyone.groups, everyone.counts, strict=True)
                ],
                "worst": worst,
                "best": best,
                "comparisons": comparisons,
            },
        )

    def measure(
        self,
        table: Rates,
        pair: tuple[int, int],
        comparisons: int,
        options: Mapping[str, Any],
    ) -> tuple[float, intervals.Interval, float, bool]:
        """Return the figure, its interval, the limit, and whether it is kept."""
        low, high = pair
        value = table.rate(high) - table.rate(low)
        ends = intervals.difference(table.counts[high], table.counts[low], 0.05 / comparisons)
        return value, ends, options["at_most"], value <= options["at_most"]

    def limit_words(self, limit: float) -> str:
        """Return how the limit reads."""
        return f"at most {limit:g}"

    def within(self, interval: intervals.Interval, limit: float) -> bool:
        """Tell whether a value that keeps the limit is inside the interval."""
        return interval[0] <= limit


class SelectionRateRatio(_Comparison):
    """The smallest selection rate over the largest (the four-fifths rule)."""

    name = "bias.selection_rate_ratio"
    summary = "Groups get the favourable outcome about equally often (ratio; four-fifths rule)."
    metric = "demographic_parity_ratio"
    words = "are given the favourable outcome"
    options: ClassVar[Mapping[str, Option]] = {
        "at_least": Option(0.8, "Smallest ratio that passes.", minimum=0, maximum=1),
        "min_group": _MIN_GROUP,
    }

    def measure(
        self,
        table: Rates,
        pair: tuple[int, int],
        comparisons: int,
        options: Mapping[str, Any],
    ) -> tuple[float, intervals.Interval, float, bool]:
        """Return the ratio of the two selection rates."""
        low, high = pair
        if table.rate(high) == 0:
            raise CannotRun(
                "Nobody in the test set is given the favourable outcome.",
                "Check `data: favourable:` in policy.yaml and the model.",
            )
        value = table.rate(low) / table.rate(high)
        ends = intervals.ratio(table.counts[low], table.counts[high], 0.05 / comparisons)
        return value, ends, options["at_least"], value >= options["at_least"]

    def limit_words(self, limit: float) -> str:
        """Return how the limit reads."""
        return f"at least {limit:g}"

    def within(self, interval: intervals.Interval, limit: float) -> bool:
        """Tell whether a ratio that keeps the limit is inside the interval."""
        return interval[1] >= limit


class DemographicParityDifference(_Comparison):
    """The largest selection rate less the smallest."""

    name = "bias.demographic_parity_difference"
    summary = "Groups get the favourable outcome about equally often (difference)."
    metric = "demographic_parity_difference"
    words = "are given the favourable outcome"
    options: ClassVar[Mapping[str, Option]] = {
        "at_most": Option(0.2, "Largest difference that passes.", minimum=0, maximum=1),
        "min_group": _MIN_GROUP,
    }


class EqualOpportunityDifference(_Comparison):
    """The largest true positive rate less the smallest."""

    name = "bias.equal_opportunity_difference"
    summary = "Those who deserve the favourable outcome get it about equally often."
    metric = "equal_opportunity_difference"
    words = "who deserve the favourable outcome are given it"
    among = "that deserve the favourable outcome"
    options: ClassVar[Mapping[str, Option]] = {
        "at_most": Option(0.2, "Largest difference that passes.", minimum=0, maximum=1),
        "min_group": _MIN_GROUP,
    }

    def table(self, material: Material, groups: Groups) -> Rates:
        """Return the true positive rate by group."""
        return rates(material.selected, groups, material.deserving)


class _FalsePositives(_Comparison):
    """The largest false positive rate less the smallest: half of the equalized odds."""

    name = "bias.equalized_odds_difference"
    metric = "false_positive_rate_difference"
    words = "who do not deserve the favourable outcome are given it"
    among = "that do not deserve the favourable outcome"

    def table(self, material: Material, groups: Groups) -> Rates:
        """Return the false positive rate by group."""
        return rates(material.selected, groups, ~material.deserving)


class EqualizedOddsDifference(Check):
    """The larger of the differences of true and of false positive rates."""

    name = "bias.equalized_odds_difference"
    summary = "Errors of either kind are about equally frequent in all groups."
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = EqualOpportunityDifference.options

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge each sensitive column by the worse of the two."""
        kinds = (EqualOpportunityDifference(), _FalsePositives())
        tables = [kind.tables(material, options["min_group"]) for kind in kinds]
        comparisons = sum(pairs(each.values(), options["min_group"]) for each in tables)
        for column in (c for c in material.groups if any(c in each for each in tables)):
            judged, missing = [], None
            for kind, each in zip(kinds, tables, strict=True):
                try:
                    if column in each:
                        judged.append(kind.judge(column, each[column], comparisons, options))
                except CannotRun as reason:
                    missing = reason
            worse = max(judged, key=lambda finding: finding.value or 0.0, default=None)
            # With one kind of error unknown, only a failure is certain.
            if missing is not None and (worse is None or worse.status == "passed"):
                raise missing
            assert worse is not None
            yield replace(
                worse,
                check=self.name,
                sentence=worse.sentence + (f" {missing.sentence}" if missing else ""),
                metric="equalized_odds_difference",
                details={**worse.details, "kind": worse.metric},
            )


class PredictiveParityDifference(_Comparison):
    """The largest share of right favourable predictions less the smallest."""

    name = "bias.predictive_parity_difference"
    summary = "A favourable prediction comes true about equally often in all groups."
    severity = "warning"
    metric = "predictive_parity_difference"
    words = "who are given the favourable outcome deserve it"
    among = "that are given the favourable outcome"
    options: ClassVar[Mapping[str, Option]] = EqualOpportunityDifference.options

    def table(self, material: Material, groups: Groups) -> Rates:
        """Return the precision of favourable predictions by group."""
        return rates(material.deserving, groups, material.selected)


class GroupSize(Check):
    """Names groups that are too small to say anything about."""

    name = "bias.group_size"
    summary = "Groups in the test set are large enough to judge."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {"min_group": _MIN_GROUP}

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the size of each group."""
        least = options["min_group"]
        for column, groups in material.groups.items():
            sizes = dict(zip(groups.names, groups.sizes(), strict=True))
            small = {name: size for name, size in sizes.items() if size < least}
            listed = ", ".join(f"'{name}' ({size} rows)" for name, size in small.items())
            yield self.finding(
                not small,
                f"By {column}, these groups have fewer than {least} test rows and are not judged: "
                f"{listed}."
                if small
                else f"By {column}, every group has at least {least} test rows.",
                remedy="Collect more rows of them, use wider bands, or judge them by hand.",
                subject=column,
                metric="rows",
                value=float(min(sizes.values())),
                threshold=float(least),
                details={"groups": small},
            )


def pairs(tables: Iterable[Rates], least: int) -> int:
    """Return how many pairs of groups are compared over all columns; at least one."""
    sizes = [len(table.least(least).groups) for table in tables]
    return max(1, sum(k * (k - 1) // 2 for k in sizes))


def _span(interval: intervals.Interval) -> str:
    low, high = interval
    return f"{low:.2f} to {high:.2f}" if math.isfinite(high) else f"{low:.2f} and up"


CHECKS = (
    SelectionRateRatio,
    DemographicParityDifference,
    EqualOpportunityDifference,
    EqualizedOddsDifference,
    PredictiveParityDifference,
    CalibrationDifference,
    GroupSize,
    Proxies,
)
