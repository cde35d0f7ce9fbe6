"""What experiments need from the floors below, so that tests and programs can stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from notewright.state.records import FileRead, Snapshot

#: Appends to the audit log: `acts(act, subject, details, actor=identity)`.
Acts = Callable[..., object]
#: Refuses by raising: `permit(actor, action, subject)`.
Permit = Callable[[Any, str, str], object]


def no_audit(act: str, subject: str, details: Mapping[str, Any], **more: Any) -> None:
    """Stand in for the audit log where there is none."""


class SnapshotSource(Protocol):
    """Reads snapshots."""

    def get(self, ref: str) -> Snapshot:
        """Return the snapshot that `ref` names."""

    def load(self, snapshot: Snapshot, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Return variables of a snapshot as new objects."""


class ExecutionLike(Protocol):
    """What is needed of an execution."""

    @property
    def code(self) -> str:
        """The cell as plain Python."""

    @property
    def files(self) -> tuple[FileRead, ...]:
        """The data files it read."""


class SliceLike(Protocol):
    """What is needed of a slice."""

    @property
    def files(self) -> tuple[FileRead, ...]:
        """The data files it read."""


class ExecutionSource(Protocol):
    """Reads executions and slices."""

    def get(self, ref: str) -> ExecutionLike:
        """Return the execution with this id."""

    def slice(self, execution: str | None, name: str) -> SliceLike:
        """Return what made the variable `name` as it was after `execution`."""


class Variables(Protocol):
    """The user's names and values."""

    def variables(self) -> dict[str, Any]:
        """Return the user's own names and values."""


def unique_files(files: Iterable[FileRead]) -> tuple[FileRead, ...]:
    """Return each file once, ordered by path and digest."""
    return tuple(sorted(set(files), key=lambda file: (file.path, file.digest)))


def names_of(items: Sequence[Any]) -> str:
    """Return `a, b and c`."""
    words = [str(item) for item in items]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
