"""What the source says of the call that a frame is making."""

from __future__ import annotations

import ast
import functools
import linecache
import types
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Libraries whose own calls of metrics (folds, early stopping) are not the user's.
FITTING = {"sklearn", "xgboost", "lightgbm", "catboost", "imblearn", "mlxtend"}
#: First and last line, first and last column.
Place = tuple[int | None, int | None, int | None, int | None]


@dataclass(frozen=True)
class Assignment:
    """One assignment: where it is, what it binds, and to what."""

    line: int
    targets: list[ast.expr]
    value: ast.expr

    @functools.cached_property
    def names(self) -> set[str]:
        """The names that it mentions as targets."""
        parts = (part for target in self.targets for part in ast.walk(target))
        return {part.id for part in parts if isinstance(part, ast.Name)}

    def value_for(self, name: str) -> ast.expr | None:
        """Return what `name` is bound to, where that is an expression of its own."""
        for target in self.targets:
            if isinstance(target, ast.Name) and target.id == name:
                return self.value
            if isinstance(target, ast.Tuple) and isinstance(self.value, ast.Tuple):
                names = [getattr(part, "id", None) for part in target.elts]
                if name in names and len(names) == len(self.value.elts):
                    return self.value.elts[names.index(name)]
        return None


@dataclass(frozen=True)
class Source:
    """A source's calls by their place, and its assignments, latest first."""

    calls: dict[Place, ast.Call]
    assignments: list[Assignment]


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: its source, and what names stand for.

    Parameters
    ----------
    source : Source or None
    values : mapping
        The objects by name.
    first : int
        Within a function only what is below its first line counts.
    """

    source: Source | None
    values: Mapping[str, Any]
    first: int = 0

    @classmethod
    def of(cls, frame: types.FrameType) -> Scope:
        """Return where the code stands that `frame` runs."""
        inside = frame.f_code.co_name != "<module>"
        values = ChainMap(frame.f_locals, frame.f_globals)
        return cls(source_of(frame), values, frame.f_code.co_firstlineno if inside else 0)

    def above(self, line: int) -> Iterator[Assignment]:
        """Yield the assignments above a line, the latest first."""
        made = () if self.source is None else self.source.assignments
        return (each for each in made if self.first < each.line < line)


def package_of(frame: types.FrameType) -> str:
    """Return the name of the library whose code `frame` runs."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def source_of(frame: types.FrameType) -> Source | None:
    """Return the source that `frame` runs, where there is one."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    return _parsed("".join(lines)) if lines else None


def call_at(frame: types.FrameType) -> ast.Call | None:
    """Return the call expression that `frame` is executing."""
    source = source_of(frame)
    if source is None:
        return None
    positions = _positions(frame.f_code, frame.f_code.co_linetable)
    index = frame.f_lasti // 2
    return source.calls.get(positions[index]) if index < len(positions) else None


@functools.lru_cache(maxsize=8)
def _parsed(source: str) -> Source | None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    calls: dict[Place, ast.Call] = {}
    assignments = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            place = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
            calls[place] = node
        elif isinstance(node, ast.Assign):
            assignments.append(Assignment(node.lineno, node.targets, node.value))
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            assignments.append(Assignment(node.lineno, [node.target], node.value))
    assignments.sort(key=lambda made: -made.line)
    return Source(calls, assignments)


@functools.lru_cache(maxsize=64)
def _positions(code: types.CodeType, table: bytes) -> list[Place]:
    # Equal code may stand in other columns; its table of places tells it apart.
    return list(code.co_positions())
