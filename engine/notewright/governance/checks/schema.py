"""Whether the raw table keeps its schema: columns, types, what may be missing, which values.

The schema is Pandera's, in a file that people edit and that other tools read too.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.errors import UsageError
from notewright.governance.checks.base import OF_TABLES, CannotRun, Check, Finding, Option
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material
from notewright.state.withheld import NOTHING, Withheld, Withholding

if TYPE_CHECKING:
    import pandas as pd

FILE_NAME = "schema.yaml"
_INSTALL = "Install it: `pip install notewright[schema]`."
#: A column of text with at most so many values, each so often on average, has no others.
_CATEGORIES, _ROWS_EACH = 30, 10
_WORDS = {
    "not_nullable": "has no value",
    "isin": "has a value that is not among those of the schema",
    "dtype": "is not of the schema's type",
    "column_in_dataframe": "is missing",
    "column_in_schema": "is not in the schema",
    "field_uniqueness": "repeats a value that should be there once",
}


class Schema(Check):
    """Validates the raw table against the schema that the project keeps."""

    name = "data_quality.schema"
    subjects = OF_TABLES
    summary = "The raw table keeps the project's schema."
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "file": Option(FILE_NAME, "The schema's file, from the project's folder.")
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each column that breaks the schema, and how."""
        path = material.project / options["file"] if material.project else None
        table, frame = material.raw
        if path is None or not path.is_file():
            yield self.finding(
                True,
                f"No schema is kept for '{table}'"
                + (
                    f"; `%nw schema {material.version.name} --write` infers one."
                    if material.kind == "model"
                    else "."
                ),
            )
            return
        broken = broken_columns(read_schema(path), frame)
        for column, rule, rows in broken:
            shown = [str(row) for row in rows[:20]]
            where = f" in {number(len(rows), 'row')}" if rows else ""
            yield self.finding(
                False,
                f"'{column}' of '{table}' {_words(rule)}{where} ({options['file']}).",
                remedy="Mend the data or what reads it; if the schema is wrong, edit the file.",
                subject=str(column),
                metric="rows",
                value=float(len(rows)),
                threshold=0.0,
                rows=tuple(shown),
                details={"rule": rule},
            )
        if not broken:
            yield self.finding(
                True,
                f"'{table}' keeps the schema in {options['file']} "
                f"({number(frame.shape[1], 'column')}, {number(len(frame), 'row')}).",
            )


@dataclass(frozen=True)
class InferredSchema:
    """A table's schema.

    Parameters
    ----------
    columns : tuple of str
    pandera : DataFrameSchema
    withheld : tuple of Withheld
        Columns of whose values it says nothing.
    """

    columns: tuple[str, ...]
    pandera: Any
    withheld: tuple[Withheld, ...] = ()


def infer_schema(frame: pd.DataFrame, withholding: Withholding = NOTHING) -> InferredSchema:
    """Return the schema of a table.

    It has each column's type, whether values may be missing, that numbers are never negative
    where none is, and the values of text that has few; of columns that are withheld only the
    first two.

    Raises
    ------
    CannotRun
        If Pandera is not installed.
    """
    pandera = _pandera()
    columns = {}
    for name, values in frame.items():
        checks = _value_checks(values) if withholding.find(name) is None else []
        columns[name] = pandera.Column(
            values.dtype, checks=checks, nullable=bool(values.isna().any())
        )
    return InferredSchema(
        tuple(map(str, frame.columns)),
        pandera.DataFrameSchema(columns),
        withholding.among(frame.columns),
    )


def _value_checks(values: pd.Series) -> list[Any]:
    """Return what holds of all values of a column."""
    import pandas as pd

    check, known = _pandera().Check, values.dropna()
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return [check.ge(0)] if len(known) and known.min() >= 0 else []
    if isinstance(values.dtype, pd.StringDtype) or values.dtype == object:
        kinds = known.astype(str).unique()
        if 0 < len(kinds) <= _CATEGORIES and len(known) >= _ROWS_EACH * len(kinds):
            return [check.isin(sorted(kinds))]
    return []


def read_schema(path: Path) -> Any:
    """Return the schema that a file holds.

    Raises
    ------
    CannotRun
        If Pandera is not installed, or the file is no schema.
    """
    pandera = _pandera()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            schema = pandera.DataFrameSchema.from_yaml(path.read_text(encoding="utf-8"))
        if not schema.columns:
            raise ValueError("no columns")
    except Exception as error:
        raise CannotRun(
            f"{path.name} is no schema that Pandera reads ({type(error).__name__}).",
            "Mend it, or write a fresh one: `%nw schema MODEL --write`.",
        ) from error
    return schema


def write_schema(schema: InferredSchema, path: Path) -> None:
    """Write a schema to a new file.

    Raises
    ------
    UsageError
        If there is a file already, or it cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(schema.pandera.to_yaml())
    except FileExistsError:
        raise UsageError(
            f"There is a schema at {path} already.", "Edit it, or move it away for a fresh one."
        ) from None
    except OSError as error:
        raise UsageError(
            f"The schema cannot be written to {path}: {(error.strerror or str(error)).lower()}.",
            "Name a file in a folder that is there and that you may write to.",
        ) from error


def broken_columns(schema: Any, frame: pd.DataFrame) -> list[tuple[str, str, list[Any]]]:
    """Return the columns that break a schema, by which rule, and in which rows."""
    errors = _pandera().errors
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            schema.validate(frame, lazy=True)
        except errors.SchemaErrors as found:
            cases = found.failure_cases
        else:
            return []
    rows: dict[tuple[str, str], list[Any]] = {}
    for column, rule, case, index in zip(
        cases["column"], cases["check"], cases["failure_case"], cases["index"], strict=True
    ):
        known = column if isinstance(column, str) else str(case)
        place = rows.setdefault((known, str(rule)), [])
        if index is not None and index == index:  # a fault of the whole column has no row
            place.append(index)
    return [(column, rule, found) for (column, rule), found in rows.items()]


def _words(rule: str) -> str:
    name = rule.partition("(")[0]
    if name in _WORDS:
        return _WORDS[name]
    return f"breaks the rule {rule}"


def _pandera() -> Any:
    try:
        import pandera.pandas as pandera
    except ImportError as error:
        raise CannotRun("Schemas are read by Pandera, which is not installed.", _INSTALL) from error
    return pandera


CHECKS = (Schema,)
