"""The wheel of notewright[serve] that a package carries, so that it can be served anywhere."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import zipfile
from email.message import Message
from pathlib import Path

#: What the server imports besides the package and what that depends on.
SERVER_NEEDS = (
    "blake3",
    "prometheus-client",
    "rfc8785",
    "starlette",
    "uvicorn",
    "xxhash",
    "zstandard",
)


def server_requirements() -> list[str]:
    """Return what the server needs, with the version ranges that Notewright states."""
    from packaging.requirements import Requirement

    found = {}
    for text in importlib.metadata.requires("notewright") or ():
        requirement = Requirement(text)
        if requirement.name in SERVER_NEEDS:
            found[requirement.name] = f"{requirement.name}{requirement.specifier}"
    return [found.get(name, name) for name in SERVER_NEEDS]


def write_server_wheel(folder: Path) -> Path:
    """Write the wheel into `folder` and return it; the same code gives the same bytes.

    It holds the import package ``notewright`` as it is installed here, and asks for nothing
    but what the server needs: no kernel, panel or widgets.
    """
    source = Path(__file__).parents[1]
    installed = importlib.metadata.distribution("notewright")
    info = f"notewright-{installed.version}.dist-info"
    files = {
        f"notewright/{path.relative_to(source).as_posix()}": path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    licences = [p for p in installed.files or () if p.parent.name == "licenses"]
    files |= {f"{info}/licenses/{p.name}": p.read_binary() for p in licences}
    files[f"{info}/METADATA"] = _metadata(installed, [p.name for p in licences])
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: notewright\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    lines = [f"{name},sha256={_hash(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"notewright-{installed.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, so that the bytes are the same every time
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return wheel


def _metadata(installed: importlib.metadata.Distribution, licences: list[str]) -> bytes:
    metadata = Message()
    metadata["Metadata-Version"] = "2.4"
    metadata["Name"] = "notewright"
    metadata["Version"] = installed.version
    for field in ("Summary", "License-Expression", "Requires-Python"):
        if installed.metadata[field]:
            metadata[field] = installed.metadata[field]
    for name in licences:
        metadata["License-File"] = name
    metadata["Provides-Extra"] = "serve"
    for requirement in server_requirements():
        metadata["Requires-Dist"] = f'{requirement}; extra == "serve"'
    return metadata.as_bytes()


def _hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
