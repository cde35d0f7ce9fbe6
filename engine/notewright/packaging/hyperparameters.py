"""Literals that are hyperparameters: arguments of estimators, and tables of them."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from notewright.packaging.literals import entries
from notewright.packaging.naming import identifier
from notewright.packaging.roles import Roles
from notewright.packaging.slicing import Program

SCALARS = (bool, int, float, str)
_LIBRARIES = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.", "statsmodels.")
#: Functions that train, and are given a table of hyperparameters first.
_TRAINERS = frozenset({"xgboost.train", "lightgbm.train"})
_GRIDS = frozenset({"param_grid", "param_distributions"})
_SPLIT_WORDS = frozenset({"test_size", "train_size", "random_state", "frac", "n", "shuffle"})


@dataclass(frozen=True)
class Hyperparameter:
    """One literal that people want to change.

    Parameters
    ----------
    name : str
        What the library calls it.
    owner : str
        What it belongs to, where several have that name.
    node : ast.expr
        The literal.
    value : object
        What it is; a tuple for the list of what a search tries.
    place : str
        What it belongs to, in words.
    variable : str
        What the statement with it makes, if that has a name.
    """

    name: str
    owner: str
    node: ast.expr
    value: Any
    place: str
    variable: str = ""

    @property
    def setting(self) -> str:
        """What the setting is called, if nothing else is."""
        return f"{self.name}_grid" if isinstance(self.value, tuple) else self.name

    @property
    def words(self) -> str:
        """What it is, in a sentence."""
        if isinstance(self.value, tuple):
            return f"What {self.place} tries for `{self.name}`."
        return f"`{self.name}` of {self.place}."


def hyperparameters(
    program: Program,
    roles: Roles,
    served: set[int],
    inside: set[str],
    taken: Collection[int] = (),
) -> list[Hyperparameter]:
    """Return the hyperparameters in the stages before evaluation, each once.

    Parameters
    ----------
    program, roles
        The slice, and its stages.
    served : set of int
        Statements that the feature function uses too.
    inside : set of str
        Names that functions read as globals: what they stand for stays as it is.
    taken : collection of int
        Ids of the nodes that are settings already.
    """
    stages = [
        i
        for i in [*roles.prepare, *roles.train]
        if i not in served and not isinstance(program.body[i].node, ast.FunctionDef | ast.ClassDef)
    ]
    tables = _Tables(program, stages, inside, taken)
    found: dict[int, Hyperparameter] = {}
    for index in stages:
        for call in (n for n in ast.walk(program.body[index].node) if isinstance(n, ast.Call)):
            for each in _of_call(program, call, index in roles.train, tables):
                found.setdefault(id(each.node), replace(each, variable=_variable(program, index)))
    return list(found.values())


def _variable(program: Program, index: int) -> str:
    """Return the variable that a statement makes, or ``""``."""
    node = program.body[index].node
    targets = node.targets if isinstance(node, ast.Assign) else []
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""


def _of_call(
    program: Program, call: ast.Call, training: bool, tables: _Tables
) -> Iterator[Hyperparameter]:
    path = program.imports.dotted(call.func) or ""
    last = path.split(".")[-1]
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    split = last == "train_test_split"
    trains = path in _TRAINERS
    library = path.startswith(_LIBRARIES) and last[:1].isupper()
    if split or method == "sample":
        owner, place = ("split", "the train/test split") if split else (method, f"`{method}`")
        yield from tables.arguments(call, owner, place, _SPLIT_WORDS)
    elif training and (library or trains or method == "set_params"):
        place = f"`{last or method}`"
        owner = identifier(last or method)
        if library or trains:
            yield from tables.arguments(call, owner, place)
        if library and call.args and is_scalar(call.args[0]) and (name := _first(path)):
            yield Hyperparameter(name, owner, call.args[0], _scalar(call.args[0]), place)
        yield from tables.of(call, owner, place, trains=trains, searches=last.endswith("SearchCV"))


@dataclass(frozen=True)
class _Tables:
    """Dictionaries of hyperparameters, where they are written or under the name they have."""

    program: Program
    stages: list[int]
    inside: set[str]
    taken: Collection[int]

    def arguments(
        self, call: ast.Call, owner: str, place: str, words: frozenset[str] | None = None
    ) -> Iterator[Hyperparameter]:
        """Yield the arguments of a call that are written out, in it or in a dictionary."""
        for keyword in call.keywords:
            if keyword.arg is None or (words is not None and keyword.arg not in words):
                continue
            value = self._written(keyword.value)
            if is_scalar(value) and id(keyword.value) not in self.taken:
                yield Hyperparameter(keyword.arg, owner, value, _scalar(value), place)

    def _written(self, node: ast.expr) -> ast.expr:
        """Return what ``CONFIG["seed"]`` is in the dictionary of that name."""
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            entries: dict[Any, ast.expr] = dict(self._entries(node.value))
            return entries.get(node.slice.value, node)
        return node

    def of(
        self, call: ast.Call, owner: str, place: str, *, trains: bool, searches: bool
    ) -> Iterator[Hyperparameter]:
        """Yield what stands in the tables that a call is given."""
        given = {k.arg: k.value for k in call.keywords if k.arg is not None}
        table = [k.value for k in call.keywords if k.arg is None]
        if trains:
            table += [*call.args[:1], *([given["params"]] if "params" in given else [])]
        for each in table:
            yield from self._scalars(each, owner, place)
        if searches:
            grids = [*call.args[1:2], *(given[word] for word in sorted(_GRIDS & set(given)))]
            for each in grids:
                yield from self._lists(each, place)

    def _scalars(self, table: ast.expr, owner: str, place: str) -> Iterator[Hyperparameter]:
        for name, value in self._entries(table):
            if is_scalar(value):
                yield Hyperparameter(name, owner, value, _scalar(value), place)

    def _lists(self, grid: ast.expr, place: str) -> Iterator[Hyperparameter]:
        grids = grid.elts if isinstance(grid, ast.List) else [grid]
        for name, value in (entry for each in grids for entry in self._entries(each)):
            items = _alike(value)
            if items:
                yield Hyperparameter(name, "search", value, items, place)

    def _entries(self, table: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        table = self._written(table)
        if isinstance(table, ast.Name):
            table = self._assigned(table.id) or table
        yield from entries(table)

    def _assigned(self, name: str) -> ast.expr | None:
        """Return what a name is assigned, where that is done once and no function reads it."""
        binding = [i for i in self.stages if name in self.program.effects[i].binds]
        if name in self.inside or len(binding) != 1:
            return None
        if any(name in self.program.effects[i].changes for i in self.stages):
            return None
        node = self.program.body[binding[0]].node
        is_plain = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        return node.value if is_plain and isinstance(node, ast.Assign) else None


def is_scalar(node: ast.expr) -> bool:
    """Tell whether an expression is a literal that a setting can be."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
        return isinstance(node, ast.Constant) and type(node.value) in (int, float)
    return isinstance(node, ast.Constant) and isinstance(node.value, SCALARS)


def _scalar(node: ast.expr) -> Any:
    return ast.literal_eval(node)


def _alike(node: ast.expr) -> tuple[Any, ...]:
    """Return the items of a list of literals of one type; nothing of any other."""
    if not isinstance(node, ast.List):
        return ()
    try:
        items: Iterable[Any] = ast.literal_eval(node)
    except ValueError:
        return ()
    kinds = {type(item) for item in items}
    return tuple(items) if kinds in ({int}, {float}, {str}) else ()


def _first(path: str) -> str | None:
    """Return the name of the first argument of what the notebook has imported from a library."""
    module, _, name = path.rpartition(".")
    try:
        signature = inspect.signature(getattr(importlib.import_module(module), name))
    except (ImportError, AttributeError, TypeError, ValueError):
        return None
    first = next(iter(signature.parameters.values()), None)
    return first.name if first is not None and first.kind is first.POSITIONAL_OR_KEYWORD else None
