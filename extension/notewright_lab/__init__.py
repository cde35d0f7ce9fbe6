"""Notewright's part of the Jupyter server: what is recorded, over REST.

It only reads. Whatever acts on live variables is done by the kernel that owns
them; the panel asks that kernel itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["_jupyter_labextension_paths", "_jupyter_server_extension_points"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Say where the panel is, for ``jupyter labextension develop``."""
    return [{"src": "labextension", "dest": "notewright"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Say that this package is a server extension."""
    return [{"module": "notewright_lab"}]


def _load_jupyter_server_extension(server_app: ServerApp) -> None:
    """Add the handlers to a server that starts."""
    from notewright_lab.handlers import routes

    server_app.web_app.add_handlers(".*$", routes(server_app.web_app.settings["base_url"]))
    server_app.log.info("Notewright's server part is on.")
