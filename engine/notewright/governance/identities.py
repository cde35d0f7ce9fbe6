"""Who is who in a workspace: names and the public keys that stand for them."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from notewright.errors import AccessDenied, KeyProblem, UnknownId, UntrustedStore
from notewright.governance.keys import (
    Identity,
    config_folder,
    create_key,
    is_held,
    os_user,
    own_key,
    own_key_path,
    read_key,
)
from notewright.governance.person import Person, person_here
from notewright.store import Store
from notewright.store.canonical import canonical, parse
from notewright.store.ids import new_id, now
from notewright.store.names import check_name
from notewright.store.signing import verify

__all__ = ["Acts", "Identities", "Identity", "Registration"]


class Acts(Protocol):
    """The audit log's `append`, as services that act see it."""

    def __call__(
        self,
        act: str,
        subject: str,
        details: dict[str, Any] | None = None,
        actor: Identity | None = None,
    ) -> object:
        """Add an entry."""


@dataclass(frozen=True)
class Registration:
    """One name and its public key.

    Parameters
    ----------
    name, public : str
        The name and the Ed25519 public key, hexadecimal.
    registered : str
        When.
    by : str
        Who registered it; the name itself where somebody registered themselves.
    owner : bool
        Whether this is the workspace's first identity.
    """

    name: str
    public: str
    registered: str
    by: str
    owner: bool


@dataclass(frozen=True)
class Earlier:
    """A name that somebody acted under before.

    Parameters
    ----------
    name : str
        The name.
    key : Path
        The file of its key, with which they still can act under it.
    """

    name: str
    key: Path


