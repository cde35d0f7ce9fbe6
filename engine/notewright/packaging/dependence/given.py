"""The arguments of a call."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from notewright.packaging.dependence.regions import Value


@dataclass(frozen=True)
class Given:
    """The arguments of a call.

    Parameters
    ----------
    plain : sequence of Value
        By position.
    named : dict
        By name.
    spread : Value, optional
        What ``*`` and ``**`` may give, to any parameter.
    node : ast.Call, optional
        The call.
    also : dict
        The expressions of keywords that come from a dictionary, by name.
    """

    plain: Sequence[Value] = ()
    named: dict[str, Value] = field(default_factory=dict)
    spread: Value | None = None
    node: ast.Call | None = None
    also: dict[str, ast.expr] = field(default_factory=dict)

    @property
    def all(self) -> list[Value]:
        """Every argument."""
        more = [] if self.spread is None else [self.spread]
        return [*self.plain, *self.named.values(), *more]

    def get(self, at: int, *names: str) -> Value | None:
        """Return the argument at a position or of a name, or None."""
        if at < len(self.plain):
            return self.plain[at]
        return next((self.named[n] for n in names if n in self.named), self.spread)

    def is_false(self, *names: str) -> bool:
        """Tell whether one of the keywords is given as False."""
        return any(n in self.named and self.named[n].literal is False for n in names)

    def is_set(self, *names: str) -> bool:
        """Tell whether one of the keywords is given as something besides None and False."""
        if self.node is None:
            return False
        written = [(k.arg, k.value) for k in self.node.keywords]
        return any(
            name in names
            and not (isinstance(e, ast.Constant) and (e.value is None or e.value is False))
            for name, e in (*written, *self.also.items())
        )
