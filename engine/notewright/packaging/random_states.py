"""Where the notebook's global random numbers stood where the package's own code draws.

The rows of a table that the notebook makes up are carried, and what made them is not: neither
the seed nor the numbers that were drawn for them. What the package draws afterwards would then
be others, so the state they had is carried too. What draws without any seed is given the state
with which it gave the notebook's model: that it did was luck, and need not happen again.
"""

from __future__ import annotations

import pickle
import random
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_GENERATORS = ("numpy", "random")


@dataclass(frozen=True)
class RandomState:
    """The state of a global generator before a statement that draws from it.

    Parameters
    ----------
    generator : {"numpy", "random"}
        Whose it is.
    index : int
        The statement.
    state : list
        The state, as JSON values that the generator takes back.
    """

    generator: str
    index: int
    state: list[Any]

    @property
    def key(self) -> str:
        """What the package calls it."""
        return f"{self.generator} {self.index}"


class Draws:
    """Watches which statements draw from the global generators.

    Parameters
    ----------
    stages : collection of int
        The statements that the package has, without imports.
    seeds : collection of int
        Those that give a generator a known state.
    """

    def __init__(self, stages: Collection[int], seeds: Collection[int]) -> None:
        #: The states before draws of the package that rest on what it has not.
        self.found: list[RandomState] = []
        self._stages, self._seeds = stages, seeds
        #: The generators whose states the package does not know: at first of none.
        self._unknown = set(_GENERATORS)

    @contextmanager
    def during(self, index: int) -> Iterator[None]:
        """Watch one statement."""
        before = _states()
        yield
        after = _states()
        moved = {name for name in before if pickle.dumps(before[name]) != pickle.dumps(after[name])}
        if index not in self._stages:
            self._unknown |= moved
        elif index in self._seeds:
            self._unknown -= moved  # from here on the package gives the state itself
        else:
            for name in sorted(moved & self._unknown):
                self.found.append(RandomState(name, index, before[name]))
            self._unknown -= moved


def _states() -> dict[str, list[Any]]:
    version, inner, spare = random.getstate()
    found: dict[str, list[Any]] = {"random": [version, list(inner), spare]}
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        kind, key, place, has_spare, spare = numpy.random.get_state()
        found["numpy"] = [kind, key.tolist(), place, has_spare, spare]
    return found
