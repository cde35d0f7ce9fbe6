"""pandas."""

from __future__ import annotations

from kinds.kind import Kind

_P = "import pandas as pd, numpy as np\n"


def _kind(name: str, make: str, check: str = "", **more: str | bool) -> Kind:
    return Kind(name, _P + make, _P + check, **more)  # type: ignore[arg-type]


KINDS = [
    _kind(
        "frame",
        "x = pd.DataFrame({'a': [1, 2], 'b': ['u', None]}); y = x",
        "assert x is y and x['a'].tolist() == [1, 2] and x['b'][0] == 'u' and pd.isna(x['b'][1])\nx['c'] = 1\nassert 'c' in y",
        change="x.loc[0, 'a'] = 5",
        changes="x y",
    ),
    _kind(
        "frame of one array",
        "b = np.arange(6.).reshape(3, 2); x = pd.DataFrame(b, columns=['p', 'q'], copy=False)",
        "b[0, 0] = -1\nassert x.loc[0, 'p'] == -1",
        change="b[1, 1] = 7",
        changes="x b",
    ),
    _kind(
        "column of a frame, written later",
        "x = pd.DataFrame({'a': [1., 2.], 'b': [3., 4.]}); s = x['a']",
        "s.iloc[0] = 99.\nassert x['a'].tolist() == [1., 2.]\nx.loc[1, 'a'] = 7.\nassert s.tolist() == [99., 2.]",
    ),
    _kind(
        "shallow copies, written later",
        "x = pd.DataFrame({'a': [1, 2]}); y = x.copy(deep=False); z = x[:]",
        "y.iloc[0, 0] = 9\nassert x['a'].tolist() == [1, 2] and z['a'].tolist() == [1, 2]\nz.iloc[0, 0] = 8\nassert x['a'].tolist() == [1, 2]",
        stable=False,
    ),
    _kind(
        "index made of a column",
        "s = pd.Series([1., 2.]); x = pd.Index(s); t = pd.Series(x)",
        "s.iloc[0] = 9.\nassert x.tolist() == [1., 2.]\nt.iloc[1] = 7.\nassert x.tolist() == [1., 2.]",
    ),
    _kind(
        "shared index",
        "i = pd.Index(['a', 'b'], name='n'); x = pd.Series([1, 2], index=i); y = pd.DataFrame({'v': [1, 2]}, index=i)",
        "assert x.index is y.index is i and i.name == 'n'",
    ),
    _kind(
        "read-only values of a column",
        "x = pd.Series([1., 2.]); v = x.to_numpy()",
        "assert not v.flags.writeable\nassert np.shares_memory(v, x.to_numpy())",
    ),
    _kind(
        "categories",
        "x = pd.Series(pd.Categorical(['u', 'v', None], categories=['v', 'u', 'w'], ordered=True))",
        "assert x.dtype == pd.CategoricalDtype(['v', 'u', 'w'], ordered=True) and x.cat.codes.tolist() == [1, 0, -1]",
        change="x = x.cat.add_categories(['z'])",
    ),
    _kind(
        "categorical shared",
        "c = pd.Categorical(['u', 'v']); x = [c, c]",
        "x[0][0] = 'v'\nassert c[0] == 'v' and x[0] is x[1] is c",
        change="c[0] = 'v'",
        changes="x c",
    ),
    _kind(
        "nullable columns",
        "x = pd.DataFrame({'i': pd.array([1, None], 'Int64'), 'b': pd.array([True, None], 'boolean'), 's': pd.array(['a', None], 'string'), 'f': pd.array([1.5, None], 'Float32')})",
        "assert [str(t) for t in x.dtypes] == ['Int64', 'boolean', 'string', 'Float32'] and x['i'][1] is pd.NA and x['s'][0] == 'a' and x.isna().sum().sum() == 4",
        change="x.loc[1, 'i'] = 3",
        stable=False,
    ),
    _kind(
        "times and zones",
        "x = pd.DataFrame({'t': pd.to_datetime(['2020-01-01', None]), 'z': pd.date_range('2020-03-28', periods=2, tz='Europe/Berlin'), 'd': pd.to_timedelta([1, 2], 's'), 'p': pd.period_range('2020', periods=2, freq='M')}); i = pd.date_range('2020', periods=3, freq='D')",
        "assert str(x['z'].dtype.tz) == 'Europe/Berlin' and x['t'][1] is pd.NaT and str(x['p'][1]) == '2020-02' and i.freqstr == 'D' and x['d'][1].total_seconds() == 2",
        change="x.loc[0, 't'] = pd.Timestamp('2021')",
        stable=False,
    ),
    _kind(
        "multi-index",
        "x = pd.DataFrame({'v': [1, 2]}, index=pd.MultiIndex.from_tuples([('a', 1), ('b', 2)], names=['p', 'q']))",
        "assert x.loc[('b', 2), 'v'] == 2 and x.index.names == ['p', 'q'] and x.index.nlevels == 2",
        stable=False,  # without PyArrow, its texts may be one object or two
    ),
    _kind(
        "intervals, ranges",
        "x = pd.cut(pd.Series([1, 5, 9]), 3), pd.interval_range(0, 3), pd.RangeIndex(2, 9, 3)",
        "assert x[0].cat.categories.closed == 'right' and x[1][0] == pd.Interval(0, 1) and type(x[2]) is pd.RangeIndex and x[2].step == 3",
        stable=False,
    ),
    _kind(
        "sparse column",
        "x = pd.Series(pd.arrays.SparseArray([0, 0, 1]))",
        "assert x.dtype == pd.SparseDtype('int64', 0) and x.sum() == 1",
        change="x = x + 1",
        stable=False,
    ),
    _kind(
        "objects in a column",
        "o = [1]; x = pd.DataFrame({'o': pd.Series([o, {'k': 2}], dtype=object)})",
        "assert x['o'].iloc[0] is o and x['o'].iloc[1] == {'k': 2}",
        change="o.append(2)",
        changes="x o",
    ),
    _kind(
        "attributes and flags",
        "x = pd.DataFrame({'a': [1]}); x.attrs['unit'] = 'm'; x = x.set_flags(allows_duplicate_labels=False)",
        "assert x.attrs == {'unit': 'm'} and x.flags.allows_duplicate_labels is False",
        change="x.attrs['unit'] = 's'",
    ),
    _kind(
        "attributes of its own",
        "x = pd.DataFrame({'a': [1]}); x.name = 'train'; x.plot; l = [1]; s = x['a']; s.source = l; x._parts = l",
        "assert x.name == 'train' and s.source is l is x._parts and 'plot' not in vars(x)\nl.append(2)\nassert s.source == [1, 2]",
        change="x.name = 'test'",
    ),
    _kind(
        "user's subclass of a series",
        "class S(pd.Series):\n    _metadata = ['unit']\n    @property\n    def _constructor(self): return S\nx = S([1, 2], name='n'); x.unit = ['m']",
        "assert type(x) is S and x.name == 'n' and x.unit == ['m'] and 'Name: n' in repr(x) and type(x[:1]) is S",
        change="x.name = 'o'",
    ),
    _kind(
        "group-by and windows",
        "d = pd.DataFrame({'g': ['a', 'b', 'a'], 'v': [1, 2, 3]}); x = d.groupby('g'), d['v'].rolling(2)",
        "assert x[0]['v'].sum().tolist() == [4, 2] and x[1].sum().tolist()[1:] == [3, 5]",
        stable=False,
    ),
    _kind(
        "scalars",
        "x = pd.Timestamp('2020', tz='UTC'), pd.Timedelta(3, 'h'), pd.Period('2020-01'), pd.NA, pd.NaT, pd.offsets.BDay(2), pd.Interval(0, 1)",
        "assert x[3] is pd.NA and x[4] is pd.NaT and x[0].tz is not None and x[5].n == 2 and str(x[2]) == '2020-01'",
    ),
    _kind(
        "duplicate columns, mixed blocks",
        "x = pd.DataFrame([[1, 2.5, 'a']], columns=['a', 'a', 'b']); x.insert(0, 'n', True)",
        "assert x.columns.tolist() == ['n', 'a', 'a', 'b'] and x.iloc[0].tolist() == [True, 1, 2.5, 'a']",
        change="x.iloc[0, 2] = 9.5",
    ),
    _kind(
        "frame with a column deleted and a view kept",
        "x = pd.DataFrame(np.arange(9.).reshape(3, 3)); v = x.iloc[1:]; del x[0]",
        "v.iloc[0, 1] = 77\nassert x[1].tolist() == [1., 4., 7.] and v.iloc[0, 1] == 77",
    ),
    _kind(
        "user's subclass of a frame",
        "class F(pd.DataFrame):\n    _metadata = ['unit']\n    @property\n    def _constructor(self): return F\nx = F({'a': [1]}); x.unit = 'm'",
        "assert type(x) is F and x.unit == 'm' and type(x[['a']]) is F",
    ),
    _kind(
        "styler",
        "x = pd.DataFrame({'a': [1.234]}).style.format('{:.1f}')",
        "assert '1.2' in x.to_html()",
        stable=False,
    ),
    _kind(
        "Arrow-backed columns",
        "x = pd.DataFrame({'i': pd.array([1, None], 'int64[pyarrow]'), 's': pd.array(['a', None], 'string[pyarrow]')})",
        "assert str(x['i'].dtype) == 'int64[pyarrow]' and x['i'][1] is pd.NA and x['s'][0] == 'a'",
        needs="pyarrow",
        change="x.loc[0, 'i'] = 4",
    ),
]
