"""A notebook without a front door: runs cells, records them, takes a snapshot."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.governance.policy import load_policy
from notewright.lineage.history import History, Observed
from notewright.packaging.packages import Packages
from notewright.packaging.source import CellSource
from notewright.state.namespace import Namespace
from notewright.state.snapshots import Snapshots
from notewright.state.values import fingerprint
from notewright.store import Store
from notewright.store.ids import now

CORPUS = Path(__file__).parent / "corpus"
DATA = Path(__file__).parents[2] / "demo_notebooks" / "data"


@dataclass(frozen=True)
class Key:
    """A signing key that lives as long as the test."""

    name: str
    public: str
    sign: Callable[[bytes], bytes] = field(repr=False)

    @classmethod
    def new(cls, name: str = "ada") -> Key:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = Ed25519PrivateKey.generate()
        return cls(name, key.public_key().public_bytes_raw().hex(), key.sign)


def cells_of(text: str) -> list[str]:
    """Return the cells of a script with ``# %%`` marks."""
    return [c for c in re.split(r"^# %%.*\n", text, flags=re.M) if c.strip()]


def sources(text: str) -> list[CellSource]:
    """Return the cells of a script as the export takes them."""
    return [CellSource(c, f"cell [{n}]") for n, c in enumerate(cells_of(text), 1)]


class Notebook:
    """Runs cells in a workspace of its own.

    Parameters
    ----------
    root : Path
        The project's folder; cells run there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = Store(root / ".notewright")
        self.key = Key.new()
        self.history = History(self.store, root)
        self.snapshots = Snapshots(self.store, lambda: self.key, lambda public: True)
        self.acts: list[tuple[str, str]] = []
        self.packages = Packages(
            self.store,
            root,
            self.snapshots,
            self.history,
            lambda: self.key,
            acts=lambda act, subject, details: self.acts.append((act, subject)),
            policy=lambda: load_policy(root / "policy.yaml"),
        )
        self.session = self.history.begin_session(root).id
        self.module = types.ModuleType("__main__")
        self.last: str | None = None

    def run(self, text: str) -> Notebook:
        """Run the cells of a script, one execution each."""
        for code in cells_of(text):
            self.cell(code)
        return self

    def cell(self, code: str) -> None:
        """Run one cell and record it."""
        space = self.module.__dict__
        before = self._values()
        with _inside(self.root, self.module), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, "<cell>", "exec"), space)
        after = self._values()
        changed = tuple(sorted(n for n in after if after[n] != before.get(n)))
        names = {n.id for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name)}
        seen = Observed(code, code, now(), 0.0, "ok", tuple(sorted(names)), changed)
        self.last = self.history.record(self.session, self.last, seen).id

    def snapshot(self) -> Any:
        """Take a snapshot of the variables."""
        return self.snapshots.take(
            Namespace(self.module.__dict__), session=self.session, execution=self.last
        )

    def export(self, variable: str, name: str = "credit_risk", **words: Any) -> Any:
        """Export a variable as it is now."""
        return self.packages.export(
            variable, name, snapshot=self.snapshot(), session=self.session, **words
        )

    def _values(self) -> dict[str, str]:
        found = {}
        for name, value in self.module.__dict__.items():
            if name.startswith("__") or isinstance(value, types.ModuleType):
                continue
            try:
                found[name] = fingerprint(value)
            except TypeError:
                found[name] = str(id(value))
        return found


@contextlib.contextmanager
def _inside(folder: Path, module: types.ModuleType) -> Any:
    import sys

    was, main = Path.cwd(), sys.modules["__main__"]
    os.chdir(folder)
    sys.modules["__main__"] = module
    sys.path.insert(0, str(folder))  # modules beside the notebook
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        os.chdir(was)
        sys.modules["__main__"] = main
