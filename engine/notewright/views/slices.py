"""What made a variable, line by line, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from notewright.packaging.statement_slices import SlicedCell, SlicedStatement, StatementSlice
from notewright.views.base import Code, Message, Page, Table, View, escape, prose, tint
from notewright.words import number_of

_KEPT, _DROPPED, _BOTH = "+", "−", "±"
_COLOURS = {_KEPT: "#1a7f37", _DROPPED: "#57606a", _BOTH: "#9a6700"}


def slice_view(found: StatementSlice, *, why: bool = False) -> View:
    """Show what made a variable.

    Parameters
    ----------
    found : StatementSlice
        What made it.
    why : bool, default False
        Say of each kept statement why it is kept.
    """
    if found.impossible is not None:
        words = (
            f"`{found.cells.name}` cannot be followed statement by statement: "
            f"{found.impossible}. These are the cells that made it."
        )
        return Page([Message(words), *_whole_cells(found)], _record(found))
    return LinesView(found, why)


def _whole_cells(found: StatementSlice) -> Iterator[View]:
    cells = found.cells
    yield Code(
        "\n\n".join(f"# [{e.ordinal}] {cells.reasons[e.id]}\n{e.code}" for e in cells.executions)
    )
    yield Table(
        ["not needed"],
        [(e.words,) for e in cells.dropped if e.has_code],
        empty="Every cell is needed.",
    )


@dataclass
class _Line:
    """One line of a cell: its mark, its text, and what is said below it."""

    text: str
    mark: str = " "
    reasons: tuple[str, ...] = ()
    heading: bool = False


@dataclass(repr=False)
class LinesView(View):
    """The notebook as it ran, with what is kept and what is dropped marked."""

    found: StatementSlice
    why: bool = False

    def text(self) -> str:
        return "\n".join(self._text_lines())

    def _text_lines(self) -> Iterator[str]:
        yield self._title()
        for line in self._lines():
            if line.heading:
                yield f"\n{line.text}"
                continue
            yield f"{line.mark} {line.text}".rstrip()
            yield from (f"      {reason}" for reason in line.reasons)

    def html(self) -> str:
        return f"<div>{prose(self._title())}</div>" + "".join(map(_html, self._lines()))

    def data(self) -> Any:
        return _record(self.found)

    def _title(self) -> str:
        every = [s for c in self.found.sliced for s in c.statements]
        kept = sum(s.kept for s in every)
        cells = sum(c.kept for c in self.found.sliced)
        return (
            f"`{self.found.cells.name}` depends on {kept} of "
            f"{number_of(len(every), 'statement')}, in {cells} of "
            f"{number_of(len(self.found.sliced), 'cell')}."
        )

    def _lines(self) -> Iterator[_Line]:
        for cell in self.found.sliced:
            execution = cell.execution
            stopped = "" if execution.status == "ok" else f", stopped with {execution.error}"
            yield _Line(f"cell [{execution.number or execution.ordinal}]{stopped}", heading=True)
            yield from self._code(cell)

    def _code(self, cell: SlicedCell) -> Iterator[_Line]:
        lines = cell.execution.code.splitlines()
        while lines and not lines[-1].strip():
            lines.pop()
        for number, text in enumerate(lines, 1):
            here = [s for s in cell.statements if s.first <= number <= s.last]
            ended = [s for s in here if s.last == number] if self.why else []
            yield _Line(text, _mark(here, number), tuple(w for s in ended for w in _said(s)))


def _said(statement: SlicedStatement) -> Iterator[str]:
    yield from (reason.words for reason in statement.reasons)
    if statement.idle:
        yield "on the path, changed nothing on this data"


def _mark(statements: list[SlicedStatement], number: int) -> str:
    """Return the mark of a line of statements."""
    if not statements:
        return " "
    kept = {s.kept and number not in s.without for s in statements}
    if len(kept) == 2:
        return _BOTH
    return _KEPT if kept == {True} else _DROPPED


def _html(line: _Line) -> str:
    if line.heading:
        return f'<div style="margin:6px 0 2px"><b>{escape(line.text)}</b></div>'
    code = "white-space:pre-wrap;font-family:monospace;font-size:12px"
    sign = (
        f'<span style="{tint(_COLOURS[line.mark])}">{line.mark}</span>' if line.mark != " " else " "
    )
    dim = "" if line.mark in (_KEPT, _BOTH) else f' style="{tint(_COLOURS[_DROPPED])}"'
    shown = f'<div style="{code}">{sign} <span{dim}>{escape(line.text)}</span></div>'
    said = f'<div style="margin-left:4em;font-size:12px;{tint(_COLOURS[_DROPPED])}">'
    return shown + "".join(f"{said}{prose(reason)}</div>" for reason in line.reasons)


def _record(found: StatementSlice) -> dict[str, Any]:
    cells = found.cells
    return {
        "variable": cells.name,
        "level": "statements" if found.impossible is None else "cells",
        "impossible": found.impossible,
        "executions": [
            {"id": e.id, "ordinal": e.ordinal, "code": e.code, "reason": cells.reasons[e.id]}
            for e in cells.executions
        ],
        "dropped": [{"id": e.id, "ordinal": e.ordinal} for e in cells.dropped],
        "files": [{"path": f.path, "digest": f.digest} for f in cells.files],
        "cells": [_cell(cell) for cell in found.sliced],
    }


def _cell(cell: SlicedCell) -> dict[str, Any]:
    execution = cell.execution
    lines = execution.code.splitlines()
    return {
        "id": execution.id,
        "ordinal": execution.ordinal,
        "number": execution.number,
        "kept": cell.kept,
        "statements": [
            {
                "first": s.first,
                "last": s.last,
                "code": "\n".join(lines[s.first - 1 : s.last]),
                "kept": s.kept,
                "stopped": s.stopped,
                "idle": s.idle,
                "without": list(s.without),
                "reasons": [
                    {
                        "how": r.how,
                        "name": r.name,
                        "by": [{"execution": e, "line": line} for e, line in r.by],
                        "text": r.words,
                    }
                    for r in s.reasons
                ],
            }
            for s in cell.statements
        ],
    }
