"""NumPy."""

from __future__ import annotations

from kinds.kind import Kind, named

_N = "import numpy as np\n"


def _kind(name: str, make: str, check: str = "", **more: str | bool) -> Kind:
    return Kind(name, _N + make, _N + check, **more)  # type: ignore[arg-type]


KINDS = [
    _kind(
        "array",
        "x = np.arange(12.).reshape(3, 4); y = x",
        "assert x is y and x.flags.c_contiguous and x.flags.owndata is not None\nassert x.tolist() == np.arange(12.).reshape(3, 4).tolist()",
        change="x[2, 3] = np.nextafter(11, 12)",
        changes="x y",
    ),
    _kind(
        "view",
        "b = np.arange(20.); x = b[4:12:2]",
        "x[1] = -1\nassert b[6] == -1 and x.shape == (4,)",
        change="x[0] = 9",
        changes="x b",
    ),
    _kind(
        "two views, base gone",
        "x = np.arange(20.)[:15]; y = x[5:]; z = x.base[3:8]",
        "y[0] = -1\nassert x[5] == -1 and z[2] == -1",
        change="z[2] = 7",
        changes="x y z",
    ),
    _kind(
        "reversed, transposed, reshaped",
        "b = np.arange(20).reshape(4, 5); x = b[::-1]; y = b.T; z = b.reshape(-1)",
        "z[0] = 99\nassert x[3, 0] == 99 and y[0, 0] == 99 and b[0, 0] == 99 and x.strides == (-40, 8)",
        change="b[0, 0] = 5",
        changes="b x y z",
    ),
    _kind(
        "view of another type",
        "b = np.arange(4.); x = b.view(np.uint64)",
        "x[0] = 4607182418800017408\nassert b[0] == 1.0",
        change="x[1] = 0",
        changes="x b",
    ),
    _kind(
        "broadcast",
        "b = np.arange(3); x = np.broadcast_to(b, (2, 3))",
        "b[0] = 7\nassert x[1, 0] == 7 and not x.flags.writeable and x.strides == (0, 8)",
        change="b[1] = 9",
        changes="x b",
    ),
    _kind(
        "sliding window",
        "b = np.arange(9.); x = np.lib.stride_tricks.sliding_window_view(b, 3)",
        "b[4] = -1\nassert (x == -1).sum() == 3",
    ),
    _kind(
        "fortran order",
        "x = np.asfortranarray(np.arange(12.).reshape(3, 4)); v = x[1]",
        "v[0] = -1\nassert x.flags.f_contiguous and not x.flags.c_contiguous and x[1, 0] == -1",
    ),
    _kind(
        "axes in another order",
        "x = np.arange(24.).reshape(2, 3, 4).transpose(1, 0, 2).copy(order='K')",
        "assert x.strides == (32, 96, 8) and x.tolist() == np.arange(24.).reshape(2, 3, 4).transpose(1, 0, 2).tolist()",
        change="x[0, 0, 0] = 5",
    ),
    _kind(
        "read-only, writeable view apart",
        "b = np.arange(5); x = b[:]; x.flags.writeable = False; r = np.arange(3); r.flags.writeable = False",
        "assert not x.flags.writeable and b.flags.writeable and not r.flags.writeable\nb[0] = 9\nassert x[0] == 9",
    ),
    _kind(
        "zero-dimensional and empty",
        "x = np.array(3.5); e = np.empty((0, 3), 'f4'); z = np.array(['', '']); v = x[...]",
        "v[()] = 4\nassert x == 4.0 and x.shape == () and e.shape == (0, 3) and e.dtype == 'f4' and z.tolist() == ['', '']",
        change="x[()] = 5",
        changes="x v",
    ),
    _kind(
        "NaN payloads, negative zero",
        "x = np.array([0x7ff8000000000123, 1 << 63], 'u8').view('f8')",
        "assert x.view('u8').tolist() == [0x7ff8000000000123, 1 << 63]",
    ),
    _kind(
        "byte order, bool, complex, half",
        "x = np.array([1, 2], '>i4'); y = np.array([True]), np.array([1j], 'c8'), np.array([1.5], 'f2')",
        "assert x.dtype.str == '>i4' and x.tolist() == [1, 2]\nassert [a.dtype.str for a in y] == ['|b1', '<c8', '<f2']",
    ),
    _kind(
        "dates and text",
        "x = np.array(['2020-01-01', 'NaT'], 'M8[D]'); y = np.array(['a', 'bé']); z = np.array([b'a', b'bc']); t = np.array([3], 'm8[s]')",
        "assert x.dtype == 'M8[D]' and np.isnat(x[1]) and y.tolist() == ['a', 'bé'] and z.tolist() == [b'a', b'bc'] and t[0] == np.timedelta64(3, 's')",
        change="x[0] = '2021-01-01'",
    ),
    _kind(
        "variable-width text",
        "x = np.array(['a', 'long' * 20], dtype=np.dtypes.StringDType())",
        "assert x.tolist() == ['a', 'long' * 20] and x.dtype == np.dtypes.StringDType()",
        change="x[0] = 'b'",
    ),
    _kind(
        "array of objects",
        "o = [1]; x = np.array([o, 'a', None], dtype=object); v = x[::-2]",
        "assert x[0] is o and v[1] is o\nv[0] = 'new'\nassert x[2] == 'new' and v.dtype == object",
        change="o.append(2)",
        changes="x v o",
    ),
    _kind(
        "array of objects with itself",
        "x = np.empty(2, object); x[0] = x; x[1] = np.array(5)",
        "assert x[0] is x and type(x[1]) is np.ndarray",
        change="x[1] = 2",
    ),
    _kind(
        "two-dimensional objects, fortran",
        "x = np.asfortranarray(np.array([[1, 'a'], [None, [2]]], object)); t = x.T; r = x[1]; r.flags.writeable = False",
        "assert t[1, 1] == [2] and x.flags.f_contiguous and not r.flags.writeable\nx[1, 0] = 9\nassert r[0] == 9 and t[0, 1] == 9",
    ),
    _kind(
        "lists in an array",
        "x = np.empty(2, object); x[:] = [[1, 2], [3]]",
        "assert x.tolist() == [[1, 2], [3]]",
        change="x[0].append(1)",
    ),
    _kind(
        "structured array, field and record",
        "x = np.zeros(3, dtype=[('a', 'i1'), ('b', 'f8')]); f = x['b']; r = x[1]",
        "f[1] = 5\nassert x['b'][1] == 5 and r['b'] == 5\nr['a'] = 3\nassert x[1]['a'] == 3",
        change="f[1] = 2",
        changes="x f r",
        stable=False,
    ),
    _kind(
        "aligned structure with nested fields",
        "x = np.zeros(2, dtype=np.dtype([('a', 'i1'), ('n', [('b', 'f8', (2,))])], align=True)); x['n']['b'][1] = 7",
        "assert x.dtype.isalignedstruct and x['n']['b'].tolist() == [[0, 0], [7, 7]]",
        change="x['n']['b'][0, 0] = 1",
        stable=False,
    ),
    _kind(
        "structure with objects",
        "x = np.zeros(2, dtype=[('a', 'i4'), ('o', object)]); x['o'][0] = [1]",
        "assert x['o'][0] == [1] and x['a'].tolist() == [0, 0]",
        change="x['o'][0].append(1)",
    ),
    _kind(
        "record array",
        "x = np.rec.array([(1, 2.)], dtype=[('a', 'i4'), ('b', 'f8')]); v = x[:1]",
        "v.a[0] = 5\nassert type(x) is np.recarray and x.a[0] == 5 and type(x[0]) is np.record",
        change="x.a[0] = 9",
        changes="x v",
    ),
    _kind(
        "matrix",
        "x = np.matrix('1 2; 3 4'); v = x[0]",
        "v[0, 0] = 9\nassert type(x) is np.matrix and x[0, 0] == 9 and (x * x).shape == (2, 2)",
        change="x[0, 0] = 7",
        changes="x v",
    ),
    _kind(
        "masked array sharing its data",
        "b = np.arange(4.); x = np.ma.masked_array(b, mask=[0, 1, 0, 0], copy=False, fill_value=-9); v = x[1:]",
        "b[2] = 7\nassert x[2] == 7 and v[1] == 7 and x.mask.tolist() == [False, True, False, False] and x.fill_value == -9\nassert x.filled().tolist() == [0, -9, 7, 3] and np.ma.masked_equal([1], 1)[0] is np.ma.masked",
        change="b[3] = 1",
        changes="b x v",
    ),
    _kind(
        "masked without a mask",
        "x = np.ma.array([1, 2])",
        "assert x.mask is np.ma.nomask and x.sum() == 3",
        change="x[0] = np.ma.masked",
    ),
    _kind(
        "user's subclass with attributes",
        "class U(np.ndarray):\n    def __array_finalize__(self, o): self.unit = getattr(o, 'unit', None)\nb = np.arange(3.); x = b.view(U); x.unit = ['m']",
        "x[0] = 9\nassert b[0] == 9 and type(x) is U and x.unit == ['m'] and x[1:].unit is x.unit",
        change="x.unit.append('s')",
    ),
    _kind(
        "memory map for reading",
        "np.arange(50.).tofile('r.bin'); x = np.memmap('r.bin', mode='r', shape=(5, 10)); v = x[1]",
        "assert type(x) is np.memmap and x.mode == 'r' and np.shares_memory(x, v) and v[0] == np.arange(50.).view('u1')[10]",
    ),
    _kind(
        "memory map that is written",
        "x = np.memmap('w.bin', 'f8', 'w+', shape=6); x[:] = 3; v = np.asarray(x)[2:]; c = np.memmap('w.bin', 'f8', 'c'); c[0] = 8",
        "assert type(x) is np.memmap and x.filename.endswith('w.bin')\nassert np.shares_memory(x, v) and v.flags.writeable and v[0] == 3 and c[0] == 8 and c[1] == 3",
        change="v[0] = 6",
        changes="x v",
        stable=False,
    ),
    _kind(
        "array on bytes, bytearray, memoryview",
        "raw = bytearray(range(16)); x = np.frombuffer(raw, 'u1'); y = np.frombuffer(memoryview(raw)[8:], 'u1'); z = np.frombuffer(b'abcd', 'u1')",
        "raw[8] = 99\nassert x[8] == 99 and y[0] == 99 and not z.flags.writeable",
        change="raw[9] = 1",
        changes="x y raw",
    ),
    _kind(
        "array on array.array and ctypes",
        "import array, ctypes\na = array.array('d', [1, 2]); x = np.frombuffer(a); c = (ctypes.c_int * 2)(1, 2); y = np.ctypeslib.as_array(c)",
        "a[0] = 5\nc[1] = 6\nassert x[0] == 5 and y[1] == 6",
    ),
    _kind(
        "scalars",
        "x = np.float32(1.5), np.int8(-3), np.datetime64('2020'), np.bool_(True), np.str_('a'), np.complex64(1j)",
        "assert [type(v).__name__ for v in x] == ['float32', 'int8', 'datetime64', 'bool', 'str_', 'complex64'] and x[0] == 1.5",
    ),
    _kind(
        "dtypes",
        "x = np.dtype([('a', 'i4'), ('b', 'S3')]), np.dtype('>f8'), np.float32",
        "assert x[0].names == ('a', 'b') and x[1].str == '>f8' and x[2] is np.float32",
    ),
    _kind(
        "generator",
        "x = np.random.default_rng(3); x.normal(); y = x",
        "g = np.random.default_rng(3); g.normal()\nassert x is y and x.normal() == g.normal()",
        change="x.normal()",
        changes="x y",
    ),
    _kind(
        "generators sharing bits",
        "b = np.random.PCG64(1); x = np.random.Generator(b); y = np.random.Generator(b)",
        "x.random()\nassert x.bit_generator is y.bit_generator is b",
        change="x.random()",
        changes="x y b",
    ),
    _kind(
        "random state, seed sequence",
        "x = np.random.RandomState(1); x.randn(); s = np.random.SeedSequence(5); s.spawn(2)",
        "r = np.random.RandomState(1); r.randn()\nassert x.randn() == r.randn() and s.n_children_spawned == 2",
        change="x.randn()",
    ),
    _kind(
        "the function np.random.rand",
        "from numpy.random import rand as x",
        "np.random.seed(1); a = np.random.rand(); np.random.seed(1)\nassert x() == a",
    ),
    _kind(
        "ufunc, vectorize, polynomial",
        "x = np.add, np.vectorize(lambda v: v + 1), np.poly1d([1, 2]), np.polynomial.Polynomial([1, 2])",
        "assert x[0] is np.add and x[1]([1]).tolist() == [2] and x[2](1) == 3 and x[3](2) == 5",
    ),
    _kind(
        "views in a container",
        "b = np.arange(6.); x = {'a': b[:3], 'b': [b[2:]]}",
        "x['a'][2] = 9\nassert x['b'][0][0] == 9 and b[2] == 9",
    ),
    named("iterator of an array", _N + "x = np.nditer(np.arange(3))", "nditer"),
    named("flat iterator", _N + "x = np.arange(3).flat", "flatiter"),
    named("ufunc of the user", _N + "x = np.frompyfunc(lambda v: v, 1, 1)", "pickle"),
]
