"""Damage to a store, as a disk would do it."""

from __future__ import annotations


def flip_byte(objects, digest: str) -> None:
    """Flip the last byte of a stored object, wherever it lies."""
    place = objects.place(digest)
    path = objects.path(digest) if place is None else objects.root / "packs" / place.pack
    data = bytearray(path.read_bytes())
    data[-1 if place is None else place.offset + place.length - 1] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
