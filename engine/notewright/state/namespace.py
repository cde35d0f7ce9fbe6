"""The user's variables, apart from what the shell put there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

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

    Examples
    --------
    >>> Namespace({"x": 1, "_i1": "x = 1", "__name__": "__main__"}).variables()
    {'x': 1}
    """

    def __init__(
        self, variables: dict[str, Any], hidden: Callable[[str, Any], bool] | None = None
    ) -> None:
        self.dict = variables
        self._hidden = hidden

    def variables(self) -> dict[str, Any]:
        """Return the user's own names and values, in the order of their first binding."""
        hidden = self._hidden or _is_shells
        return {n: v for n, v in list(self.dict.items()) if not hidden(n, v)}


def _is_shells(name: str, value: Any) -> bool:
    if not isinstance(name, str) or _SHELL.match(name) is None:
        return not isinstance(name, str)
    # A user may well call their own function `open` or their data `In`.
    return name not in ("open", "In", "Out", "exit", "quit") or (
        (type(value).__module__ or "").startswith(("IPython", "ipykernel"))
        or getattr(value, "__module__", None) in ("io", "_io")
        or (name in ("In", "Out") and type(value) in (list, dict))
    )
