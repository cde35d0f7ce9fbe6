"""Every error a user can meet, in one place.

Each says what is wrong in one sentence (``problem``) and what to do next in
another (``remedy``). Front doors print both and no traceback unless asked for
one; anything that is not a :class:`NotewrightError` is a bug and keeps its
traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


class NotewrightError(Exception):
    """Base class of all errors that are the user's to resolve.

    Parameters
    ----------
    problem : str
        One sentence: what is wrong.
    remedy : str
        One sentence: what to do next.

    Examples
    --------
    >>> error = NotewrightError("The store is locked.", "Close the other kernel and try again.")
    >>> print(error)
    The store is locked. Close the other kernel and try again.
    """

    #: Stable machine-readable name, used by REST, ``--json`` and tests.
    code = "error"

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem, remedy)

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()

    def __reduce__(self) -> Any:
        # What a copy of the process was refused is told by the process itself.
        return _as_it_was, (type(self), self.__dict__, self.args)

    def record(self) -> dict[str, str]:
        """Return it as JSON values with stable names."""
        return {
            "error": type(self).__name__,
            "code": self.code,
            "problem": self.problem,
            "remedy": self.remedy,
        }

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback; it asks every exception."""
        return [line for line in (self.problem, self.remedy) if line]


def _as_it_was(
    kind: type[NotewrightError], attributes: dict[str, Any], arguments: tuple[Any, ...]
) -> NotewrightError:
    error = kind.__new__(kind)
    error.args = arguments
    error.__dict__.update(attributes)
    return error


class UsageError(NotewrightError):
    """The words of a command are off."""

    code = "usage"


class Cancelled(NotewrightError):
    """The user stopped a long operation; nothing half-done was kept."""

    code = "cancelled"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} was cancelled.", "Nothing half-done was kept; run it again any time."
        )


class Unexpected(NotewrightError):
    """Something went wrong that nobody foresaw; where there is no traceback to be shown."""

    code = "unexpected"

    def __init__(self, what: str, error: BaseException) -> None:
        super().__init__(
            f"{what} failed itself, with {type(error).__name__}: {error}",
            "That is a mistake in Notewright, not in your notebook; the server's log has more.",
        )


# -- store ---------------------------------------------------------------------


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
            f"'{ref}' fits more than one {kind}: {shown}.", "Give more characters of it."
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

    def __init__(self, path: Path | str, found: int, known: int) -> None:
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


class BadStoreAddress(NotewrightError):
    """``NOTEWRIGHT_STORE`` does not say where a database is."""

    code = "bad_store_address"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The address of a database cannot be understood: {reason}.",
            "Write it as postgresql://user:password@host:5432/database in NOTEWRIGHT_STORE, or "
            "unset that to keep the records of new stores in a file.",
        )


class NoPostgresql(NotewrightError):
    """The records are in PostgreSQL, and what speaks with it is not installed."""

    code = "no_postgresql"

    def __init__(self) -> None:
        super().__init__(
            "The records of this store are in PostgreSQL, whose driver is not installed here.",
            "Install it: `pip install 'notewright[team]'`.",
        )


class DatabaseUnusable(NotewrightError):
    """The database that keeps a store's records cannot be asked."""

    code = "database_unusable"

    def __init__(self, address: str, reason: str) -> None:
        reason = " ".join(reason.split()).rstrip(".")
        super().__init__(
            f"The records at {address} cannot be used: {reason}.",
            "Look whether the server runs and lets you in (user and password are those of "
            "NOTEWRIGHT_STORE, PGUSER and PGPASSWORD, or ~/.pgpass); what is committed is safe.",
        )


class RecordsElsewhere(NotewrightError):
    """A schema holds the records of another folder."""

    code = "records_elsewhere"

    def __init__(self, address: str, folder: Path) -> None:
        super().__init__(
            f"{address} holds the records of another store than {folder}.",
            "Share that store's folder (it holds the data that the records speak of), or name "
            "another schema; without a schema in the address a new one is made.",
        )


class RecordsMoved(NotewrightError):
    """The records in a file were moved to another database.

    Parameters
    ----------
    place : str
        Where they are now, as the file says it.
    """

    code = "records_moved"

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            "The records of this store were moved to another database.",
            "Start this kernel (or server) anew: it then finds them there. Nothing is lost but "
            "what was being recorded now.",
        )


class CannotMove(NotewrightError):
    """The records of a store cannot be moved."""

    code = "cannot_move"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The records of this store cannot be moved: {reason}.",
            "`notewright status` says where they are.",
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


class UnknownPrediction(UnknownId):
    """No prediction log has this id."""

    def __init__(self, ref: str) -> None:
        NotewrightError.__init__(
            self,
            f"There is no prediction '{ref}'.",
            "Give the `id` of an answer of the server; `%nw deployments` lists what was served.",
        )


