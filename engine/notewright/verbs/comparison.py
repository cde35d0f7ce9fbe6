"""compare."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from notewright.errors import UsageError
from notewright.verbs.base import Context, Verb
from notewright.views.base import View
from notewright.views.comparison import comparison_view
from notewright.views.comparison_parts import (
    calibration_view,
    costs_view,
    fairness_view,
    impact_view,
    speed_view,
)

if TYPE_CHECKING:
    from notewright.experiments.compared import Comparison


def _compare_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="ids or names of two runs or more")
    parser.add_argument(
        "--allow-different-rows",
        action="store_true",
        help="compare runs that were scored on different rows all the same",
    )
    parser.add_argument(
        "--impact",
        action="store_true",
        help="say whose predictions flip from the first run to the second, and which segments of "
        "the rows gain and lose",
    )
    parser.add_argument(
        "--table",
        metavar="NAME",
        help="the table that holds the rows' columns, a variable that was kept with the runs "
        "(the raw table)",
    )
    parser.add_argument(
        "--cost",
        action="append",
        default=[],
        metavar="CELL=COST",
        help="what a false positive, false negative, true positive or true negative costs: "
        "--cost fp=1 --cost fn=10",
    )
    parser.add_argument(
        "--calibration", action="store_true", help="say whether probabilities come true"
    )
    parser.add_argument(
        "--fairness", metavar="COLUMN", help="say how the groups of this column fare"
    )
    parser.add_argument(
        "--bands", metavar="CUTS", help="where to cut that column's numbers into groups: 25,60"
    )
    parser.add_argument(
        "--favourable", metavar="LABEL", help="the outcome people want (the positive label)"
    )
    parser.add_argument(
        "--speed",
        metavar="NAME",
        help="time each model on these features, a variable that was kept with the runs: X_test",
    )
    parser.add_argument(
        "--plot",
        action="store_true",
        help="draw what there is: ROC, precision and recall, calibration, residuals, metrics by "
        "step, parameters against a metric; with --widget they can be zoomed and pointed at",
    )
    parser.add_argument(
        "--plots-to", metavar="FOLDER", help="draw it into PNG files in this folder"
    )


def _compare(args: argparse.Namespace, context: Context) -> View:
    if len(args.runs) < 2:
        raise UsageError("A comparison needs two runs.", "`%nw runs` lists them.")
    found = context.workspace.runs.compare(
        args.runs, allow_different_rows=args.allow_different_rows
    )
    return comparison_view(found, _parts(args, found))


def _parts(args: argparse.Namespace, found: Comparison) -> dict[str, View]:
    """Return what was asked for besides metrics and differences, by its name in the record."""
    parts: dict[str, View] = {}
    if args.impact:
        parts["impact"] = impact_view(found.impact(args.table))
    if args.cost:
        parts["costs"] = costs_view(found.costs(**_costs(args.cost)), found)
    if args.calibration:
        parts["calibration"] = calibration_view(found.calibration(), found)
    if args.fairness:
        rates = found.fairness(
            args.fairness, args.table, bands=_cuts(args.bands), favourable=args.favourable
        )
        parts["fairness"] = fairness_view(rates, found)
    if args.speed:
        parts["speed"] = speed_view(found.speed(args.speed), found)
    if args.plot or args.plots_to:
        # matplotlib is imported only where something is drawn.
        from notewright.views.figures import Figures

        parts["plots"] = Figures(found.charts(), Path(args.plots_to) if args.plots_to else None)
    return parts


def _costs(words: Sequence[str]) -> dict[str, float]:
    costs = {}
    for word in words:
        cell, _, cost = word.partition("=")
        try:
            costs[cell.strip()] = float(cost)
        except ValueError:
            raise UsageError(f"'{word}' is not CELL=COST.", "Write --cost fp=1.") from None
    return costs


def _cuts(words: str | None) -> list[float]:
    try:
        return sorted(float(cut) for cut in (words or "").split(",") if cut.strip())
    except ValueError:
        raise UsageError(f"'{words}' are no numbers.", "Write --bands 25,60.") from None


compare = Verb(
    "compare",
    "Say which run is better, by how much, and whether it is noise.",
    _compare_arguments,
    _compare,
    "Metrics come with 95 % intervals and a test of each difference; what differs in parameters, "
    "code and data is listed below them.",
)
