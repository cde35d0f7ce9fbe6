"""What a comparison says when asked further: impact, costs, calibration, fairness, speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notewright.experiments.calibration import Calibration
from notewright.experiments.compared import Comparison
from notewright.experiments.costs import Costs
from notewright.experiments.fairness import Fairness
from notewright.experiments.groups import Rates
from notewright.experiments.impact import Impact, segment_sentence
from notewright.experiments.scalars import metric_to_json
from notewright.experiments.segments import Segment
from notewright.experiments.speed import Speed
from notewright.state.withheld import withheld_words
from notewright.store.canonical import plain
from notewright.views.base import Message, Page, Table, View
from notewright.views.comparison import Lines, difference_record, differences_table, p_words
from notewright.views.experiments import number
from notewright.words import some_of


def impact_view(impact: Impact) -> View:
    """Say whose predictions flip, and which segments gain and lose."""
    first, second = impact.names
    parts: list[View] = [Lines("\n".join([f"From {first} to {second}:", *impact.sentences]))]
    if impact.flips is not None and impact.flips.moves:
        moves = [(old, new, f"{rows:,}") for old, new, rows in impact.flips.moves]
        parts.append(Table([first, second, "rows"], moves, caption="Labels that change"))
    if impact.segments is not None and impact.segments.tested:
        parts.append(_segments_table(impact))
    if impact.left_out:
        words = some_of([f"`{name}`" for name in impact.left_out])
        parts.append(Message(f"Columns that make no segments: {words}."))
    if impact.withheld:
        parts.append(Message(f"{withheld_words(impact.withheld)}."))
    return Page(parts, _impact_record(impact))


def costs_view(costs: Costs, comparison: Comparison) -> View:
    """Say what each run's mistakes cost."""
    cells = [(true, pred, f"{cost:g}") for true, pred, cost in costs.matrix]
    rows = [
        (
            costs.names[estimate.run],
            number(estimate.value),
            "" if estimate.interval is None else " to ".join(map(number, estimate.interval)),
            number(estimate.value * costs.rows),
        )
        for estimate in costs.estimates
    ]
    caption = f"Costs on {costs.rows:,} rows"
    parts: list[View] = [
        Lines("\n".join(costs.sentences)),
        Table(["run", "cost a row", "95 % interval", "in all"], rows, caption=caption),
        differences_table(costs.differences, costs.names, "Differences in cost"),
        Table(["true", "predicted", "cost"], cells, caption="Costs given; others are 0"),
    ]
    record = {
        "matrix": [{"true": t, "predicted": p, "cost": c} for t, p, c in costs.matrix],
        "rows": costs.rows,
        "runs": [
            {
                "run": comparison.runs[e.run].id,
                "cost_a_row": metric_to_json(e.value),
                "interval": None if e.interval is None else list(e.interval),
            }
            for e in costs.estimates
        ],
        "differences": [difference_record(d, comparison) for d in costs.differences],
    }
    return Page(parts, record)


def calibration_view(found: Sequence[Calibration | None], comparison: Comparison) -> View:
    """Say whether each run's probabilities come true."""
    known = [(place, each) for place, each in enumerate(found) if each is not None]
    rows = [
        (
            comparison.names[place],
            *map(number, (c.ece, c.brier, c.reliability, c.resolution, c.uncertainty, c.within)),
        )
        for place, c in known
    ]
    columns = [
        "run", "ECE", "Brier score", "= reliability", "− resolution", "+ uncertainty", "+ within",
    ]  # fmt: skip
    parts: list[View] = [
        Table(columns, rows, caption="Calibration", empty="No run recorded probabilities.")
    ]
    for place, one in known:
        bins = [
            (
                f"{b.low:.2g} to {b.high:.2g}",
                f"{b.rows:,}",
                f"{b.predicted:.3f}",
                f"{b.observed:.3f} ({b.interval[0]:.3f} to {b.interval[1]:.3f})",
            )
            for b in one.bins
        ]
        heads = ["predicted", "rows", "mean predicted", "positive (95 % interval)"]
        parts.append(Table(heads, bins, caption=f"Reliability of {comparison.names[place]}"))
    runs = comparison.runs
    return Page(parts, [{"run": runs[place].id, **plain(each)} for place, each in known])


