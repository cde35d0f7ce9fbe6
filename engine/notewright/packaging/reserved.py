"""Names of the notebook that the package's own functions have, with a mark after them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from notewright.packaging.editing import Editing
from notewright.packaging.source import CellSource

_RESERVED = frozenset(
    ["conform", "evaluate", "features", "learned", "load", "predict", "prepare", "settings"]
)


def without_reserved(cells: Sequence[CellSource], target: str = "") -> list[CellSource]:
    r"""Return the cells with `features` called `features_`, and so on.

    Examples
    --------
    >>> cell = CellSource("features = ['a']\nX = df[features]", "cell 1")
    >>> without_reserved([cell])[0].code.splitlines()
    ["features_ = ['a']", 'X = df[features_]']
    """
    trees = [ast.parse(cell.code) for cell in cells]
    bound = {name for tree in trees for name in _bound(tree)} & _RESERVED - {target}
    if not bound:
        return list(cells)
    made = []
    for cell, tree in zip(cells, trees, strict=True):
        edit = Editing(cell)
        lines = cell.code.splitlines()
        for node in _named(tree, bound):
            name, start = _place(node)
            raw = lines[node.lineno - 1].encode()[start : start + len(name)]
            if raw.decode(errors="replace") != name:
                return list(cells)  # inside an f-string, whose parts have no places of their own
            edit.part_at(node.lineno, start, start + len(name), f"{name}_")
        made.append(edit.done())
    return made


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        else:
            for item in ast.walk(node):
                if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
                    yield item.id


def _named(node: ast.AST, names: set[str]) -> Iterator[ast.Name | ast.FunctionDef]:
    """Yield what stands for the notebook's own names, not for those of inner scopes."""
    if isinstance(node, ast.Name):
        if node.id in names:
            yield node
        return
    if isinstance(node, ast.ClassDef):
        for child in ast.iter_child_nodes(node):
            # What a class defines is found through it, never by its name alone.
            own = {child} if isinstance(child, ast.FunctionDef) else set()
            yield from (n for n in _named(child, names) if n not in own)
        return
    if isinstance(node, ast.FunctionDef):
        if node.name in names:
            yield node
        names = names - _local(node)
    elif isinstance(node, ast.Lambda):
        names = names - {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        names = names - {
            n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)
        }
    for child in ast.iter_child_nodes(node):
        yield from _named(child, names)


def _local(node: ast.FunctionDef) -> set[str]:
    stored = {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return stored | {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}


def _place(node: ast.Name | ast.FunctionDef) -> tuple[str, int]:
    if isinstance(node, ast.Name):
        return node.id, node.col_offset
    return node.name, node.col_offset + len("def ")
