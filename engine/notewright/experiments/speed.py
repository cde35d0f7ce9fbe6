"""How long models take to predict, and how much room they take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.experiments.run import Run

if TYPE_CHECKING:
    from notewright.experiments.runs import Runs

#: Calls that are timed, at most, and for how many seconds a model.
_CALLS, _SECONDS = 50, 2.0
_WARM_UP = 3


@dataclass(frozen=True)
class Speed:
    """What one run's model costs to use.

    Parameters
    ----------
    run : int
        Its place among the compared runs.
    rows : int
        Rows of one call; 0 where nothing was timed.
    calls : int
        Calls that were timed, after three that were not.
    median, p95 : float or None
        Seconds of one call of `predict` on all rows.
    stored : int or None
        Bytes of the model as it was stored, before compression. None where it
        was not kept.
    note : str
        Why it could not be timed.
    """

    run: int
    rows: int
    calls: int
    median: float | None
    p95: float | None
    stored: int | None
    note: str = ""


def speeds(
    service: Runs, runs: Sequence[Run], features: Sequence[Any] | None = None
) -> tuple[Speed, ...]:
    """Return each run's stored size, and the time its model takes to predict, warm.

    Models are called in turns, so that what else the machine does falls on all
    alike. The user's random state is left as it was.

    Parameters
    ----------
    features : sequence of array-like or DataFrame, optional
        For each run, what its model predicts from.
    """
    models: dict[int, Any] = {}
    notes: dict[int, str] = {}
    for place, run in enumerate(runs):
        if features is None:
            continue
        try:
            models[place] = service.load_model(run)
        except NotewrightError as error:
            notes[place] = error.problem
    taken = {} if features is None else _timed(models, features, notes)
    return tuple(
        Speed(
            place,
            0 if features is None or place not in taken else len(features[place]),
            len(taken.get(place, ())),
            _quantile(taken.get(place), 0.5),
            _quantile(taken.get(place), 0.95),
            _stored(service, run),
            notes.get(place, ""),
        )
        for place, run in enumerate(runs)
    )


def _timed(
    models: dict[int, Any], features: Sequence[Any], notes: dict[int, str]
) -> dict[int, list[float]]:
    import numpy as np

    taken: dict[int, list[float]] = {}
    state = np.random.get_state()
    try:
        for place, model in models.items():
            try:
                for _ in range(_WARM_UP):
                    model.predict(features[place])
            except Exception as error:  # noqa: BLE001 - whatever a model raises is told
                notes[place] = f"It cannot predict these rows: {str(error).partition(chr(10))[0]}"
            else:
                taken[place] = []
        ends = time.perf_counter() + _SECONDS * len(taken)
        for _ in range(_CALLS):
            if time.perf_counter() > ends:
                break
            for place, times in taken.items():
                began = time.perf_counter()
                models[place].predict(features[place])
                times.append(time.perf_counter() - began)
    finally:
        np.random.set_state(state)
    return taken


def _quantile(values: Sequence[float] | None, share: float) -> float | None:
    import numpy as np

    return float(np.quantile(values, share)) if values else None


def _stored(service: Runs, run: Run) -> int | None:
    model = run.model
    if model is None:
        return None
    try:
        if model.snapshot is None:
            return None if model.object is None else service.store.objects.size(model.object)
        if service._snapshots is None:
            return None
        held = service._snapshots.get(model.snapshot).variable(model.variable)
    except NotewrightError:
        return None
    return None if held is None else held.size
