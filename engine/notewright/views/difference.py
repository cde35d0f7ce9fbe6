"""How two snapshots differ, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from notewright.state.describing.details import Detail
from notewright.state.diff import CellChange, SnapshotDiff, VariableChange
from notewright.views.base import View, escape, prose, tint
from notewright.words import number_of, some_of

SIGNS = {"added": "+", "removed": "−", "changed": "~", "unsaved": "·"}
_CELLS = {"added": "", "edited": "edited", "again": "run again", "left": "only in the first"}
_COLOURS = {"+": "#1a7f37", "−": "#cf222e", "-": "#cf222e", "~": "#9a6700"}

#: More variables than that are counted, and beyond so many lines only their first detail is shown.
_VARIABLES = 100
_LINES = 300
_ENTRIES = 20


@dataclass
class _Line:
    """One line of the text: how deep it is indented, and whether it is code."""

    text: str
    indent: int = 0
    sign: str = ""
    code: bool = False
    heading: bool = False
    #: Whether what stands between backquotes is code.
    prose: bool = False


@dataclass(repr=False)
class DiffView(View):
    """Says what differs between two snapshots."""

    diff: SnapshotDiff
    #: Variables that have changed in the notebook since the second snapshot.
    since: tuple[str, ...] = ()

    def text(self) -> str:
        return "\n".join(
            ("\n" if line.heading and at else "")
            + "  " * line.indent
            + (f"{line.sign} " if line.sign else "")
            + line.text.replace("`", "" if line.sign and not line.code else "`")
            for at, line in enumerate(self._lines())
        )

    def html(self) -> str:
        return "".join(_html(line) for line in self._lines())

    def data(self) -> Any:
        diff = self.diff
        return {
            "old": diff.old,
            "new": diff.new,
            "relation": {"kind": diff.relation.kind, "fork": diff.relation.fork},
            "variables": [_record(change) for change in diff.variables],
            "code": [_cell_words(cell) for cell in diff.cells],
            "cells": [
                {
                    "kind": cell.kind,
                    "execution": cell.execution,
                    "text": cell.words,
                    "lines": list(cell.lines),
                    "more": cell.count - len(cell.lines),
                }
                for cell in diff.cells
            ],
            "files": list(diff.files),
            "environment": list(diff.environment),
            "since": list(self.since),
        }

    def _lines(self) -> Iterator[_Line]:
        diff = self.diff
        yield _Line(f"From {diff.old[:6]} to {diff.new[:6]}{self._relation()}", heading=True)
        if not diff.variables:
            yield _Line("No variable differs.")
        count = 0
        for change in diff.variables[:_VARIABLES]:
            lines = list(_variable(change))
            lines = lines if count < _LINES else lines[:2]
            count += len(lines)
            yield from lines
        yield from _more(len(diff.variables) - _VARIABLES, "variable")
        if diff.cells:
            yield _Line("Code executed between them", heading=True)
        count = 0
        for cell in diff.cells[:_ENTRIES]:
            yield _Line(_cell_words(cell), 1, prose=True)
            if count < _LINES:
                yield from _code(cell.lines, cell.count, 2)
            count += len(cell.lines)
        yield from _more(len(diff.cells) - _ENTRIES, "execution")
        for heading, entries in (("Data files", diff.files), ("Environment", diff.environment)):
            if entries:
                yield _Line(heading, heading=True)
            yield from (_Line(entry, 1) for entry in entries[:_ENTRIES])
            yield from _more(len(entries) - _ENTRIES, "entry")
        if self.since:
            yield _Line(
                f"Not in this: {some_of(self.since)} changed in the notebook since "
                f"{diff.new[:6]}. `%nw snapshot` saves that.",
                heading=True,
                prose=True,
            )

    def _relation(self) -> str:
        """Say where the two stand to each other, unless the second just comes after the first."""
        relation = self.diff.relation
        if relation.kind == "fork" and relation.fork is not None:
            return f", another branch: they fork at {relation.fork[:6]}"
        return {
            "before": ", which comes before it",
            "unrelated": ", which has no snapshot in common with it",
        }.get(relation.kind, "")


def _variable(change: VariableChange) -> Iterator[_Line]:
    yield _Line(f"`{change.name}`  {change.summary}", 0, SIGNS[change.kind])
    for detail in change.details:
        yield _Line(_words(change.name, detail), 2)
        yield from _code(detail.lines, detail.count or 0, 3)


def _words(name: str, detail: Detail) -> str:
    """Return a detail with the path from the variable on, as the user would write it."""
    return f"{name}{detail.words}" if detail.where else detail.words


def _record(change: VariableChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "kind": change.kind,
        "type": change.type,
        "summary": change.summary,
        "details": [_words(change.name, d) for d in change.details] or [change.summary],
        "changes": [detail.record() for detail in change.details],
    }


def _code(lines: Sequence[str], count: int, indent: int) -> Iterator[_Line]:
    yield from (_Line(line, indent, code=True) for line in lines)
    if count > len(lines) > 0:
        yield from _more(count - len(lines), "line", indent)


def _more(count: int, noun: str, indent: int = 1) -> Iterator[_Line]:
    if count > 0:
        words = number_of(count, noun).replace("entrys", "entries")
        yield _Line(f"and {words.replace(' ', ' more ', 1)}", indent)


def _cell_words(cell: CellChange) -> str:
    how = _CELLS[cell.kind]
    return f"{cell.words} ({how})" if how else cell.words


def _html(line: _Line) -> str:
    if line.heading:
        return f'<div style="margin:6px 0 2px"><b>{prose(line.text)}</b></div>'
    left = f"margin-left:{line.indent}em"
    if line.code:
        colour = _COLOURS.get(line.text[:1])
        style = f"{left};white-space:pre-wrap;font-family:monospace;font-size:12px"
        style += f";{tint(colour)}" if colour else ""
        return f'<div style="{style}">{escape(line.text)}</div>'
    if line.sign:
        sign = f'<span style="{tint(_COLOURS.get(line.sign, "#57606a"))}">{line.sign}</span> '
        return f'<div style="{left}">{sign}{prose(line.text)}</div>'
    text = prose(line.text) if line.prose else escape(line.text)
    return f'<div style="{left};font-size:13px">{text}</div>'