def fairness_view(found: Sequence[Fairness], comparison: Comparison) -> View:
    """Set the groups of a sensitive column side by side under each run."""
    names = [comparison.names[each.run] for each in found]
    column = found[0].column
    kinds = ("selection rate", "true positive rate", "false positive rate")
    rows = []
    for place, group in enumerate(found[0].selection.groups):
        for kind in kinds:
            cells = [_rate(_rates(each)[kind], place) for each in found]
            size = found[0].selection.counts[place][1]
            rows.append((group, f"{size:,}", kind, *cells))
    gaps = [
        (words, *(number(getattr(each, field)) for each in found))
        for words, field in (
            ("demographic parity difference", "demographic_parity_difference"),
            ("equalized odds difference", "equalized_odds_difference"),
        )
    ]
    caption = f"Groups by {column}; '{found[0].favourable}' is the favourable outcome"
    parts: list[View] = [
        Table(["", *names], gaps, caption=f"Gaps between groups by {column}"),
        Table([column, "rows", "", *names], rows, caption=caption),
    ]
    record = [
        {
            "run": comparison.runs[each.run].id,
            "column": each.column,
            "favourable": each.favourable,
            "demographic_parity_difference": metric_to_json(each.demographic_parity_difference),
            "equalized_odds_difference": metric_to_json(each.equalized_odds_difference),
            "groups": [
                {
                    "group": group,
                    "rows": each.selection.counts[place][1],
                    **{kind.replace(" ", "_"): _share(_rates(each)[kind], place) for kind in kinds},
                }
                for place, group in enumerate(each.selection.groups)
            ],
        }
        for each in found
    ]
    return Page(parts, record)


def speed_view(found: Sequence[Speed], comparison: Comparison) -> View:
    """Say how long each model takes, and how much room."""
    rows = [
        (
            comparison.names[each.run],
            f"{each.rows:,}" if each.rows else "",
            _milliseconds(each.median),
            _milliseconds(each.p95),
            f"{each.calls}" if each.calls else "",
            "" if each.stored is None else f"{each.stored / 1024:,.1f} KiB",
        )
        for each in found
    ]
    columns = ["run", "rows", "median", "95th percentile", "calls", "stored"]
    parts: list[View] = [Table(columns, rows, caption="Time of `predict`, warm, and stored size")]
    parts += [Message(f"{comparison.names[s.run]}: {s.note}") for s in found if s.note]
    record = [{**plain(each), "run": comparison.runs[each.run].id} for each in found]
    return Page(parts, record)


def _segments_table(impact: Impact) -> View:
    assert impact.segments is not None
    share = 100.0 if impact.unit == "rows" else 1.0
    unit = "points of accuracy" if impact.unit == "rows" else f"less {impact.unit}"
    rows = [
        (
            segment.words,
            f"{segment.rows:,}",
            f"{segment.gained:,}",
            f"{segment.lost:,}",
            number(share * segment.value),
            " to ".join(number(share * end) for end in segment.interval),
            p_words(segment.p_adjusted),
            "yes" if segment.confirmed else "no",
        )
        for segment in impact.segments.tested
    ]
    columns = [
        "segment", "rows", "better", "worse", unit, "95 % interval", "p (Holm)", "confirmed",
    ]  # fmt: skip
    caption = f"Segments tested, of {impact.segments.searched:,} searched"
    return Table(columns, rows, caption=caption)


def _impact_record(impact: Impact) -> dict[str, Any]:
    def record(segment: Segment) -> dict[str, Any]:
        words = segment_sentence(segment, impact.names, impact.unit)
        return {
            **plain(segment),
            "confirmed": segment.confirmed,
            "sentence": words if segment.confirmed else None,
        }

    found = impact.segments
    return {
        "flips": plain(impact.flips),
        "shift": plain(impact.shift),
        "unit": impact.unit,
        "searched": None if found is None else found.searched,
        "segments": [] if found is None else [record(segment) for segment in found.tested],
        "left_out": list(impact.left_out),
        "withheld": [withheld.words for withheld in impact.withheld],
        "sentences": list(impact.sentences),
    }


def _rates(fairness: Fairness) -> dict[str, Rates]:
    return {
        "selection rate": fairness.selection,
        "true positive rate": fairness.true_positives,
        "false positive rate": fairness.false_positives,
    }


def _share(rates: Rates, place: int) -> float | None:
    return rates.rate(place) if rates.counts[place][1] else None


def _rate(rates: Rates, place: int) -> str:
    share = _share(rates, place)
    return "no rows" if share is None else f"{share:.3f}"


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{1000 * seconds:.3g} ms"
