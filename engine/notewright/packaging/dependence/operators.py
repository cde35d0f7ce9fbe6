"""Which special methods an operator calls."""

from __future__ import annotations

import ast

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.BitAnd: "and",
}
_UNARY: dict[type[ast.unaryop], tuple[str, ...]] = {
    ast.UAdd: ("__pos__",),
    ast.USub: ("__neg__",),
    ast.Invert: ("__invert__",),
    ast.Not: ("__bool__", "__len__"),
}
#: All of them, because ``functools.total_ordering`` makes some from others.
COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")


def binary(operator: ast.operator, *, in_place: bool = False) -> tuple[str, ...]:
    """Return the methods that may be called for ``a + b``, or ``a += b``, and the like.

    Examples
    --------
    >>> binary(ast.Add())
    ('__add__', '__radd__')
    """
    name = _BINARY[type(operator)]
    both = (f"__{name}__", f"__r{name}__")
    return (f"__i{name}__", *both) if in_place else both


def unary(operator: ast.unaryop) -> tuple[str, ...]:
    """Return the methods that may be called for ``-a`` and the like."""
    return _UNARY[type(operator)]
