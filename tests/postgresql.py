"""A PostgreSQL server for the tests, from the system's binaries, as a user without privileges."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

_PASSWORD = "secret: of the tests/@"


def binaries() -> Path | None:
    """Return the folder with the system's server, or None where there is none."""
    found = shutil.which("postgres")
    if found and shutil.which("initdb"):
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -_number(p))
    return next((p for p in places if (p / "initdb").exists()), None)


class Server:
    """A server on a free port of loopback with an empty database ``notewright``.

    Parameters
    ----------
    folder : Path
        The folder with its binaries.
    """

    password = _PASSWORD

    def __init__(self, folder: Path) -> None:
        self._binaries = folder
        self._place = Path(tempfile.mkdtemp(prefix="notewright-postgresql-"))
        self._user = _unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def address(self) -> str:
        """What to set ``NOTEWRIGHT_STORE`` to."""
        return (
            f"postgresql://writer:{quote(self.password, safe='')}@127.0.0.1:{self.port}/notewright"
        )

    def start(self) -> None:
        """Make the database if there is none, and start the server."""
        data = self._place / "data"
        if not data.exists():
            self._make(data)
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self._place,
            "fsync": "off",
            "max_connections": 200,
        }
        given = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [self._binaries / "postgres", "-D", data, *given],
            stdout=subprocess.DEVNULL,
            stderr=(self._place / "log").open("ab"),
            cwd=self._place,
            **self._as_user(),
        )
        self._until_ready()
        if not (self._place / "made").exists():
            self.run("CREATE DATABASE notewright", "postgres")
            (self._place / "made").touch()

    def stop(self) -> None:
        """Stop the server as one that is shut down while others are connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)
            self._process = None

    def remove(self) -> None:
        """Stop it and remove its files."""
        self.stop()
        shutil.rmtree(self._place, ignore_errors=True)

    def run(self, sql: str, database: str = "notewright", user: str = "writer") -> list[list]:
        """Run a statement as somebody else than Notewright would."""
        from pg8000 import native

        with native.Connection(
            user,
            host="127.0.0.1",
            port=self.port,
            database=database,
            password=_PASSWORD,
            ssl_context=False,
        ) as connection:
            return connection.run(sql)

    def _make(self, data: Path) -> None:
        secret = self._place / "password"
        secret.write_text(_PASSWORD)
        if self._user is not None:
            for path in (self._place, secret):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        subprocess.run(
            [
                self._binaries / "initdb", "-D", data, "-U", "writer", "-E", "UTF8",
                "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--locale=C.UTF-8",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._place,
            **self._as_user(),
        )  # fmt: skip

    def _until_ready(self) -> None:
        from pg8000.exceptions import DatabaseError, InterfaceError

        assert self._process is not None
        end = time.monotonic() + 60
        while True:
            try:
                self.run("SELECT 1", "postgres")
                return
            except (DatabaseError, InterfaceError, OSError):
                said = (self._place / "log").read_text()
                assert self._process.poll() is None, said
                assert time.monotonic() < end, said
                time.sleep(0.05)

    def _as_user(self) -> dict:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}


def _unprivileged() -> pwd.struct_passwd | None:
    """Return whom the server runs as: PostgreSQL insists on somebody who is not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is no user without privileges here")


def _number(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0
