"""Expressions that drop or reorder rows, which raw rows do without."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notewright.packaging.calls import columnwise, constant, keyword

if TYPE_CHECKING:
    from notewright.packaging.rewrite import Rewriter

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


def row_drop(rewriter: Rewriter, node: ast.expr) -> ast.expr | None:
    """Return the table whose rows `node` drops, repeats or reorders, or None."""
    if isinstance(node, ast.Call) and node.args:
        path = rewriter.program.imports.dotted(node.func) or ""
        first = node.args[0]
        if path in ("sklearn.utils.resample", "sklearn.utils.shuffle") and len(node.args) == 1:
            return first
        if path == "pandas.concat" and not columnwise(node) and isinstance(first, ast.List):
            # One row was in one of the parts, which all had the same columns.
            return first.elts[0] if first.elts else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name, receiver = node.func.attr, node.func.value
        if name in _ROW_DROPS:
            return receiver
        if name == "dropna" and not columnwise(node):
            return receiver
        if name == "reset_index" and constant(keyword(node, "drop")) is True:
            return receiver
        if name == "drop" and not columnwise(node) and not keyword(node, "columns"):
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
        return base if _chooses_rows(rewriter, base, node.slice) else None
    return None


def _chooses_rows(rewriter: Rewriter, base: ast.expr, index: ast.expr) -> bool:
    """Tell whether ``base[index]`` is some of its rows: by a mask, a slice or their numbers."""
    whole = rewriter.kind(base)
    array = whole is not None and whole.name in ("array", "sparse")
    if isinstance(index, ast.Tuple):
        if not array or len(index.elts) < 2:
            return False
        index, *rest = index.elts
        if isinstance(index, ast.Slice):
            return index.lower is not None or index.upper is not None or index.step is not None
        if not all(isinstance(e, ast.Slice | ast.Constant) for e in rest):
            return False  # numbers of rows and of columns together are single values
    if isinstance(index, ast.Slice):
        return True
    kind = rewriter.kind(index)
    if kind is None or kind.name not in ("series", "array"):
        return False
    return kind.dtype.startswith("bool") or (array and kind.dtype.startswith(("int", "uint")))


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
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        every = ast.Tuple([ast.Slice(), *node.slice.elts[1:]], ast.Load())
        return ast.Subscript(serve, every, ast.Load())
    return serve
