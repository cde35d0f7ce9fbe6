"""The ways in which a notebook's cells can become a package, best first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notewright.errors import ExportFailed, NotAModel, NotTheSame, ReplayFailed
from notewright.packaging.canonical import as_written, canonical
from notewright.packaging.datasets import Named
from notewright.packaging.made_inputs import NoTable, name_inputs
from notewright.packaging.plan import Goal, Plan, planned
from notewright.packaging.source import CellSource
from notewright.packaging.star_imports import without_stars
from notewright.packaging.turns import last_turn_apart
from notewright.progress import Progress

_TURNS = (
    "A loop fits the model: what it leaves is its last turn's, which stands in statements of its "
    "own in the package."
)

_GIVEN = (
    "The rows that the model was fitted on are the package's raw rows, because those of '{table}' "
    "do not become its input."
)


def plan(
    cells: Sequence[CellSource],
    target: str,
    directory: Path,
    expected: str | None = None,
    model: Any = None,
    **options: Any,
) -> Plan:
    """Return the first plan that serves raw rows; where none does, the first.

    See :func:`plans` for the parameters and errors.
    """
    first: Plan | None = None
    for made in plans(cells, target, directory, expected, model, **options):
        if made.derived.problem is None:
            return made
        first = first or made
    assert first is not None  # or an error was raised
    return first


def plans(
    cells: Sequence[CellSource],
    target: str,
    directory: Path,
    expected: str | None = None,
    model: Any = None,
    whole: Sequence[int] | None = None,
    python: str = sys.executable,
    progress: Progress | None = None,
    refit: bool = False,
    function: bool = False,
) -> Iterator[Plan]:
    """Find out how to turn cells into a package, and confirm it by replay.

    The cells as they are come first. The other ways are for where raw rows cannot be served
    so: the last turn of a loop that fits the model, taken apart; then, for a notebook that
    makes its own arrays, what ``fit`` was given. Each is looked at when it is asked for.

    Parameters
    ----------
    cells : sequence of CellSource
        The executed cells in the order they ran.
    target : str
        The variable that holds the model.
    directory : Path
        The notebook's folder, where relative paths start.
    expected : str, optional
        The fingerprint of the notebook's model; a replay must give it.
    model : object, optional
        The notebook's model, to compare predictions where an inner part of the model
        differs from one training to the next.
    whole : sequence of int, optional
        Positions of the cells that the variable depends on as a whole, for
        when pruned statements do not give the same model.
    python : str
        The notebook's interpreter.
    progress : Progress, optional
        Cancelling it stops the replay.
    refit : bool
        Fit a model that was only cross-validated, on all rows it was given there.
    function : bool
        The model is a plain function; `model` has what it reads among its globals.

    Raises
    ------
    NotTheSame
        If running the code again gives another model.
    ExportFailed
        If there is no way.
    """
    cells = without_stars(cells)
    goal = Goal(target, directory, expected, model, whole, python, progress)
    ways = _Ways(goal, refit, function)
    latest: Plan | None = None
    failed: ExportFailed | None = None
    try:
        latest = ways.as_is(cells)
        yield latest
    except (NotTheSame, ReplayFailed):
        raise
    except ExportFailed as error:
        failed = error
    apart = None if refit or function else last_turn_apart(cells, target)
    if apart is not None:
        made = _if_possible(lambda: ways.as_is(apart, _TURNS))
        latest = made or latest
        if made is not None:
            yield made
    if latest is None:
        assert failed is not None
        raise failed
    rows = ways.rows_as_given(latest)
    given = None if rows is None else _if_possible(lambda: planned(rows, goal))
    if given is not None:
        yield given


@dataclass(frozen=True)
class _Ways:
    goal: Goal
    refit: bool
    function: bool

    def as_is(self, cells: Sequence[CellSource], *findings: str) -> Plan:
        """Return the plan of the cells in plain form, or as they are where that is another."""
        target = self.goal.target
        forms = [canonical(cells, target, self.refit, self.function)]
        plain = as_written(cells, target, self.function)
        if plain.cells != forms[0].cells and not self.refit:
            forms.append(plain)
        for number, form in enumerate(forms, 1):
            form.findings[:0] = findings
            try:
                return self._with_table(form)
            except (NotTheSame, ReplayFailed):
                # A form that does something else than the author's code is not used.
                if number == len(forms):
                    raise
        raise AssertionError("there is always a form")

    def _with_table(self, form: Named) -> Plan:
        try:
            return planned(form, self.goal)
        except NoTable as problem:
            return planned(name_inputs(problem), self.goal)

    def rows_as_given(self, made: Plan) -> Named | None:
        """Return the cells with what ``fit`` was given as their table, if they make it."""
        given = made.replayed.values.get("X:fit")
        from_table = not made.form.arrays or not all(load.made for load in made.roles.loads)
        if from_table or given is None or hasattr(given, "columns"):
            return None
        try:
            form = name_inputs(NoTable(made.form, made.program, made.roles, made.replayed))
        except ExportFailed:
            return None
        why = str(made.derived.problem or "")
        form.findings[-1] = f"{_GIVEN.format(table=made.derived.table)} {why}".strip()
        return form


def _if_possible(way: Callable[[], Plan]) -> Plan | None:
    try:
        return way()
    except (ExportFailed, NotAModel):
        return None
