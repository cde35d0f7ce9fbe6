"""The pickled data files that a model's notebook read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.governance.checks.pickle_files import SUFFIXES, Looked, look

if TYPE_CHECKING:
    from notewright.governance.checks.material import Material


def look_at_files(material: Material, limit: int) -> Iterator[tuple[str, Looked | None]]:
    """Yield the data files that were read up to the run, and what their pickles name.

    A file is looked at as it was read; where it is another now, the copy that a snapshot kept;
    where there is neither, None.

    Parameters
    ----------
    material : Material
        The version.
    limit : int
        How many bytes may come out of one file.
    """
    with ExitStack() as copies:
        for file in _files(material):
            path = _as_read(material, file, copies)
            if path is None:
                if Path(file.path).suffix.lower() in SUFFIXES:
                    yield file.path, None
                continue
            with path.open("rb") as opened:
                yield file.path, look(opened, file.path, limit)


def _files(material: Material) -> list[Any]:
    run = material.run
    found = list(run.files)
    if run.execution and material.sources.history is not None:
        for execution in material.sources.history.line(run.execution):
            found += execution.files
    return list(dict.fromkeys(found))


def _as_read(material: Material, file: Any, copies: ExitStack) -> Path | None:
    from notewright.lineage.files import is_as_read

    root: Path = material.sources.history.root
    if is_as_read(file, root):
        return root / str(file.path)
    run, snapshots = material.run, material.sources.snapshots
    if not run.snapshot_after:
        return None
    snapshot = snapshots.get(run.snapshot_after)
    kept = {(f.path, f.digest) for f in snapshot.files}
    if (file.path, file.digest) not in kept or snapshot.address(file.path) is None:
        return None
    folder = Path(copies.enter_context(tempfile.TemporaryDirectory(prefix="notewright-")))
    try:
        (copy,) = snapshots.copy_files(snapshot, folder / "copy", [file.path])
    except (NotewrightError, ValueError):
        return None
    return Path(copy)
