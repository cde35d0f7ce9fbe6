"""What pickles would run is found by their opcodes, in whatever they are wrapped; others pass."""

from __future__ import annotations

import bz2
import collections
import datetime
import decimal
import enum
import functools
import gzip
import io
import lzma
import os
import pathlib
import pickle
import re
import subprocess
import uuid
import zipfile
import zlib

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from notewright.governance.checks.pickle_files import look
from notewright.governance.checks.pickle_names import sort_names
from notewright.governance.checks.pickle_opcodes import names_in

LIMIT = 50_000_000


class Calls:
    """Pickled as a call of a function with arguments. It is never loaded."""

    def __init__(self, function, *arguments) -> None:
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def judged(data: bytes, name: str = "data.pkl", own=()):
    looked = look(io.BytesIO(data), name, LIMIT)
    return looked, sort_names(looked.names, own)


def dumped(value, how: str, folder) -> bytes:
    if how.startswith("joblib"):
        compress = how.partition(" ")[2] or 0
        path = folder / "value.joblib"
        joblib.dump(value, path, compress=(compress, 3) if compress else 0)
        return path.read_bytes()
    data = pickle.dumps(value, int(how) if how.isdigit() else 4)
    if how == "npz":
        file = io.BytesIO()
        np.savez_compressed(file, a=np.ones(3), b=np.array([value, None], dtype=object))
        return file.getvalue()
    if how == "npy":
        file = io.BytesIO()
        np.save(file, np.array([value, None], dtype=object))
        return file.getvalue()
    if how == "torch":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", data)
            archive.writestr("archive/data/0", b"\0" * 64)
        return file.getvalue()
    packed = {
        "gzip": gzip.compress,
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "zlib": zlib.compress,
    }
    return packed[how](data) if how in packed else data


HOW = [
    "0", "1", "2", "3", "4", "5", "joblib", "joblib zlib", "joblib gzip", "joblib bz2",
    "joblib lzma", "joblib xz", "gzip", "bz2", "xz", "zlib", "npz", "npy", "torch",
]  # fmt: skip


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("inside", ["alone", "among arrays"])
def test_a_call_of_the_system_is_found_however_the_file_is_packed(tmp_path, how, inside):
    fault = Calls(os.system, "echo planted")
    mixed = {"x": np.arange(10.0), "o": np.array(["a", None, fault], dtype=object), "y": [fault]}
    looked, found = judged(dumped(fault if inside == "alone" else mixed, how, tmp_path))
    assert found.dangerous == (f"{os.name if os.name == 'nt' else 'posix'}.system",)
    assert looked.problem == ""


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (subprocess.Popen, "subprocess.Popen"),
        (eval, "builtins.eval"),
        (exec, "builtins.exec"),
        (open, "io.open"),
        (__import__, "builtins.__import__"),
        (pickle.loads, "_pickle.loads"),
        (np.load, "numpy.load"),
        (pd.read_pickle, "pandas"),
        (joblib.load, "joblib.numpy_pickle.load"),
    ],
)
def test_functions_that_run_open_or_load_are_dangerous(function, name):
    _, found = judged(pickle.dumps(Calls(function, "x")))
    assert len(found.dangerous) == 1
    assert found.dangerous[0].startswith(name)


