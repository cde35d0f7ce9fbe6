"""Tables that come from no file: scikit-learn's data sets, SQL, and what the notebook makes.

They are given a name of their own in the code, so that everything after it is about a
table of raw rows like any other. The package carries that table as a file.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from notewright.packaging.editing import Editing
from notewright.packaging.effects import Imports, draws, effects
from notewright.packaging.functions import Rule
from notewright.packaging.naming import fresh_name, identifier
from notewright.packaging.source import CellSource

_DATASETS = "sklearn.datasets."
_GENERATORS = ("numpy.random.default_rng", "numpy.random.RandomState")
_ARRAY = ".to_numpy().copy()"


@dataclass
class Named:
    """The cells after tables without a file were named.

    Parameters
    ----------
    cells : list of CellSource
        The changed cells.
    tables : set of str
        The names given.
    arrays : set of str
        Those of them that the notebook only had as arrays.
    findings : list of str
        What its owner should know.
    rule : Rule, optional
        The plain function that is exported.
    """

    cells: list[CellSource]
    tables: set[str] = field(default_factory=set)
    arrays: set[str] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)
    rule: Rule | None = None


def name_tables(cells: Sequence[CellSource]) -> Named:
    r"""Name the tables that the notebook takes from scikit-learn, or makes.

    Examples
    --------
    >>> code = "from sklearn.datasets import load_iris\nX, y = load_iris(return_X_y=True)"
    >>> named = name_tables([CellSource(code, "cell 1")])
    >>> named.tables, named.cells[0].code.splitlines()[1]
    ({'iris_table'}, 'iris_table = load_iris(as_frame=True).frame')
    """
    imports = Imports()
    taken: set[str] = set()
    for cell in cells:
        for node in ast.walk(ast.parse(cell.code)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.add(node)
            elif isinstance(node, ast.Name):
                taken.add(node.id)
    named = Named(list(cells))
    bunches: dict[str, _Bunch] = {}
    for at, cell in enumerate(cells):
        edit = Editing(cell)
        for node in edit.body:
            if not isinstance(node, ast.Assign) or not edit.whole_lines(node):
                continue
            call, target = node.value, node.targets[0]
            path = imports.dotted(call.func) if isinstance(call, ast.Call) else None
            if path is None or not path.startswith(_DATASETS) or len(node.targets) > 1:
                continue
            assert isinstance(call, ast.Call)
            function = path.split(".")[-1]
            if function.startswith("load_"):
                bunch = _bunch(function, call, taken)
                if bunch is not None:
                    named.tables.add(bunch.table)
                    if not bunch.as_frame:
                        named.arrays.add(bunch.table)
                    edit.put(node, _loaded(cell, node, bunch, target, bunches))
            elif function.startswith("make_") and isinstance(target, ast.Tuple):
                names = [e.id for e in target.elts if isinstance(e, ast.Name)]
                if len(names) == 2:
                    table = fresh_name(f"{function.removeprefix('make_')}_table", taken)
                    named.tables.add(table)
                    named.arrays.add(table)
                    edit.put(node, _made(cell, node, table, names))
        named.cells[at] = edit.done()
    if bunches:
        named.cells = [_attributes(cell, bunches) for cell in named.cells]
    if not named.tables and not _reads_files(cells):
        _name_made(named, imports, taken)
    return named


# -- scikit-learn ----------------------------------------------------------------


@dataclass(frozen=True)
class _Bunch:
    """One of scikit-learn's data sets: what it is called, and what is in it."""

    table: str
    call: str
    as_frame: bool
    pair: bool
    target: str
    columns: tuple[str, ...]
    images: tuple[int, ...] = ()

    @property
    def inputs(self) -> str:
        """The features, as the notebook had them."""
        words = f'{self.table}.drop(columns=["{self.target}"])'
        return words if self.as_frame else words + _ARRAY

    @property
    def wanted(self) -> str:
        """The target, as the notebook had it."""
        words = f'{self.table}["{self.target}"]'
        return words if self.as_frame else words + _ARRAY


def _bunch(function: str, call: ast.Call, taken: set[str]) -> _Bunch | None:
    """Return what a loader gives, by asking it; None where it is no table with one target."""
    import sklearn.datasets

    given: dict[str, Any] = {}
    for keyword in call.keywords:
        if keyword.arg is None or not isinstance(keyword.value, ast.Constant):
            return None
        given[keyword.arg] = keyword.value.value
    pair = bool(given.pop("return_X_y", False))
    as_frame = bool(given.pop("as_frame", False))
    if call.args:
        return None
    try:
        found = getattr(sklearn.datasets, function)(as_frame=True, **given)
    except (TypeError, ValueError, AttributeError):
        return None  # not a table: images of a folder, texts
    target = getattr(found.target, "name", None)
    if not isinstance(target, str):
        return None
    others = [ast.keyword(k, ast.Constant(v)) for k, v in given.items()]
    again = ast.Call(call.func, [], [ast.keyword("as_frame", ast.Constant(True)), *others])
    text = ast.unparse(ast.fix_missing_locations(again))
    images = found.images.shape[1:] if "images" in found else ()
    table = fresh_name(f"{function.removeprefix('load_')}_table", taken)
    return _Bunch(table, text, as_frame, pair, target, tuple(map(str, found.data.columns)), images)


