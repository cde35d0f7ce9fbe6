"""Where the notebook's global random numbers stood when the package's own code first draws.

The rows of a table that the notebook makes up are carried, and what made them is not: neither
the seed nor the numbers that were drawn for them. What the package draws afterwards would then
be others, so the state they had is carried too.
"""

from __future__ import annotations

import pickle
import random
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RandomState:
    """The state of a global generator before a statement that draws from it.

    Parameters
    ----------
    index : int
        The statement.
    state : list
        The state, as JSON values that the generator takes back.
    """

    index: int
    state: list[Any]


class Draws:
    """Watches which statements draw from the global generators.

    Parameters
    ----------
    stages : collection of int
        The statements that the package has.
    seeds : collection of int
        Those that give a generator a known state.
    """

    def __init__(self, stages: Collection[int], seeds: Collection[int]) -> None:
        #: By ``numpy`` and ``random``: the state before the package's first draw from it that
        #: rests on a seed which the package has not.
        self.first: dict[str, RandomState] = {}
        self._stages, self._seeds = stages, seeds
        self._seeded = False

    @contextmanager
    def during(self, index: int) -> Iterator[None]:
        """Watch one statement."""
        if index in self._seeds and index not in self._stages:
            self.first.clear()  # what was drawn before rests on nothing
        if index not in self._stages or self._seeded:
            yield
            return
        before = _states()
        yield
        if index in self._seeds:
            self._seeded = True  # from here on the package gives the state itself
            return
        after = _states()
        for name, state in before.items():
            if pickle.dumps(state) != pickle.dumps(after[name]):
                self.first.setdefault(name, RandomState(index, state))


def _states() -> dict[str, list[Any]]:
    version, inner, spare = random.getstate()
    found: dict[str, list[Any]] = {"random": [version, list(inner), spare]}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        kind, key, place, has_spare, spare = numpy.random.get_state()
        found["numpy"] = [kind, key.tolist(), place, has_spare, spare]
    return found
