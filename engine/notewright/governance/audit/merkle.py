"""The Merkle tree of RFC 6962: roots, appends in O(log n), and proofs.

Hashes are SHA-256; a leaf is ``H(0x00 || data)`` and a node ``H(0x01 || left || right)``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Peaks:
    """The roots of the full subtrees of a growing tree, largest first.

    Parameters
    ----------
    size : int
        Number of leaves so far.
    hashes : list of bytes
        One root for each bit that is set in `size`.

    Examples
    --------
    >>> peaks = Peaks()
    >>> for word in (b"a", b"b", b"c"):
    ...     peaks.append(leaf_hash(word))
    >>> peaks.root() == root([leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")])
    True
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf."""
        carry = leaf
        size = self.size
        while size & 1:
            carry = node_hash(self.hashes.pop(), carry)
            size >>= 1
        self.hashes.append(carry)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        if not self.hashes:
            return EMPTY_ROOT
        result = self.hashes[-1]
        for peak in reversed(self.hashes[:-1]):
            result = node_hash(peak, result)
        return result

    def dump(self) -> str:
        """Return the peaks as one hexadecimal text."""
        return b"".join(self.hashes).hex()

    @classmethod
    def parse(cls, size: int, text: str) -> Peaks:
        """Return the peaks that :meth:`dump` wrote.

        Raises
        ------
        ValueError
            If the text does not fit the size.
        """
        raw = bytes.fromhex(text)
        if len(raw) != 32 * size.bit_count():
            raise ValueError("the peaks do not fit the size")
        return cls(size, [raw[i : i + 32] for i in range(0, len(raw), 32)])


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the leaf hashes `leaves`."""
    peaks = Peaks()
    for leaf in leaves:
        peaks.append(leaf)
    return peaks.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of leaf `index` (RFC 6962, 2.1.1)."""
    if len(leaves) <= 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index), root(leaves[k:])]
    return [*inclusion_proof(leaves[k:], index - k), root(leaves[:k])]


def check_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> bool:
    """Tell whether `proof` shows `leaf` at `index` of the tree with root `expected`."""
    if not 0 <= index < size:
        return False
    current, last = leaf, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            current = node_hash(sibling, current)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            current = node_hash(current, sibling)
        index >>= 1
        last >>= 1
    return last == 0 and current == expected


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """Return the proof that the first `old` leaves are a prefix (RFC 6962, 2.1.2)."""
    return [] if old in (0, len(leaves)) else _subproof(leaves, old, True)


def _subproof(leaves: Sequence[bytes], old: int, whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    k = _split(len(leaves))
    if old <= k:
        return [*_subproof(leaves[:k], old, whole), root(leaves[k:])]
    return [*_subproof(leaves[k:], old - k, False), root(leaves[:k])]


def _split(size: int) -> int:
    """Return the largest power of two that is smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
