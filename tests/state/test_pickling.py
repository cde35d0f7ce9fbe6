"""Saving leaves no trace, and loading runs nothing of the user's."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from notewright.errors import FileChanged
from notewright.state.pickling import dump, load


def roundtrip(value, namespace=None, into=None):
    pickled = dump(value, namespace if namespace is not None else {})
    buffers = [bytes(buffer.raw()) for buffer in pickled.buffers]
    return load(pickled.stream, buffers, into if into is not None else {})


def run(code: str) -> dict:
    values: dict = {"__name__": "__main__", "__builtins__": __builtins__}
    exec(compile(code, "<cell>", "exec", dont_inherit=True), values)
    return values


def test_saving_changes_neither_random_state_nor_warnings_nor_arrays() -> None:
    array = np.arange(10.0)
    frame = pd.DataFrame({"a": array})
    state = random.getstate(), np.random.get_state()[1].tolist(), list(warnings.filters)
    pickled = dump((array, frame, frame["a"], random.random), {})
    assert state == (random.getstate(), np.random.get_state()[1].tolist(), warnings.filters)
    assert array.flags.writeable
    del pickled
    array.resize(20, refcheck=False)


def test_buffers_are_the_arrays_own_memory() -> None:
    array = np.arange(1000.0)
    (buffer,) = dump([array, array[10:]], {}).buffers
    array[0] = -1
    assert np.frombuffer(buffer.raw(), float)[0] == -1


def test_loading_runs_no_hooks_of_classes() -> None:
    values = run(
        "ran = []\n"
        "class M(type):\n"
        "    def __new__(m, *a):\n        ran.append('new'); return super().__new__(m, *a)\n"
        "    def __init__(c, *a): ran.append('init')\n"
        "    def __setattr__(c, k, v): ran.append('set'); super().__setattr__(k, v)\n"
        "class B(metaclass=M):\n"
        "    def __init_subclass__(cls): ran.append('sub')\n"
        "class D:\n    def __set_name__(self, o, n): ran.append('name')\n"
        "class C(B):\n    d = D()\n"
        "    def __new__(cls): ran.append('instance'); return super().__new__(cls)\n"
        "    def __init__(self): ran.append('made')\n"
        "c = C()\n"
    )
    dump(values["c"], values)  # copyreg notes the names of slots in a class, once
    ran = list(values["ran"])
    fresh: dict = {"__name__": "__main__", "ran": []}
    loaded = roundtrip((values["C"], values["c"]), values, fresh)
    assert values["ran"] == ran
    assert fresh["ran"] == []
    assert type(loaded[1]) is loaded[0]


def test_saving_imports_no_library_that_was_not_there() -> None:
    code = (
        "import sys\nfrom notewright.state.pickling import dump\n"
        "import numpy as np\ndump([np.arange(3), {'a': 1}, object], {})\n"
        "print([m for m in ('torch', 'matplotlib', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_file_that_has_changed_is_not_opened_as_if_it_were_the_same(tmp_path) -> None:
    path = tmp_path / "data.txt"
    path.write_text("one\ntwo\n")
    with path.open() as file:
        file.readline()
        pickled = dump(file, {})
    with load(pickled.stream, [], {}) as again:
        assert again.readline() == "two\n"
    path.write_text("other")
    with pytest.raises(FileChanged, match="has changed or is gone"):
        load(pickled.stream, [], {})


def test_a_written_map_of_a_file_that_has_changed_comes_back_in_memory(tmp_path) -> None:
    path = tmp_path / "data.bin"
    mapped = np.memmap(path, "f8", "w+", shape=4)
    mapped[:] = 3
    pickled = dump(mapped, {})
    buffers = [bytes(buffer.raw()) for buffer in pickled.buffers]
    mapped[:] = 4
    mapped.flush()
    with pytest.warns(UserWarning, match="is not what it was"):
        again = load(pickled.stream, buffers, {})
    assert again.tolist() == [3, 3, 3, 3]
    again[0] = 9
    assert mapped.tolist() == [4, 4, 4, 4], "the user's file is never written to"


def test_arrays_that_overlap_in_part_only_are_refused_or_right() -> None:
    base = np.arange(10.0)
    left, right = roundtrip([base[:6], base[4:]])
    left[5] = -1
    assert right[1] == -1
    strange = np.lib.stride_tricks.as_strided(base[8:], (2,), (8,))
    assert roundtrip([strange, base])[0].tolist() == [8.0, 9.0]


def test_what_is_nested_too_deeply_is_refused_with_a_reason() -> None:
    deep: list = []
    for _ in range(20_000):
        deep = [deep]
    try:
        with pytest.raises(pickle.PicklingError, match="too deep"):
            dump(deep, {})
    finally:
        while deep:
            deep = deep.pop()
