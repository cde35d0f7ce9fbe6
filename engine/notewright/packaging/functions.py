"""Plain functions that predict: the class that holds one together with the values it reads.

``def score(rows): ...`` becomes the class ``Score``, whose objects keep what the function
reads from the notebook (a threshold, a fitted model) and apply it to a table as the notebook
did. The function itself stands in the class as its author wrote it.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import functools
import inspect
import keyword
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from notewright.errors import ExportFailed, NotAModel
from notewright.packaging.answering import answer_method
from notewright.packaging.applications import Application, applications
from notewright.packaging.editing import Editing
from notewright.packaging.effects import effects, free_names, root_name
from notewright.packaging.kinds import kind_of
from notewright.packaging.reading import Reading
from notewright.packaging.render import indented
from notewright.packaging.source import CellSource
from notewright.packaging.tensors import is_module

#: Names that the package's pipeline has for its own functions.
_STAGES = frozenset(["evaluate", "load", "metrics", "prepare", "prepared", "run", "save", "train"])


@dataclass(frozen=True)
class Rule:
    """A function that is exported as a model.

    Parameters
    ----------
    function : str
        Its name in the notebook.
    model : str
        The variable that holds the object made of it.
    class_name : str
        The class of that object.
    values : tuple of str
        What it reads of the notebook's variables, but for functions and imports.
    table : str
        The variable whose rows it was applied to.
    wanted : str
        The code of what it should have given for them, or ``""``.
    expression : str
        How it is applied to `table`.
    module : str
        The PyTorch module that it only asks, where the export wrote the function.
    """

    function: str
    model: str
    class_name: str
    values: tuple[str, ...]
    table: str
    wanted: str
    expression: str
    module: str = ""

    @property
    def shown(self) -> str:
        """What the notebook calls it."""
        return self.module or self.function

    @property
    def finding(self) -> str:
        """What the package's owner should know."""
        if not self.values:
            return (
                f"'{self.function}' is a plain function that reads no variable of the notebook: "
                "there is nothing to train, and `train` only evaluates it."
            )
        return (
            f"'{self.function}' is a plain function, which is not fitted itself: `train` computes "
            f"what it reads ({', '.join(self.values)}), and the model's file holds that."
        )


def is_function(value: Any) -> bool:
    """Tell whether a value is a function that may predict, and no model or class."""
    import numpy as np

    if isinstance(value, FunctionType):
        return not (
            inspect.iscoroutinefunction(value)
            or inspect.isgeneratorfunction(value)
            or inspect.isasyncgenfunction(value)
        )
    return isinstance(value, functools.partial | np.vectorize | functools._lru_cache_wrapper)


def exportable(value: Any) -> bool:
    """Tell whether a value can answer: a fitted model, or a function."""
    return not isinstance(value, type) and (answer_method(value) is not None or is_function(value))


def check_exportable(name: str, value: Any) -> None:
    """Refuse what cannot predict.

    Raises
    ------
    NotAModel
        Says what it is, and what to export instead.
    """
    if not (exportable(value) or is_module(value)):
        raise NotAModel(name, type(value).__name__)


def names_read(value: Any, known: Iterable[str]) -> set[str]:
    """Return which of the `known` variables the code of a function, class or estimator names."""
    pending: list[Any] = [value]
    found: set[str] = set()
    while pending:
        item = pending.pop()
        if isinstance(item, CodeType):
            found |= set(item.co_names)
            pending += [c for c in item.co_consts if isinstance(c, CodeType)]
        elif isinstance(item, FunctionType):
            pending += [item.__code__, getattr(item, "__wrapped__", None)]
        elif isinstance(item, functools._lru_cache_wrapper):
            pending.append(item.__wrapped__)
        elif isinstance(item, type) and item.__module__ == "__main__":
            pending += [v for v in vars(item).values() if isinstance(v, FunctionType)]
            pending += item.__bases__
        elif is_function(item):
            pending.append(getattr(item, "pyfunc", None) or getattr(item, "func", None))
        elif hasattr(item, "get_params") and not isinstance(item, type):
            pending.append(type(item))
            with contextlib.suppress(Exception):  # some classes do not keep what they are given
                pending += item.get_params().values()
    return found & set(known)


