r"""The last turn of a loop that fits the model, in statements of its own.

What a loop leaves is what its last turn made. Taken out of the loop, that turn's statements
are told apart like any others: what the earlier turns did for nothing but themselves goes,
and the rows of the last one can be named.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notewright.packaging.editing import Editing
from notewright.packaging.naming import fresh_name
from notewright.packaging.source import CellSource
from notewright.packaging.turns_of import turns_of

_INNER = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
#: Loops one inside the other that are taken apart.
_DEEP = 4


@dataclass(frozen=True)
class _Loop:
    """A loop that fits the model, in its cell."""

    at: int
    edit: Editing
    node: ast.For


def last_turn_apart(cells: Sequence[CellSource], target: str) -> list[CellSource] | None:
    r"""Return the cells with the last turn of the loop that fits `target` behind the others.

    Parameters
    ----------
    cells : sequence of CellSource
        The executed cells.
    target : str
        The model's name.

    Returns
    -------
    list of CellSource, or None where no loop fits it that can be taken apart.

    Examples
    --------
    >>> code = "for alpha in (1, 2):\n    model = Ridge(alpha)\n    model.fit(X, y)"
    >>> print(last_turn_apart([CellSource(code, "cell 1")], "model")[0].code)
    for alpha in [1]:
        model = Ridge(alpha)
        model.fit(X, y)
    alpha = 2
    model = Ridge(alpha)
    model.fit(X, y)
    >>> code = "for alpha in alphas():\n    model = Ridge(alpha).fit(X, y)"
    >>> print(last_turn_apart([CellSource(code, "cell 1")], "model")[0].code)
    turns = list(alphas())
    for alpha in turns[:-1]:
        model = Ridge(alpha).fit(X, y)
    alpha = turns[-1]
    model = Ridge(alpha).fit(X, y)
    """
    made = list(cells)
    taken = {n.id for c in cells for n in ast.walk(ast.parse(c.code)) if isinstance(n, ast.Name)}
    for deep in range(_DEEP):
        loop = _loop(made, target)
        if loop is None:
            return made if deep else None
        loop.edit.put(loop.node, *_apart(loop, made, fresh_name("turns", taken)))
        made[loop.at] = loop.edit.done()
    return made


def _loop(cells: Sequence[CellSource], target: str) -> _Loop | None:
    """Return the loop that last fits the model, unless it is not in a loop or cannot be cut."""
    for at in reversed(range(len(cells))):
        edit = Editing(cells[at])
        for node in reversed(edit.body):
            if not _fits(node, target):
                continue
            if isinstance(node, ast.For) and edit.whole_lines(node) and _can_be_cut(node):
                return _Loop(at, edit, node)
            return None
    return None


def _can_be_cut(node: ast.For) -> bool:
    return not node.orelse and node.body[0].lineno > node.lineno and not _leaves(node.body)


def _fits(node: ast.stmt, target: str) -> bool:
    """Tell whether a statement calls a ``fit`` that may be the model's."""
    if isinstance(node, _INNER):
        return False
    bound = {n.id for n in _own(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    calls = [n for n in _own(node) if isinstance(n, ast.Call) and _is_fit(n)]
    return any(_receiver(c) == target for c in calls) or bool(calls and target in bound)


def _is_fit(call: ast.Call) -> bool:
    names = ("fit", "fit_transform", "fit_predict")
    return isinstance(call.func, ast.Attribute) and call.func.attr in names


def _receiver(call: ast.Call) -> str:
    base = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    return base.id if isinstance(base, ast.Name) else ""


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a statement, but not in the functions and classes that it defines."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _INNER):
            yield from _own(child)


def _leaves(body: Sequence[ast.AST]) -> bool:
    """Tell whether a turn can end early: an inner loop's own ``break`` ends only that one."""
    for node in body:
        if isinstance(node, ast.Break | ast.Continue):
            return True
        if isinstance(node, ast.For | ast.While):
            if _leaves(node.orelse):
                return True
        elif not isinstance(node, _INNER) and _leaves(list(ast.iter_child_nodes(node))):
            return True
    return False


def _apart(loop: _Loop, cells: Sequence[CellSource], turns: str) -> tuple[list[str], list[str]]:
    """Return the lines for the loop, and where each of them is from."""
    cell, node = loop.edit.cell, loop.node
    lines = cell.code.splitlines()
    first, end = _begin(node.body[0], lines), node.end_lineno or node.lineno
    body = lines[first:end]
    where = [cell.place(number + 1) for number in range(first, end)]
    given, before, bound = _heads(node, turns_of(node, cells), turns)
    made = [*given, *([f"for {ast.unparse(node.target)} in {before}:", *body] if before else [])]
    head = cell.place(node.lineno)
    places = [head] * (len(made) - len(body)) + where if before else [head] * len(made)
    last = textwrap.dedent("\n".join(body)).splitlines()
    if not _same(last, node.body):
        # A text over several lines would be another one, moved to the left.
        last = [line for n in node.body for line in ast.unparse(n).splitlines()]
        where = [head] * len(last)
    return [*made, *bound, *last], [*places, *[head] * len(bound), *where]


def _heads(
    node: ast.For, elements: Sequence[ast.expr] | None, turns: str
) -> tuple[list[str], str, list[str]]:
    """Return what is needed first, what the earlier turns go through, and the last one's names."""
    if elements is None:
        given = [f"{turns} = list({ast.unparse(node.iter)})"]
        last = ast.parse(f"{turns}[-1]", mode="eval").body
        return given, f"{turns}[:-1]", _bound(node.target, last)
    *others, last = elements
    before = f"[{', '.join(map(ast.unparse, others))}]" if others else ""
    if before and ast.unparse(node.iter).startswith("range("):
        before = f"range({len(others)})"
    return [], before, _bound(node.target, last)


def _bound(target: ast.expr, value: ast.expr) -> list[str]:
    """Return the statements that bind the names of a turn, one each where they can be."""
    names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    read = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
    if names.isdisjoint(read):
        return [f"{ast.unparse(t)} = {ast.unparse(v)}" for t, v in _pairs(target, value)]
    return [f"{ast.unparse(target)} = {ast.unparse(value)}"]


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    both = isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple)
    parts = getattr(target, "elts", []), getattr(value, "elts", [])
    if not both or len(parts[0]) != len(parts[1]):
        yield target, value
        return
    for each, part in zip(*parts, strict=True):
        yield from _pairs(each, part)


def _begin(first: ast.stmt, lines: Sequence[str]) -> int:
    """Return how many lines are before a block's first statement and the comments above it."""
    decorators = getattr(first, "decorator_list", [])
    at = int(min(n.lineno for n in (first, *decorators))) - 1
    while lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at


def _same(lines: Sequence[str], body: Sequence[ast.stmt]) -> bool:
    try:
        moved = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return False
    return [ast.dump(n) for n in moved] == [ast.dump(n) for n in body]
