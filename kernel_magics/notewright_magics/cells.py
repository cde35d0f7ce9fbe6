"""A cell as typed, as plain Python: magics and shell lines become comments."""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass
from functools import cache

from IPython.core.inputtransformer2 import TransformerManager

#: Cell magics whose body is ordinary Python that runs in the user's namespace.
_PYTHON_BODY = {"time", "timeit", "capture", "prun", "nw"}
#: Line magics whose argument is ordinary Python.
_PYTHON_LINE = {"time", "timeit", "prun"}
_CELL_MAGIC = re.compile(r"\s*%%(?P<name>\w+)(?P<line>[^\n]*)\n?(?P<body>.*)\Z", re.DOTALL)


@dataclass(frozen=True)
class CellMagic:
    """The first line of a ``%%`` cell, and the rest."""

    name: str
    line: str
    body: str


def cell_magic(source: str) -> CellMagic | None:
    """Return the cell magic that `source` starts with, or None."""
    found = _CELL_MAGIC.match(source)
    return CellMagic(found["name"], found["line"].strip(), found["body"]) if found else None


def plain_code(source: str) -> str:
    r"""Return `source` as Python without IPython.

    Examples
    --------
    >>> print(plain_code("%matplotlib inline\nx = 1\n!ls"))
    # %matplotlib inline
    x = 1
    # !ls
    """
    magic = cell_magic(source)
    if magic is not None:
        if magic.name in _PYTHON_BODY:
            return plain_code(magic.body)
        return "".join(f"# {line}\n" for line in source.splitlines())
    transformed = _transformer().transform_cell(source)
    try:
        tree = ast.parse(transformed)
    except SyntaxError:
        return transformed
    lines = transformed.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and (call := _shell_call(node.value)):
            _replace(lines, node, call)
    return "\n".join(lines)


@cache
def _transformer() -> TransformerManager:
    return TransformerManager()


def _shell_call(node: ast.expr) -> tuple[str, list[str]] | None:
    """Return the method and arguments of ``get_ipython().method('…')``, or None."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    owner = node.func.value
    if not (
        isinstance(owner, ast.Call)
        and isinstance(owner.func, ast.Name)
        and owner.func.id == "get_ipython"
    ):
        return None
    return node.func.attr, [str(a.value) for a in node.args if isinstance(a, ast.Constant)]


def _replace(lines: list[str], node: ast.Expr, call: tuple[str, list[str]]) -> None:
    method, arguments = call
    words = " ".join(arguments)
    indent = " " * node.col_offset
    if method == "run_line_magic" and arguments[0] in _PYTHON_LINE:
        text = indent + re.sub(r"^(-\w+\s+\S+\s+)*", "", arguments[-1])
    else:
        sign = {"run_line_magic": "%", "system": "!", "getoutput": "!!"}.get(method, "")
        text = f"{indent}pass  # {sign}{words}" if indent else f"# {sign}{words}"
    lines[node.lineno - 1] = text
    for at in range(node.lineno, node.end_lineno or node.lineno):
        lines[at] = ""


def is_only_nw(source: str) -> bool:
    r"""Tell whether a cell is nothing but ``%nw`` lines.

    Examples
    --------
    >>> is_only_nw("%nw restore HEAD~1"), is_only_nw("%nw status\nx = 1"), is_only_nw("")
    (True, False, False)
    """
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return bool(lines) and all(re.match(r"%nw(\s|\Z)", line) for line in lines)


def split_words(line: str) -> list[str]:
    """Return the words of a magic's line as a shell would, quotes taken off."""
    return shlex.split(line, comments=False, posix=True)
