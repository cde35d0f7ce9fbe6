"""A bare PyTorch module as a model: the function that asks it about rows.

A module takes tensors, and what its rows are is said only where the notebook makes them:
``X_tensor = torch.tensor(X.values, dtype=torch.float32)``, then ``net(X_tensor)``. The export
writes the function that does both, without gradients and in evaluation mode, and goes on with
that as with any plain function of the notebook.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.errors import ExportFailed, NotAModel, ReplayFailed
from notewright.packaging.calls import is_split
from notewright.packaging.editing import Editing
from notewright.packaging.effects import free_names
from notewright.packaging.reading import Reading
from notewright.packaging.source import CellSource, Statement

if TYPE_CHECKING:
    from notewright.packaging.plan import Plan

#: What makes a tensor of an array or a table.
_MAKES = frozenset(
    f"torch.{name}"
    for name in ("tensor", "as_tensor", "from_numpy", "asarray", "Tensor", "FloatTensor")
)
#: What leaves a tensor's rows as they are.
_SAME_ROWS = frozenset(["clone", "contiguous", "cpu", "detach", "double", "float", "to"])
_WAY = (
    "How rows become its tensors, and its output a prediction, is said where it is called: put "
    "that into a function, `def predict(rows): ...`, call it on a table and export the function; "
    "the module goes with it."
)


@dataclass(frozen=True)
class Asked:
    """The cells with a function that asks a module.

    Parameters
    ----------
    cells : tuple of CellSource
        The cells; the last one defines the function and calls it.
    function : str
        The function's name.
    variable : str
        The notebook's variable that holds the module.
    tensor : str
        How rows become the module's input.
    """

    cells: tuple[CellSource, ...]
    function: str
    variable: str
    tensor: str

    @property
    def finding(self) -> str:
        """What the package's owner should know."""
        return (
            f"'{self.variable}' is a PyTorch module. The package answers its output for "
            f"`{self.tensor}`, without gradients and in evaluation mode; what the notebook does "
            "with the output afterwards (a sigmoid, a class for each row, metrics) is not in it. "
            "Export a function that does it to have that too."
        )

    def renamed(self, found: Iterator[Plan]) -> Iterator[Plan]:
        """Yield plans for the function as what they are to the user: ones for the module.

        Raises
        ------
        ExportFailed
            If the module cannot be asked for one tensor.
        """
        try:
            for made in found:
                said = made.rule.finding if made.rule else ""
                made.findings = [self.finding if f == said else f for f in made.findings]
                yield made
        except ReplayFailed as failed:
            raise self._refusal(failed) from None

    def _refusal(self, failed: ReplayFailed) -> ExportFailed:
        """Return what to tell where the cells failed in another process, perhaps in here."""
        if self.function not in failed.text:
            return failed
        return ExportFailed(
            f"'{self.variable}', given `{self.tensor}`, cannot be asked for one tensor of outputs: "
            f"{failed.error[:300]}.",
            _WAY,
        )

    def callable(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the notebook's variables with the function among them, made of the cell."""
        names = dict(variables)
        # The text that the export wrote, but for the call at its end.
        tree = ast.parse(self.cells[-1].code)
        tree.body.pop()
        exec(compile(tree, f"<{self.function}>", "exec"), names)  # noqa: S102
        return names

    def reads(self) -> set[str]:
        """Return the names that the function reads."""
        definition = ast.parse(self.cells[-1].code).body[-2]
        return free_names(definition)


def is_module(value: Any) -> bool:
    """Tell whether a value is a module of PyTorch, which is imported where there is one."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def asking(cells: Sequence[CellSource], variable: str) -> Asked:
    r"""Return the cells with a function that gives the module rows, as the notebook does.

    Parameters
    ----------
    cells : sequence of CellSource
        The executed cells.
    variable : str
        The variable that holds the module.

    Raises
    ------
    NotAModel
        If the cells do not show how rows become its input.

    Examples
    --------
    >>> code = "import torch\nXt = torch.tensor(X.values)\nnet = torch.nn.Linear(2, 1)\nnet(Xt)"
    >>> asked = asking([CellSource(code, "cell 1")], "net")
    >>> asked.function, asked.tensor
    ('net_output', 'torch.tensor(X.values)')
    """
    reading = _Calls(cells)
    for statement, argument in reading.calls(variable):
        made = reading.traced(argument, statement.index)
        if made is None:
            continue
        named = _with_named_rows(reading, made)
        if named is not None:
            return _asked(reading, variable, *named)
    raise NotAModel(variable, "PyTorch module", _WAY)


@dataclass(frozen=True)
class _Made:
    """A tensor, back to the array or table that it is made of."""

    #: The statement with the call that makes it.
    index: int
    #: What makes it, in one expression.
    tensor: ast.expr
    #: The array or table, within the statement.
    rows: ast.expr


class _Calls(Reading):
    """The notebook's statements, and what a module is given in them."""

    def calls(self, module: str) -> Iterator[tuple[Statement, ast.expr]]:
        """Yield what the module was called with, first where it was trained."""
        for statement in self.body:
            if isinstance(statement.node, ast.FunctionDef | ast.ClassDef):
                continue
            for node in ast.walk(statement.node):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == module
                    and len(node.args) == 1
                    and not node.keywords
                ):
                    yield statement, node.args[0]

    def traced(self, node: ast.expr, before: int) -> _Made | None:
        """Return what a tensor is made of, looking through choices of its rows."""
        if isinstance(node, ast.Name):
            return self._of_name(node.id, before)
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Tuple):
            return self.traced(node.value, before)
        if not isinstance(node, ast.Call):
            return None
        if (self.imports.dotted(node.func) or "") in _MAKES and node.args:
            return _Made(before, node, node.args[0])
        if isinstance(node.func, ast.Attribute) and node.func.attr in _SAME_ROWS:
            inner = self.traced(node.func.value, before)
            if inner is None:
                return None
            outer = copy.copy(node)
            outer.func = ast.Attribute(inner.tensor, node.func.attr, ast.Load())
            return _Made(inner.index, outer, inner.rows)
        return None

    def _of_name(self, name: str, before: int) -> _Made | None:
        batches = self._batches(name, before)
        if batches is not None:
            return self._of_batches(batches, before)
        index = self.last_binding(name, before)
        node = self.body[index].node if index is not None else None
        if index is None or not isinstance(node, ast.Assign) or len(node.targets) != 1:
            return None
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Name):
            return self.traced(value, index)
        if isinstance(target, ast.Tuple) and is_split(self.imports, value):
            places = [n for n, e in enumerate(target.elts) if isinstance(e, ast.Name)]
            at = next((n for n in places if target.elts[n].id == name), None)  # type: ignore[attr-defined]
            if at is not None and isinstance(value, ast.Call) and at // 2 < len(value.args):
                return self.traced(value.args[at // 2], index)
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for each, given in zip(target.elts, value.elts, strict=False):
                if isinstance(each, ast.Name) and each.id == name:
                    return self.traced(given, index)
        return None

    def _batches(self, name: str, index: int) -> ast.expr | None:
        """Return what a loop in a statement goes through to give `name`: ``for x, y in loader``."""
        if index >= len(self.body):
            return None
        for node in ast.walk(self.body[index].node):
            if not isinstance(node, ast.For) or not isinstance(node.target, ast.Tuple):
                continue
            first = node.target.elts[0]
            if isinstance(first, ast.Name) and first.id == name:
                return node.iter
        return None

    def _of_batches(self, node: ast.expr, before: int) -> _Made | None:
        """Return what the first tensor of a ``DataLoader`` is made of."""
        for _ in range(4):
            if isinstance(node, ast.Name):
                index = self.last_binding(node.id, before)
                bound = self.body[index].node if index is not None else None
                if index is None or not isinstance(bound, ast.Assign):
                    return None
                node, before = bound.value, index
            path = self.imports.dotted(node.func) if isinstance(node, ast.Call) else None
            if not isinstance(node, ast.Call) or not node.args or path is None:
                return None
            if path.endswith(".TensorDataset"):
                return self.traced(node.args[0], before)
            if not path.endswith(".DataLoader"):
                return None
            node = node.args[0]
        return None

    def is_final(self, name: str, after: int) -> bool:
        """Tell whether nothing binds or changes a variable after a statement."""
        return not any(name in e.binds | e.changes for e in self.effects[after + 1 :])

    def imported(self, names: set[str]) -> list[str]:
        """Return the import statements that bind some of the names."""
        found = dict.fromkeys(
            ast.unparse(s.node)
            for s in self.body
            if isinstance(s.node, ast.Import | ast.ImportFrom) and names & self.binds(s.index)
        )
        return list(found)


def _with_named_rows(
    reading: _Calls, made: _Made
) -> tuple[list[CellSource], str, str, Statement] | None:
    """Return the cells with a name for the rows, that name, and the tensor made of it."""
    statement = reading.body[made.index]
    name = _plain_rows(made.rows)
    if name and reading.is_final(name, made.index):
        return reading.cells, name, ast.unparse(made.tensor), statement
    rows, edit = made.rows, Editing(statement.cell)
    text = ast.get_source_segment(statement.cell.code, rows)
    node = next((n for n in edit.body if n.lineno == statement.node.lineno), None)
    if text is None or "\n" in text or not isinstance(node, ast.Assign | ast.Expr):
        return None
    if not edit.whole_lines(node):
        return None
    fresh = next(
        n for n in ("input_rows", "tensor_rows", "rows_of_tensor") if n not in reading.taken
    )
    edit.part(rows, fresh)
    edit.before(node, [f"{fresh} = {text}"])
    tensor = ast.unparse(_put(made.tensor, rows, ast.Name(fresh, ast.Load())))
    cells = [edit.done() if cell is statement.cell else cell for cell in reading.cells]
    return cells, fresh, tensor, statement


def _plain_rows(rows: ast.expr) -> str:
    """Return the table in ``X``, ``X.values`` and ``X.to_numpy()``, or ``""``."""
    if isinstance(rows, ast.Call) and not rows.args and not rows.keywords:
        called = rows.func
        rows = called.value if isinstance(called, ast.Attribute) else rows
        if not isinstance(called, ast.Attribute) or called.attr != "to_numpy":
            return ""
    elif isinstance(rows, ast.Attribute):
        if rows.attr != "values":
            return ""
        rows = rows.value
    return rows.id if isinstance(rows, ast.Name) else ""


def _put(tree: ast.expr, old: ast.expr, new: ast.expr) -> ast.expr:
    """Return a copy of `tree` with `old` (the very object) replaced."""
    copies: dict[int, Any] = {}
    copied = copy.deepcopy(tree, copies)

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return new if node is copies[id(old)] else self.generic_visit(node)

    made: ast.expr = Put().visit(copied)
    return made


def _asked(
    reading: _Calls,
    variable: str,
    cells: Sequence[CellSource],
    table: str,
    tensor: str,
    statement: Statement,
) -> Asked:
    function = f"{variable}_output"
    while function in reading.taken:
        function += "_"
    imports = reading.imported({*free_names(ast.parse(tensor)), "torch"})
    lines = [
        *imports,
        *(["import torch"] if "import torch" not in imports else []),
        "",
        "",
        f"def {function}({table}):",
        f'    """What the module `{variable}` gives for rows of its input."""',
        f"    {variable}.eval()",
        "    with torch.no_grad():",
        f"        output = {variable}({tensor}).detach().cpu().numpy()",
        "    return output[:, 0] if output.ndim == 2 and output.shape[1] == 1 else output",
        "",
        "",
        f"{function}({table})",
    ]
    code = "\n".join(lines)
    places = (statement.place,) * len(lines)
    new = CellSource(code, statement.cell.label, places=places, stands_for=variable)
    return Asked((*cells, new), function, variable, tensor)
