"""Errors of snapshots and restores."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from notewright.errors.base import NotewrightError


class UnknownVariable(NotewrightError):
    """A variable that does not exist, here or in that snapshot."""

    code = "unknown_variable"

    def __init__(self, name: str, where: str, known: Iterable[str] = ()) -> None:
        import difflib

        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        if close:
            hint = f"Did you mean '{close[0]}'?"
        elif names:
            more = f" and {len(names) - 10} more" if len(names) > 10 else ""
            hint = f"These are there: {', '.join(names[:10])}{more}."
        else:
            hint = "Run the cell that makes it first: there is no variable at all."
        super().__init__(f"There is no variable '{name}' in {where}.", hint)


class NotSaved(NotewrightError):
    """A variable that the snapshot could not hold."""

    code = "not_saved"

    def __init__(self, name: str, reason: str, cell: str) -> None:
        super().__init__(
            f"'{name}' is not in the snapshot: {reason}.",
            f"Run the cell that made it again: {cell}; "
            f"`%nw restore SNAPSHOT --replay {name}` does it.",
        )


class NothingToReplay(NotewrightError):
    """A variable that was saved was to be made by running cells again."""

    code = "nothing_to_replay"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' is in the snapshot, so no cell has to run for it.",
            "Leave it out: `restore` brings it back.",
        )


class HistoryNotSigned(NotewrightError):
    """Code from the history would run that nobody vouches for."""

    code = "history_not_signed"

    def __init__(self, snapshot: str) -> None:
        super().__init__(
            f"The recorded cells are not those that were signed with snapshot {snapshot}, "
            "or it is from before they were: nothing was run.",
            "Restore it without --replay, and run the cells you need by hand.",
        )


class NotKept(NotewrightError):
    """A file that the snapshot knows by its hash only."""

    code = "not_kept"

    def __init__(self, path: str, snapshot: str) -> None:
        super().__init__(
            f"Snapshot {snapshot} has the hash of {path}, not its contents.",
            "`%nw snapshot --with-data` keeps files of any size.",
        )


class FolderTaken(NotewrightError):
    """Files were to be written where there is something already."""

    code = "folder_taken"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is something at {path} already.",
            "Name a folder that does not exist yet: nothing of yours is overwritten.",
        )


class FolderUnusable(NotewrightError):
    """Files could not be written into a folder."""

    code = "folder_unusable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The files could not be written to {path}: {why}.", "Name another folder."
        )


class FileChanged(NotewrightError):
    """A saved object uses a file that is not what it was."""

    code = "file_changed"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} has changed or is gone since the snapshot, and a variable in it uses it.",
            "Put the file back, or restore the other variables with --only.",
        )


class CannotLoad(NotewrightError):
    """Saved variables cannot be made into objects here."""

    code = "cannot_load"

    def __init__(self, names: Iterable[str], error: BaseException) -> None:
        listed = sorted(names)
        shown = ", ".join(f"'{name}'" for name in listed[:5]) + (", ..." if listed[5:] else "")
        missing = isinstance(error, ImportError) and error.name
        super().__init__(
            f"{shown} cannot be brought back: {type(error).__name__}: {str(error)[:200]}.",
            f"Install {missing} in this environment and try again."
            if missing
            else "Run the cells that made it again, or restore the other variables with --only.",
        )


class CannotImport(NotewrightError):
    """A module of the user's, of which a snapshot has attributes, cannot be imported here."""

    code = "cannot_import"

    def __init__(self, module: str, names: Iterable[str], error: BaseException) -> None:
        listed = sorted(names)
        shown = ", ".join(f"'{name}'" for name in listed[:5]) + (", ..." if listed[5:] else "")
        super().__init__(
            f"{shown} cannot be brought back: importing {module} raised "
            f"{type(error).__name__}: {str(error)[:200]}.",
            f"Make `import {module}` work in this notebook and restore again.",
        )


class StaysInModule(NotewrightError):
    """What took the place of a module's function or class after a snapshot."""

    code = "stays_in_module"

    def __init__(self, name: str, module: str) -> None:
        super().__init__(
            f"'{name}' took the place of the module's own code after the snapshot, and stays.",
            f"Run `importlib.reload({module})` to have the module's own again.",
        )


class NeedsKernel(NotewrightError):
    """A verb that acts on live variables was called outside a kernel."""

    code = "needs_kernel"

    def __init__(self, verb: str) -> None:
        super().__init__(
            f"'{verb}' acts on the variables of a running notebook.",
            f"Run `%nw {verb}` in a cell of that notebook.",
        )


class UntrustedStore(NotewrightError):
    """Loading would run what somebody signed whose key is not trusted.

    Parameters
    ----------
    public : str
        The public key of who signed it.
    name : str, optional
        Whose key it is by the workspace's own records, which need not be true.
    """

    code = "untrusted_store"

    def __init__(self, public: str, name: str | None = None) -> None:
        whose = f"'{name}' (key {public[:16]})" if name else f"the key {public[:16]}"
        super().__init__(
            f"This was signed by {whose}, whom you do not trust on this machine; "
            "loading it could run their code.",
            f"If the key is theirs and you trust them: `notewright trust {name}`."
            if name
            else "The key is nobody's who is registered in this workspace: `notewright identity "
            f"register NAME --public {public}`, then `notewright trust NAME`.",
        )
