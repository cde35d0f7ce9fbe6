"""The prediction log loses nothing that was acknowledged, and shows what was changed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serving.conftest import environment, until

from notewright.errors import AmbiguousId, UnknownId
from notewright.serving import log as log_module
from notewright.serving.log import PredictionLog, recover
from notewright.serving.spool import Entry, Spool, encode, entries
from notewright.serving.writer import LogFull, LogWriter


def entry(number: int, **fields: object) -> Entry:
    made: dict[str, object] = {
        "id": f"{number:016x}",
        "time": f"2026-01-01T00:00:{number % 60:02d}.000000Z",
        "deployment": "d",
        "status": 200,
        "milliseconds": 1.25,
        "rows": 1,
        "inputs": b'{"inputs": []}',
        "outputs": b"[]",
    }
    return Entry(**{**made, **fields})  # type: ignore[arg-type]


def test_what_was_written_is_read_back_with_its_chain_whole(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    for number in range(500):
        writer.append(entry(number))
    writer.close()
    log = PredictionLog(tmp_path)
    assert [logged.entry for logged in log.records()] == [entry(n) for n in range(500)]
    assert log.problem() is None
    assert not list(tmp_path.glob("*.spool"))


def test_a_record_can_be_read_before_it_is_in_the_database(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(entry(7))
    assert PredictionLog(tmp_path).find("00000000").entry == entry(7)
    spool.close()


def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[2]);"
        "from tests.serving.test_log import entry\n"
        "from notewright.serving.writer import LogWriter\n"
        "writer = LogWriter(pathlib.Path(sys.argv[1]))\n"
        "for number in range(1_000_000):\n"
        "    writer.append(entry(number)); print(number, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), str(Path(__file__).parents[2])],
        stdout=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout is not None
    acknowledged = -1
    for _ in range(3000):
        acknowledged = int(process.stdout.readline())
    process.kill()
    acknowledged = max([acknowledged, *map(int, process.stdout.read().split(b"\n")[:-1])])
    process.wait()
    process.stdout.close()
    recover(tmp_path)
    log = PredictionLog(tmp_path)
    found = {int(logged.entry.id, 16) for logged in log.records()}
    assert found >= set(range(acknowledged + 1))
    assert log.problem() is None
    assert not list(tmp_path.glob("*.spool"))


def test_a_torn_record_at_the_end_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.spool"
    path.write_bytes(encode(entry(1)) + encode(entry(2))[:-3])
    assert entries(path) == [entry(1)]


def test_the_spool_of_a_living_writer_is_not_taken(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(entry(1))
    code = (
        "import sys, pathlib; from notewright.serving.log import recover\n"
        "print(recover(pathlib.Path(sys.argv[1])))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert ran.stdout.strip() == "0"
    spool.close(keep=True)
    assert recover(tmp_path) == 1


def test_two_servers_may_write_one_log(tmp_path: Path) -> None:
    first, second = LogWriter(tmp_path), LogWriter(tmp_path)
    for number in range(0, 400, 2):
        first.append(entry(number))
        second.append(entry(number + 1))
    first.close()
    second.close()
    log = PredictionLog(tmp_path)
    assert len(log.records()) == 400
    assert log.problem() is None


HOSTILE = ["'; DROP TABLE predictions; --", "\x00", "😀" * 50, "</script>", "a\nb"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    writer = LogWriter(tmp_path)
    writer.append(entry(1, client_id=text, error=text, inputs=text.encode(), outputs=b"\x00\xff"))
    writer.close()
    found = PredictionLog(tmp_path).find("0").entry
    assert (found.client_id, found.error) == (text, text)
    assert (found.inputs, found.outputs) == (text.encode(), b"\x00\xff")


CHANGES = [
    ("UPDATE predictions SET outputs = x'5b5d5d' WHERE seq = 2", "outputs"),
    ("UPDATE predictions SET inputs = x'5b5d5d' WHERE seq = 2", "inputs"),
    ("UPDATE predictions SET deployment = 'other' WHERE seq = 2", "not the one that was written"),
    ("UPDATE predictions SET status = 500 WHERE seq = 2", "not the one that was written"),
    ("DELETE FROM predictions WHERE seq = 2", "missing"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES)
def test_a_changed_record_is_found(tmp_path: Path, change: str, words: str) -> None:
    writer = LogWriter(tmp_path)
    for number in range(3):
        writer.append(entry(number))
    writer.close()
    database = sqlite3.connect(tmp_path / log_module.DATABASE)
    database.execute(change)
    database.commit()
    database.close()
    assert words in str(PredictionLog(tmp_path).problem())


def test_erased_rows_leave_the_chain_whole(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    for number in range(3):
        writer.append(entry(number))
    writer.close()
    database = sqlite3.connect(tmp_path / log_module.DATABASE)
    database.execute("UPDATE predictions SET inputs = NULL, outputs = NULL WHERE seq = 2")
    database.commit()
    database.close()
    assert PredictionLog(tmp_path).problem() is None


def test_short_ids_work_and_wrong_ones_say_so(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path)
    writer.append(entry(0xAB << 56))
    writer.append(entry(0xAC << 56))
    writer.close()
    log = PredictionLog(tmp_path)
    assert log.find("ab").entry.id.startswith("ab")
    with pytest.raises(AmbiguousId):
        log.find("a")
    for unknown in ("ff", "x", "", "' OR 1=1"):
        with pytest.raises(UnknownId):
            log.find(unknown)


def test_a_log_that_cannot_keep_up_refuses_instead_of_forgetting(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, capacity=3, patience=0.2)
    blocker = sqlite3.connect(tmp_path / log_module.DATABASE, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    for number in range(3):
        writer.append(entry(number))
    with pytest.raises(LogFull):
        writer.append(entry(3))
    blocker.execute("COMMIT")
    blocker.close()
    until(lambda: writer.flush())
    writer.append(entry(99))
    writer.close()
    kept = {int(logged.entry.id, 16) for logged in PredictionLog(tmp_path).records()}
    assert kept == {0, 1, 2, 99}


def test_recovering_twice_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "dead.spool").write_bytes(encode(entry(1)))
    assert recover(tmp_path) == 1
    (tmp_path / "dead.spool").write_bytes(encode(entry(1)))
    recover(tmp_path)
    assert len(PredictionLog(tmp_path).records()) == 1
