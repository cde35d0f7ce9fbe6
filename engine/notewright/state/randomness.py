"""The random state of the kernel: saved with snapshots, never disturbed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: How `restore --only` names it; no variable can be called so.
RANDOM_STATE = "random-state"


def random_state() -> dict[str, Any]:
    """Return the state of every generator whose library is already imported."""
    state: dict[str, Any] = {}
    if (python := sys.modules.get("random")) is not None:
        state["random"] = python.getstate()
    if (numpy_random := sys.modules.get("numpy.random")) is not None:
        state["numpy"] = numpy_random.get_state()
    if (torch := sys.modules.get("torch")) is not None:
        state["torch"] = torch.get_rng_state().numpy()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Put back what :func:`random_state` returned."""
    if "random" in state:
        import random

        random.setstate(state["random"])
    if "numpy" in state:
        import numpy as np

        np.random.set_state(state["numpy"])
    if "torch" in state and (torch := sys.modules.get("torch")) is not None:
        torch.set_rng_state(torch.from_numpy(state["torch"]))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put the random state back afterwards: what runs inside may draw random numbers."""
    before = random_state()
    try:
        yield
    finally:
        set_random_state(before)
