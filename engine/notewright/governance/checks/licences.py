"""The licences of installed packages, as their metadata state them."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable, Sequence
from functools import cache

from packaging.utils import canonicalize_name

#: How the GNU licences are written out, the longest first.
_WRITTEN_OUT = (
    (re.compile(r"(?:gnu\s+)?affero\s+(?:gnu\s+)?general\s+public\s+licen[cs]e", re.I), "AGPL"),
    (re.compile(r"(?:gnu\s+)?(?:lesser|library)\s+general\s+public\s+licen[cs]e", re.I), "LGPL"),
    (re.compile(r"(?:gnu\s+)?general\s+public\s+licen[cs]e", re.I), "GPL"),
    (re.compile(r"server\s+side\s+public\s+licen[cs]e", re.I), "SSPL"),
)
#: So much of a licence's text says which it is.
_TITLE = 300


def distributions_of(module: str) -> tuple[str, ...]:
    """Return the installed distributions that a top-level module is from."""
    return tuple(dict.fromkeys(_providers().get(module, ())))


@cache
def _providers() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


@cache
def licence_of(distribution: str) -> str:
    """Return what an installed distribution says of its licence; empty if nothing.

    An SPDX expression goes before classifiers, these before free text, and that before the
    first lines of a licence file.

    Parameters
    ----------
    distribution : str
        Its name.
    """
    try:
        found = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""
    said = found.metadata
    expression = "".join(said.get_all("License-Expression") or ())
    if expression.strip():
        return expression.strip()
    classified = [
        line.rpartition("::")[2].strip()
        for line in said.get_all("Classifier") or ()
        if line.startswith("License ::") and not line.endswith("OSI Approved")
    ]
    if classified:
        return " OR ".join(classified)
    text = "".join(said.get_all("License") or ()).strip()
    if text and text.upper() not in ("UNKNOWN", "NONE", "LICENSE", "LICENSE.TXT"):
        return _title(text)
    for file in found.files or ():
        if re.match(r"(licen[cs]e|copying)", file.name, re.I) and ".dist-info" in str(file):
            try:
                return _title(file.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError):
                continue
    return ""


def forbidden_part(licence: str, patterns: Sequence[str]) -> str:
    """Return the part of a licence that matches a pattern, where no other may be chosen.

    Parameters
    ----------
    licence : str
        What a distribution says.
    patterns : sequence of str
        How a licence's name begins: ``GPL`` is neither ``LGPL`` nor ``AGPL``.

    Examples
    --------
    >>> forbidden_part("GNU Lesser General Public License v3 (LGPLv3)", ["GPL"])
    ''
    >>> forbidden_part("MIT AND GPL-3.0-only", ["GPL"])
    'GPL-3.0-only'
    >>> forbidden_part("MIT OR GPL-3.0-only", ["GPL"])
    ''
    """
    choices = re.split(r"\s+or\s+", licence.strip("()"), flags=re.I) if licence else []
    hits = [_first_hit(choice, patterns) for choice in choices]
    return hits[0] if hits and all(hits) else ""


def _first_hit(choice: str, patterns: Iterable[str]) -> str:
    for part in re.split(r"\s+and\s+|,", choice, flags=re.I):
        # What is compiled with GCC or linked with a library may be under any licence.
        if re.search(r"\bwith\s+\S*exception|with .*exception", part, re.I):
            continue
        short = part.strip().strip("()")
        for written, name in _WRITTEN_OUT:
            short = written.sub(name, short)
        for pattern in patterns:
            if re.search(rf"(?<![A-Za-z]){re.escape(pattern)}(?![A-Za-uw-z])", short, re.I):
                return part.strip()
    return ""


def normal(name: str) -> str:
    """Return a distribution's name in its normal form."""
    return canonicalize_name(name)


def _title(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip()[:_TITLE])
