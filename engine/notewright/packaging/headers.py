"""Columns by their places: ``table.columns = [...]``, ``table.iloc[:, :-1]``."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notewright.packaging.rewrite import Rewriter


def renamed_by_place(rewriter: Rewriter, target: ast.expr, value: ast.expr) -> ast.stmt | None:
    """Return a statement that names the columns that are there, where some may be missing.

    Raw rows lack the target, so that the names in a list would go to other columns.

    Parameters
    ----------
    rewriter : Rewriter
        What knows which columns the table had before.
    target, value : expr
        The two sides of an assignment.

    Returns
    -------
    stmt or None
        None where it is no list of texts for the columns of a table, or where none are missing.
    """
    if not (isinstance(target, ast.Attribute) and target.attr == "columns"):
        return None
    table, names = target.value, rewriter.program.texts(value)
    if isinstance(value, ast.List | ast.Tuple):
        names = tuple(rewriter.program.text(item) or "" for item in value.elts)
    kind = rewriter.kind(table)
    if not isinstance(table, ast.Name) or kind is None or kind.name != "frame":
        return None
    if len(names) != len(kind.columns) or not all(names) or not rewriter.lacks(kind.columns):
        return None
    old = [ast.Constant(kind.label(name)) for name in kind.columns]
    new = [ast.Constant(name) for name in names]
    call = ast.Call(
        ast.Attribute(ast.Name(table.id, ast.Load()), "rename", ast.Load()),
        [],
        [ast.keyword("columns", ast.Dict(list(old), list(new)))],
    )
    return ast.Assign([ast.Name(table.id, ast.Store())], call)


def chosen_by_place(rewriter: Rewriter, node: ast.expr) -> ast.expr | None:
    """Return columns that are chosen by their places as ones that are chosen by name.

    Raw rows lack the target, so that other columns stand in the places after it.

    Parameters
    ----------
    rewriter : Rewriter
        What knows which columns the table had.
    node : expr
        An expression.

    Returns
    -------
    expr or None
        None where it is no such choice, or where no column is missing.
    """
    table, part = place_in(node)
    if table is None or part is None or table.id in rewriter.known:
        return None
    kind = rewriter.kind(table)
    if kind is None or kind.name != "frame" or not rewriter.lacks(kind.columns):
        return None
    names = names_at(kind.columns, part)
    if not names or rewriter.lacks(names) or len(set(kind.columns)) < len(kind.columns):
        return None
    labels: list[ast.expr] = [ast.Constant(kind.label(name)) for name in names]
    single = not isinstance(part, ast.Slice | ast.List)
    index = labels[0] if single else ast.List(labels, ast.Load())
    return ast.Subscript(ast.Name(table.id, ast.Load()), index, ast.Load())


def place_in(node: ast.AST) -> tuple[ast.Name, ast.expr] | tuple[None, None]:
    """Return the table and the places in ``table.iloc[:, places]``."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "iloc"
        and isinstance(node.value.value, ast.Name)
        and isinstance(node.slice, ast.Tuple)
        and len(node.slice.elts) == 2
    ):
        rows, part = node.slice.elts
        if isinstance(rows, ast.Slice) and rows.lower is rows.upper is rows.step is None:
            return node.value.value, part
    return None, None


def names_at(columns: Sequence[str], part: ast.expr) -> tuple[str, ...]:
    """Return the columns at places that are written out; none where they are not.

    Examples
    --------
    >>> def places(text):
    ...     return ast.parse(f"x[{text}]", mode="eval").body.slice
    >>> names_at("abc", places("-1")), names_at("abc", places(":2")), names_at("abc", places("n"))
    (('c',), ('a', 'b'), ())
    """
    try:
        if isinstance(part, ast.Slice):
            ends = (part.lower, part.upper, part.step)
            low, high, step = (ast.literal_eval(end) if end else None for end in ends)
            return tuple(columns[low:high:step])
        chosen = ast.literal_eval(part)
        if isinstance(chosen, int):
            return (columns[chosen],)
        return tuple(columns[place] for place in chosen)
    except (ValueError, TypeError, IndexError):
        return ()
