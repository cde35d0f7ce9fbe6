"""Categories that are others, misspelt."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from notewright.governance.checks.base import OF_TABLES, Finding, Option
from notewright.governance.checks.columns import ByColumn, labels, texts
from notewright.governance.checks.counting import number
from notewright.governance.checks.material import Material

#: Shorter words are codes; one letter makes another one of them.
_SHORTEST = 5
#: A column with more different texts than this holds no categories.
_MOST = 1000


class CategoryTypos(ByColumn):
    """Finds categories that differ from another by case, blanks, accents or one letter.

    Spellings that are the same without case, accents, blanks and punctuation are one
    category. One letter more, less, other or swapped makes a typo only where the other
    spelling is many times as frequent, and digits never do: `grade1` and `grade2` differ.
    """

    name = "data_quality.category_typos"
    subjects = OF_TABLES
    summary = "No category is another one, misspelt."
    severity = "warning"
    good = "No category is another one, misspelt"
    options: ClassVar[Mapping[str, Option]] = {
        "times": Option(20, "How many times as frequent the right spelling is.", minimum=1)
    }

    def columns(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield the columns with categories that are others, misspelt."""
        _, frame = material.raw
        for column, values in texts(frame):
            counts = {str(text): n for text, n in values.value_counts().items()}
            if len(counts) > min(_MOST, max(2, len(values) // 2)):
                continue
            wrong = dict(misspelt(counts, options["times"]))
            if not wrong:
                continue
            rows = values.index[values.isin(list(wrong))]
            typo, right = next(iter(wrong.items()))
            yield self.finding(
                False,
                f"{number(len(wrong), 'category' if len(wrong) == 1 else 'categorie')} of "
                f"'{column}' {'looks' if len(wrong) == 1 else 'look'} misspelt, in "
                f"{number(len(rows), 'row')}: '{typo}' for '{right}'.",
                remedy="Give them one spelling before the split; the model takes them for "
                "different things.",
                subject=str(column),
                metric="categories",
                value=float(len(wrong)),
                threshold=0.0,
                rows=labels(rows),
                details={"spellings": wrong},
            )


def misspelt(counts: Mapping[str, int], times: float) -> Iterator[tuple[str, str]]:
    """Yield each text that is another one, misspelt, and that one.

    Parameters
    ----------
    counts : mapping
        How often each text is there.
    times : float
        How many times as frequent the right spelling must be where a letter differs.

    Examples
    --------
    >>> dict(misspelt({"Lisbon": 300, "lisbon ": 4, "Lisbno": 1, "Boston": 90}, 20))
    {'lisbon ': 'Lisbon', 'Lisbno': 'Lisbon'}
    """
    order = sorted(counts, key=lambda text: (-counts[text], text))
    plain = {text: folded(text) for text in order}
    first: dict[str, str] = {}
    for text in order:
        first.setdefault(plain[text], text)
    near = defaultdict(list)
    for key, text in first.items():
        for shape in _shapes(key):
            near[shape].append(text)
    for text in order:
        key = plain[text]
        if first[key] != text and key:
            yield text, first[key]
            continue
        if len(key) < _SHORTEST:
            continue
        others = {other for shape in _shapes(key) for other in near[shape]} - {text}
        better = [o for o in others if counts[o] >= times * counts[text]]
        close = [o for o in better if one_apart(key, plain[o])]
        if close:
            yield text, max(close, key=lambda o: (counts[o], o))


def folded(text: str) -> str:
    """Return a text without case, accents, blanks and punctuation, but for signs of value.

    Examples
    --------
    >>> folded(" São  Paulo."), folded("> 50K"), folded("<= 50K")
    ('saopaulo', '>50k', '<=50k')
    """
    parts = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in parts if not unicodedata.combining(c)).casefold()
    return re.sub(r"[^\w<>=+\-%$€£#*]|_", "", bare)


def _shapes(key: str) -> set[str]:
    """Return the text with each one letter left out: what is one apart shares one of them."""
    return {key, *(key[:i] + key[i + 1 :] for i in range(len(key)))}


def one_apart(a: str, b: str) -> bool:
    """Tell whether one letter more, less, other, or two swapped make one text the other.

    Examples
    --------
    >>> one_apart("lisbon", "lisbno"), one_apart("paris", "parsi"), one_apart("grade1", "grade2")
    (True, True, False)
    """
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    shared = zip(a, b, strict=False)
    at = next((i for i, (x, y) in enumerate(shared) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        swapped = a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
        differs = a[at + 1 :] == b[at + 1 :]
        return (swapped or differs) and (a[at] + b[at]).isalpha()
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[at + 1 :] == shorter[at:] and longer[at].isalpha()
