"""The code of executed cells as syntax trees, and what its calls call by their full names."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from notewright.governance.checks.evidence import Cell

#: Magics whose cell is Python all the same.
_PYTHON_CELLS = frozenset({"capture", "nw", "prun", "time", "timeit"})
_MAGIC = re.compile(r"^(\s*)(?:[%!]|\?).*$", re.M)
_MAGIC_VALUE = re.compile(r"^(\s*[\w, ]+?\s*=\s*)[%!].*$", re.M)
_HELP = re.compile(r"^(\s*)[\w.]+\?{1,2}\s*$", re.M)
_SHELL = re.compile(
    r"^\s*(?:[\w, ]+?\s*=\s*)?(?:!|%{1,2}(?:sx|sc|system)\s|%(?=(?:pip|conda|mamba|uv)\s))\s*(.+)$"
)


@dataclass(frozen=True)
class Code:
    """One cell as a syntax tree.

    Parameters
    ----------
    cell : Cell
        The cell.
    tree : ast.Module
        Its code; empty where it is no Python, which then did not run as such.
    """

    cell: Cell
    tree: ast.Module


def codes(cells: Iterable[Cell]) -> list[Code]:
    """Return the cells as syntax trees, in order."""
    return [Code(cell, parsed(cell.source)) for cell in cells]


def parsed(source: str) -> ast.Module:
    r"""Return the syntax tree of a cell, nothing in place of magics.

    Examples
    --------
    >>> ast.unparse(parsed("%matplotlib inline\nfiles = !ls\nx = 5"))
    'pass\nfiles = None\nx = 5'
    >>> parsed("%%bash\nls").body, parsed("a b").body
    ([], [])
    """
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        if first[2:].split(" ", 1)[0] not in _PYTHON_CELLS:
            return ast.Module([], [])
        source = rest
    code = _MAGIC_VALUE.sub(r"\1None", source)
    code = _HELP.sub(r"\1pass", _MAGIC.sub(r"\1pass", code))
    for text in (source, code):  # a line of Python may begin with `%` too
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return ast.Module([], [])


def shell_lines(source: str) -> list[str]:
    r"""Return what a cell gives to the shell, or to a package manager.

    Examples
    --------
    >>> shell_lines("!wget https://example.org/a.csv\n%pip install polars\nx = 1")
    ['wget https://example.org/a.csv', 'pip install polars']
    """
    lines = source.replace("\\\n", " ").splitlines()
    first = lines[0].strip() if lines else ""
    if first.split(" ", 1)[0] in ("%%bash", "%%sh", "%%script", "%%!"):
        return [line.strip() for line in lines[1:] if line.strip()]
    return [found[1].strip() for line in lines if (found := _SHELL.match(line))]


class Names:
    """What the names in cells stand for, by what was imported so far.

    Examples
    --------
    >>> names = Names()
    >>> tree = ast.parse("import numpy as np; from torch import load as get; np.random.rand(get)")
    >>> for statement in tree.body: names.note(statement)
    >>> call = tree.body[-1].value
    >>> names.path(call.func), names.path(call.args[0])
    ('numpy.random.rand', 'torch.load')
    """

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}

    def note(self, node: ast.AST) -> None:
        """Learn from an import, and from a name that is bound to something else."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                self._paths[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                self._paths[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._paths.pop(node.name, None)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self._bind(target.id, node.value)

    def _bind(self, name: str, value: ast.expr) -> None:
        path = self.path(value) if isinstance(value, ast.Attribute | ast.Name) else ""
        if path and self.is_imported(value):
            self._paths[name] = path
        else:
            self._paths.pop(name, None)

    def is_imported(self, node: ast.expr) -> bool:
        """Tell whether a name or attribute comes from an import."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self._paths

    def path(self, node: ast.expr) -> str:
        """Return the full name of what is called, or as it is written; empty if it has none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ".".join(["?", *reversed(parts)]) if parts else ""
        return ".".join([self._paths.get(node.id, node.id), *reversed(parts)])


def imported_modules(cells: Iterable[Code]) -> dict[str, str]:
    """Return the top-level modules that cells import, each with the label of the first cell."""
    found: dict[str, str] = {}
    for code in cells:
        for node in ast.walk(code.tree):
            for module in _modules(node):
                found.setdefault(module, code.cell.label)
    return found


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return what a call gives for a keyword, or None."""
    return next((k.value for k in call.keywords if k.arg == name), None)


def is_constant(node: ast.expr | None, value: object) -> bool:
    """Tell whether an expression is this very constant."""
    return isinstance(node, ast.Constant) and node.value is value
