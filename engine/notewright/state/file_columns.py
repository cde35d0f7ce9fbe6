"""Which withheld columns a data file has, told from its bytes."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from notewright.state.withheld import Withheld, Withholding

_SEPARATORS = ",;\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def withheld_in_file(data: bytes, path: str, withholding: Withholding) -> tuple[Withheld, ...]:
    """Return which withheld columns a file has; all of them where its columns cannot be told.

    Parameters
    ----------
    data : bytes
        The file's content.
    path : str
        Its name, whose end says what it is.
    withholding : Withholding

    Examples
    --------
    >>> some = Withholding((Withheld("income", ()),))
    >>> withheld_in_file(b'"Income";age', "people.csv", some)
    (<withheld: income (nobody may see it)>,)
    >>> withheld_in_file(b"name,age", "people.csv", some)
    ()
    >>> withheld_in_file(b"...", "people.bin", some)
    (<withheld: income (nobody may see it)>,)
    """
    if not withholding:
        return ()
    names = _READERS.get(PurePosixPath(path).suffix.lower())
    if names is None:
        return withholding.columns
    try:
        return withholding.among(names(_text(data)))
    except (ValueError, RecursionError, csv.Error):
        return withholding.columns


def is_table_file(path: str) -> bool:
    """Tell whether a file is of a kind whose columns can be told.

    Examples
    --------
    >>> is_table_file("errors.csv"), is_table_file("curve.png")
    (True, False)
    """
    return PurePosixPath(path).suffix.lower() in _READERS


def _text(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding)
    return data.decode("utf-8", "replace")


def _header(text: str) -> Iterator[str]:
    """Yield what the first line with words names, whatever separates it."""
    lines = (line for line in text.splitlines() if line.strip())
    first = next(lines, "")
    for separator in _SEPARATORS:
        yield from next(csv.reader([first], delimiter=separator, skipinitialspace=True), [])


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip():
            yield from _keys(json.loads(line))


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from _keys(held)
    elif isinstance(value, list):
        for held in value:
            yield from _keys(held)


_READERS: dict[str, Callable[[str], Iterator[str]]] = {
    ".csv": _header,
    ".tsv": _header,
    ".jsonl": _lines,
    ".json": lambda text: _keys(json.loads(text)),
}
