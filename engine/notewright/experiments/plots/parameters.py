"""Parameters of many runs against a metric: parallel coordinates and panels of dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from notewright.errors import BadRecord
from notewright.experiments.estimators import telling
from notewright.experiments.filter import SYNONYMS
from notewright.experiments.plots.chart import (
    Axis,
    Floats,
    Panel,
    Panels,
    Parallel,
    Scale,
    Series,
)
from notewright.experiments.plots.style import short_name
from notewright.experiments.run import Run

_MOST_PARAMETERS = 8
#: Positive numbers that span more than this are shown on a logarithmic axis.
_WIDE = 50


def parallel(runs: Sequence[Run], metric: str) -> Parallel:
    """Return parallel coordinates: a line a run, through its parameters to its metric.

    Parameters
    ----------
    runs : sequence of Run
        Those without the metric are left out.
    metric : str
        The right-most axis, which also colours the lines.

    Raises
    ------
    BadRecord
        If fewer than two runs have the metric, or no parameter differs.
    """
    kept, scores, scales = _told(runs, metric)
    title = f"{len(kept)} runs: parameters and {metric}"
    return Parallel(title, tuple(map(_called, kept)), (*scales, Scale(metric, scores)))


def scatter(runs: Sequence[Run], metric: str) -> Panels:
    """Return a panel for each parameter that differs: its value against the metric, a dot a run.

    Raises
    ------
    BadRecord
        If fewer than two runs have the metric, or no parameter differs.
    """
    kept, scores, scales = _told(runs, metric)
    across = min(3, len(scales))
    down = -(-len(scales) // across)
    hover = _hover(kept, [*scales, Scale(metric, scores)])
    panels = tuple(_dots(scale, metric, scores, hover) for scale in scales)
    size = (3.2 * across + 0.6, 2.9 * down)
    return Panels(f"{metric} by parameter", panels, size, across, choice="parameter")


def differing(runs: Sequence[Run]) -> list[str]:
    """Return the parameters whose values are not the same in all runs, those set first.

    Those that differ only in that some runs lack them count where there are no others.
    """
    names = {name for run in runs for name in telling(run.params, run.params)}
    told = {name for run in runs for name in run.changed_params}
    found = [n for n in names if len({_key(run.params.get(n)) for run in runs}) > 1]
    alike = {n for n in found if len({_key(r.params[n]) for r in runs if n in r.params}) == 1}
    varied = [name for name in found if name not in alike]
    return sorted(varied or found, key=lambda name: (name not in told, name))


def _told(runs: Sequence[Run], metric: str) -> tuple[list[Run], Floats, list[Scale]]:
    known = SYNONYMS.get(metric, (metric,))
    scored = [
        (run, value)
        for run in runs
        if (value := next((run.metrics[n] for n in known if n in run.metrics), None)) is not None
        and math.isfinite(value)
    ]
    if len(scored) < 2:
        raise BadRecord(
            f"Fewer than two of these runs have the metric '{metric}'.",
            "`%nw runs` lists runs with their metrics.",
        )
    kept = [run for run, _ in scored]
    names = differing(kept)[:_MOST_PARAMETERS]
    scales = [_scale(kept, name, short) for name, short in zip(names, _short(names), strict=True)]
    if not scales:
        raise BadRecord("No parameter differs between these runs.", "Choose other runs.")
    return kept, np.array([value for _, value in scored]), scales


def _short(names: Sequence[str]) -> list[str]:
    """Return names without the steps that hold the parameters, where they stay different."""
    last = [name.rpartition("__")[2] for name in names]
    return [s if last.count(s) == 1 else name for name, s in zip(names, last, strict=True)]


def _scale(runs: Sequence[Run], name: str, short: str) -> Scale:
    values = [run.params.get(name) for run in runs]
    given = [value for value in values if value is not None]
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in given) and given:
        numbers = np.array([math.nan if v is None else float(v) for v in values])
        finite = numbers[np.isfinite(numbers)]
        if len(finite) == len(given):
            wide = bool(finite.min() > 0 and finite.max() / finite.min() > _WIDE)
            return Scale(short, numbers, (), wide)
    # A parameter that is None is a value of its own; one that is not there is none.
    words = sorted({str(run.params[name]) for run in runs if name in run.params})
    places = [words.index(str(r.params[name])) if name in r.params else math.nan for r in runs]
    return Scale(short, np.array(places, dtype=np.float64), tuple(words))


def _dots(scale: Scale, metric: str, scores: Floats, hover: Sequence[str]) -> Panel:
    there = np.flatnonzero(~np.isnan(scale.values)).tolist()
    limits = (-0.5, len(scale.words) - 0.5) if scale.words else None
    dots = Series(
        "", "points", scale.values[there], scores[there], hover=tuple(hover[n] for n in there)
    )
    x = Axis(scale.name, limits, scale.words, scale.logarithmic)
    return Panel(x, Axis(metric), (dots,))


def _hover(runs: Sequence[Run], scales: Sequence[Scale]) -> list[str]:
    """Return the lines that tell of each run: its name, its parameters, its metric."""
    columns = [
        [f"{scale.name}: {short_name(value, 40)}" if value else "" for value in scale.told()]
        for scale in scales
    ]
    rows = zip(map(_called, runs), *columns, strict=True)
    return ["\n".join(filter(None, row)) for row in rows]


def _called(run: Run) -> str:
    # Many runs have one name.
    return f"{run.name} ({run.id[:6]})"


def _key(value: Any) -> tuple[str, str]:
    # True is not 1, and an absent value is none of them.
    return type(value).__name__ if isinstance(value, bool) else "", str(value)
