"""A table that comes from no file, as a file that gives exactly the same table."""

from __future__ import annotations

import ast
import io
import warnings
from pathlib import Path
from typing import Any

from notewright.errors import ExportFailed


def write_rows(table: Any, file: Path) -> None:
    """Write `table` as CSV that gives every value back.

    Raises
    ------
    ExportFailed
        If CSV cannot hold it.
    """
    keywords(table)
    file.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(file, index=False)


def read_back(table: Any) -> Any:
    """Return `table` as the package will read it: the same values, perhaps in other places.

    Where values lie in memory decides the order of sums, and with it their last digits.
    """
    import pandas as pd

    try:
        given = keywords(table)
    except ExportFailed:
        return table  # the export says so when it writes the rows
    return pd.read_csv(io.StringIO(table.to_csv(index=False)), **given)


def reading_call(setting: str, table: Any) -> ast.expr:
    """Return the call that reads what :func:`write_rows` wrote."""
    words = "".join(f", {name}={value!r}" for name, value in keywords(table).items())
    return ast.parse(f"pd.read_csv(settings.{setting}{words})", mode="eval").body


def keywords(table: Any) -> dict[str, Any]:
    """Return what ``read_csv`` must be given to read `table` back exactly.

    Raises
    ------
    ExportFailed
        If CSV cannot hold it.
    """
    import pandas as pd

    text = table.to_csv(index=False)
    dates = [str(name) for name, dtype in table.dtypes.items() if dtype.kind == "M"]
    given: dict[str, Any] = {"parse_dates": dates} if dates else {}
    problem = ""
    # Versions of pandas differ in whether they read every digit by themselves.
    for exact in ({}, {"float_precision": "round_trip"}):
        options: dict[str, Any] = {**given, **exact}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            again = pd.read_csv(io.StringIO(text), **options)
        try:
            pd.testing.assert_frame_equal(again, table, check_exact=True)
        except AssertionError as error:
            problem = " ".join(str(error).split())
        else:
            return options
    raise ExportFailed(
        f"The rows that the notebook made or queried cannot be kept as CSV: {problem[:200]}.",
        "Write them to a file yourself, `table.to_csv(..., index=False)`, and go on from "
        "`pd.read_csv(...)`.",
    )
