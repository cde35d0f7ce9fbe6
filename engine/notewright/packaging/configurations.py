"""Configurations of a notebook: what only holds literals, under names that the code asks it for.

A class that is never more than asked (``CFG.seed``), an object of one (``config = Config()``,
``SimpleNamespace(seed=1)``), or a dictionary (``config["seed"]``). What is asked for where
settings can stand becomes a setting; what functions and the feature function ask for stays.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notewright.packaging.derive import Derived
from notewright.packaging.hyperparameters import is_scalar
from notewright.packaging.literals import assigned, entries, is_literal
from notewright.packaging.remote import path_argument
from notewright.packaging.roles import Roles
from notewright.packaging.slicing import Program

_NAMESPACES = frozenset({"types.SimpleNamespace", "argparse.Namespace"})
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Asked:
    """One literal of a configuration, and the expressions that ask for it.

    Parameters
    ----------
    name : str
        The name it has there.
    shown : str
        How the notebook asks for it, such as ``CFG.seed``.
    value : object
        What it is.
    uses : tuple of ast.expr
        What a setting replaces.
    """

    name: str
    shown: str
    value: Any
    uses: tuple[ast.expr, ...]


@dataclass
class Configuration:
    """What becomes of one configuration.

    Parameters
    ----------
    name : str
        The variable.
    asked : list of Asked
        What becomes a setting.
    less : dict
        The statements that make it, by their positions, without what becomes a setting and what
        nobody asks for; None where nothing is left.
    """

    name: str
    asked: list[Asked] = field(default_factory=list)
    less: dict[int, ast.stmt | None] = field(default_factory=dict)


def configurations(program: Program, roles: Roles, derived: Derived) -> Iterator[Configuration]:
    """Yield the configurations of a slice of which something becomes a setting.

    Parameters
    ----------
    program, roles, derived
        The slice, its stages, and the feature function.
    """
    code = _Code(program, roles, derived)
    for index in code.stages:
        made = _made(code, index)
        if made is None:
            continue
        name, held, statements = made
        found = _Uses(code, name, statements)
        if not found.understood or not found.places.keys() <= held.keys():
            continue
        configuration = Configuration(name)
        gone = set()
        for entry, value in held.items():
            uses = found.places.get(entry, [])
            if not is_literal(value) or not all(use.can_change for use in uses):
                continue
            here = tuple(use.node for use in uses if not use.is_path)
            if here and not is_scalar(value):
                continue
            gone.add(entry)
            if here:
                shown = ast.unparse(here[0]).replace("'", '"')
                configuration.asked.append(Asked(entry, shown, ast.literal_eval(value), here))
        if configuration.asked:
            whole = all(e in gone or _is_left_alone(found, e, v) for e, v in held.items())
            configuration.less = {
                i: None if whole else _without(program.body[i].node, gone) for i in statements
            }
            yield configuration


def _is_left_alone(uses: _Uses, entry: str, value: ast.expr) -> bool:
    """Tell whether nobody asks for the default that a field of a class makes."""
    return entry not in uses.places and isinstance(value, ast.Call) and _last(value) == "field"


@dataclass(frozen=True)
class _Code:
    program: Program
    roles: Roles
    derived: Derived

    @property
    def stages(self) -> list[int]:
        """The statements of the stages, in order."""
        roles = self.roles
        return sorted({*roles.prepare, *roles.train, *roles.evaluate})

    @property
    def all(self) -> set[int]:
        """All statements that the package has something of."""
        roles = self.roles
        others = {*(m.index for m in roles.metrics), *(load.index for load in roles.loads)}
        return {*self.stages, *roles.model, *roles.sources, *others}

    def nodes(self, index: int) -> set[int]:
        """Return the nodes of a statement that a stage has, whichever form is proved."""
        metrics: list[ast.AST] = [m.call for m in self.roles.metrics if m.index == index]
        forms: list[Sequence[ast.AST]] = [[]]
        if index in self.roles.prepare:
            forms = [form.train.get(index, []) for form in self.derived.forms]
        elif index in {*self.roles.train, *self.roles.evaluate}:
            forms = [[self.program.body[index].node]]
        found = [{id(n) for part in (*form, *metrics) for n in ast.walk(part)} for form in forms]
        return set.intersection(*found)

    def paths(self, index: int) -> set[int]:
        """Return the nodes of the paths of tables: they have settings of their own."""
        return {
            id(node)
            for load in self.roles.loads
            if load.index == index and load.path is not None and isinstance(load.call, ast.Call)
            for path in (path_argument(load.call),)
            if path is not None
            for node in ast.walk(path)
        }


@dataclass(frozen=True)
class _Use:
    node: ast.expr
    can_change: bool
    is_path: bool


class _Uses:
    """Where the code asks a configuration for something."""

    def __init__(self, code: _Code, name: str, making: Sequence[int]) -> None:
        #: Whether nothing else is done with it.
        self.understood = True
        self.places: dict[str, list[_Use]] = {}
        names = {bound for i in making for bound in code.program.effects[i].binds}
        for index in sorted(code.all - set(making)):
            node = code.program.body[index].node
            mentioned = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & names
            if not mentioned:
                continue
            if mentioned != {name}:
                self.understood = False
                return
            self._look_at(code, name, index, node)

    def _look_at(self, code: _Code, name: str, index: int, node: ast.stmt) -> None:
        there = code.nodes(index)
        served = index in code.derived.served
        paths = code.paths(index)
        inner = {id(n) for each in ast.walk(node) if isinstance(each, _FUNCTIONS)
                 for n in ast.walk(each)}  # fmt: skip
        asked = 0
        for each in ast.walk(node):
            entry = _asks(each, name)
            if entry is None:
                continue
            asked += 1
            is_path = id(each) in paths and id(each) not in there
            here = id(each) in there and id(each) not in inner and not served
            use = _Use(each, here or is_path, is_path)  # type: ignore[arg-type]
            self.places.setdefault(entry, []).append(use)
        mentions = sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))
        self.understood = self.understood and mentions == asked


def _asks(node: ast.AST, name: str) -> str | None:
    """Return what an expression asks a configuration for."""
    if not isinstance(node, ast.Attribute | ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return None
    if not isinstance(node.value, ast.Name) or node.value.id != name:
        return None
    if isinstance(node, ast.Attribute):
        return node.attr
    key = node.slice
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


Made = tuple[str, Mapping[str, ast.expr], list[int]]


def _made(code: _Code, index: int) -> Made | None:
    """Return the configuration that a statement makes: its name, what is in it, what makes it."""
    node, program = code.program.body[index].node, code.program
    if isinstance(node, ast.ClassDef):
        held = _of_class(node)
        name, making = node.name, [index]
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name, making = node.targets[0].id, [index]
        held = _of_dictionary(node.value)
        if held is None and isinstance(node.value, ast.Call):
            held, making = _of_object(code, node.value, index)
    else:
        return None
    binding = [i for i in code.all if name in program.effects[i].binds]
    if held is None or binding != [index] or len(program.effects[index].binds) != 1:
        return None
    return name, held, making


def _of_class(node: ast.ClassDef) -> dict[str, ast.expr] | None:
    """Return what a class holds that does nothing else."""
    if node.bases or node.keywords or any(_last(d) != "dataclass" for d in node.decorator_list):
        return None
    own: dict[str, ast.expr] = {}
    for each in node.body:
        pairs = assigned(each)
        if not pairs and not _does_nothing(each):
            return None
        for name, value in pairs:
            if name in own:
                return None
            own[name] = value
    read = {n.id for value in own.values() for n in ast.walk(value) if isinstance(n, ast.Name)}
    return None if read & own.keys() else own


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and is_literal(node.value))


def _of_dictionary(node: ast.expr) -> dict[str, ast.expr] | None:
    """Return what a dictionary holds, if all of it is written out."""
    held = node.keys if isinstance(node, ast.Dict) else getattr(node, "keywords", [])
    found = dict(entries(node))
    return found if found and len(found) == len(held) and not getattr(node, "args", []) else None


def _of_object(
    code: _Code, call: ast.Call, index: int
) -> tuple[dict[str, ast.expr] | None, list[int]]:
    """Return what a namespace holds, or an object of a class that is a configuration."""
    if call.args:
        return None, [index]
    given = _keywords(call)
    if given is None or code.program.imports.dotted(call.func) in _NAMESPACES:
        return given, [index]
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    binding = [i for i in code.all if name in code.program.effects[i].binds]
    node = code.program.body[binding[0]].node if len(binding) == 1 else None
    own = _of_class(node) if isinstance(node, ast.ClassDef) else None
    if own is None or not given.keys() <= own.keys():
        return None, [index]
    return {**own, **given}, [*binding, index]


def _keywords(call: ast.Call) -> dict[str, ast.expr] | None:
    named = {k.arg: k.value for k in call.keywords if k.arg is not None}
    return named if len(named) == len(call.keywords) else None


def _last(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _without(node: ast.stmt, gone: set[str]) -> ast.stmt:
    """Return a statement that makes a configuration, without some of what is in it."""
    new = copy.copy(node)
    if isinstance(new, ast.ClassDef):
        new.body = [
            each
            for each in new.body
            if not assigned(each) or not {name for name, _ in assigned(each)} <= gone
        ]
    elif isinstance(new, ast.Assign):
        value = new.value = copy.copy(new.value)
        if isinstance(value, ast.Dict):
            kept = [at for at, key in enumerate(value.keys) if ast.literal_eval(key) not in gone]  # type: ignore[arg-type]
            value.keys = [value.keys[at] for at in kept]
            value.values = [value.values[at] for at in kept]
        elif isinstance(value, ast.Call):
            value.keywords = [k for k in value.keywords if k.arg not in gone]
    return new
