"""What the kernel runs on: interpreter, platform, installed packages."""

from __future__ import annotations

import functools
import os
import platform
import re
import stat
import sys
from typing import Any

_DIST = re.compile(r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[^-]+)\.dist-info\Z")


def environment() -> dict[str, Any]:
    """Return interpreter, platform and installed packages as a JSON value.

    The packages are read from the names of their metadata folders, which takes
    milliseconds instead of the hundred that opening each file takes; and only
    where a folder has changed since.
    """
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "packages": dict(_packages(_folders())),
    }


def _folders() -> tuple[tuple[str, int], ...]:
    """Return where packages may be, and when each of these folders last changed."""
    found = []
    for folder in sys.path:
        try:
            status = os.stat(folder or ".")
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode):
            found.append((os.path.abspath(folder), status.st_mtime_ns))
    return tuple(found)


@functools.lru_cache(maxsize=1)
def _packages(folders: tuple[tuple[str, int], ...]) -> tuple[tuple[str, str], ...]:
    packages: dict[str, str] = {}
    for folder, _ in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if found := _DIST.match(entry.name):
                    name = re.sub(r"[-_.]+", "-", found["name"]).lower()
                    packages.setdefault(name, found["version"])
    return tuple(sorted(packages.items()))


def environment_difference(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return sentences that say how the environment `new` differs from `old`."""
    lines = [
        f"{key}: {old[key]} → {new[key]}"
        for key in ("python", "implementation", "platform")
        if old.get(key) != new.get(key)
    ]
    before, after = old["packages"], new["packages"]
    lines += [
        f"{name}: {before.get(name, 'absent')} → {after.get(name, 'absent')}"
        for name in sorted(set(before) | set(after))
        if before.get(name) != after.get(name)
    ]
    return lines
