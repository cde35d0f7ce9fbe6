"""Make the project's environment: locked dependencies, then Notewright itself.

Used by the Makefile. With more arguments, it puts what another lock file lists into a folder.
uv installs in seconds what takes pip a minute; where uv cannot reach an index that pip is
set up for, pip does it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "dev.txt"


def main(folder: str) -> int:
    """Install into the virtual environment `folder`, making it first if need be."""
    home = Path(folder).resolve()
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        say("making the environment")
        venv.create(home, with_pip=True)
    say("installing the locked dependencies")
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *uv_requirement())
    install_locked(python, LOCK)
    say("installing Notewright")
    run(
        python,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
        "-e",
        str(ROOT),
    )
    return 0


def add(folder: str, lock: str, target: str) -> int:
    """Install what a further lock file lists into a folder of its own beside an environment."""
    python = Path(folder).resolve() / ("Scripts" if os.name == "nt" else "bin") / "python"
    say(f"installing {lock}")
    install_locked(python, ROOT / lock, "--no-deps", "--target", str(Path(target).resolve()))
    return 0


def install_locked(python: Path, lock: Path, *options: str) -> None:
    """Install what a lock file lists, with uv or else with pip."""
    locked = [*options, "--require-hashes", "-r", str(lock)]
    if subprocess.run(
        [python, "-m", "uv", "pip", "install", "-q", *index(python), *locked]
    ).returncode:
        say("uv could not; pip takes over")
        run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *locked)


def uv_requirement() -> list[str]:
    """Return the locked version of uv."""
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line.startswith("uv=="):
            return [line.split()[0]]
    return ["uv"]


def index(python: Path) -> list[str]:
    """Return uv's option for the index that pip is set up for, if it is."""
    found = subprocess.run(
        [python, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    )
    url = os.environ.get("PIP_INDEX_URL") or found.stdout.strip()
    return ["--index-url", url] if url else []


def run(*command: object) -> None:
    """Run a command; end this process if it fails."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT)
    if done.returncode:
        sys.exit(f"install: `{' '.join(map(str, command[1:]))}` failed; see above")


def say(words: str) -> None:
    """Print a line of progress."""
    print(f"[install] {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else add(*sys.argv[1:]))
