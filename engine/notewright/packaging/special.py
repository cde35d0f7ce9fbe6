"""The idioms of pandas and scikit-learn whose meaning differs between all rows and one row."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notewright.packaging.calls import columnwise, constant, keyword, method, replaced
from notewright.packaging.naming import words_for

if TYPE_CHECKING:
    from notewright.packaging.learning import Pair
    from notewright.packaging.rewrite import Rewriter

#: Method -> (why, what to write instead)
_ACROSS_ROWS = {
    "rank": (
        "ranks each row among all others",
        "a score of the row alone, or bins with fixed edges",
    ),
    "cumsum": ("adds up the rows before", "a feature that is stored with each row"),
    "cumprod": ("multiplies the rows before", "a feature that is stored with each row"),
    "cummax": ("looks at the rows before", "a feature that is stored with each row"),
    "cummin": ("looks at the rows before", "a feature that is stored with each row"),
    "cumcount": ("counts the rows before", "a feature that is stored with each row"),
    "shift": ("looks at the row before", "the earlier value as a column of its own"),
    "diff": ("compares with the row before", "the earlier value as a column of its own"),
    "pct_change": ("compares with the row before", "the earlier value as a column of its own"),
    "rolling": ("looks at a window of rows", "the windowed value as a column of its own"),
    "expanding": ("looks at all rows before", "the value so far as a column of its own"),
    "ewm": ("looks at all rows before", "the smoothed value as a column of its own"),
    "ffill": ("takes values from the row before", "`fillna` with a constant or the median"),
    "bfill": ("takes values from the row after", "`fillna` with a constant or the median"),
    "interpolate": ("takes values from rows nearby", "`fillna` with a constant or the median"),
    "duplicated": ("compares each row with all others", "a key that marks the row"),
    "pivot_table": ("makes one row out of several", "the pivoted table as an input file"),
}

#: Functions that scale by all rows they are given -> what learns the scale.
_SCALING = {
    "scipy.stats.boxcox": "`PowerTransformer(method='box-cox').fit_transform(...)`",
    "scipy.stats.yeojohnson": "`PowerTransformer().fit_transform(...)`",
    "scipy.stats.zscore": "`StandardScaler().fit_transform(...)`",
    "sklearn.preprocessing.maxabs_scale": "`MaxAbsScaler().fit_transform(...)`",
    "sklearn.preprocessing.minmax_scale": "`MinMaxScaler().fit_transform(...)`",
    "sklearn.preprocessing.power_transform": "`PowerTransformer().fit_transform(...)`",
    "sklearn.preprocessing.quantile_transform": "`QuantileTransformer().fit_transform(...)`",
    "sklearn.preprocessing.robust_scale": "`RobustScaler().fit_transform(...)`",
    "sklearn.preprocessing.scale": "`StandardScaler().fit_transform(...)`",
}


def rewrite(rewriter: Rewriter, node: ast.expr) -> Pair | None:
    """Return both forms of an idiom, or None if `node` is no idiom."""
    if isinstance(node, ast.Subscript) and constant(node.slice) == 0:
        return codes(rewriter, node.value, node)
    if not isinstance(node, ast.Call):
        return None
    path = rewriter.program.imports.dotted(node.func) or ""
    name = method(node)
    receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
    if path == "pandas.get_dummies" and node.args:
        return _dummies(rewriter, node)
    if path in ("pandas.qcut", "pandas.cut") and len(node.args) + len(node.keywords) > 1:
        return _bins(rewriter, node, path)
    if path.startswith("statsmodels.") and name == "add_constant" and node.args:
        return _add_constant(rewriter, node)
    if path == "numpy.reshape" and len(node.args) == 2 and rewriter.is_rows(node.args[0]):
        return _numpy_reshape(rewriter, node)
    if path == "pandas.Categorical" and len(node.args) == 1 and not keyword(node, "categories"):
        return _categorical(rewriter, node)
    if path in _SCALING and rewriter.taints(node):
        raise rewriter.stop(node, "scales by all rows together", _SCALING[path])
    if path == "sklearn.model_selection.cross_val_predict" and rewriter.taints(node):
        raise rewriter.stop(
            node,
            "predicts each row by a model of the others",
            "a model that is fitted on all rows, and its `predict`",
        )
    if path == "pandas.factorize" or (name == "factorize" and rewriter.taints(node)):
        raise rewriter.stop(
            node,
            "numbers the values in the order they appear",
            "`codes, values = pd.factorize(...)`, `OrdinalEncoder` or a fixed `map`",
        )
    if receiver is None or path:
        return None
    if name == "drop":
        return _drop(rewriter, node)
    if name == "reshape" and rewriter.is_rows(receiver):
        return _reshape(rewriter, node, receiver)
    if name in ("fit_transform", "fit_predict") and node.args:
        kind, asked = rewriter.kind(receiver), name.removeprefix("fit_")
        if kind is not None and kind.name == "estimator" and asked in kind.can:
            return _fitted_here(rewriter, node, receiver, asked)
    if name == "astype" and node.args and constant(node.args[0]) == "category":
        return _categories(rewriter, node, receiver)
    if name == "dropna" and columnwise(node):
        columns = ast.Attribute(node, "columns", ast.Load())
        words = ast.Call(ast.Attribute(columns, "tolist", ast.Load()), [], [])
        t, s = rewriter.learn(words, "kept columns", "value")
        rt, rs = rewriter.expr(receiver)
        return ast.Subscript(rt, t, ast.Load()), ast.Subscript(rs, s, ast.Load())
    if name == "transform" and (parts := _groupby(rewriter, receiver)) is not None:
        return _group_transform(rewriter, node, receiver, parts)
    grouped = any(method(n) == "groupby" for n in ast.walk(receiver) if isinstance(n, ast.Call))
    if name in _ACROSS_ROWS and (rewriter.taints(receiver) and _by_rows(node)):
        why, instead = _ACROSS_ROWS[name]
        raise rewriter.stop(node, why, instead)
    if grouped and rewriter.is_rows(node):
        raise rewriter.stop(
            node,
            "computes from all rows of a group",
            "a table by group, `means = df.groupby(...)[...].mean()`, and `df[...].map(means)`",
        )
    return None


def codes(rewriter: Rewriter, call: ast.expr, node: ast.expr) -> Pair | None:
    """Return both forms of the numbers that ``pd.factorize`` gives to values.

    For raw rows these are the places of their values among those that training had.

    Parameters
    ----------
    rewriter : Rewriter
        What learns the values.
    call : expr
        What may be a call of it.
    node : expr
        The form for training.
    """
    if not isinstance(call, ast.Call) or not rewriter.taints(call):
        return None
    module = _pandas(rewriter)
    if module is None:
        return None
    if rewriter.program.imports.dotted(call.func) == "pandas.factorize" and call.args:
        values = call.args[0]
    elif method(call) == "factorize" and isinstance(call.func, ast.Attribute):
        values = call.func.value
    else:
        return None
    _, serve = rewriter.expr(values)
    known = ast.Attribute(ast.Subscript(call, ast.Constant(1), ast.Load()), "tolist", ast.Load())
    _, learned = rewriter.learn(
        ast.Call(known, [], []), f"{words_for(values)} values", "value", "list"
    )
    index = ast.Call(ast.Attribute(module, "Index", ast.Load()), [learned], [])
    places = ast.Call(ast.Attribute(index, "get_indexer", ast.Load()), [serve], [])
    return node, places


def _pandas(rewriter: Rewriter) -> ast.expr | None:
    """Return what the notebook calls pandas."""
    paths = rewriter.program.imports.paths
    name = next((name for name, path in paths.items() if path == "pandas"), None)
    return None if name is None else ast.Name(name, ast.Load())


def _by_rows(node: ast.Call) -> bool:
    return constant(keyword(node, "axis")) not in (1, "columns")


def _dummies(rewriter: Rewriter, node: ast.Call) -> Pair:
    table = node.args[0]
    train, serve = rewriter.expr(table)
    kind = rewriter.kind(table)
    rewriter.helpers.add("categories")
    columns = keyword(node, "columns")
    if kind is not None and kind.name == "series":
        words = f"{words_for(table)} categories"
        helper = "column_categories", "as_category"
    else:
        name = table.id if isinstance(table, ast.Name) else "dummy"
        words = f"{name} categories"
        helper = "table_categories", "as_categories"
    # Named once, so that the learning line and the statement use the same table.
    asked = without_taking(train)
    arguments = [asked] if columns is None else [asked, columns]
    t, s = rewriter.learn(
        ast.Call(ast.Name(helper[0], ast.Load()), arguments, []), words, "value", "categories"
    )

    def made(form: ast.expr, learned: ast.expr) -> ast.expr:
        inner = ast.Call(ast.Name(helper[1], ast.Load()), [form, learned], [])
        dummies: ast.expr = replaced(node, args=[inner, *node.args[1:]])
        return dummies

    return made(train, t), made(serve, s)


def without_taking(node: ast.expr) -> ast.expr:
    """Return ``df.pop("a")`` as ``df["a"]``: what is asked for first is still there after."""

    class Peeking(ast.NodeTransformer):
        def visit_Call(self, call: ast.Call) -> ast.expr:
            self.generic_visit(call)
            function, given = call.func, call.args
            if not isinstance(function, ast.Attribute) or function.attr != "pop":
                return call
            if len(given) != 1 or not isinstance(given[0], ast.Constant):
                return call
            return ast.Subscript(function.value, given[0], ast.Load())

    asked: ast.expr = Peeking().visit(copy.deepcopy(node))
    return asked


def _bins(rewriter: Rewriter, node: ast.Call, path: str) -> Pair | None:
    bins = node.args[1] if len(node.args) > 1 else keyword(node, "bins") or keyword(node, "q")
    if bins is None:
        return None
    kind = rewriter.kind(bins)
    counted = isinstance(constant(bins), int) or (kind is not None and kind.name == "scalar")
    if path == "pandas.cut" and not counted:
        return None
    column = node.args[0]
    train, serve = rewriter.expr(column)
    # The edges by themselves: the same call, asked for its edges.
    others = [
        k for k in node.keywords if k.arg in ("bins", "q", "right", "duplicates", "precision")
    ]
    edges = ast.Call(
        node.func,
        [without_taking(train), *node.args[1:2]],
        [
            *others,
            ast.keyword("labels", ast.Constant(False)),
            ast.keyword("retbins", ast.Constant(True)),
        ],
    )
    t, s = rewriter.learn(
        ast.Subscript(edges, ast.Constant(1), ast.Load()),
        f"{words_for(column)} edges",
        "value",
        "array",
    )
    function = ast.Attribute(_module_of(node.func), "cut", ast.Load())
    keywords = [
        k
        for k in node.keywords
        if k.arg in ("labels", "right", "precision", "include_lowest", "ordered")
    ]
    if len(node.args) > 2:
        keywords.append(ast.keyword("labels", node.args[2]))
    if path == "pandas.qcut":
        keywords.append(ast.keyword("include_lowest", ast.Constant(True)))

    with_edges = constant(keyword(node, "retbins")) is True

    def made(form: ast.expr, learned: ast.expr) -> ast.expr:
        binned = ast.Call(function, [form, learned], keywords)
        return ast.Tuple([binned, learned], ast.Load()) if with_edges else binned

    return made(train, t), made(serve, s)


def _add_constant(rewriter: Rewriter, node: ast.Call) -> Pair | None:
    """Add the column to one row too, in which every column is constant already."""
    if keyword(node, "has_constant") is not None:
        return None
    train, serve = rewriter.expr(node.args[0])
    always = ast.keyword("has_constant", ast.Constant("add"))
    return (
        replaced(node, args=[train, *node.args[1:]]),
        replaced(node, args=[serve, *node.args[1:]], keywords=[*node.keywords, always]),
    )


def _module_of(function: ast.expr) -> ast.expr:
    return function.value if isinstance(function, ast.Attribute) else ast.Name("pd", ast.Load())


def _drop(rewriter: Rewriter, node: ast.Call) -> Pair:
    assert isinstance(node.func, ast.Attribute)
    train, serve = rewriter.expr(node.func.value)
    kept_args, kept_keywords = list(node.args), list(node.keywords)
    named = keyword(node, "columns") or (node.args[0] if node.args else None)
    t = replaced(node, func=replaced(node.func, value=train))
    if named is None:
        return t, replaced(node, func=replaced(node.func, value=serve))
    left = _without(named, rewriter)
    if left is None:
        return t, serve
    if named in kept_args:
        kept_args[kept_args.index(named)] = left
    kept_keywords = [
        ast.keyword(k.arg, left) if k.value is named and left is not named else k
        for k in kept_keywords
    ]
    _, kept_args_serve = [], [rewriter.expr(a)[1] for a in kept_args]
    s = replaced(
        node, func=replaced(node.func, value=serve), args=kept_args_serve, keywords=kept_keywords
    )
    return t, s


def _reshape(rewriter: Rewriter, node: ast.Call, receiver: ast.expr) -> Pair | None:
    """Give ``reshape((n, -1))`` the number of the rows at hand, not that of training."""
    one = node.args[0] if len(node.args) == 1 else None
    shape = one.elts if isinstance(one, ast.Tuple) else node.args
    if not shape or _number(shape[0]):
        return None
    train, serve = rewriter.expr(receiver)
    rows = ast.Call(ast.Name("len", ast.Load()), [serve], [])
    rest = [rewriter.expr(part)[1] for part in shape[1:]]
    args: list[ast.expr] = [rows, *rest]
    if one is not None:
        args = [ast.Tuple(args, ast.Load())]
    return (
        replaced(node, func=replaced(node.func, value=train)),
        replaced(node, func=replaced(node.func, value=serve), args=args),
    )


def _numpy_reshape(rewriter: Rewriter, node: ast.Call) -> Pair | None:
    """Do the same for ``np.reshape(rows, (n, -1))``."""
    shape = node.args[1]
    if not isinstance(shape, ast.Tuple) or _number(shape.elts[0]):
        return None
    train, serve = rewriter.expr(node.args[0])
    rows = ast.Call(ast.Name("len", ast.Load()), [serve], [])
    rest = [rewriter.expr(part)[1] for part in shape.elts[1:]]
    return (
        replaced(node, args=[train, shape]),
        replaced(node, args=[serve, ast.Tuple([rows, *rest], ast.Load())]),
    )


def _number(node: ast.expr) -> bool:
    return constant(node) is not None or isinstance(node, ast.UnaryOp)


def _without(node: ast.expr, rewriter: Rewriter) -> ast.expr | None:
    if rewriter.is_target(node):
        return None
    if isinstance(node, ast.List | ast.Tuple):
        left = [e for e in node.elts if not rewriter.is_target(e)]
        if not left:
            return None
        return node if len(left) == len(node.elts) else type(node)(left, ast.Load())
    return node


def _fitted_here(rewriter: Rewriter, node: ast.Call, receiver: ast.expr, asked: str) -> Pair:
    """Return both forms of ``fit_transform`` and ``fit_predict``."""
    assert isinstance(node.func, ast.Attribute)
    at, as_ = rewriter.expr(node.args[0])
    t, s = rewriter.fitted(receiver, True)
    train = replaced(node, func=replaced(node.func, value=t), args=[at, *node.args[1:]])
    serve = ast.Call(ast.Attribute(s, asked, ast.Load()), [as_], [])
    return train, serve


def _categorical(rewriter: Rewriter, node: ast.Call) -> Pair:
    """Return both forms of ``pd.Categorical(values)``."""
    train, serve = rewriter.expr(node.args[0])
    known = ast.Attribute(replaced(node, args=[without_taking(train)]), "categories", ast.Load())
    _, learned = rewriter.learn(
        ast.Call(ast.Attribute(known, "tolist", ast.Load()), [], []),
        f"{words_for(node.args[0])} categories",
        "value",
        "list",
    )
    named = ast.keyword("categories", learned)
    return (
        replaced(node, args=[train]),
        replaced(node, args=[serve], keywords=[*node.keywords, named]),
    )


def _categories(rewriter: Rewriter, node: ast.Call, receiver: ast.expr) -> Pair:
    rewriter.helpers.add("categories")
    train, serve = rewriter.expr(receiver)
    kind = rewriter.kind(receiver)
    one = kind is None or kind.name == "series"
    helper = ("column_categories", "as_category") if one else ("table_categories", "as_categories")
    asked = without_taking(train)
    arguments: list[ast.expr] = [asked]
    if not one:
        arguments.append(ast.Attribute(asked, "columns", ast.Load()))
    t, s = rewriter.learn(
        ast.Call(ast.Name(helper[0], ast.Load()), arguments, []),
        f"{words_for(receiver)} categories",
        "value",
        "categories",
    )

    def made(form: ast.expr, learned: ast.expr) -> ast.expr:
        return ast.Call(ast.Name(helper[1], ast.Load()), [form, learned], [])

    return made(train, t), made(serve, s)


@dataclass(frozen=True)
class _Grouped:
    """``table.groupby(by)[column]``, with the names of the columns in `by`."""

    table: ast.expr
    by: ast.expr
    column: ast.expr
    keys: tuple[str, ...]


def _groupby(rewriter: Rewriter, node: ast.expr) -> _Grouped | None:
    """Return the parts of ``table.groupby(by)[column]``, or of a name that stands for it."""
    if isinstance(node, ast.Name):
        node = rewriter.program.bound_once.get(node.id, node)
    if not isinstance(node, ast.Subscript) or method(node.value) != "groupby":
        return None
    call = node.value
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    by = call.args[0] if call.args else keyword(call, "by")
    keys = [constant(key) for key in by.elts] if isinstance(by, ast.List) else [constant(by)]
    if by is None or not keys or not all(isinstance(key, str) for key in keys):
        return None
    return _Grouped(call.func.value, by, node.slice, tuple(map(str, keys)))


def _group_transform(
    rewriter: Rewriter, node: ast.Call, receiver: ast.expr, parts: _Grouped
) -> Pair:
    """Return both forms of ``table.groupby(by)[column].transform(...)``."""
    how = node.args[0] if node.args else None
    name = constant(how)
    filled = _filled_by(how)
    if not isinstance(name, str) and filled is None:
        raise rewriter.stop(
            node,
            "computes from all rows of a group",
            "a table by group and `map`, as in `df[key].map(df.groupby(key)[column].mean())`",
        )
    train, serve = rewriter.expr(parts.table)
    said = name if filled is None else method(filled.body) or "fill"
    if filled is None or isinstance(filled.body, ast.Call):
        by_group = ast.Call(ast.Attribute(receiver, said, ast.Load()), [], [])
    else:
        by_group = ast.Call(ast.Attribute(receiver, "agg", ast.Load()), [filled], [])
    words = f"{constant(parts.column) or 'value'} {said} by {' '.join(parts.keys)}"
    t, s = rewriter.learn(by_group, words, "value", "series")

    def made(form: ast.expr, learned: ast.expr) -> ast.expr:
        found = _looked_up(form, parts.by, learned)
        if filled is None:
            return found
        column = ast.Subscript(form, parts.column, ast.Load())
        return ast.Call(ast.Attribute(column, "fillna", ast.Load()), [found], [])

    return made(train, t), made(serve, s)


def _looked_up(table: ast.expr, by: ast.expr, learned: ast.expr) -> ast.expr:
    """Return what a table by group has for each row of a table."""
    if not isinstance(by, ast.List):
        keys = ast.Subscript(table, by, ast.Load())
        return ast.Call(ast.Attribute(keys, "map", ast.Load()), [learned], [])
    keyed = ast.Call(ast.Attribute(table, "set_index", ast.Load()), [by], [])
    index = ast.Attribute(keyed, "index", ast.Load())
    found = ast.Call(ast.Attribute(learned, "reindex", ast.Load()), [index], [])
    return ast.Call(
        ast.Attribute(found, "set_axis", ast.Load()),
        [ast.Attribute(table, "index", ast.Load())],
        [],
    )


def _filled_by(how: ast.expr | None) -> ast.Lambda | None:
    """Return ``lambda s: s.median()`` for ``lambda s: s.fillna(s.median())``, else None."""
    if not isinstance(how, ast.Lambda) or len(how.args.args) != 1:
        return None
    name, body = how.args.args[0].arg, how.body
    if method(body) != "fillna" or not isinstance(body, ast.Call) or len(body.args) != 1:
        return None
    assert isinstance(body.func, ast.Attribute)
    own = isinstance(body.func.value, ast.Name) and body.func.value.id == name
    value = body.args[0]
    names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
    if not own or body.keywords or names != {name}:
        return None
    if isinstance(value, ast.Call) and (value.args or value.keywords):
        return None
    return ast.Lambda(how.args, value)
