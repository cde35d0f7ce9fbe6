"""Where a notebook applies a function of its own to the rows of a table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from notewright.packaging.effects import root_name
from notewright.packaging.naming import with_name

#: Methods that give what a function gives for each row or value.
_APPLYING = frozenset(["apply", "applymap", "map", "parallel_apply", "progress_apply", "transform"])


@dataclass(frozen=True)
class Application:
    """An expression that gives a value for each row of a table.

    Parameters
    ----------
    expression : ast.expr
        The expression.
    table : str
        The variable that holds the rows.
    written : bool
        Whether the expression stands in the code as it is; a loop stands for one.
    """

    expression: ast.expr
    table: str
    written: bool = True

    @property
    def shape(self) -> str:
        """The expression whatever the table is called."""
        return ast.dump(with_name(self.expression, self.table, ""))


def applications(node: ast.stmt, function: str, no_tables: frozenset[str]) -> Iterator[Application]:
    """Yield the applications of `function` in one statement, outermost first.

    Parameters
    ----------
    node : ast.stmt
        The statement.
    function : str
        The function's name.
    no_tables : frozenset of str
        Names that stand for no table: imports, functions.

    Examples
    --------
    >>> found = applications(ast.parse("p = df.apply(score, axis=1)").body[0], "score", frozenset())
    >>> [(ast.unparse(a.expression), a.table) for a in found]
    [('df.apply(score, axis=1)', 'df')]
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    if isinstance(node, ast.For):
        yield from _of_loop(node, function, no_tables)
        return
    if isinstance(node, ast.While | ast.If | ast.Try | ast.With):
        return
    yield from _within(node, function, no_tables)


def _within(node: ast.AST, function: str, no_tables: frozenset[str]) -> Iterator[Application]:
    found = _application(node, function, no_tables) if isinstance(node, ast.expr) else None
    if found is not None:
        yield found
        return
    if isinstance(node, ast.Lambda) or (_is_loop(node) and _of_each(node, function)):
        return  # of single rows, and not of all rows of a table
    for child in ast.iter_child_nodes(node):
        yield from _within(child, function, no_tables)


def _application(node: ast.expr, function: str, no_tables: frozenset[str]) -> Application | None:
    if _is_loop(node):
        return _of_comprehension(node, function, no_tables)
    if not isinstance(node, ast.Call):
        return None
    given = [*node.args, *(k.value for k in node.keywords)]
    if isinstance(node.func, ast.Attribute) and node.func.attr in _APPLYING:
        table = root_name(node.func.value)
        if table and table not in no_tables and any(_mentions(a, function) for a in given):
            return Application(node, table)
    if _is(node.func, "list") and len(node.args) == 1 and isinstance(node.args[0], ast.Call):
        inner = node.args[0]
        if _is(inner.func, "map") and len(inner.args) > 1 and _is(inner.args[0], function):
            table = _first_table(inner.args[1:], no_tables)
            return Application(node, table) if table else None
    if not _mentions(node.func, function) or any(_one_row(a) for a in given):
        return None
    if isinstance(node.func, ast.Attribute):
        return None  # a method of what the function gave
    table = _first_table(given, no_tables | {function})
    return Application(node, table) if table else None


def _of_comprehension(
    node: ast.ListComp | ast.GeneratorExp, function: str, no_tables: frozenset[str]
) -> Application | None:
    generators = node.generators
    if not _of_each(node, function) or len(generators) > 1 or generators[0].ifs:
        return None
    table = _first_table([generators[0].iter], no_tables)
    if not table:
        return None
    if isinstance(node, ast.ListComp):
        return Application(node, table)
    # Where it stands, `list(...)` or `np.array(...)` goes through it once.
    return Application(
        ast.copy_location(ast.ListComp(node.elt, generators), node), table, written=False
    )


def _of_loop(node: ast.For, function: str, no_tables: frozenset[str]) -> Iterator[Application]:
    """Yield what a loop over the rows of a table applies to each of them."""
    table = _first_table([node.iter], no_tables)
    if not table:
        return
    for statement in node.body:
        for call in ast.walk(statement):
            if not isinstance(call, ast.Call) or not _is(call.func, function):
                continue
            made = ast.ListComp(call, [ast.comprehension(node.target, node.iter, [], 0)])
            if _of_each(made, function):
                yield Application(made, table, written=False)
                return


def _is_loop(node: ast.AST) -> TypeGuard[ast.ListComp | ast.GeneratorExp]:
    return isinstance(node, ast.ListComp | ast.GeneratorExp)


def _of_each(node: ast.ListComp | ast.GeneratorExp, function: str) -> bool:
    """Tell whether a comprehension gives the function what it goes through."""
    targets = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
    calls = (n for n in ast.walk(node.elt) if isinstance(n, ast.Call))
    given = [
        argument
        for call in calls
        if _mentions(call.func, function)
        for argument in [*call.args, *call.keywords]
    ]
    return any(_mentions(argument, target) for argument in given for target in targets)


def _first_table(nodes: list[ast.expr], no_tables: frozenset[str]) -> str:
    """Return the first variable in some expressions that may hold a table, or ``""``."""
    for node in nodes:
        for item in ast.walk(node):
            if isinstance(item, ast.Name) and item.id not in no_tables:
                return item.id
    return ""


def _one_row(node: ast.expr) -> bool:
    """Tell whether an expression is one row of a table: ``df.iloc[0]``."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in ("iloc", "loc", "iat", "at")
        and isinstance(node.slice, ast.Constant | ast.UnaryOp)
    )


def _mentions(node: ast.AST, name: str) -> bool:
    return any(_is(item, name) for item in ast.walk(node))


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
