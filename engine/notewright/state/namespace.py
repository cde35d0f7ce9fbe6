"""The user's variables, apart from what the shell put there, and the state of own modules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from notewright.state.modules import OwnModules

#: Names IPython and Python keep in a user's namespace for themselves.
_SHELL = re.compile(
    r"(_i{0,3}|_{1,3}|_i?\d+|_ih|_oh|_dh|_sh|In|Out|exit|quit|open|get_ipython|"
    r"_exit_code|_pydev_stop_at_break|__\w+__|__vsc_\w+|_VSCODE_\w+)\Z"
)


class Namespace:
    """A view of the dictionary cells run in.

    Parameters
    ----------
    variables : dict
        The live dictionary (IPython's ``user_ns``).
    hidden : callable, optional
        Tells of a name and its value whether it is the shell's, not the user's.
    folders : iterable of path, optional
        Imported modules with files below these are the user's own.

    Examples
    --------
    >>> Namespace({"x": 1, "_i1": "x = 1", "__name__": "__main__"}).variables()
    {'x': 1}
    """

    def __init__(
        self,
        variables: dict[str, Any],
        hidden: Callable[[str, Any], bool] | None = None,
        folders: Iterable[str | Path] = (),
    ) -> None:
        self.dict = variables
        self.modules = OwnModules(folders)
        self._hidden = hidden

    def variables(self) -> dict[str, Any]:
        """Return the user's own names and values, in the order of their first binding."""
        hidden = self._hidden or _is_shells
        return {n: v for n, v in list(self.dict.items()) if not hidden(n, v)}

    def state(self) -> dict[str, Any]:
        """Return the variables, and the attributes of own modules under dotted names."""
        found = self.variables()
        for name, value in self.modules.attributes():
            found.setdefault(name, value)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """Return what a name of :meth:`state` stands for now, or `default`."""
        if name in self.dict:
            return self.dict[name]
        return self.modules.get(name, default)

    def bind(self, name: str, value: Any) -> None:
        """Bind a variable, or set an attribute of an own module or of a class in one.

        Raises
        ------
        AttributeError, TypeError
            If the class is no longer there, or takes no attributes.
        """
        if self.is_attribute(name):
            self.modules.bind(name, value)
        else:
            self.dict[name] = value

    def unbind(self, name: str) -> None:
        """Undo a :meth:`bind`."""
        if self.is_attribute(name):
            self.modules.unbind(name)
        else:
            del self.dict[name]

    def is_attribute(self, name: str) -> bool:
        """Tell whether a name is that of an attribute of an own module, not of a variable."""
        return name not in self.dict and self.modules.covers(name)


def _is_shells(name: str, value: Any) -> bool:
    if not isinstance(name, str) or _SHELL.match(name) is None:
        return not isinstance(name, str)
    # A user may well call their own function `open` or their data `In`.
    return name not in ("open", "In", "Out", "exit", "quit") or (
        (type(value).__module__ or "").startswith(("IPython", "ipykernel"))
        or getattr(value, "__module__", None) in ("io", "_io")
        or (name in ("In", "Out") and type(value) in (list, dict))
    )
