"""What the cells of a run put out, as far as the notebook's document and the history keep it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.governance.checks.base import CannotRun

if TYPE_CHECKING:
    import pandas as pd

    from notewright.governance.checks.evidence import Sources

#: Documents that are larger are not read.
_LARGEST = 64 << 20
#: Of one output so many characters are looked at.
_LONGEST = 1_000_000
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TAG = re.compile(r"<[^<>]{0,2000}>")
#: Of HTML so many characters are read as tables.
_TABLES = 300_000

WHEN = "the notebook as it was saved when the run ended"
NOW = "the notebook as it is saved now"
HISTORY = "the history of executions"


@dataclass(frozen=True)
class Output:
    """What one cell put out.

    Parameters
    ----------
    cell : str
        What the cell is called.
    where : str
        What keeps it.
    text : str
        All text in it, the markup taken out.
    tables : tuple of DataFrame
        The tables in it, all cells as text.
    source : str
        The cell's code, from which a name for it may be made.
    """

    cell: str
    where: str
    text: str
    tables: tuple[pd.DataFrame, ...] = ()
    source: str = ""


def kept_outputs(run: Any, sources: Sources) -> list[Output]:
    """Return the outputs that are kept of a run's notebook, and what its cells failed with.

    Parameters
    ----------
    run : Run
        The run.
    sources : Sources
        Snapshots hold the document, the history holds errors.

    Raises
    ------
    CannotRun
        If the run was not recorded in a notebook, or its document was too large to be kept.
    """
    if not run.session or not run.snapshot_after:
        raise CannotRun(
            "The run was not recorded in a notebook, so its outputs are not known.",
            "Train the model in a `%%nw run` cell.",
        )
    found = [
        Output(e.words, HISTORY, e.error, source=e.source)
        for e in sources.history.executions(run.session)
        if e.error
    ]
    snapshot = sources.snapshots.get(run.snapshot_after)
    if snapshot.document is None:
        return found
    data = sources.snapshots.document(snapshot)
    if data is None:
        raise CannotRun(
            "The notebook was too large for its outputs to be kept with the run.",
            "Clear large outputs, save the notebook and run the cell again.",
        )
    found += outputs_of(data, WHEN)
    live = _read(Path(sources.history.root) / snapshot.document.path)
    if live is not None and live != data:
        found += outputs_of(live, NOW)
    return found


def outputs_of(document: bytes, where: str) -> list[Output]:
    r"""Return the outputs in a notebook's document (nbformat 4); none if it is no notebook.

    Examples
    --------
    >>> said = {"output_type": "stream", "text": ["a\n", "b"]}
    >>> cell = {"cell_type": "code", "execution_count": 3, "source": "", "outputs": [said]}
    >>> [(o.cell, o.text) for o in outputs_of(json.dumps({"cells": [cell]}).encode(), WHEN)]
    [('cell [3]', 'a\nb')]
    """
    try:
        read = json.loads(document)
    except (ValueError, RecursionError):
        return []  # it is being written, or it never was one
    found = []
    for place, cell in enumerate(_list(_get(read, "cells")), 1):
        texts, tables = [], []
        for output in _list(_get(cell, "outputs")):
            for kind, text in _parts(output):
                texts.append(_without_markup(text) if kind == "html" else text)
                if kind == "html" and "<table" in text:
                    tables += tables_in(text[:_TABLES])
        if not texts:
            continue
        number = _get(cell, "execution_count")
        name = f"cell [{number}]" if isinstance(number, int) else f"the cell at place {place}"
        source = _text(_get(cell, "source"))
        found.append(Output(name, where, "\n".join(texts), tuple(tables), source))
    return found


def tables_in(html: str) -> list[pd.DataFrame]:
    """Return the tables in some HTML, every cell as text; the first row gives the names."""
    import pandas as pd

    reader = _Tables()
    reader.feed(html)
    found = []
    for rows in reader.tables:
        width = max((len(row) for row in rows), default=0)
        even = [row + [""] * (width - len(row)) for row in rows]
        if len(even) > 1:
            found.append(pd.DataFrame(even[1:], columns=even[0], dtype=object))
    return found


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self.tables[-1][-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.tables[-1][-1][-1] += data.strip()


def _without_markup(html: str) -> str:
    """Return the text of some HTML, without scripts, styles and tags."""
    for tag in ("script", "style"):
        kept, at, low = [], 0, html.lower()
        while (start := low.find(f"<{tag}", at)) >= 0:
            kept.append(html[at:start])
            end = low.find(f"</{tag}", start)
            at = len(html) if end < 0 else end
        html = " ".join([*kept, html[at:]])
    return _TAG.sub(" ", html)


def _parts(output: Any) -> Iterator[tuple[str, str]]:
    """Yield each text in an output, and whether it is plain or HTML."""
    if _get(output, "output_type") == "error":
        yield "plain", _text(_get(output, "evalue"))
        lines = [_text(line) for line in _list(_get(output, "traceback"))]
        yield "plain", _COLOURS.sub("", "\n".join(lines))
        return
    yield "plain", _COLOURS.sub("", _text(_get(output, "text")))
    data = _get(output, "data")
    for kind, content in data.items() if isinstance(data, dict) else ():
        if kind == "text/html":
            yield "html", _text(content)
        elif str(kind).startswith("text/"):
            yield "plain", _text(content)
        elif str(kind).endswith("json") and not isinstance(content, str):
            yield "plain", json.dumps(content, ensure_ascii=False)[:_LONGEST]


def _text(value: Any) -> str:
    """Return a text that a document may hold as a list of lines."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value[:_LONGEST] if isinstance(value, str) else ""


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _read(path: Path) -> bytes | None:
    """Return the document as it is on disk, or None where there is none that can be read."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return path.read_bytes()
    except OSError:
        return None
