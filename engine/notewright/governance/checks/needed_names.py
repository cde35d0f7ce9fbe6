"""Which names code needs to be there before it runs, and which it makes, by scope."""

from __future__ import annotations

import ast
import symtable
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_COMPREHENSIONS = {"genexpr", "listcomp", "setcomp", "dictcomp"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def needed(
    tree: ast.Module,
    definitions: Mapping[str, frozenset[str]] | None = None,
    *,
    later: bool = True,
) -> set[str]:
    r"""Return the global names that code looks up before it binds them.

    Local variables, arguments and those of comprehensions do not count. What a function
    needs counts where the code mentions it, unless the code has bound it by its end.

    Parameters
    ----------
    tree : ast.Module
        The code.
    definitions : mapping, optional
        For functions and classes from elsewhere: the global names they look up.
    later : bool, optional
        Whether what a function looks up counts where it is defined, too.

    Examples
    --------
    >>> sorted(needed(ast.parse("a = 1\nb = a + c\nd = [e for e in f]\ng += 1")))
    ['c', 'f', 'g']
    >>> sorted(needed(ast.parse("y = f(2)"), {"f": frozenset({"rate"})}))
    ['f', 'rate']
    """
    walk = _Needs(dict(definitions or {}))
    walk.body(tree.body)
    return walk.needed | (walk.later - walk.bound if later else set())


def made(tree: ast.Module) -> frozenset[str]:
    r"""Return the names that code binds at its top level; what it merely writes into is not.

    Examples
    --------
    >>> sorted(made(ast.parse("import os.path\na, b = 1, 2\nc['x'] = 3\ndef f(): d = 4")))
    ['a', 'b', 'f', 'os']
    """
    return frozenset(name for statement in tree.body for name in _bound(statement))


def definitions(tree: ast.Module) -> dict[str, frozenset[str]]:
    """Return the functions and classes that code defines, with the global names they look up."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, _DEFINITIONS):
            found[node.name] = frozenset(_looked_up(node)) - {node.name}
    return found


@dataclass
class _Needs:
    definitions: dict[str, frozenset[str]]
    needed: set[str] = field(default_factory=set)
    #: Looked up by functions, whenever they are called.
    later: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)

    def body(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.For | ast.AsyncFor):
            self._look(node.iter)
            self._bind(node.target)
            self.body([*node.body, *node.orelse])
        elif isinstance(node, ast.If | ast.While):
            self._look(node.test)
            self.body([*node.body, *node.orelse])
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                self._look(item.context_expr)
                self._bind(item.optional_vars)
            self.body(node.body)
        elif isinstance(node, ast.Try):
            self.body(node.body)
            for handler in node.handlers:
                self._look(handler.type)
                self.bound.update({handler.name} - {None})  # type: ignore[arg-type]
                self.body(handler.body)
            self.body([*node.orelse, *node.finalbody])
        else:
            self._look(node)
            self.bound.update(_bound(node))

    def _bind(self, target: ast.AST | None) -> None:
        if target is not None:
            self._look(target)
            self.bound.update(_bound(target))

    def _look(self, node: ast.AST | None) -> None:
        if node is None:
            return
        now, later = _lookups(node)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            now.add(node.target.id)
        self.later |= later
        self.needed |= now - self.bound
        waiting, seen = [*now], set[str]()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                inner = self.definitions.get(name, frozenset())
                self.needed |= inner - self.bound
                waiting.extend(inner)


def _lookups(node: ast.AST) -> tuple[set[str], set[str]]:
    """Return the global names that are looked up at once, and those when a function is called."""
    text = ast.unparse(node)
    if isinstance(node, ast.expr):
        # A target such as `rows[i]` binds nothing, but looks up what it writes into.
        text = f"({text})"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            table = symtable.symtable(text, "<cell>", "exec")
        except (SyntaxError, ValueError, RecursionError):
            return set(), set()
    now, later = set[str](), set[str]()
    if not isinstance(node, ast.expr) or not isinstance(getattr(node, "ctx", None), ast.Store):
        now.update(s.get_name() for s in table.get_symbols() if s.is_referenced())
    _inside(table.get_children(), now, later)
    return now, later


def _inside(scopes: Iterable[symtable.SymbolTable], now: set[str], later: set[str]) -> None:
    for scope in scopes:
        at_once = scope.get_name() in _COMPREHENSIONS or scope.get_type() == "class"
        into = now if at_once else later
        into.update(
            s.get_name() for s in scope.get_symbols() if s.is_global() and s.is_referenced()
        )
        _inside(scope.get_children(), into, later)


def _looked_up(node: ast.AST) -> set[str]:
    now, later = _lookups(node)
    return now | later


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds, not inside functions."""
    if isinstance(node, _DEFINITIONS):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((a.asname or a.name).partition(".")[0] for a in node.names if a.name != "*")
    elif isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Store):
            yield node.id
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return
    elif not isinstance(node, ast.Lambda):
        if isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)
