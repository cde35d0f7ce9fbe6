"""What one statement reads, binds and may change, by itself and on the safe side.

Everything that is not known to be harmless counts as a change: a method call
on a name may change it, and so may passing it to a function. The tables in
:mod:`notewright.packaging.known` list what is known to be harmless. How statements
depend on each other is followed by :mod:`notewright.packaging.dependence`.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notewright.packaging.known import (
    MUTATING_FUNCTIONS,
    PURE_BUILTINS,
    PURE_METHODS,
    SHOWS,
    leaves_arguments,
)

#: Modules that have a random generator for all.
_GENERATORS = ("numpy.random.", "random.")


@dataclass(frozen=True)
class Effects:
    """What one statement does to names."""

    reads: frozenset[str]
    binds: frozenset[str]
    changes: frozenset[str]


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
    """Return the names read in `node` that neither its own inner scopes nor Python bind."""
    return {n for n in unbound_names(node) if n not in vars(builtins) or n == "display"}


def unbound_names(node: ast.AST) -> set[str]:
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
            local = names | bound_in(body)[0]
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
    return found


def bound_in(body: Sequence[ast.AST]) -> tuple[set[str], set[str], set[str]]:
    """Return the names that a scope binds itself, and those it declares global and nonlocal."""
    bound: set[str] = set()
    globals_: set[str] = set()
    nonlocals: set[str] = set()
    pending = list(body)
    while pending:
        item = pending.pop()
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store | ast.Del):
            bound.add(item.id)
        elif isinstance(item, ast.Global):
            globals_ |= set(item.names)
        elif isinstance(item, ast.Nonlocal):
            nonlocals |= set(item.names)
        elif isinstance(item, ast.Import | ast.ImportFrom):
            bound |= {a.asname or a.name.split(".")[0] for a in item.names}
        elif isinstance(item, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
            bound |= {item.name} if item.name else set()
        elif isinstance(item, ast.MatchMapping):
            bound |= {item.rest} if item.rest else set()
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(item.name)
        elif isinstance(item, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            pending += [n for n in ast.walk(item) if isinstance(n, ast.NamedExpr)]
        elif not isinstance(item, ast.Lambda):
            pending += ast.iter_child_nodes(item)
    return bound - globals_ - nonlocals, globals_, nonlocals


def read_first(body: Sequence[ast.stmt]) -> set[str]:
    """Return the names that statements read before they have surely bound them.

    Examples
    --------
    >>> sorted(read_first(ast.parse("a = b; c = a; d += 1").body))
    ['b', 'd']
    """
    return _read_first(body, frozenset())[0]


def _read_first(body: Sequence[ast.stmt], bound: frozenset[str]) -> tuple[set[str], frozenset[str]]:
    """Return those names, and all that are surely bound after the statements."""
    found: set[str] = set()
    for node in body:
        inner = [(bound | _targets(node), getattr(node, part, [])) for part in ("body", "orelse")]
        inner += [
            (bound | bound_in([each.pattern])[0], each.body) for each in getattr(node, "cases", [])
        ]
        for each in getattr(node, "handlers", []):
            found |= unbound_names(each.type) - bound if each.type is not None else set()
            inner.append((bound | ({each.name} if each.name else set()), each.body))
        inner += [(bound, getattr(node, "finalbody", []))]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = []
        blocks = [_read_first(each, before) for before, each in inner if each]
        if not blocks:
            found |= unbound_names(node) - bound
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                found |= {node.target.id} - bound
            bound |= bound_in([node])[0]
            continue
        found |= {n for part in _head(node) for n in unbound_names(part)} - bound
        found |= {name for read, _ in blocks for name in read}
        if isinstance(node, ast.With | ast.AsyncWith) or (isinstance(node, ast.If) and node.orelse):
            bound |= frozenset.intersection(*(after for _, after in blocks))
    return found, bound


def _head(node: ast.stmt) -> list[ast.AST]:
    """Return the expressions of a block's first line."""
    return [
        part
        for name, value in ast.iter_fields(node)
        if name not in ("body", "orelse", "finalbody")
        for part in (value if isinstance(value, list) else [value])
        if isinstance(part, ast.expr | ast.withitem)
    ]


def _targets(node: ast.stmt) -> frozenset[str]:
    """Return what the first line of a block binds for its body."""
    return frozenset(
        name.id
        for part in _head(node)
        for name in ast.walk(part)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    )


def root_name(node: ast.AST) -> str | None:
    """Return the name at the left end of ``a.b[c].d()``, or None."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def effects(node: ast.stmt, imports: Imports) -> Effects:
    """Return what `node` reads, binds and may change."""
    reads = free_names(node)
    binds: set[str] = set()
    changes: set[str] = set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        binds = {a.asname or a.name.split(".")[0] for a in node.names}
        return Effects(frozenset(), frozenset(binds), frozenset())
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return Effects(frozenset(reads), frozenset({node.name}), frozenset())
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
    changes -= imports.paths.keys()
    return Effects(frozenset(reads), frozenset(binds), frozenset(changes))


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
    known = (path is not None and leaves_arguments(path)) or (
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


def draws(node: ast.stmt, imports: Imports) -> bool:
    """Tell whether a statement itself uses a global random generator."""
    calls = (n for n in ast.walk(node) if isinstance(n, ast.Call))
    return any((imports.dotted(c.func) or "").startswith(_GENERATORS) for c in calls)


def only_shows(node: ast.stmt, imports: Imports) -> bool:
    """Tell whether a statement prints, displays or plots something, and no more."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    if (imports.dotted(function) or "").split(".")[0] in SHOWS:
        return True
    return isinstance(function, ast.Name) and function.id in ("print", "display")


def aliases(node: ast.stmt) -> dict[str, frozenset[str]]:
    """Return for each name that a statement assigns the names whose objects it may hold."""
    if not isinstance(node, ast.Assign):
        return {}
    held = frozenset(_held(node.value))
    return {t.id: held for t in node.targets if isinstance(t, ast.Name)}


def _held(value: ast.expr) -> set[str]:
    """Return the names whose object the value of the expression may be, or be part of."""
    if isinstance(value, ast.Name):
        return {value.id}
    if isinstance(value, ast.Attribute | ast.Subscript | ast.Starred):
        return _held(value.value)
    if isinstance(value, ast.Call):
        if isinstance(value.func, ast.Attribute):
            return set() if value.func.attr in PURE_METHODS else _held(value.func)
        return set().union(*map(_held, value.args))
    if isinstance(value, ast.IfExp):
        return _held(value.body) | _held(value.orelse)
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return set().union(*map(_held, value.elts))
    if isinstance(value, ast.Dict):
        return set().union(*map(_held, value.values))
    return set()
