"""The systems that keep a notebook's history, each as its users install it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from _notebooks import Notebook, on_disk

_HERE = Path(__file__).parent
_VENV = _HERE.parent / ".venv"
_KISHU = "0.3.4"


@dataclass(frozen=True)
class System:
    """One system.

    Parameters
    ----------
    name : str
        What the tables call it.
    start : str
        The cell that starts it.
    stored : str
        A glob of the files it writes.
    settle : str
        The cell that waits until everything is written.
    back : str
        The cell that goes 15 cells back, where it can.
    tag : str
        The cell that gives the state at the end a name, where that is needed.
    anew : tuple of str
        The cells that start the system in a new kernel.
    all : str
        The cell that brings that state back there; kishu's own hooks fail in a new kernel.
    environment : dict
        More environment variables of its kernels.
    """

    name: str
    start: str = ""
    stored: str = ""
    settle: str = "None"
    back: str = ""
    tag: str = "None"
    anew: tuple[str, ...] = ()
    all: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether it is Notewright, in one way or another."""
        return self.name.startswith("notewright")

    def open(self, folder: Path) -> Notebook:
        """Return a kernel in which the system can be started."""
        if self.is_ours or self.name in ("plain", "cloudpickle"):
            return Notebook(folder, sys.executable, self.environment)
        if self.name == "dill":
            return Notebook(folder, str(_peers()))
        (folder / "nb.ipynb").write_text(
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
        )
        environment = {
            "KISHU_PATH_ROOT": str(folder),
            "TEST_NOTEBOOK_PATH": str(folder / "nb.ipynb"),
            "ENV_KISHU_TEST_MODE": "1",  # there is no front end to save the notebook
        }
        return Notebook(folder, str(_peers()), environment)

    def bytes_stored(self, folder: Path) -> int:
        """Return the bytes it has written."""
        return on_disk(list(folder.glob(self.stored))) if self.stored else 0


def _peers() -> Path:
    """Return the interpreter of an environment with kishu and dill, made when missing."""
    python = _VENV / "peers/bin/python"
    if not python.exists():
        uv = _VENV / "bin/uv"
        own = [f"--python={sys.executable}", "-q", str(_VENV / "peers")]
        subprocess.run([uv, "venv", "--clear", *own], check=True)
        libraries = [f"{name}=={_version(name)}" for name in ("numpy", "pandas", "scikit-learn")]
        wanted = [f"kishu=={_KISHU}", "dill", "ipykernel", *libraries]
        install = [uv, "pip", "install", "-q", f"--python={python}", *wanted]
        subprocess.run(install, check=True)
    return python


def _version(library: str) -> str:
    from importlib.metadata import version

    return version(library)


_DUMP = """
def _install():
    import {library}, os, itertools
    count = itertools.count()
    os.makedirs('.peer', exist_ok=True)
    ip = get_ipython()
    def save(result):
        hidden = ip.user_ns_hidden
        state = {{k: v for k, v in ip.user_ns.items()
                  if not k.startswith('_') and k not in hidden and k not in ('In', 'Out')}}
        with open(f'.peer/{{next(count)}}', 'wb') as f:
            {library}.dump(state, f, protocol=5)
    ip.events.register('post_run_cell', save)
_install(); del _install
"""
_LOAD = """
import {library}, pathlib
_files = sorted(pathlib.Path('.peer').iterdir(), key=lambda p: int(p.name))
with open(_files[{which}], 'rb') as _f: globals().update({library}.load(_f))
"""
_KISHU_BACK = (
    "_kishu.checkout(_kishu._kishu_graph.list_ancestor_commit_ids()[15], skip_notebook=True)"
)

_NOTEWRIGHT = System(
    "notewright",
    "%load_ext notewright\n%nw autosnapshot on",
    ".notewright/**/*",
    "%nw status",
    "%nw restore HEAD~15",
    "%nw snapshot --tag all",
    ("%load_ext notewright",),
    "%nw restore all",
)
SYSTEMS = {
    system.name: system
    for system in (
        System("plain"),
        _NOTEWRIGHT,
        # As where the process cannot be copied.
        replace(_NOTEWRIGHT, name="notewright-0", environment={"NOTEWRIGHT_FORK": "0"}),
        System(
            "kishu",
            "from kishu import init_kishu; init_kishu('nb.ipynb')",
            "nb.kishudb*",
            back=_KISHU_BACK,
        ),
        *(
            System(
                library,
                _DUMP.format(library=library),
                ".peer/*",
                back=_LOAD.format(library=library, which=-16),
                all=_LOAD.format(library=library, which=-1),
            )
            for library in ("cloudpickle", "dill")
        ),
    )
}
