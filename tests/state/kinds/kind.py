"""What a test knows of one kind of object."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of object, and what must hold of it after a restore.

    Parameters
    ----------
    name : str
        What it is.
    make : str
        The cell that makes its variables.
    check : str
        Run after the restore, in the restored namespace: asserts what must hold.
    expect : str
        An expression; its ``repr`` before the snapshot and after the restore must be equal.
    change : str
        A cell that must change the digest of at least one of the variables `changes`.
    changes : str
        The variables that `change` changes, all of them.
    named : str
        If given, `x` cannot be saved, and this is part of the reason.
    stable : bool
        Whether the object loaded has the digest of the object saved.
    needs : str
        A library that the kind needs.
    """

    name: str
    make: str
    check: str = ""
    expect: str = ""
    change: str = ""
    changes: str = "x"
    named: str = ""
    stable: bool = True
    needs: str = ""

    @property
    def missing(self) -> str | None:
        """Return why the kind cannot be tried here, or None."""
        if self.needs and importlib.util.find_spec(self.needs) is None:
            return f"{self.needs} is not installed"
        return None


def named(name: str, make: str, reason: str, needs: str = "") -> Kind:
    """Return a kind that cannot be saved."""
    return Kind(name, make, named=reason, needs=needs)
