"""Calls of the notebook's own functions as the statements inside them.

A function that reads a table, splits it, fits something or learns a value from
all rows has no meaning for one raw row as a whole, but its statements have.
Functions that only compute each row stay functions.
"""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from notewright.packaging.editing import Editing
from notewright.packaging.source import CellSource

#: A function that calls one of these is about more than one row.
_ABOUT_ALL_ROWS = frozenset(
    [
        "cut",
        "drop_duplicates",
        "dropna",
        "factorize",
        "fit",
        "fit_predict",
        "fit_transform",
        "get_dummies",
        "groupby",
        "max",
        "mean",
        "median",
        "merge",
        "min",
        "mode",
        "predict",
        "predict_proba",
        "qcut",
        "quantile",
        "query",
        "read_csv",
        "read_excel",
        "read_feather",
        "read_json",
        "read_parquet",
        "read_pickle",
        "read_sql",
        "read_sql_query",
        "read_sql_table",
        "read_table",
        "sample",
        "score",
        "std",
        "sum",
        "train_test_split",
        "value_counts",
        "var",
    ]
)
#: Calls inside calls are opened up to this depth.
_DEPTH = 8


@dataclass(frozen=True)
class _Function:
    node: ast.FunctionDef
    cell: CellSource


def inlined(cells: Sequence[CellSource]) -> list[CellSource]:
    r"""Return the cells with such calls opened up, wherever they are statements by themselves.

    Examples
    --------
    >>> code = "def load(path):\n    df = pd.read_csv(path)\n    return df\ntable = load('a.csv')"
    >>> inlined([CellSource(code, "cell 1")])[0].code.splitlines()[-1]
    "table = pd.read_csv('a.csv')"
    """
    trees = [ast.parse(c.code) for c in cells]
    taken = {n for tree in trees for n in _bound(tree)}
    columns = {c for tree in trees for c in _left_out(tree)}
    functions: dict[str, _Function] = {}
    made = []
    for cell in cells:
        for _ in range(_DEPTH):
            known = dict(functions)
            new = _unnested(_without_branches(cell), known, taken, columns)
            new = _open_calls(new, known, taken, columns)
            if new is cell:
                break
            cell = new
        functions = known
        made.append(cell)
    return made


def _without_branches(cell: CellSource) -> CellSource:
    """Return the cell with what ``if __name__ == "__main__"`` or ``if True`` leads to."""
    edit = Editing(cell)
    lines = cell.code.splitlines()
    for node in edit.body:
        if not isinstance(node, ast.If):
            continue
        test = node.test
        main = any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(test))
        if not main and not (isinstance(test, ast.Constant) and isinstance(test.value, bool)):
            continue
        taken = node.body if main or test.value else node.orelse  # type: ignore[attr-defined]
        if not taken or taken[0].lineno == node.lineno or not edit.whole_lines(node):
            continue
        first, last = taken[0].lineno, taken[-1].end_lineno or taken[-1].lineno
        text = textwrap.dedent("\n".join(lines[first - 1 : last])).splitlines()
        edit.put(node, text, [cell.place(n) for n in range(first, last + 1)])
    return edit.done()


def _unnested(
    cell: CellSource, functions: dict[str, _Function], taken: set[str], columns: set[str]
) -> CellSource:
    """Return the cell with ``x = f(g(y))`` as two statements, where `g` is to be opened."""
    edit = Editing(cell)
    known = dict(functions)
    for node in edit.body:
        if isinstance(node, ast.FunctionDef):
            known[node.name] = _Function(node, cell)
            continue
        if not isinstance(node, ast.Expr | ast.Assign) or not edit.whole_lines(node):
            continue
        whole = _without_pipes(node.value, known, columns)
        inner = _first_to_open(whole, known, columns)
        if inner is not None and inner is not whole:
            name = _fresh(ast.unparse(inner.func), taken)
            taken.add(name)
            first = f"{name} = {ast.unparse(inner)}"
            # Evaluated first of all, so that it may as well have a statement of its own.
            inner.func, inner.args, inner.keywords = ast.Name(name, ast.Load()), [], []
            rest = ast.unparse(_with_value(node, whole)).replace(f"{name}()", name, 1)
            edit.put(node, [first, *rest.splitlines()])
        elif inner is not None and whole is not node.value:
            edit.put(node, ast.unparse(_with_value(node, whole)).splitlines())
    return edit.done()


