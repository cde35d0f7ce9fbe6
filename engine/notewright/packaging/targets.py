"""The columns of the target: which raw columns it is made of, and what they are called later."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from notewright.packaging.calls import is_split, method
from notewright.packaging.effects import free_names
from notewright.packaging.headers import names_at, place_in
from notewright.packaging.kinds import Kind
from notewright.packaging.replay import key
from notewright.packaging.roles import Roles, fit_arguments
from notewright.packaging.slicing import Program

_NOT_COLUMNS = frozenset(["T", "dt", "iloc", "index", "loc", "shape", "str", "values"])
#: Methods that give a table whose columns are the same ones, in their order, under other names.
_RENAMING = frozenset(["add_prefix", "add_suffix", "rename", "set_axis"])


def target_columns(
    program: Program, roles: Roles, kinds: Mapping[str, Kind], columns: Iterable[str]
) -> tuple[str, ...]:
    """Return the raw columns that the target is made of, and the model's input is not."""
    arguments = fit_arguments(roles.fit_call)
    if len(arguments) < 2:
        return ()
    known = set(columns)
    found = _mentioned(arguments[1], program) | _placed(arguments[1], kinds, roles.fit)
    # In `train["price"]` the target is the column, not the table.
    wanted = set() if found else _behind(arguments[1])
    for index, node in _backwards(program, roles):
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign) or value is None:
            continue
        target = node.targets[0]
        if isinstance(target, ast.Tuple) and is_split(program.imports, value):
            for position, name in enumerate(target.elts):
                if isinstance(name, ast.Name) and name.id in wanted and isinstance(value, ast.Call):
                    argument = value.args[position // 2]
                    found |= _mentioned(argument, program) | _placed(argument, kinds, index)
                    wanted |= {argument.id} if isinstance(argument, ast.Name) else set()
        elif isinstance(target, ast.Name) and target.id in wanted:
            kept = _mentioned(value, program) | _placed(value, kinds, index)
            found |= kept
            if not kept:
                wanted |= _behind(value)
        elif isinstance(target, ast.Subscript) and _mentioned(target, program) & found:
            found |= _mentioned(value, program)
    for index in reversed(roles.prepare):
        found |= {old for old, new in _renames(program, kinds, index) if new in found}
    found -= _given(roles, kinds)
    return tuple(c for c in columns if c in found & known)


def _behind(node: ast.expr) -> set[str]:
    """Return the names whose values an expression holds, not those that choose rows of them."""
    if isinstance(node, ast.Subscript):
        return _behind(node.value)
    if isinstance(node, ast.Attribute | ast.Starred):
        return _behind(node.value)
    return free_names(node)


def _backwards(program: Program, roles: Roles) -> Iterator[tuple[int, ast.stmt]]:
    """Yield the statements of prepare, the last first, and those inside functions."""
    for index in sorted(roles.prepare, reverse=True):
        node = program.body[index].node
        inside = node.body if isinstance(node, ast.FunctionDef) else [node]
        yield from ((index, each) for each in reversed(inside))


def _placed(node: ast.expr, kinds: Mapping[str, Kind], index: int) -> set[str]:
    """Return the columns that an expression in a statement chooses by their places."""
    found: set[str] = set()
    for item in ast.walk(node):
        table, part = place_in(item)
        kind = _frame(kinds, index, table) if table is not None else None
        if kind is not None and part is not None:
            found.update(names_at(kind.columns, part))
    return found


def _given(roles: Roles, kinds: Mapping[str, Kind]) -> set[str]:
    """Return the columns of the table that `fit` was given beside the target."""
    node, target = fit_arguments(roles.fit_call)[:2]
    if not hasattr(target, "lineno"):
        return set()  # a formula's: it is among the columns of the one table
    kind = kinds.get(key(roles.fit, node)) if hasattr(node, "lineno") else None
    return set(kind.columns) if kind is not None and kind.name == "frame" else set()


def columns_made_of(
    program: Program, roles: Roles, kinds: Mapping[str, Kind], target: frozenset[str]
) -> frozenset[str]:
    """Add the names that columns of the target are given, and columns made from them."""
    found = set(target)
    for index in roles.prepare:
        node = program.body[index].node
        found |= {new for old, new in _renames(program, kinds, index) if old in found}
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Subscript)
            and (name := program.text(node.targets[0].slice)) is not None
            and _mentioned(node.value, program)
            and _mentioned(node.value, program) <= found
            and not _reads_whole_table(node.value, kinds, index)
        ):
            found.add(name)
    return frozenset(found)