class Written:
    """The notebook's own function, applied to tables as the notebook did.

    Parameters
    ----------
    rule : Rule
        What is known of it.
    values : mapping
        The notebook's variables that it needs, itself among them.
    """

    def __init__(self, rule: Rule, values: Mapping[str, Any]) -> None:
        self.rule = rule
        self._values = dict(values)

    def predict(self, rows: Any) -> Any:
        """Return one prediction for each of the rows."""
        names = {**self._values, self.rule.table: rows.copy()}
        # The user's own code, from the cells that are exported.
        return eval(self.rule.expression, names)  # noqa: S307

    def fingerprints(self) -> dict[str, tuple[bool, str]]:
        """Return of each value that the function reads whether it is plain, and its fingerprint."""
        from notewright.state.values import fingerprint

        known = {n: self._values[n] for n in self.rule.values if n in self._values}
        plain = ("scalar", "plain", "frame", "series", "array", "index")
        return {n: (kind_of(v).name in plain, fingerprint(v)) for n, v in known.items()}


def with_rule(cells: Sequence[CellSource], target: str) -> tuple[list[CellSource], Rule | None]:
    r"""Return the cells with a class for the function `target`, and an object of it.

    Parameters
    ----------
    cells : sequence of CellSource
        The executed cells.
    target : str
        The function's name.

    Returns
    -------
    cells, rule
        The rule is None where `target` is bound in no cell.

    Raises
    ------
    ExportFailed
        If the function was never applied to a table, or changes the notebook's variables.

    Examples
    --------
    >>> code = "t = 3\ndef old(rows):\n    return rows['age'] > t\nold(df)"
    >>> cells, rule = with_rule([CellSource(code, "cell 1")], "old")
    >>> rule.class_name, rule.values, rule.table
    ('Old', ('t',), 'df')
    """
    reading = _Functions(cells)
    target = reading.real_name(target)
    defined = reading.last_binding(target)
    if defined is None:
        return list(cells), None
    found = [
        (statement.index, application)
        for statement in reading.body[defined + 1 :]
        for application in applications(statement.node, target, reading.no_tables)
    ]
    if not found:
        raise ExportFailed(
            f"'{target}' was not called on a table in the executed cells, so nothing says what "
            "its rows are.",
            f"Call it in a cell, e.g. `{target}(df)` or `df.apply({target}, axis=1)`, and export "
            "again.",
        )
    index, application, parts = _chosen(reading, target, found)
    apart = target in _STAGES or reading.made_with(target, parts, index)
    rule = Rule(
        target,
        f"{target}_model" if apart else target,
        _class_name(target, reading.taken),
        tuple(parts.values),
        application.table,
        reading.wanted(index, target, parts),
        ast.unparse(application.expression),
        reading.body[defined].cell.stands_for,
    )
    return _changed(reading, rule, parts, index, application), rule


@dataclass(frozen=True)
class _Parts:
    """What a function is made of: functions by statement, and values by name."""

    functions: tuple[int, ...]
    values: tuple[str, ...]
    #: Everything that must be as it is when it is exported.
    names: frozenset[str]


