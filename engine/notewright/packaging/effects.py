"""What a statement reads, binds and may change, on the safe side.

Everything that is not known to be harmless counts as a change: a method call
on a name may change it, and so may passing it to a function. The tables in
:mod:`notewright.packaging.known` list what is known to be harmless.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from notewright.packaging.known import (
    MUTATING_FUNCTIONS,
    PURE_BUILTINS,
    PURE_METHODS,
    PURE_ROOTS,
    RANDOM_ROOTS,
    SEEDABLE,
    SHOWS,
)

#: The pseudo-variable of the global random state.
RANDOM = "<random>"
#: The pseudo-variable of library-wide settings.
CONFIG = "<config>"


@dataclass(frozen=True)
class Effects:
    """What one statement does to names."""

    reads: frozenset[str]
    binds: frozenset[str]
    changes: frozenset[str]
    #: Bound name -> names whose object it may share.
    aliases: Mapping[str, frozenset[str]]
    #: It always stays: it sets something the whole process sees.
    shown_only: bool = False


class Imports:
    """What the imported names stand for, as dotted paths."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}

    def add(self, node: ast.stmt) -> None:
        """Learn from an import statement."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                self.paths[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                self.paths[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def dotted(self, node: ast.expr) -> str | None:
        """Return the dotted path of a function expression, or None.

        Examples
        --------
        >>> imports = Imports()
        >>> imports.add(ast.parse("import pandas as pd").body[0])
        >>> imports.dotted(ast.parse("pd.get_dummies", mode="eval").body)
        'pandas.get_dummies'
        """
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.paths:
            return None
        return ".".join([self.paths[node.id], *reversed(parts)])


def free_names(node: ast.AST) -> set[str]:
    """Return the names read in `node` that its own inner scopes do not bind."""
    found: set[str] = set()

    def visit(item: ast.AST, bound: frozenset[str]) -> None:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            args = item.args
            names = {a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs]}
            names |= {a.arg for a in (args.vararg, args.kwarg) if a is not None}
            for default in [*args.defaults, *(d for d in args.kw_defaults if d is not None)]:
                visit(default, bound)
            for decorator in getattr(item, "decorator_list", []):
                visit(decorator, bound)
            body = item.body if isinstance(item.body, list) else [item.body]
            local = names | _bound_in(body)
            for child in body:
                visit(child, bound | local)
            return
        if isinstance(item, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            targets = {
                n.id for g in item.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)
            }
            visit(item.generators[0].iter, bound)
            inner = bound | targets
            for index, generator in enumerate(item.generators):
                if index:
                    visit(generator.iter, inner)
                for condition in generator.ifs:
                    visit(condition, inner)
            for part in ("elt", "key", "value"):
                if hasattr(item, part):
                    visit(getattr(item, part), inner)
            return
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load) and item.id not in bound:
            found.add(item.id)
        for child_node in ast.iter_child_nodes(item):
            visit(child_node, bound)

    visit(node, frozenset())
    return found - {n for n in found if n in vars(builtins) and n not in {"display"}} | (
        found & {"display"}
    )


def _bound_in(body: list[ast.stmt] | list[ast.expr]) -> set[str]:
    bound: set[str] = set()
    globals_: set[str] = set()
    for child in body:
        for item in ast.walk(child):
            if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
                bound.add(item.id)
            elif isinstance(item, ast.FunctionDef | ast.ClassDef):
                bound.add(item.name)
            elif isinstance(item, ast.Global):
                globals_ |= set(item.names)
            elif isinstance(item, ast.Import | ast.ImportFrom):
                bound |= {a.asname or a.name.split(".")[0] for a in item.names}
    return bound - globals_


def root_name(node: ast.AST) -> str | None:
    """Return the name at the left end of ``a.b[c].d()``, or None."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def effects(node: ast.stmt, imports: Imports, careful: bool = False) -> Effects:
    """Return what `node` reads, binds and may change.

    With `careful`, every training counts as a draw from the global random state.
    """
    reads = free_names(node)
    binds: set[str] = set()
    changes: set[str] = set()
    aliases: dict[str, frozenset[str]] = {}
    if isinstance(node, ast.Import | ast.ImportFrom):
        binds = {a.asname or a.name.split(".")[0] for a in node.names}
        return Effects(frozenset(), frozenset(binds), frozenset(), {})
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return Effects(frozenset(reads), frozenset({node.name}), frozenset(), {})
    random = False
    for item in _own_scope(node):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store | ast.Del):
            binds.add(item.id)
        elif isinstance(item, ast.Subscript | ast.Attribute) and isinstance(
            item.ctx, ast.Store | ast.Del
        ):
            _add(changes, root_name(item))
            reads |= free_names(item) | ({root_name(item)} - {None})  # type: ignore[operator]
        elif isinstance(item, ast.AugAssign):
            name = root_name(item.target)
            _add(changes, name)
            _add(reads, name)
        elif isinstance(item, ast.Import | ast.ImportFrom):
            binds |= {a.asname or a.name.split(".")[0] for a in item.names}
        elif isinstance(item, ast.Call):
            changes |= _changed_by(item, imports)
            random = random or _uses_random(item, imports, careful)
            if _sets_config(item, imports):
                changes.add(CONFIG)
        if isinstance(item, ast.Assign):
            for target in item.targets:
                if isinstance(target, ast.Name):
                    aliases[target.id] = frozenset(_shared(item.value))
    if random:
        changes.add(RANDOM)
        reads.add(RANDOM)
    changes = {c for c in changes if c in (RANDOM, CONFIG) or c not in imports.paths}
    return Effects(
        frozenset(reads),
        frozenset(binds),
        frozenset(changes),
        aliases,
        shown_only=_shown_only(node, imports),
    )