class RefMoved(NotewrightError):
    """A compare-and-swap found that somebody else moved the reference first."""

    code = "ref_moved"

    def __init__(self, name: str, expected: str | None, found: str | None) -> None:
        super().__init__(
            f"'{name}' is now at {found or 'nothing'}, not at {expected or 'nothing'}.",
            "Look at what changed and decide again.",
        )


# -- state ---------------------------------------------------------------------


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


# -- serving -------------------------------------------------------------------


class UnusablePackage(NotewrightError):
    """A directory that cannot be served."""

    code = "unusable_package"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The package '{name}' cannot be served: {reason}.",
            "Export it again: `%nw export MODEL --name NAME`.",
        )


class PackageAltered(NotewrightError):
    """A package's file is not the one that was signed."""

    code = "package_altered"

    def __init__(self, name: str, file: str, reason: str) -> None:
        self.file = file
        super().__init__(
            f"The package '{name}' was altered: {file}: {reason}.",
            "Nothing of it was run; export it again, or put the signed file back.",
        )


class WrongEnvironment(NotewrightError):
    """Installed versions differ from those the package was proved with."""

    code = "wrong_environment"

    def __init__(self, name: str, differences: Iterable[str]) -> None:
        listed = list(differences)
        shown = "; ".join(listed[:4]) + ("; ..." if len(listed) > 4 else "")
        super().__init__(
            f"The package '{name}' was proved with other versions than are here: {shown}.",
            "Install those versions, or export the model again with the versions you have.",
        )


class PortInUse(NotewrightError):
    """Another program listens on the port."""

    code = "port_in_use"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is already in use by another program.",
            "Choose another with `--port`.",
        )


class ServerFailed(NotewrightError):
    """A server process did not come up, or does not answer."""

    code = "server_failed"

    def __init__(self, name: str, reason: str, log: Path) -> None:
        super().__init__(
            f"The server of '{name}' is not up: {reason.rstrip('.')}.", f"Its words are in {log}."
        )


class NoBrowser(NotewrightError):
    """There is no browser that prints to PDF, or it did not."""

    code = "no_browser"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"A PDF cannot be made: {reason.rstrip('.')}.",
            "Write `.html` and print it from a browser, or install Chromium (NOTEWRIGHT_CHROMIUM "
            "names one that is not found).",
        )


class NotDeployed(NotewrightError):
    """No deployment of this name, or none that is up."""

    code = "not_deployed"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Nothing is deployed as '{name}'.",
            "`%nw deployments` lists what there is; `%nw deploy NAME` serves a package.",
        )


class NoRollback(NotewrightError):
    """There is nothing to go back to, or it may not be served again."""

    code = "no_rollback"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"'{name}' cannot be rolled back: {reason}.",
            f"`%nw deployments {name}` shows what was live; deploy a version that may be served.",
        )


class NotRegistered(NotewrightError):
    """A package whose model is not a registered version."""

    code = "not_registered"

    def __init__(self, package: str) -> None:
        super().__init__(
            f"The model in the package '{package}' is not a registered version.",
            "Register its run: `%nw register RUN --as NAME`, then export and deploy again.",
        )


class DeploymentBusy(NotewrightError):
    """Somebody else is changing the deployment."""

    code = "deployment_busy"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Somebody else is changing the deployment '{name}' at this moment.",
            "Wait until they are done and look at `%nw deployments` before trying again.",
        )


class UnusableData(NotewrightError):
    """A file of newer rows that cannot be used."""

    code = "unusable_data"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The rows in {path.name} cannot be used: {reason}.",
            "Give a CSV or Parquet file with the columns of the training data, target included.",
        )


class RetrainFailed(NotewrightError):
    """A challenger could not be compared; nothing of it was registered."""

    code = "retrain_failed"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"'{name}' could not be put to the test: {reason.rstrip('.')}.",
            "Mend the rows, or the package's code; nothing was registered or deployed.",
        )


class BadMoment(NotewrightError):
    """A time or span that cannot be read."""

    code = "bad_moment"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"'{text}' is no time.", "Give a span such as 30m, 12h or 7d, or a date: 2026-01-31."
        )


# -- experiments ---------------------------------------------------------------


class BadFilter(NotewrightError):
    """A filter expression that does not parse, with the place of the mistake."""

    code = "bad_filter"

    def __init__(self, expression: str, position: int, reason: str) -> None:
        self.position = position
        pointer = " " * position + "^"
        super().__init__(
            f"The filter cannot be read: {reason}.\n    {expression}\n    {pointer}\n",
            "Write it like `metrics.auc > 0.8 and params.max_depth <= 6`.",
        )