def _with_value(node: ast.Expr | ast.Assign, value: ast.expr) -> ast.stmt:
    node.value = value
    return ast.fix_missing_locations(node)


def _without_pipes(node: ast.expr, functions: dict[str, _Function], columns: set[str]) -> ast.expr:
    """Return ``table.pipe(f, a)`` as ``f(table, a)``, where `f` is the notebook's."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return node
    inner = _without_pipes(node.func.value, functions, columns)
    first = node.args[0] if node.args else None
    if node.func.attr == "pipe" and isinstance(first, ast.Name) and first.id in functions:
        return ast.Call(first, [inner, *node.args[1:]], node.keywords)
    if inner is node.func.value:
        return node
    function = ast.Attribute(inner, node.func.attr, ast.Load())
    return ast.Call(function, node.args, node.keywords)


def _first_to_open(
    node: ast.expr, functions: dict[str, _Function], columns: set[str]
) -> ast.Call | None:
    """Return the innermost call to open among those that are evaluated before all else."""
    found: ast.Call | None = None
    current: ast.expr | None = node
    while current is not None:
        following: ast.expr | None = None
        if isinstance(current, ast.Call):
            if isinstance(current.func, ast.Name) and current.func.id in functions:
                function = functions[current.func.id].node
                if _to_open(function, functions, columns):
                    found = current
            if isinstance(current.func, ast.Attribute):
                following = current.func.value
            elif current.args:
                following = current.args[0]
        elif isinstance(current, ast.Attribute | ast.Subscript):
            following = current.value
        current = following
    return found


def _to_open(node: ast.FunctionDef, functions: dict[str, _Function], columns: set[str]) -> bool:
    return _opens(node) and (
        _about_all_rows(node, functions, set()) or bool(_texts(node) & columns)
    )


def _open_calls(
    cell: CellSource, functions: dict[str, _Function], taken: set[str], columns: set[str]
) -> CellSource:
    edit = Editing(cell)
    for node in edit.body:
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = _Function(node, cell)
            continue
        call = getattr(node, "value", None)
        if not (
            isinstance(node, ast.Expr | ast.Assign)
            and isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id in functions
            and edit.whole_lines(node)
        ):
            continue
        function = functions[call.func.id]
        if not _to_open(function.node, functions, columns):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else []
        opened = _opened(function, call, targets, taken)
        if opened is not None:
            edit.put(node, *opened)
    return edit.done()


def _opens(node: ast.FunctionDef) -> bool:
    """Tell whether a function is its statements, one after the other, and a result at the end."""
    arguments = node.args
    if node.decorator_list or arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        return False
    last = node.body[-1]
    for item in _scope(node):
        if isinstance(item, ast.Yield | ast.YieldFrom | ast.Await | ast.Global | ast.Nonlocal):
            return False
        if isinstance(item, ast.Return) and item is not last:
            return False
        if isinstance(item, ast.FunctionDef | ast.ClassDef):
            return False
    return True


def _about_all_rows(node: ast.FunctionDef, functions: dict[str, _Function], seen: set[str]) -> bool:
    for item in ast.walk(node):
        if not isinstance(item, ast.Call):
            continue
        name = item.func.attr if isinstance(item.func, ast.Attribute) else _name(item.func)
        if name in _ABOUT_ALL_ROWS:
            return True
        inner = functions.get(name) if isinstance(item.func, ast.Name) else None
        if inner is not None and name not in seen:
            seen.add(name)
            if _about_all_rows(inner.node, functions, seen):
                return True
    return False


def _opened(
    function: _Function, call: ast.Call, targets: Sequence[ast.expr], taken: set[str]
) -> tuple[list[str], list[str]] | None:
    """Return the lines that stand for a call, and where they were written."""
    node = function.node
    given = _given(node, call)
    if given is None or len(targets) > 1:
        return None
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    last = body[-1] if body and isinstance(body[-1], ast.Return) else None
    result = last.value if last is not None else None
    stored = {
        n.id for n in _scope(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }
    texts = {n: ast.unparse(v) for n, v in given.items() if n not in stored and _plain(v)}
    wanted = _wanted(result, targets)
    outer = {n for item in body for n in _names(item)} - stored - set(given)
    outer |= {n for name in texts for n in _names(given[name])}
    bindings: list[tuple[str, str]] = []
    for name in sorted((stored | set(given)) - set(texts)):
        others = {n for o, v in given.items() if o != name and o not in texts for n in _names(v)}
        new = wanted.get(name)
        if new is None or new in outer | others:
            new = name if name not in taken | outer | others else _fresh(name, taken | outer)
        texts[name] = new
        if name in given and _name(given[name]) != new:
            bindings.append((new, ast.unparse(given[name])))
    lines = [f"{name} = {text}" for name, text in bindings]
    places = [function.cell.place(node.lineno)] * len(lines)
    renamed = _renamed(function, body, texts)
    if renamed is None:
        return None
    taken |= set(texts.values())
    for item in body:
        if item is last:
            continue
        text, first = renamed(item)
        lines += text
        places += [function.cell.place(first + n) for n in range(len(text))]
    if result is not None:
        text, first = renamed(result)
        ended = _ending(text, result, texts, targets)
        lines += ended
        places += [function.cell.place(first)] * len(ended)
    if not lines:
        return None
    return lines, places


def _given(node: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr] | None:
    """Return each parameter's argument or default, or None where that is not plain."""
    names = [a.arg for a in node.args.args]
    only = [a.arg for a in node.args.kwonlyargs]
    if any(isinstance(a, ast.Starred) for a in call.args) or len(call.args) > len(names):
        return None
    given: dict[str, ast.expr] = dict(
        zip(names[len(names) - len(node.args.defaults) :], node.args.defaults, strict=True)
    )
    given |= {n: d for n, d in zip(only, node.args.kw_defaults, strict=True) if d is not None}
    given |= dict(zip(names, call.args, strict=False))
    for keyword in call.keywords:
        if keyword.arg not in {*names, *only}:
            return None
        given[keyword.arg] = keyword.value
    return given if set(given) == {*names, *only} else None


