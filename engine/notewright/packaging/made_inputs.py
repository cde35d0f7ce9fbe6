"""Models whose rows come from no table: what ``fit`` was given is written as one.

A notebook that makes its arrays, one number after the other, has no table that could be
read again. The rows that its model was fitted on are one: they get a name right before
``fit``, or before the split that they are a part of, and the package carries them.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from typing import Any

from notewright.errors import ExportFailed
from notewright.packaging.calls import is_split
from notewright.packaging.datasets import Named
from notewright.packaging.editing import Editing
from notewright.packaging.effects import free_names
from notewright.packaging.naming import fresh_name, identifier
from notewright.packaging.replay import Replayed
from notewright.packaging.roles import Roles, fit_arguments
from notewright.packaging.slicing import Program

#: What a file of text holds exactly.
_HELD = frozenset(["float64", "int64", "bool"])
#: A sparse matrix is written out where it has no more numbers than that.
_MOST_NUMBERS = 2_000_000
_IMPORT = ("import pandas as pd",)


class NoTable(ExportFailed):
    """No table is read on the way to a model.

    Parameters
    ----------
    form : Named
        The cells.
    program, roles, replayed
        What is known of how it is made.
    """

    def __init__(self, form: Named, program: Program, roles: Roles, replayed: Replayed) -> None:
        self.form, self.program, self.roles, self.replayed = form, program, roles, replayed
        super().__init__(
            f"No table is read on the way to '{roles.target}', so there are no raw rows to serve.",
            "Read the data from a file with pandas, e.g. `df = pd.read_csv(...)`.",
        )


@dataclass(frozen=True)
class _Part:
    """The model's input or its target: how it becomes columns, and what it is again."""

    #: The expression that is a table of it.
    table: str
    columns: tuple[str, ...]
    #: The expression that gives it back, with the table's name for ``{table}``.
    again: str
    #: What that needs.
    imports: tuple[str, ...] = ()


def name_inputs(problem: NoTable) -> Named:
    """Return the cells with a table made of what ``fit`` is given, and everything taken from it.

    Parameters
    ----------
    problem : NoTable
        How the model is made, and what ``fit`` was given.

    Raises
    ------
    ExportFailed
        If it cannot be written as a table, or is made where ``fit`` is called.
    """
    form, program, roles = problem.form, problem.program, problem.roles
    index, x, y = _given(program, roles)
    statement = program.body[index]
    values = problem.replayed.values
    if "X:fit" not in values:
        raise problem
    inner = {n for e in (x, y) if e is not None for n in free_names(e)}
    if inner & program.effects[index].binds and _compound(statement.node):
        raise ExportFailed(
            f"What '{roles.target}' is fitted on is made inside the block at {statement.place} "
            "that also fits it, so its rows cannot be told from the code.",
            "Make the arrays in statements of their own, before the block, and export again.",
        )
    cell = statement.cell
    edit = Editing(cell)
    outer = next(n for n in edit.body if n.lineno <= statement.node.lineno <= (n.end_lineno or 0))
    if not edit.whole_lines(outer):
        raise problem
    taken = {n.id for s in program.body for n in ast.walk(s.node) if isinstance(n, ast.Name)}
    lines: list[str] = []
    names = []
    for node, usual in ((x, "inputs"), (y, "wanted")):
        if node is None or isinstance(node, ast.Name):
            names.append(node.id if node is not None else "")
            continue
        if node.lineno != node.end_lineno:
            raise problem
        names.append(fresh_name(usual, taken))
        lines.append(f"{names[-1]} = {ast.unparse(node)}")
        edit.part(node, names[-1])
    x_name, y_name = names
    table = fresh_name(f"{identifier(x_name)}_table", taken)
    lines += _taken_from(table, x_name, values["X:fit"], y_name, values.get("y:fit"), roles.target)
    indent = " " * statement.node.col_offset
    edit.before(statement.node, [indent + line for line in lines])
    cells = [edit.done() if c is cell else c for c in form.cells]
    finding = (
        "The rows that the model was fitted on are the package's: what they are made from is not "
        "followed, because the notebook reads no table."
    )
    return Named(cells, form.tables | {table}, form.arrays, [*form.findings, finding])