class DifferentRows(NotewrightError):
    """Runs to compare were scored on different held-out rows."""

    code = "different_rows"

    def __init__(self, first: str, second: str, how: str) -> None:
        super().__init__(
            f"'{first}' and '{second}' were scored on different rows ({how}), "
            "so a difference between them need not be one between the models.",
            "Score both on the same test rows, or compare all the same with "
            "`--allow-different-rows`.",
        )


class NoModel(NotewrightError):
    """A run without a model was asked for its model."""

    code = "no_model"

    def __init__(self, run: str) -> None:
        super().__init__(
            f"Run '{run}' recorded no fitted model.",
            "Fit the model inside the recorded cell, or choose another of `%nw runs`.",
        )


class ModelUnloadable(NotewrightError):
    """A recorded model cannot be brought back as it was."""

    code = "model_unloadable"

    def __init__(self, run: str, reason: str) -> None:
        super().__init__(
            f"The model of run '{run}' cannot be loaded: {reason}.",
            "Run the cell that fitted it again.",
        )


class NoEvaluation(NotewrightError):
    """A run without scored rows was asked for them."""

    code = "no_evaluation"

    def __init__(self, run: str) -> None:
        super().__init__(
            f"Run '{run}' recorded no predictions on held-out rows.",
            "Call a metric of sklearn.metrics (or `model.score`) inside the recorded cell.",
        )


class NoDataset(NotewrightError):
    """What was given is neither a table nor a data file."""

    code = "no_dataset"

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(
            f"{what} cannot be a dataset: {reason}.",
            "Give the path of a data file, or a variable that holds a table or an array.",
        )


class UnsavedContent(NotewrightError):
    """Something that no dataset holds would be overwritten."""

    code = "unsaved_content"

    def __init__(self, what: str, elsewhere: str) -> None:
        super().__init__(
            f"{what} holds something else, which is no version of a dataset.",
            f"Add it first (`%nw dataset add`), choose another place with `{elsewhere}`, or say "
            "`--replace`.",
        )


class OutsideWorkspace(NotewrightError):
    """A record names a place outside the project."""

    code = "outside_workspace"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} lies outside the project, so nothing was written there.",
            "Say where the file shall go: `--to PATH`.",
        )


class MlflowMissing(NotewrightError):
    """MLflow is not installed where it is asked for."""

    code = "mlflow_missing"

    def __init__(self) -> None:
        super().__init__(
            "MLflow is not installed here.", "Install it: `pip install 'notewright[mlflow]'`."
        )


class MlflowFailed(NotewrightError):
    """MLflow could not use its own store."""

    code = "mlflow_failed"

    def __init__(self, store: str, reason: str) -> None:
        first = " ".join(reason.split())
        first = first if len(first) < 300 else first[:299] + "…"
        super().__init__(
            f"MLflow cannot use the store {store}: {first.rstrip('.')}.",
            "Look at it with MLflow itself; what was taken over so far is complete.",
        )


class BadRecord(NotewrightError):
    """A value given to a run, or the use made of the run, cannot be."""

    code = "bad_record"


# -- governance ----------------------------------------------------------------


class AccessDenied(NotewrightError):
    """The identity may not do this."""

    code = "access_denied"

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)


class KeyProblem(NotewrightError):
    """A key file is missing, readable by others, damaged, or not the registered one."""

    code = "key_problem"


class PersonUnknown(NotewrightError):
    """Who acts is said by something that does not say it now, so nobody acts."""

    code = "person_unknown"


class PolicyMissing(NotewrightError):
    """The project has no policy file."""

    code = "policy_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no policy file at {path}.", "`%nw policy init` writes a commented one."
        )


class PolicyError(NotewrightError):
    """A policy file says something that is not understood, at a line and column."""

    code = "policy_error"

    def __init__(self, path: Path, line: int, column: int, problem: str, remedy: str) -> None:
        self.line = line
        self.column = column
        super().__init__(f"{path.name}, line {line}, column {column}: {problem}.", remedy)


class GateClosed(NotewrightError):
    """A model version does not meet what a gate requires."""

    code = "gate_closed"

    def __init__(self, gate: str, version: str, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__(
            f"The gate '{gate}' is closed for {version}: {' '.join(self.reasons)}",
            f"`%nw gate {gate} {version}` lists every requirement.",
        )


class ApprovalRefused(NotewrightError):
    """An approval cannot be given or does not count."""

    code = "approval_refused"


# -- lineage -------------------------------------------------------------------


class NeverRun(NotewrightError):
    """A notebook without a single recorded execution."""

    code = "never_run"

    def __init__(self) -> None:
        super().__init__(
            "No cell has been recorded yet.",
            "Run `%load_ext notewright` in the notebook's first cell, then run its cells.",
        )


class AuditBroken(NotewrightError):
    """The audit log was changed outside Notewright, so nothing can be added to it."""

    code = "audit_broken"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The audit log was changed outside Notewright: {reason}.",
            "`%nw audit verify` names the entry; restore the store from a backup.",
        )