def _wanted(result: ast.expr | None, targets: Sequence[ast.expr]) -> dict[str, str]:
    """Return which of the function's names are what the caller's names are bound to."""
    if result is None or not targets:
        return {}
    pairs = [(result, targets[0])]
    if isinstance(result, ast.Tuple) and isinstance(targets[0], ast.Tuple):
        pairs = list(zip(result.elts, targets[0].elts, strict=False))
    names = [_name(inner) for inner, _ in pairs]
    return {
        _name(inner): _name(outer)
        for inner, outer in pairs
        if _name(inner) and _name(outer) and names.count(_name(inner)) == 1
    }


def _ending(
    text: list[str], result: ast.expr, texts: dict[str, str], targets: Sequence[ast.expr]
) -> list[str]:
    """Return the lines that give the caller's names the function's result."""
    if not targets:
        return []
    target = targets[0]
    if (
        isinstance(result, ast.Tuple)
        and isinstance(target, ast.Tuple)
        and len(result.elts) == len(target.elts)
        and all(_name(e) in texts for e in result.elts)
    ):
        pairs = [
            (ast.unparse(t), texts[_name(e)]) for t, e in zip(target.elts, result.elts, strict=True)
        ]
        return [f"{outer} = {inner}" for outer, inner in pairs if outer != inner]
    words = "\n".join(text)
    if len(text) > 1:
        words = f"({words})"
    name = ast.unparse(target).strip("()") if isinstance(target, ast.Tuple) else ast.unparse(target)
    return [] if name == words else f"{name} = {words}".splitlines()


