"""What a difference is made of: data first, words from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from notewright.words import number_of


@dataclass(frozen=True)
class Example:
    """One place that differs, in the user's terms.

    Parameters
    ----------
    where : str
        ``"row 3"``, ``"[2, 5]"``, ``"max_depth"``.
    old, new : str or None
        What was there and what is; None where nothing was, or is.
    """

    where: str
    old: str | None = None
    new: str | None = None

    @property
    def words(self) -> str:
        """The example in one line."""
        if self.old is None and self.new is None:
            return self.where
        if self.old is None or self.new is None:
            value = self.new if self.old is None else self.old
            return f"{self.where} ({value})" if value else self.where
        return f"{self.where}: {self.old} → {self.new}"


@dataclass(frozen=True)
class Detail:
    """One thing that differs between two values.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    where : str
        The path to it inside the variable: ``"['a'][3].b"``; empty for the variable itself.
    name : str
        The column, parameter or attribute it is about.
    old, new : str or None
        What was, and what is, shortened.
    count, total : int or None
        How many are concerned, out of how many.
    examples : tuple of Example
        A few of them.
    regions : tuple of str
        Where in an array, as slices.
    lines : tuple of str
        Lines of a unified difference; `count` says how many there are in all.
    note : str
        Anything else, in words.
    """

    kind: str
    where: str = ""
    name: str = ""
    old: str | None = None
    new: str | None = None
    count: int | None = None
    total: int | None = None
    examples: tuple[Example, ...] = ()
    regions: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    note: str = ""

    @property
    def more(self) -> int:
        """How many are concerned that neither `examples` nor `lines` show."""
        return 0 if self.count is None else self.count - len(self.examples or self.lines)

    @property
    def words(self) -> str:
        """The detail in one line, without `lines`."""
        said = _WORDS[self.kind](self)
        return f"{self.where}: {said}" if self.where else said

    def record(self) -> dict[str, Any]:
        """Return the detail as JSON values with stable names; what is empty is left out."""
        body = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value not in (None, "", ())
        }
        return {**body, "more": self.more, "text": self.words}


def joined(parts: Sequence[str], more: int) -> str:
    """Return `parts` with commas, and how many there are besides.

    Examples
    --------
    >>> joined(["a", "b"], 12)
    'a, b and 12 more'
    """
    return ", ".join(parts) + (f" and {more:,} more" if more > 0 else "")


def _counted(noun: str, verb: str) -> Any:
    def words(d: Detail) -> str:
        said = number_of(d.count or 0, noun)
        if d.total:
            said = f"{d.count:,} of {number_of(d.total, noun)}"
        name = f"{d.name}: " if d.name else ""
        return f"{name}{said} {verb}{_note(d)}{_examples(d)}"

    return words


def _named(noun: str, verb: str) -> Any:
    def words(d: Detail) -> str:
        return f"{number_of(d.count or 0, noun)} {verb}{_examples(d)}"

    return words


def _examples(d: Detail) -> str:
    if not d.examples:
        return ""
    return ": " + joined([example.words for example in d.examples], d.more)


def _note(d: Detail) -> str:
    return f" ({d.note})" if d.note else ""


def _change(label: str = "") -> Any:
    def words(d: Detail) -> str:
        name = " ".join(filter(None, [label, d.name]))
        return f"{name}: {d.old} → {d.new}{_note(d)}" if name else f"{d.old} → {d.new}{_note(d)}"

    return words


def _note_only(d: Detail) -> str:
    return f"{d.name}: {d.note}" if d.name else d.note


def _elements(d: Detail) -> str:
    share = f" ({_percent(d.count or 0, d.total)})" if d.total else ""
    said = f"{d.count:,} of {number_of(d.total or 0, 'element')} changed{share}"
    if d.regions:
        said += f" in {', '.join(d.regions)}"
    if d.note:
        said += f", {d.note}"
    return said + _examples(d)


def _percent(count: int, total: int) -> str:
    share = 100 * count / total
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{max(share, 0.01):.2g} %"


def _lines(noun: str) -> Any:
    def words(d: Detail) -> str:
        name = f"{noun} of {d.name}" if d.name else noun
        shown = f", {len(d.lines)} of {d.count} lines shown" if d.more > 0 else ""
        return f"{name} changed{_note(d)}{shown}"

    return words


#: Every kind of detail, with how it is put into words.
_WORDS: dict[str, Any] = {
    "value": _change(),
    "type": _change("type"),
    "shape": _change("shape"),
    "dtype": _change("dtype"),
    "format": _change("format"),
    "length": _change("length"),
    "attribute": _change(),
    "values changed": _counted("value", "changed"),
    "rows added": _counted("row", "added"),
    "rows removed": _counted("row", "removed"),
    "rows changed": _counted("row", "changed"),
    "rows reordered": _note_only,
    "columns changed": _counted("column", "changed too"),
    "categories": lambda d: (f"{d.name}: " if d.name else "") + f"categories changed{_examples(d)}",
    "columns added": _named("column", "added"),
    "columns removed": _named("column", "removed"),
    "columns renamed": _named("column", "renamed"),
    "columns reordered": _note_only,
    "column dtype": _change("dtype of"),
    "column values": _counted("value", "changed"),
    "index": _change("index"),
    "index labels": _counted("index label", "changed"),
    "elements": _elements,
    "stored": _change("stored elements"),
    "parameters": _named("parameter", "changed"),
    "fitted": _note_only,
    "fitted added": _named("fitted attribute", "added"),
    "fitted removed": _named("fitted attribute", "removed"),
    "fitted changed": lambda d: f"{d.name}: {d.note}",
    "items added": _named("item", "added"),
    "items removed": _named("item", "removed"),
    "keys added": _named("key", "added"),
    "keys removed": _named("key", "removed"),
    "attributes added": _named("attribute", "added"),
    "attributes removed": _named("attribute", "removed"),
    "order": _note_only,
    "code": _lines("code"),
    "text": _lines("text"),
    "bytes": _change("length"),
    "not saved": _note_only,
    "withheld": _note_only,
    "unknown": _note_only,
    "unfinished": _note_only,
    "equal": _note_only,
    "present": _note_only,
}

#: The kinds a detail can have.
KINDS = tuple(_WORDS)
