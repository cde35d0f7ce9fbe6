"""A cell that ran from top to bottom: what its text says that each of its statements does."""

from __future__ import annotations

import ast
import functools
import types
from collections.abc import Mapping, Sequence
from typing import Any

from notewright.experiments.sources import Assignment, Source
from notewright.lineage.writes import touched_names

#: Methods that only ask a model.
_ASKING = {
    *("predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples"),
    "score",
}
#: Functions and methods that change nothing but what they are methods of.
_QUIET = {
    *_ASKING,
    *("fit", "transform", "fit_transform", "fit_predict", "set_params"),
    *("print", "display", "len", "float", "int", "str", "round", "min", "max", "sum", "range"),
    *("head", "mean", "astype", "to_numpy", "copy", "ravel", "reshape", "argmax", "where"),
    *("array", "asarray", "arange", "default_rng", "permutation"),
}
#: Libraries whose functions change nothing that they are given, unless they are told to.
_QUIET_PACKAGES = {"sklearn", "pandas", "matplotlib", "seaborn"}
#: What hands out all variables.
_EVERYTHING = {"globals", "locals", "vars", "eval", "exec", "get_ipython"}
#: For names of functions and the like: the names that their code may read or bind.
Through = Mapping[str, Sequence[str]]


class Straight:
    r"""A cell's statements, by their number from 0.

    Parameters
    ----------
    code : str
        Plain Python.

    Examples
    --------
    >>> cell = Straight("b = scaler.transform(a)\nif b.any():\n    b = b[:5]")
    >>> cell.touching("b"), cell.is_bound_plainly("b"), Straight("b = a").is_bound_plainly("b")
    ([0, 1], False, True)
    """

    def __init__(self, code: str) -> None:
        try:
            self.statements = ast.parse(code).body
        except (SyntaxError, ValueError):
            self.statements = []
        self._touched = [frozenset(touched_names(ast.unparse(s))) for s in self.statements]
        self._assignments = [_assignment(s, at) for at, s in enumerate(self.statements)]
        made = [each for each in self._assignments if each is not None]
        #: Its assignments; their lines are the numbers of the statements.
        self.source = Source({}, made[::-1])

    def touching(self, name: str, end: int | None = None) -> list[int]:
        """Return the statements, before `end`, that bind `name` or write into it."""
        return [at for at, names in enumerate(self._touched[:end]) if name in names]

    def value_for(self, name: str, at: int) -> ast.expr | None:
        """Return what statement `at` assigns to `name`."""
        made = self._assignments[at]
        return None if made is None else made.value_for(name)

    def is_bound_plainly(self, name: str) -> bool:
        """Tell whether all that the text does to `name` is to assign it, in no branch or loop."""
        touching = self.touching(name)
        return bool(touching) and all(self._assigns(at, name) for at in touching)

    def _assigns(self, at: int, name: str) -> bool:
        made = self._assignments[at]
        return made is not None and any(_binds(target, name) for target in made.targets)

    def reaches(self, name: str, at: int, through: Through) -> bool:
        """Tell whether code of the user's that statement `at` runs may read or bind `name`."""
        mentioned = _names(self.statements[at])
        if not _EVERYTHING.isdisjoint(mentioned):
            return True
        return any(name in through.get(each, ()) for each in mentioned)

    def is_quiet(self, at: int, variables: Mapping[str, Any], through: Through) -> bool:
        """Tell whether statement `at` surely changes nothing besides what it binds.

        Parameters
        ----------
        at : int
        variables : mapping
            What names stand for that it may call.
        through : mapping
            For names of functions and the like: what their code may read or bind.
        """
        statement = self.statements[at]
        if isinstance(statement, ast.Import | ast.ImportFrom):
            return True
        if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            return False
        if any(through.get(name) for name in _names(statement)):
            return False
        parts = list(ast.walk(statement))
        written = (p for p in parts if isinstance(p, ast.Attribute | ast.Subscript))
        if any(isinstance(part.ctx, ast.Store) for part in written):
            return False
        return all(_is_quiet(part, variables) for part in parts if isinstance(part, ast.Call))

    def only_asks(self, at: int, name: str) -> bool:
        """Tell whether statement `at` does no more with the model `name` than to ask it."""
        parts = list(ast.walk(self.statements[at]))
        called = [part.func for part in parts if isinstance(part, ast.Call)]
        methods = [f for f in called if isinstance(f, ast.Attribute) and f.attr in _ASKING]
        asked = {id(method.value) for method in methods}
        named = (part for part in parts if isinstance(part, ast.Name) and part.id == name)
        return all(id(part) in asked for part in named)


@functools.lru_cache(maxsize=32)
def straight(code: str) -> Straight:
    """Return the statements of a cell."""
    return Straight(code)


def _assignment(statement: ast.stmt, at: int) -> Assignment | None:
    if isinstance(statement, ast.Assign):
        return Assignment(at, statement.targets, statement.value)
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return Assignment(at, [statement.target], statement.value)
    return None


def _binds(target: ast.expr, name: str) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return any(_binds(part, name) for part in target.elts)
    return isinstance(target, ast.Name) and target.id == name


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _is_quiet(call: ast.Call, variables: Mapping[str, Any]) -> bool:
    function = call.func
    if any(keyword.arg in (None, "out", "inplace") for keyword in call.keywords):
        return False
    if isinstance(function, ast.Attribute) and function.attr in _QUIET:
        return True
    while isinstance(function, ast.Attribute):
        function = function.value
    if not isinstance(function, ast.Name):
        return False
    if function.id not in variables:
        return function is call.func and function.id in _QUIET
    return _package_of(variables[function.id]) in _QUIET_PACKAGES


def _package_of(value: Any) -> str:
    """Return the library that a module, a function or a class is of, or draws with."""
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0]
    of_itself = isinstance(value, type | types.FunctionType)
    package = str((value if of_itself else type(value)).__module__).partition(".")[0]
    return package if of_itself or package == "matplotlib" else ""
