"""What another page in the user's browser, or any program here, can make the server do: nothing."""

from __future__ import annotations

import json
import threading
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from tests.extension.conftest import NOTEBOOK
from tornado.httpclient import HTTPClientError, HTTPResponse

from notewright_lab.answers import ANSWERS
from notewright_lab.handlers import PREFIX

EVIL = "https://evil.example"


@pytest.fixture
def send(jp_fetch, project):
    """Return a function that sends a request as it is given, and returns whatever comes back."""

    async def send_(method: str, *parts: str, **more: object) -> HTTPResponse:
        more.setdefault("params", {"path": NOTEBOOK})
        try:
            return await jp_fetch(
                PREFIX, *parts, method=method, allow_nonstandard_methods=True, **more
            )
        except HTTPClientError as error:
            return error.response  # type: ignore[return-value]

    return send_


@pytest.fixture
def browser(jp_fetch, jp_serverapp):
    """Return a function that opens the server by its link with the token, and returns the headers
    of what that browser sends from then on: its browser, and no token."""

    async def open_(**more: str) -> dict[str, str]:
        token = jp_serverapp.identity_provider.token
        answer = await jp_fetch("api", "me", params={"token": token}, headers={"Authorization": ""})
        given = SimpleCookie()
        for line in answer.headers.get_list("Set-Cookie"):
            given.load(line)
        words = "; ".join(f"{name}={morsel.value}" for name, morsel in given.items())
        return {"Authorization": "", "Cookie": words, **more}

    return open_


def nothing_began(folder: Path) -> bool:
    running = [t for t in threading.enumerate() if t.name.startswith("notewright-export")]
    return not running and not list(folder.rglob("packages"))


async def test_the_users_own_browser_is_let_in(send, browser, write) -> None:
    write("a = 1")
    assert (await send("GET", "exports", headers=await browser())).code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
@pytest.mark.parametrize("origin", [EVIL, "null", "http://localhost.evil.example"])
async def test_another_page_begins_no_export_with_the_users_cookies(
    send,
    browser,
    write,
    kind: str,
    origin: str,
) -> None:
    file = write("a = 1")
    answer = await send(
        "POST",
        "exports",
        headers=await browser(Origin=origin, **{"Content-Type": kind}),
        body=json.dumps({"name": "stolen"}),
    )
    assert answer.code in (400, 403, 404)
    assert nothing_began(file.parent)


@pytest.mark.parametrize("where", ["none", "another in the query", "another in the header"])
async def test_a_forged_request_of_the_same_origin_needs_the_xsrf_token(
    send,
    browser,
    write,
    where: str,
) -> None:
    file = write("a = 1")
    params, more = {"path": NOTEBOOK}, {}
    if where == "another in the query":
        params["_xsrf"] = "2|1|1|1"
    elif where == "another in the header":
        more["X-XSRFToken"] = "guessed"
    for method, parts in (("POST", ["exports"]), ("DELETE", ["exports", "abc"])):
        answer = await send(method, *parts, headers=await browser(**more), params=params, body="{}")
        assert answer.code == 403
    assert nothing_began(file.parent)


async def test_another_page_reads_no_answer(send, browser) -> None:
    headers = await browser(Origin=EVIL)
    for path in ("exports", "models", *(p for p in ANSWERS if "(" not in p)):
        answer = await send("GET", *path.split("/"), headers=headers)
        assert answer.code in (403, 404)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert b"summed" not in (answer.body or b"")


async def test_another_page_is_not_told_that_it_may_ask(send, browser) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Origin": EVIL}
    answer = await send("OPTIONS", "exports", headers=await browser(**asks))
    assert answer.headers.get("Access-Control-Allow-Origin") in (None, "")


async def test_a_name_that_was_pointed_at_this_machine_reads_nothing(send, browser) -> None:
    answer = await send("GET", "timeline", headers=await browser(Host="evil.example"))
    assert answer.code == 403
    assert b"summed" not in (answer.body or b"")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("trick", ["override header", "override query", "body"])
async def test_no_method_that_only_reads_begins_an_export(
    send,
    write,
    method: str,
    trick: str,
) -> None:
    file = write("a = 1")
    more: dict[str, object] = {}
    if trick == "override header":
        more["headers"] = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}
    elif trick == "override query":
        more["params"] = {"path": NOTEBOOK, "_method": "POST", "name": "stolen"}
    else:
        more["body"] = json.dumps({"name": "stolen"})
    await send(method, "exports", **more)
    assert nothing_began(file.parent)


BODIES = {
    "a list": "[]",
    "words": '"--help"',
    "a number": "5",
    "no JSON": "{",
    "not UTF-8": b"\xff\xfe{}",
    "deep": "[" * 100_000,
    "deep objects": '{"a":' * 50_000,
    "a number for a name": '{"name": 5}',
    "an object for a name": '{"name": {"a": 1}}',
    "a path for a name": '{"name": "../../x"}',
    "an option for a name": '{"name": "--workspace"}',
    "an end of line in a name": '{"name": "a\\nb"}',
    "nothing in a name": '{"name": "a\\u0000b"}',
    "half a character": '{"name": "\\ud800"}',
    "a long name": json.dumps({"name": "a" * 1_000_000}),
    "code for a variable": '{"variable": "__import__(\'os\').system(\'id\')"}',
    "a dunder": '{"variable": "a.__class__"}',
    "a script": '{"name": "<script>alert(1)</script>"}',
}  # fmt: skip


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_hostile_body_begins_nothing_and_is_refused_in_words(send, write, body) -> None:
    file = write("a = 1")
    answer = await send("POST", "exports", body=body)
    assert 400 <= answer.code < 500
    assert "<script" not in answer.headers["Content-Type"]
    assert answer.headers["Content-Type"].startswith("application/json")
    assert json.loads(answer.body)
    assert nothing_began(file.parent)


PATHS = {
    "up": "../secret.ipynb",
    "up, encoded once more": "%2e%2e/secret.ipynb",
    "up, with backslashes": "..\\secret.ipynb",
    "absolute": "/etc/passwd",
    "nothing in it": "a\x00b.ipynb",
    "long": "a/" * 10_000 + "b.ipynb",
    "a long name": "a" * 5_000,
    "a folder": "project",
    "an address": "file:///etc/passwd",
    "home": "~/secret.ipynb",
    "a device": "/dev/stdin",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
async def test_a_hostile_path_reads_nothing_outside(send, jp_root_dir: Path, path: str) -> None:
    document = {"cells": [{"cell_type": "code", "source": "hidden = Ridge().fit(X, y)"}]}
    (jp_root_dir.parent / "secret.ipynb").write_text(json.dumps(document))
    for endpoint in ("models", "exports", "timeline"):
        answer = await send("GET", endpoint, params={"path": path})
        assert answer.code < 500
        assert b"hidden" not in (answer.body or b"")
        assert b"root:" not in (answer.body or b"")
