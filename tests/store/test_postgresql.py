"""Records in PostgreSQL: which database a store uses, what survives, and who is let in."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from notewright.errors import (
    BadStoreAddress,
    DatabaseUnusable,
    RecordsElsewhere,
    StoreReadOnly,
    StoreTooNew,
)
from notewright.experiments.runs import Runs
from notewright.store import Store
from notewright.store.address import Address
from notewright.store.catalog import RecordRefused
from notewright.store.schema_files import SCHEMA_VERSION
from notewright.workspace import Workspace

SECRET = "secret"


@pytest.fixture
def there(postgresql, monkeypatch):
    """The server, in which new stores keep their records."""
    monkeypatch.setenv("NOTEWRIGHT_STORE", postgresql.address)
    return postgresql


@pytest.fixture
def store(there, tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def schema_of(store: Store) -> str:
    found = json.loads((store.root / "records.json").read_text())
    return str(Address.parse(found["address"]).schema)


# -- where the records are ------------------------------------------------------------------


def test_a_store_stays_where_it_began_and_its_folder_holds_no_password(
    there, store, tmp_path, monkeypatch
):
    store.refs.set("a", "1", actor="me")
    said = (store.root / "records.json").read_text()
    assert SECRET not in said
    assert "writer" not in said
    assert not (store.root / "catalog.sqlite").exists()
    assert SECRET not in store.catalog.place
    monkeypatch.delenv("NOTEWRIGHT_STORE")
    monkeypatch.setenv("PGUSER", "writer")
    monkeypatch.setenv("PGPASSWORD", there.password)
    assert Store(store.root).refs.get("a") == "1"
    # A file began without the variable stays a file with it.
    Store(tmp_path / "file").refs.set("b", "2", actor="me")
    monkeypatch.setenv("NOTEWRIGHT_STORE", there.address)
    assert Store(tmp_path / "file").refs.get("b") == "2"
    assert "SQLite" in Store(tmp_path / "file").catalog.place


def test_each_folder_has_records_of_its_own(there, tmp_path):
    one, two = (Store(tmp_path / name) for name in ("one", "two"))
    one.refs.set("a", "1", actor="me")
    assert two.refs.get("a") is None
    assert schema_of(one) != schema_of(two)


def test_a_project_is_found_by_its_folder(there, tmp_path):
    Workspace(tmp_path).store.refs.set("a", "1", actor="me")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert Workspace.find(tmp_path / "deep" / "er").root == tmp_path


def test_a_schema_with_the_records_of_another_folder_is_refused(there, tmp_path, monkeypatch):
    monkeypatch.setenv("NOTEWRIGHT_STORE", f"{there.address}?schema=credit")
    Store(tmp_path / "one").refs.set("a", "1", actor="me")
    with pytest.raises(RecordsElsewhere, match="another store"):
        Store(tmp_path / "two")
    assert Store(tmp_path / "one").refs.get("a") == "1"
    monkeypatch.setenv("NOTEWRIGHT_STORE", there.address)
    assert Store(tmp_path / "two").refs.get("a") is None  # nothing was left half begun


def test_of_several_that_begin_a_store_at_once_all_have_the_same(there, tmp_path):
    script = (
        "import sys; from pathlib import Path; from notewright.store import Store\n"
        "sys.stdin.readline()\n"
        "Store(Path(sys.argv[1])).refs.set(sys.argv[2], '1', actor='me')\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "store")]
    started = [
        subprocess.Popen([*command, str(n)], stdin=subprocess.PIPE, text=True) for n in range(4)
    ]
    for process in started:
        process.communicate("\n")
    assert [process.returncode for process in started] == [0] * 4
    assert sorted(Store(tmp_path / "store").refs.list()) == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://ann:secret@host/db", "does not begin with postgresql://"),
        ("postgresql://ann:secret@host", "names no database"),
        ("postgresql://ann:secret@host:port/db", "cannot be read"),
        ("postgresql://ann:secret@host/db?schema=Bad name", "a schema has a name"),
        ("postgresql://ann:secret@host/db?sslmode=maybe", "sslmode is one of"),
        ("postgresql://ann:secret@host/db?scheme=a", "'scheme' is not one of schema, sslmode"),
        ("somewhere", "does not begin"),
    ],
)
def test_an_address_that_cannot_be_read_is_told_without_its_password(
    address, words, tmp_path, monkeypatch
):
    monkeypatch.setenv("NOTEWRIGHT_STORE", address)
    with pytest.raises(BadStoreAddress, match=re.escape(words)) as caught:
        Store(tmp_path / "store")
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("text", ["postgresql://h/d", "postgres://u:p%40@[::1]:77/a%2Fb?schema=s"])
def test_an_address_reads_as_it_was_written(text):
    address = Address.parse(text.replace("a%2Fb", "ab"))
    assert Address.parse(str(address)).asked_as(address) == address


def test_a_password_is_looked_up_where_libpq_looks(tmp_path, monkeypatch):
    address = Address.parse("postgresql://ann@db.example/models")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    file = tmp_path / "pgpass"
    file.write_text("# a comment\nother:*:*:ann:no\n*:5432:models:ann:a\\:b\n*:*:*:*:late\n")
    monkeypatch.setenv("PGPASSFILE", str(file))
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    assert address.credentials() == ("ann", "a:b")
    file.chmod(0o644)
    assert address.credentials() == ("ann", None)
    monkeypatch.setenv("PGPASSWORD", "environment")
    assert address.credentials() == ("ann", "environment")
    assert Address.parse("postgresql://ann:given@h/d").credentials() == ("ann", "given")


def test_a_password_never_stands_in_an_error(there, tmp_path, monkeypatch):
    for change in (
        (quote(there.password, safe=""), "other-secret"),
        ("/notewright", "/no_such_database"),
        (f":{there.port}", ":1"),
    ):
        monkeypatch.setenv("NOTEWRIGHT_STORE", there.address.replace(*change))
        with pytest.raises(DatabaseUnusable) as caught:
            Store(tmp_path / "store")
        assert SECRET not in str(caught.value)
    monkeypatch.setenv("NOTEWRIGHT_STORE", there.address)
    Store(tmp_path / "store")  # what was mistaken before is not remembered


def test_the_driver_is_asked_for_where_it_is_missing(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "pg8000", None)
    monkeypatch.delitem(sys.modules, "notewright.store.postgresql")
    with pytest.raises(Exception, match=r"notewright\[team\]"):
        Store(store.root)


# -- the tables -----------------------------------------------------------------------------


def test_the_tables_are_those_of_a_file(there, store, tmp_path, monkeypatch):
    monkeypatch.delenv("NOTEWRIGHT_STORE")
    file = Store(tmp_path / "file").catalog
    assert sorted(store.catalog.tables()) == sorted(file.tables())
    for table in file.tables():
        here = {row["name"] for row in file.query(f"PRAGMA table_xinfo({table})")}
        found = store.catalog.query(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = ?",
            (table,),
        )
        assert {row["column_name"] for row in found} - {"rowid"} == here, table
        indexed = {row["name"] for row in file.query(f"PRAGMA index_list({table})")}
        named = store.catalog.query(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
            " AND tablename = ?",
            (table,),
        )
        assert {n for n in indexed if not n.startswith("sqlite_")} <= {r[0] for r in named}


def test_a_newer_schema_is_refused_and_left_alone(there, store):
    there.run(f"UPDATE {schema_of(store)}.store_identity SET version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreTooNew, match="Upgrade Notewright"):
        Store(store.root)


def test_text_is_ordered_as_in_a_file_and_comes_back_as_it_was(store):
    texts = ["Z", "a", "É", "ä", "'; DROP TABLE refs; --", "%s ? :p1 $1 $$", "\\x41", "😀", ""]
    for text in texts:
        store.refs.set(text, text, actor="me")
    assert list(store.refs.list()) == sorted(texts, key=lambda t: t.encode())
    assert {name: store.refs.get(name) for name in texts} == {t: t for t in texts}
    with pytest.raises(DatabaseUnusable, match="zero byte"):
        store.refs.set("a\0b", "1", actor="me")
    assert store.refs.get("a") == "a"


def test_a_removed_store_leaves_no_schema(there, store):
    schema = schema_of(store)
    store.catalog.remove()
    assert there.run(f"SELECT 1 FROM pg_namespace WHERE nspname = '{schema}'") == []


def test_a_broken_rule_is_told_as_such_and_the_connection_goes_on(store):
    def twice():
        with store.catalog.transaction() as connection:
            connection.execute("INSERT INTO refs VALUES ('a', '1')")
            connection.execute("INSERT INTO refs VALUES ('a', '2')")

    with pytest.raises(RecordRefused):
        twice()
    assert store.refs.get("a") is None
    store.refs.set("a", "3", actor="me")
    assert store.refs.get("a") == "3"


# -- what happens to servers, networks and processes ------------------------------------------


def test_a_server_that_was_started_anew_is_asked_again(there, store):
    store.refs.set("before", "1", actor="me")
    there.stop()
    with pytest.raises(DatabaseUnusable) as caught:
        store.refs.get("before")
    assert SECRET not in str(caught.value)
    there.start()
    assert store.refs.get("before") == "1"
    there.stop()
    there.start()
    store.refs.set("after", "2", actor="me")  # a transaction, over a connection that was cut
    assert store.refs.list() == {"after": "2", "before": "1"}


def test_a_server_that_stops_inside_a_transaction_leaves_nothing_of_it(there, store):
    def cut():
        with store.catalog.transaction() as connection:
            connection.execute("INSERT INTO refs VALUES ('a', '1')")
            there.stop()
            there.start()
            connection.execute("INSERT INTO refs VALUES ('b', '2')")

    with pytest.raises(DatabaseUnusable):
        cut()
    assert store.refs.list() == {}
    store.refs.set("c", "3", actor="me")
    assert store.refs.list() == {"c": "3"}


def test_an_error_of_the_caller_is_raised_as_it_is(store):
    def fail():
        with store.catalog.transaction() as connection:
            connection.execute("INSERT INTO refs VALUES ('a', '1')")
            raise OSError("the caller's own")

    with pytest.raises(OSError, match="own"):
        fail()
    assert store.refs.list() == {}


def test_an_interrupted_answer_is_never_taken_for_the_next_one(store):
    class Interrupted(Exception):
        pass

    def interrupt(*_):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupted):
            store.catalog.query("SELECT CAST(pg_sleep(30) AS TEXT) AS slept")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert store.catalog.one("SELECT 7 AS answer")["answer"] == 7
    store.refs.set("a", "1", actor="me")
    assert store.refs.get("a") == "1"


def test_a_killed_writer_leaves_nothing_and_lets_the_next_in(store):
    script = (
        "import os, signal, sys; from pathlib import Path; from notewright.store import Store\n"
        "s = Store(Path(sys.argv[1]))\n"
        "with s.catalog.transaction() as c:\n"
        "    c.execute(\"INSERT INTO refs VALUES ('lost', '1')\")\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(store.root)], check=False)
    assert done.returncode == -signal.SIGKILL
    store.refs.set("kept", "1", actor="me")
    assert store.refs.list() == {"kept": "1"}


def test_writers_stand_in_line_and_each_sees_what_the_one_before_left(store):
    def add(count: int) -> None:
        for _ in range(count):
            with store.catalog.transaction() as connection:
                row = connection.execute("SELECT target FROM refs WHERE name = 'n'").fetchone()
                connection.execute(
                    "INSERT INTO refs(name, target) VALUES ('n', ?) ON CONFLICT(name)"
                    " DO UPDATE SET target = excluded.target",
                    (str(int(row["target"] if row else 0) + 1),),
                )
        store.catalog.close()

    threads = [threading.Thread(target=add, args=(25,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.refs.get("n") == "100"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_copy_of_the_process_talks_over_a_connection_of_its_own(store):
    store.refs.set("before", "1", actor="me")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            store.refs.set("child", "1", actor="me")
            code = int(store.refs.get("before") != "1")
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert store.refs.list() == {"before": "1", "child": "1"}


# -- who is let in ----------------------------------------------------------------------------


def test_somebody_who_may_only_read_reads_and_adds_nothing(there, store, monkeypatch):
    runs = Runs(store)
    runs.record("a run", metrics={"auc": 0.5})
    schema = schema_of(store)
    there.run("DROP ROLE IF EXISTS auditor")
    there.run("CREATE ROLE auditor LOGIN PASSWORD 'reads'")
    there.run(f"GRANT USAGE ON SCHEMA {schema} TO auditor")
    there.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO auditor")
    monkeypatch.setenv(
        "NOTEWRIGHT_STORE", f"postgresql://auditor:reads@127.0.0.1:{there.port}/notewright"
    )
    reader = Store(store.root)
    assert reader.catalog.read_only
    assert [run.name for run in Runs(reader).list()] == ["a run"]
    with pytest.raises(StoreReadOnly):
        reader.refs.set("a", "1", actor="auditor")
