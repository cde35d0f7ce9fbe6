"""A kernel beside a store in which nothing can be written: it restores, and records nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from notewright.errors import StoreReadOnly, WouldBeLost
from notewright.lineage.cell import Cell
from notewright.lineage.files import Opened
from notewright.lineage.history import History
from notewright.lineage.recorder import Recorder
from notewright.state.records import Snapshot
from notewright.state.restoring import Restored
from notewright.store.ids import new_id


class Onlooker(Recorder):
    """What stands in for a :class:`Recorder` there."""

    def _begin_session(self, history: History, directory: Path, notebook: str | None) -> str:
        return new_id()

    @property
    def autosnapshot(self) -> bool:
        """Never on."""
        return False

    @autosnapshot.setter
    def autosnapshot(self, on: bool) -> None:
        if on:
            raise StoreReadOnly(self._history.root)

    def begins(self, code: str) -> None:
        """Do nothing: the cell is not recorded."""

    def ended(self, cell: Cell, started: str, seconds: float, opened: Opened) -> None:
        """Do nothing: the cell is not recorded."""

    def restore(
        self,
        ref: str,
        only: Sequence[str] | None = None,
        *,
        still: bool = False,
        discard: bool = False,
    ) -> Restored:
        """Go back to a snapshot, if no variable is lost by that.

        Raises
        ------
        WouldBeLost
            If what variables are now is neither in the snapshot, nor in the one they were
            restored from, nor given up by `discard`.
        """
        snapshot = self._snapshots.get(ref, self.session)
        self._snapshots.check_restorable(snapshot, only)
        self._look()
        self.settle()
        digests = self._keeper.known().digests
        lost = self._lost(snapshot, only, digests)
        if lost and not discard:
            raise WouldBeLost(lost)
        # All come from the snapshot: what is shared there may not be shared so here.
        anew = dict.fromkeys(digests, "")
        restored = self._snapshots.restore(self.namespace, snapshot, only, anew)
        if only is None:
            self._snapshot = snapshot.id
        return restored

    def _lost(
        self, snapshot: Snapshot, only: Sequence[str] | None, digests: dict[str, str]
    ) -> list[str]:
        stored = [snapshot]
        if self._snapshot is not None:
            stored.append(self._snapshots.get(self._snapshot))
        saved = {(v.name, v.digest) for each in stored for v in each.variables}
        return [
            name
            for name, digest in digests.items()
            if (only is None or name in only)
            and not self.namespace.is_attribute(name)
            and not isinstance(self.namespace.get(name), ModuleType)
            and not snapshot.is_unsaved(name)
            and (name, digest) not in saved
        ]