class Identities:
    """The names and public keys of one workspace.

    Parameters
    ----------
    store : Store
        Where registrations are kept. Private keys never are.
    acts : callable
        The audit log's `append`.
    config : Path, optional
        The user's configuration folder, where their own key lies.
    person : Person, optional
        Who acts by default; whose process it is where nobody is named.
    """

    def __init__(
        self,
        store: Store,
        acts: Acts,
        config: Path | None = None,
        person: Person | None = None,
    ) -> None:
        self._catalog = store.catalog
        self._acts = acts
        self.config = config or config_folder()
        self._person = person
        self._me: Identity | None = None
        self._confirmed: dict[int, Identity] = {}

    def person(self) -> Person:
        """Return who acts by default, and who says that it is they.

        Raises
        ------
        PersonUnknown
            If a JupyterHub is to say it and does not.
        """
        return self._person or person_here()

    def me(self) -> Identity:
        """Return the identity of who acts by default; it is registered on first use.

        The first identity of a workspace owns it. Who it is is settled when it is first asked.

        Raises
        ------
        KeyProblem
            If this name is registered here with another key.
        PersonUnknown
            If a JupyterHub is to say who acts and does not.
        """
        if self._me is None:
            self._me = own_key(self.config, self.person().name)
        if self._person is not None and self._owner_row() is None:
            self._own_the_workspace()
        return self._registered(self._me)

    def earlier(self) -> Earlier | None:
        """Return what the OS user's key is registered as, where one now acts under another name.

        So it is for somebody who worked here before a JupyterHub named them.
        """
        path = own_key_path(self.config, os_user())
        if os_user() == self.person().name or not path.exists():
            return None
        identity = read_key(path)
        known = self._row(identity.name)
        if known is None or known["public"] != identity.public:
            return None
        return Earlier(identity.name, path)

    def load_key(self, path: Path | str) -> Identity:
        """Return the identity whose private key is in the file, by its name in this workspace.

        Raises
        ------
        KeyProblem
            If the file is no usable key, or its public key is not registered here.
        """
        identity = read_key(Path(path))
        row = self._catalog.one("SELECT name FROM identities WHERE public = ?", (identity.public,))
        if row is None:
            raise KeyProblem(
                f"The key in {path} is not registered in this workspace.",
                f"Its owner registers it: `notewright identity register {identity.name} "
                f"--public {identity.public}`.",
            )
        return Identity(row["name"], identity.public, identity.sign)

    def create(self, name: str, path: Path | str, by: Identity | None = None) -> Identity:
        """Make a key for a person, write it to `path`, and register its public half."""
        path = Path(path)
        self._check_free(name)
        self._check_registrar(name, by or self.me())
        try:
            identity = create_key(name, path)
        except FileExistsError:
            raise KeyProblem(
                f"There is a file at {path} already.", "A key is never overwritten: name another."
            ) from None
        except OSError as error:
            raise KeyProblem(
                f"The key cannot be written to {path}: {(error.strerror or str(error)).lower()}.",
                "Choose a folder that you may write.",
            ) from error
        self.register(name, identity.public, by)
        return identity

    def register(self, name: str, public: str, by: Identity | None = None) -> Registration:
        """Register the public key of a person; the owner may do it, and anyone for themselves.

        A registration gives no rights: those come with a role.

        Raises
        ------
        AccessDenied
            If `by` is neither the owner nor the person.
        KeyProblem
            If the name or the key is registered already.
        """
        by = by or self.me()
        self._check_free(name)
        if self._catalog.one("SELECT 1 FROM identities WHERE public = ?", (public,)):
            raise KeyProblem(
                "This key is registered already, under another name.",
                "`notewright identity list` shows the names and keys.",
            )
        if len(public) != 64 or any(c not in "0123456789abcdef" for c in public):
            raise KeyProblem(
                "That is not a public key.", "Give the 64 hexadecimal digits of an Ed25519 key."
            )
        self._check_registrar(name, by)
        self._register(name, public, by)
        return self.get(name)

    def get(self, name: str) -> Registration:
        """Return the registration of `name`, its signature checked.

        Raises
        ------
        UnknownId
            If nobody of this name is registered.
        KeyProblem
            If the registration was changed outside Notewright.
        """
        row = self._row(name)
        if row is None:
            raise UnknownId("identity", name, "notewright identity list")
        return self._checked(row)

    def list(self) -> list[Registration]:
        """Return all registrations, the owner's first."""
        rows = self._catalog.query("SELECT * FROM identities ORDER BY seq")
        return [self._checked(row) for row in rows]

    def owner(self) -> Registration:
        """Return the owner's registration."""
        if self._owner_row() is None:
            self.me()
        return self._checked(self._owner_row())

    def workspace(self) -> str:
        """Return the workspace's id, which every signature here covers."""
        row = self._owner_row()
        if row is None:
            self.me()
            row = self._owner_row()
        return str(_body(row)["workspace"])

    def confirm(self, identity: Identity) -> None:
        """Check that `identity` holds the private key registered under its name.

        Raises
        ------
        AccessDenied
            If the name is not registered, or with another key.
        """
        row = self._row(identity.name)
        if row is not None and self._confirmed.get(id(identity)) is identity:
            return
        challenge = b"notewright: who are you? " + os.urandom(16)
        if (
            row is None
            or self._checked(row).public != identity.public
            or not verify(identity.public, identity.sign(challenge), challenge)
        ):
            raise AccessDenied(
                f"This is not the key registered for '{identity.name}' in this workspace.",
                "`notewright identity list` shows who is registered.",
            )
        self._confirmed[id(identity)] = identity

    # -- trust ------------------------------------------------------------------

    def trust(self, name: str) -> Registration:
        """Trust what the key of `name` signed, on this machine, for loading objects.

        The list is kept outside the store, so a store cannot add itself to it.
        """
        registration = self.get(name)
        trusted = {**self._trusted(), registration.public: name}
        path = self.config / "trusted.json"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".trusted")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(trusted, file, indent=1, sort_keys=True)
        os.replace(temporary, path)
        self._acts("identity.trust", name, {"public": registration.public})
        return registration

    def is_trusted(self, public: str) -> bool:
        """Tell whether the key is one's own or one that one trusts.

        One's own are all keys in the configuration folder, under whatever name they were made:
        to read what one wrote, nobody need say who one is now.
        """
        return public in self._trusted() or is_held(self.config, public)

    def require_trusted(self, public: str) -> bool:
        """Return True if the key is trusted.

        Raises
        ------
        UntrustedStore
            If not; it names who is registered with it.
        """
        if not self.is_trusted(public):
            row = self._catalog.one("SELECT * FROM identities WHERE public = ?", (public,))
            raise UntrustedStore(public, None if row is None else self._checked(row).name)
        return True

    def _trusted(self) -> dict[str, str]:
        try:
            found = json.loads((self.config / "trusted.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise KeyProblem(
                f"The list of trusted keys at {self.config / 'trusted.json'} is damaged.",
                "Delete it and trust the keys again.",
            ) from error
        return {str(key): str(value) for key, value in found.items()}

    def _own_the_workspace(self) -> None:
        """Let it be owned by whose process it is: a visitor who comes first owns nothing."""
        self._registered(own_key(self.config, person_here().name))

    def _registered(self, identity: Identity) -> Identity:
        known = self._row(identity.name)
        if known is None:
            self._register(identity.name, identity.public, identity)
        elif known["public"] != identity.public:
            raise KeyProblem(
                f"'{identity.name}' is registered in this workspace with another key "
                "than the one on this machine.",
                "Use the key file you registered with: `--key FILE`. If that is somebody else's "
                "name as well, only one of you can have it in this workspace.",
            )
        return identity

    # -- records ----------------------------------------------------------------

    def _row(self, name: str) -> Any:
        return self._catalog.one("SELECT * FROM identities WHERE name = ?", (name,))

    def _owner_row(self) -> Any:
        return self._catalog.one("SELECT * FROM identities WHERE seq = 0")

    def _check_free(self, name: str) -> None:
        check_name(name, "identity")
        if self._row(name) is not None:
            raise KeyProblem(
                f"'{name}' is registered already.", "Choose another name for another person."
            )

    def _check_registrar(self, name: str, by: Identity) -> None:
        self.confirm(by)
        if by.name not in (self.owner().name, name):
            self._acts("refused", name, {"action": "identity.register"}, by)
            raise AccessDenied(
                f"'{by.name}' may not register '{name}'.",
                f"Ask the workspace's owner, '{self.owner().name}'.",
            )

    def _register(self, name: str, public: str, by: Identity) -> None:
        with self._catalog.transaction() as connection:
            known = self._row(name)
            if known is not None and known["public"] == public:
                return  # another process of the same user was faster
            count = self._catalog.query("SELECT count(*) FROM identities")[0][0]
            owner = self._owner_row()
            workspace = new_id() if owner is None else _body(owner)["workspace"]
            body = canonical(
                {
                    "by": by.name,
                    "name": name,
                    "public": public,
                    "registered": now(),
                    "seq": count,
                    "type": "identity 1",
                    "workspace": workspace,
                }
            )
            connection.execute(
                "INSERT INTO identities(name, public, seq, body, signature) VALUES (?, ?, ?, ?, ?)",
                (name, public, count, body.decode(), by.sign(body).hex()),
            )
            self._acts("identity.register", name, {"public": public}, by)

    def _checked(self, row: Any) -> Registration:
        body, owner = _body(row), _body(self._owner_row())
        # Anyone registers themselves; others are registered by the owner only.
        signer = body["public"] if body["by"] == body["name"] else owner["public"]
        if (
            (body["name"], body["public"], body["seq"]) != (row["name"], row["public"], row["seq"])
            or body["workspace"] != owner["workspace"]
            or not verify(signer, str(row["signature"]), str(row["body"]).encode())
        ):
            raise _changed(row)
        return Registration(
            body["name"], body["public"], body["registered"], body["by"], body["seq"] == 0
        )


def _body(row: Any) -> dict[str, Any]:
    """Return what was signed, if it still has the fields of a registration."""
    try:
        body: dict[str, Any] = parse(row["body"].encode())
        fields = {"by", "name", "public", "registered", "seq", "workspace"}
        if not fields <= body.keys():
            raise ValueError
    except (ValueError, AttributeError, TypeError) as error:
        raise _changed(row) from error
    return body


def _changed(row: Any) -> KeyProblem:
    name = "the owner" if row is None else f"'{row['name']}'"
    return KeyProblem(
        f"The registration of {name} was changed outside Notewright.",
        "`%nw audit verify` shows what else was; restore the store from a backup.",
    )
