"""The idioms of pandas and scikit-learn whose meaning differs between all rows and one row."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from notewright.packaging.effects import Imports
from notewright.packaging.naming import words_for

if TYPE_CHECKING:
    from notewright.packaging.rewrite import Pair, Rewriter

_ROW_DROPS = frozenset(
    [
        "drop_duplicates",
        "query",
        "sample",
        "head",
        "tail",
        "nlargest",
        "nsmallest",
        "sort_values",
        "sort_index",
    ]
)
_REDUCTIONS = frozenset(
    [
        "mean",
        "median",
        "mode",
        "min",
        "max",
        "std",
        "var",
        "sum",
        "quantile",
        "nunique",
        "unique",
        "value_counts",
        "count",
    ]
)
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


def method(call: ast.expr) -> str:
    """Return the method's or function's last name of a call, or ``""``."""
    if not isinstance(call, ast.Call):
        return ""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def is_split(imports: Imports, node: ast.expr) -> bool:
    """Tell whether `node` is a call of ``train_test_split``."""
    return isinstance(node, ast.Call) and (imports.dotted(node.func) or "").endswith(
        "train_test_split"
    )


def is_schema_call(node: ast.Call) -> bool:
    """Tell whether the call depends on the table's columns only: ``len(df.columns)``."""
    return method(node) == "keys" and isinstance(node.func, ast.Attribute)


def is_reduction(node: ast.expr) -> bool:
    """Tell whether `node` reduces a column to a value, by its name alone."""
    if isinstance(node, ast.Subscript):
        return method(node.value) == "mode"
    return method(node) in _REDUCTIONS and not _keyword(node, "axis")


def row_drop(rewriter: Rewriter, node: ast.expr) -> ast.expr | None:
    """Return the table whose rows `node` drops or reorders, or None."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name, receiver = node.func.attr, node.func.value
        if name in _ROW_DROPS:
            return receiver
        if name == "dropna" and not _columnwise(node):
            return receiver
        if name == "reset_index" and _constant(_keyword(node, "drop")) is True:
            return receiver
        if name == "drop" and not _columnwise(node) and not _keyword(node, "columns"):
            return receiver
        return None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        base = node.value
        if isinstance(base, ast.Attribute) and base.attr in ("loc", "iloc"):
            rows = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            whole = isinstance(rows, ast.Slice) and rows.lower is None and rows.upper is None
            if isinstance(rows, ast.Constant) or whole:
                return None
            return base.value
        kind = rewriter.kind(node.slice)
        masks = (
            kind is not None and kind.name in ("series", "array") and kind.dtype.startswith("bool")
        )
        if masks or isinstance(node.slice, ast.Slice):
            return base
    return None


def keep_columns(rewriter: Rewriter, node: ast.expr, serve: ast.expr) -> ast.expr:
    """Return ``df.loc[mask, columns]`` without the choice of rows."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and isinstance(node.slice, ast.Tuple)
        and len(node.slice.elts) == 2
    ):
        _, columns = rewriter.expr(node.slice.elts[1])
        every = ast.Tuple([ast.Slice(), columns], ast.Load())
        return ast.Subscript(ast.Attribute(serve, node.value.attr, ast.Load()), every, ast.Load())
    return serve


