"""Signed JSON documents: the manifest of a package and its proof."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notewright.store.canonical import canonical, digest_of
from notewright.store.signing import Signer, verify


def sign_document(document: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
    """Return `document` with a signature over its canonical form."""
    body = json.loads(canonical(document))
    body["signer"] = {"name": signer.name, "public": signer.public}
    return {**body, "signature": signer.sign(canonical(body)).hex()}


def signer_of(document: Mapping[str, Any]) -> str | None:
    """Return the public key that signed `document`, or None if the signature is not good."""
    body = {k: v for k, v in document.items() if k != "signature"}
    try:
        public = str(document["signer"]["public"])
        signature = document["signature"]
    except (KeyError, TypeError):
        return None
    return public if verify(public, signature, canonical(body)) else None


def digests(tree: Path) -> dict[str, str]:
    """Return every file under `tree` but its manifest, with its BLAKE3."""
    return {
        path.relative_to(tree).as_posix(): digest_of(path.read_bytes())
        for path in sorted(tree.rglob("*"))
        if path.is_file()
        and path.relative_to(tree).as_posix() != "model/manifest.json"
        and "__pycache__" not in path.parts
    }
