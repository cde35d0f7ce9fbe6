"""A copy of the demo notebooks to work in, so that those in the checkout stay as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

from notewright.workspace import Workspace


def working_copy(source: Path, folder: Path) -> None:
    """Copy the notebooks and their data to `folder`, without what was made beside them."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".*", "packages"))
    # A workspace of its own, also where the checkout lies inside another one.
    Workspace(folder)
