"""A small JupyterHub on loopback: it knows the tokens of servers, and answers `GET /hub/api/user`.

What it answers is what JupyterHub 6 does, unless a test gives it other answers.
"""

from __future__ import annotations

import json
import secrets
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def record_of(name: str) -> dict[str, Any]:
    """Return what a Hub says of a user to their own server."""
    return {"kind": "user", "name": name, "admin": False, "groups": [], "scopes": ["self"]}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: LocalHub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Write nothing: tests hang up, and come without certificates."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        hub = self.server.hub
        hub.asked.append((self.path, self.headers.get("Authorization")))
        if hub.odd is not None:
            hub.odd(self)
            return
        token = str(self.headers.get("Authorization", "")).removeprefix("token ")
        if self.path != "/hub/api/user":
            self.reply(404, {"status": 404})
        elif token not in hub.tokens:
            self.reply(403, {"status": 403, "message": "Missing or invalid credentials."})
        else:
            self.reply(200, hub.tokens[token])

    def reply(self, status: int, record: object) -> None:
        self.send(status, json.dumps(record).encode())

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: what was asked is kept."""


class LocalHub:
    """A Hub that is up until it is stopped.

    Parameters
    ----------
    certificate : Path, optional
        A PEM file with key and certificate, to speak HTTPS, with who shows the same certificate.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        #: What is said to whom: the record of a user, by token.
        self.tokens: dict[str, Any] = {}
        #: Path and `Authorization` of each request.
        self.asked: list[tuple[str, str | None]] = []
        #: Answers instead, where a test wants something else.
        self.odd: Callable[[_Handler], None] | None = None
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.hub = self
        scheme = "http"
        if certificate is not None:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            context.load_verify_locations(certificate)
            context.verify_mode = ssl.CERT_REQUIRED
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}/hub/api"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def starts(self, name: str) -> dict[str, str]:
        """Return the environment of the server that it starts for `name`."""
        token = secrets.token_hex(16)
        self.tokens[token] = record_of(name)
        return {
            "JUPYTERHUB_API_URL": self.url,
            "JUPYTERHUB_API_TOKEN": token,
            "JUPYTERHUB_USER": name,
        }

    def stop(self) -> None:
        """Go down."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