def _renamed(
    function: _Function, body: Sequence[ast.stmt], texts: dict[str, str]
) -> Callable[[ast.stmt | ast.expr], tuple[list[str], int]] | None:
    """Return a function that gives a node's lines with the names replaced; None if it cannot."""
    code = function.cell.code.splitlines()
    places: dict[int, list[tuple[int, int, str]]] = {}
    for statement in body:
        for name in _own_names(statement, frozenset()):
            if texts.get(name.id, name.id) == name.id:
                continue
            raw = code[name.lineno - 1].encode()[name.col_offset : name.end_col_offset]
            if raw.decode(errors="replace") != name.id:
                return None  # inside an f-string, whose parts have no places of their own
            end = name.end_col_offset or 0
            places.setdefault(name.lineno, []).append((name.col_offset, end, texts[name.id]))
        inside = [
            n
            for n in ast.walk(statement)
            if isinstance(n, ast.Constant | ast.JoinedStr) and n.lineno != n.end_lineno
        ]
        if inside:
            return None  # text over several lines would be moved with the code

    def lines(node: ast.stmt | ast.expr) -> tuple[list[str], int]:
        first, last = node.lineno, node.end_lineno or node.lineno
        made = []
        if isinstance(node, ast.stmt):
            while first > 1 and code[first - 2].strip().startswith("#"):
                first -= 1
        for number in range(first, last + 1):
            raw = code[number - 1].encode()
            start = node.col_offset if number == node.lineno and isinstance(node, ast.expr) else 0
            end = node.end_col_offset if number == last else None
            if isinstance(node, ast.stmt):
                end = None
            for a, b, text in sorted(places.get(number, ()), reverse=True):
                if a < start or (end is not None and b > end):
                    continue
                raw = raw[:a] + text.encode() + raw[b:]
                if end is not None:
                    end += len(text.encode()) - (b - a)
            made.append(raw[start:end].decode())
        if isinstance(node, ast.stmt):
            made = textwrap.dedent("\n".join(made)).splitlines()
        return made, first

    return lines


def _own_names(node: ast.AST, hidden: frozenset[str]) -> Iterator[ast.Name]:
    """Yield the names that are the function's, not those of a lambda or comprehension in it."""
    if isinstance(node, ast.Name):
        if node.id not in hidden:
            yield node
        return
    if isinstance(node, ast.Lambda):
        hidden = hidden | {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        hidden = hidden | {
            n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)
        }
    for child in ast.iter_child_nodes(node):
        yield from _own_names(child, hidden)


def _scope(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a function's own scope."""
    for child in ast.iter_child_nodes(node):
        yield child
        inner = ast.FunctionDef | ast.ClassDef | ast.Lambda
        if not isinstance(
            child, inner | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
        ):
            yield from _scope(child)


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - set(vars(builtins))


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Constant)


def _bound(tree: ast.Module) -> set[str]:
    """Return the names that a cell itself binds."""
    found = {
        n.id for n in _scope(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {a.asname or a.name.split(".")[0] for a in node.names}
    return found | {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def _left_out(tree: ast.AST) -> set[str]:
    """Return the columns that are dropped somewhere: the target is one of them, as a rule."""
    return {
        text
        for n in ast.walk(tree)
        if isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and n.func.attr in ("drop", "pop")
        for text in _texts(n)
    } | {
        text
        for n in ast.walk(tree)
        if isinstance(n, ast.Assign) and _name(n.targets[0]).lower().startswith(("y", "target"))
        for text in _texts(n.value)
    }


def _texts(node: ast.AST) -> set[str]:
    return {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def _fresh(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
