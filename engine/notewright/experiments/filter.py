"""Filter expressions over runs, compiled to SQL with bound values; never run as code.

    metrics.auc > 0.8 and params.max_depth <= 6
    status == "failed" or tags.team in ["risk", "fraud"]
    not (params.class_weight == None) and created >= "2026-03-01"
    parent == "3f2a1b" and metrics.accuracy > 0.9

Fields: `name`, `status`, `model`, `created`, `seconds`, `session`, `id`, `parent` (the run that
it came of), `part_of` (the run inside which it was tried), and
`metrics.X`, `params.X`, `tags.X` (`params["my name"]` where X is not a plain
word). A comparison with a value the run does not have is false.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from notewright.errors import BadFilter
from notewright.experiments.scalars import halves, scalar

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<word>[^\W\d]\w*)
    | (?P<sign><=|>=|==|!=|=|<|>|\(|\)|\[|\]|,|\.)
    )""",
    re.VERBOSE,
)
_FIELDS = {
    "id": "r.id",
    "name": "r.name",
    "status": "r.status",
    "model": "r.model",
    "created": "r.created",
    "seconds": "r.seconds",
    "session": "r.session",
    "parent": "(SELECT p.parent FROM run_parents p WHERE p.run = r.seq)",
    "part_of": "(SELECT p.parent FROM run_parents p WHERE p.run = r.seq AND p.origin = 'trial')",
}
_VALUES = {"metrics": "run_metrics", "params": "run_params", "tags": "run_tags"}
_SINGULAR = {"metric": "metrics", "param": "params", "parameters": "params", "tag": "tags"}
_COMPARISONS = {"==", "=", "!=", "<", "<=", ">", ">="}
_CONSTANTS = {"true": True, "false": False, "none": None, "null": None}
#: Short names people type for what scikit-learn's functions are called.
SYNONYMS = {
    "auc": ("auc", "roc_auc"),
    "ap": ("ap", "average_precision"),
    "mcc": ("mcc", "matthews_corrcoef"),
}


@dataclass(frozen=True)
class Compiled:
    """A condition in SQL over `runs r`, with its bound values."""

    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


def compile_filter(expression: str) -> Compiled:
    """Return the SQL condition that `expression` stands for.

    Raises
    ------
    BadFilter
        With the position of the first thing that cannot be read.

    Examples
    --------
    >>> compile_filter("seconds < 2").sql
    'r.seconds < ?'
    >>> compile_filter("metrics.auc >> 1")
    Traceback (most recent call last):
    notewright.errors.BadFilter: The filter cannot be read: a value is expected here...
    """
    return _Parser(expression).whole()


def order_of(order: str) -> tuple[str, str, bool]:
    """Return the group (or ""), the field and whether it descends, of `-metrics.auc`."""
    descending = order.startswith("-")
    parser = _Parser(order[1:] if descending else order, offset=int(descending), source=order)
    group, name = parser.field()
    parser.end()
    return group, name, descending


def column(field: str) -> str:
    """Return the SQL column of a plain field."""
    return _FIELDS[field]


