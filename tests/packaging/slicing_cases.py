"""Small notebooks with the statements that one variable depends on, marked by hand.

They are in ``slices/``, a file a theme: ``== NAME -> VARIABLE`` begins a case, and its code
follows. The mark in front of a line says what the slice must do with the statement: ``>``
keeps it, a blank drops it, ``!`` keeps it although it stopped with an error, ``x`` drops it
and it stopped, ``.`` was not reached. ``--`` begins another cell. Where the code alone cannot
tell the smallest set, lines with ``#`` say why the set is what it is. In ``inside/`` every
line is marked, those inside loops and branches too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One small notebook.

    Parameters
    ----------
    theme, name : str
        What it is about.
    wanted : str
        The variable.
    text : str
        The marked code.
    larger : str
        Why the set is not smaller, where a reader may think that it could be.
    """

    theme: str
    name: str
    wanted: str
    text: str
    larger: str = ""


def _cases(file: Path) -> Iterator[Case]:
    theme, *parts = re.split(r"^== ", file.read_text(encoding="utf-8"), flags=re.M)
    for part in parts:
        first, *lines = part.rstrip("\n").split("\n")
        name, _, wanted = first.rpartition(" -> ")
        why = [line[2:] for line in lines if line.startswith("# ")]
        text = "\n".join(line for line in lines if not line.startswith("# "))
        yield Case(theme.strip(), name, wanted, text, " ".join(why))


_HERE = Path(__file__).parent
CASES = [case for file in sorted(_HERE.glob("slices/*.txt")) for case in _cases(file)]
#: Those in which not all of a loop or branch is needed.
INSIDE = [case for file in sorted(_HERE.glob("inside/*.txt")) for case in _cases(file)]
