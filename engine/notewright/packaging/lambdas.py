"""Lambdas that a table hands itself or its columns, opened up.

``df.assign(big=lambda d: d.x > d.x.median())`` and ``df[cols].apply(lambda c: c - c.min())``:
what they compute from all rows is then seen like anything else.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence

from notewright.packaging.calls import is_reduction, method
from notewright.packaging.editing import Editing
from notewright.packaging.source import CellSource


def without_lambdas(cells: Sequence[CellSource]) -> list[CellSource]:
    """Return cells in which such lambdas are written out.

    Examples
    --------
    >>> cell = CellSource("t = t.assign(big=lambda d: d.x > d.x.mean())", "cell 1")
    >>> without_lambdas([cell])[0].code
    't = t.assign(big=t.x > t.x.mean())'
    >>> cell = CellSource("X = t[['x']].apply(lambda c: c - c.min())", "cell 1")
    >>> without_lambdas([cell])[0].code
    "X = (t[['x']] - t[['x']].min())"
    """
    made = []
    for cell in cells:
        edit = Editing(cell)
        for node in edit.body:
            if isinstance(node, ast.Assign | ast.Expr):
                for old, new in _written_out(node):
                    edit.part(old, _text(new) if isinstance(old, ast.Call) else ast.unparse(new))
        made.append(edit.done())
    return made


def _written_out(statement: ast.Assign | ast.Expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield expressions of a statement with what they are when lambdas are opened up."""
    for call in ast.walk(statement.value):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if method(call) == "assign" and isinstance(call.func.value, ast.Name):
            yield from _of_assign(call, call.func.value)
        elif method(call) == "apply" and len(call.args) == 1 and not call.keywords:
            function = call.args[0]
            if _is_columns(call.func.value) and isinstance(function, ast.Lambda):
                yield from _of_apply(call, call.func.value, function)


def _of_assign(call: ast.Call, table: ast.Name) -> Iterator[tuple[ast.expr, ast.expr]]:
    new: set[str] = set()
    for given in call.keywords:
        function = given.value
        if isinstance(function, ast.Lambda) and (name := _parameter(function)) is not None:
            used = {n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute)}
            used |= {str(n.value) for n in ast.walk(function) if isinstance(n, ast.Constant)}
            alone = sum(isinstance(n, ast.Lambda | ast.comprehension) for n in ast.walk(function))
            if alone == 1 and not used & new:
                yield function, _with_name(function.body, name, table)
        new.add(given.arg or "")


def _of_apply(
    call: ast.Call, columns: ast.expr, function: ast.Lambda
) -> Iterator[tuple[ast.expr, ast.expr]]:
    name = _parameter(function)
    reduces = any(isinstance(n, ast.Call) for n in ast.walk(function.body))
    if name is not None and reduces and _is_arithmetic(function.body, name):
        yield call, _with_name(function.body, name, columns)


def _parameter(function: ast.Lambda) -> str | None:
    """Return the name of a lambda's one parameter."""
    given = function.args
    others = (*given.posonlyargs, *given.kwonlyargs, *given.defaults, given.vararg, given.kwarg)
    return given.args[0].arg if len(given.args) == 1 and not any(others) else None


def _is_columns(node: ast.expr) -> bool:
    """Tell whether an expression is ``table[columns]``."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.List | ast.Name)
    )


def _is_arithmetic(node: ast.expr, name: str) -> bool:
    """Tell whether an expression is made of a column, values of it, and numbers alone."""
    if isinstance(node, ast.BinOp):
        return _is_arithmetic(node.left, name) and _is_arithmetic(node.right, name)
    if isinstance(node, ast.UnaryOp):
        return _is_arithmetic(node.operand, name)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        given = [*node.args, *(k.value for k in node.keywords)]
        literal = all(isinstance(value, ast.Constant) for value in given)
        own = isinstance(node.func.value, ast.Name) and node.func.value.id == name
        return is_reduction(node) and literal and own
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id == name)


def _with_name(node: ast.expr, name: str, value: ast.expr) -> ast.expr:
    class Naming(ast.NodeTransformer):
        def visit_Name(self, found: ast.Name) -> ast.expr:
            return copy.deepcopy(value) if found.id == name else found

    made: ast.expr = Naming().visit(copy.deepcopy(node))
    return made


def _text(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"