def _reads_whole_table(node: ast.expr, kinds: Mapping[str, Kind], index: int) -> bool:
    """Tell whether an expression is about a table itself, and not only about columns of it."""
    parts = {id(n.value) for n in ast.walk(node) if isinstance(n, ast.Attribute | ast.Subscript)}
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in parts]
    return any(_frame(kinds, index, name) is not None for name in names)


def _renames(program: Program, kinds: Mapping[str, Kind], index: int) -> list[tuple[str, str]]:
    """Return (old, new) of the columns that a statement renames."""
    node = program.body[index].node
    return [*_renames_written(node), *_renames_seen(program, kinds, index)]


def _renames_written(node: ast.stmt) -> list[tuple[str, str]]:
    return [
        (name.value, value.value)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and method(call) == "rename"
        for keyword in call.keywords
        if isinstance(keyword.value, ast.Dict)
        for name, value in zip(keyword.value.keys, keyword.value.values, strict=True)
        if isinstance(name, ast.Constant)
        and isinstance(value, ast.Constant)
        and isinstance(name.value, str)
        and isinstance(value.value, str)
    ]


def _renames_seen(
    program: Program, kinds: Mapping[str, Kind], index: int
) -> Iterator[tuple[str, str]]:
    """Yield what ``df.columns = ...`` and ``df.rename(columns=str.lower)`` did to names."""
    for before, after in _headers(program, kinds, index):
        if before is None or after is None or len(before.columns) != len(after.columns):
            continue
        yield from (
            (old, new) for old, new in zip(before.columns, after.columns, strict=True) if old != new
        )


def _headers(
    program: Program, kinds: Mapping[str, Kind], index: int
) -> Iterator[tuple[Kind | None, Kind | None]]:
    """Yield what tables were before and after a statement gave all their columns names."""
    node = program.body[index].node
    for item in ast.walk(node):
        if isinstance(item, ast.Call) and method(item) in _RENAMING:
            assert isinstance(item.func, ast.Attribute)
            yield _frame(kinds, index, item.func.value), _frame(kinds, index, item)
        elif (
            isinstance(item, ast.Attribute)
            and item.attr == "columns"
            and isinstance(item.ctx, ast.Store)
            and isinstance(item.value, ast.Name)
        ):
            yield _frame(kinds, index, item.value), _next_frame(program, kinds, index, item.value)


def _frame(kinds: Mapping[str, Kind], index: int, node: ast.expr) -> Kind | None:
    kind = kinds.get(key(index, node)) if hasattr(node, "lineno") else None
    return kind if kind is not None and kind.name == "frame" else None


def _next_frame(
    program: Program, kinds: Mapping[str, Kind], index: int, table: ast.Name
) -> Kind | None:
    """Return what a table is when it is used the next time."""
    for later in range(index + 1, len(program.body)):
        for node in ast.walk(program.body[later].node):
            if isinstance(node, ast.Name) and node.id == table.id:
                found = _frame(kinds, later, node)
                if found is not None:
                    return found
    return None


def _mentioned(node: ast.expr, program: Program) -> set[str]:
    """Return the column names in ``df["a"]``, ``df[TARGET]``, ``df.a``, ``df.pop("a")``."""
    found: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Subscript):
            part = item.slice.elts[-1] if isinstance(item.slice, ast.Tuple) else item.slice
            found |= {text for c in ast.walk(part) for text in program.texts(c)}
            if isinstance(part, ast.Constant) and type(part.value) is int:
                found.add(str(part.value))  # a column that is called by a number
        elif (
            isinstance(item, ast.Attribute)
            and isinstance(item.value, ast.Name)
            and item.value.id not in program.imports.paths
        ):
            found |= {item.attr} - _NOT_COLUMNS
        elif method(item) == "pop" if isinstance(item, ast.expr) else False:
            given = item.args  # type: ignore[attr-defined]
            found |= {text for a in given if (text := program.text(a)) is not None}
    return found
