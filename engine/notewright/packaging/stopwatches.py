"""``with timer("read"):`` where all that the context manager does is to say how long it took."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence

from notewright.packaging.editing import Editing
from notewright.packaging.source import CellSource

#: What such a context manager asks.
_ASKED = frozenset(
    {"datetime", "format", "len", "logger", "logging", "perf_counter", "print", "round", "str"}
    | {"time", "timedelta", "timer"}
)


def without_stopwatches(cells: Sequence[CellSource]) -> list[CellSource]:
    r"""Return cells in which the statements stand that were timed, and nothing times them.

    Examples
    --------
    >>> code = '''@contextmanager
    ... def timer(name):
    ...     began = time.time()
    ...     yield
    ...     print(name, time.time() - began)
    ... with timer("one"):
    ...     x = 1  # the first'''
    >>> without_stopwatches([CellSource(code, "cell 1")])[0].code.splitlines()[-1]
    'x = 1  # the first'
    """
    watches = _watches(cells)
    if not watches:
        return list(cells)
    made = []
    for cell in cells:
        edit = Editing(cell)
        for node in edit.body:
            if isinstance(node, ast.With) and _starts(node, watches) and edit.whole_lines(node):
                lines, places = _inside(cell, node)
                edit.put(node, lines, places)
        made.append(edit.done())
    return made


def _watches(cells: Sequence[CellSource]) -> set[str]:
    """Return the names of functions that are context managers of this kind, and nothing else."""
    body = [node for cell in cells for node in ast.parse(cell.code).body]
    bound = [n.name for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    bound += [
        n.id
        for node in body
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    ]
    return {
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef) and bound.count(node.name) == 1 and _only_times(node)
    }


def _only_times(function: ast.FunctionDef) -> bool:
    made_by = [ast.unparse(d).rpartition(".")[2] for d in function.decorator_list]
    statements = list(_flat(function.body))
    yields = [n for n in statements if _is_yield(n)]
    return made_by == ["contextmanager"] and len(yields) == 1 and all(map(_is_idle, statements))


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, with those of ``try: yield`` and its ``finally``."""
    for node in body:
        if isinstance(node, ast.Try) and not node.handlers and not node.orelse:
            yield from (*node.body, *node.finalbody)
        else:
            yield node


def _is_yield(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Yield)
        and node.value.value is None
    )


def _is_idle(node: ast.stmt) -> bool:
    """Tell whether a statement does nothing but look at the clock and say something."""
    if _is_yield(node):
        return True
    if isinstance(node, ast.Assign):
        if not all(isinstance(target, ast.Name) for target in node.targets):
            return False
    elif not isinstance(node, ast.Expr):
        return False
    asked = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    return all(_root(call.func) in _ASKED for call in asked) and not any(
        isinstance(n, ast.Yield | ast.YieldFrom | ast.Await | ast.NamedExpr) for n in ast.walk(node)
    )


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    if isinstance(node, ast.Constant | ast.JoinedStr):
        return "str"
    return node.id if isinstance(node, ast.Name) else ""


def _starts(node: ast.With, watches: set[str]) -> bool:
    """Tell whether a statement starts one of the watches and hands it nothing but words."""
    item = node.items[0]
    call = item.context_expr
    return (
        len(node.items) == 1
        and item.optional_vars is None
        and isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in watches
        and not any(isinstance(n, ast.Call | ast.NamedExpr) for a in call.args for n in ast.walk(a))
    )


def _inside(cell: CellSource, node: ast.With) -> tuple[list[str], list[str]]:
    """Return the lines inside a ``with`` as they were written, and where."""
    first, last = node.body[0].lineno, node.end_lineno or node.lineno
    texts = any(
        isinstance(n, ast.Constant | ast.JoinedStr) and n.lineno != n.end_lineno
        for n in ast.walk(node)
    )
    if first == node.lineno or texts:
        made = [(line, n.lineno) for n in node.body for line in ast.unparse(n).splitlines()]
        return [line for line, _ in made], [cell.place(number) for _, number in made]
    head = node.items[0].context_expr.end_lineno or node.lineno
    written = cell.code.splitlines()[head:last]
    lines = textwrap.dedent("\n".join(written)).splitlines()
    return lines, [cell.place(head + 1 + at) for at in range(len(lines))]