def _loaded(
    cell: CellSource,
    node: ast.Assign,
    bunch: _Bunch,
    target: ast.expr,
    bunches: dict[str, _Bunch],
) -> list[str]:
    lines = [f"{bunch.table} = {bunch.call}.frame"]
    if bunch.pair and isinstance(target, ast.Tuple):
        values = (bunch.inputs, bunch.wanted)
        pairs = zip(target.elts, values, strict=False)
        return [*lines, *(f"{ast.unparse(name)} = {value}" for name, value in pairs)]
    if isinstance(target, ast.Name) and not bunch.pair:
        bunches[target.id] = bunch
        lines.append(f"{_feature_names(target.id)} = {list(bunch.columns)!r}")
    return [*lines, *_text(cell, node)]


def _feature_names(name: str) -> str:
    return f"{name}_feature_names"


def _attributes(cell: CellSource, bunches: dict[str, _Bunch]) -> CellSource:
    """Put the table's own columns where the notebook asks the data set for its parts."""
    edit = Editing(cell)
    for node in (n for statement in edit.body for n in ast.walk(statement)):
        if isinstance(node, ast.Attribute):
            base, part = node.value, node.attr
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            base, part = node.value, str(node.slice.value)
        else:
            continue
        if not isinstance(base, ast.Name) or base.id not in bunches:
            continue
        bunch = bunches[base.id]
        parts = {
            "data": bunch.inputs,
            "target": bunch.wanted,
            "feature_names": _feature_names(base.id),
        }
        if bunch.as_frame:
            parts["frame"] = f"{bunch.table}.copy()"
        if bunch.images:
            shape = ", ".join(map(str, (-1, *bunch.images)))
            inputs = f'{bunch.table}.drop(columns=["{bunch.target}"])'
            parts["images"] = f"{inputs}{_ARRAY}.reshape({shape})"
        if part in parts:
            edit.part(node, parts[part])
    return edit.done()


def _made(cell: CellSource, node: ast.Assign, table: str, names: list[str]) -> list[str]:
    """Return the lines for ``X, y = make_...()``: one table, and both taken out of it."""
    x, y = names
    return [
        *_text(cell, node),
        "import pandas as pd",
        f'{table} = pd.DataFrame({x}).add_prefix("x").assign(target={y})',
        f'{x} = {table}.drop(columns=["target"]){_ARRAY}',
        f'{y} = {table}["target"]{_ARRAY}',
    ]


# -- made by the notebook ----------------------------------------------------------


def _reads_files(cells: Sequence[CellSource]) -> bool:
    return any(
        isinstance(n, ast.Attribute) and n.attr.startswith("read_")
        for c in cells
        for n in ast.walk(ast.parse(c.code))
    )


def _name_made(named: Named, imports: Imports, taken: set[str]) -> None:
    """Name the first table that is built, as it is when the last random number went into it."""
    table, last = "", None
    generators: set[str] = set()
    for at, cell in enumerate(named.cells):
        edit = Editing(cell)
        for node in edit.body:
            effect = effects(node, imports)
            made = node.value if isinstance(node, ast.Assign) else None
            if isinstance(made, ast.Call) and imports.dotted(made.func) in _GENERATORS:
                generators |= effect.binds
            if not table and _builds(node, imports):
                assert isinstance(node, ast.Assign)
                assert isinstance(node.targets[0], ast.Name)
                table, last = node.targets[0].id, (at, node.lineno)
            elif table in effect.binds | effect.changes and (
                draws(node, imports) or effect.reads & generators
            ):
                last = (at, node.lineno)
    if last is None:
        return
    name = fresh_name(f"{identifier(table)}_table", taken)
    edit = Editing(named.cells[last[0]])
    node = next(n for n in edit.body if n.lineno == last[1])
    if edit.whole_lines(node):
        edit.after(node, [f"{name} = {table}.copy()", f"{table} = {name}"])
        named.cells[last[0]] = edit.done()
        named.tables.add(name)


def _builds(node: ast.stmt, imports: Imports) -> bool:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and imports.dotted(node.value.func) == "pandas.DataFrame"
    )


def _text(cell: CellSource, node: ast.stmt) -> list[str]:
    return cell.code.splitlines()[node.lineno - 1 : node.end_lineno]
