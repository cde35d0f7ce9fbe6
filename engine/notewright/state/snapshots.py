"""Snapshots: take, list, load, restore."""

from __future__ import annotations

import builtins
import pickle
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from notewright.errors import (
    BadName,
    CorruptObject,
    MissingObject,
    NoSnapshot,
    NotewrightError,
    NotSaved,
    PolicyError,
    UnknownId,
    UnknownVariable,
    UntrustedStore,
)
from notewright.state.capture.keeper import Around, Keeper
from notewright.state.capture.known import Outcome
from notewright.state.clearing import Cleared, cleared_each
from notewright.state.contents import Beside, Contents
from notewright.state.environment import environment, environment_difference
from notewright.state.file_columns import withheld_in_file
from notewright.state.finding import find_snapshot
from notewright.state.loading import load_groups
from notewright.state.namespace import Namespace
from notewright.state.needs import Needs
from notewright.state.pickling import live as live_containers
from notewright.state.randomness import RANDOM_STATE, set_random_state
from notewright.state.records import FileRead, Snapshot, Unsaved, Variable
from notewright.state.restoring import Restored, Restoring
from notewright.state.reuse import Reuse
from notewright.state.withheld import (
    NOTHING,
    UNRESTRICTED,
    Restrictions,
    ValuesWithheld,
    Withheld,
    Withholding,
    united,
)
from notewright.store import Store
from notewright.store.canonical import canonical, digest_of, parse, plain
from notewright.store.catalog import NO_LIMIT, Row
from notewright.store.ids import new_id, now
from notewright.store.names import check_name
from notewright.store.packs import PackWriter
from notewright.store.signing import Signer, verify

#: In place of a variable's few words.
_UNTIL = "(told once policy.yaml is understood)"
_RELATIVE = re.compile(r"HEAD(?:~(?P<back>\d+))?\Z")


@dataclass(frozen=True)
class Occasion:
    """When and why a snapshot is taken; `origin` names the execution that made a variable."""

    id: str
    session: str
    message: str
    kind: str
    execution: str | None
    parent: str | None
    created: str
    files: tuple[FileRead, ...]
    origin: Callable[[str], tuple[str | None, str]]
    #: What to keep beside the variables.
    beside: Beside | None = None
    #: The digest of the execution's record.
    sealed: str | None = None


@dataclass(frozen=True)
class Given:
    """Variables of a snapshot, as who asked may have them.

    Parameters
    ----------
    values : dict
        A `Withheld` in the place of each that is withheld wholly.
    withheld : dict
        By variable, what is not in it.
    """

    values: dict[str, Any]
    withheld: dict[str, tuple[Withheld, ...]]


