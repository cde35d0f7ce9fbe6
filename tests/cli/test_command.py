"""The `notewright` command: what it prints, and what it exits with."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.damage import flip_byte

from notewright import cli
from notewright.errors import CorruptObject
from notewright.store.schema_files import SCHEMA_VERSION
from notewright.verbs.base import Context
from notewright.views.base import View
from notewright.workspace import Workspace


def notewright(
    *words: str, folder: Path, more: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "notewright.cli", "--workspace", str(folder), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(more or {})},
    )


@pytest.fixture
def stored(notebook, tmp_path: Path) -> Path:
    """Return a workspace with two executions and two snapshots."""
    notebook.run("a = [1]")
    notebook.recorder.take("first")
    notebook.run("a.append(2); g = (i for i in a)")
    notebook.recorder.take("second")
    return tmp_path


def test_the_timeline_as_text_and_as_json(stored: Path) -> None:
    text = notewright("timeline", folder=stored)
    assert text.returncode == 0
    assert "first" in text.stdout
    listed = json.loads(notewright("timeline", "--json", folder=stored).stdout)
    assert [s["message"] for s in listed] == ["second", "first"]
    assert listed[0]["parent"] == listed[1]["id"]
    assert listed[0]["unsaved"][0]["name"] == "g"
    assert {"id", "parent", "created", "message", "cell"} <= set(listed[0])


def test_every_verb_has_help_and_the_list_names_them_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from notewright.cli import main
    from notewright.verbs import VERBS

    listed = notewright("-h", folder=tmp_path).stdout
    for verb in VERBS:
        assert f"  {verb} " in listed
        assert main(["--workspace", str(tmp_path), verb, "-h"]) == 0
        shown = capsys.readouterr()
        assert f"usage: notewright {verb}" in shown.out
        general = shown.out.partition("with every verb:")[2]
        assert all(f"  {o}" in general for o in ("--json", "--workspace FOLDER", "--debug"))


@pytest.mark.parametrize(
    ("words", "error", "code"),
    [
        (["diff", "feed", "HEAD"], "UnknownId", "unknown_id"),
        (["timeline", "--limit", "many"], "UsageError", "usage"),
        (["timelin"], "UsageError", "usage"),
        (["timeline", "--workspace"], "UsageError", "usage"),
    ],
)
def test_with_json_an_error_is_one_line_of_json_on_stderr(
    stored: Path, words: list[str], error: str, code: str
) -> None:
    done = notewright("--json", *words, folder=stored)
    assert done.returncode == 2
    assert done.stdout == ""
    record = json.loads(done.stderr)
    assert set(record) == {"error", "code", "problem", "remedy"}
    assert (record["error"], record["code"]) == (error, code)
    assert "%nw" not in record["remedy"]


def test_with_json_and_debug_the_traceback_stands_before_the_json(stored: Path) -> None:
    said = notewright("diff", "feed", "HEAD", "--json", "--debug", folder=stored).stderr
    assert "Traceback" in said
    assert json.loads(said.splitlines()[-1])["error"] == "UnknownId"


def test_what_follows_two_dashes_is_never_an_option(stored: Path) -> None:
    done = notewright("diff", "--", "--json", "HEAD", folder=stored)
    assert "There is no snapshot '--json'." in done.stderr


def test_every_word_of_every_verb_is_explained() -> None:
    from notewright.verbs import VERBS, find_verb

    for name in VERBS:
        parser = find_verb(name).parser()
        unexplained = [action.dest for action in parser._actions if not action.help]
        assert unexplained == [], name


def test_json_on_everything_that_lists(stored: Path) -> None:
    for verb in (
        "timeline",
        "history",
        "runs",
        "models",
        "packages",
        "deployments",
        "status",
        "dataset",
    ):
        done = notewright(verb, "--json", folder=stored)
        assert done.returncode == 0, done.stderr
        json.loads(done.stdout)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["timelin"], "Did you mean 'timeline'?"),
        (["diff", "feed", "HEAD"], "There is no snapshot 'feed'."),
        (["diff", "", "HEAD"], "There is no snapshot ''."),
        (["restore", "HEAD"], "acts on the variables of a running notebook"),
        (["snapshot"], "acts on the variables of a running notebook"),
        (["slice", "b"], "There is no variable 'b'"),
        (["timeline", "--limit", "many"], "'many' is not a number from 1 up"),
        (["retrace", "nothing"], "nothing"),
        (["deploy", "../x"], "cannot be the name of a deployment"),
        (["deploy", "unknown"], "unknown"),
        (["gate", "production", "unknown"], "unknown"),
        (["compare", "one", "two"], "one"),
    ],
)
def test_a_mistake_is_one_line_with_the_next_thing_to_do(
    stored: Path, words: list[str], problem: str
) -> None:
    done = notewright(*words, folder=stored)
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if line.startswith("notewright: ")]
    assert len(said) == 1
    assert problem in said[0]
    assert "Traceback" not in done.stderr


def test_snapshots_are_named_by_their_messages(stored: Path) -> None:
    done = notewright("diff", "first", "second", "--json", folder=stored)
    assert "a" in [variable["name"] for variable in json.loads(done.stdout)["variables"]]


def test_an_ambiguous_id_names_the_candidates(stored: Path) -> None:
    with sqlite3.connect(stored / ".notewright" / "catalog.sqlite") as catalog:
        row = list(catalog.execute("SELECT * FROM snapshots LIMIT 1").fetchone())
        for id_ in ("aaaa000000000001", "aaaa000000000002"):
            catalog.execute(
                f"INSERT INTO snapshots VALUES ({','.join('?' * len(row))})", [id_, *row[1:]]
            )
    done = notewright("diff", "aaaa", "HEAD", folder=stored)
    assert done.returncode == 2
    assert "aaaa000000000001, aaaa000000000002" in done.stderr


def test_a_store_from_a_newer_version_is_refused(stored: Path) -> None:
    with sqlite3.connect(stored / ".notewright" / "catalog.sqlite") as catalog:
        catalog.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    done = notewright("timeline", folder=stored)
    assert done.returncode == 2
    assert "Upgrade Notewright" in done.stderr


def test_a_flipped_byte_is_found_and_what_does_not_need_it_still_loads(
    stored: Path, workspace
) -> None:
    assert notewright("fsck", folder=stored).returncode == 0
    second, first = workspace.snapshots.get("HEAD"), workspace.snapshots.get("HEAD~1")
    needed = workspace.snapshots.needs()
    victim = next(d for d, by in needed.items() if by == [f"snapshot {second.id[:6]}"])
    flip_byte(workspace.store.objects, victim)
    done = notewright("fsck", folder=stored)
    assert done.returncode == 1
    assert victim[:12] in done.stdout
    assert f"snapshot {second.id[:6]}" in done.stdout
    assert workspace.snapshots.load(first)["a"] == [1]


def test_a_snapshot_whose_record_is_damaged_hides_no_other(stored: Path, workspace) -> None:
    last, first = workspace.snapshots.get("HEAD"), workspace.snapshots.get("HEAD~1")
    flip_byte(workspace.store.objects, last.digest)
    rows = json.loads(notewright("timeline", "--json", folder=stored).stdout)
    assert [row["id"] for row in rows] == [last.id, first.id]
    assert "is damaged" in rows[0]["damage"]
    assert rows[1]["damage"] is None
    assert "is damaged" in notewright("timeline", folder=stored).stdout
    refused = notewright("diff", "HEAD~1", "HEAD", folder=stored)
    assert (refused.returncode, "is damaged" in refused.stderr) == (2, True)
    assert workspace.snapshots.load(first)["a"] == [1]
    with pytest.raises(CorruptObject):
        workspace.snapshots.load(workspace.snapshots.head())


def test_the_traceback_is_printed_when_asked_for(stored: Path) -> None:
    done = notewright("--debug", "diff", "feed", "HEAD", folder=stored)
    assert "Traceback" in done.stderr
    assert done.returncode == 2


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    done = notewright("timeline", folder=tmp_path / "nowhere")
    assert done.returncode == 2
    assert "There is no folder" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /dev/full")
def test_a_reader_that_goes_away_is_no_error(stored: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m notewright.cli --workspace {stored} history --json | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_looking_never_makes_a_store(tmp_path: Path) -> None:
    done = notewright("timeline", folder=tmp_path)
    assert done.returncode == 2
    assert "There is no Notewright workspace" in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert notewright("policy", "init", folder=tmp_path).returncode == 0
    assert (tmp_path / "policy.yaml").is_file()


def test_what_needs_a_notebook_is_said_in_the_notebooks_words(stored: Path) -> None:
    assert "Run `%nw restore` in a cell" in notewright("restore", "HEAD", folder=stored).stderr


def test_a_file_that_is_no_database_is_not_called_a_matter_of_permissions(tmp_path: Path) -> None:
    (tmp_path / ".notewright").mkdir()
    (tmp_path / ".notewright" / "catalog.sqlite").write_bytes(b"not a database" * 500)
    done = notewright("timeline", folder=tmp_path)
    assert done.returncode == 2
    assert "Copy the store back from a backup" in done.stderr
    assert "permissions" not in done.stderr


def test_a_policy_that_is_a_folder_is_not_called_a_store(stored: Path) -> None:
    (stored / "policy.yaml").mkdir()
    done = notewright("policy", folder=stored)
    assert done.returncode == 2
    assert "The policy at" in done.stderr
    assert "store" not in done.stderr


def test_an_unknown_prediction_says_where_its_id_comes_from(stored: Path) -> None:
    assert "Give the `id` of an answer" in notewright("retrace", "feed", folder=stored).stderr


def test_looking_at_governance_needs_no_key(stored: Path, tmp_path_factory) -> None:
    assert notewright("identity", folder=stored).returncode == 0
    elsewhere = {"XDG_CONFIG_HOME": str(tmp_path_factory.mktemp("home"))}
    for words in (["deployments"], ["identity"], ["role"], ["audit", "verify"]):
        done = notewright(*words, folder=stored, more=elsewhere)
        assert done.returncode == 0, done.stderr


def test_a_file_is_kept_as_a_dataset_and_given_back_in_a_shell(stored: Path) -> None:
    path = stored / "rows.csv"
    path.write_text("a,b\n1,2\n")
    added = notewright("dataset", "add", str(path), "--as", "rows", "--json", folder=stored)
    assert json.loads(added.stdout)["ref"] == "rows@1"
    path.write_text("a,b\n1,3\n")
    assert notewright("dataset", "use", "rows@1", folder=stored).returncode == 2
    assert notewright("dataset", "add", str(path), "--as", "rows", folder=stored).returncode == 0
    shown = notewright("dataset", "diff", "rows@1", "rows@2", "--json", folder=stored)
    assert json.loads(shown.stdout)["same"] is False
    assert notewright("dataset", "use", "rows@1", folder=stored).returncode == 0
    assert path.read_text() == "a,b\n1,2\n"


def test_what_is_said_at_the_end_stands_in_place_of_the_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    known = cli.find_verb("status")

    def run(arguments: object, context: Context) -> View:
        context.progress.step(0.7, "verified 100 of 139")
        return known.run(arguments, context)

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(cli, "find_verb", lambda name: replace(known, run=run))
    monkeypatch.setattr(cli, "_workspace", lambda folder, make: Workspace(tmp_path))
    assert cli.main(["status"]) == 0
    assert capsys.readouterr().err.endswith("verified 100 of 139\r\033[K")
