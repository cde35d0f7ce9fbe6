"""The log is sound whoever writes it; what is done to its rows is in tests/attacks."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from tests.attacks.audit_rows import rebuild, rows

from notewright.errors import AccessDenied, NotewrightError
from notewright.governance.audit.heads import HeadFile
from notewright.governance.identities import Identity
from notewright.views.governance import AuditView


@pytest.fixture
def log(house):
    """A log of eight entries."""
    audit = house.governance.audit
    for number in range(7):
        audit.append("note", f"thing{number}", {"number": number, "text": "für «alle»"})
    assert [e.n for e in audit.list()] == list(range(8))
    return audit


def test_the_first_look_at_a_new_log_counts_the_entry_that_it_makes(house):
    first = house.again().audit.verify()
    assert (first.ok, first.entries, first.heads) == (True, 1, 1)
    again = house.again().audit.verify()
    assert (again.entries, again.heads) == (1, 1)


def test_a_sound_log_verifies_also_from_another_process_and_after_more_entries(house, log):
    assert log.verify(every_head=True).ok
    again = house.again().audit
    again.append("note", "more")
    assert log.verify().entries == again.verify().entries == 9


def test_an_export_satisfies_a_verifier_that_shares_no_code(house, log, oracle, tmp_path):
    bundle = json.loads(log.export(tmp_path / "audit.json").read_text())
    assert oracle.verify_bundle(bundle) == []
    bundle["entries"][3]["entry"] = bundle["entries"][3]["entry"].replace("thing2", "thing9")
    assert any(problem.startswith("3:") for problem in oracle.verify_bundle(bundle))


def test_without_any_head_outside_a_rebuild_with_the_key_is_not_evident_and_verify_says_so(
    house, log, tmp_path
):
    elsewhere = shutil.copy(house.root / ".notewright" / "audit.heads", tmp_path / "kept.jsonl")
    rebuild(house, house.governance.identities.me(), 4)
    for heads in [*house.config.glob("heads/*"), house.root / ".notewright" / "audit.heads"]:
        heads.unlink()
    verdict = house.again().audit.verify()
    assert verdict.ok
    assert verdict.outside == "none in the user's folder, none beside the database"
    assert verdict.heads == 0
    assert "No head of it is kept outside the database" in AuditView(verdict).text()
    # which is why a copy kept elsewhere is worth having
    assert house.again().audit.verify(elsewhere).entry == 4


def test_an_entry_in_anothers_name_is_refused(house, log):
    rita = house.person("rita")
    forged = Identity("rita", rita.public, house.governance.identities.me().sign)
    for claim in (forged, Identity("nobody", rita.public, rita.sign)):
        with pytest.raises(AccessDenied):
            log.append("approve", "thing", {}, claim)


def test_an_entry_whose_name_was_forged_in_the_database_is_named(house, log):
    house.person("rita")
    me = house.governance.identities.me()
    text = rows(house)[4][1].replace(f'"actor":"{me.name}"', '"actor":"rita"')
    house.sql("UPDATE audit_entries SET entry = ? WHERE n = 4", text)
    assert house.again().audit.verify().entry == 4


def test_an_act_and_its_entry_are_committed_together_or_not_at_all(house, log):
    catalog = house.governance._store.catalog
    before = len(log.list())

    def act_and_fail() -> None:
        with catalog.transaction():
            log.append("note", "undone")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act_and_fail()
    assert len(log.list()) == before
    with catalog.transaction():
        log.append("note", "done")
    assert log.verify().ok
    assert max(head.size for head in log.outside_heads().read()) == before + 1


WRITER = """
import sys
from pathlib import Path
from notewright.governance.services import Governance
from notewright.store import Store
root, config, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
audit = Governance(Store(root / ".notewright"), root, lambda: None, config).audit
for number in range(40):
    audit.append("note", name, {"number": number})
"""


def test_two_processes_append_at_once_and_the_log_is_sound(house, log):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, house.root, house.config, name])
        for name in ("one", "two")
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    verdict = log.verify(every_head=True)
    assert verdict.ok, verdict.problem
    assert verdict.entries == 8 + 80
    for name in ("one", "two"):
        numbers = [entry.details["number"] for entry in log.list(subject=name)]
        assert numbers == list(range(40))


def test_a_copied_store_goes_its_own_way_without_a_false_alarm(house, log, tmp_path):
    shutil.copytree(house.root, tmp_path / "copy")
    log.append("note", "only in the original")
    from dataclasses import replace

    copied = replace(house, root=tmp_path / "copy").again().audit
    copied.append("note", "only in the copy")
    assert copied.verify().ok
    assert log.verify().ok


def test_a_head_file_stays_small_and_a_torn_line_is_passed_over(house, log, monkeypatch):
    from notewright.governance.audit import heads

    monkeypatch.setattr(heads, "_MAX_LINES", 50)
    monkeypatch.setattr(heads, "_RECENT", 10)
    file = log.outside_heads()
    for number in range(200):
        log.append("note", str(number))
    assert len(file.read()) < 80
    with file.path.open("ab") as handle:
        handle.write(b'{"size": 3, "ro')
    log.append("note", "after the crash")
    assert log.verify().ok
    assert max(head.size for head in HeadFile(file.path).read()) == 209


def test_there_are_no_more_heads_than_entries_however_often_one_looks(house, log):
    for _ in range(3):
        assert house.again().audit.verify().ok  # each as a process of its own would
    assert len(log.outside_heads().read()) == len(log.inside_heads().read()) == 8
    verdict = log.verify()
    assert (verdict.entries, verdict.heads) == (8, 8)
    assert AuditView(verdict).text() == (
        "The audit log is sound: 8 entries. It was compared with the heads kept outside the "
        "database: 8 in the user's folder, 8 beside the database. "
        "A head is a signature over the log as it was after one of its entries."
    )


def test_heads_of_other_logs_are_not_counted(house, log, tmp_path):
    kept = tmp_path / "kept.jsonl"
    lines = (house.root / ".notewright" / "audit.heads").read_text().splitlines()
    other = {**json.loads(lines[0]), "workspace": "another"}
    kept.write_text("\n".join([lines[0], lines[0], json.dumps(other)]))
    assert log.verify(kept).outside.endswith("8 beside the database, 1 given")


def test_places_that_cannot_be_written_stop_nothing(house, log):
    file = log.outside_heads().path
    file.unlink()
    file.mkdir()
    log.append("note", "more")
    assert house.again().audit.publish() is False
    file.rmdir()
    assert log.verify().ok


def test_errors_say_what_to_do(house, log):
    with pytest.raises(NotewrightError) as caught:
        log.append("note", "x", {}, Identity("nobody", "0" * 64, lambda data: b""))
    assert caught.value.remedy
