"""Writing a dossier: the document, the model card and the bill of materials."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from notewright.errors import UsageError
from notewright.governance.dossier.model_card import model_card
from notewright.packaging.model_bill import model_bill
from notewright.store.canonical import digest_of
from notewright.views.chromium import pdf
from notewright.views.dossier_page import dossier_page

if TYPE_CHECKING:
    from notewright.governance.dossier.dossier import Dossier


def write_dossier(dossier: Dossier, to: str) -> dict[str, str]:
    """Write a dossier where, and in the form, that `to` says; older files are replaced.

    Parameters
    ----------
    dossier : Dossier
    to : str
        A file that ends in ``.html``, ``.pdf``, ``.cdx.json`` (bill of materials) or ``.json``
        (model card), or a folder (it is there, or ends in ``/``): the document, the card and
        the bill.

    Returns
    -------
    dict of str to str
        The BLAKE3 digest of each file written, by its path.

    Raises
    ------
    UsageError
        If it says nothing of that, or cannot be written.
    NoBrowser
        If a PDF is wanted and there is no browser to make it with.
    """
    path = Path(to)
    if to.endswith("/") or path.is_dir():
        targets = {path / f"dossier{end}": end for end in (".html", ".json", ".cdx.json")}
    else:
        targets = {path: _ending(path.name)}
    # All of it is made before anything is written.
    contents = {file: _FORMS[end](dossier) for file, end in targets.items()}
    try:
        if len(targets) > 1:
            path.mkdir(parents=True, exist_ok=True)
        for file, content in contents.items():
            file.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"The dossier cannot be written to {path}: {(error.strerror or str(error)).lower()}.",
            "Give a file or a folder that you may write to.",
        ) from error
    return {str(file): digest_of(content) for file, content in contents.items()}


def _ending(name: str) -> str:
    for end in _FORMS:
        if name.lower().endswith(end):
            return end
    raise UsageError(
        f"'{name}' does not say by its ending what to write.",
        f"End it in one of {', '.join(_FORMS)}, or name a folder: `FOLDER/`.",
    )


def _html(dossier: Dossier) -> bytes:
    return dossier_page(dossier).encode()


def _card(dossier: Dossier) -> bytes:
    text = json.dumps(model_card(dossier), indent=1, ensure_ascii=True, allow_nan=False)
    return f"{text}\n".encode()


def _bill(dossier: Dossier) -> bytes:
    return model_bill(dossier).encode()


#: The longer endings first.
_FORMS: dict[str, Callable[[Dossier], bytes]] = {
    ".cdx.json": _bill,
    ".json": _card,
    ".html": _html,
    ".pdf": lambda dossier: pdf(dossier_page(dossier)),
}
