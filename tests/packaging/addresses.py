"""A loopback HTTP server with the files of a folder, in the place of https://data.example.org."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PUBLIC = "https://data.example.org"


@contextlib.contextmanager
def served(folder: Path, token: str = "") -> Iterator[str]:
    """Serve the files of `folder` and yield the address; with a `token`, to those who have it."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if token and self.headers.get("Authorization") != f"Bearer {token}":
                self.send_error(401)
            else:
                super().do_GET()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with answering(functools.partial(Handler, directory=folder)) as address:
        yield address


@contextlib.contextmanager
def answering(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Let a handler answer on a free port of loopback, and yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
