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


def verify(public: str, signature: bytes | str, data: bytes) -> bool:
    """Tell whether `signature` over `data` is by the key `public`.

    Parameters
    ----------
    public : str
        Public key, hexadecimal.
    signature : bytes or str
        The signature, as bytes or hexadecimal.
    data : bytes
        What was signed.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        raw = bytes.fromhex(signature) if isinstance(signature, str) else signature
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(raw, data)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