def rewrite(rewriter: Rewriter, node: ast.expr) -> Pair | None:
    """Return both forms of an idiom, or None if `node` is no idiom."""
    if not isinstance(node, ast.Call):
        return None
    path = rewriter.program.imports.dotted(node.func) or ""
    name = method(node)
    receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
    if path == "pandas.get_dummies" and node.args:
        return _dummies(rewriter, node)
    if path in ("pandas.qcut", "pandas.cut") and len(node.args) + len(node.keywords) > 1:
        return _bins(rewriter, node, path)
    if path == "pandas.factorize":
        raise rewriter.stop(
            node, "numbers the values in the order they appear", "`OrdinalEncoder` or a fixed `map`"
        )
    if receiver is None or path:
        return None
    if name == "drop":
        return _drop(rewriter, node)
    if name == "fit_transform":
        kind = rewriter.kind(receiver)
        if kind is not None and kind.name == "estimator":
            return _fit_transform(rewriter, node, receiver)
    if name == "astype" and node.args and _constant(node.args[0]) == "category":
        return _categories(rewriter, node, receiver)
    if name == "dropna" and _columnwise(node):
        columns = ast.Attribute(node, "columns", ast.Load())
        words = ast.Call(ast.Attribute(columns, "tolist", ast.Load()), [], [])
        t, s = rewriter.learn(words, "kept columns", "value")
        rt, rs = rewriter.expr(receiver)
        return ast.Subscript(rt, t, ast.Load()), ast.Subscript(rs, s, ast.Load())
    if name == "transform" and _groupby(receiver) is not None:
        return _group_transform(rewriter, node, receiver)
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


def _by_rows(node: ast.Call) -> bool:
    return _constant(_keyword(node, "axis")) not in (1, "columns")


def _dummies(rewriter: Rewriter, node: ast.Call) -> Pair:
    table = node.args[0]
    train, serve = rewriter.expr(table)
    kind = rewriter.kind(table)
    rewriter.helpers.add("categories")
    columns = _keyword(node, "columns")
    if kind is not None and kind.name == "series":
        words = f"{words_for(table)} categories"
        helper = "column_categories", "as_category"
    else:
        name = table.id if isinstance(table, ast.Name) else "dummy"
        words = f"{name} categories"
        helper = "table_categories", "as_categories"
    # Named once, so that the learning line and the statement use the same table.
    arguments = [train] if columns is None else [train, columns]
    t, s = rewriter.learn(
        ast.Call(ast.Name(helper[0], ast.Load()), arguments, []), words, "value", "categories"
    )

    def made(form: ast.expr, learned: ast.expr) -> ast.expr:
        inner = ast.Call(ast.Name(helper[1], ast.Load()), [form, learned], [])
        dummies: ast.expr = _replace(node, args=[inner, *node.args[1:]])
        return dummies

    return made(train, t), made(serve, s)


def _bins(rewriter: Rewriter, node: ast.Call, path: str) -> Pair | None:
    bins = node.args[1] if len(node.args) > 1 else _keyword(node, "bins") or _keyword(node, "q")
    if bins is None:
        return None
    kind = rewriter.kind(bins)
    counted = isinstance(_constant(bins), int) or (kind is not None and kind.name == "scalar")
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
        [train, *node.args[1:2]],
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

    def made(form: ast.expr, learned: ast.expr) -> ast.expr:
        return ast.Call(function, [form, learned], keywords)

    return made(train, t), made(serve, s)


def _module_of(function: ast.expr) -> ast.expr:
    return function.value if isinstance(function, ast.Attribute) else ast.Name("pd", ast.Load())


def _drop(rewriter: Rewriter, node: ast.Call) -> Pair:
    assert isinstance(node.func, ast.Attribute)
    train, serve = rewriter.expr(node.func.value)
    kept_args, kept_keywords = list(node.args), list(node.keywords)
    named = _keyword(node, "columns") or (node.args[0] if node.args else None)
    t = _replace(node, func=_replace(node.func, value=train))
    if named is None:
        return t, _replace(node, func=_replace(node.func, value=serve))
    left = _without(named, rewriter.target_columns)
    if left is None:
        return t, serve
    if named in kept_args:
        kept_args[kept_args.index(named)] = left
    kept_keywords = [
        ast.keyword(k.arg, left) if k.value is named and left is not named else k
        for k in kept_keywords
    ]
    _, kept_args_serve = [], [rewriter.expr(a)[1] for a in kept_args]
    s = _replace(
        node, func=_replace(node.func, value=serve), args=kept_args_serve, keywords=kept_keywords
    )
    return t, s


