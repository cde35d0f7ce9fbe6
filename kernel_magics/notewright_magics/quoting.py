"""Words with spaces in them, offered as they have to be typed."""

from __future__ import annotations

from collections.abc import Iterable


def in_quotes(line: str) -> str | None:
    """Return what stands after a quotation mark that `line` leaves open, or None."""
    return line.rpartition('"')[2] if line.count('"') % 2 else None


def quoted(texts: Iterable[str]) -> list[str]:
    """Return texts as words of a line, those with spaces in quotation marks.

    Examples
    --------
    >>> quoted(["ready", "clean data"])
    ['ready', '"clean data"']
    """
    return [text if text.isidentifier() else f'"{text}"' for text in texts if _typed(text)]


def continued(texts: Iterable[str], opened: str, symbol: str) -> list[str]:
    """Return how texts go on from the word `symbol` that ends what is typed of them.

    Examples
    --------
    >>> continued(["clean data", "raw data"], "clean da", "da")
    ['data"']
    """
    before = opened[: len(opened) - len(symbol)]
    return [f'{text[len(before) :]}"' for text in texts if _typed(text) and text.startswith(before)]


def _typed(text: str) -> bool:
    return bool(text) and text.isprintable() and not set(text) & set('"\\')
