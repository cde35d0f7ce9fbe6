"""What every result shown to a person can do."""

from __future__ import annotations

import html as html_module
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_STYLE = "border-collapse:collapse;font-size:13px;margin:4px 0"
_CELL = "text-align:left;padding:2px 12px 2px 0;border-bottom:1px solid rgba(128,128,128,.35)"

#: A time as `local_second` and its like write it: it stays on one line.
_TIME = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?")


class View:
    """A result with a text, an HTML and a JSON form.

    Subclasses give :meth:`text`, :meth:`html` and :meth:`data`. The HTML is
    static, needs no script, and escapes every name and value, so it survives
    nbconvert, GitHub and VS Code.
    """

    def text(self) -> str:
        """Return the plain form, without a trailing newline."""
        raise NotImplementedError

    def html(self) -> str:
        """Return a static HTML fragment."""
        return f"<pre>{escape(self.text())}</pre>"

    def data(self) -> Any:
        """Return JSON values with stable field names."""
        raise NotImplementedError

    def exit_code(self) -> int:
        """Return what the shell command exits with: 0 unless the result is a 'no'."""
        return 0

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


@dataclass(repr=False)
class Message(View):
    """A sentence or a few."""

    message: str
    details: Any = None

    def text(self) -> str:
        return self.message

    def html(self) -> str:
        return f"<div>{prose(self.message)}</div>"

    def data(self) -> Any:
        return {"message": self.message, **(self.details or {})}


class Code(Message):
    """Lines of code, as they are."""

    def html(self) -> str:
        return f"<pre>{escape(self.message)}</pre>"


class Drawing(str):
    """A cell of a table whose characters stand under each other."""


@dataclass(repr=False)
class Table(View):
    """Rows under headings.

    Parameters
    ----------
    columns : sequence of str
        The headings.
    rows : sequence of sequences
        Cells; anything with a `str`.
    caption : str, default ""
        A line above.
    records : list, optional
        What :meth:`data` returns; by default the rows as dictionaries.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str = ""
    empty: str = "Nothing yet."
    records: list[Any] | None = None

    def text(self) -> str:
        if not self.rows:
            return "\n".join(filter(None, [self.caption, self.empty]))
        cells = [[str(c) for c in self.columns], *[[str(c) for c in row] for row in self.rows]]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
        lines.insert(1, "  ".join("-" * w for w in widths))
        if not any(self.columns):
            del lines[:2]
        return "\n".join(line.rstrip() for line in filter(None, [self.caption, *lines]))

    def html(self) -> str:
        caption = f"<div><b>{prose(self.caption)}</b></div>" if self.caption else ""
        if not self.rows:
            return f"{caption}<div>{prose(self.empty)}</div>"
        head = "".join(f'<th style="{_CELL}">{escape(c)}</th>' for c in self.columns)
        body = "".join("<tr>" + "".join(_cell(c) for c in row) + "</tr>" for row in self.rows)
        return f'{caption}<table style="{_STYLE}"><tr>{head}</tr>{body}</table>'

    def data(self) -> Any:
        if self.records is not None:
            return self.records
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(repr=False)
class Page(View):
    """Several views, one under the other, with one JSON form."""

    parts: Sequence[View]
    record: Any = None
    code: int = 0

    def text(self) -> str:
        return "\n\n".join(filter(None, (part.text() for part in self.parts)))

    def html(self) -> str:
        return "".join(f'<div style="margin-bottom:8px">{part.html()}</div>' for part in self.parts)

    def data(self) -> Any:
        return self.record if self.record is not None else [part.data() for part in self.parts]

    def exit_code(self) -> int:
        return self.code


def _cell(value: Any) -> str:
    if isinstance(value, Drawing):
        inside = f'<code style="white-space:pre;background:none">{escape(value)}</code>'
        return f'<td style="{_CELL};border-bottom:none;padding:0 12px 0 0">{inside}</td>'
    whole = ";white-space:nowrap" if _TIME.fullmatch(str(value)) else ""
    return f'<td style="{_CELL}{whole}">{prose(value)}</td>'


def escape(value: Any) -> str:
    """Return `value` as text that is safe inside HTML and its attributes."""
    return html_module.escape(str(value), quote=True)


def prose(value: Any) -> str:
    """Return `value` as safe HTML in which what stands between backquotes is code.

    Examples
    --------
    >>> prose("Run `%nw runs` <now>.")
    'Run <code>%nw runs</code> &lt;now&gt;.'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(value))


def tint(colour: str) -> str:
    """Return the CSS for text in a colour that stays legible in light and dark themes.

    Where a browser can, the colour leans towards that of the text around it.
    """
    return f"color:{colour};color:color-mix(in srgb,{colour} 65%,currentcolor)"
