"""Values that cannot change are pickled once; everything else is pickled at each look."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from notewright.state.capture import looking
from notewright.state.capture.constants import Constants
from notewright.state.capture.looking import Memory, look
from notewright.state.namespace import Namespace


@pytest.fixture
def pickled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The values that are pickled from now on."""
    found: list[Any] = []
    dump = looking.dump

    def noted(value: Any, *others: Any, **how: Any) -> Any:
        found.append(value)
        return dump(value, *others, **how)

    monkeypatch.setattr(looking, "dump", noted)
    return found


CONSTANT = {
    "a number": 123456,
    "none": None,
    "a fraction": float("nan"),
    "words": "some words",
    "bytes": b"some bytes",
    "a module": sys,
}
OTHER = {
    "a list": [1],
    "a tuple of a list": ([],),
    "a long text": "x" * 5000,
    "an own kind of number": type("Own", (int,), {"__module__": "a_library"})(5),
}


@pytest.mark.parametrize("what", [*CONSTANT, *OTHER])
def test_what_cannot_change_is_pickled_once_and_found_the_same(pickled, what: str) -> None:
    value = {**CONSTANT, **OTHER}[what]
    namespace, memory = Namespace({"one": value, "other": [value]}), Memory()
    first = look(namespace, memory)
    pickled.clear()
    again = look(namespace, memory)
    assert any(each is value for each in pickled) == (what in OTHER)
    namespace.dict["two"] = namespace.dict.pop("one")
    elsewhere = look(namespace, memory)
    fresh = look(namespace, Memory())
    assert again.digests() == first.digests()
    for name, seen in fresh.seen.items():  # which objects a pickle is made of differs each time
        assert replace(elsewhere.seen[name], identity="") == replace(seen, identity="")
    assert elsewhere.unsaveable == fresh.unsaveable
    assert sorted(elsewhere.groups) == sorted(fresh.groups)


def test_a_name_that_is_bound_to_another_value_has_that() -> None:
    namespace, memory = Namespace({"x": 1000, "y": "words"}), Memory()
    before = look(namespace, memory).digests()
    namespace.dict.update(x=1001, y="wordz")
    after = look(namespace, memory).digests()
    assert after == look(namespace, Memory()).digests()
    assert before["x"] != after["x"]
    assert before["y"] != after["y"]


def test_a_module_that_is_called_otherwise_or_is_gone_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = ModuleType("made_here")
    monkeypatch.setitem(sys.modules, "made_here", module)
    monkeypatch.setitem(sys.modules, "called_otherwise", module)
    namespace, memory = Namespace({"module": module}), Memory()
    first = look(namespace, memory).digests()["module"]
    module.__name__ = "called_otherwise"
    assert look(namespace, memory).digests()["module"] != first
    module.__name__ = "made_here"
    assert look(namespace, memory).digests()["module"] == first
    monkeypatch.delitem(sys.modules, "made_here")
    assert list(look(namespace, memory).unsaveable) == ["module"]


def test_what_is_a_variable_no_more_is_let_go_of() -> None:
    constants: Constants[looking.Seen] = Constants()
    memory = Memory(constants=constants)
    for number in range(10_000, 11_000):
        look(Namespace({"x": float(number)}), memory)
    assert len(constants._found) < 100
