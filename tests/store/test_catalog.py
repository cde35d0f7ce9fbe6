from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from notewright.errors import AmbiguousId, RefMoved, StoreTooNew, StoreUnusable, UnknownId
from notewright.store import Store, sqlite
from notewright.store.schema_files import SCHEMA_VERSION
from notewright.store.sqlite import SqliteCatalog


@pytest.mark.sqlite
def test_a_store_of_a_newer_notewright_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = Store(tmp_path / ".notewright").catalog.path
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="Upgrade Notewright"):
        SqliteCatalog(path)
    assert path.read_bytes() == before


@pytest.mark.sqlite
def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnusable):
        SqliteCatalog(tmp_path / "catalog.sqlite")


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def write_and_fail() -> None:
        with store.catalog.transaction() as connection:
            connection.execute("INSERT INTO refs VALUES ('a', '1')")
            with store.catalog.transaction() as inner:  # joins the outer one
                inner.execute("INSERT INTO refs VALUES ('b', '2')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert store.catalog.query("SELECT * FROM refs") == []


def test_short_ids_resolve_and_ambiguous_ones_say_so(tmp_path: Path) -> None:
    catalog = Store(tmp_path).catalog
    with catalog.transaction() as connection:
        for id_ in ("ab12", "ab34", "cd56"):
            connection.execute("INSERT INTO sessions VALUES (?, '', NULL, '')", (id_,))
    assert catalog.resolve("sessions", "c", "session", "list") == "cd56"
    with pytest.raises(AmbiguousId, match="ab12, ab34"):
        catalog.resolve("sessions", "ab", "session", "list")
    for hostile in ("zz", "", "ab' OR 1=1 --", "%", "ff"):
        with pytest.raises(UnknownId, match="list"):
            catalog.resolve("sessions", hostile, "session", "list")


def test_only_one_of_two_movers_wins_and_every_move_is_kept(tmp_path: Path) -> None:
    refs = Store(tmp_path).refs
    refs.move("models/m/champion", "1", expected=None, actor="ann")
    with pytest.raises(RefMoved, match="is now at 1"):
        refs.move("models/m/champion", "3", expected=None, actor="bob")
    between = refs.moves("models/m/champion")[-1].moved
    refs.move("models/m/champion", "2", expected="1", actor="bob")
    assert [(m.old, m.new, m.actor) for m in refs.moves("models/m/champion")] == [
        (None, "1", "ann"),
        ("1", "2", "bob"),
    ]
    assert refs.at("models/m/champion", between) == "1"
    assert refs.get("models/m/champion") == "2"


def test_threads_and_processes_write_one_store_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    script = (
        "import sys; from pathlib import Path; from notewright.store import Store\n"
        "s = Store(Path(sys.argv[1]))\n"
        "for i in range(40):\n"
        "    with s.catalog.transaction() as c:\n"
        "        c.execute('INSERT INTO refs VALUES (?, ?)', (f'{sys.argv[2]}-{i}', ''))\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(n)]) for n in range(2)
    ]

    def write(name: str) -> None:
        for i in range(40):
            with store.catalog.transaction() as connection:
                connection.execute("INSERT INTO refs VALUES (?, '')", (f"{name}-{i}",))

    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0]
    assert len(store.catalog.query("SELECT * FROM refs")) == 160


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_uses_a_connection_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path)
    mine = store.catalog._connection()
    pid = os.fork()
    if pid == 0:
        own = store.catalog._connection() is not mine
        with store.catalog.transaction() as connection:
            connection.execute("INSERT INTO refs VALUES ('child', '1')")
        os._exit(0 if own else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert store.catalog.one("SELECT target FROM refs")["target"] == "1"


@pytest.mark.sqlite
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no list of open files here")
def test_a_copy_of_the_process_closes_no_connection_that_another_thread_keeps(
    tmp_path: Path,
) -> None:
    catalog = Store(tmp_path).catalog
    sqlite._kept_open.clear()
    catalog.close()  # SQLite closes no file that another connection has open
    asked, over = threading.Event(), threading.Event()

    def keep_one() -> None:
        catalog.query("SELECT 1")
        asked.set()
        over.wait()

    def open_files() -> int:
        gc.collect()
        files = (f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd"))
        return sum(os.path.lexists(f) and os.readlink(f) == str(catalog.path) for f in files)

    thread = threading.Thread(target=keep_one)
    thread.start()
    asked.wait()
    opened = open_files()
    pid = os.fork()
    if pid == 0:
        os._exit(open_files())
    over.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == opened == 1
    assert open_files() == 0  # closed with the thread, where it was made


def test_what_waits_for_the_commit_runs_once_after_it_and_never_after_a_rollback(
    tmp_path: Path,
) -> None:
    catalog = Store(tmp_path).catalog
    seen: list[int] = []

    def look() -> None:
        seen.append(len(catalog.query("SELECT * FROM refs")))

    with catalog.transaction() as connection:
        catalog.after_commit(look)
        catalog.after_commit(look)
        connection.execute("INSERT INTO refs VALUES ('a', '1')")
        assert seen == []
    assert seen == [1]

    def fail() -> None:
        with catalog.transaction():
            catalog.after_commit(look)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert seen == [1]
    catalog.after_commit(look)
    assert seen == [1, 1]


@pytest.mark.sqlite
def test_copying_the_store_from_its_own_process_loses_nothing_that_is_written_later(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "store")
    store.refs.set("before", "1", actor="me")
    shutil.copytree(store.root, tmp_path / "copy")
    look = (
        "import sys, pathlib; from notewright.store import Store;"
        "print(sorted(Store(pathlib.Path(sys.argv[1])).refs.list()))"
    )

    def seen(folder: Path) -> str:
        command = [sys.executable, "-c", look, str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert seen(store.root) == "['before']"
    store.refs.set("after", "2", actor="me")
    assert seen(store.root) == "['after', 'before']"
    assert seen(tmp_path / "copy") == "['before']"
    assert store.catalog.integrity() == []


@pytest.mark.sqlite
def test_a_commit_that_fails_takes_nothing_that_is_written_later_with_it(tmp_path: Path) -> None:
    class Refusing(sqlite3.Connection):
        refuses = True

        def commit(self) -> None:
            if self.refuses:
                raise sqlite3.OperationalError("no")
            super().commit()

    catalog = Store(tmp_path).catalog
    connection = sqlite3.connect(catalog.path, isolation_level=None, factory=Refusing)
    connection.row_factory = sqlite3.Row
    catalog._local.connection = connection

    def insert(name: str) -> None:
        with catalog.transaction() as inside:
            inside.execute("INSERT INTO refs VALUES (?, '')", (name,))

    with pytest.raises(sqlite3.OperationalError):
        insert("lost")
    connection.refuses = False
    insert("kept")
    assert [row["name"] for row in SqliteCatalog(catalog.path).query("SELECT name FROM refs")] == [
        "kept"
    ]