class Snapshots:
    """All snapshots of a workspace.

    Parameters
    ----------
    store : Store
        The workspace's store.
    signer : callable
        Returns who signs new snapshots.
    trusted : callable
        Tells of a public key whether what it signed may be unpickled.
    restrictions : Restrictions, optional
        Which columns are withheld from who loads or restores.
    """

    def __init__(
        self,
        store: Store,
        signer: Callable[[], Signer],
        trusted: Callable[[str], bool],
        restrictions: Restrictions = UNRESTRICTED,
    ) -> None:
        self._store = store
        self._restrictions = restrictions
        #: The snapshots that this process took: it held all that is in them.
        self._own: set[str] = set()
        self._signer = signer
        self._trusted = trusted
        #: The record of the newest snapshot of each session: the next one differs little from it.
        self._latest: dict[str, str] = {}
        self._contents = Contents(store.objects)

    @cached_property
    def _environment(self) -> str:
        return self._store.objects.put_json(environment())

    def keeper(
        self, namespace: Namespace, around: Around = nullcontext, behind: Around = nullcontext
    ) -> Keeper:
        """Return what looks at `namespace` and stores what is new, for :meth:`commit`."""
        return Keeper(namespace, self._store.objects, around=around, behind=behind)

    def take(
        self,
        namespace: Namespace,
        *,
        session: str,
        message: str = "",
        kind: str = "named",
        execution: str | None = None,
        parent: str | None = None,
        files: Sequence[FileRead] = (),
        origin: Callable[[str], tuple[str | None, str]] = lambda name: (None, "an earlier cell"),
    ) -> Snapshot:
        """Save every variable of `namespace`; durable when this returns.

        Parameters
        ----------
        namespace : Namespace
            The live variables. They are read, never changed.
        session : str
            The session's id.
        message : str
            The user's words.
        kind : {"named", "auto", "run", "export", "restore"}
            Why it is taken.
        execution : str, optional
            The execution whose result this is.
        parent : str, optional
            The snapshot this one comes after.
        files : sequence of FileRead
            Data files read so far.
        origin : callable
            Gives for a name the execution that made it (id, words for its
            cell), to name what cannot be saved.

        Returns
        -------
        Snapshot
        """
        keeper = self.keeper(namespace)
        occasion = Occasion(
            new_id(), session, message, kind, execution, parent, now(), tuple(files), origin
        )
        view = keeper.view(
            save=True, finish=lambda found, writer: self.commit(found, occasion, writer)
        )
        keeper.close()
        if view.error is not None:
            raise view.error
        taken: Snapshot = view.result
        return taken

    def commit(self, found: Outcome, occasion: Occasion, writer: PackWriter) -> Snapshot:
        """Make a snapshot of what was stored; durable when this returns.

        Parameters
        ----------
        found : Outcome
            What was looked at and stored.
        occasion : Occasion
            When and why.
        writer : PackWriter
            Appends to the pack that holds it.
        """
        assert found.kept is not None
        groups = {name: group.address for group in found.kept.groups for name in group.names}
        held = self._contents.keep(occasion.beside, occasion.files, writer)
        record = {
            "parent": occasion.parent,
            "session": occasion.session,
            "execution": occasion.execution,
            "kind": occasion.kind,
            "message": occasion.message,
            "created": occasion.created,
            "variables": [
                plain(Variable(s.name, s.type, s.summary, s.digest, groups[s.name], s.size))
                for s in found.seen.values()
            ],
            "unsaved": [
                plain(Unsaved(u.name, u.type, u.reason, *occasion.origin(u.name)))
                for u in found.unsaveable.values()
            ],
            "files": plain(occasion.files),
            "environment": self._environment,
            "random": found.kept.random,
            "sealed": occasion.sealed,
            "modules": found.modules,
            **plain(held),
        }
        address = writer.put(canonical(record), self._latest.get(occasion.session))
        writer.sync()
        placed = [*found.kept.placed, *writer.take_placed()]
        added = sum(place.length for place in placed)
        signer = self._signer()
        snapshot = Snapshot.parse(record, id=occasion.id, digest=address, bytes_added=added)
        with self._store.catalog.transaction() as connection:
            writer.check_current()
            self._store.objects.record_places(placed, connection)
            connection.execute(
                "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    snapshot.id,
                    address,
                    snapshot.parent,
                    snapshot.session,
                    snapshot.execution,
                    snapshot.kind,
                    snapshot.message,
                    snapshot.created,
                    added,
                    signer.public,
                    signer.sign(address.encode()).hex(),
                ),
            )
            self.stand_on(snapshot, snapshot.session)
        self._latest[snapshot.session] = address
        self._own.add(snapshot.id)
        return snapshot

    @contextmanager
    def staying(self) -> Iterator[None]:
        """Let no snapshot be removed inside."""
        with self._store.objects.turns.writing():
            yield

    def stand_on(self, snapshot: Snapshot, session: str) -> None:
        """Make `snapshot` the one that `HEAD` names, here and in `session`."""
        with self._store.catalog.transaction():
            for name in ("HEAD", f"heads/{session}"):
                self._store.refs.set(name, snapshot.id, actor=session)

    def get(self, ref: str, session: str | None = None) -> Snapshot:
        """Return the snapshot that `ref` names.

        Parameters
        ----------
        ref : str
            An id, the first characters of one, ``HEAD``, ``HEAD~2``, a tag, or a message.
        session : str, optional
            Whose ``HEAD`` is meant; by default the latest of any notebook.

        Raises
        ------
        UnknownId, AmbiguousId
            If it names none, or more than one.
        """
        return self._read(self.id_of(ref, session))

    def id_of(self, ref: str, session: str | None = None) -> str:
        """Return the id of the snapshot that :meth:`get` returns."""
        relative = _RELATIVE.match(ref)
        if relative:
            return self._back(ref, int(relative["back"] or 0), session)
        return find_snapshot(self._store, ref)

    def check_there(self, snapshot: Snapshot) -> None:
        """Raise `UnknownId` if the snapshot has been removed."""
        self._row(snapshot.id)

    def head(self, session: str | None = None) -> Snapshot | None:
        """Return the snapshot the notebook stands on, or None; a damaged one as in `list`."""
        target = self._store.refs.get(f"heads/{session}" if session else "HEAD")
        return None if target is None else self._listed(self._row(target))

    def tag(self, ref: str, name: str, actor: str) -> None:
        """Give a snapshot a name of its own.

        Raises
        ------
        BadName
            As :meth:`check_tag`.
        """
        self.check_tag(name)
        self._store.refs.set(f"tags/{name}", self.get(ref).id, actor=actor)

    def check_tag(self, name: str) -> None:
        """Raise `BadName` if a tag reads like an id or is ``HEAD``: it would never be found."""
        check_name(name, "tag")
        if name.startswith("HEAD") or set(name.lower()) <= set("0123456789abcdef"):
            raise BadName("tag", name)

    def tags(self) -> builtins.list[str]:
        """Return the tags that were given."""
        return [name.removeprefix("tags/") for name in self._store.refs.list("tags/")]

    def list(self, limit: int | None = None) -> list[Snapshot]:
        """Return all snapshots, or the newest `limit`, oldest first.

        One whose record is damaged has `damage` instead of variables.
        """
        with self.staying():
            rows = self._store.catalog.query(
                "SELECT * FROM snapshots ORDER BY created DESC, rowid DESC LIMIT ?",
                (NO_LIMIT if limit is None else limit,),
            )
            return [self._listed(row) for row in reversed(rows)]

    def count(self) -> int:
        """Return how many snapshots there are."""
        row = self._store.catalog.one("SELECT count(*) AS n FROM snapshots")
        return 0 if row is None else int(row["n"])

    def needs(self) -> dict[str, builtins.list[str]]:
        """Return, for each object a snapshot needs, the words for those snapshots."""
        needed: dict[str, builtins.list[str]] = {}
        needs = Needs(self._store.objects)
        for row in self._store.catalog.query("SELECT id, digest FROM snapshots ORDER BY created"):
            for address in needs.of(row["digest"]):
                needed.setdefault(address, []).append(f"snapshot {row['id'][:6]}")
        return needed

    def load(
        self,
        snapshot: Snapshot,
        names: Iterable[str] | None = None,
        namespace: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return variables of a snapshot as new objects, in any process.

        Restricted columns that the reader may not see are left out; a warning names them.

        Parameters
        ----------
        snapshot : Snapshot
            The snapshot.
        names : iterable of str, optional
            Which variables; all by default.
        namespace : dict, optional
            The globals of functions in them; by default the variables themselves.

        Raises
        ------
        UntrustedStore
            If it was signed by a key that is not trusted here: unpickling runs code.
        UnknownVariable, NotSaved
            If a variable is not in it.
        CorruptObject, MissingObject
            If its bytes are damaged.
        AccessDenied
            If nothing is left of a variable that was asked for by name.
        """
        asked = None if names is None else list(names)
        given = self.given(snapshot, asked, namespace)
        if asked is not None:
            self._refuse(given.values, snapshot)
        if given.withheld:
            warnings.warn(ValuesWithheld(united(*given.withheld.values())), stacklevel=2)
        return given.values

    def given(
        self,
        snapshot: Snapshot,
        names: Iterable[str] | None = None,
        namespace: dict[str, Any] | None = None,
    ) -> Given:
        """Return what :meth:`load` does, with what is withheld by variable and no warning."""
        withholding = self._restrictions.now()
        with self.staying():
            loaded = self._load(snapshot, names, namespace)
        each = self._cleared(loaded, withholding, namespace)
        return Given(
            {name: found.value for name, found in each.items()},
            {name: found.withheld for name, found in each.items() if found.withheld},
        )

    def bring(
        self, snapshot: Snapshot, names: Iterable[str], namespace: dict[str, Any]
    ) -> dict[str, Any]:
        """Return variables for a live namespace, with as much of them as :meth:`restore` gives.

        Raises
        ------
        AccessDenied
            If nothing is left of one of them.
        """
        withholding = self._withheld_from_kernel(snapshot)
        with self.staying():
            loaded = self._load(snapshot, names, namespace)
        each = self._cleared(loaded, withholding, namespace)
        values = {name: found.value for name, found in each.items()}
        self._refuse(values, snapshot)
        return values

    def _withheld_from_kernel(self, snapshot: Snapshot) -> Withholding:
        return NOTHING if snapshot.id in self._own else self._restrictions.now()

    def _cleared(
        self, values: dict[str, Any], withholding: Withholding, namespace: dict[str, Any] | None
    ) -> dict[str, Cleared]:
        live = live_containers.containers({} if namespace is None else namespace)
        return cleared_each(values, withholding, live)

    def _refuse(self, values: Mapping[str, Any], snapshot: Snapshot) -> None:
        """Refuse somebody who asked by name for what is withheld wholly."""
        for value in values.values():
            if isinstance(value, Withheld):
                self._restrictions.refuse(value, f"snapshot {snapshot.id[:6]}")

    def _load(
        self, snapshot: Snapshot, names: Iterable[str] | None, namespace: dict[str, Any] | None
    ) -> dict[str, Any]:
        chosen = self._trusted_choice(snapshot, names)
        own: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        globals_ = own if namespace is None else namespace
        addresses = [v.group for v in snapshot.variables if v.name in chosen]
        values: dict[str, Any] = {}
        for group in load_groups(addresses, globals_, self._store.objects):
            if isinstance(group, NotewrightError):
                raise group
            values.update(group)
        own.update(values)
        return {name: values[name] for name in chosen}

    def check_restorable(self, snapshot: Snapshot, only: Sequence[str] | None = None) -> None:
        """Raise what :meth:`restore` would raise before it touches anything."""
        self._trusted_choice(snapshot, only)

    def restore(
        self,
        namespace: Namespace,
        snapshot: Snapshot,
        only: Sequence[str] | None = None,
        known: Mapping[str, str] | None = None,
        reuse: Reuse | None = None,
    ) -> Restored:
        """Put the variables of `snapshot` back into a live namespace.

        Only names whose value differs are bound to new objects; everything
        else stays the object it is. A full restore also removes names that
        the snapshot does not have and puts the random state back. Attributes
        of the user's own modules are set where they are; a module that is not
        imported yet is imported first.

        Tables come back without the restricted columns that the user may not
        see; what a snapshot has that this process took itself comes back
        whole, because the process held it.

        Parameters
        ----------
        namespace : Namespace
            The live variables.
        snapshot : Snapshot
            What to go back to.
        only : sequence of str, optional
            Just these variables; ``random-state`` stands for the state of the global generators.
        known : mapping, optional
            The digests of the live variables where they have just been looked at.
        reuse : Reuse, optional
            Gives memory of what is replaced; only where no other code runs meanwhile.

        Raises
        ------
        AccessDenied
            If nothing is left of one of `only`.
        """
        with nullcontext() if reuse is None else reuse:
            return self._restore(
                Restoring(
                    namespace,
                    snapshot,
                    self._store.objects,
                    self._trusted_choice(snapshot, only),
                    only is not None,
                    {} if known is None else known,
                    self._withheld_from_kernel(snapshot),
                    reuse,
                ),
                self._generators(snapshot) if only is None or RANDOM_STATE in only else None,
            )

    def _restore(self, restoring: Restoring, generators: Any) -> Restored:
        snapshot, partial = restoring.snapshot, restoring.partial
        restoring.import_modules()
        back = restoring.load()
        if partial:
            self._refuse(back, snapshot)
        names = restoring.bind(back)
        removed = () if partial else restoring.remove()
        if generators is not None:
            set_random_state(generators)
        return Restored(
            snapshot,
            rebound=names,
            removed=removed,
            kept=tuple(
                n for n in restoring.chosen if n not in names and n not in restoring.differing
            ),
            unsaved=() if partial else restoring.unsaved(),
            environment=tuple(self._environment_difference(snapshot)),
            partial=partial,
            refused=tuple(restoring.refused),
            random=generators is not None,
            withheld=restoring.withheld,
        )

    def _generators(self, snapshot: Snapshot) -> Any:
        """Return the state of the global generators, None if the snapshot has none."""
        if snapshot.random is None:
            return None
        return pickle.loads(self._store.objects.get(snapshot.random))

    def copy_files(
        self, snapshot: Snapshot, to: Path, only: Iterable[str] | None = None
    ) -> builtins.list[Path]:
        """Put copies of the files whose contents a snapshot has into a new folder.

        Those with columns that are withheld are left out: `withheld_files` names them.

        Parameters
        ----------
        snapshot : Snapshot
            The snapshot.
        to : Path
            A folder that does not exist yet, or is empty.
        only : iterable of str, optional
            Just these files, as the snapshot names them.

        Raises
        ------
        UnknownId, NotKept
            If a file is not in it.
        FolderTaken
            If there is something at `to` already.
        AccessDenied
            If one of `only` has columns that are withheld.
        """
        withheld = self.withheld_files(snapshot)
        if only is None:
            return self._contents.copy(snapshot, to, None, withheld)
        only = dict.fromkeys(only)
        for path in only:
            if path in withheld:
                self._restrictions.refuse(withheld[path][0], path)
        return self._contents.copy(snapshot, to, only)

    def withheld_files(self, snapshot: Snapshot) -> dict[str, tuple[Withheld, ...]]:
        """Return which data files of a snapshot have columns that are withheld, and which columns.

        A file whose columns cannot be told counts as having all of them.
        """
        withholding = self._restrictions.now()
        found = {}
        for file in snapshot.files if withholding else ():
            if (address := snapshot.address(file.path)) is not None:
                data = self._contents.bytes_of(file, address)
                found[file.path] = withheld_in_file(data, file.path, withholding)
        return {path: withheld for path, withheld in found.items() if withheld}

    def document(self, snapshot: Snapshot) -> bytes | None:
        """Return the notebook's document as it was, or None where it is not kept."""
        kept = snapshot.document and snapshot.address(snapshot.document.path)
        return self._store.objects.get(kept) if kept else None

    def environment(self, snapshot: Snapshot) -> dict[str, Any]:
        """Return interpreter, platform and packages as they were."""
        found: dict[str, Any] = self._store.objects.get_json(snapshot.environment)
        return found

    def signature(self, snapshot: Snapshot) -> tuple[str, bool]:
        """Return who signed a snapshot (public key) and whether the signature holds."""
        row = self._store.catalog.one(
            "SELECT signer, signature FROM snapshots WHERE id = ?", (snapshot.id,)
        )
        if row is None:
            raise UnknownId("snapshot", snapshot.id, "%nw timeline")
        signer = str(row["signer"])
        return signer, verify(signer, row["signature"], snapshot.digest.encode())

    def _trusted_choice(self, snapshot: Snapshot, names: Iterable[str] | None) -> dict[str, None]:
        """Return which variables are asked for, if the snapshot may be loaded."""
        signer, holds = self.signature(snapshot)
        if not holds or not self._trusted(signer):
            raise UntrustedStore(signer)
        if snapshot.damage:
            self._read(snapshot.id)  # raises it
        known = {v.name: None for v in snapshot.variables}
        if names is None:
            return known
        chosen = dict.fromkeys(name for name in names if name != RANDOM_STATE)
        for name in chosen:
            if name not in known:
                for unsaved in snapshot.unsaved:
                    if unsaved.name == name:
                        raise NotSaved(name, unsaved.reason, unsaved.cell)
                raise UnknownVariable(name, f"snapshot {snapshot.id[:6]}", known)
        return chosen

    def _environment_difference(self, snapshot: Snapshot) -> builtins.list[str]:
        # Nothing is stored: the store may be read-only.
        here = environment()
        if snapshot.environment == digest_of(canonical(here)):
            return []
        return environment_difference(self._store.objects.get_json(snapshot.environment), here)

    def _back(self, ref: str, steps: int, session: str | None) -> str:
        id_ = self._store.refs.get(f"heads/{session}" if session else "HEAD")
        if id_ is None:
            raise NoSnapshot
        for _ in range(steps):
            row = self._store.catalog.one("SELECT parent FROM snapshots WHERE id = ?", (id_,))
            if row is None or row["parent"] is None:
                raise UnknownId("snapshot", ref, "%nw timeline")
            id_ = row["parent"]
        return str(id_)

    def _read(self, id_: str) -> Snapshot:
        return self._parsed(self._row(id_))

    def _row(self, id_: str) -> Row:
        row = self._store.catalog.one("SELECT * FROM snapshots WHERE id = ?", (id_,))
        if row is None:
            raise UnknownId("snapshot", id_, "%nw timeline")
        return row

    def _parsed(self, row: Row) -> Snapshot:
        body = parse(self._store.objects.get(row["digest"]))
        # The one before it may have been removed since: the catalog says which is now.
        body["parent"] = row["parent"]
        found = Snapshot.parse(
            body, id=row["id"], digest=row["digest"], bytes_added=row["bytes_added"]
        )
        return self._summed_up(found)

    def _summed_up(self, found: Snapshot) -> Snapshot:
        """Return a snapshot whose few words on each variable say nothing that is withheld."""
        try:
            withholding = self._restrictions.now()
        except PolicyError:
            # What is restricted is not known; who undoes a cell shall not have to wait for it.
            unknown = [replace(v, summary=_UNTIL) for v in found.variables]
            return replace(found, variables=tuple(unknown))
        if not withholding:
            return found
        return replace(found, variables=tuple(_summed_up(v, withholding) for v in found.variables))

    def _listed(self, row: Row) -> Snapshot:
        try:
            return self._parsed(row)
        except (CorruptObject, MissingObject) as error:
            return Snapshot.damaged(dict(row), error.problem)


def _summed_up(variable: Variable, withholding: Withholding) -> Variable:
    """Return a variable whose few words say nothing of a column that has its name."""
    withheld = withholding.find(variable.name.rpartition(".")[2])
    return variable if withheld is None else replace(variable, summary=repr(withheld))