def _add(names: set[str], name: str | None) -> None:
    if name is not None:
        names.add(name)


def _own_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Walk `node` without what inner functions bind."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            if isinstance(child, ast.Lambda):
                yield from (n for n in ast.walk(child) if isinstance(n, ast.Call))
            continue
        if isinstance(child, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            stores = {
                id(n) for g in child.generators for n in ast.walk(g.target)
            }  # a comprehension's own variables are not the cell's
            yield from (n for n in ast.walk(child) if id(n) not in stores)
            continue
        yield from _own_scope(child)


def _changed_by(call: ast.Call, imports: Imports) -> set[str]:
    changed: set[str] = set()
    function = call.func
    path = imports.dotted(function)
    inplace = any(
        k.arg == "inplace" and not (isinstance(k.value, ast.Constant) and k.value.value is False)
        for k in call.keywords
    )
    if isinstance(function, ast.Attribute):
        if path is None and (inplace or function.attr not in PURE_METHODS):
            _add(changed, root_name(function))
        name = function.attr
    else:
        name = function.id if isinstance(function, ast.Name) else ""
    known = (path is not None and path.split(".")[0] in PURE_ROOTS) or (
        path is None and isinstance(function, ast.Name) and name in PURE_BUILTINS
    )
    harmless = known and name not in MUTATING_FUNCTIONS
    method = path is None and isinstance(function, ast.Attribute)
    if not harmless and not method:
        for argument in [*call.args, *(k.value for k in call.keywords)]:
            if isinstance(argument, ast.Starred):
                argument = argument.value
            if isinstance(argument, ast.Name | ast.Attribute | ast.Subscript):
                _add(changed, root_name(argument))
    return changed


def _uses_random(call: ast.Call, imports: Imports, careful: bool) -> bool:
    path = imports.dotted(call.func) or ""
    if path.startswith(RANDOM_ROOTS) and not path.endswith(("default_rng", "RandomState")):
        return True
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    seeded = any(
        k.arg in ("random_state", "seed")
        and not (isinstance(k.value, ast.Constant) and k.value.value is None)
        for k in call.keywords
    )
    if name in SEEDABLE and not seeded:
        folds = name in ("KFold", "StratifiedKFold")
        return not folds or any(k.arg == "shuffle" for k in call.keywords)
    # Training may draw from the global state whenever no seed was given to it.
    fits = ("fit", "fit_transform", "fit_predict", "cross_val_score", "cross_validate")
    return careful and name in fits


def _sets_config(call: ast.Call, imports: Imports) -> bool:
    path = imports.dotted(call.func) or ""
    return path in ("sklearn.set_config", "numpy.seterr", "pandas.set_option") and (
        path != "pandas.set_option"
        or not (
            call.args
            and isinstance(call.args[0], ast.Constant)
            and str(call.args[0].value).startswith(("display", "max_", "precision"))
        )
    )


def _shown_only(node: ast.stmt, imports: Imports) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    path = imports.dotted(function) or ""
    if path.split(".")[0] in SHOWS:
        return True
    return isinstance(function, ast.Name) and function.id in ("print", "display")


def _shared(value: ast.expr) -> set[str]:
    """Names whose object the value of the expression may be, or be part of."""
    if isinstance(value, ast.Name):
        return {value.id}
    if isinstance(value, ast.Attribute | ast.Subscript | ast.Starred):
        return _shared(value.value)
    if isinstance(value, ast.Call):
        shared = _shared(value.func) if isinstance(value.func, ast.Attribute) else set()
        if isinstance(value.func, ast.Attribute) and value.func.attr in PURE_METHODS:
            shared = set()
        if isinstance(value.func, ast.Name):
            for argument in value.args:
                shared |= _shared(argument)
        return shared
    if isinstance(value, ast.IfExp):
        return _shared(value.body) | _shared(value.orelse)
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return set().union(*[_shared(e) for e in value.elts]) if value.elts else set()
    if isinstance(value, ast.Dict):
        return set().union(*[_shared(v) for v in value.values]) if value.values else set()
    return set()
