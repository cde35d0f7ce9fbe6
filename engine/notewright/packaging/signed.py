"""Signed JSON documents: the manifest of a package and its proof."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from notewright.store.canonical import canonical, digest_of


class Signer(Protocol):
    """Who signs: a name, a public key in hexadecimal, and the act."""

    @property
    def name(self) -> str:
        """Who it is."""

    @property
    def public(self) -> str:
        """The public key, 64 hexadecimal digits."""

    @property
    def sign(self) -> Callable[[bytes], bytes]:
        """Signs bytes."""


def sign_document(document: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
    """Return `document` with a signature over its canonical form."""
    body = json.loads(canonical(document))
    body["signer"] = {"name": signer.name, "public": signer.public}
    return {**body, "signature": signer.sign(canonical(body)).hex()}


def signer_of(document: Mapping[str, Any]) -> str | None:
    """Return the public key that signed `document`, or None if the signature is not good."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    body = {k: v for k, v in document.items() if k != "signature"}
    try:
        public = str(document["signer"]["public"])
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(document["signature"]), canonical(body))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return None
    return public


def digests(tree: Path) -> dict[str, str]:
    """Return every file under `tree` but its manifest, with its BLAKE3."""
    return {
        path.relative_to(tree).as_posix(): digest_of(path.read_bytes())
        for path in sorted(tree.rglob("*"))
        if path.is_file()
        and path.relative_to(tree).as_posix() != "model/manifest.json"
        and "__pycache__" not in path.parts
    }
