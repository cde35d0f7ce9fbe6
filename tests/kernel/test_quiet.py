"""When a restore may take it that nothing has touched the variables since the latest cell."""

from __future__ import annotations

import json

import pytest

#: Cells that leave something behind which may run code of the user's between two cells.
LEFT_BEHIND = {
    "a task": (
        "import asyncio\n"
        "async def later():\n    await asyncio.sleep(600)\n"
        "task = asyncio.ensure_future(later())"
    ),
    "a timer of the event loop": (
        "import asyncio\ntimer = asyncio.get_running_loop().call_later(600, print)"
    ),
    "a thread": (
        "import threading\ntimer = threading.Timer(600, print)\ntimer.daemon = True\ntimer.start()"
    ),
    "a widget": "from comm import create_comm\nwidget = create_comm(target_name='slider')",
    "a tracing function": "import sys\nsys.setprofile(lambda *_: None)",
}


def kinds_after_going_back(live) -> list[str]:
    """Take two snapshots, go back to the first, and return the kinds of all there are then."""
    live.run("x = 1")
    live.run("%nw snapshot")
    live.run("x = 2")
    live.run("%nw snapshot")
    assert "restored x" in live.run("%nw restore HEAD~1").text
    return [s["kind"] for s in json.loads(live.run("%nw timeline --json").text)]


def test_nothing_is_saved_anew_before_going_back_where_only_cells_have_run(live) -> None:
    live.run("%load_ext notewright")
    assert "restore" not in kinds_after_going_back(live)


@pytest.mark.parametrize("what", LEFT_BEHIND)
def test_what_is_left_is_saved_where_other_code_may_have_run(live, what) -> None:
    live.run("%load_ext notewright")
    assert live.run(LEFT_BEHIND[what]).error is None
    assert "restore" in kinds_after_going_back(live)
