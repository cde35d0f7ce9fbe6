"""Personal data and secrets, in tables, cells, outputs and settings; models that remember rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.governance import test_privacy as columns
from tests.governance import test_privacy_kept as kept
from tests.governance.checking import found
from tests.governance.planted.behaviour import ByHeart
from tests.governance.planted.models import Modelled, modelled
from tests.governance.planted.notebooks import corpus, found_in_notebook
from tests.governance.planted.tables import DataSet, data_sets
from tests.governance.planted.trial import Trial
from tests.governance.test_identifiers import FOUND, SECRET_LINES
from tests.governance.test_privacy_figures import PLANTED

from notewright.governance.checks.base import Finding
from notewright.governance.checks.kept_outputs import NOW, outputs_of
from notewright.governance.checks.reidentification import quasi_identifiers

_FEWEST = 200


# -- columns ------------------------------------------------------------------------------


def _column(data: DataSet, kind: str, folder: Path) -> list[Finding]:
    """Add a column with something personal to a table."""
    table = data.table.head(_FEWEST)
    name, values, _ = columns.COLUMNS[kind]
    return found("privacy.personal_columns", table.assign(**{name: values}))


def _of_columns() -> Iterator[Trial]:
    check = "privacy.personal_columns"
    for data in data_sets():
        yield Trial(check, data.name, lambda folder, d=data: found(check, d.table))
    for name, table in columns.business_tables().items():
        yield Trial(check, name, lambda folder, t=table: found(check, t))
    large = [data for data in data_sets() if len(data.table) >= _FEWEST]
    for at, (kind, (name, _, _)) in enumerate(columns.COLUMNS.items()):
        data = large[at % len(large)]
        yield Trial(check, data.name, partial(_column, data, kind), kind, name)


# -- cells, outputs, variables --------------------------------------------------------------


def _secrets() -> list[tuple[str, str]]:
    """Return kinds of secrets and identifiers, each with a line of code that holds one."""
    lines = [(kind, line if "=" in line else f"key = {line!r}") for kind, line in SECRET_LINES]
    return lines + [(kind, f"note = {text!r}") for kind, text in FOUND]


def _of_cells() -> Iterator[Trial]:
    check = "privacy.cells"
    for book in corpus():
        yield Trial(check, book.name, partial(found_in_notebook, check, book))
    for at, (kind, line) in enumerate(_secrets()):
        book = corpus()[at % len(corpus())]
        planted = book.with_cell(line)
        ask = partial(found_in_notebook, check, planted)
        yield Trial(check, book.name, ask, f"{kind} in a cell", kind)


def _output(document: bytes, folder: Path) -> list[Finding]:
    outputs = tuple(outputs_of(document, NOW))
    return kept.asked("outputs", outputs=outputs)


def _of_outputs() -> Iterator[Trial]:
    for at, document in enumerate(kept.clean_outputs()):
        yield Trial("privacy.outputs", f"output {at}", partial(_output, document))
    for fault, (output, kind) in kept.OUTPUTS.items():
        planted = kept.document(output)
        yield Trial("privacy.outputs", "an output", partial(_output, planted), fault, kind)


def _setting(variables: dict[str, Any], folder: Path) -> list[Finding]:
    return kept.asked("variables", variables=variables)


def _of_variables() -> Iterator[Trial]:
    for at, (name, value) in enumerate(kept.CLEAN_VARIABLES):
        yield Trial("privacy.variables", f"{name} {at}", partial(_setting, {name: value}))
    for path, (name, value) in kept.VARIABLES.items():
        planted = {name: value, "rate": 0.3}
        yield Trial("privacy.variables", name, partial(_setting, planted), path, path)


# -- people who can be told -----------------------------------------------------------------


def _known(data: DataSet, column: str, folder: Path) -> list[Finding]:
    """Give rows an age and a sex that many share; and a column that tells people apart."""
    table = data.labelled
    # Dealt out over the targets, so that no group has one outcome.
    places = np.empty(len(table), dtype=int)
    places[table["target"].argsort()] = np.arange(len(table))
    table = table.assign(age=20 + 10 * (places % 4), sex=np.where(places // 4 % 2, "f", "m"))
    table = table.drop(columns=[n for n in quasi_identifiers(table) if n not in ("age", "sex")])
    if column:
        table[column] = PLANTED[column](data.rng(), len(table))
    return found("privacy.reidentification", table)


def _of_people() -> Iterator[Trial]:
    check = "privacy.reidentification"
    for at, data in enumerate(data_sets()):
        if len(data.table) < _FEWEST:
            continue
        column = list(PLANTED)[at % len(PLANTED)]
        yield Trial(check, data.name, partial(_known, data, ""))
        yield Trial(check, data.name, partial(_known, data, column), f"add {column}", column)


# -- models that remember -------------------------------------------------------------------


class Remembers(ByHeart):
    """Is sure of the rows that it was trained on, and of no other."""

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        asked = pd.util.hash_pandas_object(X.astype(dict(self.of.table[X.columns].dtypes)),
                                           index=False)  # fmt: skip
        known = pd.util.hash_pandas_object(self.of.training[self.of.features], index=False)
        own = self.predict(X)[:, None] == np.asarray(self.classes_)[None, :]
        sure = np.where(asked.isin(known), 0.99, 0.6)[:, None]
        return np.where(own, sure, (1 - sure) / (len(self.classes_) - 1))


def _membership(of: Modelled, model: Any, folder: Path) -> list[Finding]:
    judged = of.said(np.asarray(model(of).predict(of.test[of.features])))
    return found("privacy.membership", of.test, evaluation=judged, model=model(of),
                 training=of.training)  # fmt: skip


def _of_membership() -> Iterator[Trial]:
    check = "privacy.membership"
    for at, of in enumerate(modelled()):
        slow = at % 3 > 0
        if check not in of.data.left_out:
            yield Trial(check, of.name, partial(_membership, of, lambda of: of.model), slow=slow)
            yield Trial(check, of.name, partial(_membership, of, Remembers),
                        str(Remembers.__doc__), slow=slow)  # fmt: skip


def trials() -> Iterator[Trial]:
    """Yield the trials of the family."""
    yield from _of_columns()
    yield from _of_cells()
    yield from _of_outputs()
    yield from _of_variables()
    yield from _of_people()
    yield from _of_membership()
