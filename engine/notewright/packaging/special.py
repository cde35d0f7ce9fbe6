"""The idioms of pandas and scikit-learn whose meaning differs between all rows and one row."""

from __future__ import annotations

import ast
import copy
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
    if name == "fit_transform":
        kind = rewriter.kind(receiver)
        if kind is not None and kind.name == "estimator":
            return _fit_transform(rewriter, node, receiver)
    if name == "astype" and node.args and constant(node.args[0]) == "category":
        return _categories(rewriter, node, receiver)
    if name == "dropna" and columnwise(node):
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


def _fit_transform(rewriter: Rewriter, node: ast.Call, receiver: ast.expr) -> Pair:
    assert isinstance(node.func, ast.Attribute)
    at, as_ = rewriter.expr(node.args[0])
    t, s = rewriter.fitted(receiver, True)
    train = replaced(node, func=replaced(node.func, value=t), args=[at, *node.args[1:]])
    serve = ast.Call(ast.Attribute(s, "transform", ast.Load()), [as_], [])
    return train, serve


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


def _groupby(node: ast.expr) -> tuple[ast.expr, ast.expr, ast.expr] | None:
    """Return (table, key, column) of ``table.groupby(key)[column]``."""
    if not isinstance(node, ast.Subscript) or method(node.value) != "groupby":
        return None
    call = node.value
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    by = call.args[0] if call.args else keyword(call, "by")
    if by is None or not isinstance(by, ast.Constant):
        return None
    return call.func.value, by, node.slice


def _group_transform(rewriter: Rewriter, node: ast.Call, receiver: ast.expr) -> Pair:
    parts = _groupby(receiver)
    assert parts is not None
    table, by, column = parts
    name = constant(node.args[0]) if node.args else None
    if not isinstance(name, str):
        raise rewriter.stop(
            node,
            "computes from all rows of a group",
            "a table by group and `map`, as in `df[key].map(df.groupby(key)[column].mean())`",
        )
    train, serve = rewriter.expr(table)
    by_group = ast.Call(ast.Attribute(receiver, name, ast.Load()), [], [])
    words = f"{constant(column) or 'value'} {name} by {constant(by)}"
    t, s = rewriter.learn(by_group, words, "value", "series")

    def made(form: ast.expr, learned: ast.expr) -> ast.expr:
        keys = ast.Subscript(form, by, ast.Load())
        return ast.Call(ast.Attribute(keys, "map", ast.Load()), [learned], [])

    return made(train, t), made(serve, s)
