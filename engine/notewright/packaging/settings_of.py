"""Literals that people want to change, as typed settings."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from notewright.packaging.derive import Derived
from notewright.packaging.naming import Names, identifier
from notewright.packaging.roles import Load, Roles
from notewright.packaging.slicing import Program

_SCALARS = (bool, int, float, str)
_LIBRARIES = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.", "statsmodels.")
_SPLIT_WORDS = frozenset({"test_size", "train_size", "random_state", "frac", "n", "shuffle"})


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
    #: Identity of a literal's node -> the setting that replaces it.
    nodes: dict[int, str] = field(default_factory=dict)
    #: Name of a constant -> the setting that replaces it.
    names: dict[str, str] = field(default_factory=dict)
    #: Statements that only defined such a constant.
    gone: set[int] = field(default_factory=set)

    def apply(self, node: Any) -> Any:
        """Return `node` with settings in place of literals, sharing what is unchanged."""
        if id(node) in self.nodes:
            return _reference(self.nodes[id(node)])
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
        lifted.settings.append(
            Setting(names.fresh(name), "str", path, f"The file to read: {name.replace('_', ' ')}.")
        )
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
    _constants(program, roles, served, lifted, names)
    found: list[tuple[str, str, ast.Constant, str]] = []
    for index in [*roles.prepare, *roles.train]:
        if index in served:
            continue
        for call in (n for n in ast.walk(program.body[index].node) if isinstance(n, ast.Call)):
            found += _arguments(program, call, index in roles.train)
    counts: dict[str, set[Any]] = {}
    for keyword, _, constant, _ in found:
        counts.setdefault(keyword, set()).add((type(constant.value), constant.value, id(constant)))
    for keyword, owner, constant, place in found:
        several = len(counts[keyword]) > 1
        name = names.fresh(f"{owner}_{keyword}" if several else keyword)
        lifted.nodes[id(constant)] = name
        lifted.settings.append(
            Setting(name, _type(constant.value), constant.value, f"`{keyword}` of {place}.")
        )
    return lifted


def _constants(
    program: Program, roles: Roles, served: set[int], lifted: Lifted, names: Names
) -> None:
    stages = [*roles.prepare, *roles.train, *roles.evaluate]
    # What functions read as a global stays a constant beside them.
    inside = {
        n
        for i in stages
        if isinstance(program.body[i].node, ast.FunctionDef | ast.ClassDef)
        for n in program.effects[i].reads
    }
    for index in dict.fromkeys(stages):
        node = program.body[index].node
        if not (
            isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, _SCALARS)
        ):
            continue
        name = node.targets[0].id
        bindings = sum(name in program.effects[i].binds for i in stages)
        if bindings > 1:
            continue
        if index in served or name in inside:
            continue
        lifted.gone.add(index)
        if any(load.path == node.value.value for load in roles.loads):
            continue  # it is the path of a table, which has a setting already
        lifted.names[name] = names.fresh(identifier(name))
        lifted.settings.append(
            Setting(
                lifted.names[name],
                _type(node.value.value),
                node.value.value,
                f"`{name}` of the notebook.",
            )
        )


def _arguments(
    program: Program, call: ast.Call, training: bool
) -> Iterable[tuple[str, str, ast.Constant, str]]:
    path = program.imports.dotted(call.func) or ""
    last = path.split(".")[-1]
    split = last == "train_test_split"
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    library = path.startswith(_LIBRARIES) and last[:1].isupper()
    if not (split or (library and training) or method == "sample"):
        return
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg is None or not isinstance(value, ast.Constant):
            continue
        if not isinstance(value.value, _SCALARS):
            continue
        if not library and keyword.arg not in _SPLIT_WORDS:
            continue
        owner = "split" if split else method if method == "sample" else identifier(last)
        yield keyword.arg, owner, value, "the train/test split" if split else f"`{last or method}`"


def _type(value: Any) -> str:
    return type(value).__name__


def _reference(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("settings", ast.Load()), name, ast.Load())
