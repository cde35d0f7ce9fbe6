"""Stored groups of variables to objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from notewright.state.pickling import load
from notewright.store.objects import ObjectStore


def load_groups(
    addresses: Iterable[str], namespace: dict[str, Any], objects: ObjectStore
) -> dict[str, Any]:
    """Return the variables of the groups at `addresses`, as new objects."""
    values: dict[str, Any] = {}
    for address in dict.fromkeys(addresses):
        manifest = objects.get_json(address)
        names, alias = manifest["names"], manifest.get("alias", len(manifest["names"]) == 1)
        buffers = [_joined(chunks, objects) for chunks in manifest["buffers"]]
        value = load(objects.get(manifest["stream"]), buffers, namespace)
        values.update(dict.fromkeys(names, value) if alias else zip(names, value, strict=True))
    return values


def parts(address: str, objects: ObjectStore) -> list[str]:
    """Return the addresses of every object the group at `address` needs, itself included."""
    manifest = objects.get_json(address)
    return [address, manifest["stream"], *(c for chunks in manifest["buffers"] for c in chunks)]


def _joined(chunks: list[str], objects: ObjectStore) -> bytearray:
    sizes = [objects.size(chunk) for chunk in chunks]
    whole = bytearray(sum(sizes))
    view, at = memoryview(whole), 0
    for chunk, size in zip(chunks, sizes, strict=True):
        objects.read_into(chunk, view[at : at + size])
        at += size
    return whole
