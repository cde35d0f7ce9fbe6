"""Whether something is saved by its name is decided as cloudpickle does, only sooner."""

from __future__ import annotations

import collections
import functools
import sys
from types import FunctionType, ModuleType
from typing import Any

import cloudpickle
import pandas as pd
import pytest
import sklearn.pipeline
from cloudpickle.cloudpickle import _should_pickle_by_reference

from notewright.state.pickling.importable import is_importable


def moved(name: str, **attributes: Any) -> type:
    return type(name, (), attributes)


def everything() -> list[Any]:
    found: list[Any] = [
        moved("Gone", __module__="a_module_that_is_not_there"),
        moved("DataFrame", __module__="pandas"),
        moved("Here", __module__="__main__"),
        moved("NoModule", __module__=None),
        moved("Odd", __module__="pandas", __qualname__="DataFrame.Odd"),
        lambda: None,
        functools.wraps(pd.concat)(lambda: None),
        everything,
    ]
    for module in (pd, collections, sklearn.pipeline, sys.modules["pandas.core.frame"]):
        for value in vars(module).values():
            if isinstance(value, type | FunctionType):
                found += [value, *(v for v in vars(value).values() if type(v) is FunctionType)]
    return found


def test_the_answer_is_cloudpickles() -> None:
    every = everything()
    answers = [is_importable(each) for each in every]
    assert answers == [_should_pickle_by_reference(each) for each in every]
    assert {True, False} <= set(answers)


def test_a_module_that_is_saved_by_value_is_heeded() -> None:
    assert is_importable(pd.DataFrame)
    cloudpickle.register_pickle_by_value(pd)
    try:
        assert not is_importable(pd.DataFrame)
    finally:
        cloudpickle.unregister_pickle_by_value(pd)


def test_what_a_module_has_under_another_name_is_not_importable_by_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = ModuleType("made_here")
    monkeypatch.setitem(sys.modules, "made_here", module)
    own = moved("Own", __module__="made_here")
    module.Other = own  # type: ignore[attr-defined]
    assert not is_importable(own)
    module.Own = own  # type: ignore[attr-defined]
    assert is_importable(own)
