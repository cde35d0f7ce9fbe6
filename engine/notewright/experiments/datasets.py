"""Datasets by name: added, in versions by content, compared, and given back."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from notewright.errors import (
    NoDataset,
    OutsideWorkspace,
    UnsavedContent,
    UsageError,
)
from notewright.experiments import dataset_contents as contents
from notewright.experiments.dataset_diff import DatasetDiff, Drift, diff_tables, parsed
from notewright.experiments.dataset_ledger import DatasetLedger, Names, Versions
from notewright.experiments.dataset_version import Column, DatasetVersion
from notewright.experiments.ports import Acts, no_audit
from notewright.progress import Progress
from notewright.state.clearing import Cleared, cleared
from notewright.state.contents import shown_path
from notewright.state.describe import summary, type_name
from notewright.state.file_columns import withheld_in_file
from notewright.state.records import FileRead
from notewright.state.withheld import (
    UNRESTRICTED,
    Restrictions,
    ValuesWithheld,
    Withheld,
    united,
)
from notewright.store import Store
from notewright.store.canonical import plain
from notewright.store.names import check_name
from notewright.store.signing import Signer
from notewright.words import number_of

# Inside the class, `list` is the method.
Words = list[str]


class Datasets:
    """The datasets of one workspace.

    Parameters
    ----------
    store : Store
    root : Path
        The project's folder, which paths of files are relative to.
    signer : callable
        Returns who signs new versions.
    trusted : callable
        Tells of a public key whether what it signed may be unpickled.
    acts : callable, optional
        Appends to the audit log.
    drift : callable, optional
        Compares the distributions of two data frames, column by column.
    restrictions : Restrictions, optional
        Which columns are withheld from who gets data back.
    """

    def __init__(
        self,
        store: Store,
        root: Path,
        signer: Callable[[], Signer],
        trusted: Callable[[str], bool],
        acts: Acts = no_audit,
        drift: Drift = lambda old, new: (),
        restrictions: Restrictions = UNRESTRICTED,
    ) -> None:
        self._store = store
        self._root = root
        self._ledger = DatasetLedger(store, signer, acts)
        self._trusted = trusted
        self._drift = drift
        self._restrictions = restrictions

    # -- adding -----------------------------------------------------------------------

    def add(
        self, what: Any, name: str, *, source: str | None = None, progress: Progress | None = None
    ) -> tuple[DatasetVersion, bool]:
        """Make a table or a file a version of the dataset `name`.

        Parameters
        ----------
        what : path, or a data frame, series, array or Arrow table
            A file is stored as it is, byte for byte; a table column by column.
        name : str
            The dataset's name.
        source : str, optional
            The variable that holds the table.

        Returns
        -------
        version : DatasetVersion
        new : bool
            False if `name` has this content already: then that version.

        Raises
        ------
        BadName, NoDataset
        """
        check_name(name, "dataset")
        progress = progress or Progress()
        if isinstance(what, str | os.PathLike):
            version = self._add_file(Path(what), name, progress)
        else:
            version = self._add_table(what, name, source, progress)
        progress.step(1.0, f"{version[0].ref} is there")
        return version

    def _add_file(self, path: Path, name: str, progress: Progress) -> tuple[DatasetVersion, bool]:
        path = Path(os.path.abspath(path.expanduser()))
        content, address, size = contents.keep_file(self._store.objects, path, progress)
        shown = shown_path(path, self._root)
        suffix = path.suffix.lower()
        words = f"{suffix[1:].upper()} file" if suffix else "file"
        return self._ledger.commit(
            name,
            content,
            {
                "kind": "file",
                "source": shown,
                "type": suffix,
                "summary": f"{words}, {number_of(size, 'byte')}",
                "address": address,
                "size": size,
                "rows": None,
                "columns": [],
            },
        )

    def _add_table(
        self, table: Any, name: str, source: str | None, progress: Progress
    ) -> tuple[DatasetVersion, bool]:
        if not contents.is_table(table):
            raise NoDataset(f"A {type_name(table)}", "it is no table")
        content = content_of(table)
        known = self._ledger.of_content(name, content)
        if known is not None:
            return known, False
        address, size = contents.keep_table(self._store.objects, table, progress)
        shape = getattr(table, "shape", ())
        return self._ledger.commit(
            name,
            content,
            {
                "kind": "table",
                "source": source or name,
                "type": type_name(table),
                "summary": summary(table),
                "address": address,
                "size": size,
                "rows": int(shape[0]) if shape else None,
                "columns": [plain(column) for column in _columns(table)],
            },
        )

    # -- finding ----------------------------------------------------------------------

    def list(self, name: str | None = None) -> list[DatasetVersion]:
        """Return all versions, or those of one dataset, oldest first."""
        return self._ledger.list(name)

    def get(self, ref: str) -> DatasetVersion:
        """Return `applications` (its newest version) or `applications@2`.

        Raises
        ------
        UnknownId
        """
        return self._ledger.get(ref)

    def with_content(self, digests: Iterable[str]) -> Versions:
        """Return the versions, of any dataset, that have one of these contents."""
        return self._ledger.with_content(digests)

    def of_files(self, files: Iterable[FileRead]) -> Versions:
        """Return the versions that these files are: what a run used, by `run.files`."""
        return self.with_content(file.digest for file in files)

    def runs_using(self, version: DatasetVersion) -> Names:
        """Return id and name of each run that read a file with this version's content."""
        return self._ledger.runs_using(version)

    def needs(self) -> dict[str, Words]:
        """Return, for each object that a version needs, the words for those versions."""
        needed: dict[str, Words] = {}
        for version in self.list():
            for address in contents.parts(self._store.objects, version):
                needed.setdefault(address, []).append(f"dataset {version.ref}")
        return needed

    # -- giving back ------------------------------------------------------------------

    def load(self, version: str | DatasetVersion) -> Any:
        """Return a table as a new object, or what a file's bytes hold.

        A file is read as a table where its suffix says how (.csv, .tsv,
        .parquet, .jsonl), else its bytes are returned. Columns that are
        withheld are left out; a warning names them.

        Raises
        ------
        UntrustedStore
            If a table was added by somebody whose key is not trusted here:
            unpickling runs code.
        AccessDenied
            If nothing can be left of it.
        """
        given = self.given(version)
        if given.withheld:
            warnings.warn(ValuesWithheld(given.withheld), stacklevel=2)
        return given.value

    def given(self, version: str | DatasetVersion) -> Cleared:
        """Return what :meth:`load` does, with what is withheld and no warning."""
        found = self.get(version) if isinstance(version, str) else version
        withholding = self._restrictions.now()
        table = self._whole(found)
        if found.kind == "table":
            given = cleared(table, withholding)
            if isinstance(given.value, Withheld):
                self._restrictions.refuse(given.value, found.ref)
            return given
        data = self._bytes(found)
        given = Cleared(data) if table is None else cleared(table, withholding)
        for withheld in withheld_in_file(data, found.source, withholding):
            if withheld not in given.withheld:  # it cannot be taken out of what it is in
                self._restrictions.refuse(withheld, found.ref)
        return given

    def _whole(self, version: DatasetVersion) -> Any:
        """Return a table with all its columns, to compute with; None where a file is none.

        What is computed is computed of all columns: who gives out what came of it leaves out
        what is withheld.
        """
        if version.kind != "table":
            return parsed(self._bytes(version), version.type)
        self._ledger.check_trust(version, self._trusted)
        return contents.load_table(self._store.objects, version.address)

    def bytes_of(self, version: DatasetVersion) -> bytes:
        """Return the bytes of a version that is a file.

        Raises
        ------
        AccessDenied
            If it has columns that are withheld, or it cannot be told whether it has.
        """
        data = self._bytes(version)
        for withheld in withheld_in_file(data, version.source, self._restrictions.now()):
            self._restrictions.refuse(withheld, version.ref)
        return data

    def _bytes(self, version: DatasetVersion) -> bytes:
        objects = self._store.objects
        return b"".join(contents.file_pieces(objects, version.content, version.address))

    def write(
        self, version: DatasetVersion, to: Path | str | None = None, *, replace: bool = False
    ) -> Path:
        """Put a file back where it was added from, or elsewhere; return where it is.

        What stands there is overwritten only if it is a version of some
        dataset, so nothing is lost, or if `replace` says so.

        Raises
        ------
        UnsavedContent
            If something else stands there.
        OutsideWorkspace
            If it was added from outside the project and `to` is not given.
        AccessDenied
            If it has columns that are withheld, or it cannot be told whether it has.
        """
        if version.kind != "file":
            raise UsageError(
                f"{version.ref} is a table, which no file holds.",
                "Use it in a notebook: `%nw dataset use`.",
            )
        if self._restrictions.now():
            self.bytes_of(version)
        if to is not None:
            target = Path(os.path.abspath(Path(to).expanduser()))
            target = target / Path(version.source).name if target.is_dir() else target
        else:
            target = (self._root / version.source).resolve()
            if not target.is_relative_to(self._root):
                raise OutsideWorkspace(version.source)
        if target.is_dir():
            raise UsageError(f"{target} is a folder.", "Say where the file shall go: `--to PATH`.")
        if target.exists() and not replace:
            held = _digest_of_file(target)
            if held == version.content:
                return target
            if not self.with_content([held]):
                raise UnsavedContent(str(shown_path(target, self._root)), "--to PATH")
        contents.write_file(self._store.objects, version.content, version.address, target)
        return target

    def is_kept(self, value: Any) -> bool:
        """Tell whether a value is the content of some version."""
        return contents.is_table(value) and bool(self.with_content([content_of(value)]))

    def diff(self, old: str | DatasetVersion, new: str | DatasetVersion) -> DatasetDiff:
        """Return how two versions differ: rows, columns, values and distributions."""
        was, now_ = (self.get(v) if isinstance(v, str) else v for v in (old, new))
        first, second = self.given(was), self.given(now_)
        before, after = first.value, second.value
        withheld = united(first.withheld, second.withheld)
        if isinstance(before, bytes) or isinstance(after, bytes):
            note = f"{was.size:,} → {now_.size:,} bytes; no table could be read from both"
            return DatasetDiff(was, now_, (None, None), (None, None), note=note)
        return replace(diff_tables(was, now_, before, after, self._drift), withheld=withheld)


def content_of(table: Any) -> str:
    """Return the hash of a table's values.

    Raises
    ------
    NoDataset
        If it holds what cannot be reduced to its parts.
    """
    from notewright.state.values import fingerprint

    try:
        return fingerprint(table)
    except TypeError as error:
        raise NoDataset(f"The {type_name(table)}", f"it cannot be saved ({error})") from error


def _digest_of_file(path: Path) -> str:
    import blake3

    return blake3.blake3().update_mmap(path).hexdigest()


def _columns(table: Any) -> Iterable[Column]:
    names = getattr(table, "columns", None)
    types = getattr(table, "dtypes", None)
    if names is None or types is None or getattr(table, "ndim", 2) != 2:
        return ()
    return [Column(str(name), str(type_)) for name, type_ in zip(names, types, strict=True)]
