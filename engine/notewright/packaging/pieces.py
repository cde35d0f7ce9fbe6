"""The pieces that a package's modules are put together from: statements, imports, helpers."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from notewright.packaging import known
from notewright.packaging.answering import Answer
from notewright.packaging.effects import bound_in, read_first
from notewright.packaging.kinds import Kind
from notewright.packaging.learning import LearnedValue
from notewright.packaging.literals import is_literal
from notewright.packaging.modelfile import suffix_of
from notewright.packaging.plan import Plan
from notewright.packaging.render import render, unparse
from notewright.packaging.templating import environment

#: The function that gives the global generators the state that they had in the notebook.
CONTINUE = "continue_random_numbers"
_TYPES = {"frame": "pd.DataFrame", "series": "pd.Series", "array": "np.ndarray"}


@dataclass(frozen=True)
class Context:
    """What the modules need to know beyond the plan."""

    name: str
    command: str
    format: str
    trusted: Sequence[str]
    description: str
    proba: bool
    answer: Answer
    #: The notebook's own modules that go with it.
    local: Sequence[str] = ()
    #: Whether there may be an ONNX file beside the model.
    onnx: bool = False

    @property
    def prefix(self) -> str:
        """What environment variables start with."""
        return self.name.upper()

    @property
    def suffix(self) -> str:
        """The ending of a fitted object's file."""
        return suffix_of(self.format)


