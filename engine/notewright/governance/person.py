"""Who acts in a process, and who says so: the JupyterHub it runs under, else the OS.

A name gives no rights and proves nothing: what counts is the key registered under it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from notewright.errors import BadName, PersonUnknown
from notewright.governance import keys
from notewright.governance.hub import hub_here
from notewright.store.names import check_name

_LONGEST_LOGIN = 255
#: What no login has that could not also be a path or markup.
_HOSTILE = re.compile(r"[/\\<>]")
#: How names end that stand for logins of other characters; no login may pretend to be one.
_DIGEST = re.compile(r"-[0-9a-f]{16}\Z")


@dataclass(frozen=True)
class Person:
    """Somebody who acts.

    Parameters
    ----------
    name : str
        The name of their identity.
    source : str
        Who says that it is they, in words.
    """

    name: str
    source: str


def person_here() -> Person:
    """Return whose process this is.

    Raises
    ------
    PersonUnknown
        If a JupyterHub is configured and does not say: nothing is then done as somebody else.
    """
    hub = hub_here()
    if hub is None:
        return Person(keys.os_user(), "the operating system")
    return Person(identity_name(hub.user()), f"the JupyterHub at {hub.place}")


def identity_name(login: str) -> str:
    """Return the identity's name that stands for a login name, another one for each.

    Parameters
    ----------
    login : str
        What a person logs in as. Where it is no name of an identity (an e-mail address, say),
        its letters and digits are kept, and a digest of the whole tells it from others.

    Raises
    ------
    PersonUnknown
        If it has control characters or what paths and markup are made of, or is too long.

    Examples
    --------
    >>> identity_name("rita")
    'rita'
    >>> identity_name("rita@bank.example")
    'rita_bank_example-3d81c29a9e85b597'
    """
    if (
        not 0 < len(login) <= _LONGEST_LOGIN
        or not login.isprintable()
        or _HOSTILE.search(login)
        or not login.strip(" .")
    ):
        raise PersonUnknown(
            f"{login[:40]!r} is no login name that an identity could have, so who acts is not "
            "known.",
            "Ask who runs the server: a name has 255 characters at most, and no control "
            "characters, slashes or angle brackets.",
        )
    if _is_name(login) and not _DIGEST.search(login):
        return login
    digest = hashlib.sha256(login.encode()).hexdigest()[:16]
    cleaned = re.sub(r"[^A-Za-z0-9_-]+", "_", login)[:46]
    return f"{cleaned if cleaned[:1].isalpha() else f'u{cleaned}'}-{digest}"


def _is_name(login: str) -> bool:
    try:
        check_name(login, "identity")
    except BadName:
        return False
    return True
