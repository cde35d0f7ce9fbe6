"""What a loop goes through, where the code itself says it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from notewright.packaging.source import CellSource

_PLAIN = ast.Constant | ast.Tuple | ast.UnaryOp
#: More turns than that are not told one by one.
_MOST = 50


def turns_of(loop: ast.For, cells: Sequence[CellSource]) -> list[ast.expr] | None:
    r"""Return the elements that a loop goes through.

    Parameters
    ----------
    loop : ast.For
        It is over a list or the name of one, ``enumerate``, ``range`` or ``items()``.
    cells : sequence of CellSource
        All of the code: what a name stands for is known where it is bound once and its
        object is only looked at.

    Returns
    -------
    list of ast.expr, or None where the code does not say. Each can be evaluated more than
    once: an object that is made in the list is taken from it.

    Examples
    --------
    >>> cell = CellSource('models = {"a": Ridge(), "b": Lasso()}', "cell 1")
    >>> loop = ast.parse("for n, (name, m) in enumerate(models.items()): m.fit(X)").body[0]
    >>> [ast.unparse(e) for e in turns_of(loop, [cell])]
    ["(0, ('a', models['a']))", "(1, ('b', models['b']))"]
    """
    found = _elements(loop.iter, _Names(cells, loop)) or []
    return found if 0 < len(found) <= _MOST else None


class _Names:
    """The names of the notebook, and what those stand for that are bound once."""

    def __init__(self, cells: Sequence[CellSource], loop: ast.For) -> None:
        self._in_loop = {n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and _stores(n)}
        trees = [ast.parse(cell.code) for cell in cells]
        self._nodes = [n for tree in trees for n in ast.walk(tree)]
        names = [n for n in self._nodes if isinstance(n, ast.Name)]
        self._stored = Counter(n.id for n in names if _stores(n))
        self._assigned = {
            node.targets[0].id: node.value
            for tree in trees
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }

    def value(self, name: str) -> ast.expr | None:
        """Return what a name was bound to, unless that may be another or look otherwise now."""
        if self._stored[name] != 1 or self._is_changed(name):
            return None
        return self._assigned.get(name)

    def is_fixed(self, name: str) -> bool:
        """Tell whether a name stands for the same all along."""
        return self._stored[name] <= 1

    def is_fixed_here(self, name: str) -> bool:
        """Tell whether a name stands for the same as long as the loop runs."""
        return name not in self._in_loop

    def _is_changed(self, name: str) -> bool:
        """Tell whether anything but looking is done to the object that a name stands for."""
        for node in self._nodes:
            if isinstance(node, ast.Attribute) and _is(node.value, name):
                if node.attr not in ("items", "keys", "values"):
                    return True
            elif isinstance(node, ast.Subscript) and _is(node.value, name):
                if not isinstance(node.ctx, ast.Load):
                    return True
            elif isinstance(node, ast.AugAssign | ast.Delete):
                targets = node.targets if isinstance(node, ast.Delete) else [node.target]
                if any(_is(t, name) for t in targets):
                    return True
        return False


def _stores(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _elements(node: ast.expr, names: _Names) -> list[ast.expr] | None:
    if isinstance(node, ast.List | ast.Tuple):
        plain = all(_is_plain(e, names.is_fixed_here) for e in node.elts)
        return list(node.elts) if plain else None
    if isinstance(node, ast.Name):
        made = names.value(node.id)
        spread = any(isinstance(n, ast.Starred) for n in ast.walk(made)) if made else False
        if isinstance(made, ast.List | ast.Tuple) and not spread:
            return [_taken(e, f"{node.id}[{at}]", names) for at, e in enumerate(made.elts)]
        return None
    if not isinstance(node, ast.Call) or node.keywords:
        return None
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return _of_dict(function.value.id, function.attr, names) if not node.args else None
    if not isinstance(function, ast.Name) or len(node.args) != 1:
        return None
    (given,) = node.args
    if function.id == "enumerate":
        inner = _elements(given, names)
        return inner and [_tuple(ast.Constant(at), each) for at, each in enumerate(inner)]
    if function.id == "range" and isinstance(given, ast.Constant) and type(given.value) is int:
        return [ast.Constant(at) for at in range(min(given.value, _MOST + 1))]
    return None


def _of_dict(name: str, method: str, names: _Names) -> list[ast.expr] | None:
    """Return what ``name.items()`` and its kind go through."""
    made = names.value(name)
    if isinstance(made, ast.Dict):
        keys, values = made.keys, made.values
        if not all(isinstance(k, ast.Constant) for k in keys):
            return None
    elif isinstance(made, ast.Call) and _is(made.func, "dict") and not made.args:
        if any(k.arg is None for k in made.keywords):
            return None
        keys = [ast.Constant(k.arg) for k in made.keywords]
        values = [k.value for k in made.keywords]
    else:
        return None
    pairs = [
        (key, _taken(value, f"{name}[{ast.unparse(key)}]", names))
        for key, value in zip(keys, values, strict=True)
        if key is not None
    ]
    if method == "items":
        return [_tuple(key, value) for key, value in pairs]
    if method in ("keys", "values"):
        return [pair[method == "values"] for pair in pairs]
    return None


def _taken(node: ast.expr, where: str, names: _Names) -> ast.expr:
    """Return what gives an element again: itself, or taken from where it is."""
    if _is_plain(node, names.is_fixed):
        return node
    if isinstance(node, ast.Tuple):
        parts = [_taken(e, f"{where}[{at}]", names) for at, e in enumerate(node.elts)]
        return ast.Tuple(parts, ast.Load())
    return ast.parse(where, mode="eval").body


def _is_plain(node: ast.expr, is_fixed: Callable[[str], bool]) -> bool:
    """Tell whether evaluating an expression again gives the same object, or an equal constant."""
    return all(
        is_fixed(n.id) if isinstance(n, ast.Name) else isinstance(n, _PLAIN) for n in _parts(node)
    )


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    return (n for n in ast.walk(node) if not isinstance(n, ast.expr_context | ast.unaryop))


def _tuple(*parts: ast.expr) -> ast.Tuple:
    return ast.Tuple(list(parts), ast.Load())
