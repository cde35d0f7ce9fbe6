"""Is this package directory the one that was signed?

``model/manifest.json`` names every file with its BLAKE3 and is signed by who
exported it. The signature is checked where the keys are known (the workspace);
a server is then told the digest of the manifest that was found good, and
recomputes everything below it before it imports a line of the package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.machinery import all_suffixes
from pathlib import Path, PurePosixPath
from typing import Any

from notewright.errors import PackageAltered, UnusablePackage
from notewright.store.canonical import digest_of

MANIFEST = PurePosixPath("model/manifest.json")
#: What a server uses; an image leaves the rest out: data, tests, documents.
_USED = ("src/", "model/")
#: What Python would import: sources, compiled modules, extensions.
_CODE = tuple(all_suffixes())


def manifest_digest(package: Path, name: str | None = None) -> str:
    """Return the BLAKE3 of the package's manifest as it is on disk."""
    return digest_of(_read(package, name or package.name))


def check_files(
    package: Path, expected: str | None = None, name: str | None = None, whole: bool = True
) -> dict[str, str]:
    """Recompute the digest of every file in the manifest.

    Parameters
    ----------
    package : Path
        The package's directory.
    expected : str, optional
        The digest that the manifest itself must have.
    name : str, optional
        What messages call the package; by default its directory.
    whole : bool, default True
        Whether every file must be there, and not only those that a server uses.

    Returns
    -------
    dict of str to str
        File (relative, with ``/``) to digest.

    Raises
    ------
    PackageAltered
        If the manifest is not the expected one, or a file differs, is missing,
        or is code that the manifest does not know.
    UnusablePackage
        If there is no manifest.
    """
    name = name or package.name
    raw = _read(package, name)
    if expected is not None and digest_of(raw) != expected:
        raise PackageAltered(name, str(MANIFEST), "it is not the manifest that was signed")
    try:
        files = listed(json.loads(raw))
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise UnusablePackage(name, f"{MANIFEST} is not usable: {error}") from error
    root = package.resolve()
    for file, digest in files.items():
        path = (package / file).resolve()
        if not path.is_relative_to(root):
            raise PackageAltered(name, file, "it lies outside the package")
        if not path.is_file():
            if not whole and not file.startswith(_USED):
                continue
            raise PackageAltered(name, file, "it is missing")
        if digest_of(path.read_bytes()) != digest:
            raise PackageAltered(name, file, "its bytes changed")
    for path in sorted((package / "src").rglob("*")):
        file = path.relative_to(package).as_posix()
        # What Python keeps in __pycache__ is never run (see `notewright.serving.importing`).
        kept = path.parent.name == "__pycache__" and path.suffix == ".pyc"
        if file not in files and path.name.endswith(_CODE) and not kept:
            raise PackageAltered(name, file, "it is not in the manifest")
    return files


def listed(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return file to digest from a manifest's JSON value."""
    files = manifest["files"]
    return {
        str(name): str(entry["digest"] if isinstance(entry, Mapping) else entry)
        for name, entry in files.items()
    }


def _read(package: Path, name: str) -> bytes:
    try:
        return (package / MANIFEST).read_bytes()
    except OSError as error:
        raise UnusablePackage(name, f"{MANIFEST} cannot be read") from error
