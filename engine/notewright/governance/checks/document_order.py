"""The cells behind a model, set beside the notebook's document: where they stand in it now."""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.governance.checks.cell_code import parsed
from notewright.governance.checks.needed_names import definitions, made, needed
from notewright.lineage.slices import slice_line
from notewright.lineage.writes import touched_names
from notewright.state.contents import document_path
from notewright.words import short_line_of

if TYPE_CHECKING:
    from notewright.governance.checks.material import Material

_LARGEST = 64 << 20
#: What the shell itself puts into every notebook.
SHELLS = {"In", "Out", "display", "exit", "get_ipython", "open", "quit"}


@dataclass(frozen=True)
class Place:
    """One code cell of the notebook as it stands.

    Parameters
    ----------
    at : int
        Its place among the code cells, from 0.
    id : str or None
        The cell's id.
    source : str
        What is in it now.
    count : int or None
        The number it was last run as, where the document says it.
    """

    at: int
    id: str | None
    source: str
    count: int | None = None

    @property
    def label(self) -> str:
        """What to call it: its number, or its place, and its first line."""
        number = f"cell [{self.count}]" if self.count else f"the code cell at place {self.at + 1}"
        return f"{number} `{short_line_of(self.source)}`"

    @cached_property
    def tree(self) -> ast.Module:
        """Its code; empty where it is no Python."""
        return parsed(self.source)

    @cached_property
    def makes(self) -> frozenset[str]:
        """The names it binds at its top level."""
        return made(self.tree)

    @cached_property
    def touches(self) -> frozenset[str]:
        """The names it binds or writes into at its top level."""
        return frozenset(touched_names(ast.unparse(self.tree)))


@dataclass(frozen=True)
class Standing:
    """The executions that made a model, and the cells of the notebook.

    Parameters
    ----------
    kept : tuple of Execution
        What the model depends on, in the order it ran.
    line : tuple of Execution
        All that ran up to the run, in order.
    places : tuple of Place
        The notebook's code cells; in the document's order if that is known, else the newest
        source of each cell that ran.
    ordered : bool
        Whether the document's order is known.
    """

    kept: tuple[Any, ...]
    line: tuple[Any, ...]
    places: tuple[Place, ...]
    ordered: bool

    @property
    def latest(self) -> list[Any]:
        """The last execution of each cell that the model depends on."""
        return list({e.cell or e.source: e for e in self.kept}.values())

    @property
    def is_whole(self) -> bool:
        """Whether every cell that the model depends on stands there as it ran last."""
        places = [(e, self.place(e)) for e in self.latest]
        return all(p is not None and _same(p.source, e.source) for e, p in places)

    def place(self, execution: Any) -> Place | None:
        """Return the cell of an execution as it stands; None where it is gone."""
        if execution.cell is not None:
            for place in self.places:
                if place.id == execution.cell:
                    return place
        return next((p for p in self.places if _same(p.source, execution.source)), None)

    def needs(self, execution: Any) -> list[str]:
        """Return the variables that an execution needed to be there before it."""
        names = needed(parsed(execution.code), self.definitions) & set(execution.reads)
        return sorted(n for n in names if not n.startswith("_") and n not in SHELLS)

    def writer(self, name: str, before: Any) -> Any:
        """Return the execution that last wrote a variable before another ran, or None."""
        found = None
        for execution in self.line:
            if execution.id == before.id:
                return found
            if name in _written(execution):
                found = execution
        return found

    def writes(self, place: Place, name: str) -> bool:
        """Tell whether a cell writes a variable, by its text or as it was seen to."""
        return name in place.touches or name in self._seen_to_write.get(place.at, ())

    @cached_property
    def definitions(self) -> dict[str, frozenset[str]]:
        """The functions and classes of the cells, with the global names they look up."""
        found: dict[str, frozenset[str]] = {}
        for execution in self.line:
            found |= definitions(parsed(execution.code))
        return found

    @cached_property
    def _seen_to_write(self) -> dict[int, set[str]]:
        latest: dict[int, set[str]] = {}
        for execution in self.line:
            place = self.place(execution)
            if place is not None and _same(place.source, execution.source):
                latest[place.at] = _written(execution)
        return latest


def standing(material: Material) -> Standing | None:
    """Return the cells behind the model and where they stand; None where no notebook made it.

    The document is the copy that the run's snapshot kept, if all these cells are in it; else the
    one on disk, if it was saved after the run. So what is found does not change when somebody
    goes on with the notebook.

    Raises
    ------
    CannotRun
        If there are no cells at all.
    """
    sources = material.sources
    if not material.cells or sources.history is None or not material.run.session:
        return None
    run = material.run
    line = tuple(sources.history.line(run.execution)) if run.execution else ()
    if not line or run.model is None:
        return None
    made_by = slice_line(line, run.model.variable).executions
    # What a restore brought back stands in no cell.
    kept = tuple(e for e in made_by if e.has_code and e.restored is None)
    copy = Standing(kept, line, _kept_document(material), ordered=True)
    if copy.is_whole:
        return copy
    saved = Standing(kept, line, _saved_document(material, line[-1]), ordered=True)
    for found in (saved, copy):
        if found.place(line[-1]) is not None:
            return found
    return Standing(kept, line, tuple(_newest(line)), ordered=False)


def _saved_document(material: Material, last: Any) -> tuple[Place, ...]:
    """Return the document's cells; none if it is from before the run, and says nothing of it."""
    session = material.sources.history.session(material.run.session)
    path = document_path(session.notebook, Path(session.directory))
    ended = datetime.fromisoformat(last.started).timestamp() + last.seconds
    try:
        if path is None or not path.is_file() or path.stat().st_mtime < ended:
            return ()
        return code_cells(_read(path))
    except (OSError, ValueError, RecursionError):
        return ()


def _kept_document(material: Material) -> tuple[Place, ...]:
    run, snapshots = material.run, material.sources.snapshots
    if not run.snapshot_after:
        return ()
    snapshot = snapshots.get(run.snapshot_after)
    document = snapshot.document
    if document is None or snapshot.address(document.path) is None:
        return ()
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        try:
            (copy,) = snapshots.copy_files(snapshot, Path(folder) / "copy", [document.path])
            return code_cells(_read(copy))
        except (NotewrightError, OSError, ValueError, RecursionError):
            return ()


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST:
        raise ValueError("it is too large")
    return path.read_bytes()


def code_cells(document: bytes) -> tuple[Place, ...]:
    """Return the code cells of a document.

    Raises
    ------
    ValueError
        If it is no notebook.
    """
    content = json.loads(document)
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it is not a notebook")
    found: list[Place] = []
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            text = "".join(source) if isinstance(source, list) else str(source)
            id_, count = cell.get("id"), cell.get("execution_count")
            found.append(
                Place(
                    len(found),
                    id_ if isinstance(id_, str) else None,
                    text,
                    count if type(count) is int else None,
                )
            )
    return tuple(found)


def _newest(executions: Sequence[Any]) -> Iterator[Place]:
    """Yield each cell as it ran last; a cell without an id is known by its source."""
    newest: dict[str, Any] = {}
    for execution in executions:
        newest[execution.cell or f"source:{execution.source}"] = execution
    for at, execution in enumerate(newest.values()):
        yield Place(at, execution.cell, execution.source)


def _written(execution: Any) -> set[str]:
    """Return the variables that an execution bound, changed or wrote into."""
    touched = execution.touched if execution.status == "ok" else ()
    return {*execution.changed, *execution.deleted, *touched}


def _same(one: str, other: str) -> bool:
    return one.strip() == other.strip()
