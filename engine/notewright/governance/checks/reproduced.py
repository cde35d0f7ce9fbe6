"""What came of making a run's model again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reproduced:
    """What came of running again the cells that made a model.

    Parameters
    ----------
    same : bool
        Whether they made the same model.
    sentence : str
        What was run and what came of it, in words.
    remedy : str
        What to do where it is another.
    cells : tuple of str
        The cells concerned.
    """

    same: bool
    sentence: str
    remedy: str = ""
    cells: tuple[str, ...] = ()