PLAIN = b"cos\nsystem\n(S'id'\ntR."
HAND_MADE = {
    "global of protocol 0": (PLAIN, "os.system"),
    "instance": (b"(S'id'\nios\nsystem\n.", "os.system"),
    "object": (b"(cos\nsystem\nS'id'\no.", "os.system"),
    "names of Python 2": (b"ccommands\ngetoutput\n(S'id'\ntR.", "commands.getoutput"),
    "builtin of Python 2": (b"c__builtin__\neval\n(S'1'\ntR.", "__builtin__.eval"),
    "memoised names": (
        b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x8c\x01x\x9400h\x00h\x01\x93\x8c\x02id\x85R.",
        "os.system",
    ),
    "names put aside": (
        b"\x80\x04\x8c\x06system\x94\x8c\x02os\x94(00\x8c\x00h\x01h\x00\x93\x8c\x02id\x85R.",
        "os.system",
    ),
    "attribute of a known library": (
        b"\x80\x04\x8c\x0dnumpy.ma.core\x8c\x09os.system\x93\x8c\x02id\x85R.",
        "numpy.ma.core.os.system",
    ),
    "gadget in a known library": (
        b"cnumpy.testing._private.utils\nrunstring\n(S'1'\n}tR.",
        "numpy.testing._private.utils.runstring",
    ),
    "method of a path": (
        b"cbuiltins\ngetattr\n(cpathlib\nPosixPath\n(S'a'\ntRS'write_text'\ntR(S'x'\ntR.",
        "pathlib.PosixPath.write_text",
    ),
    "method of a table": (
        b"cbuiltins\ngetattr\n(cpandas\nDataFrame\n(tRS'to_csv'\ntR(S'/etc/x'\ntR.",
        "pandas.DataFrame.to_csv",
    ),
    "attributes by text": (
        b"coperator\nattrgetter\n(S'__class__.__base__'\ntR.", "operator.attrgetter",
    ),
    "evaluated as a type": (b"ctyping\nget_type_hints\n(NtR.", "typing.get_type_hints"),
    "compiled": (b"cnumpy.f2py\ncompile\n(S'x'\ntR.", "numpy.f2py.compile"),
    "getattr": (
        b"cbuiltins\ngetattr\n(cnumpy.ma\ncore\nS'__builtins__'\ntR.",
        "numpy.ma.core.__builtins__",
    ),
    "getattr that is handed on": (
        b"cfunctools\npartial\n(cbuiltins\ngetattr\nS'x'\ntR.",
        "a name that is worked out while loading",
    ),
    "computed name": (
        b"\x80\x04\x8c\x02os\x8c\x08builtins\x8c\x03str\x93\x8c\x06system\x85R\x93.",
        "a name that is worked out while loading",
    ),
    "second pickle": (pickle.dumps({"a": 1}) + PLAIN, "os.system"),
    "broken end": (b"\x80\x04cos\nsystem\n\x8c\x02id\x85R\xff\xff\xff", "os.system"),
    "never called": (b"\x80\x04cos\nsystem\n0N.", "os.system"),
    "bytes that PyTorch loads": (
        b"\x80\x04ctorch.storage\n_load_from_bytes\nC"
        + bytes([len(PLAIN)])
        + PLAIN
        + b"\x85R.",
        "os.system",
    ),
    "archive behind a pickle": (b"", "os.system"),
}  # fmt: skip


def _polyglot() -> bytes:
    file = io.BytesIO()
    file.write(pickle.dumps([1, 2, 3]))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("archive/data.pkl", PLAIN)
    return file.getvalue()


HAND_MADE["archive behind a pickle"] = (_polyglot(), "os.system")


@pytest.mark.parametrize(("data", "name"), HAND_MADE.values(), ids=HAND_MADE)
def test_what_is_hidden_by_hand_is_found(data, name):
    _, found = judged(data)
    assert name in found.dangerous


def test_what_cannot_be_followed_says_so():
    looked, _ = judged(b"\x80\x04\x8c\xff")
    assert looked.problem
    cut, _ = judged(pickle.dumps(list(range(1000)))[:-50])
    assert cut.problem


BOMBS = {
    "gzip": gzip.compress(b"\x80\x04" + bytes(4 * LIMIT)),
    "zlib": zlib.compress(b"\x80\x04" + bytes(4 * LIMIT)),
    "bz2": bz2.compress(b"\x80\x04" + bytes(4 * LIMIT)),
    "xz": lzma.compress(b"\x80\x04" + bytes(4 * LIMIT), preset=0),
}


