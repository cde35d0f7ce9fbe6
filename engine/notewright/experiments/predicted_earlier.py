"""What predictions of an earlier cell were made from, where what has run makes that certain.

The history knows the latest execution that changed the predictions, and its text
says what it predicted of. That holds now if nothing has changed since of what is
read in the variables for it: the features, and what picks their rows. The model
may have been fitted again: the rows are those of the predictions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from notewright.experiments.callers import Prediction, Unread, parts_of, prediction
from notewright.experiments.rows import is_frame, is_series
from notewright.experiments.same_rows import rows_of, value_of
from notewright.experiments.sources import Scope
from notewright.experiments.straight import straight
from notewright.lineage.past import Past

#: Expressions of which not every part is evaluated, or evaluated once.
_CHOOSING = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.comprehension)
#: So many assignments are followed.
_DEPTH = 4


@dataclass(frozen=True)
class Predicted:
    """What predictions were made from.

    Parameters
    ----------
    model : object or None
        What made them, where it is still as it was.
    X : object or None
        What has the rows that they were made of.
    problem : str or None
        Why that is not known.
    model_problem : str or None
        Why it is not known what made them.
    """

    model: Any = None
    X: Any = None
    problem: str | None = None
    model_problem: str | None = None


_SEVERAL = Predicted(problem="the scored values are made of several predictions")


def predicted_earlier(
    unread: Sequence[Unread], past: Past, variables: Mapping[str, Any]
) -> Predicted | None:
    """Return what variables that a cell scored, and did not bind, were predicted from.

    Parameters
    ----------
    unread : sequence of Unread
        What the scored values were made of.
    past : Past
        What ran before the cell, and the cell itself.
    variables : mapping
        The user's variables as they are after it.

    Returns
    -------
    Predicted or None
        None where nothing was predicted.
    """
    if not past.cells:
        return None
    now = len(past.cells) - 1
    looking = _Looking(past, variables)
    found: list[Predicted | None] = []
    for each in unread:
        if not _has_values(variables.get(each.name)):
            continue  # a function, a threshold
        if each.name in past.cells[now].wrote or id(variables[each.name]) != each.object:
            found.append(Predicted(problem=f"the cell itself changes `{each.name}`"))
        else:
            found.append(looking.made(each.name, now, whole=each.whole))
    return _one_of(found)


def _has_values(value: Any) -> bool:
    return isinstance(value, np.ndarray | list) or is_frame(value) or is_series(value)


def _one_of(found: Iterable[Predicted | None]) -> Predicted | None:
    """Return what was predicted, if that is one thing."""
    predicted = [each for each in found if each is not None]
    return _SEVERAL if len(predicted) > 1 else next(iter(predicted), None)


class _Looking:
    """Looks for what made variables, back from the latest of some cells."""

    def __init__(self, past: Past, variables: Mapping[str, Any]) -> None:
        self._cells = past.cells
        self._unseen = past.unseen
        self._variables = variables

    def made(self, name: str, end: int, *, whole: bool, depth: int = _DEPTH) -> Predicted | None:
        """Return what `name` was predicted from, as it was before cell `end`."""
        at = next((n for n in range(end - 1, -1, -1) if name in self._cells[n].wrote), None)
        if at is None:
            return Predicted(problem=f"no cell on record has made `{name}`")
        if not self._cells[at].ended:
            words = self._cells[at].words
            return Predicted(problem=f"{words}, which changed `{name}`, ended with an error")
        return self._bound(name, at, None, whole=whole, depth=depth)

    def _bound(
        self, name: str, at: int, end: int | None, *, whole: bool, depth: int
    ) -> Predicted | None:
        """Return what `name` was predicted from, which cell `at` binds before statement `end`."""
        cell, text = self._cells[at], straight(self._cells[at].code)
        touching = text.touching(name, end)
        value = text.value_for(name, touching[-1]) if touching else None
        until = len(text.statements) if end is None else end
        after = range(touching[-1] + 1, until) if touching else ()
        if value is None or any(text.reaches(name, n, cell.through) for n in after):
            return Predicted(problem=f"{cell.words} does not say how it made `{name}`")
        return self._made_by(value, at, touching[-1], whole=whole, depth=depth)

    def _made_by(
        self, node: ast.expr, at: int, line: int, *, whole: bool, depth: int
    ) -> Predicted | None:
        """Return what an expression in statement `line` of cell `at` was predicted from."""
        parts = list(parts_of(node, whole))
        if any(isinstance(part, _CHOOSING) for part, _ in parts):
            words = self._cells[at].words
            return Predicted(problem=f"{words} does not say which predictions it took")
        calls = [(made, kept) for part, kept in parts if (made := prediction(part)) is not None]
        if calls:
            (call, kept), *more = calls
            return _SEVERAL if more else self._predicted(call, at, line, whole=kept)
        names = {part.id: kept for part, kept in reversed(parts) if isinstance(part, ast.Name)}
        return _one_of(
            self._behind(name, at, line, whole=kept, depth=depth - 1)
            for name, kept in names.items()
            if self._may_have_values(name, at)
        )

    def _may_have_values(self, name: str, at: int) -> bool:
        """Tell whether a name in cell `at` may have stood for values then."""
        since = any(name in cell.wrote for cell in self._cells[at + 1 :])
        return since or _has_values(self._variables.get(name))

    def _behind(
        self, name: str, at: int, line: int, *, whole: bool, depth: int
    ) -> Predicted | None:
        """Return what a name in statement `line` of cell `at` was predicted from."""
        if depth == 0:
            return Predicted(problem=f"too many assignments lead to `{name}`")
        if name in self._cells[at].wrote:
            return self._bound(name, at, line, whole=whole, depth=depth)
        return self.made(name, at, whole=whole, depth=depth)

    def _predicted(self, call: Prediction, at: int, line: int, *, whole: bool) -> Predicted:
        """Return what a call in statement `line` of cell `at` predicted from."""
        source, found = straight(self._cells[at].code).source, Predicted()
        read = _Noting(self._variables)
        model = value_of(call.by, Scope(source, read, -1))
        if model is not None:
            why = self._changed_since(read.names, at) or self._model_changed(read.names, at, line)
            found = Predicted(None if why else model, model_problem=why)
        if not whole or call.of is None:
            return replace(found, problem="not all rows of the predictions were scored")
        read = _Noting(self._variables)
        X = rows_of(call.of, Scope(source, read, -1), line)
        why = self._changed_since(read.names, at) or self._changed_there(read.names, at, line)
        if why is None and X is None:
            words = self._cells[at].words
            why = f"what {words} predicted of is not in a variable now, nor a part of one"
        return replace(found, problem=why) if why else replace(found, X=X)

    def _changed_since(self, names: set[str], at: int) -> str | None:
        """Say what changed variables after cell `at`, if anything did."""
        for name in sorted(names):
            if name in self._unseen:
                return f"`{name}` cannot be saved, so not every change of it is seen"
            for number, cell in enumerate(self._cells[at + 1 :], at + 1):
                if name in cell.wrote:
                    own = number == len(self._cells) - 1
                    words = "the cell itself" if own else cell.words
                    return f"{words} changes `{name}` after the predictions were made"
        return None

    def _changed_there(self, names: set[str], at: int, line: int) -> str | None:
        """Say what else cell `at` may do to variables that its statement `line` reads."""
        cell, text = self._cells[at], straight(self._cells[at].code)
        own = sorted(names & cell.wrote)
        for name in own:
            if not text.is_bound_plainly(name) or text.touching(name)[-1] >= line:
                return f"{cell.words} changes `{name}` not only by assigning it beforehand"
        first = min((text.touching(name)[-1] for name in own), default=len(text.statements))
        return self._noisy_after(first, at, own)

    def _model_changed(self, names: set[str], at: int, line: int) -> str | None:
        """Say what cell `at` may do to a model below statement `line`, which asks it."""
        cell, text = self._cells[at], straight(self._cells[at].code)
        own = sorted(names & cell.wrote)
        for name in own:
            if not all(text.only_asks(n, name) for n in range(line, len(text.statements))):
                return f"{cell.words} may change `{name}` after it has predicted"
        return self._noisy_after(line, at, own) if own else None

    def _noisy_after(self, line: int, at: int, names: Sequence[str]) -> str | None:
        """Say what cell `at` may change below statement `line` without its text saying so."""
        cell, text = self._cells[at], straight(self._cells[at].code)
        since = frozenset[str]().union(*(each.wrote for each in self._cells[at + 1 :]))
        known = {n: None if n in since else value for n, value in self._variables.items()}
        for number in range(line + 1, len(text.statements)):
            if not text.is_quiet(number, known, cell.through):
                statement = ast.unparse(text.statements[number]).partition("\n")[0][:60]
                return f"`{statement}` in {cell.words} may change `{names[0]}` unseen"
        return None


class _Noting(Mapping[str, Any]):
    """Variables that take note of which of them are looked up."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)
