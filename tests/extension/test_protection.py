"""Every handler asks who it is, and none changes anything without the XSRF token."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from jupyter_server.base.handlers import JupyterHandler
from tornado.httpclient import HTTPClientError
from tornado.web import RequestHandler

import notewright_lab
from notewright_lab.answers import ANSWERS
from notewright_lab.handlers import PREFIX, routes

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")


def handler_classes() -> Iterator[type[RequestHandler]]:
    """Yield every handler class that the package defines, routed or not."""
    for module in pkgutil.walk_packages(notewright_lab.__path__, "notewright_lab."):
        if ".labextension" in module.name:
            continue
        for value in vars(import_module(module.name)).values():
            defined_here = inspect.isclass(value) and value.__module__.startswith("notewright_lab")
            if defined_here and issubclass(value, RequestHandler):
                yield value


def own_methods(handler: type[RequestHandler]) -> Iterator[tuple[str, object]]:
    for name in METHODS:
        method = getattr(handler, name)
        if inspect.unwrap(method).__module__.startswith("notewright_lab"):
            yield name, method


def is_decorated(method: object, marker: str) -> bool:
    """Return whether `marker` is among the names of the wrappers around a method."""
    while method is not None:
        code = getattr(method, "__code__", None)
        if code is not None and marker in code.co_qualname.split("."):
            return True
        method = getattr(method, "__wrapped__", None)
    return False


def test_there_are_handlers_to_look_at() -> None:
    assert list(handler_classes())


@pytest.mark.parametrize("handler", list(handler_classes()), ids=lambda h: h.__name__)
def test_every_method_of_every_handler_asks_who_it_is(handler: type[RequestHandler]) -> None:
    assert issubclass(handler, JupyterHandler), "only Jupyter's handlers know its users"
    methods = dict(own_methods(handler))
    assert methods or handler not in routed(), "a handler that answers nothing"
    for name, method in methods.items():
        assert is_decorated(method, "authenticated"), f"{handler.__name__}.{name} is open to all"
        assert is_decorated(method, "authorized"), f"{handler.__name__}.{name} is not authorized"


@pytest.mark.parametrize("handler", list(handler_classes()), ids=lambda h: h.__name__)
def test_no_handler_switches_the_xsrf_check_off(handler: type[RequestHandler]) -> None:
    for name in ("check_xsrf_cookie", "prepare", "check_origin"):
        owner = next(base for base in handler.__mro__ if name in vars(base))
        assert not owner.__module__.startswith("notewright_lab"), f"{handler.__name__}.{name}"


def routed() -> set[type[RequestHandler]]:
    return {handler for _, handler, _ in routes("/")}


def test_every_route_leads_to_a_handler_that_was_looked_at() -> None:
    assert routed() <= set(handler_classes())


def paths() -> list[str]:
    return [pattern.replace("(?P<item>[^/]+)", "abc") for pattern in ANSWERS]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["exports", "exports/abc"])
async def test_an_export_is_neither_seen_nor_begun_nor_cancelled_without_the_token(
    path, method, jp_fetch, project
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(
            PREFIX,
            *path.split("/"),
            method=method,
            headers={"Authorization": ""},
            allow_nonstandard_methods=True,
        )
    assert refused.value.code == 403


@pytest.mark.parametrize("path", paths())
async def test_a_request_without_the_token_is_refused(path, jp_fetch, project) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(PREFIX, *path.split("/"), headers={"Authorization": ""})
    assert refused.value.code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", paths())
async def test_nothing_can_be_changed_over_http(path, method, jp_fetch, project) -> None:
    """Of what is recorded, with the token or without."""
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(PREFIX, *path.split("/"), method=method, allow_nonstandard_methods=True)
    assert refused.value.code in (403, 405)