def _without(node: ast.expr, names: frozenset[str]) -> ast.expr | None:
    if isinstance(node, ast.Constant):
        return None if node.value in names else node
    if isinstance(node, ast.List | ast.Tuple):
        left = [e for e in node.elts if not (isinstance(e, ast.Constant) and e.value in names)]
        if not left:
            return None
        return node if len(left) == len(node.elts) else type(node)(left, ast.Load())
    return node


def _fit_transform(rewriter: Rewriter, node: ast.Call, receiver: ast.expr) -> Pair:
    assert isinstance(node.func, ast.Attribute)
    at, as_ = rewriter.expr(node.args[0])
    t, s = rewriter.fitted(receiver, True)
    train = _replace(node, func=_replace(node.func, value=t), args=[at, *node.args[1:]])
    serve = ast.Call(ast.Attribute(s, "transform", ast.Load()), [as_], [])
    return train, serve


def _categories(rewriter: Rewriter, node: ast.Call, receiver: ast.expr) -> Pair:
    rewriter.helpers.add("categories")
    train, serve = rewriter.expr(receiver)
    kind = rewriter.kind(receiver)
    one = kind is None or kind.name == "series"
    helper = ("column_categories", "as_category") if one else ("table_categories", "as_categories")
    arguments: list[ast.expr] = [train]
    if not one:
        arguments.append(ast.Attribute(train, "columns", ast.Load()))
    t, s = rewriter.learn(
        ast.Call(ast.Name(helper[0], ast.Load()), arguments, []),
        f"{words_for(receiver)} categories",
        "value",
        "categories",
    )

    def made(form: ast.expr, learned: ast.expr) -> ast.expr:
        return ast.Call(ast.Name(helper[1], ast.Load()), [form, learned], [])

    return made(train, t), made(serve, s)


def _groupby(node: ast.expr) -> tuple[ast.expr, ast.expr, ast.expr] | None:
    """Return (table, key, column) of ``table.groupby(key)[column]``."""
    if not isinstance(node, ast.Subscript) or method(node.value) != "groupby":
        return None
    call = node.value
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    by = call.args[0] if call.args else _keyword(call, "by")
    if by is None or not isinstance(by, ast.Constant):
        return None
    return call.func.value, by, node.slice


def _group_transform(rewriter: Rewriter, node: ast.Call, receiver: ast.expr) -> Pair:
    parts = _groupby(receiver)
    assert parts is not None
    table, by, column = parts
    name = _constant(node.args[0]) if node.args else None
    if not isinstance(name, str):
        raise rewriter.stop(
            node,
            "computes from all rows of a group",
            "a table by group and `map`, as in `df[key].map(df.groupby(key)[column].mean())`",
        )
    train, serve = rewriter.expr(table)
    by_group = ast.Call(ast.Attribute(receiver, name, ast.Load()), [], [])
    words = f"{_constant(column) or 'value'} {name} by {_constant(by)}"
    t, s = rewriter.learn(by_group, words, "value", "series")

    def made(form: ast.expr, learned: ast.expr) -> ast.expr:
        keys = ast.Subscript(form, by, ast.Load())
        return ast.Call(ast.Attribute(keys, "map", ast.Load()), [learned], [])

    return made(train, t), made(serve, s)


def _keyword(node: ast.expr, name: str) -> ast.expr | None:
    if not isinstance(node, ast.Call):
        return None
    return next((k.value for k in node.keywords if k.arg == name), None)


def _constant(node: ast.expr | None) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def _columnwise(node: ast.Call) -> bool:
    if _constant(_keyword(node, "axis")) in (1, "columns"):
        return True
    if method(node) == "drop":
        second = node.args[1] if len(node.args) > 1 else None
        return _constant(second) in (1, "columns") or _keyword(node, "columns") is not None
    return False


def _replace(node: Any, **changes: Any) -> Any:
    import copy

    if all(
        getattr(node, k) is v
        or (
            isinstance(v, list)
            and len(v) == len(getattr(node, k))
            and all(a is b for a, b in zip(v, getattr(node, k), strict=True))
        )
        for k, v in changes.items()
    ):
        return node
    new = copy.copy(node)
    for name, value in changes.items():
        setattr(new, name, value)
    return new
