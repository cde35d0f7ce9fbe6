"""A real kernel, driven over its sockets as a front end does."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

_SECONDS = 60


class LiveNotebook:
    """A kernel in a folder, and what it answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(folder))
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_SECONDS)
        self._log: list[dict[str, Any]] = []

    def run(self, code: str, cell: str | None = None) -> Outputs:
        """Run a cell and wait for everything it shows."""
        message = self._client.session.msg(
            "execute_request",
            {"code": code, "silent": False, "store_history": True, "allow_stdin": False},
            metadata={"cellId": cell} if cell else {},
        )
        self._client.shell_channel.send(message)
        return self._collect(message["header"]["msg_id"])

    def complete(self, line: str) -> list[str]:
        """Return what the kernel offers at the end of `line`."""
        reply = self._client.complete(line, len(line), reply=True, timeout=_SECONDS)
        return list(reply["content"]["matches"])

    def open_comm(self) -> Comm:
        """Open a comm to the kernel as the panel does."""
        return Comm(self)

    def send(self, kind: str, content: dict[str, Any]) -> str:
        """Send a message on the shell channel; return its id."""
        message = self._client.session.msg(kind, content)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def messages(self, start: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the broadcast messages from the `start`-th on, waiting for more to come.

        Everyone who reads keeps a place of their own, so that nobody takes
        another's messages away.
        """
        for at in itertools.count(start):
            while at >= len(self._log):
                self._log.append(self._client.get_iopub_msg(timeout=_SECONDS))
            yield at, self._log[at]

    def here(self) -> int:
        """Return the place after the last message that was received."""
        return len(self._log)

    def close(self) -> None:
        """Stop the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _collect(self, request: str) -> Outputs:
        outputs = Outputs()
        for _, message in self.messages(self.here()):
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return outputs
            outputs.add(kind, content)
        raise AssertionError


class Outputs:
    """What a cell showed."""

    def __init__(self) -> None:
        self.text = ""
        self.html = ""
        self.error: dict[str, Any] | None = None

    def add(self, kind: str, content: dict[str, Any]) -> None:
        """Take in one message."""
        if kind == "stream":
            self.text += content["text"]
        elif kind in ("display_data", "execute_result"):
            self.text += content["data"].get("text/plain", "") + "\n"
            self.html += content["data"].get("text/html", "")
        elif kind == "error":
            self.error = content


class Comm:
    """One panel's connection to the kernel."""

    def __init__(self, notebook: LiveNotebook) -> None:
        self._notebook = notebook
        self._at = notebook.here()
        self.id = uuid.uuid4().hex
        notebook.send("comm_open", {"comm_id": self.id, "target_name": "notewright", "data": {}})

    def ask(self, **data: Any) -> None:
        """Send a request."""
        self._notebook.send("comm_msg", {"comm_id": self.id, "data": data})

    def wait_for(self, event: str) -> dict[str, Any]:
        """Return the next message of this kind; "closed" if the kernel closed the comm."""
        for at, message in self._notebook.messages(self._at):
            content = message["content"]
            if content.get("comm_id") != self.id:
                continue
            self._at = at + 1
            if message["header"]["msg_type"] == "comm_close":
                assert event == "closed", "the kernel closed the comm"
                return {}
            found = content["data"].get("event")
            if found == event:
                return dict(content["data"])
            assert found != "error", content["data"]
        raise AssertionError


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveNotebook]:
    notebook = LiveNotebook(tmp_path)
    yield notebook
    notebook.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    """Return a function that starts further kernels in the same folder."""
    started: list[LiveNotebook] = []

    def begin() -> LiveNotebook:
        started.append(LiveNotebook(tmp_path))
        return started[-1]

    yield begin
    for notebook in started:
        notebook.close()
