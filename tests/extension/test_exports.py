"""Exports that the server has under way, over REST."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from tests.extension.conftest import NOTEBOOK
from tornado.httpclient import HTTPClientError

from notewright_lab.handlers import PREFIX


@pytest.fixture
def ask(jp_fetch):
    """Ask for something and return the status and the JSON."""

    async def ask_(method: str, *parts: str, path: str = NOTEBOOK, **given: Any) -> tuple[int, Any]:
        body = json.dumps(given) if method == "POST" else None
        try:
            answer = await jp_fetch(PREFIX, *parts, method=method, params={"path": path}, body=body)
        except HTTPClientError as error:
            return error.code, json.loads(error.response.body)
        return answer.code, json.loads(answer.body)

    return ask_


async def end_of(id_: str) -> None:
    """Wait for the end of an export."""
    name = f"notewright-export-{id_}"
    for thread in threading.enumerate():
        if thread.name == name:
            await asyncio.get_running_loop().run_in_executor(None, thread.join)


async def test_a_notebook_that_was_never_exported_has_none(ask, write) -> None:
    write("a = 1")
    assert await ask("GET", "exports") == (200, None)


async def test_the_models_are_those_that_the_saved_notebook_fits(ask, write) -> None:
    write("one = Ridge().fit(X, y)", "two = Lasso().fit(X, y)")
    assert await ask("GET", "models") == (200, ["two", "one"])


async def test_what_fails_is_told_until_it_is_put_away(ask, write) -> None:
    file = write("a = missing")
    status, job = await ask("POST", "exports", variable=None, name="credit")
    assert (status, job["state"], job["name"]) == (200, "running", "credit")
    await end_of(job["id"])
    _, ended = await ask("GET", "exports")
    assert (ended["id"], ended["state"], ended["package"]) == (job["id"], "failed", None)
    assert ended["problem"]["code"] == "cell_failed"
    assert "cell [1], line 1: NameError" in ended["problem"]["problem"]
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert (await ask("DELETE", "exports", job["id"]))[0] == 200
    assert await ask("GET", "exports") == (200, None)


async def test_one_under_way_is_not_begun_again_and_is_cancelled(ask, write) -> None:
    file = write("import time\ntime.sleep(600)")
    _, job = await ask("POST", "exports")
    status, refused = await ask("POST", "exports")
    assert (status, refused["code"]) == (409, "already_exporting")
    _, cancelled = await ask("DELETE", "exports", job["id"])
    assert cancelled["cancelling"]
    await end_of(job["id"])
    _, ended = await ask("GET", "exports")
    assert ended["problem"]["code"] == "cancelled"
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("given", "path", "status", "code"),
    [
        ({"variable": "--help"}, NOTEBOOK, 400, "bad_question"),
        ({"name": "a b"}, NOTEBOOK, 400, "bad_question"),
        ({}, "../analysis.ipynb", 403, "bad_path"),
        ({}, "work/../../analysis.ipynb", 403, "bad_path"),
    ],
)
async def test_what_cannot_be_meant_begins_nothing(
    ask, write, given: dict[str, str], path: str, status: int, code: str
) -> None:
    write("a = 1")
    found, said = await ask("POST", "exports", path=path, **given)
    assert (found, said["code"]) == (status, code)
    assert not [t for t in threading.enumerate() if t.name.startswith("notewright-export")]


async def test_another_notebooks_export_is_not_put_away(ask, write) -> None:
    write("a = 1")
    status, said = await ask("DELETE", "exports", "abc123")
    assert (status, said["code"]) == (404, "unknown_id")
