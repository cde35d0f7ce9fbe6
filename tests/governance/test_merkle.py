"""The tree is RFC 6962's, by a second implementation written from the RFC's definitions."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from notewright.governance.audit import merkle


def consistent(m: int, n: int, proof: list[bytes], old: bytes, new: bytes) -> bool:
    """RFC 9162, 2.1.4.2: verify a consistency proof."""
    if m == n:
        return not proof and old == new
    path = ([old] if m & (m - 1) == 0 else []) + proof
    if not path:
        return False
    fn, sn = m - 1, n - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr = hashlib.sha256(b"\x01" + c + fr).digest()
            sr = hashlib.sha256(b"\x01" + c + sr).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hashlib.sha256(b"\x01" + sr + c).digest()
        fn, sn = fn >> 1, sn >> 1
    return fr == old and sr == new and sn == 0


entries_lists = st.lists(st.binary(max_size=8), max_size=40)


def test_published_roots_of_certificate_transparency():
    leaves = [
        b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43",
        bytes(range(0x50, 0x58)), bytes(range(0x60, 0x70)),
    ]  # fmt: skip
    expected = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert merkle.root([merkle.leaf_hash(leaf) for leaf in leaves]).hex() == expected


@given(entries_lists)
def test_root_is_the_rfcs(oracle, entries: list[bytes]):
    assert merkle.root([merkle.leaf_hash(e) for e in entries]) == oracle.mth(entries)


@given(entries_lists)
def test_peaks_survive_being_written_and_read_at_every_size(oracle, entries: list[bytes]):
    peaks = merkle.Peaks()
    for entry in entries:
        peaks = merkle.Peaks.parse(peaks.size, peaks.dump())
        peaks.append(merkle.leaf_hash(entry))
    assert peaks.root() == oracle.mth(entries)


@given(entries_lists.filter(bool), st.data())
def test_inclusion_proofs_hold_for_the_leaf_and_for_no_other(oracle, entries: list[bytes], data):
    leaves = [merkle.leaf_hash(e) for e in entries]
    index = data.draw(st.integers(0, len(entries) - 1))
    proof = merkle.inclusion_proof(leaves, index)
    root = oracle.mth(entries)
    assert merkle.check_inclusion(leaves[index], index, len(leaves), proof, root)
    assert not merkle.check_inclusion(
        merkle.leaf_hash(b"other entry"), index, len(leaves), proof, root
    )
    assert not merkle.check_inclusion(leaves[index], len(leaves), len(leaves), proof, root)
    if proof:
        assert not merkle.check_inclusion(leaves[index], index, len(leaves), proof[:-1], root)


@given(entries_lists.filter(bool), st.data())
def test_consistency_proofs_convince_the_rfcs_verifier(oracle, entries: list[bytes], data):
    old = data.draw(st.integers(1, len(entries)))
    leaves = [merkle.leaf_hash(e) for e in entries]
    proof = merkle.consistency_proof(leaves, old)
    assert consistent(old, len(entries), proof, oracle.mth(entries[:old]), oracle.mth(entries))
    if old < len(entries):
        assert not consistent(
            old,
            len(entries),
            proof,
            oracle.mth([*entries[: old - 1], b"forged entry"]),
            oracle.mth(entries),
        )
