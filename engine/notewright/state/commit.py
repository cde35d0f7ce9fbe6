"""Which commit git has checked out, read from its files."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from notewright.state.records import Commit

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
#: Seconds that git may take to say whether something is not committed.
_PATIENCE = 1.0
_LONGEST = 4096


def commit_of(folder: Path, *, ask: bool = False) -> Commit | None:
    """Return the commit that is checked out where `folder` is, or None.

    Parameters
    ----------
    folder : Path
        A folder, in a repository or not.
    ask : bool, default False
        Also ask git whether files that it tracks differ from the commit. That
        may take a moment; without it only small files are read.
    """
    for top in (folder, *folder.parents):
        if (top / ".git").exists():
            return _commit(top, ask=ask)
    return None


def _commit(top: Path, *, ask: bool) -> Commit | None:
    try:
        private, common = _folders(top / ".git")
        head = _text(private / "HEAD")
        if not head.startswith("ref: refs/"):
            return Commit(head, None, _dirty(top) if ask else None) if _HASH.match(head) else None
        name = head.removeprefix("ref: ")
        found = None if ".." in name else _resolved(name, private, common)
    except (OSError, ValueError):
        return None  # not a repository, or one that is laid out in a way we do not know
    if found is None:
        return None
    return Commit(found, name.removeprefix("refs/heads/"), _dirty(top) if ask else None)


def _folders(git: Path) -> tuple[Path, Path]:
    """Return where a checkout's own files are, and those it shares with others."""
    if git.is_dir():
        return git, git
    private = git.parent / _text(git).removeprefix("gitdir: ")
    shared = private / "commondir"
    return private, private / _text(shared) if shared.is_file() else private


def _resolved(name: str, private: Path, common: Path) -> str | None:
    for folder in (private, common):
        if (folder / name).is_file():
            found = _text(folder / name)
            return found if _HASH.match(found) else None
    packed = common / "packed-refs"
    if packed.is_file():
        with packed.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                hash_, _, ref = line.rstrip("\n").partition(" ")
                if ref == name and _HASH.match(hash_):
                    return hash_
    return None


def _text(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.read(_LONGEST).strip()


def _dirty(top: Path) -> bool | None:
    """Ask git whether tracked files differ from the commit; None if it does not say in time.

    Nothing of the repository's own settings is run, and nothing is written.
    """
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    command += ["--no-optional-locks", "-C", str(top)]
    command += ["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"]
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # no git, or a slow disk
    return bool(answer.stdout.strip()) if answer.returncode == 0 else None
