"""Names that become paths or references are validated here, and only here."""

from __future__ import annotations

import keyword
import re

from notewright.errors import BadName

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}\Z")


def check_name(name: str, what: str) -> str:
    """Return `name` if it is safe as one path component, else raise `BadName`.

    Parameters
    ----------
    name : str
        The name a user gave.
    what : str
        What is being named, for the message: ``"model"``, ``"deployment"``.

    Examples
    --------
    >>> check_name("credit_risk", "model")
    'credit_risk'
    >>> check_name("../etc/passwd", "model")
    Traceback (most recent call last):
    notewright.errors.BadName: '../etc/passwd' cannot be the name of a model. ...
    """
    if not _NAME.match(name) or name.endswith(".") or ".." in name:
        raise BadName(what, name)
    return name


def module_name(name: str, what: str) -> str:
    """Return `name` as an importable module name (``-`` and ``.`` become ``_``).

    Examples
    --------
    >>> module_name("credit-risk", "package")
    'credit_risk'
    """
    module = re.sub(r"[-.]", "_", check_name(name, what)).lower()
    if keyword.iskeyword(module):
        raise BadName(what, name)
    return module