class _Parser:
    """Recursive descent: or < and < not < comparison."""

    def __init__(self, expression: str, offset: int = 0, source: str | None = None) -> None:
        self._source = expression if source is None else source
        self._offset = offset
        self._tokens = self._split(expression)
        self._next = 0

    def whole(self) -> Compiled:
        compiled = self._either()
        self.end()
        return compiled

    def end(self) -> None:
        token = self._peek()
        if token.kind != "end":
            raise self._wrong(token, f"'{token.text}' is not expected here")

    def field(self) -> tuple[str, str]:
        """Read `name` or `metrics.name`; return the group (or "") and the name."""
        token = self._take()
        if token.kind != "word":
            raise self._wrong(token, "a field such as `metrics.auc` or `name` is expected here")
        group = _SINGULAR.get(token.text, token.text)
        if group in _VALUES:
            return group, self._member(token)
        if group not in _FIELDS:
            known = [*_FIELDS, *_VALUES]
            close = difflib.get_close_matches(group, known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"fields are {', '.join(known)}"
            raise self._wrong(token, f"there is no field '{token.text}' ({hint})")
        return "", group

    def _either(self) -> Compiled:
        return self._joined("or", self._both)

    def _both(self) -> Compiled:
        return self._joined("and", self._single)

    def _joined(self, word: str, part: Any) -> Compiled:
        parts: list[Compiled] = [part()]
        while self._is_word(word):
            self._take()
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        sql = f" {word.upper()} ".join(f"({p.sql})" for p in parts)
        return Compiled(sql, tuple(v for p in parts for v in p.values))

    def _single(self) -> Compiled:
        if self._is_word("not"):
            self._take()
            inner = self._single()
            return Compiled(f"NOT ({inner.sql})", inner.values)
        if self._peek().text == "(" and self._peek().kind == "sign":
            self._take()
            inner = self._either()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Compiled:
        group, name = self.field()
        token = self._take()
        if token.kind == "word" and token.text.lower() == "in":
            return self._condition(group, name, "IN", self._listed())
        if token.kind == "word" and token.text.lower() == "not" and self._is_word("in"):
            self._take()
            inner = self._condition(group, name, "IN", self._listed())
            return Compiled(f"NOT ({inner.sql})", inner.values)
        if token.kind != "sign" or token.text not in _COMPARISONS:
            raise self._wrong(token, "one of ==, !=, <, <=, >, >= or `in` is expected here")
        operator = {"==": "=", "!=": "<>"}.get(token.text, token.text)
        value_token = self._peek()
        value = self._value()
        if value is None and operator not in ("=", "<>"):
            raise self._wrong(value_token, "None can only be compared with == and !=")
        return self._condition(group, name, operator, (value,))

    def _condition(self, group: str, name: str, operator: str, given: tuple[Any, ...]) -> Compiled:
        if operator == "IN":
            tests = [_test(group, name, "=", value) for value in given]
            test = Compiled(
                " OR ".join(f"({t.sql})" for t in tests), tuple(v for t in tests for v in t.values)
            )
        else:
            test = _test(group, name, operator, given[0])
        if not group:
            return test
        names = SYNONYMS.get(name, (name,)) if group == "metrics" else (name,)
        marks = ", ".join("?" * len(names))
        sql = (
            f"EXISTS (SELECT 1 FROM {_VALUES[group]} v"  # noqa: S608 - our own words
            f" WHERE v.run = r.seq AND v.name IN ({marks}) AND ({test.sql}))"
        )
        return Compiled(sql, (*names, *test.values))

    def _member(self, group: _Token) -> str:
        token = self._take()
        if token.kind == "sign" and token.text == "[":
            inside = self._take()
            if inside.kind != "text":
                raise self._wrong(inside, "a quoted name is expected between [ and ]")
            self._expect("]")
            return _unquote(inside.text)
        if token.kind != "sign" or token.text != ".":
            raise self._wrong(token, f"'{group.text}' needs a name: `{group.text}.x`")
        inside = self._take()
        if inside.kind == "text":
            return _unquote(inside.text)
        if inside.kind != "word":
            raise self._wrong(inside, f"a name is expected after '{group.text}.'")
        return inside.text

    def _listed(self) -> tuple[Any, ...]:
        opening = self._take()
        closing = {"[": "]", "(": ")"}.get(opening.text)
        if closing is None:
            raise self._wrong(opening, "a list such as [1, 2] is expected after `in`")
        values = [self._value()]
        while self._peek().text == ",":
            self._take()
            values.append(self._value())
        self._expect(closing)
        return tuple(values)

    def _value(self) -> Any:
        token = self._take()
        if token.kind == "number":
            return float(token.text) if any(c in token.text for c in ".eE") else int(token.text)
        if token.kind == "text":
            return _unquote(token.text)
        if token.kind == "word" and token.text.lower() in _CONSTANTS:
            return _CONSTANTS[token.text.lower()]
        # A shell and `%nw` take quotes off that are the only ones.
        quoted = f'; put text in quotes: "{token.text}", and the whole filter in others'
        hint = quoted if token.kind == "word" else ""
        raise self._wrong(token, f"a value is expected here{hint}")

    def _expect(self, sign: str) -> None:
        token = self._take()
        if token.text != sign:
            raise self._wrong(token, f"'{sign}' is expected here")

    def _is_word(self, word: str) -> bool:
        token = self._peek()
        return token.kind == "word" and token.text.lower() == word

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _split(self, expression: str) -> list[_Token]:
        tokens = []
        position = 0
        end = len(expression.rstrip())
        while position < end:
            match = _TOKEN.match(expression, position)
            if match is None:
                start = position + len(expression[position:]) - len(expression[position:].lstrip())
                reason = f"'{expression[start]}' has no meaning here"
                raise self._wrong(_Token("bad", expression[start], start), reason)
            kind = str(match.lastgroup)
            tokens.append(_Token(kind, match.group(kind), match.start(kind)))
            position = match.end()
        return [*tokens, _Token("end", "end of the expression", end)]

    def _wrong(self, token: _Token, reason: str) -> BadFilter:
        return BadFilter(self._source, token.position + self._offset, reason)


def _test(group: str, name: str, operator: str, value: Any) -> Compiled:
    """Return what a value is compared to, whatever kind of value the column has."""
    if group == "params":
        return _parameter(operator, value)
    column = "v.value" if group else _FIELDS[name]
    if value is None:
        return Compiled(f"{column} IS {'NOT ' if operator == '<>' else ''}NULL", ())
    if group == "metrics" or name == "seconds":
        if isinstance(value, str):  # no number is a text
            return Compiled(f"{column} IS NOT NULL" if operator == "<>" else "1 = 0", ())
        return Compiled(f"{column} {operator} ?", (value,))
    if not group and name in ("parent", "part_of"):
        # Ids are given by their first characters.
        column = f"substr({column}, 1, {len(str(value))})"
    return Compiled(f"{column} {operator} ?", (str(value),))


def _parameter(operator: str, value: Any) -> Compiled:
    """Return what a parameter is compared to: a number, a text or nothing."""
    number, text = halves(scalar(value))
    there = "(v.number IS NOT NULL OR v.text IS NOT NULL)"
    if number is None and text is None:
        return Compiled(there if operator == "<>" else f"NOT {there}", ())
    half = "v.number" if text is None else "v.text"
    same = Compiled(f"{half} IS NOT NULL AND {half} {{}} ?", (text if number is None else number,))
    if operator == "<>":
        # Whatever it is else, another kind of value too, is not the same.
        return Compiled(f"{there} AND NOT ({same.sql.format('=')})", same.values)
    return Compiled(same.sql.format(operator), same.values)


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
