"""The JupyterHub whose single-user server this process runs under, asked who its user is.

What the environment says (``JUPYTERHUB_USER``) is not believed: whoever runs code here can
change it. The Hub is asked with the token that it gave this server.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from notewright.errors import PersonUnknown

if TYPE_CHECKING:  # they take long to import, and most processes run under no Hub
    import http.client
    import ssl

#: Seconds that the Hub has to answer in, from the connection to the answer's last byte.
PATIENCE = 3.0
#: Bytes of an answer that are read: a user's record has their groups and scopes as well.
_LONGEST = 1 << 20
#: Seconds in which a Hub that failed is not asked again: reading would wait for it each time.
_NOT_AGAIN_FOR = 5.0

_AGAIN = "Try again once the Hub answers; what only reads goes on meanwhile."
_SETTINGS = (
    "See JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN: the Hub sets both, and where no Hub is "
    "meant neither belongs there."
)


@dataclass(frozen=True)
class Hub:
    """A JupyterHub, and the token of the server that it started.

    Parameters
    ----------
    url : str
        Where its API is: ``http://127.0.0.1:8081/hub/api``.
    token : str
        What it knows this server by; it is sent to no other address.
    """

    url: str
    token: str = field(repr=False)

    @property
    def place(self) -> str:
        """Its host and port, for people."""
        parts = self._parts()
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    def user(self) -> str:
        """Return the login name of the user whose server this is.

        The Hub is asked once in a process; what it said holds as long as the token does.

        Raises
        ------
        PersonUnknown
            If the Hub does not say, or names no person.
        """
        known = _said.get(self)
        if known is not None:
            return known
        failed = _failures.get(self)
        if failed is not None and time.monotonic() - failed[0] < _NOT_AGAIN_FOR:
            raise PersonUnknown(*failed[1])
        try:
            name = _said[self] = self._name_in(self._answer())
        except PersonUnknown as error:
            _failures[self] = (time.monotonic(), (error.problem, error.remedy))
            raise
        return name

    def _answer(self) -> bytes:
        """Return the body of the Hub's answer; redirects are not followed, nor proxies used."""
        import http.client

        try:
            with closing(self._connection()) as connection:
                status, body = self._asked(connection)
        except (OSError, http.client.HTTPException) as error:
            raise PersonUnknown(
                f"The JupyterHub at {self.place} does not answer, so who acts is not known "
                f"({type(error).__name__}).",
                _AGAIN,
            ) from error
        except ValueError as error:  # what cannot stand in a request
            raise _unusable() from error
        self._check(status, body)
        return body

    def _asked(self, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        """Return status and body, of which no more than is too much."""
        connection.connect()
        # Each wait on the socket is short; this one is for all of them together.
        hang_up = threading.Timer(PATIENCE, _hang_up, [connection.sock])
        hang_up.daemon = True
        hang_up.start()
        try:
            path = f"{self._parts().path.rstrip('/')}/user"
            headers = {"Authorization": f"token {self.token}", "Connection": "close"}
            connection.request("GET", path, headers=headers)
            reply = connection.getresponse()
            return reply.status, reply.read(_LONGEST + 1)
        finally:
            hang_up.cancel()

    def _check(self, status: int, body: bytes) -> None:
        if status in (401, 403):
            raise PersonUnknown(
                f"The JupyterHub at {self.place} does not accept this server's token, so who acts "
                "is not known.",
                "Stop your server and start it again from the Hub's control panel: it then has "
                "a new token.",
            )
        if status != 200:
            raise PersonUnknown(
                f"The JupyterHub at {self.place} answers with status {status} instead of a user, "
                "so who acts is not known.",
                _AGAIN if status >= 500 else _SETTINGS,
            )
        if len(body) > _LONGEST:
            raise self._no_user()

    def _name_in(self, body: bytes) -> str:
        try:
            said: Any = json.loads(body)
            kind, name = said["kind"], said["name"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._no_user() from error
        if kind != "user" or not isinstance(name, str):
            raise self._no_user()
        return name

    def _no_user(self) -> PersonUnknown:
        return PersonUnknown(
            f"What answers at {self.place} names no user of a JupyterHub, so who acts is not "
            "known.",
            _SETTINGS,
        )

    def _connection(self) -> http.client.HTTPConnection:
        import http.client

        parts = self._parts()
        host = str(parts.hostname)
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=PATIENCE)
        return http.client.HTTPSConnection(host, parts.port, timeout=PATIENCE, context=_tls())

    def _parts(self) -> SplitResult:
        """Return the address's parts, if it is one that can be asked and there is a token."""
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError as error:
            raise _unusable() from error
        if not (usable and self.token):
            raise _unusable()
        return parts


def hub_here() -> Hub | None:
    """Return the Hub that this process runs under, or None where it runs under none."""
    url = os.environ.get("JUPYTERHUB_API_URL", "")
    return Hub(url, os.environ.get("JUPYTERHUB_API_TOKEN", "")) if url else None


#: What each Hub said, and when it last failed and how; for the life of the process.
_said: dict[Hub, str] = {}
_failures: dict[Hub, tuple[float, tuple[str, str]]] = {}


def _tls() -> ssl.SSLContext:
    """Return what checks the Hub's certificate: by its own authority where it has one."""
    import ssl

    context = ssl.create_default_context(cafile=os.environ.get("JUPYTERHUB_SSL_CLIENT_CA"))
    certificate = os.environ.get("JUPYTERHUB_SSL_CERTFILE")
    if certificate:
        context.load_cert_chain(certificate, os.environ.get("JUPYTERHUB_SSL_KEYFILE"))
    return context


def _hang_up(connected: socket.socket) -> None:
    with suppress(OSError):  # closed in the same moment
        socket.socket.shutdown(connected, socket.SHUT_RDWR)  # not TLS's, which a reader holds


def _unusable() -> PersonUnknown:
    return PersonUnknown(
        "A JupyterHub is configured here, but not so that it could be asked who acts.", _SETTINGS
    )
