"""Signatures over what is stored: Ed25519 (RFC 8032), keys as 64 hexadecimal digits."""

from __future__ import annotations

from typing import Protocol


class Signer(Protocol):
    """Who signs: a name, a public key, and the act of signing."""

    @property
    def name(self) -> str:
        """Return who signs."""

    @property
    def public(self) -> str:
        """Return the public key."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`, 64 bytes."""


def is_signed_by(public: str, message: bytes, signature: str) -> bool:
    """Tell whether `signature` over `message` is by the key `public`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
