"""Put a finished tree in place, whole."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from notewright.errors import ExportFailed
from notewright.packaging.signed import digests
from notewright.store.ids import new_id, now


def check_target(target: Path) -> None:
    """Refuse to write over something that is not a package."""
    manifest = target / "model" / "manifest.json"
    if target.exists() and any(target.iterdir()) and not manifest.exists():
        raise ExportFailed(
            f"The folder {target.name} exists and is not a package.",
            "Choose another name, or move the folder away.",
        )


def keep(tree: Path, kept: Path) -> None:
    """Copy `tree` to `kept`, read-only; it is there whole or not at all."""
    if kept.exists():
        return
    aside = Path(tempfile.mkdtemp(dir=kept.parent, prefix=".new-"))
    try:
        shutil.copytree(tree, aside, dirs_exist_ok=True)
        for file in aside.rglob("*"):
            if file.is_file():
                file.chmod(0o444)
        aside.chmod(0o755)
        aside.rename(kept)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def clean(tree: Path) -> None:
    """Remove what running the code left in `tree`."""
    for folder in list(tree.rglob("__pycache__")):
        shutil.rmtree(folder)


def swap(tree: Path, target: Path) -> None:
    """Put `tree` where `target` is, in one step as far as anybody can see."""
    old = target.parent / f".old-{new_id()}"
    if target.exists():
        if _edited(target):
            # The owner changed files there: they are kept beside the new version.
            old = target.parent / f"{target.name}.edited-{now()[:19].replace(':', '')}"
        os.replace(target, old)
    os.replace(tree, target)
    if old.name.startswith(".old-"):
        shutil.rmtree(old, ignore_errors=True)


def place_copy(kept: Path, target: Path) -> Path:
    """Put a copy of a kept tree at `target`, writable, whole or not at all."""
    try:
        check_target(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".copy-") as folder:
            tree = Path(folder) / "tree"
            shutil.copytree(kept, tree)
            for path in tree.rglob("*"):
                path.chmod(0o755 if path.is_dir() else 0o644)
            swap(tree, target)
    except shutil.Error as error:  # one line for every file
        raise _no_place(target, str(error.args[0][0][2])) from error
    except OSError as error:
        raise _no_place(target, error.strerror or str(error)) from error
    return target


def _no_place(target: Path, reason: str) -> ExportFailed:
    return ExportFailed(
        f"The files cannot be written to {target}: {reason.lower()}.",
        "Free space, or choose a folder that you may write; nothing was left there.",
    )


def _edited(target: Path) -> bool:
    try:
        files = json.loads((target / "model" / "manifest.json").read_bytes())["files"]
    except (OSError, ValueError, KeyError):
        return True
    return bool(digests(target) != files)
