"""The notebook's cells in the plain form that the export reads.

Each change gives code that does the same; the replay shows it, because the model
must have the notebook's fingerprint. Where it has not, the cells are taken as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from notewright.packaging.datasets import Named, name_tables
from notewright.packaging.editing import Editing
from notewright.packaging.functions import Rule, with_rule
from notewright.packaging.inlining import inlined
from notewright.packaging.lambdas import without_lambdas
from notewright.packaging.naming import with_name
from notewright.packaging.remote import with_tables_named
from notewright.packaging.reserved import without_reserved
from notewright.packaging.roles import cross_validated
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, statements
from notewright.packaging.stopwatches import without_stopwatches


def canonical(
    cells: Sequence[CellSource], target: str = "", refit: bool = False, function: bool = False
) -> Named:
    """Return the cells with calls opened up, and a name for every table and model input.

    Parameters
    ----------
    cells : sequence of CellSource
        The executed cells.
    target : str
        The model's name.
    refit : bool
        It was only cross-validated, and is to be fitted on all rows it was given there.
    function : bool
        It is a plain function.
    """
    cells, rule = with_rule(cells, target) if function else (list(cells), None)
    opened = _without_with(_unrolled(without_lambdas(inlined(without_stopwatches(cells)))))
    named = name_tables(with_tables_named(_one_by_one(opened)))
    if refit:
        _fit_at_the_end(named, target)
    model = rule.model if rule else target
    named.cells = without_reserved(named.cells, model)
    _take(named, rule)
    named.cells = [_with_named_input(cell, named.cells, model) for cell in named.cells]
    return named


def as_written(cells: Sequence[CellSource], target: str = "", function: bool = False) -> Named:
    """Return the cells as they are, but for a name for the model's input."""
    cells, rule = with_rule(cells, target) if function else (list(cells), None)
    model = rule.model if rule else target
    named = Named([_with_named_input(cell, cells, model) for cell in cells])
    _take(named, rule)
    return named


def _take(named: Named, rule: Rule | None) -> None:
    named.rule = rule
    if rule is not None:
        named.findings.append(rule.finding)


def _fit_at_the_end(named: Named, target: str) -> None:
    program = Program(statements(named.cells))
    judged = cross_validated(program, target)
    if judged is None:
        return
    index, call = judged
    statement = program.body[index]
    x, y = (ast.unparse(a) for a in call.args[1:3])
    code = f"{target}.fit({x}, {y})"
    named.cells.append(CellSource(code, statement.cell.label, places=(statement.place,)))
    named.findings.append(
        f"The notebook never fitted '{target}'; as was asked, it was fitted on all of {x} and {y}, "
        f"on which it was cross-validated in {statement.place}."
    )


def _without_with(cells: Sequence[CellSource]) -> list[CellSource]:
    """Take the statements out of a ``with`` that only opens a connection to read from."""
    made = []
    for cell in cells:
        edit = Editing(cell)
        for node in edit.body:
            if isinstance(node, ast.With) and _connects(node) and edit.whole_lines(node):
                item = node.items[0]
                assert item.optional_vars is not None
                opened = f"{ast.unparse(item.optional_vars)} = {ast.unparse(item.context_expr)}"
                inside = [line for n in node.body for line in ast.unparse(n).splitlines()]
                edit.put(node, [opened, *inside])
        made.append(edit.done())
    return made


def _unrolled(cells: Sequence[CellSource]) -> list[CellSource]:
    """Write ``[m.fit(X, y).score(X, y) for m in (a, b)]`` for each model by itself."""
    made = []
    for cell in cells:
        edit = Editing(cell)
        for node in edit.body:
            for part in ast.walk(node):
                if isinstance(part, ast.ListComp) and part.lineno == part.end_lineno:
                    each = _each_fitted(part)
                    if each:
                        edit.part(part, f"[{', '.join(each)}]")
                        break
        made.append(edit.done())
    return made