class Pieces:
    """Finds the pieces of a plan's modules, and writes them as text.

    Parameters
    ----------
    plan : Plan
        What to write.
    context : Context
        What the modules need to know beyond the plan.
    """

    def __init__(self, plan: Plan, context: Context) -> None:
        self.plan = plan
        self.context = context
        self.program = plan.program
        self.helpers = self._helpers()
        self.helper_names = {
            name for index in self.helpers for name in self.program.effects[index].binds
        }

    def _statement(self, index: int, nodes: Sequence[ast.stmt]) -> str:
        statement = self.program.body[index]
        lines = list(statement.comments)
        for node in nodes:
            if node is statement.node:
                node = self.plan.lifted.less.get(index, node)
            node = self.plan.lifted.apply(node)
            # A form without a position was made here; the others come from the author's text.
            if getattr(node, "lineno", None) is None:
                lines.append(unparse(node))
            else:
                lines.append(render(statement, node))
        return "\n".join(lines)

    def _step(self, index: int, nodes: Sequence[ast.stmt]) -> str:
        """Return a statement of a stage; the first that draws is given the notebook's state."""
        given = [state.key for state in self.plan.random if state.index == index]
        lines = [f'{CONTINUE}("{key}")' for key in given]
        return "\n".join([*lines, self._statement(index, nodes)])

    def _left_out(self, index: int) -> bool:
        node = self.program.body[index].node
        return (
            isinstance(node, ast.Import | ast.ImportFrom)
            or index in self.helpers
            or index in self.plan.lifted.gone
        )

    def _helpers(self) -> list[int]:
        """Return the definitions and constants that can stand at the top of a module."""
        roles = self.plan.roles
        stages = sorted({*roles.prepare, *roles.train, *roles.evaluate})
        changed = {n for i in stages for n in self.program.effects[i].changes}
        found: list[int] = []
        names: set[str] = set()
        for index in stages:
            node = self.program.body[index].node
            effect = self.program.effects[index]
            if index in self.plan.lifted.gone:
                continue
            # A model's class must be found by its name, whatever was called on what it made.
            definition = isinstance(node, ast.FunctionDef | ast.ClassDef)
            if not definition and (effect.binds & changed or not _is_literal(node)):
                continue
            if not definition and self.plan.lifted.is_in(node):
                continue
            if (
                not definition
                and sum(bool(self.program.effects[i].binds & effect.binds) for i in stages) > 1
            ):
                continue
            if definition and effect.reads - set(self.program.imports.paths) - names - effect.binds:
                later = {
                    n
                    for i in stages
                    if isinstance(self.program.body[i].node, ast.FunctionDef | ast.ClassDef)
                    or _is_literal(self.program.body[i].node)
                    for n in self.program.effects[i].binds
                }
                if effect.reads - set(self.program.imports.paths) - later:
                    continue
            found.append(index)
            names |= effect.binds
        return found

    def _helper_module(self) -> str:
        parts = []
        for index in self.helpers:
            statement = self.program.body[index]
            text = render(statement, self.plan.lifted.less.get(index, statement.node))
            parts.append("\n".join([*statement.comments, text]))
        code = "\n\n".join(parts)
        return (
            '"""Functions, classes and constants of the notebook."""\n\n'
            f"from __future__ import annotations\n\n{self._imports(code)}\n\n{code}\n"
        )

    def _shared(self, code: str) -> str:
        used = loaded(code)
        lines = []
        names = sorted(used & self.helper_names)
        if names:
            lines.append(f"from {self.context.name}.helpers import {', '.join(names)}")
        words = {"column_categories", "table_categories", "as_category", "as_categories"}
        categories = sorted(used & words)
        if categories and "categories" in self.plan.derived.helpers:
            lines.append(f"from {self.context.name}.categories import {', '.join(categories)}")
        if CONTINUE in used:
            lines.append(f"from {self.context.name}.random_numbers import {CONTINUE}")
        return "\n".join(lines)

    def _with_own_imports(self, body: str) -> str:
        """Return the body of a function with imports of what it binds itself later."""
        lines = self._imported(_rebound(body))
        return "\n".join([*lines, body])

    def _imports(self, code: str, always: Sequence[str] = (), inside: str = "") -> str:
        """Return the imports of a module, without what the function's body `inside` has itself."""
        lines = self._imported((loaded(code) | set(always)) - _rebound(inside))
        for name, module in (("pd", "pandas"), ("np", "numpy")):
            if not any(line.endswith(f" as {name}") for line in lines):
                lines[f"import {module} as {name}"] = None
        if "deepcopy" in loaded(code):
            lines["from copy import deepcopy"] = None
        return "\n".join([*self._imported_for_effect(lines), *lines])

    def _imported(self, used: Collection[str]) -> dict[str, None]:
        """Return the notebook's imports of some names, each once, in order."""
        lines: dict[str, None] = {}
        for statement in self.program.body:
            for node in ast.walk(statement.node):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        if (alias.asname or alias.name.split(".")[0]) in used:
                            lines[unparse(ast.Import([alias]))] = None
                elif isinstance(node, ast.ImportFrom):
                    for alias in node.names:
                        if (alias.asname or alias.name) in used:
                            lines[unparse(ast.ImportFrom(node.module, [alias], node.level))] = None
        return lines

    def _imported_for_effect(self, lines: Iterable[str]) -> list[str]:
        """Return imports that let others be made: ``sklearn.experimental`` for ``sklearn``."""
        libraries = {line.split()[1].partition(".")[0] for line in lines}
        return [
            f"{ast.unparse(statement.node)}  # noqa: F401"
            for statement in self.program.body
            if isinstance(statement.node, ast.ImportFrom)
            and (statement.node.module or "").startswith(known.IMPORTED_FOR_EFFECT)
            and (statement.node.module or "").partition(".")[0] in libraries
        ]

    def _type(self, name: str) -> str:
        kind: Kind | None = self.plan.names.get(name)
        return _TYPES.get(kind.name, "Any") if kind is not None else "Any"

    def _about(self, value: LearnedValue) -> str:
        by_column = ", by column" if value.keyed else ""
        if value.kind == "value" and value.code and len(value.code) < 60 and "\\" not in value.code:
            return f"`{value.code}` of the training rows{by_column}."
        words = "The fitted transformer" if value.kind == "estimator" else "The value"
        if value.kind == "frame":
            words = "The table"
        return f"{words} `{value.name}`{by_column}."

    def _render(self, template: str, **values: Any) -> str:
        text: str = environment().get_template(f"{template}.py.j2").render(**values)
        return text


def _is_literal(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and is_literal(node.value)
    )


def _rebound(body: str) -> set[str]:
    """Return the names that a function's body binds after it has read them.

    In a function they are its own from the start, whatever the module has under that name.
    """
    statements = ast.parse(body).body
    return read_first(statements) & bound_in(statements)[0]


def loaded(code: str) -> set[str]:
    """Return the names in `code`."""
    return {n.id for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name)}
