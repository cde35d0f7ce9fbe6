"""A loopback server that answers as S3 does to who reads an object, for one key."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from addresses import answering

_MISSING = b"<Error><Code>NoSuchKey</Code></Error>"
_DENIED = b"<Error><Code>AccessDenied</Code></Error>"


@contextlib.contextmanager
def bucket(folder: Path, key: str) -> Iterator[str]:
    """Serve each folder in `folder` as a bucket to who signs with `key`; yield the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            file = folder / self.path.partition("?")[0].lstrip("/")
            if f"Credential={key}/" not in self.headers.get("Authorization", ""):
                self._send(403, _DENIED, body)
            elif not file.is_file():
                self._send(404, _MISSING, body)
            else:
                content = file.read_bytes()
                asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                if asked:
                    content = content[int(asked[1]) : int(asked[2]) + 1]
                self._send(206 if asked else 200, content, body)

        def _send(self, status: int, content: bytes, body: bool) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Last-Modified", "Sun, 01 Nov 2026 00:00:00 GMT")
            self.send_header("ETag", '"1"')
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with answering(Handler) as endpoint:
        yield endpoint
