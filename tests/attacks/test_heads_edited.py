"""Heads kept outside the log: edited ones are named, and lost ones are missing from the count."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.attacks.audit_rows import LENGTH, fitting_peaks, rebuild

from notewright.governance.audit.heads import Head, head_bytes
from notewright.governance.audit.log import AuditLog
from notewright.governance.keys import create_key

pytestmark = pytest.mark.sqlite

FIELDS = list(Head.__dataclass_fields__)
PLACES = ("in the user's folder", "beside the database")


@dataclass
class Kept:
    """A log of eight entries, and the files with its heads."""

    house: Any
    audit: AuditLog

    def file(self, place: str) -> Path:
        inside = place == "beside the database"
        return (self.audit.inside_heads() if inside else self.audit.outside_heads()).path

    def lines(self, place: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file(place).read_text().splitlines()]

    def write(self, place: str, heads: list[dict[str, Any]]) -> None:
        self.file(place).write_text("".join(json.dumps(head) + "\n" for head in heads))

    def verdict(self):
        return self.house.again().audit.verify()

    def cut(self, kept: int) -> None:
        self.house.sql("DELETE FROM audit_entries WHERE n >= ?", kept)
        fitting_peaks(self.house)


@pytest.fixture
def kept(house) -> Kept:
    audit = house.governance.audit
    for number in range(LENGTH - 1):
        audit.append("note", f"thing{number}")
    return Kept(house, audit)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("n", [0, 3, LENGTH - 1])
@pytest.mark.parametrize("field", ["root", "signature"])
def test_an_edited_head_is_found_and_the_entry_named(kept, place, n, field):
    heads = kept.lines(place)
    value = heads[n][field]
    heads[n][field] = ("0" if value[0] != "0" else "1") + value[1:]
    kept.write(place, heads)
    verdict = kept.verdict()
    assert (verdict.ok, verdict.entry) == (False, n)
    assert "was edited" in verdict.problem


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", [1, 5, LENGTH, LENGTH + 1, 10_000])
def test_a_head_that_claims_another_size_is_found(kept, place, size):
    heads = kept.lines(place)
    heads[2]["size"] = size
    kept.write(place, heads)
    verdict = kept.verdict()
    assert (verdict.ok, verdict.entry) == (False, size - 1)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("field", ["workspace", "public"])
def test_a_head_made_anothers_does_not_count_and_the_verdict_says_how_many_do(kept, place, field):
    heads = kept.lines(place)
    heads[4][field] = "0" * 64
    kept.write(place, heads)
    assert f"{LENGTH - 1} {place}" in kept.verdict().outside


def test_every_field_of_a_head_is_tried_above():
    tried = {"root", "signature", "size", "workspace", "public"}
    assert set(FIELDS) - tried == {"signer"}, "the name is for people; the key says who it was"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("damage", ["truncated", "emptied", "removed", "half a line", "noise"])
def test_a_lost_heads_file_is_said_and_the_other_place_still_finds_a_cut_tail(kept, place, damage):
    file = kept.file(place)
    text = file.read_text()
    if damage == "removed":
        file.unlink()
    else:
        lines = text.splitlines(keepends=True)
        left: dict[str, str] = {
            "truncated": "".join(lines[:3]),
            "emptied": "",
            "half a line": "".join(lines[:3]) + lines[3][:40],
            "noise": "\0\n{}\n[1]\n" + "9" * 50_000 + "\n",
        }
        file.write_text(left[damage])
    left_there = 3 if damage in ("truncated", "half a line") else "none"
    verdict = kept.verdict()
    assert f"{left_there} {place}" in verdict.outside
    assert f"{LENGTH} {next(p for p in PLACES if p != place)}" in verdict.outside
    kept.cut(5)
    verdict = kept.verdict()
    assert (verdict.ok, verdict.entry) == (False, 5)


@pytest.mark.parametrize("place", PLACES)
def test_heads_replaced_by_those_of_another_log_count_for_nothing(kept, place, tmp_path):
    other = replace(kept.house, root=tmp_path / "elsewhere")
    other.root.mkdir()
    for number in range(LENGTH - 1):
        other.again().audit.append("note", f"thing{number}")
    kept.file(place).write_bytes((other.root / ".notewright" / "audit.heads").read_bytes())
    assert f"none {place}" in kept.verdict().outside
    kept.cut(5)
    verdict = kept.verdict()
    assert (verdict.ok, verdict.entry) == (False, 5)


def forged(kept: Kept, sign: Callable[[bytes], bytes], public: str) -> None:
    """Put heads in both places that agree with the log as it is, by whoever signs."""
    workspace = kept.house.governance.identities.workspace()
    query = "SELECT n, root FROM audit_entries ORDER BY n"
    heads = [
        {
            "workspace": workspace,
            "size": n + 1,
            "root": root,
            "signer": "mallory",
            "public": public,
            "signature": sign(head_bytes(workspace, n + 1, root)).hex(),
        }
        for n, root in kept.house.governance._store.catalog.query(query)
    ]
    for place in PLACES:
        kept.write(place, heads)


def test_heads_forged_for_a_cut_log_are_found_or_do_not_count(kept, tmp_path):
    kept.cut(5)
    mallory = create_key("mallory", tmp_path / "mallory.key")
    forged(kept, mallory.sign, mallory.public)
    assert kept.verdict().heads == 0
    me = kept.house.governance.identities.me()
    forged(kept, mallory.sign, me.public)
    verdict = kept.verdict()
    assert (verdict.ok, verdict.entry) == (False, 0)


def test_a_log_rebuilt_with_the_key_contradicts_heads_in_either_place_alone(kept):
    before = {place: kept.file(place).read_bytes() for place in PLACES}
    rebuild(kept.house, kept.house.governance.identities.me(), 4)
    for place in PLACES:
        for other in PLACES:
            kept.file(other).unlink(missing_ok=True)
        kept.file(place).write_bytes(before[place])
        verdict = kept.verdict()
        assert (verdict.ok, verdict.entry) == (False, 4)


def test_a_heads_file_that_is_a_link_to_a_folder_stops_nothing(kept):
    file = kept.file("beside the database")
    file.unlink()
    file.symlink_to(kept.house.root)
    verdict = kept.verdict()
    assert verdict.ok
    assert "none beside the database" in verdict.outside


@pytest.mark.parametrize("field", FIELDS)
def test_a_head_with_a_field_of_another_kind_never_stops_the_verdict(kept, field):
    sound = kept.lines("beside the database")
    for value in (None, [], {"a": 1}, -1, 2.5, "x", True):
        kept.write("beside the database", [*sound[:3], {**sound[3], field: value}, *sound[4:]])
        verdict = kept.audit.verify()
        assert not verdict.ok or f"{LENGTH - 1} beside" in verdict.outside or field == "signer"
