"""Policies that leave a question open, or only seem to answer it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.governance.checking import found
from tests.governance.planted.tables import data_sets
from tests.governance.planted.trial import Trial

from notewright.governance.checks.base import Finding
from notewright.governance.checks.documentation import QUESTIONS

_REQUIRED = ("intended_use", "limitations", "owner")
_EMPTY = ("", "TODO", "tbd", "n/a", "...", "[]", "null", "'-'", "FIXME", "'?'")


def _ask(name: str, asked: tuple[str, ...], empty: dict[str, str], folder: Path) -> list[Finding]:
    """Fill in all fields that are asked for but some."""
    said = dict.fromkeys(asked, f"'On {name}: it is told here.'") | empty
    lines = [f"  {field}: {words}" for field, words in said.items() if words != "left out"]
    policy = "\n".join(["version: 1", "documentation:", *lines])
    return found("documentation.complete", policy=policy, required=asked)


def trials() -> Iterator[Trial]:
    """Yield the trials: each project asks for other fields."""
    check, more = "documentation.complete", sorted(set(QUESTIONS) - set(_REQUIRED))
    for at, data in enumerate(data_sets()):
        asked = (*_REQUIRED, more[at % len(more)])
        yield Trial(check, data.name, partial(_ask, data.name, asked, {}))
        for field in (_REQUIRED[at % 3], asked[3]):
            empty = {field: ("left out", *_EMPTY)[at % (len(_EMPTY) + 1)]}
            words = f"{field}: {empty[field]}"
            yield Trial(check, data.name, partial(_ask, data.name, asked, empty), words, field)
