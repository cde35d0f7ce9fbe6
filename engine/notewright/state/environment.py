"""What the kernel runs on: interpreter, platform, installed packages."""

from __future__ import annotations

import os
import platform
import re
import sys
from typing import Any

_DIST = re.compile(r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[^-]+)\.dist-info\Z")


def environment() -> dict[str, Any]:
    """Return interpreter, platform and installed packages as a JSON value.

    The packages are read from the names of their metadata folders, which takes
    a millisecond instead of the hundred that opening each file takes.
    """
    packages: dict[str, str] = {}
    for folder in sys.path:
        if os.path.isdir(folder):
            for entry in os.scandir(folder):
                if found := _DIST.match(entry.name):
                    name = re.sub(r"[-_.]+", "-", found["name"]).lower()
                    packages.setdefault(name, found["version"])
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "packages": dict(sorted(packages.items())),
    }


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
