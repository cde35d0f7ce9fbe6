"""Columns whose values somebody may not see.

Which they are, and for whom, is decided above (`notewright.governance.restricted`); the services
here and further up only ask, leave the values out, and name what they left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn, Protocol


@dataclass(frozen=True)
class Withheld:
    """A column that is withheld; in a value, it stands where what was withheld would be.

    Parameters
    ----------
    column : str
        Its name, as the policy writes it.
    roles : tuple of str
        Who may see it; nobody if empty.
    """

    column: str
    roles: tuple[str, ...]

    @property
    def words(self) -> str:
        """The column and what it needs.

        Examples
        --------
        >>> Withheld("income", ("risk_officer", "auditor")).words
        "income (needs 'risk_officer' or 'auditor')"
        """
        if not self.roles:
            return f"{self.column} (nobody may see it)"
        return f"{self.column} (needs {' or '.join(map(repr, self.roles))})"

    def __repr__(self) -> str:
        return f"<withheld: {self.words}>"


def withheld_words(found: Sequence[Withheld]) -> str:
    """Return the line that names what was withheld; empty if nothing was.

    Examples
    --------
    >>> withheld_words([Withheld("income", ("risk_officer",)), Withheld("name", ())])
    "withheld: income (needs 'risk_officer'), name (nobody may see it)"
    """
    return f"withheld: {', '.join(each.words for each in found)}" if found else ""


def united(*found: Iterable[Withheld]) -> tuple[Withheld, ...]:
    """Return what any of several outputs withheld, each once, by name."""
    each = {withheld.column: withheld for several in found for withheld in several}
    return tuple(each[name] for name in sorted(each))


@dataclass(frozen=True)
class Withholding:
    """Everything that is withheld from one person.

    Parameters
    ----------
    columns : tuple of Withheld
    """

    columns: tuple[Withheld, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.columns)

    @cached_property
    def _known(self) -> dict[str, Withheld]:
        return {plain_name(each.column): each for each in self.columns}

    def find(self, label: Any) -> Withheld | None:
        """Return what is withheld under a label, or None.

        A name that differs only by case, blanks at its ends or how its characters are
        composed is the same name; of a label of several levels, each counts.

        Examples
        --------
        >>> some = Withholding((Withheld("income", ()),))
        >>> some.find("Income "), some.find(("2024", "income")), some.find("income_band")
        (<withheld: income (nobody may see it)>, <withheld: income (nobody may see it)>, None)
        """
        if isinstance(label, tuple):
            return next(filter(None, map(self.find, label)), None)
        text = label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)
        return self._known.get(plain_name(text))

    def mentioned(self, texts: Iterable[str]) -> tuple[Withheld, ...]:
        """Return what some texts mention, by its name as a word of its own.

        Examples
        --------
        >>> some = Withholding((Withheld("age", ()), Withheld("income", ())))
        >>> some.mentioned(["Column 'Income', row 3: 5200", "the average"])
        (<withheld: income (nobody may see it)>,)
        """
        plain = [plain_name(text) for text in texts]
        return united(
            each for each in self.columns if any(_word(each.column).search(text) for text in plain)
        )

    def among(self, labels: Iterable[Any]) -> tuple[Withheld, ...]:
        """Return what is withheld among some labels."""
        return united(filter(None, map(self.find, labels)))


#: What is withheld where nothing is restricted.
NOTHING = Withholding()


def plain_name(name: str) -> str:
    """Return a name as it is compared with others.

    Examples
    --------
    >>> plain_name(" Income")
    'income'
    """
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _word(name: str) -> re.Pattern[str]:
    """Return what finds a name in a text, as it is or as `repr` writes it."""
    forms = {plain_name(name), plain_name(repr(name)[1:-1])}
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, sorted(forms)))})(?!\w)")


class ValuesWithheld(UserWarning):
    """Tells who loads values in Python what is not among them."""

    def __init__(self, found: Sequence[Withheld]) -> None:
        super().__init__(withheld_words(found))


class Restrictions(Protocol):
    """What a service asks before it gives values to a person."""

    def now(self, identity: Any = None) -> Withholding:
        """Return what is withheld by the policy as it is now.

        Parameters
        ----------
        identity : Identity, optional
            From whom; the OS user by default.
        """

    def refuse(self, withheld: Withheld, of: str, identity: Any = None) -> NoReturn:
        """Refuse somebody who asked for a withheld column `of` something, and record it."""


class Unrestricted:
    """Nothing is withheld: where there is no policy, and inside the engine."""

    def now(self, identity: Any = None) -> Withholding:
        """Return nothing."""
        return NOTHING

    def refuse(self, withheld: Withheld, of: str, identity: Any = None) -> NoReturn:
        """Never called: nothing is withheld."""
        raise AssertionError(withheld)


#: What a service asks that nobody gave restrictions.
UNRESTRICTED = Unrestricted()
