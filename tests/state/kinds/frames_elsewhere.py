"""polars and PyArrow."""

from __future__ import annotations

from kinds.kind import Kind

_A = "import pyarrow as pa, pyarrow.compute as pc\n"
_L = "import polars as pl\n"

POLARS = [
    Kind(
        "frame",
        _L + "x = pl.DataFrame({'a': [1, None], 's': ['u', 'v'], 'l': [[1], [2, 3]]}); y = x",
        "import polars as pl\nassert x is y and x['a'].to_list() == [1, None] and x['l'].to_list() == [[1], [2, 3]] and x.schema['a'] == pl.Int64",
        needs="polars",
        change="x = x.with_columns(b=1)",
    ),
    Kind(
        "changed in place",
        _L + "x = pl.DataFrame({'a': [1, 2]})",
        "assert x.shape == (2, 1)",
        needs="polars",
        change="x[0, 'a'] = 9",
    ),
    Kind(
        "series, categories, times",
        _L
        + "import datetime\nx = pl.Series('c', ['u', 'v'], dtype=pl.Categorical), pl.Series([datetime.datetime(2020, 1, 1)]).dt.replace_time_zone('UTC'), pl.Series([1.5, float('nan')])",
        "assert x[0].to_list() == ['u', 'v'] and str(x[1].dtype).count('UTC') and x[0].name == 'c'",
        expect="[s.to_list() for s in x]",
        needs="polars",
    ),
    Kind(
        "lazy frame",
        _L + "x = pl.LazyFrame({'a': [1, 2]}).filter(pl.col('a') > 1)",
        expect="x.collect().to_dicts()",
        needs="polars",
        change="x = x.select('a', b=1)",
    ),
    Kind(
        "expression, type",
        _L + "x = pl.col('a') + 1, pl.Int64, pl.List(pl.Int8)",
        "import polars as pl\nassert pl.DataFrame({'a': [1]}).select(x[0]).item() == 2 and x[1] is pl.Int64 and x[2] == pl.List(pl.Int8)",
        needs="polars",
    ),
    Kind(
        "column of Python objects",
        _L + "class P: pass\nx = pl.DataFrame({'o': pl.Series([P()], dtype=pl.Object)})",
        named="Object",
        needs="polars",
    ),
]

PYARROW = [
    Kind(
        "table",
        _A + "x = pa.table({'a': [1, None], 's': ['u', 'v']}, metadata={'k': 'v'}); y = x",
        "import pyarrow as pa\nassert x is y and x.to_pydict() == {'a': [1, None], 's': ['u', 'v']} and x.schema.metadata == {b'k': b'v'}",
        needs="pyarrow",
        change="x = x.append_column('b', pa.array([1, 2]))",
        stable=False,
    ),
    Kind(
        "arrays, slices, dictionaries",
        _A
        + "x = pa.array([1, 2, 3])[1:], pa.array(['a', 'b', 'a']).dictionary_encode(), pa.chunked_array([[1], [2]]), pa.scalar(5)",
        expect="[v.to_pylist() for v in x[:3]], x[3].as_py()",
        needs="pyarrow",
        stable=False,
    ),
    Kind(
        "schema, record batch",
        _A + "x = pa.schema([('a', pa.int8())]), pa.record_batch({'a': [1]})",
        "import pyarrow as pa\nassert x[0] == pa.schema([('a', pa.int8())]) and x[1].to_pydict() == {'a': [1]}",
        needs="pyarrow",
        stable=False,
    ),
    Kind(
        "Arrow array of a NumPy array",
        _A + "import numpy as np\na = np.arange(4.); x = pa.array(a)",
        "a[0] = 9\nassert x[0].as_py() == 9",
        needs="pyarrow",
        change="a[1] = 7",
        changes="a x",
    ),
    Kind(
        "NumPy array of an Arrow array",
        _A + "x = pa.array([1., 2.]); v = x.to_numpy()",
        "assert v.tolist() == [1, 2] and not v.flags.writeable",
        needs="pyarrow",
        stable=False,
    ),
    Kind(
        "buffer",
        _A + "b = bytearray(b'abcd'); x = pa.py_buffer(b)",
        "assert x.to_pybytes() == b'abcd'",
        needs="pyarrow",
        stable=False,
    ),
    Kind(
        "file reader",
        _A
        + "import pyarrow.parquet as pq\npq.write_table(pa.table({'a': [1]}), 'p.parquet'); x = pq.ParquetFile('p.parquet')",
        named="__cinit__",
        needs="pyarrow",
    ),
]
