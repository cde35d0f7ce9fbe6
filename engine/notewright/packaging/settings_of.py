"""Literals that people want to change, as typed settings."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from notewright.packaging.configurations import configurations
from notewright.packaging.derive import Derived
from notewright.packaging.effects import free_names
from notewright.packaging.hyperparameters import SCALARS, hyperparameters
from notewright.packaging.naming import Names, identifier
from notewright.packaging.remote import path_argument
from notewright.packaging.roles import Load, Roles
from notewright.packaging.slicing import Program


@dataclass(frozen=True)
class Setting:
    """One typed field of the package's settings."""

    name: str
    type: str
    default: Any
    doc: str


@dataclass
class Lifted:
    """The settings of a slice, and where they stand in the code."""

    settings: list[Setting] = field(default_factory=list)
    #: Identity of a literal's node -> what replaces it.
    nodes: dict[int, ast.expr] = field(default_factory=dict)
    #: Name of a constant -> the setting that replaces it.
    names: dict[str, str] = field(default_factory=dict)
    #: Statements that only defined such a constant.
    gone: set[int] = field(default_factory=set)
    #: Configurations of which nothing is left.
    emptied: set[str] = field(default_factory=set)
    #: Statements that define more than what became settings, without that.
    less: dict[int, ast.stmt] = field(default_factory=dict)

    def is_in(self, node: ast.AST) -> bool:
        """Tell whether a setting stands somewhere in `node`."""
        return any(id(each) in self.nodes for each in ast.walk(node))

    def apply(self, node: Any) -> Any:
        """Return `node` with settings in place of literals, sharing what is unchanged."""
        if id(node) in self.nodes:
            return self.nodes[id(node)]
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in self.names:
            return _reference(self.names[node.id])
        new = node
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                changed: Any = self.apply(value)
            elif isinstance(value, list):
                items = [self.apply(i) if isinstance(i, ast.AST) else i for i in value]
                same = all(a is b for a, b in zip(items, value, strict=True))
                changed = value if same else items
            else:
                continue
            if changed is not value:
                if new is node:
                    new = copy.copy(node)
                setattr(new, name, changed)
        return new


def lift(
    program: Program,
    roles: Roles,
    derived: Derived,
    data: Mapping[str, tuple[Load, str]],
) -> Lifted:
    """Return the settings of a slice.

    Parameters
    ----------
    program, roles, derived
        The slice, its stages, and the feature function; what the feature
        function uses is no setting, because serving must use what training used.
    data : mapping
        Setting name -> the call that reads a file, and the file's path in the package.
    """
    lifted = Lifted()
    names = Names()
    for name, (load, path) in data.items():
        lifted.settings.append(Setting(names.fresh(name), "str", path, _file_words(name)))
        if load.remote is not None and load.remote.call is not None:
            read = f" The notebook read {load.remote.address}." if load.remote.address else ""
            lifted.settings.append(
                Setting(
                    names.fresh(f"{name.removesuffix('data')}address"),
                    "str",
                    "",
                    f"The address to read from; if empty, `{name}` is read.{read} Set it in the "
                    "environment where it holds a password.",
                )
            )
        if load.database is not None:
            prefix = name.removesuffix("data")
            lifted.settings += [
                Setting(
                    names.fresh(f"{prefix}database"),
                    "str",
                    "",
                    f"The database's address; if empty, `{name}` is read. Set it in the "
                    "environment where it holds a password.",
                ),
                Setting(
                    names.fresh(f"{prefix}query"),
                    "str",
                    load.database.query,
                    "What the database is asked for.",
                ),
            ]
    served = derived.served
    inside = _read_inside_functions(program, roles)
    _constants(program, roles, served, inside, lifted, names)
    _configured(program, roles, derived, lifted, names)
    inside |= _read_with(load for load, _ in data.values())
    found = hyperparameters(program, roles, served, inside, lifted.nodes)
    many = Counter(each.setting for each in found)
    alike = Counter(each.words for each in found)
    for each in found:
        alone = many[each.setting] == 1
        name = names.fresh(each.setting if alone else f"{each.owner}_{each.setting}")
        lifted.nodes[id(each.node)] = _reference(name)
        if isinstance(each.value, tuple):
            lifted.nodes[id(each.node)] = ast.Call(
                ast.Name("list", ast.Load()), [_reference(name)], []
            )
        words = each.words
        if alike[words] > 1 and each.variable:
            words = f"{words[:-1]}, in `{each.variable}`."
        lifted.settings.append(Setting(name, _type(each.value), each.value, words))
    return lifted


def _file_words(name: str) -> str:
    """Return what a file is to the package: the raw rows, or a table beside them."""
    if name == "data":
        return "The file with the raw rows."
    return f"The file with the table `{name.removesuffix('_data')}`."


def _read_inside_functions(program: Program, roles: Roles) -> set[str]:
    """Return what functions read as a global: it stays a constant beside them."""
    return {
        name
        for i in [*roles.prepare, *roles.train, *roles.evaluate]
        if isinstance(program.body[i].node, ast.FunctionDef | ast.ClassDef)
        for name in program.effects[i].reads
    }


def _read_with(loads: Iterable[Load]) -> set[str]:
    """Return what tables are read with, besides their paths: loading has it as it is."""
    return {
        name
        for load in loads
        if isinstance(load.call, ast.Call)
        for argument in [*load.call.args, *(k.value for k in load.call.keywords)]
        if argument is not path_argument(load.call)
        for name in free_names(argument)
    }


def _constants(
    program: Program,
    roles: Roles,
    served: set[int],
    inside: set[str],
    lifted: Lifted,
    names: Names,
) -> None:
    stages = [*roles.prepare, *roles.train, *roles.evaluate]
    for index in dict.fromkeys(stages):
        node = program.body[index].node
        if not (
            isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, SCALARS)
        ):
            continue
        name = node.targets[0].id
        bindings = sum(name in program.effects[i].binds for i in stages)
        if bindings > 1:
            continue
        if index in served or name in inside:
            continue
        lifted.gone.add(index)
        if not any(name in program.effects[i].reads for i in stages):
            continue  # it was only the path of a table, which has a setting already
        lifted.names[name] = names.fresh(identifier(name))
        lifted.settings.append(
            Setting(
                lifted.names[name],
                _type(node.value.value),
                node.value.value,
                f"`{name}` of the notebook.",
            )
        )


def _configured(
    program: Program, roles: Roles, derived: Derived, lifted: Lifted, names: Names
) -> None:
    for configuration in configurations(program, roles, derived):
        for each in configuration.asked:
            name = names.fresh(identifier(each.name))
            words = f"`{each.shown}` of the notebook."
            lifted.settings.append(Setting(name, _type(each.value), each.value, words))
            lifted.nodes.update((id(use), _reference(name)) for use in each.uses)
        for index, less in configuration.less.items():
            if less is None:
                lifted.gone.add(index)
                lifted.emptied.add(configuration.name)
            else:
                lifted.less[index] = less


def _type(value: Any) -> str:
    if isinstance(value, tuple):
        return f"tuple[{_type(value[0])}, ...]"
    return type(value).__name__


def _reference(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("settings", ast.Load()), name, ast.Load())
