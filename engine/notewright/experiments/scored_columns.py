"""Which withheld columns a run's scored rows tell: by their true values, or by their labels.

Whoever may not see such a column gets the rows without it: classes under stand-ins, so that
everything that is counted stays the same, and rows by their number. Values that are numbers have no
stand-ins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from notewright.experiments.columns import kept_tables, positions
from notewright.experiments.evaluation import Array, Evaluation, plain_array
from notewright.experiments.run import Run
from notewright.experiments.same_labels import same_labels
from notewright.state.withheld import Withheld, Withholding, united

if TYPE_CHECKING:
    import pandas as pd

    from notewright.experiments.runs import Runs


#: Numbers of fewer different values are in other columns, too.
_TELLING = 20


@dataclass(frozen=True)
class Hidden:
    """What somebody may not see of the rows that a run scored.

    Parameters
    ----------
    target : tuple of Withheld
        The columns that the true values are.
    labels : tuple of Withheld
        The columns that the labels of the rows are.
    """

    target: tuple[Withheld, ...] = ()
    labels: tuple[Withheld, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.target or self.labels)

    @property
    def withheld(self) -> tuple[Withheld, ...]:
        """All of it, each column once."""
        return united(self.target, self.labels)

    def told(self, whole: Evaluation, beside: Iterable[Evaluation] = ()) -> Evaluation | None:
        """Return what may be told of scored rows; None if nothing is left of them."""
        if self.target and whole.task != "classification":
            return None
        found = with_stand_ins(whole, beside) if self.target else whole
        return replace(found, rows=np.arange(len(found))) if self.labels else found


def hidden_of(service: Runs, run: Run) -> Hidden:
    """Return what of a run's scored rows is withheld from whoever reads now.

    Columns are known by the names that the true values and their index had when they were
    scored, and by the tables that were kept with the run.
    """
    withholding = service.restrictions.now()
    if not withholding:
        return Hidden()
    asked = run.id, withholding
    if asked not in service._hidden:  # a run stays as it is, and tables take time to load
        service._hidden[asked] = _look(service, run, withholding)
    return service._hidden[asked]


def _look(service: Runs, run: Run, withholding: Withholding) -> Hidden:
    tables = kept_tables(service, run)
    whole = None if run.evaluation is None else service._evaluation(run)
    labels = (_of_labels(run, whole, n, table, withholding) for n, table in tables.items())
    if whole is None:
        return Hidden(labels=united(*labels))
    target = withholding.among([*whole.target_names, *_by_values(service, run, whole, tables)])
    return Hidden(target, united(withholding.among(whole.row_names), *labels))


def with_stand_ins(whole: Evaluation, beside: Iterable[Evaluation] = ()) -> Evaluation:
    """Return an evaluation whose classes are called ``class 1``, ``class 2``, … in their order.

    Parameters
    ----------
    whole : Evaluation
    beside : iterable of Evaluation, optional
        Others whose classes shall be called the same.

    Examples
    --------
    >>> found = with_stand_ins(Evaluation.of(["poor", "rich"], ["rich", "rich"]))
    >>> found.y_true.tolist(), found.y_pred.tolist(), found.positive
    (['class 1', 'class 2'], ['class 2', 'class 2'], 'class 2')
    """
    said = _labels(whole)
    classes = _classes([*said, *(array for each in beside for array in _labels(each))])
    # They sort as the labels do, on which curves and scores rest.
    width = len(str(len(classes)))
    names = {label: f"class {at:0{width}d}" for at, label in enumerate(classes, 1)}
    y_true, *y_pred = (_renamed(array, names) for array in said)
    return replace(
        whole,
        y_true=y_true,
        y_pred=y_pred[0] if y_pred else None,
        positive=names.get(whole.positive),
    )


def _labels(whole: Evaluation) -> list[Array]:
    return [array for array in (whole.y_true, whole.y_pred) if array is not None]


def _classes(said: list[Array]) -> list[Any]:
    found = {item for array in said for item in array.ravel().tolist()}
    try:
        return sorted(found)
    except TypeError:  # text beside numbers
        return sorted(found, key=str)


def _renamed(array: Array, names: dict[Any, str]) -> Array:
    items = [names[item] for item in array.ravel().tolist()]
    return np.array(items, dtype=np.str_).reshape(array.shape)


def _of_labels(
    run: Run,
    whole: Evaluation | None,
    name: str,
    table: pd.DataFrame,
    withholding: Withholding,
) -> tuple[Withheld, ...]:
    """Return the columns that the labels of the rows are, if they are this table's."""
    found = withholding.among(n for n in table.index.names if n is not None)
    if not found:
        return ()
    traced = any(rows.table == name and rows.by == "index" for rows in run.rows)
    scored = whole is not None and positions(table, whole.rows) is not None
    return found if traced or scored else ()


def _by_values(
    service: Runs, run: Run, whole: Evaluation, tables: Mapping[str, pd.DataFrame]
) -> list[Any]:
    """Return the names of the columns that the true values may be, by what they are.

    Those that hold them at the rows scored. Where none does and they have no name of their own,
    those that have all these values, if they are texts, or so many that they are no other
    column's by chance.
    """
    if whole.y_true.ndim != 1:
        return []
    parts = [part for table in tables.values() for part in _parts(service, run, whole, table)]
    at_rows = [label for part in parts for label, values in part.items()
               if same_labels(values.to_numpy(), whole.y_true)]  # fmt: skip
    wanted = set(whole.y_true.tolist())
    if at_rows or whole.target_names or (whole.y_true.dtype.kind != "U" and len(wanted) < _TELLING):
        return at_rows
    held = ((label, values) for table in tables.values() for label, values in table.items())
    return [label for label, values in held if wanted <= set(plain_array(values).ravel().tolist())]


def _parts(
    service: Runs, run: Run, whole: Evaluation, table: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table that may be those scored: by their labels, or by their places."""
    places = positions(table, whole.rows)
    if places is not None:
        yield table.iloc[places]
    if len(table) == len(whole):
        yield table
    traced = service._rows(run, "test")
    if traced is None or traced.dtype.kind not in "iu" or len(traced) != len(whole):
        return
    if not len(traced) or (traced.min() >= 0 and traced.max() < len(table)):
        yield table.iloc[traced]
