"""What a notebook's run in a fresh kernel left in the store, taken away again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from notewright.workspace import STORE, Workspace


@dataclass
class Leftovers:
    """The history of one run that came to nothing.

    Parameters
    ----------
    existing : Path or None
        The workspace that was there before.
    """

    existing: Path | None
    _noted: list[tuple[Path, str]] = field(default_factory=list)

    @classmethod
    def before(cls, folder: Path) -> Leftovers:
        """Look what is there before the notebook in `folder` is run."""
        return cls(Workspace.existing(folder))

    def noted(self, root: Path, session: str) -> None:
        """Note where the run is recorded."""
        self._noted.append((root, session))

    def clear(self) -> None:
        """Forget the run, and the store with it if it was made for it.

        What else was recorded there meanwhile, by this notebook's cells or by others, stays.
        """
        for root, session in self._noted:
            workspace = Workspace(root)
            if workspace.read_only or not workspace.history.forget(session):
                continue
            if self.existing is None and workspace.store.is_blank():
                workspace.store.catalog.close()
                shutil.rmtree(root / STORE)
