"""Where a PostgreSQL database is: ``postgresql://user:password@host:5432/database?schema=name``."""

from __future__ import annotations

import getpass
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from notewright.errors import BadStoreAddress

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_TLS = ("disable", "prefer", "require", "verify-full")
_OPTIONS = ("schema", "sslmode")


@dataclass(frozen=True)
class Address:
    """One database, and who asks it.

    Parameters
    ----------
    host, database : str
    port : int
    user, password : str, optional
        By default those of ``PGUSER`` and ``PGPASSWORD``, of the file ``PGPASSFILE``
        (``~/.pgpass``), or the name of the operating system's user.
    schema : str, optional
        Which of the database's schemas holds the tables; a new one where none is named.
    sslmode : {"disable", "prefer", "require", "verify-full"}
        As libpq has them: whether the connection is encrypted, and the server proved.

    Examples
    --------
    >>> address = Address.parse("postgresql://ann:secret@db.example/models?schema=credit")
    >>> (address.host, address.port, address.database, address.schema)
    ('db.example', 5432, 'models', 'credit')
    >>> str(address)
    'postgresql://db.example:5432/models?schema=credit'
    """

    host: str
    port: int
    database: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str | None = None
    sslmode: str = "prefer"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address that `text` says.

        Raises
        ------
        BadStoreAddress
            With what is wrong with it, and never with a password.
        """
        try:
            parts = urlsplit(text)
            port = parts.port or 5432
        except ValueError as error:
            raise BadStoreAddress("it cannot be read as an address") from error
        if parts.scheme not in ("postgresql", "postgres"):
            raise BadStoreAddress("it does not begin with postgresql://")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        for name in options:
            if name not in _OPTIONS:
                raise BadStoreAddress(f"'{name}' is not one of {', '.join(_OPTIONS)}")
        schema, sslmode = options.get("schema"), options.get("sslmode", "prefer")
        if schema is not None and not _SCHEMA.fullmatch(schema):
            raise BadStoreAddress("a schema has a name of a-z, 0-9 and _")
        if sslmode not in _TLS:
            raise BadStoreAddress(f"sslmode is one of {', '.join(_TLS)}")
        database = unquote(parts.path.lstrip("/"))
        if not database or "/" in database:
            raise BadStoreAddress("it names no database")
        user, password = (
            None if w is None else unquote(w) for w in (parts.username, parts.password)
        )
        host = unquote(parts.hostname or "localhost")
        return cls(host, port, database, user, password, schema, sslmode)

    def __str__(self) -> str:
        """Return it without who asks: what everybody who shares the store needs to find it."""
        host = f"[{self.host}]" if ":" in self.host else quote(self.host)
        options = [f"schema={self.schema}"] if self.schema else []
        options += [f"sslmode={self.sslmode}"] if self.sslmode != "prefer" else []
        query = f"?{'&'.join(options)}" if options else ""
        return f"postgresql://{host}:{self.port}/{quote(self.database, safe='')}{query}"

    def in_schema(self, schema: str) -> Address:
        """Return it with its schema, or with this one if it names none."""
        return self if self.schema else replace(self, schema=schema)

    def asked_as(self, other: Address | None) -> Address:
        """Return it with the user and password of `other`, if that is the same database."""
        if other is None or (other.host, other.port, other.database) != (
            self.host,
            self.port,
            self.database,
        ):
            return self
        return replace(
            self, user=other.user, password=other.password, sslmode=_stricter(self, other)
        )

    def credentials(self) -> tuple[str, str | None]:
        """Return who asks and with which password, looked up where libpq looks."""
        user = self.user or os.environ.get("PGUSER") or getpass.getuser()
        password = self.password or os.environ.get("PGPASSWORD")
        if password is None:
            wanted = (self.host, str(self.port), self.database, user)
            password = next(_passwords(wanted), None)
        return user, password


def _stricter(one: Address, other: Address) -> str:
    return max(one.sslmode, other.sslmode, key=_TLS.index)


def _passwords(wanted: tuple[str, ...]) -> Iterator[str]:
    """Yield what the password file has for host, port, database and user."""
    path = Path(os.environ.get("PGPASSFILE") or Path.home() / ".pgpass")
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            return  # others can read it: libpq does not use it either
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        parts = [re.sub(r"\\(.)", r"\1", p) for p in re.split(r"(?<!\\):", line)]
        if len(parts) == 5 and all(p in ("*", w) for p, w in zip(parts, wanted, strict=False)):
            yield parts[4]
