"""Change a parameter of a run in the code of its cells."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notewright.errors import UsageError
from notewright.experiments.run import Run
from notewright.lineage.records import Execution

#: Names of parameters that a mistake is answered with, those that were set first.
_MOST_NAMED = 12


@dataclass(frozen=True)
class Place:
    """An expression in the code of a cell that says what a parameter is."""

    cell: int
    #: What to replace: the call of a constructor, or the value of a constant.
    node: ast.expr
    call: bool


def parse_setting(text: str) -> tuple[str, Any]:
    """Return the name and the value of ``NAME=VALUE``; what is no literal is text.

    Raises
    ------
    UsageError
        If it is nothing of the kind.

    Examples
    --------
    >>> parse_setting("max_depth=8"), parse_setting("criterion=entropy")
    (('max_depth', 8), ('criterion', 'entropy'))
    """
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise UsageError(f"'{text}' is not NAME=VALUE.", "Write `--set max_depth=8`.")
    try:
        return name.strip(), ast.literal_eval(value.strip())
    except (ValueError, SyntaxError):
        return name.strip(), value.strip()


def changed_codes(
    run: Run, executions: Sequence[Execution], settings: Mapping[str, Any]
) -> list[str]:
    """Return the code of the cells with other values for some parameters.

    A parameter of the run's model is changed where its class is called; a name
    that a cell gives a literal is changed there.

    Parameters
    ----------
    run : Run
    executions : sequence of Execution
        Its cells; its own is the last.
    settings : mapping
        The parameters and their new values.

    Raises
    ------
    UsageError
        If a name is neither, or where it is set is not clear.
    """
    codes = [execution.code for execution in executions]
    for given, value in settings.items():
        constant = any(True for _ in _constants([ast.parse(code) for code in codes], given))
        name = given if constant else _full_name(run, given)
        place = _place(run, executions, codes, name)
        codes[place.cell] = _replaced(codes[place.cell], place, name, value)
    return codes


def _full_name(run: Run, name: str) -> str:
    """Return the parameter of a step that only `name` can mean: ``forest__max_depth``."""
    if name in run.params or "__" in name:
        return name
    inner = [each for each in run.params if each.rpartition("__")[2] == name]
    if len(inner) > 1:
        raise UsageError(
            f"'{name}' is a parameter of {len(inner)} steps: {', '.join(inner)}.",
            "Name one of them.",
        )
    return inner[0] if inner else name


def _place(run: Run, executions: Sequence[Execution], codes: Sequence[str], name: str) -> Place:
    trees = [ast.parse(code) for code in codes]
    kind = _owner(run, name)
    found = list(_calls(trees, kind)) if kind is not None else []
    what = f"no call of {kind}"
    if kind is None:
        found, what = list(_constants(trees, name)), f"no `{name} = …`"
        if not found and name not in run.params:
            raise _unknown(run, trees, name)
    if len(found) > 1:
        # The run's own cell says best what its model is.
        found = [place for place in found if place.cell == len(codes) - 1] or found
    if not found:
        raise UsageError(
            f"Where '{name}' is set is not in the run's cells: they hold {what}.",
            "Change it where it is set, and run the cell again.",
        )
    if len(found) > 1:
        places = ", ".join(f"{executions[p.cell].words} line {p.node.lineno}" for p in found)
        raise UsageError(
            f"'{name}' could be set in {len(found)} places: {places}.",
            "Give the value a name of its own in a cell (`DEPTH = 6`) and set that: "
            "`--set DEPTH=8`.",
        )
    return found[0]


def _owner(run: Run, name: str) -> str | None:
    """Return the class whose constructor takes the run's parameter `name`."""
    if name not in run.params or run.model is None:
        return None
    prefix = name.rpartition("__")[0]
    return str(run.params.get(prefix)) if prefix else run.model.type.rpartition(".")[2]


def _calls(trees: Sequence[ast.Module], kind: str) -> Iterator[Place]:
    called = {kind}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                called |= {a.asname for a in node.names if a.name == kind and a.asname}
    for cell, tree in enumerate(trees):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                own = node.func
                last = own.attr if isinstance(own, ast.Attribute) else getattr(own, "id", None)
                if last in called:
                    yield Place(cell, node, call=True)


def _constants(trees: Sequence[ast.Module], name: str) -> Iterator[Place]:
    for cell, tree in enumerate(trees):
        for node in tree.body:
            if (
                isinstance(node, ast.Assign)
                and [getattr(t, "id", None) for t in node.targets] == [name]
                and _is_literal(node.value)
            ):
                yield Place(cell, node.value, call=False)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _unknown(run: Run, trees: Sequence[ast.Module], name: str) -> UsageError:
    constants = dict.fromkeys(
        target.id
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and _is_literal(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    )
    there = list(dict.fromkeys([*run.changed_params, *constants, *run.params]))
    inner = {each.rpartition("__")[2]: each for each in reversed(there)}
    close = difflib.get_close_matches(name, [*there, *inner], n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    listed = ", ".join(there[:_MOST_NAMED]) if there else "none"
    more = f" and {len(there) - _MOST_NAMED} more" if len(there) > _MOST_NAMED else ""
    return UsageError(
        f"The run '{run.name}' has no parameter '{name}'{hint}.", f"There are: {listed}{more}."
    )


def _replaced(code: str, place: Place, name: str, value: Any) -> str:
    node, literal = place.node, ast.parse(repr(value), mode="eval").body
    text = ast.unparse(
        _with_argument(node, name.rpartition("__")[2], literal) if place.call else literal
    )
    lines = code.splitlines(keepends=True)
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before = lines[first].encode()[: node.col_offset].decode()
    after = lines[last].encode()[node.end_col_offset :].decode()
    return "".join([*lines[:first], before + text + after, *lines[last + 1 :]])


def _with_argument(node: ast.expr, name: str, literal: ast.expr) -> ast.Call:
    assert isinstance(node, ast.Call)
    keywords = []
    given = False
    for keyword in node.keywords:
        if keyword.arg == name:
            keyword, given = ast.keyword(name, literal), True
        elif keyword.arg is None:
            # `**options` may hold it too: what is set comes after.
            inside = ast.Dict([None, ast.Constant(name)], [keyword.value, literal])
            keyword, given = ast.keyword(None, inside), True
        keywords.append(keyword)
    if not given:
        keywords.append(ast.keyword(name, literal))
    return ast.Call(node.func, node.args, keywords)
