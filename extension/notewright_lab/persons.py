"""Who sent a request, where the server's identity provider knows persons."""

from __future__ import annotations

import re
from typing import Any

from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
)
from jupyter_server.base.handlers import JupyterHandler

from notewright.errors import AccessDenied
from notewright.governance.hub import hub_here
from notewright.governance.person import Person, identity_name, person_here

#: What comes with Jupyter Server: one token or password for all, so it knows nobody by name.
_NAME_NOBODY = (IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider)
#: What the server calls somebody who only had its token.
_ANONYMOUS = re.compile(r"[0-9a-f]{32}|anonymous")


def named_person(handler: JupyterHandler) -> Person | None:
    """Return who sent the request; None where the server does not know, or a Hub says it.

    A single-user server of a Hub acts for the user whose server it is: in its kernels too,
    which know no visitors.

    Raises
    ------
    PersonUnknown
        If the provider's name for them could be no login.
    """
    login = _login(handler)
    if login is None or hub_here() is not None:
        return None
    return Person(identity_name(login), "the Jupyter Server")


def require_own_server(handler: JupyterHandler) -> None:
    """Refuse visitors of somebody's server on a Hub: what is done there is done as its user.

    Raises
    ------
    AccessDenied
        If the Hub let somebody else in.
    PersonUnknown
        If the Hub does not say whose server it is.
    """
    login = _login(handler)
    if login is None or hub_here() is None:
        return
    mine = person_here().name
    if identity_name(login) != mine:
        raise AccessDenied(
            f"This server is that of '{mine}', who would be named for what you do on it.",
            "Do it on your own server.",
        )


def _login(handler: JupyterHandler) -> str | None:
    user: Any = handler.current_user
    if type(handler.identity_provider) in _NAME_NOBODY:
        return None
    login = str(getattr(user, "username", ""))
    return None if not login or _ANONYMOUS.fullmatch(login) else login
