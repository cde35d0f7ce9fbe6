"""Records that are moved from their file to PostgreSQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tests.edited import edited

from notewright.errors import BadStoreAddress, Cancelled, CannotMove, RecordsMoved, UsageError
from notewright.progress import Progress
from notewright.store import Store, moving
from notewright.store.address import Address
from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.workspace import Workspace


@pytest.fixture
def filled(tmp_path: Path, open_notebook, monkeypatch) -> Workspace:
    """A project with some of everything, in a file."""
    from sklearn.linear_model import LinearRegression

    monkeypatch.delenv("NOTEWRIGHT_STORE", raising=False)
    workspace: Workspace = open_notebook(tmp_path).workspace
    me = workspace.identities.me()
    notebook = open_notebook(tmp_path)
    notebook.run("import numpy as np; a = np.arange(1000.0)")
    notebook.recorder.take("first")
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    for number in range(3):
        run = workspace.runs.record(
            f"run {number} «ü»",
            params={"depth": number, "loss": "log", "none": None},
            metrics={"auc": number / 3, "lost": float("nan"), "endless": float("inf")},
            tags={"team": "a'b"},
            model=model,
        )
        workspace.models.register(run, "credit", me)
    workspace.models.move_alias("credit", "champion", 2, None, me)
    workspace.datasets.add(np.arange(4), "numbers")
    return workspace


def rows(store: Path, table: str, columns: str) -> list[tuple]:
    found = edited(store, f"SELECT {columns} FROM {table}")
    return sorted([tuple(map(repr, row)) for row in found])


def file_rows(path: Path, table: str) -> tuple[str, list[tuple]]:
    with closing(sqlite3.connect(path)) as connection:
        columns = [f'"{row[1]}"' for row in connection.execute(f"PRAGMA table_info({table})")]
        found = connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
    return ", ".join(columns), sorted([tuple(map(repr, row)) for row in found])


def verb(workspace: Workspace, *words: str, kernel=None):
    found = find_verb("records")
    return found.run(found.parser().parse_args(list(words)), Context(workspace, kernel))


def test_every_row_is_there_afterwards_and_everything_goes_on(postgresql, filled, monkeypatch):
    before = filled.runs.frame()
    folder = filled.store.root
    said = verb(filled, "move", postgresql.address)
    assert "All records are in PostgreSQL" in said.text()
    assert "secret" not in said.text() + (folder / "records.json").read_text()
    monkeypatch.setenv("NOTEWRIGHT_STORE", postgresql.address)
    again = Workspace(filled.root)
    for table in again.store.catalog.tables():
        columns, wanted = file_rows(folder / "moved.sqlite", table)
        assert rows(folder, table, columns) == wanted, table
    assert again.runs.frame().equals(before)
    assert again.audit.verify().ok
    assert again.audit.list(act="records.move")[0].subject == "records"
    assert again.models.aliases("credit") == {"champion": 2}
    # Numbers go on where they were.
    me = again.identities.me()
    run = again.runs.record("later", metrics={"auc": 0.5})
    assert [r.name for r in again.runs.list()][-1] == "later"
    assert again.models.register(again.runs.get("run 0 «ü»"), "credit", me).number == 4
    again.models.move_alias("credit", "champion", 4, 2, me)
    assert again.runs.get(run.id).metrics == {"auc": 0.5}
    assert again.audit.verify().ok


def test_who_has_the_file_open_is_told_at_the_next_change(postgresql, filled):
    other = Store(filled.store.root)
    verb(filled, "move", postgresql.address)
    for store in (other, filled.store):
        with pytest.raises(RecordsMoved, match="moved to another database"):
            store.refs.set("a", "1", actor="me")
    assert not (filled.store.root / "catalog.sqlite").exists()


def test_a_move_that_is_cancelled_or_fails_changes_nothing(postgresql, filled, monkeypatch):
    schemas = "SELECT nspname FROM pg_namespace ORDER BY 1"
    before = postgresql.run(schemas)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        moving.move(filled.store.catalog, Address.parse(postgresql.address), progress)
    edited(filled.store.root, "INSERT INTO refs(name, target) VALUES ('a' || char(0) || 'b', '1')")
    with pytest.raises(Exception, match="zero byte"):
        moving.move(filled.store.catalog, Address.parse(postgresql.address), Progress())
    assert postgresql.run(schemas) == before
    assert len(Workspace(filled.root).runs.list()) == 3
    filled.store.refs.set("after", "1", actor="me")
    assert Store(filled.store.root).refs.get("after") == "1"


def test_a_move_that_was_cut_short_after_its_commit_is_finished_by_who_opens_next(
    postgresql, filled, monkeypatch
):
    def cut(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(moving, "settle", cut)
    with pytest.raises(KeyboardInterrupt):
        moving.move(filled.store.catalog, Address.parse(postgresql.address), Progress())
    assert (filled.store.root / "catalog.sqlite").exists()
    monkeypatch.setenv("NOTEWRIGHT_STORE", postgresql.address)
    again = Workspace(filled.root)
    assert "PostgreSQL" in again.store.catalog.place
    assert len(again.runs.list()) == 3
    assert not (filled.store.root / "catalog.sqlite").exists()


def test_what_cannot_be_moved_says_why(postgresql, filled, monkeypatch):
    with pytest.raises(UsageError, match="not said where"):
        verb(filled, "move")
    with pytest.raises(UsageError, match="cannot move its own"):
        verb(filled, "move", postgresql.address, kernel=object())
    with pytest.raises(UsageError, match="after `move` only"):
        verb(filled, "show", postgresql.address)
    with pytest.raises(BadStoreAddress):
        verb(filled, "move", "mysql://host/db")
    assert "SQLite" in verb(filled).text()
    verb(filled, "move", postgresql.address)
    monkeypatch.setenv("NOTEWRIGHT_STORE", postgresql.address)
    with pytest.raises(CannotMove, match="already"):
        verb(Workspace(filled.root), "move", postgresql.address)