def _each_fitted(node: ast.ListComp) -> list[str]:
    """Return the elements of a list over named models that are fitted there; else none."""
    first = node.generators[0]
    if len(node.generators) != 1 or first.ifs or first.is_async:
        return []
    models = first.iter.elts if isinstance(first.iter, ast.Tuple | ast.List) else []
    names = [model.id for model in models if isinstance(model, ast.Name)]
    if not isinstance(first.target, ast.Name) or len(names) < len(models):
        return []
    inner = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    parts = list(ast.walk(node.elt))
    if any(isinstance(n, inner | ast.NamedExpr) for n in parts) or not any(
        isinstance(n, ast.Attribute) and n.attr == "fit" for n in parts
    ):
        return []
    return [ast.unparse(with_name(node.elt, first.target.id, name)) for name in names]


def _one_by_one(cells: Sequence[CellSource]) -> list[CellSource]:
    """Make ``X, y = df[names], df["y"]`` two statements, for one may be about the target."""
    made = []
    for cell in cells:
        edit = Editing(cell)
        for node in edit.body:
            if not isinstance(node, ast.Assign) or not edit.whole_lines(node):
                continue
            target, value = node.targets[0], node.value
            if (
                len(node.targets) == 1
                and isinstance(target, ast.Tuple)
                and isinstance(value, ast.Tuple)
                and len(target.elts) == len(value.elts)
                and _independent(target, value)
            ):
                pairs = zip(target.elts, value.elts, strict=True)
                edit.put(node, [f"{ast.unparse(t)} = {ast.unparse(v)}" for t, v in pairs])
        made.append(edit.done())
    return made


def _independent(target: ast.Tuple, value: ast.Tuple) -> bool:
    """Tell whether no value reads a name that an earlier target is, or is a part of."""
    plain = [t.id for t in target.elts if isinstance(t, ast.Name)]
    parts = [
        t.value.id
        for t in target.elts
        if isinstance(t, ast.Subscript)
        and isinstance(t.value, ast.Name)
        and isinstance(t.slice, ast.Constant)
    ]
    every = len(plain) + len(parts) == len(target.elts) and len(set(plain)) == len(plain)
    if not every or {*plain} & {*parts}:
        return False
    return not any(
        _names(t) & _names(later)
        for n, t in enumerate(target.elts)
        for later in value.elts[n + 1 :]
    )


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _connects(node: ast.With) -> bool:
    reads = any(
        isinstance(n, ast.Attribute) and n.attr.startswith("read_sql") for n in ast.walk(node)
    )
    return reads and len(node.items) == 1 and isinstance(node.items[0].optional_vars, ast.Name)


def _with_named_input(cell: CellSource, cells: Sequence[CellSource], model: str) -> CellSource:
    """Give the model's input a name where it was fitted on an expression."""
    edit = Editing(cell)
    taken = {n.id for c in cells for n in ast.walk(ast.parse(c.code)) if isinstance(n, ast.Name)}
    for node in reversed(edit.body):
        calls = [
            n
            for n in ast.walk(node)
            if isinstance(n, ast.Call)
            and (_fits_with_target(n) or _fits(n, node, model))
            and not isinstance(n.args[0], ast.Name)
        ]
        if not calls or isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.While):
            continue
        argument = calls[-1].args[0]
        name = next((n for n in ("X", "X_train", "X_fit", "inputs") if n not in taken), None)
        text = ast.get_source_segment(cell.code, argument)
        if name is None or text is None or argument.lineno != argument.end_lineno:
            continue
        edit.part(argument, name)
        if edit.whole_lines(node):
            edit.before(node, [f"{name} = {text}"])
        else:  # what stands before it in the line may make what `text` reads
            edit.part_at(node.lineno, node.col_offset, node.col_offset, f"{name} = {text}; ")
        return edit.done()
    return cell


def _fits_with_target(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "fit" and len(call.args) == 2


def _fits(call: ast.Call, statement: ast.stmt, model: str) -> bool:
    """Tell whether a call fits the model itself: ``model.fit(…)``, ``model = PCA().fit(…)``."""
    if not isinstance(call.func, ast.Attribute) or not call.args:
        return False
    fits = call.func.attr in ("fit", "fit_transform", "fit_predict")
    bound = statement.targets if isinstance(statement, ast.Assign) else []
    names = [call.func.value, *(bound if call.func.attr == "fit" else [])]
    return fits and any(isinstance(n, ast.Name) and n.id == model for n in names)