def _given(program: Program, roles: Roles) -> tuple[int, ast.expr, ast.expr | None]:
    """Return what ``fit`` was given, before it was split, and the statement to name it at."""
    index = roles.fit
    arguments = fit_arguments(roles.fit_call)[:2]
    x, y = arguments[0], arguments[1] if len(arguments) > 1 else None
    while isinstance(x, ast.Name):
        names = [x.id] + ([y.id] if isinstance(y, ast.Name) else [])
        binders = {_binder(program, name, index) for name in names}
        made = binders.pop()
        if binders or made is None or len(names) < len(arguments):
            break
        node = program.body[made].node
        if not isinstance(node, ast.Assign) or not is_split(program.imports, node.value):
            break
        target, call = node.targets[0], node.value
        if not isinstance(target, ast.Tuple) or not isinstance(call, ast.Call):
            break
        parts = [e.id if isinstance(e, ast.Name) else "" for e in target.elts]
        at = [parts.index(name) // 2 for name in names]
        if max(at) >= len(call.args):
            break
        index, x = made, call.args[at[0]]
        y = call.args[at[1]] if len(at) > 1 else None
    return index, x, y


def _binder(program: Program, name: str, before: int) -> int | None:
    return next((i for i in range(before - 1, -1, -1) if name in program.effects[i].binds), None)


def _compound(node: ast.stmt) -> bool:
    return isinstance(node, ast.For | ast.While | ast.If | ast.With | ast.Try)


def _taken_from(table: str, x: str, inputs: Any, y: str, wanted: Any, target: str) -> list[str]:
    """Return the lines that make the table, and take the input and the target out of it."""
    given = _part(x, inputs, "x", (), target)
    if not y or wanted is None:
        made = [f"{table} = {given.table}", f"{x} = {given.again.format(table=table)}"]
        return [*_IMPORT, *given.imports, *made]
    hoped = _part(y, wanted, "target", given.columns, target)
    whole = f"{table}.drop(columns={list(hoped.columns)!r})"
    return [
        *_IMPORT,
        *given.imports,
        f"{table} = pd.concat([{given.table}, {hoped.table}], axis=1)",
        f"{x} = {given.again.format(table=whole)}",
        f"{y} = {hoped.again.format(table=table)}",
    ]


def _part(name: str, value: Any, prefix: str, others: tuple[str, ...], target: str) -> _Part:
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame) and prefix == "x":
        if all(isinstance(c, str) for c in value.columns) and value.columns.is_unique:
            return _Part(f"{name}.reset_index(drop=True)", tuple(value.columns), "{table}.copy()")
        raise _no_table(target, "a table whose columns have no names")
    if isinstance(value, pd.Series):
        column = _free(value.name if isinstance(value.name, str) else prefix, others)
        made = f"{name}.reset_index(drop=True).to_frame({column!r})"
        return _Part(made, (column,), f"{{table}}[{column!r}]")
    if prefix == "x" and _is_sparse(value):
        return _sparse_part(name, value)
    array = np.asarray(value) if isinstance(value, list | tuple) else value
    if not isinstance(array, np.ndarray):
        raise _no_table(target, f"of the type {type(value).__name__}")
    if array.ndim not in (1, 2):
        raise _no_table(target, f"an array of {array.ndim} dimensions")
    if array.dtype.kind not in "fiubU":
        raise _no_table(target, f"of values of the type {array.dtype}")
    wide = {"f": "float64", "i": "int64", "u": "int64"}.get(array.dtype.kind, "")
    made = f"pd.DataFrame({name})"
    if array.dtype.name not in _HELD and wide:
        made += f'.astype("{wide}")'
    many = array.ndim == 2
    columns = tuple(
        _free(f"{prefix}{n}" if many or prefix == "x" else prefix, others)
        for n in range(array.shape[1] if many else 1)
    )
    made += f".set_axis({list(columns)!r}, axis=1)" if prefix != "x" else '.add_prefix("x")'
    if not many:
        again = f"{{table}}[{columns[0]!r}]"
    else:
        again = "{table}" if prefix == "x" else f"{{table}}[{list(columns)!r}]"
    if isinstance(value, list | tuple):
        again += ".tolist()" if not many else ".to_numpy().tolist()"
    else:
        again += ".to_numpy().copy()"
        if array.dtype.name not in _HELD:
            again += f'.astype("{array.dtype.str}")'
    return _Part(made, columns, again)


def _is_sparse(value: Any) -> bool:
    """Tell whether a value is a sparse matrix that is small enough to be written out."""
    scipy = sys.modules.get("scipy.sparse")
    if scipy is None or not scipy.issparse(value) or value.ndim != 2:
        return False
    numbers = value.dtype.name in _HELD and value.format in ("csc", "csr")
    return numbers and value.shape[0] * value.shape[1] <= _MOST_NUMBERS


def _sparse_part(name: str, value: Any) -> _Part:
    kind = type(value).__name__
    columns = tuple(f"x{n}" for n in range(value.shape[1]))
    made = f'pd.DataFrame({name}.toarray()).add_prefix("x")'
    return _Part(
        made, columns, f"{kind}({{table}}.to_numpy())", (f"from scipy.sparse import {kind}",)
    )


def _no_table(target: str, what: str) -> ExportFailed:
    return ExportFailed(
        f"No table is read on the way to '{target}', and what it is fitted on is {what}, "
        "which cannot be kept as one.",
        "Read the data from a file with pandas, e.g. `df = pd.read_csv(...)`.",
    )


def _free(name: str, others: tuple[str, ...]) -> str:
    while name in others:
        name += "_"
    return name
