"""Saving leaves no trace, and loading runs nothing of the user's."""

from __future__ import annotations

import base64
import pickle
import random
import subprocess
import sys
import textwrap
import warnings
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from notewright.errors import FileChanged
from notewright.state.capture.looking import digest_pickled
from notewright.state.pickling.pickler import dump, load


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
        "import sys\nfrom notewright.state.pickling.pickler import dump\n"
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


#: Ten variables as the first store format held them: class, instance, two closures that share a
#: cell, an array, a view of it, a read-only array, a number, an enum's member, the enum.
EARLIER = (
    "c-n<jTW{P%6dvy_Cfy`0O?r_K2||dCfF+wamqk%2m`bRYRwcCXM6Izsn{nc`ll8bEr9mmuZZ~KiDlt(~sYs|"
    "&-}xy#^2kr%v2So@?A^_VN_eE5GsoU@zVDlJ&SByB_YzXi=l8%kEFRy^&J}*u4Wh)`@!jo!RL|IgPunfLP3("
    "A^1cXJQ?FKlG#V?}5btmxy=7+K11-8FKz{!huB0pq;=6NY{wusBX*%1eVkK1-D@{)kqw%|G(upfdM^EuZg?x"
    "Nw;S8L5hqwcwDE6&nlop?3FSX#!OAsS3<2#WYrn%j;Eiy3AzADub?AY-=eMJ_~Z$jE-^GnwRi7%{Tf_BSc3s"
    "_(0ck{@mgKADngCZWsxD3p;9pRhARcAt%IMjp8<4;_F|v2qrIm4lTxr%%u$?Gdt3|MAe*NHjWvYv04?ybzP1"
    "Dd=n$!mP)v4S8>fv-l>JRMmmQDwyR%^xJ2r#`Bd^Si(eNeqM5Kbfo|@fV$}i!3gRPB>!>DAik3@5=*HIA#Rb"
    "8RQhg$1LdXf@ltvZf|hw6WRs$Kq=}P&#bA$b@0~eaz#*uJWi}PM=#n6a#djj<ZY+%4DMTxIQR2wJSLs_7OH*"
    "2DN~<~03T+LPV!45d9u|?*jlNB1d8vtA7PUoJ(04k5zB`D>%c)k`(JGn~hv@X~^KV`@pV@z0`B2dJ&nop1{S"
    "suMA0G%>8=_jGCN*f8E;r~(gRVB{8od7`rIH*#QrPL#{A1urXRTc9q&!fza@J+@&13BZ9U)J9IDyd5V96V|v"
    "@YBepe?#l0=3VtsGYQ{>p|q=AihyeUs&VjrB{dOFa3?)S4X9u_UF{ao(|Bt7DB-&{Pa5197sH<x%my)GE#U*"
    "DoX{N?!A^1y)RK=No|yc1}yZHg;HGshf*b>;4}Zht^C%cIR>zw?mm@Z>9>8T_XogshrrTMfNSf2am_&es4jf"
    "qlRY_5z;hw>;C37DOV<f6hDmE@A1cr5H)XE5CXRYfR72*uwk{ft#_fOLQ9l-9!m&!S4NcLLK-JylyTZC==}="
    "jZm6PsQ=o3q~avkt@2HqbkC#UpBp7YP7pg+APK_33oIa1-rVRT$RHzWz5Rx`4oEMB;kIsjJ5j9|RB1^pHJDZ"
    "g>+3t?$7bkAIkEY|T#ZKdw6Vq=Y9?A4c+7mRw-SaytBy_wCyOZ3ILnRl)Y;Y~>Pr2UMSW!`Gv0pgXF*&;26w"
    "B=wJj_|Qf!sHy0Q$-&Jkyi}#l91w<VrV4$0S*!p+j0nGU1MpoROt&Qs^G1d3uxr|`_s(0nQnTvU(ELDo5H--"
    "|5(fR{)iByE2{qjwX|Wa"
)


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="code objects of Python 3.11")
def test_what_the_first_store_format_held_is_loaded() -> None:
    stream, buffers = pickle.loads(zlib.decompress(base64.b85decode(EARLIER)))
    live: dict = {"__name__": "__main__", "factor": 10}
    point_class, point, count, seen, base, view, frozen, factor, red, colour = load(
        stream, buffers, live
    )
    assert type(point) is point_class
    assert point.double() == 20
    assert (count(), seen()) == (2, 2)
    view[0] = -1
    assert base[0, 1] == -1
    assert base.shape == (2, 3)
    assert frozen.tolist() == [0, 1, 2]
    assert not frozen.flags.writeable
    assert factor == 10
    assert red is colour.RED


def test_a_ufunc_of_a_library_comes_back_where_multiprocessing_has_named_the_notebook(
    tmp_path: Path,
) -> None:
    script = """
        import multiprocessing, pickle, sys
        assert sys.modules["__mp_main__"] is sys.modules["__main__"]
        from notewright.state.pickling.pickler import dump
        from scipy.special import expit
        import numpy as np
        streams = [dump(value, globals()).stream for value in (expit, np.add)]
        assert not any(b"_main__" in stream for stream in streams), streams
        assert all(name in stream for name, stream in zip((b"scipy.special", b"numpy"), streams))
    """
    file = tmp_path / "notebook.py"
    file.write_text(textwrap.dedent(script))
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pickles_in_a_cycle_of_garbage_are_collected_without_harm(tmp_path: Path) -> None:
    script = """
        import gc, numpy as np
        from notewright.state.pickling.pickler import dump
        written = np.memmap("file", np.float64, "w+", shape=(30, 30))
        for value in (np.ones(100), np.ones((9, 9)), np.asfortranarray(np.ones((9, 9))), written):
            for _ in range(20):
                cycle = [dump([value, {"again": value}], {})]
                cycle += [cycle, [buffer.raw() for buffer in cycle[0].buffers]]
                del cycle
                gc.collect()
        print("done")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("done", "")


@pytest.mark.filterwarnings("ignore:Pandas doesn't allow columns:UserWarning")
def test_a_table_with_an_attribute_has_one_digest_whatever_other_tables_have() -> None:
    # Python stops sharing the names of attributes among instances once there are many.
    others = [pd.DataFrame({"a": [1]}) for _ in range(80)]
    for number, other in enumerate(others):
        setattr(other, f"own_{number}", number)
    table = pd.DataFrame({"a": [1]})
    table.name = "train"
    pickled = dump(table, {})
    back = load(pickled.stream, [bytes(b.raw()) for b in pickled.buffers], {})
    assert digest_pickled(dump(back, {})) == digest_pickled(pickled)
