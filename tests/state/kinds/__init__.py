"""Kinds of object that live in notebooks, by library."""

from __future__ import annotations

from kinds import functions, plain, unsaveable
from kinds.kind import Kind

LIBRARIES: dict[str, list[Kind]] = {
    "plain": plain.KINDS,
    "functions": functions.KINDS,
    "unsaveable": unsaveable.KINDS,
}
