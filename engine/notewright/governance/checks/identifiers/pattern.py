"""What an identifier looks like, and where it is in a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

#: So far before a number the words are that say what it is.
_BEFORE = 60
#: A number of so many digits ends the reach of the words before it.
_OTHER = re.compile(r"\d{4}")
#: Where seven digits begin that have little between them.
_NUMBER = re.compile(r"(?<![\w.-])(?=\+?\(?[A-Z]?[ -]?\d(?:[^\d\x1e]{0,3}\d){6})")
#: Between two values of a column that are looked through as one text.
BOUNDARY = "\x1e"


@dataclass(frozen=True)
class Pattern:
    """One kind of identifier.

    Parameters
    ----------
    kind : str
        What it is, in words.
    expression : re.Pattern
        What it looks like.
    valid : callable, optional
        A check of what matched, such as a checksum.
    context : re.Pattern, optional
        Words that say what it is, where they stand before it or in its column's name.
    alone : bool, default True
        Whether its form is enough without these words, in running text: other numbers seldom
        look the same.
    needs : str, optional
        A text without which nothing can match; saves the search.
    numeric : bool, default False
        Whether it begins with digits, a sign or a letter before them, and has seven digits near
        each other; such places are searched for once, for all patterns.
    chance : float, default 0
        Share of other numbers of that form that pass `valid` too.
    """

    kind: str
    expression: re.Pattern[str]
    valid: Callable[[str], bool] | None = None
    context: re.Pattern[str] | None = None
    alone: bool = True
    needs: str = ""
    numeric: bool = False
    chance: float = 0.0


class Match(NamedTuple):
    """A stretch of text that has the form of an identifier.

    Parameters
    ----------
    pattern : Pattern
        Of which kind.
    start, end : int
        Where it is.
    valid : bool
        Whether it passes the pattern's check.
    told : bool
        Whether words say that it is one.
    """

    pattern: Pattern
    start: int
    end: int
    valid: bool
    told: bool

    @property
    def counts(self) -> bool:
        """Whether it is one, as far as the text around it tells."""
        return self.valid and (self.told or self.pattern.alone)


def find(text: str, patterns: Iterable[Pattern], name: str = "") -> Iterator[tuple[str, str]]:
    """Yield ``(kind, what matched)`` for everything in `text`; a stretch counts once.

    Parameters
    ----------
    text : str
        What is looked through.
    patterns : iterable of Pattern
        An earlier one takes the stretch.
    name : str, optional
        What the text is called, such as the column it is from.
    """
    for match in matches(text, patterns, name):
        if match.counts:
            yield match.pattern.kind, text[match.start : match.end]


def matches(text: str, patterns: Iterable[Pattern], name: str = "") -> Iterator[Match]:
    """Yield each stretch of the form of an identifier; one that is none takes no stretch."""
    taken = bytearray(len(text))
    said = words_of(name)
    numbers = [match.start() for match in _NUMBER.finditer(text)]
    for pattern in patterns:
        if pattern.needs not in text or (pattern.numeric and not numbers):
            continue
        named = pattern.context is not None and bool(pattern.context.search(said))
        stretches = (
            _at(pattern, text, numbers) if pattern.numeric else pattern.expression.finditer(text)
        )
        for match in stretches:
            start, end = match.span()
            if taken.find(1, start, end) >= 0:
                continue
            valid = pattern.valid is None or pattern.valid(match.group())
            told = named or _told(pattern, text, taken, start)
            found = Match(pattern, start, end, valid, told)
            if found.counts:
                taken[start:end] = b"\x01" * (end - start)
            yield found


def _at(pattern: Pattern, text: str, places: list[int]) -> Iterator[re.Match[str]]:
    """Yield the stretches that begin at one of the places, none within another."""
    at, end = pattern.expression.match, 0
    for place in places:
        if place >= end and (match := at(text, place)) is not None:
            end = match.end()
            yield match


def words_of(name: str) -> str:
    """Return the words of a column's or variable's name.

    Examples
    --------
    >>> words_of("customerPhone_no")
    'customer phone no'
    """
    apart = re.sub(r"(?<=[a-zß-öø-ÿ])(?=[A-Z])", " ", name[:200])
    return re.sub(r"[\W_]+", " ", apart).strip().lower()


def _told(pattern: Pattern, text: str, taken: bytearray, start: int) -> bool:
    """Tell whether the words before a stretch say what it is; other numbers end their reach."""
    if pattern.context is None:
        return False
    low = max(0, start - _BEFORE)
    before = text[max(low, taken.rfind(1, low, start) + 1) : start].replace("_", " ")
    before = before[before.rfind(BOUNDARY) + 1 :]
    numbers = list(_OTHER.finditer(before))
    return bool(pattern.context.search(before[numbers[-1].end() if numbers else 0 :]))
