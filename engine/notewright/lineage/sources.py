"""The source of functions and classes, from the cells that were executed."""

from __future__ import annotations

import ast
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from notewright.lineage.records import Execution
from notewright.state.describing.code import same_code


@dataclass(frozen=True)
class _Definition:
    """A function, class or lambda as a cell has it."""

    name: str
    source: str
    code: types.CodeType | None


def sources(line: Sequence[Execution]) -> Callable[[Any], str | None]:
    """Return what gives the source of a function or class that one of the executions made.

    Parameters
    ----------
    line : sequence of Execution
        The executions in force, in order; the latest definition counts.
    """

    @cache
    def definitions() -> dict[str, list[_Definition]]:
        found: dict[str, list[_Definition]] = {}
        for execution in line:
            for definition in _definitions(execution.code):
                found.setdefault(definition.name, []).append(definition)
        return found

    def source(value: Any) -> str | None:
        if getattr(value, "__module__", None) != "__main__":
            return None
        known = definitions().get(value.__name__, [])
        if isinstance(value, types.FunctionType):
            # Several may have one name: methods, lambdas, what was defined anew.
            code = value.__code__
            known = [each for each in known if each.code and same_code(each.code, code)]
        return known[-1].source if known else None

    return source


def _definitions(code: str) -> Iterator[_Definition]:
    """Yield the functions, classes and lambdas in a cell."""
    try:
        tree = ast.parse(code)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = list(_inside(compile(tree, "<cell>", "exec", dont_inherit=True)))
    except (SyntaxError, ValueError, RecursionError):
        return  # such as a cell with `await` outside a function
    codes = {(each.co_name, each.co_firstlineno): each for each in compiled}
    places = [(each.co_name, each.co_firstlineno) for each in compiled]
    lines = code.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            name = node.name
        elif isinstance(node, ast.Lambda):
            first, name = node.lineno, "<lambda>"
            if places.count((name, first)) > 1:
                continue  # which of those on the line it is cannot be told
        else:
            continue
        source = "\n".join(lines[first - 1 : node.end_lineno])
        if isinstance(node, ast.Lambda):  # the rest of its line is not its own
            source = ast.get_source_segment(code, node) or source
        yield _Definition(name, source, codes.get((name, first)))


def _inside(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _inside(constant)
