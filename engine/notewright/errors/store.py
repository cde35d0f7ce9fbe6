"""Errors of the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from notewright.errors.base import NotewrightError


class UnknownId(NotewrightError):
    """No record has this id, name or prefix."""

    code = "unknown_id"

    def __init__(self, kind: str, ref: str, listing: str) -> None:
        super().__init__(f"There is no {kind} '{ref}'.", f"`{listing}` lists what there is.")


class NoSnapshot(UnknownId):
    """``HEAD`` was asked for before any snapshot was taken."""

    def __init__(self) -> None:
        NotewrightError.__init__(
            self, "There is no snapshot of this notebook yet.", "`%nw snapshot` takes one."
        )


class AmbiguousId(NotewrightError):
    """A short id fits more than one record."""

    code = "ambiguous_id"

    def __init__(self, kind: str, ref: str, matches: Iterable[str]) -> None:
        shown = ", ".join(list(matches)[:5])
        super().__init__(
            f"'{ref}' fits more than one {kind}: {shown}.", "Give more characters of the id."
        )


class AmbiguousMessage(AmbiguousId):
    """More than one snapshot was taken with the same words."""

    def __init__(self, message: str, ids: Iterable[str]) -> None:
        known = [id_[:8] for id_ in ids]
        shown = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")
        NotewrightError.__init__(
            self,
            f"{len(known)} snapshots have the message '{message}': {shown}.",
            "Give the id of the one you mean; `%nw timeline` says when each was taken.",
        )


class BadName(NotewrightError):
    """A name that would become a path or a reference is not acceptable."""

    code = "bad_name"

    def __init__(self, what: str, name: str) -> None:
        super().__init__(
            f"{name!r} cannot be the name of {'an' if what[0] in 'aeiou' else 'a'} {what}.",
            "Use letters, digits, '_', '-' and '.', starting with a letter, 64 at most.",
        )


class NoWorkspace(NotewrightError):
    """There is no store in a folder or above it."""

    code = "no_workspace"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no Notewright workspace in {folder} or above it.",
            "`%load_ext notewright` in a notebook starts one; "
            "`--workspace FOLDER` names one that is elsewhere.",
        )


class StoreTooNew(NotewrightError):
    """The store was written by a newer Notewright."""

    code = "store_too_new"

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"The store at {path} has schema version {found}; this Notewright knows up to {known}.",
            "Upgrade Notewright: `pip install --upgrade notewright`.",
        )


class StoreUnusable(NotewrightError):
    """The store's folder cannot be written, is full, or is not a store."""

    code = "store_unusable"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The store at {path} cannot be used: {reason}.",
            "Copy the store back from a backup, or move it away to start a new one."
            if "not a database" in reason or "malformed" in reason
            else "Free space or mend the folder's permissions; "
            "what is already stored is untouched.",
        )


class CopyLost(NotewrightError):
    """The copy of the process that was to be stored ended before it was."""

    code = "copy_lost"

    def __init__(self, how: str) -> None:
        super().__init__(
            f"The variables could not be looked at behind your back: {how}.",
            "They are looked at again after the next cell; nothing that was saved is lost.",
        )


class StoreBusy(NotewrightError):
    """Something has to wait until somebody else is done with the store."""

    code = "store_busy"

    def __init__(self, why: str) -> None:
        super().__init__(f"Nothing was removed: {why}.", "Try again when that is done.")


class StoreCollected(NotewrightError):
    """Objects were removed while something that may need them was being stored."""

    code = "store_collected"

    def __init__(self) -> None:
        super().__init__(
            "The snapshot was not taken: old ones were removed from the store at that moment.",
            "Take it again; nothing that was saved before is lost.",
        )


class StoreDamaged(NotewrightError):
    """It cannot be told what a snapshot needs, so nothing can be removed."""

    code = "store_damaged"

    def __init__(self, snapshot: str, problem: str) -> None:
        super().__init__(
            f"Nothing was removed, because it cannot be told what snapshot {snapshot[:6]} needs. "
            f"{problem}",
            "`notewright fsck` names all that is damaged; copy the store back from a backup to "
            "mend it.",
        )


class StoreReadOnly(StoreUnusable):
    """The store lies where nothing can be written."""

    code = "store_read_only"

    def __init__(self, path: Path) -> None:
        NotewrightError.__init__(
            self,
            f"The store at {path} is read-only: nothing can be added to it.",
            "What it holds can be listed, loaded and restored; to go on, copy the project to a "
            "folder you may write to.",
        )


class WouldBeLost(NotewrightError):
    """A restore would overwrite variables that cannot be saved first."""

    code = "would_be_lost"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"What {', '.join(names)} {'is' if len(names) == 1 else 'are'} now would be lost: the "
            "store is read-only, so it cannot be saved first.",
            "Add --discard to go back all the same, or --only with the names you want.",
        )


class CorruptObject(NotewrightError):
    """A stored object no longer has the bytes it was stored with."""

    code = "corrupt_object"

    def __init__(self, digest: str, reason: str) -> None:
        self.digest = digest
        super().__init__(
            f"The stored object {digest[:12]} is damaged: {reason}.",
            "`notewright fsck` names everything that needs it; "
            "copy the store back from a backup to mend it.",
        )


class MissingObject(NotewrightError):
    """A record points at an object the store does not hold."""

    code = "missing_object"

    def __init__(self, digest: str) -> None:
        self.digest = digest
        super().__init__(
            f"The store holds no object {digest[:12]}.",
            "`notewright fsck` names everything that needs it.",
        )


class RefMoved(NotewrightError):
    """A compare-and-swap found that somebody else moved the reference first."""

    code = "ref_moved"

    def __init__(self, name: str, expected: str | None, found: str | None) -> None:
        super().__init__(
            f"'{name}' is now at {found or 'nothing'}, not at {expected or 'nothing'}.",
            "Look at what changed and decide again.",
        )
