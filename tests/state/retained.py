"""What the tests of `gc` look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from notewright.progress import Progress
from notewright.state.retention import Rules
from notewright.store.integrity import verify_store
from notewright.workspace import Workspace

STRICT = Rules(last=1, daily=0, named=False)


def on_disk(workspace: Workspace) -> int:
    packs = workspace.store.objects.root / "packs"
    return sum(pack.stat().st_size for pack in packs.iterdir())


def assert_sound(root: Path) -> None:
    again = Workspace(root)
    report = verify_store(again.store, Progress(), again.snapshots.needs)
    assert report.sound, report


def block(seed: int, count: int = 40_000) -> np.ndarray:
    return np.random.default_rng(seed).random(count)


def auto(notebook, code: str):
    """Run a cell with a snapshot after it; return what went wrong."""
    notebook.recorder.autosnapshot = True
    notebook.run(code)
    notebook.recorder.autosnapshot = False
    problems, notebook.recorder.problems[:] = notebook.recorder.problems[:], []
    return problems
