"""Model versions, which never change, and aliases, whose every move is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from notewright.errors import BadRecord, ModelUnloadable, NoModel, UnknownId, UntrustedStore
from notewright.experiments.ports import Acts, Permit, no_audit
from notewright.experiments.run import Run
from notewright.experiments.runs import Runs
from notewright.store import Store
from notewright.store.canonical import canonical, digest_of, plain
from notewright.store.ids import new_id, now
from notewright.store.names import check_name
from notewright.store.refs import RefMove
from notewright.store.signing import Signer, verify
from notewright.words import utc

_LISTING = "%nw models"


# Inside the class, `list` is the method.
Moves = list[RefMove]


@dataclass(frozen=True)
class ModelVersion:
    """One registered model.

    Parameters
    ----------
    id, digest : str
        Identifier, and address of the record as evidence.
    name, number : str, int
        `credit_risk` and 2 for `credit_risk@2`.
    run : str
        Id of the run that trained it.
    run_digest : str
        Address of that run's record.
    type, variable : str
        Qualified type, and the variable it was.
    fingerprint : str
        Hash of the model's value.
    model_object : str
        Digest of its stored bytes.
    data : str
        Digest over the data files behind it.
    created, actor : str
    origin : {"run", "retrain"}
    """

    id: str
    digest: str
    name: str
    number: int
    run: str
    run_digest: str
    type: str
    variable: str
    fingerprint: str
    model_object: str
    data: str
    created: str
    actor: str
    origin: str

    @property
    def ref(self) -> str:
        """`credit_risk@2`."""
        return f"{self.name}@{self.number}"

    @classmethod
    def parse(cls, body: str, digest: str) -> ModelVersion:
        """Return the version that the JSON text `body` describes."""
        fields = json.loads(body)
        fields.pop("schema", None)
        return cls(**fields, digest=digest)


class Models:
    """The registered models of one workspace.

    Parameters
    ----------
    store : Store
    runs : Runs
    acts : callable, optional
        Appends to the audit log: `acts(act, subject, details)`, with
        `actor=identity` where one was given. Called inside the transaction
        that makes the change, so both happen or neither.
    permit : callable, optional
        Raises if `permit(actor, action, subject)` is not allowed.
    signer : callable, optional
        Returns who signs a version whose actor has no key at hand.
    trusted : callable, optional
        Tells of a public key whether what it signed may be unpickled.
    """

    def __init__(
        self,
        store: Store,
        runs: Runs,
        acts: Acts | None = None,
        permit: Permit | None = None,
        signer: Callable[[], Signer] | None = None,
        trusted: Callable[[str], bool] = lambda public: True,
    ) -> None:
        self._store = store
        self._runs = runs
        self._acts: Acts = acts or no_audit
        self._permit: Permit = permit or _allowed
        self._signer = signer
        self._trusted = trusted

    def register(self, run: str | Run, name: str, actor: Any) -> ModelVersion:
        """Make the model of `run` the next version of `name`.

        Parameters
        ----------
        run : str or Run
            Its id, name or record.
        name : str
            The model's name.
        actor : str or Identity
            Who registers it.

        Raises
        ------
        NoModel, ModelUnloadable
            If the run recorded none, or it was not kept.
        BadRecord
            If the run did not finish.
        """
        check_name(name, "model")
        who = _who(actor)
        self._permit(actor, "model.register", name)
        record = run if isinstance(run, Run) else self._runs.get(run)
        if record.status != "finished":
            raise BadRecord(
                f"Run '{record.name}' is {record.status}; only finished runs are registered.",
                "Run it again, or choose another of `%nw runs`.",
            )
        if record.model is None:
            raise NoModel(record.name)
        if record.model.object is None:
            raise ModelUnloadable(record.name, "no snapshot holds it")
        with self._store.catalog.transaction() as connection:
            row = connection.execute(
                "SELECT MAX(number) AS last FROM model_versions WHERE name = ?", (name,)
            ).fetchone()
            body: dict[str, Any] = {
                "id": new_id(),
                "name": name,
                "number": (row["last"] or 0) + 1,
                "run": record.id,
                "run_digest": record.digest,
                "type": record.model.type,
                "variable": record.model.variable,
                "fingerprint": record.model.fingerprint,
                "model_object": record.model.object,
                "data": digest_of(canonical(plain(record.files))),
                "created": now(),
                "actor": who,
                "origin": "retrain" if record.origin == "retrain" else "run",
            }
            text = canonical({**body, "schema": 1})
            digest = self._store.objects.put(text, sync=True)
            version = ModelVersion(**body, digest=digest)
            signer = self._signer_for(actor)
            connection.execute(
                "INSERT INTO model_versions(id, digest, name, number, run, fingerprint, created,"
                " body, signer, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    version.id,
                    digest,
                    name,
                    version.number,
                    version.run,
                    version.fingerprint,
                    version.created,
                    text.decode(),
                    None if signer is None else signer.public,
                    None if signer is None else signer.sign(digest.encode()).hex(),
                ),
            )
            details = {
                "version": version.id,
                "digest": digest,
                "run": version.run,
                "fingerprint": version.fingerprint,
                "actor": who,
            }
            self._act("model.register", version.ref, details, actor)
        return version

    def get(self, ref: str) -> ModelVersion:
        """Return `credit_risk` (its latest), `credit_risk@2`, `credit_risk@champion`, or an id.

        Raises
        ------
        UnknownId, AmbiguousId
        """
        name, at, which = ref.partition("@")
        if not at:
            row = self._store.catalog.one(
                "SELECT digest, body FROM model_versions WHERE name = ?"
                " ORDER BY number DESC LIMIT 1",
                (name,),
            )
            if row is None:
                found = self._store.catalog.resolve("model_versions", ref, "model", _LISTING)
                row = self._store.catalog.one(
                    "SELECT digest, body FROM model_versions WHERE id = ?", (found,)
                )
            assert row is not None  # resolved above
            return ModelVersion.parse(row["body"], row["digest"])
        target = which if which.isdigit() else self._store.refs.get(_ref(name, which))
        version = None if target is None else self._numbered(name, int(target))
        if version is None:
            raise UnknownId("model", ref, _LISTING)
        return version

    def list(self, name: str | None = None) -> list[ModelVersion]:
        """Return all versions, or those of one model, oldest first."""
        rows = self._store.catalog.query(
            "SELECT digest, body FROM model_versions WHERE name = ? OR CAST(? AS TEXT) IS NULL"
            " ORDER BY name, number",
            (name, name),
        )
        return [ModelVersion.parse(row["body"], row["digest"]) for row in rows]

    def find(self, fingerprint: str) -> ModelVersion | None:
        """Return the latest version whose model has this fingerprint, or None."""
        row = self._store.catalog.one(
            "SELECT digest, body FROM model_versions WHERE fingerprint = ?"
            " ORDER BY created DESC, number DESC LIMIT 1",
            (fingerprint,),
        )
        return None if row is None else ModelVersion.parse(row["body"], row["digest"])

    def load(self, version: ModelVersion) -> Any:
        """Return the version's model as a new object, checked against its fingerprint.

        Raises
        ------
        UntrustedStore
            If the record is not the one that was signed, or the key is not trusted.
        """
        self._check_signature(version)
        return self._runs.load_model(self._runs.get(version.run))

    def _signer_for(self, actor: Any) -> Signer | None:
        if hasattr(actor, "sign"):
            found: Signer = actor
            return found
        return None if self._signer is None else self._signer()

    def signature(self, version: ModelVersion) -> tuple[str | None, bool]:
        """Return who signed a version (public key) and whether the signature holds.

        A version without one (None) is vouched for by the audit log, and its run's snapshot
        is signed.
        """
        row = self._store.catalog.one(
            "SELECT signer, signature, body FROM model_versions WHERE id = ?", (version.id,)
        )
        if row is None:
            raise UnknownId("model", version.ref, _LISTING)
        digest = digest_of(row["body"].encode())
        holds = digest == version.digest and ModelVersion.parse(row["body"], digest) == version
        if row["signer"] is None:
            return None, holds
        signer = str(row["signer"])
        return signer, holds and verify(signer, row["signature"], digest.encode())

    def _check_signature(self, version: ModelVersion) -> None:
        signer, holds = self.signature(version)
        if signer is not None and not (holds and self._trusted(signer)):
            raise UntrustedStore(signer)

    # -- aliases --------------------------------------------------------------------

    def move_alias(
        self, name: str, alias: str, number: int | None, expected: int | None, actor: Any
    ) -> None:
        """Point `name@alias` at version `number`, if it is still at `expected`.

        Parameters
        ----------
        number : int or None
            None takes the alias away.
        expected : int or None
            Where the caller believes it is; None for nowhere.

        Raises
        ------
        RefMoved
            If somebody moved it meanwhile.
        UnknownId
            If there is no such version.
        """
        check_name(alias, "model alias")
        who = _who(actor)
        self._permit(actor, "model.register", name)
        if number is not None and self._numbered(name, number) is None:
            raise UnknownId("model", f"{name}@{number}", _LISTING)
        with self._store.catalog.transaction():
            self._store.refs.move(
                _ref(name, alias), _text(number), expected=_text(expected), actor=who
            )
            details = {"from": _text(expected), "to": _text(number), "actor": who}
            self._act("model.alias", f"{name}@{alias}", details, actor)

    def aliases(self, name: str) -> dict[str, int]:
        """Return where the aliases of `name` are now."""
        prefix = _ref(name, "")
        found = self._store.refs.list(prefix)
        return {ref[len(prefix) :]: int(target) for ref, target in found.items()}

    def alias_at(self, name: str, alias: str, time: str) -> ModelVersion | None:
        """Return the version `name@alias` stood at at a time, or None.

        Parameters
        ----------
        time : str
            ISO 8601; without an offset it is local time.
        """
        target = self._store.refs.at(_ref(name, alias), _moment(time))
        return None if target is None else self._numbered(name, int(target))

    def alias_moves(self, name: str, alias: str) -> Moves:
        """Return every move of `name@alias`, oldest first."""
        return self._store.refs.moves(_ref(name, alias))

    def _act(self, act: str, subject: str, details: Mapping[str, Any], actor: Any) -> None:
        # An identity signs its own entry; a mere name is written into the details.
        signed = {} if isinstance(actor, str) else {"actor": actor}
        self._acts(act, subject, details, **signed)

    def _numbered(self, name: str, number: int) -> ModelVersion | None:
        row = self._store.catalog.one(
            "SELECT digest, body FROM model_versions WHERE name = ? AND number = ?",
            (name, number),
        )
        return None if row is None else ModelVersion.parse(row["body"], row["digest"])


def _moment(given: str) -> str:
    try:
        return utc(given)
    except ValueError:
        raise BadRecord(f"'{given}' is not a time.", "Write it like 2026-03-03T14:05.") from None


def _ref(name: str, alias: str) -> str:
    return f"models/{name}/{alias}"


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _who(actor: Any) -> str:
    return str(getattr(actor, "name", actor))


def _allowed(actor: Any, action: str, subject: str) -> None:
    """Without roles everything is allowed."""