class _Functions(Reading):
    """The notebook's statements, and which of them say what a function does."""

    def __init__(self, cells: Sequence[CellSource]) -> None:
        super().__init__(cells)
        #: Names that stand for no table.
        self.no_tables = frozenset(
            {*self.imports.paths, *vars(builtins)}
            | {n for i in range(len(self.body)) if self.is_function(i) for n in self.binds(i)}
        )

    def real_name(self, name: str) -> str:
        """Return the name that `name` is only another name for."""
        index = self.last_binding(name)
        while index is not None:
            node = self.body[index].node
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)):
                break
            name = node.value.id
            index = self.last_binding(name, index)
        return name

    def is_function(self, index: int) -> bool:
        """Tell whether a statement only says what a name does."""
        node = self.body[index].node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            return True
        if not isinstance(node, ast.Assign):
            return False
        if isinstance(node.value, ast.Lambda):
            return True
        path = self.imports.dotted(node.value.func) if isinstance(node.value, ast.Call) else None
        return path in ("functools.partial", "numpy.vectorize", "functools.lru_cache")

    def parts(self, target: str, expression: ast.expr, table: str) -> _Parts:
        """Return what a function, applied by `expression`, is made of."""
        reads = {target: free_names(expression) - {table}}
        needs: dict[int, set[str]] = {}
        values: dict[str, None] = {}
        pending = [target, *sorted(reads[target] - {target})]
        seen: set[str] = set()
        while pending:
            name = pending.pop(0)
            if name in seen or name in self.imports.paths:
                continue
            seen.add(name)
            index = self.last_binding(name)
            if index is None:
                continue
            if not self.is_function(index):
                values[name] = None
                continue
            self._refuse_global(index, target)
            needs[index] = set(self.effects[index].reads)
            pending += sorted(needs[index])
        inside = self._reading_values(needs, set(values))
        inside.add(self.last_binding(target) or 0)
        return _Parts(tuple(sorted(inside)), tuple(values), frozenset(seen))

    def _reading_values(self, needs: Mapping[int, set[str]], values: set[str]) -> set[int]:
        """Return the functions that read a value, or call one that does."""
        inside: set[int] = set()
        names = set(values)
        while True:
            more = {i for i, read in needs.items() if i not in inside and read & names}
            if not more:
                return inside
            inside |= more
            names |= {n for i in more for n in self.binds(i)}

    def _refuse_global(self, index: int, target: str) -> None:
        for node in ast.walk(self.body[index].node):
            if isinstance(node, ast.Global):
                raise ExportFailed(
                    f"'{target}' changes the notebook's variable '{node.names[0]}' "
                    f"({self.body[index].cell.place(node.lineno)}), so what it gives depends on "
                    "how often it was called.",
                    "Let the function return everything that it computes, and export again.",
                )

    def made(self, index: int, target: str) -> frozenset[str]:
        """Return what a statement binds or changes, but for what it gives the function."""
        effect = self.effects[index]
        if target not in effect.reads:
            return effect.binds | effect.changes

        class Without(ast.NodeTransformer):
            def visit_Call(self, node: ast.Call) -> ast.AST:
                self.generic_visit(node)
                if isinstance(node.func, ast.Name) and node.func.id == target:
                    return ast.copy_location(ast.Tuple(node.args, ast.Load()), node)
                return node

        node = Without().visit(copy.deepcopy(self.body[index].node))
        return effect.binds | effects(node, self.imports).changes

    def ready(self, names: Iterable[str], target: str) -> int:
        """Return the last statement that makes one of the names what it is."""
        wanted = set(names) - set(self.imports.paths)
        return max((i for i in range(len(self.body)) if self.made(i, target) & wanted), default=0)

    def made_with(self, target: str, parts: _Parts, before: int) -> bool:
        """Tell whether values that the function reads were made by calling it."""
        own = self.last_binding(target)
        pending, seen = list(parts.values), set[str]()
        while pending:
            name = pending.pop()
            seen.add(name)
            for index in range(before):
                if index != own and name in self.made(index, target):
                    reads = self.effects[index].reads
                    if target in reads:
                        return True
                    pending += reads - seen
        return False

    def wanted(self, after: int, target: str, parts: _Parts) -> str:
        """Return the code of what the function should give, where a metric or a `fit` says it."""
        for statement in self.body[after:]:
            for call in _calls(statement.node):
                path = self.imports.dotted(call.func) or ""
                if path.startswith("sklearn.metrics.") and len(call.args) > 1:
                    truth = call.args[0]
                    if target not in free_names(truth):
                        return ast.unparse(truth)
        for index in reversed(range(after)):
            for call in _calls(self.body[index].node):
                fits = isinstance(call.func, ast.Attribute) and call.func.attr == "fit"
                made = self.binds(index) | {root_name(call.func) or ""}
                if fits and len(call.args) == 2 and made & set(parts.values):
                    return ast.unparse(call.args[1])
        return ""


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (n for n in ast.walk(node) if isinstance(n, ast.Call))


