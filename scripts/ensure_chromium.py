"""Find a Chromium for the browser tests, or install the system's where that is possible.

``python scripts/ensure_chromium.py`` prints the path it found; it exits
non-zero, with what to do, when there is none and none can be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from notewright.views.chromium import find_chromium

#: The packages that Debian and Ubuntu have it in.
_PACKAGES = ("chromium", "chromium-browser")


def install_chromium() -> None:
    """Install the system's Chromium with apt-get; only as root, and quietly on failure."""
    apt = shutil.which("apt-get")
    if apt is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt, "update", "-qq"], env=environment, check=False)
    for package in _PACKAGES:
        command = [apt, "install", "-y", "-qq", "--no-install-recommends", package]
        if subprocess.run(command, env=environment, check=False).returncode == 0:
            return


def main() -> int:
    """Print where Chromium is; say what to do when there is none."""
    found = find_chromium()
    if found is None:
        print("No Chromium or Chrome found; trying to install one.", file=sys.stderr)
        install_chromium()
        found = find_chromium()
    if found is None:
        print(
            "The browser tests need Chromium or Chrome, and none is installed. "
            "Install it (Debian, Ubuntu: `sudo apt-get install chromium`; macOS: `brew install "
            "--cask chromium`), or name it in NOTEWRIGHT_CHROMIUM, and try again.",
            file=sys.stderr,
        )
        return 1
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
