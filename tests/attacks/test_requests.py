"""Hostile requests to the prediction server are refused in words, and it goes on answering."""

from __future__ import annotations

import gzip
import json
import socket
from typing import Any

import pytest
from tests.serving.conftest import Shared, light, light_packages, raw_rows, request, shared

__all__ = ["light", "light_packages", "shared"]

INFER = "/v2/models/credit_risk/infer"
JSON = {"content-type": "application/json"}


def goes_on(server: Shared) -> bool:
    return server.client.post(INFER, json=request(raw_rows(1))).status_code == 200


def deep(depth: int) -> bytes:
    return b'{"inputs":' + b"[" * depth + b"]" * depth + b"}"


BODIES: dict[str, bytes] = {
    "lists in lists": deep(2400),
    "objects in objects": b'{"a":' * 700 + b"1" + b"}" * 700,
    "NaN": json.dumps(request(raw_rows(1))).replace("false", "NaN").encode(),
    "Infinity": b'{"inputs": Infinity}',
    "a number that is infinite": b'{"inputs": [{"name": "amount", "datatype": "FP64", '
    b'"shape": [1], "data": [1e999]}]}',
    "a number of 4800 digits": b'{"inputs": ' + b"9" * 4800 + b"}",
    "the same field twice": b'{"inputs": [], "inputs": []}',
    "a lone surrogate": b'{"inputs": [{"name": "\\ud800"}]}',
    "bytes that are no UTF-8": b'{"inputs": "\xff\xfe"}',
    "NUL": b"\0" * 100,
    "nothing": b"",
    "a list": b"[]",
    "a shape of billions": b'{"inputs": [{"name": "amount", "datatype": "FP64", '
    b'"shape": [4000000000], "data": []}]}',
    "a negative shape": b'{"inputs": [{"name": "amount", "datatype": "FP64", '
    b'"shape": [-1], "data": []}]}',
}


@pytest.mark.parametrize("body", BODIES)
def test_a_hostile_body_is_refused_in_words(shared: Shared, body: str) -> None:
    answer = shared.client.post(INFER, content=BODIES[body], headers=JSON)
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]
    assert "Traceback" not in answer.text
    assert goes_on(shared)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_compressed_bomb_is_not_unpacked(shared: Shared, encoding: str) -> None:
    bomb = gzip.compress(bytes(1 << 22))
    assert len(bomb) < 5000
    headers = {**JSON, "content-encoding": encoding}
    answer = shared.client.post(INFER, content=bomb, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "The body is not valid JSON.")


@pytest.mark.parametrize("size", [5001, 100_000, 4_000_000])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(shared: Shared, size: int) -> None:
    answer = shared.client.post(INFER, content=b" " * size, headers=JSON)
    assert answer.status_code == 413
    assert goes_on(shared)


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/octet-stream", "application/json-patch+json", "text/json"],
)  # fmt: skip
def test_what_a_web_page_can_send_by_itself_is_refused(shared: Shared, kind: str) -> None:
    body = json.dumps(request(raw_rows(1))).encode()
    headers = {"content-type": kind, "origin": "https://evil.example"}
    assert shared.client.post(INFER, content=body, headers=headers).status_code == 415


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1@evil.example",
     "[::2]", "0.0.0.0", "10.0.0.1:80"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v2", "/metrics", INFER])
def test_a_name_that_was_pointed_at_this_machine_gets_no_further(
    shared: Shared, host: str, path: str
) -> None:
    answer = shared.client.get(path, headers={"host": host})
    assert answer.status_code == 421


def test_no_page_of_another_origin_may_read_an_answer_or_ask_first(shared: Shared) -> None:
    origin = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    asked = shared.client.options(INFER, headers=origin)
    assert asked.status_code == 405
    answered = shared.client.get("/v2", headers=origin)
    for answer in (asked, answered):
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "TRACE"])
def test_no_other_method_is_answered_with_a_prediction(shared: Shared, method: str) -> None:
    assert shared.client.request(method, INFER).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/v2/models/..%2f..%2fetc/infer", "/v2/models/%00/infer", "/../../etc/passwd",
     "/v2/models/credit_risk%0d%0aX-Own:%20a/infer", "/v2/models/" + "a" * 5000 + "/infer",
     "/v2/models/<script>alert(1)</script>/infer"],
)  # fmt: skip
def test_a_hostile_path_is_not_found_and_never_becomes_a_header(shared: Shared, path: str) -> None:
    answer = shared.client.post(path, json=request(raw_rows(1)))
    assert answer.status_code == 404
    assert "x-own" not in answer.headers
    assert answer.headers["content-type"] == "application/json"


RAW = {
    "two lengths": b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"content-length: 5\r\ncontent-length: 50\r\n\r\n{}",
    "a length and chunks": b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n"
    b"content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: -5\r\n\r\n",
    "a header without end": b"GET /v2 HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * 200_000,
    "noise": b"\x16\x03\x01\x02\x00" + bytes(range(256)) + b"\r\n\r\n",
}


@pytest.mark.parametrize("words", RAW)
def test_words_that_are_no_request_are_never_answered_as_one(shared: Shared, words: str) -> None:
    text = RAW[words]
    text = text % INFER.encode() if b"%s" in text else text
    url: Any = shared.client.base_url
    with socket.create_connection((url.host, url.port), timeout=10) as raw:
        answer = b""
        try:
            raw.sendall(text)
            raw.shutdown(socket.SHUT_WR)
            while piece := raw.recv(65536):
                answer += piece
        except OSError:
            answer += b""  # it may hang up before everything was said
    assert b" 200 " not in answer.split(b"\r\n", 1)[0]
    assert goes_on(shared)
