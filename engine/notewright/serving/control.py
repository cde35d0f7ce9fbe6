"""The two files through which a deployment is steered.

``wanted.json`` says what should be live, ``state.json`` what is; the supervisor
makes the second follow the first. Both are replaced whole, so a reader never
sees half of one, and a supervisor that was killed finds its task again.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from notewright.store.ids import new_id

_Record = TypeVar("_Record", "Wanted", "State")


@dataclass(frozen=True)
class Wanted:
    """What should be live; `generation` grows with every change.

    With `port` 0 the port `prefer` is taken if it is free, else any.
    """

    generation: int
    deployment: str
    package: str
    manifest: str
    name: str
    version: str
    host: str = "127.0.0.1"
    port: int = 0
    prefer: int = 0
    stop: bool = False


@dataclass(frozen=True)
class State:
    """What is live.

    `generation` is the last wish that was dealt with, `deployment` what is live
    now; where the wish failed they belong to different wishes and `problem`
    says why. `pid` and `started` name the supervisor's process for certain.
    """

    generation: int
    status: str
    pid: int
    started: float
    host: str = ""
    port: int = 0
    deployment: str = ""
    worker: int | None = None
    restarts: int = 0
    problem: str = ""
    remedy: str = ""

    @property
    def url(self) -> str:
        """The address, or an empty string before there is one."""
        if not self.port:
            return ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def read_wanted(folder: Path) -> Wanted | None:
    """Return what should be live, or None if nobody said."""
    return _read(folder / "wanted.json", Wanted)


def read_state(folder: Path) -> State | None:
    """Return what the supervisor last said, or None if there was none."""
    return _read(folder / "state.json", State)


def write(folder: Path, record: Wanted | State) -> None:
    """Replace the file of this record."""
    name = "wanted.json" if isinstance(record, Wanted) else "state.json"
    temporary = folder / f".{name}.{new_id()}"
    temporary.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    os.replace(temporary, folder / name)


def _read(path: Path, kind: type[_Record]) -> _Record | None:
    try:
        return kind(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        # A file from elsewhere or from another version says nothing usable.
        return None
