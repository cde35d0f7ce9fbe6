"""What every request passes first: the host it names, and the hand-over.

When a newer server process has taken over the listening socket, connections
that clients keep open still end here. Their next request is passed on to the
newer process, and the answer asks the client to close the connection; so from
the moment of the switch no answer comes from the older version, and no request
fails.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from notewright.serving.app import problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
_PASS_ON_SECONDS = 60.0


class Door:
    """An ASGI application around the server's own.

    Parameters
    ----------
    app : ASGI application
        What serves while this process is the live one.
    address : tuple of (str, int)
        Where the newer process is met after a hand-over: the same address.
    """

    def __init__(self, app: App, address: tuple[str, int]) -> None:
        self._app = app
        self._address = address
        self._loopback_only = address[0] in _LOOPBACK
        self.handed_over = False
        #: Requests being answered.
        self.busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, pass on, or answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.busy += 1
        try:
            if self._loopback_only and not _names_loopback(scope):
                # A web page that rebinds its own name to 127.0.0.1 gets no further.
                refusal = problem("This server answers to 127.0.0.1 and localhost only.", 421)
                await refusal(scope, receive, send)
            elif self.handed_over:
                await self._pass_on(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            self.busy -= 1

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _whole_body(receive)
        try:
            status, headers, content = await asyncio.wait_for(
                self._ask_newer(scope, body), _PASS_ON_SECONDS
            )
        except (OSError, ValueError, asyncio.IncompleteReadError, TimeoutError):
            refusal = problem("The server is changing over; send the request again.", 503)
            refusal.headers["connection"] = "close"
            await refusal(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _ask_newer(
        self, scope: Scope, body: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            target = scope["raw_path"] + (
                b"?" + scope["query_string"] if scope["query_string"] else b""
            )
            lines = [b"%s %s HTTP/1.1" % (scope["method"].encode(), target)]
            lines += [
                name + b": " + value
                for name, value in scope["headers"]
                if name not in (b"connection", b"content-length", b"transfer-encoding", b"expect")
            ]
            lines += [b"connection: close", b"content-length: %d" % len(body), b"", b""]
            writer.write(b"\r\n".join(lines) + body)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            content = await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return _parse_head(head, content)


def _parse_head(head: bytes, content: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    first, *rest = head.rstrip(b"\r\n").split(b"\r\n")
    status = int(first.split(b" ", 2)[1])
    headers = []
    for line in rest:
        name, _, value = line.partition(b":")
        name, value = name.strip().lower(), value.strip()
        if name == b"content-length" and int(value) != len(content):
            raise ValueError("the answer was cut short")
        if name not in (b"connection", b"date", b"server"):
            headers.append((name, value))
    headers.append((b"connection", b"close"))
    return status, headers, content


async def _whole_body(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _names_loopback(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"host":
            host = value.decode("latin-1").lower()
            return (host if host.endswith("]") else host.rsplit(":", 1)[0]) in _LOOPBACK
    return True
