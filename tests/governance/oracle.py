"""A verifier of exported audit logs that shares no code with Notewright."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def mth(entries: list[bytes]) -> bytes:
    """The Merkle tree hash of RFC 6962, 2.1, word for word."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def plain_json(value: Any) -> bytes:
    """RFC 8785 for values without floats: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def verify_bundle(bundle: dict[str, Any]) -> list[str]:
    """Return what is wrong with an exported log."""
    problems: list[str] = []
    texts: list[bytes] = []
    previous = ""
    for n, row in enumerate(bundle["entries"]):
        text = row["entry"].encode()
        entry = json.loads(text)
        texts.append(text)
        if plain_json(entry) != text:
            problems.append(f"{n}: not canonical")
        if row["n"] != n or entry["n"] != n:
            problems.append(f"{n}: number")
        if entry["previous"] != previous:
            problems.append(f"{n}: link")
        if bundle["keys"].get(entry["actor"]) != entry["key"]:
            problems.append(f"{n}: key")
        root = mth(texts).hex()
        if row["root"] != root or row["leaf"] != hashlib.sha256(b"\x00" + text).hexdigest():
            problems.append(f"{n}: hash")
        head = {
            "root": root,
            "size": n + 1,
            "type": "audit head 1",
            "workspace": bundle["workspace"],
        }
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(entry["key"]))
        try:
            key.verify(bytes.fromhex(row["signature"]), plain_json(head))
        except InvalidSignature:
            problems.append(f"{n}: signature")
        linked = f"{row['leaf']}:{row['root']}:{row['signature']}"
        previous = hashlib.sha256(linked.encode()).hexdigest()
    return problems
