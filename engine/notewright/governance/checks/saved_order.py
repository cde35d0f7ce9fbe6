"""Whether a saved notebook, run from top to bottom, would do what it did when it was run."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from notewright.governance.checks.cell_order import Trouble
from notewright.governance.checks.document_order import SHELLS, Place
from notewright.governance.checks.needed_names import definitions, needed

#: Magics that bind no variable.
_HARMLESS = frozenset({
    "autoreload", "bash", "cd", "conda", "config", "env", "html", "javascript", "load_ext",
    "markdown", "matplotlib", "nw", "pip", "precision", "prun", "pwd", "reload_ext", "sh", "svg",
    "system", "time", "timeit", "who", "whos", "writefile", "xmode",
})  # fmt: skip
_MAGIC = re.compile(r"^\s*%{1,2}(\w+)", re.M)
#: Functions that bind names that stand nowhere.
_BINDERS = frozenset({"exec", "globals", "locals", "setattr", "vars"})
_GIVEN = SHELLS | set(dir(builtins)) | {"get_ipython"}


def ran_otherwise(places: Sequence[Place]) -> Iterator[Trouble]:
    """Yield the cells that ran before one that stands above them, by the numbers they ran as.

    Cells without a number, such as those whose outputs were cleared, are passed over.

    Examples
    --------
    >>> cells = [Place(0, None, "x = 1", 4), Place(1, None, "x += 1", 2)]
    >>> [trouble.cells for trouble in ran_otherwise(cells)]
    [('cell [2] `x += 1`', 'cell [4] `x = 1`')]
    """
    for above, below in pairwise(p for p in places if p.count is not None):
        assert above.count is not None
        assert below.count is not None
        if below.count < above.count:
            yield Trouble(
                below.label,
                f"{below.label[:1].upper()}{below.label[1:]} ran before {above.label}, which "
                "stands above it.",
                "Restart the kernel, run the notebook from top to bottom, and save it.",
                (below.label, above.label),
            )


def unmade_names(places: Sequence[Place]) -> Iterator[Trouble]:
    """Yield the variables that a cell uses and that no cell above it makes.

    Nothing is said of what comes below code that binds names which stand nowhere (`exec`, a star
    import, `%run`).

    Examples
    --------
    >>> cells = [Place(0, None, "y = x", 1), Place(1, None, "x = 1", 2)]
    >>> [trouble.name for trouble in unmade_names(cells)]
    ['x']
    """
    trees = [_Bare().visit(ast.parse(ast.unparse(place.tree))) for place in places]
    known: dict[str, frozenset[str]] = {}
    for tree in trees:
        # A mention of a class calls none of its methods yet.
        functions = [node for node in tree.body if not isinstance(node, ast.ClassDef)]
        known |= definitions(ast.Module(functions, []))
    there: set[str] = set(_GIVEN)
    told: set[str] = set()
    for place, tree in zip(places, trees, strict=True):
        if _binds_unseen(place):
            return
        for name in sorted(needed(tree, known, later=False) - there - told):
            if name.startswith("_"):
                continue
            told.add(name)
            yield _unmade(name, place, any(name in other.makes for other in places))
        there |= place.makes


class _Bare(ast.NodeTransformer):
    """Takes annotations off, which may name what is made later."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        return ast.Pass() if node.value is None else ast.Assign([node.target], node.value, lineno=1)


def _unmade(name: str, place: Place, below: bool) -> Trouble:
    where = "is made only further down" if below else "no cell makes"
    return Trouble(
        name,
        f"{place.label[:1].upper()}{place.label[1:]} uses `{name}`, which {where}: the notebook "
        "stops there when it is run from top to bottom.",
        f"Move the cell that makes `{name}` above it."
        if below
        else f"Write the cell that makes `{name}`, and run the notebook from the top.",
        (place.label,),
    )


def _binds_unseen(place: Place) -> bool:
    if any(name not in _HARMLESS for name in _MAGIC.findall(place.source)):
        return True
    for node in ast.walk(place.tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return True
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id in _BINDERS:
            return True
    return False
