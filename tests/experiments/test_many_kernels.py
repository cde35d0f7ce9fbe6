"""Many kernels log into one store at once, and some of them are killed."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from notewright.progress import Progress
from notewright.store.integrity import verify_store
from notewright.workspace import Workspace

_SECONDS = 120
_STEPS = 40
#: Says each run's id once it is committed; goes on until it is told to stop.
CELL = """
for number in range({count}):
    with nw.run(f"kernel {kernel} run {{number}}", tags={{"kernel": "{kernel}"}}) as run:
        for step in range({steps}):
            nw.log_metric("loss", {kernel} + number / 100 + step / 10_000, step)
        nw.log_param("number", number)
    print("committed", run.id, number, flush=True)
"""


class Logging:
    """A kernel that logs runs."""

    def __init__(self, folder: Path, number: int) -> None:
        self.number = number
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(folder))
        self._client = self._manager.client()
        self._client.start_channels()
        self.pid = self._manager.provisioner.pid
        self._said = ""
        #: The numbers of the runs it says it has committed, by their id.
        self.committed: dict[str, int] = {}

    def ready(self) -> None:
        self._client.wait_for_ready(timeout=_SECONDS)
        code = "%load_ext notewright\nimport notewright as nw"
        reply = self._client.execute_interactive(code, timeout=_SECONDS, output_hook=lambda _: None)
        assert reply["content"]["status"] == "ok", reply

    def start(self, count: int) -> None:
        self._request = self._client.execute(
            CELL.format(kernel=self.number, count=count, steps=_STEPS)
        )

    def read(self, until: int | None = None) -> None:
        """Take in what it says until it has committed so many runs, or the cell has ended."""
        while until is None or len(self.committed) < until:
            message = self._client.get_iopub_msg(timeout=_SECONDS)
            if message["parent_header"].get("msg_id") != self._request:
                continue
            content = message["content"]
            assert message["msg_type"] != "error", content
            if message["msg_type"] == "stream":
                self._said += content["text"]
                found = re.findall(r"committed (\w+) (\d+)\n", self._said)
                self.committed = {id_: int(number) for id_, number in found}
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.mark.slow
def test_eight_kernels_log_at_once_four_are_killed_and_nothing_committed_is_lost(tmp_path):
    workspace = Workspace(tmp_path)
    kernels = [Logging(tmp_path, number) for number in range(8)]
    try:
        for kernel in kernels:
            kernel.ready()
        for kernel in kernels:
            kernel.start(count=30 if kernel.number % 2 else 100_000)
        for kernel in kernels[::2]:
            kernel.read(until=3 + kernel.number)
            kernel.kill()
        for kernel in kernels[1::2]:
            kernel.read()
    finally:
        for kernel in kernels:
            kernel.close()
    for kernel in kernels:
        assert len(kernel.committed) >= (30 if kernel.number % 2 else 3)
        for id_, number in kernel.committed.items():
            run = workspace.runs.get(id_)
            assert (run.status, run.params["number"]) == ("finished", number)
            wanted = [kernel.number + number / 100 + step / 10_000 for step in range(_STEPS)]
            steps = workspace.runs.steps(run)
            assert [(step, value) for _, step, value in steps] == list(enumerate(wanted))
            assert run.metrics["loss"] == wanted[-1]
            assert workspace.store.objects.get(run.digest)
    # What the killed ones were at is there as far as it had come, and said to be cut short.
    runs = workspace.runs.list()
    told = {id_ for kernel in kernels for id_ in kernel.committed}
    for run in runs:
        assert run.status in ("finished", "interrupted")
        if run.id not in told:
            assert int(run.tags["kernel"]) % 2 == 0
    assert verify_store(workspace.store, Progress(), dict).sound
