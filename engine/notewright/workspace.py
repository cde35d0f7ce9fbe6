"""One project folder and everything Notewright knows of it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from notewright.store import Store

if TYPE_CHECKING:
    from notewright.lineage.history import History
    from notewright.state.diff import SnapshotDiff
    from notewright.state.snapshots import Snapshots

STORE = ".notewright"


class Workspace:
    """A project and its ``.notewright/`` store; services open when first used.

    Parameters
    ----------
    root : Path
        The project's folder; the store is made when missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.store = Store(self.root / STORE)

    @classmethod
    def find(cls, path: Path | str | None = None) -> Workspace:
        """Return the workspace that `path` is in, or start one there."""
        start = Path(path or ".").resolve()
        existing = cls.existing(start)
        return cls(existing or start)

    @staticmethod
    def existing(path: Path) -> Path | None:
        """Return the nearest folder from `path` upward that has a store, or None."""
        for folder in (path, *path.parents):
            if (folder / STORE / "catalog.sqlite").is_file():
                return folder
        return None

    # -- state and lineage ---------------------------------------------------------

    @cached_property
    def snapshots(self) -> Snapshots:
        """The snapshots of the notebooks' variables."""
        from notewright.state.snapshots import Snapshots

        return Snapshots(
            self.store,
            signer=lambda: self.identities.me(),
            trusted=lambda public: self.identities.is_trusted(public),
        )

    @cached_property
    def history(self) -> History:
        """The executed cells."""
        from notewright.lineage.history import History

        return History(self.store, self.root)

    def diff(self, old: str, new: str) -> SnapshotDiff:
        """Return how two snapshots differ; each by id, ``HEAD~2`` or tag."""
        from notewright.state.diff import diff

        snapshots = self.snapshots
        return diff(self.store, snapshots, snapshots.get(old), snapshots.get(new))

    # -- experiments ---------------------------------------------------------------

    @cached_property
    def runs(self) -> Runs:
        """The recorded runs."""
        from notewright.experiments.runs import Runs

        return Runs(self.store, self.snapshots, self.history)

    @cached_property
    def models(self) -> Models:
        """The registered model versions and their aliases."""
        from notewright.experiments.models import Models

        return Models(self.store, self.runs, self.audit.append)

    # -- governance ----------------------------------------------------------------

    @cached_property
    def identities(self) -> Identities:
        """Who is who: names and public keys."""
        from notewright.governance.identities import Identities

        return Identities(self.store, lambda *words, **more: self.audit.append(*words, **more))

    @cached_property
    def audit(self) -> AuditLog:
        """The audit log."""
        from notewright.governance.audit.log import AuditLog

        return AuditLog(self.store, self.identities)
