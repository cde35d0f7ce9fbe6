"""Which withheld columns a data file has, told from its bytes."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from notewright.state.withheld import Withheld, Withholding

_SEPARATORS = ",;\t|"
_FIRST_ROWS = 20
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
    """Yield what the first rows name, whatever separates them; a title may stand above them."""
    for separator in _SEPARATORS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        for row in itertools.islice(rows, _FIRST_ROWS):
            yield from row
    # Words of the first line, for any other separator.
    yield from re.split(r"[^\w ]+", text.lstrip().partition("\n")[0])


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip():
            yield from _strings(json.loads(line))


def _strings(value: Any) -> Iterator[str]:
    """Yield every name, and every text: a form of JSON lists the names of columns apart."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from _strings(held)
    elif isinstance(value, list):
        for held in value:
            yield from _strings(held)


_READERS: dict[str, Callable[[str], Iterator[str]]] = {
    ".csv": _header,
    ".tsv": _header,
    ".jsonl": _lines,
    ".json": lambda text: _strings(json.loads(text)),
}
