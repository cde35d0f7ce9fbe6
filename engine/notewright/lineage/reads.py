"""Which names a piece of code may read: every name it mentions, and those that code mentions."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from notewright.lineage.trees import nodes_of
from notewright.state.modules import (
    OwnModules,
    bases,
    behind,
    class_contents,
    defined_in,
    module_contents,
)

#: With these, code may read any variable.
_LOOKS_AT_ALL = frozenset({"globals", "eval", "exec", "vars", "locals"})


def names_read(
    code: str, namespace: Mapping[str, Any], own: OwnModules | None = None
) -> tuple[str, ...]:
    """Return the names of `namespace` that running `code` may read.

    Over-approximated: a name counts if the code mentions it, or if a function,
    method or class of the user's that the code can reach does. Of a module of
    the user's that it can reach, it reads every attribute.

    Parameters
    ----------
    code : str
        Python source; what does not parse reads everything.
    namespace : mapping
        The user's variables.
    own : OwnModules, optional
        The user's modules.
    """
    own = own or OwnModules()
    nodes = nodes_of(code)
    mentioned = [n.id for n in nodes or () if isinstance(n, ast.Name)]
    if nodes is None or _LOOKS_AT_ALL.intersection(mentioned):
        return (*namespace, *(name for name, _ in own.attributes()))
    modules = _Modules(own.found())
    found = _reached([*mentioned, *_imported(nodes)], namespace, modules)
    if modules.reached:
        found.update(n for n, _ in own.attributes() if own.module_of(n) in modules.reached)
    return tuple(sorted(found))


def names_through(code: str, namespace: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return, for each name `code` mentions, the names that the user's code behind it may read.

    A cell ``table = clean()`` reads ``table`` before it binds it, if ``clean``
    does; the cell's own text does not say so.

    Parameters
    ----------
    code : str
        Python source.
    namespace : mapping
        The user's variables.
    """
    through = {}
    for name in sorted({n.id for n in nodes_of(code) or () if isinstance(n, ast.Name)}):
        inner = [m for c in _codes(namespace.get(name)) for m in _mentioned(c)]
        if found := _reached(inner, namespace):
            through[name] = tuple(sorted(found))
    return through


class _Modules:
    """The user's modules, and which of them some code can reach."""

    def __init__(self, own: Mapping[str, ModuleType]) -> None:
        self._own = own
        self.reached: set[str] = set()

    def reach(self, name: str) -> list[str]:
        """Note that the module `name` and those behind it are; return what their code mentions."""
        mentioned: list[str] = []
        pending = [name]
        while pending:
            wanted = pending.pop()
            for module in self._named(wanted):
                self.reached.add(module)
                for value in list(module_contents(self._own[module]).values()):
                    pending.extend(behind(value))
                    pending.extend(n for c in _all_codes(value) for n in _mentioned(c))
                    mentioned.extend(n for c in _codes(value) for n in _mentioned(c))
        return mentioned

    def _named(self, name: str) -> list[str]:
        """Return those not reached yet that `name`, maybe relative to a package, can stand for."""
        return [
            module
            for module in self._own
            if module not in self.reached
            and (module == name or module.startswith(f"{name}.") or module.endswith(f".{name}"))
        ]


def _imported(nodes: Sequence[ast.AST]) -> list[str]:
    plain = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    return [*plain, *(n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module)]


def _reached(
    names: list[str], namespace: Mapping[str, Any], modules: _Modules | None = None
) -> set[str]:
    """Return the variables among `names`, and those that code behind these mentions."""
    modules = modules or _Modules({})
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name in found:
            continue
        pending.extend(modules.reach(name))
        if name not in namespace:
            continue
        found.add(name)
        for inner in _codes(namespace[name]):
            pending.extend(_mentioned(inner))
        for module in behind(namespace[name]):
            pending.extend(modules.reach(module))
    return found


def _codes(value: Any) -> list[CodeType]:
    """Return the code of the notebook's functions reachable from `value`."""
    if type(value) is FunctionType:
        return [value.__code__] if value.__module__ == "__main__" else []
    if type(value) is MethodType:
        return _codes(value.__func__) + _codes(value.__self__)
    kind = value if issubclass(type(value), type) else type(value)
    return _of_class(kind) if defined_in(kind) == "__main__" else []


def _of_class(kind: type) -> list[CodeType]:
    where = defined_in(kind)
    members = [
        m
        for base in bases(kind)
        if defined_in(base) == where
        for m in class_contents(base).values()
    ]
    return [m.__code__ for m in members if type(m) is FunctionType]


def _all_codes(value: Any) -> list[CodeType]:
    """Return the code of a function, or of a class's methods, wherever it is from."""
    if type(value) is FunctionType:
        return [value.__code__]
    return _of_class(value) if issubclass(type(value), type) else []


def _mentioned(code: CodeType) -> list[str]:
    inner = [name for c in code.co_consts if isinstance(c, CodeType) for name in _mentioned(c)]
    return [*code.co_names, *inner]
