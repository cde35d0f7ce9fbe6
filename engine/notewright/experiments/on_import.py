"""Something to be done as soon as a library has been imported."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class OnImport:
    """While it is among `sys.meta_path`, does something after the import of some libraries.

    Parameters
    ----------
    actions : mapping of str to callable
        What to do, by the name of the library. It must not fail.
    """

    def __init__(self, actions: Mapping[str, Callable[[], None]]) -> None:
        self._actions = actions
        self._looking = threading.local()

    def put_in_place(self) -> None:
        """Begin; libraries that are there already are dealt with at once."""
        sys.meta_path.insert(0, self)
        for name, action in self._actions.items():
            if name in sys.modules:
                action()

    def take_out(self) -> None:
        """End."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Find a library where the others find it, and see to it that its import is told."""
        if name not in self._actions or getattr(self._looking, "now", False):
            return None
        self._looking.now = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._looking.now = False
        loader = getattr(spec, "loader", None)
        if loader is not None and hasattr(loader, "exec_module"):
            self._tell_after(loader, self._actions[name])
        return spec

    def _tell_after(self, loader: Any, action: Callable[[], None]) -> None:
        execute = loader.exec_module

        def told(module: ModuleType) -> None:
            del loader.exec_module  # only this once
            execute(module)
            action()

        loader.exec_module = told
