"""Where packages come from: what pip is set to use on this machine, told to uv."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Sequence

#: Sections of pip's settings, the one that counts last (pip's documentation, "Configuration").
_SECTIONS = ("global", "install", ":env:")
_KEYS = ("index-url", "find-links", "extra-index-url")


@functools.cache
def sources() -> tuple[tuple[str, ...], ...]:
    """Return uv's options for where pip is set to look on this machine, nearest first."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return sources_of(result.stdout.splitlines() if result.returncode == 0 else ())


def sources_of(settings: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return uv's options for lines of ``pip config list``.

    What is on the index itself can be installed anywhere, so a folder of wheels, and further
    indexes, are only asked for what the index has not. Where pip looks in several indexes, it
    takes the best version of all; so does uv then.

    Examples
    --------
    >>> sources_of(["global.index-url='https://index.example/simple'", "global.timeout='5'"])
    (('--index-url', 'https://index.example/simple'),)
    >>> sources_of([":env:.find-links='/wheels /more'", "global.find-links='/old'"])
    ((), ('--find-links', '/wheels', '--find-links', '/more'))
    >>> sources_of(["global.extra-index-url='https://b.example/simple'"])[1][:2]
    ('--extra-index-url', 'https://b.example/simple')
    """
    found: dict[str, str] = {}
    for section in _SECTIONS:
        for line in settings:
            name, _, value = line.partition("=")
            if name.rpartition(".")[0] == section:
                found[name.rpartition(".")[2]] = _text(value)
    wider: list[tuple[str, ...]] = []
    options: tuple[str, ...] = ()
    for key in _KEYS:
        for each in found.get(key, "").split():
            options += (f"--{key}", each)
        if key == "extra-index-url" and key in found:
            options += ("--index-strategy", "unsafe-best-match")
        if key == _KEYS[0] or key in found:
            wider.append(options)
    return tuple(wider)


def _text(value: str) -> str:
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value
