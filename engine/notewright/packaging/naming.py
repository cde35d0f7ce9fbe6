"""Names for learned values and settings, from the words of the code."""

from __future__ import annotations

import ast
import copy
import keyword
import re
from collections.abc import Iterable
from typing import TypeVar

_RESERVED = frozenset(
    [
        "learned",
        "settings",
        "rows",
        "raw",
        "model",
        "features",
        "predict",
        "folder",
        "table_categories",
        "column_categories",
        "as_categories",
        "as_category",
        "deepcopy",
        "conform",
        "prepare",
        "load",
        "train",
        "evaluate",
        # A setting `read` would hide `Settings.read`; the variable for `cache` has its own meaning.
        "read",
        "cache",
    ]
)


class Names:
    """Hands out names that nothing else uses."""

    def __init__(self, used: Iterable[str] = ()) -> None:
        self._used = set(used) | _RESERVED

    def fresh(self, words: str) -> str:
        """Return `words` as an identifier, with a number if it is taken.

        Examples
        --------
        >>> names = Names(["age_mean"])
        >>> names.fresh("age mean"), names.fresh("Total (EUR)")
        ('age_mean_2', 'total_eur')
        """
        return fresh_name(identifier(words), self._used)


def identifier(words: str) -> str:
    """Return `words` as a lower-case Python identifier."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words)
    text = re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_").lower() or "value"
    if text[0].isdigit() or keyword.iskeyword(text):
        text = f"value_{text}"
    return text[:48].rstrip("_")


#: Attributes of tables that are no columns.
_NO_COLUMNS = ("T", "at", "columns", "iloc", "index", "loc", "shape", "size", "values")


def words_for(node: ast.expr) -> str:
    """Return words that describe the value of an expression.

    Examples
    --------
    >>> words_for(ast.parse('df["amount"].median()', mode="eval").body)
    'amount median'
    >>> words_for(ast.parse("df.amount.median()", mode="eval").body)
    'amount median'
    """
    parts: list[str] = []
    for item in ast.walk(node):
        if isinstance(item, ast.Constant) and isinstance(item.value, str) and len(item.value) < 40:
            parts.append(item.value)
    method = ""
    current: ast.expr = node
    while isinstance(current, ast.Subscript | ast.Call | ast.Attribute):
        if isinstance(current, ast.Call):
            function = current.func
            if isinstance(function, ast.Attribute) and not method:
                method = function.attr
            elif isinstance(function, ast.Name) and not method:
                method = function.id
            current = function.value if isinstance(function, ast.Attribute) else function
        else:
            if (
                isinstance(current, ast.Attribute)
                and isinstance(current.value, ast.Name)
                and current.attr not in _NO_COLUMNS
            ):
                parts.append(current.attr)
            current = current.value
    if method in ("fit", "agg", "reset_index"):
        inner = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
        classes = [f.id for f in inner if isinstance(f, ast.Name) and f.id[:1].isupper()]
        method = classes[0] if classes else ("by" if method != "fit" else "fitted")
    unique = list(dict.fromkeys(reversed(parts)))[:2]
    return " ".join([*unique, method]).strip() or "value"


def fresh_name(name: str, taken: set[str]) -> str:
    """Return a name, with a number if it is taken, and take it.

    Examples
    --------
    >>> taken = {"table"}
    >>> fresh_name("table", taken), fresh_name("table", taken)
    ('table_2', 'table_3')
    """
    free = name
    number = 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free


_Node = TypeVar("_Node", bound=ast.AST)


def with_name(node: _Node, old: str, new: str) -> _Node:
    """Return a copy of a piece of code with another name in the place of one.

    Examples
    --------
    >>> ast.unparse(with_name(ast.parse("a.fit(b)"), "a", "c"))
    'c.fit(b)'
    """

    class Renamer(ast.NodeTransformer):
        def visit_Name(self, item: ast.Name) -> ast.Name:
            if item.id != old:
                return item
            return ast.copy_location(ast.Name(new, item.ctx), item)

    changed: _Node = Renamer().visit(copy.deepcopy(node))
    return changed