def _chosen(
    reading: _Functions, target: str, found: Sequence[tuple[int, Application]]
) -> tuple[int, Application, _Parts]:
    """Return the first application of the function as it is now; else the last one there is."""
    for index, application in found:
        parts = reading.parts(target, application.expression, application.table)
        if reading.ready(parts.names, target) < index:
            return index, application, parts
    index, application = found[-1]
    parts = reading.parts(target, application.expression, application.table)
    return reading.ready(parts.names, target) + 1, application, parts


def _class_name(function: str, taken: set[str]) -> str:
    name = "".join(word[:1].upper() + word[1:] for word in function.split("_")) or "Function"
    if name == function or keyword.iskeyword(name) or not name.isidentifier():
        name = f"{name}Function"
    while name in taken:
        name += "_"
    return name


def _changed(
    reading: _Functions, rule: Rule, parts: _Parts, at: int, application: Application
) -> list[CellSource]:
    """Return the cells with the class before statement `at`, and the object used after it."""
    lines = [
        *_class_of(reading, rule, parts),
        f"{rule.model} = {rule.class_name}({', '.join(f'{v}={v}' for v in rule.values)})",
        f"{rule.model}.predict({rule.table})",
    ]
    if at >= len(reading.body):
        last = reading.cells[-1]
        places = [*(last.place(n + 1) for n in range(last.code.count("\n") + 1))]
        code = "\n".join([last.code, *lines])
        new = CellSource(
            code, last.label, last.execution, last.stopped, (*places, *[places[-1]] * len(lines))
        )
        return [*reading.cells[:-1], new]
    made = []
    place = reading.body[at]
    index = 0
    for cell in reading.cells:
        edit = Editing(cell)
        for node in edit.body:
            if index == at:
                if not edit.whole_lines(node):
                    raise ExportFailed(
                        f"{place.place} holds several statements in one line.",
                        "Write each in a line of its own, run the cell and export again.",
                    )
                edit.before(node, lines)
            if index >= at:
                for part in _again(node, rule, application, reading):
                    edit.part(part.expression, f"{rule.model}.predict({part.table})")
            index += 1
        made.append(edit.done())
    return made


def _again(
    node: ast.stmt, rule: Rule, application: Application, reading: _Functions
) -> Iterator[Application]:
    """Yield what applies the function in the same way, perhaps to another table."""
    for other in applications(node, rule.function, reading.no_tables):
        if other.written and other.shape == application.shape:
            yield other


def _class_of(reading: _Functions, rule: Rule, parts: _Parts) -> list[str]:
    """Return the lines of the class."""
    inner = [f"{name} = self.{name}" for name in rule.values]
    for index in parts.functions:
        statement = reading.body[index]
        inner += ["", *statement.comments, *statement.text.splitlines(), ""]
    inner += [
        f"def applied({rule.table}):",
        f"    return {rule.expression}",
        "",
        f"return {rule.function}, applied",
    ]
    what = f"the module `{rule.module}`" if rule.module else f"`{rule.function}`"
    called = f"{what} of the notebook"
    reads = ", and the values that it reads" if rule.values else ""
    lines = [f"class {rule.class_name}:", f'    """What {called} gives{reads}."""', ""]
    if rule.values:
        lines.append(f"    def __init__(self, {', '.join(rule.values)}):")
        lines += [f"        self.{name} = {name}" for name in rule.values]
        lines.append("")
    lines += [
        "    def predict(self, rows):",
        '        """Return one prediction for each row."""',
        "        return self._functions()[1](rows.copy())",
        "",
        "    def __call__(self, *args, **kwargs):",
        '        """Call the function as the notebook does."""',
        "        return self._functions()[0](*args, **kwargs)",
        "",
        *indented("def _functions(self):\n" + indented("\n".join(inner))).splitlines(),
    ]
    return lines