def _zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for at in range(8):
            archive.writestr(f"archive/{at}.pkl", bytes(LIMIT // 4))
    return file.getvalue()


BOMBS["zip"] = _zip_bomb()
BOMBS["gzip in gzip"] = gzip.compress(BOMBS["gzip"])


@pytest.mark.parametrize("how", BOMBS)
def test_a_bomb_is_named_and_not_unpacked(how):
    import tracemalloc

    tracemalloc.start()
    looked, _ = judged(BOMBS[how])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "MB would come out of it" in looked.problem
    assert peak < 4 * LIMIT


class Colour(enum.Enum):
    RED = 1


X = np.random.default_rng(0).normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)
CLEAN = {
    "forest": RandomForestClassifier(3, random_state=0).fit(X, Y),
    "pipeline": make_pipeline(
        StandardScaler(), FunctionTransformer(np.abs), LogisticRegression()
    ).fit(X, Y),
    "table": pd.DataFrame(
        {
            "a": [1, 2],
            "b": ["x", None],
            "c": pd.to_datetime(["2020", "2021"]),
            "d": pd.Categorical(["u", "v"]),
            "e": pd.Series([1, None], dtype="Int64"),
        }
    ),
    "index": pd.MultiIndex.from_product([["a", "b"], [1, 2]]),
    "interval": pd.Interval(0, 1),
    "timestamps": [pd.Timestamp("2020-01-01", tz="UTC"), pd.Timedelta("1h"), pd.NaT],
    "sparse": scipy.sparse.csr_matrix(X),
    "array": X,
    "objects": np.array([1, "a", None], dtype=object),
    "structured": np.zeros(3, dtype=[("a", "f8"), ("b", "i4")]),
    "masked": np.ma.masked_array([1, 2], [True, False]),
    "generator": np.random.default_rng(0),
    "state": np.random.RandomState(0),
    "distribution": __import__("scipy.stats").stats.norm(0, 1),
    "nested": {"a": [1, 2.5, (None, True)], "b": {"c": {1, 2}, "d": b"bytes"}},
    "times": [datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.timedelta(1)],
    "decimals": decimal.Decimal("1.5"),
    "uuid": uuid.UUID(int=1),
    "path": pathlib.PurePosixPath("a/b"),
    "pattern": re.compile("a+"),
    "counter": collections.Counter("abc"),
    "ordered": collections.OrderedDict(a=1),
    "default": collections.defaultdict(list, a=[1]),
    "partial": functools.partial(np.add, 1),
    "slice": [slice(1, 2), range(3), 1j, frozenset({1})],
    "bound method": pd.Timestamp("2020-01-01").isoformat,
    "error": ValueError("no"),
}


@pytest.mark.parametrize("name", CLEAN)
def test_honest_objects_raise_no_alarm_however_they_are_packed(tmp_path, name):
    for how in HOW if name == "pipeline" else ("0", "2", "5", "joblib", "joblib zlib", "npz"):
        looked, found = judged(dumped(CLEAN[name], how, tmp_path))
        assert (looked.problem, found.dangerous, found.unknown, found.code) == ("", (), (), ()), how
        assert looked.pickles >= 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("table.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 1000)),
        ("table.csv", b"a,b\n1,2\n"),
        ("survey.sav", b"$FL2@(#) SPSS DATA FILE" + bytes(200)),
        ("weights.ckpt", b"\x89HDF\r\n\x1a\n" + bytes(100)),
        ("numbers.npy", b""),
        ("book.xlsx", b""),
    ],
)
def test_files_that_are_no_pickles_are_left_alone(name, data):
    if name.endswith(".npy"):
        file = io.BytesIO()
        np.save(file, X)
        data = file.getvalue()
    if name.endswith(".xlsx"):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("xl/sheet1.xml", "<a/>")
        data = file.getvalue()
    looked, found = judged(data, name)
    assert (looked.pickles, looked.problem, found.dangerous) == (0, "", ())


def test_modules_of_the_project_are_known_and_others_are_not():
    data = b"cour_features\nScaler\n)\x81."
    assert judged(data)[1].unknown == ("our_features.Scaler",)
    assert judged(data, own={"our_features"})[1].unknown == ()
    shadowing = PLAIN
    assert judged(shadowing, own={"os"})[1].dangerous == ("os.system",)


class Seen(pickle.Unpickler):
    """Python's own unpickler, which tells what it imports."""

    def __init__(self, file) -> None:
        super().__init__(file)
        self.names: set[tuple[str, str]] = set()

    def find_class(self, module, name):
        self.names.add((module, name))
        return super().find_class(module, name)


VALUES = st.recursive(
    st.sampled_from(list(CLEAN.values())) | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(value=VALUES, protocol=st.integers(2, 5))
def test_the_names_are_those_that_pythons_own_unpickler_imports(value, protocol):
    data = pickle.dumps(value, protocol)
    seen = Seen(io.BytesIO(data))
    seen.load()
    mine = {(n.module, n.name) for n in names_in(data).names}
    wanted = {pair for pair in seen.names if pair[1] != "getattr"}
    assert wanted <= mine
    assert all("." in name for _, name in mine - wanted), "only what `getattr` gets is more"
