"""Whatever is done to the rows of the audit log is found, and the entry that is wrong is named."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from typing import Any

import pytest
from tests.attacks.audit_rows import (
    LENGTH,
    fitting_peaks,
    heads_removed,
    put,
    rebuild,
    rows,
)

from notewright.errors import AuditBroken
from notewright.governance.audit.log import Entry
from notewright.governance.keys import create_key
from notewright.store.schema_files import statements

pytestmark = pytest.mark.sqlite


def schema(table: str) -> list[tuple[str, str, bool]]:
    """Return name, type and whether it can be written of each column, by the database itself."""
    with sqlite3.connect(":memory:") as connection:
        for statement in statements(0):
            connection.execute(statement)
        found = connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
    return [(name, kind, not hidden) for _, name, kind, *_, hidden in found]


@pytest.fixture
def log(house):
    """A log of eight entries."""
    audit = house.governance.audit
    for number in range(LENGTH - 1):
        audit.append("note", f"thing{number}", {"number": number, "text": "für «alle»"})
    assert [e.n for e in audit.list()] == list(range(LENGTH))
    return audit


def found(house: Any) -> tuple[bool, int | None]:
    """Return whether another process takes the log for sound, and the entry that it names."""
    verdict = house.again().audit.verify()
    assert verdict.ok or verdict.problem
    return verdict.ok, verdict.entry


# -- one column of one row ------------------------------------------------------------


def flipped(value: Any) -> Any:
    """Return another value of the same kind: a number moved, a character changed."""
    if isinstance(value, int):
        return value + 100
    middle = len(value) // 2
    return value[:middle] + ("0" if value[middle] != "0" else "1") + value[middle + 1 :]


EDITS = {
    "changed": lambda value, other: flipped(value),
    "emptied": lambda value, other: "" if isinstance(value, str) else -1,
    "taken from the next row": lambda value, other: other,
}
WRITABLE = [name for name, _, writable in schema("audit_entries") if writable]
COMPUTED = [name for name, _, writable in schema("audit_entries") if not writable]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("column", WRITABLE)
@pytest.mark.parametrize("n", range(LENGTH))
def test_an_edit_of_any_column_of_any_row_is_found_at_that_row(house, log, column, n, edit):
    by_name = [
        dict(zip(("n", "entry", "leaf", "root", "signature"), row, strict=True))
        for row in rows(house)
    ]
    value = by_name[n][column]
    wanted = EDITS[edit](value, by_name[(n + 1) % LENGTH][column])
    if column == "n" and edit == "taken from the next row":
        wanted = -7  # a number that no row has: two cannot have the same
    house.sql(f"UPDATE audit_entries SET {column} = ? WHERE n = ?", wanted, n)
    # A row that comes before all others stands where entry 0 was.
    first = 0 if column == "n" and wanted < 0 else n
    assert found(house) == (False, first)


@pytest.mark.parametrize("column", COMPUTED)
def test_a_computed_column_cannot_be_edited_at_all(house, log, column):
    with pytest.raises(sqlite3.OperationalError):
        house.sql(f"UPDATE audit_entries SET {column} = 'approve'")


@pytest.mark.parametrize("column", [n for n, _, w in schema("audit_peaks") if w and n != "id"])
def test_an_edit_of_the_running_hashes_is_found(house, log, column):
    (value,) = house.governance._store.catalog.query(f"SELECT {column} FROM audit_peaks")[0]
    house.sql(f"UPDATE audit_peaks SET {column} = ?", flipped(value))
    assert found(house) == (False, LENGTH)


@pytest.mark.parametrize("field", list(Entry.__dataclass_fields__))
@pytest.mark.parametrize("n", [0, 4, LENGTH - 1])
def test_any_field_rewritten_with_a_fitting_hash_is_found_at_that_entry(house, log, n, field):
    entry = json.loads(rows(house)[n][1])
    entry[field] = {"forged": 1} if isinstance(entry[field], dict) else flipped(entry[field] or "-")
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    leaf = hashlib.sha256(b"\x00" + text.encode()).hexdigest()
    house.sql("UPDATE audit_entries SET entry = ?, leaf = ? WHERE n = ?", text, leaf, n)
    assert found(house) == (False, n)


@pytest.mark.parametrize("form", ["spaces", "order of keys", "a second key"])
def test_the_same_entry_written_otherwise_is_found(house, log, form):
    """Text is hashed, not what it means: no second spelling passes for the first."""
    text = rows(house)[4][1]
    entry = json.loads(text)
    other = {
        "spaces": json.dumps(entry, sort_keys=True, ensure_ascii=False),
        "order of keys": json.dumps(
            dict(reversed(entry.items())), separators=(",", ":"), ensure_ascii=False
        ),
        "a second key": text[:-1] + ',"act":"approve"}',
    }[form]
    house.sql("UPDATE audit_entries SET entry = ? WHERE n = 4", other)
    assert found(house) == (False, 4)


def test_bytes_that_are_no_text_are_reported_and_not_raised(house, log):
    house.sql("UPDATE audit_entries SET entry = x'FF' WHERE n = 3")
    assert found(house) == (False, 3)


# -- rows cut, moved, doubled, slipped in ----------------------------------------------


@pytest.mark.parametrize("n", range(LENGTH - 1))
def test_an_entry_cut_out_of_the_middle_is_named(house, log, n):
    house.sql("DELETE FROM audit_entries WHERE n = ?", n)
    assert found(house) == (False, n)


@pytest.mark.parametrize("n", range(LENGTH - 1))
def test_a_hole_that_was_closed_is_named(house, log, n):
    """Every later row moves up by one, as if the entry had never been."""
    kept = [row for row in rows(house) if row[0] != n]
    house.sql("DELETE FROM audit_entries")
    for number, row in enumerate(kept):
        put(house, (number, *row[1:]))
    fitting_peaks(house)
    assert found(house) == (False, n)


@pytest.mark.parametrize("kept", range(1, LENGTH))
def test_a_cut_tail_is_found_by_the_heads_outside(house, log, kept):
    house.sql("DELETE FROM audit_entries WHERE n >= ?", kept)
    fitting_peaks(house)
    verdict = house.again().audit.verify()
    assert verdict.entry == kept
    assert f"Entries {kept} to {LENGTH - 1} are missing" in verdict.problem


def test_a_cut_tail_stops_appends_when_the_running_hashes_were_left(house, log):
    house.sql("DELETE FROM audit_entries WHERE n >= 5")
    with pytest.raises(AuditBroken):
        house.again().audit.append("note", "more")


@pytest.mark.parametrize(("one", "other"), [(0, 1), (2, 5), (3, 4), (6, 7), (0, 7)])
def test_swapped_entries_are_named(house, log, one, other):
    first, second = rows(house)[one], rows(house)[other]
    put(house, (one, *second[1:]))
    put(house, (other, *first[1:]))
    fitting_peaks(house)
    verdict = house.again().audit.verify()
    assert verdict.entry == one
    assert f"entry {other}" in verdict.problem


def test_a_log_turned_round_is_named_at_its_first_entry(house, log):
    for number, row in enumerate(reversed(rows(house))):
        put(house, (number, *row[1:]))
    fitting_peaks(house)
    assert found(house) == (False, 0)


@pytest.mark.parametrize("n", range(LENGTH))
def test_an_entry_doubled_at_the_end_is_named(house, log, n):
    put(house, (LENGTH, *rows(house)[n][1:]))
    fitting_peaks(house)
    assert found(house) == (False, LENGTH)


@pytest.mark.parametrize("n", range(LENGTH))
def test_an_entry_slipped_in_between_is_named(house, log, n):
    before = rows(house)
    house.sql("DELETE FROM audit_entries WHERE n >= ?", n)
    entry = json.loads(before[n][1]) | {"act": "approve", "subject": "credit_risk@1"}
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    leaf = hashlib.sha256(b"\x00" + text.encode()).hexdigest()
    put(house, (n, text, leaf, *before[n][3:]))
    for row in before[n:]:
        put(house, (row[0] + 1, *row[1:]))
    fitting_peaks(house)
    assert found(house) == (False, n if n else 0)


def test_an_entry_of_another_workspaces_log_is_named(house, log, tmp_path):
    """Signed by the same key, in the same place, with all its own hashes right."""
    from dataclasses import replace

    other = replace(house, root=tmp_path / "elsewhere")
    other.root.mkdir()
    for number in range(LENGTH - 1):
        other.again().audit.append("note", f"thing{number}")
    put(house, rows(other)[5])
    fitting_peaks(house)
    assert found(house) == (False, 5)


@pytest.mark.parametrize("table", ["audit_entries", "audit_peaks"])
def test_a_table_that_was_emptied_is_found(house, log, table):
    house.sql(f"DELETE FROM {table}")
    ok, entry = found(house)
    assert not ok
    assert entry == (0 if table == "audit_entries" else LENGTH)


def test_a_log_emptied_altogether_is_found_by_the_heads_outside(house, log):
    house.sql("DELETE FROM audit_entries")
    house.sql("DELETE FROM audit_peaks")
    verdict = house.again().audit.verify()
    assert (verdict.ok, verdict.entry) == (False, 0)
    assert f"Entries 0 to {LENGTH - 1} are missing" in verdict.problem


# -- rebuilt --------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, LENGTH))
def test_a_log_rebuilt_without_the_key_is_found_at_the_entry(house, log, n, tmp_path):
    rebuild(house, create_key("mallory", tmp_path / "mallory.key"), n)
    heads_removed(house)
    assert found(house) == (False, n)


@pytest.mark.parametrize("n", range(1, LENGTH))
def test_a_log_rebuilt_by_another_registered_person_is_found_at_the_entry(house, log, n):
    mallory = house.person("mallory")
    rebuild(house, mallory, n)
    heads_removed(house)
    assert found(house) == (False, n)


@pytest.mark.parametrize("n", range(1, LENGTH))
def test_a_log_rebuilt_with_the_key_is_found_against_the_head_outside(house, log, n):
    rebuild(house, house.governance.identities.me(), n)
    assert found(house) == (False, n)


@pytest.mark.parametrize("n", range(1, LENGTH))
def test_a_log_rebuilt_with_the_key_and_all_heads_is_found_against_a_copy(house, log, n, tmp_path):
    elsewhere = shutil.copy(house.root / ".notewright" / "audit.heads", tmp_path / "kept.jsonl")
    rebuild(house, house.governance.identities.me(), n)
    heads_removed(house)
    verdict = house.again().audit.verify(elsewhere)
    assert (verdict.ok, verdict.entry) == (False, n)


# -- the people behind the entries ------------------------------------------------------


@pytest.mark.parametrize("seq", [1, 2])
def test_a_registration_taken_away_is_found_at_its_entry(house, log, seq):
    house.person("rita")
    house.person("max")
    house.sql("DELETE FROM identities WHERE seq = ?", seq)
    verdict = house.again().audit.verify()
    assert (verdict.ok, verdict.entry) == (False, LENGTH + seq - 1)
    assert ("rita", "max")[seq - 1] in verdict.problem


@pytest.mark.parametrize("kept", range(3))
def test_role_grants_cut_off_are_found_at_their_entry(house, log, kept):
    house.person("rita", "reviewer", "auditor", "operator")
    house.sql("DELETE FROM role_grants WHERE seq >= ?", kept)
    assert found(house) == (False, LENGTH + 1 + kept)


def test_a_registration_slipped_in_beside_the_log_is_found(house, log, tmp_path):
    """Anybody may register themselves, so its own signature is good."""
    from notewright.store.canonical import canonical

    mallory = create_key("mallory", tmp_path / "mallory.key")
    body = canonical(
        {
            "by": "mallory",
            "name": "mallory",
            "public": mallory.public,
            "registered": "2026-05-01T12:00:00.000000Z",
            "seq": 1,
            "type": "identity 1",
            "workspace": house.governance.identities.workspace(),
        }
    )
    signature = mallory.sign(body).hex()
    house.sql(
        "INSERT INTO identities(name, public, seq, body, signature) VALUES (?, ?, ?, ?, ?)",
        *("mallory", mallory.public, 1, body.decode(), signature),
    )
    verdict = house.again().audit.verify()
    assert not verdict.ok
    assert "'mallory' is registered in the store, but no entry" in verdict.problem


def test_the_log_of_a_workspace_begun_anew_is_told_from_the_one_before(house, log, tmp_path):
    """A new store in the old one's place has a sound log; that there was another is said."""
    shutil.rmtree(house.root / ".notewright")
    verdict = house.again().audit.verify()
    assert verdict.ok
    assert f"{LENGTH} of another log that was here before" in verdict.outside
