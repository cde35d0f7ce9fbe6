"""What code writes, as the page says it: beside the state, which shows only what differed.

``df["x"] = df["x"].fillna(0)`` changes nothing where no value is missing, yet
it belongs to whatever depends on ``df``: on other data it will matter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from notewright.lineage.trees import tree_of


def touched_names(code: str) -> tuple[str, ...]:
    """Return the names that `code` binds, deletes, or writes into at its top level.

    Examples
    --------
    >>> touched_names("df['x'] = 1; a, b = f(); model.depth = 3; t.sort(inplace=True)")
    ('a', 'b', 'df', 'model', 't')
    """
    tree = _parse(code)
    found: set[str] = set()
    for node in _outside_functions(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(node.id)
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(
            node.ctx, ast.Store | ast.Del
        ):
            found.update(_root(node))
        elif isinstance(node, ast.AugAssign):
            found.update(_root(node.target))
        elif isinstance(node, ast.Call) and _is_in_place(node):
            found.update(_root(node.func))
        else:
            found.update(_bound_by(node))
    return tuple(sorted(found))


def widely_written_names(code: str) -> frozenset[str]:
    """Return the names of what `code` probably writes to all over, where it is an array or table.

    A guess: only how long writing takes depends on it.

    Examples
    --------
    >>> code = "a += 1; b[::2] = 0; c[c > 3] = 0; d.sort(); e['new'] = 1; e.iloc[2:4, 1] = 2"
    >>> sorted(widely_written_names(code))
    ['a', 'b', 'c', 'd']
    """
    found: set[str] = set()
    for node in _outside_functions(_parse(code)):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name | ast.Attribute):
            found.update(_root(node.target))
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if _is_wide(node.slice):
                found.update(_root(node))
        elif isinstance(node, ast.Call):
            if _is_in_place(node) or getattr(node.func, "attr", "") in _FILL:
                found.update(_root(node.func))
            found.update(x for k in node.keywords if k.arg == "out" for x in _root(k.value))
    return frozenset(found)


def rebound_names(code: str, through: Mapping[str, Sequence[str]] | None = None) -> frozenset[str]:
    """Return the names that `code` binds afresh, without looking at their old value.

    What such a name was before cannot matter afterwards.

    Parameters
    ----------
    code : str
        Python source.
    through : mapping, optional
        For names of functions and the like: what they read.

    Examples
    --------
    >>> sorted(rebound_names("a = 1; b = b + 1; c = a"))
    ['a', 'c']
    >>> sorted(rebound_names("a = f(); b = f()", {"f": ["a"]}))
    ['b']
    """
    behind = through or {}
    rebound: set[str] = set()
    mentioned: set[str] = set()
    for statement in _parse(code).body:
        targets: set[str] = set()
        if isinstance(statement, ast.Assign):
            targets = {n.id for t in statement.targets for n in _plain_targets(t)}
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = {n.id for n in _plain_targets(statement.target)}
        elif isinstance(statement, ast.With):
            # Bound before the body can look at it, but maybe not before the next item can.
            headers = [item.context_expr for item in statement.items]
            found = (item.optional_vars for item in statement.items if item.optional_vars)
            targets = {n.id for target in found for n in _plain_targets(target)}
            mentioned.update(_with_behind(_names(headers), behind) - rebound)
            rebound.update(targets - mentioned)
        else:
            targets = set(_bound_by(statement))
        stores = {id(n) for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id in targets}
        names = {
            n.id
            for n in ast.walk(statement)
            if isinstance(n, ast.Name) and not (id(n) in stores and isinstance(n.ctx, ast.Store))
        }
        mentioned.update(_with_behind(names, behind) - rebound)
        rebound.update(targets - mentioned)
    return frozenset(rebound)


def _with_behind(names: set[str], behind: Mapping[str, Sequence[str]]) -> set[str]:
    return names.union(*(behind.get(name, ()) for name in names))


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def mentioned_names(code: str) -> frozenset[str]:
    """Return every name that `code` mentions."""
    return frozenset(n.id for n in ast.walk(_parse(code)) if isinstance(n, ast.Name))


#: Methods of arrays that write to all of them.
_FILL = {"sort", "fill", "partition", "byteswap"}


def _is_wide(index: ast.expr) -> bool:
    """Tell whether an index picks elements from one end of something to the other."""
    if isinstance(index, ast.Tuple):
        return any(_is_wide(part) for part in index.elts)
    if isinstance(index, ast.Slice):
        return index.lower is None and index.upper is None
    return isinstance(index, ast.Compare | ast.BoolOp | ast.BinOp) and any(
        isinstance(node, ast.Compare) for node in ast.walk(index)
    )


def _parse(code: str) -> ast.Module:
    return tree_of(code) or ast.Module([], [])


def _outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(node))


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((a.asname or a.name).partition(".")[0] for a in node.names if a.name != "*")


def _plain_targets(target: ast.expr) -> Iterator[ast.Name]:
    if isinstance(target, ast.Name):
        yield target
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _plain_targets(
                element.value if isinstance(element, ast.Starred) else element
            )


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def _is_in_place(call: ast.Call) -> bool:
    return any(
        keyword.arg == "inplace"
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
        for keyword in call.keywords
    )