# -- packaging -----------------------------------------------------------------


class ExportFailed(NotewrightError):
    """A package could not be made, or could not be proved to be the same."""

    code = "export_failed"


class NotAModel(NotewrightError):
    """An export of something that cannot predict."""

    code = "not_a_model"

    def __init__(self, name: str, type_: str, remedy: str = "") -> None:
        super().__init__(
            f"'{name}' is {'an' if type_[0] in 'aeiouAEIOU' else 'a'} {type_}, "
            "not a model that was fitted.",
            remedy
            or "Export the variable that holds the fitted estimator or pipeline, or a function "
            "that gives a value for each row.",
        )


class ReplayFailed(ExportFailed):
    """The notebook's own code, run again in a fresh process, raised."""

    code = "replay_failed"

    def __init__(self, place: str, text: str, error: str) -> None:
        self.place, self.text, self.error = place, text, error
        super().__init__(
            f"Run again from the start, {place} (`{text[:80]}`) raises {error[:300]}.",
            "Run the notebook from top to bottom in a fresh kernel, mend that line, export again.",
        )


class ReplayEnded(ExportFailed):
    """The process in which the notebook's code ran again ended before its time."""

    code = "replay_ended"

    def __init__(self, status: int, errors: str) -> None:
        last = (errors.strip().splitlines() or [""])[-1]
        ended = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        super().__init__(
            f"The process that ran the notebook's code again {ended}"
            + (f": {last[:300]}." if last else "."),
            "If memory is short, close other notebooks; a cell that calls `exit()` or `os._exit()` "
            "ends the process, too.",
        )


class NotRunAgain(NotewrightError):
    """The cells behind a run cannot be run again."""

    code = "not_run_again"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The run '{name}' cannot be run again: {reason}.",
            "Run its cells in the notebook, with `%nw autorun on` or `%%nw run` above the last.",
        )


class NotTheSame(ExportFailed):
    """What was run again differs from what the notebook holds."""

    code = "not_the_same"

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(
            f"The export was stopped, because {what}.",
            remedy or "Give every random step a seed (`random_state=...`) and run the cells again.",
        )


class NoNetwork(ExportFailed):
    """The locked dependencies could not be fetched."""

    code = "no_network"

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The package's dependencies could not be fetched: {detail[:300]}.",
            "Check the network or the package index set for pip and uv, then export again.",
        )


# -- a notebook run from top to bottom -------------------------------------------


class NotebookUnusable(NotewrightError):
    """There is no notebook to run, or it cannot be one."""

    code = "notebook_unusable"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"{name} cannot be run: {why}.",
            "Give the path of a notebook (.ipynb) with Python code.",
        )


class KernelUnusable(NotewrightError):
    """The kernel that a notebook asks for does not do."""

    code = "kernel_unusable"

    def __init__(self, name: str, why: str, remedy: str = "") -> None:
        super().__init__(
            f"The notebook's kernel '{name}' cannot be used: {why}.",
            remedy or "Choose another kernel for the notebook, save it, and export again.",
        )


class CellFailed(NotewrightError):
    """A cell did not end well when the notebook was run from top to bottom."""

    code = "cell_failed"

    def __init__(self, number: int, why: str, line: int | None = None, remedy: str = "") -> None:
        self.number, self.line = number, line
        where = f"cell [{number}]" + ("" if line is None else f", line {line}")
        super().__init__(
            f"Run from top to bottom, the notebook stops in {where}: {why.rstrip('.')}.",
            remedy
            or "Nothing of earlier runs is left there: mend that cell or the order of the cells, "
            "save the notebook, and export again.",
        )


class NothingFitted(NotewrightError):
    """A notebook without a model to export."""

    code = "nothing_fitted"

    def __init__(self) -> None:
        super().__init__(
            "This notebook holds no fitted model.",
            "Fit one, or name the variable of an object with a `predict` method.",
        )


class SeveralModels(NotewrightError):
    """It is not clear which model is meant."""

    code = "several_models"

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            f"This notebook holds several fitted models: {', '.join(names)}.",
            f"Name the one to export, such as {names[0]}.",
        )


class NotRecorded(NotewrightError):
    """A variable that was made before Notewright was loaded."""

    code = "not_recorded"

    def __init__(self, variable: str, notebook: str | None) -> None:
        shown = Path(notebook).name if notebook else "NOTEBOOK.ipynb"
        super().__init__(
            f"'{variable}' was made before Notewright was loaded, so the cells behind it are not "
            "recorded.",
            f"Save the notebook, then `%nw export {shown} {variable}`: it "
            "runs the notebook from top to bottom in a fresh kernel first.",
        )
