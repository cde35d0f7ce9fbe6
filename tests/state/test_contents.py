"""What a snapshot holds beside the variables: files, the document, the commit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import PlainNotebook

from notewright.errors import FolderTaken, HistoryNotSigned, NotKept, UnknownId
from notewright.lineage.files import FileWatch
from notewright.lineage.recorder import Recorder
from notewright.lineage.replaying import check_sealed
from notewright.progress import Progress
from notewright.state import contents
from notewright.state.commit import commit_of
from notewright.state.namespace import Namespace
from notewright.state.records import Kept, Snapshot
from notewright.store.canonical import digest_of
from notewright.store.integrity import verify_store
from notewright.workspace import Workspace

READ = "with open('{}', 'rb') as file: text = file.read()"


def read(notebook, path: Path | str, data: bytes | None = None) -> None:
    """Run a cell that reads a file."""
    if data is not None:
        Path(path).write_bytes(data)
    notebook.run(READ.format(path))


def sound(workspace) -> bool:
    return verify_store(workspace.store, Progress(), workspace.snapshots.needs).sound


def with_document(workspace, path: Path) -> Recorder:
    return Recorder(workspace.history, workspace.snapshots, Namespace({}), path.parent, str(path))


# -- data files ---------------------------------------------------------------------------


def test_a_small_file_is_kept_and_comes_back_after_it_was_changed(
    notebook, workspace, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    read(notebook, "data/first.csv", b"a,b\n1")
    taken = notebook.recorder.take()
    (tmp_path / "data" / "first.csv").write_bytes(b"overwritten")
    copies = workspace.snapshots.copy_files(taken, tmp_path / "back")
    assert copies == [tmp_path / "back" / "data" / "first.csv"]
    assert copies[0].read_bytes() == b"a,b\n1"
    assert sound(workspace)


def test_a_file_that_is_large_is_known_by_its_hash_unless_it_is_asked_for(
    notebook, workspace, tmp_path: Path
) -> None:
    data = os.urandom(contents.SMALL * 2 + 5)
    read(notebook, "large.bin", data)
    by_hash = notebook.recorder.take()
    assert by_hash.address("large.bin") is None
    assert by_hash.files[0].digest == digest_of(data)
    with pytest.raises(NotKept, match="--with-data"):
        workspace.snapshots.copy_files(by_hash, tmp_path / "no", ["large.bin"])
    assert workspace.snapshots.copy_files(by_hash, tmp_path / "no") == []
    assert not (tmp_path / "no").exists()

    whole = notebook.recorder.take(with_data=True)
    (copy,) = workspace.snapshots.copy_files(whole, tmp_path / "back")
    assert copy.read_bytes() == data
    assert sound(workspace)
    # What is there already costs nothing more, and later snapshots have it too.
    later = notebook.recorder.take()
    assert later.address("large.bin") == whole.address("large.bin")
    assert later.bytes_added < 2000


def test_small_files_are_kept_up_to_a_sum(notebook, monkeypatch) -> None:
    monkeypatch.setattr(contents, "ALL_SMALL", 10)
    for name in "abc":
        read(notebook, name, name.encode() * 4)
    taken = notebook.recorder.take()
    assert [kept.path for kept in taken.kept] == ["a", "b"]


def test_the_same_contents_are_stored_once(notebook, tmp_path: Path) -> None:
    data = os.urandom(200_000)
    read(notebook, "one.bin", data)
    notebook.variables.pop("text")
    assert notebook.recorder.take().bytes_added > len(data)
    shutil.copy("one.bin", "two.bin")
    read(notebook, "two.bin")
    notebook.variables.pop("text")
    again = notebook.recorder.take()
    assert {kept.path for kept in again.kept} == {"one.bin", "two.bin"}
    assert again.bytes_added < 5000


def test_a_file_that_changed_after_it_was_read_is_not_taken_for_what_was_read(
    notebook, workspace, tmp_path: Path
) -> None:
    for size, name in ((9, "small"), (contents.SMALL + 9, "large")):
        read(notebook, name, b"x" * size)
        Path(name).write_bytes(b"y" * size)
    taken = notebook.recorder.take(with_data=True)
    assert taken.kept == ()
    assert [file.digest for file in taken.files] == [
        digest_of(b"x" * 9),
        digest_of(b"x" * (contents.SMALL + 9)),
    ]
    # Where it is again what was read, it is kept.
    Path("small").write_bytes(b"x" * 9)
    assert notebook.recorder.take().address("small") == digest_of(b"x" * 9)


def test_files_that_are_gone_unreadable_or_no_files_any_more_are_known_by_hash(notebook) -> None:
    for name in ("gone", "folder", "pipe", "hidden"):
        read(notebook, name, name.encode())
        os.unlink(name)
    os.mkdir("folder")
    os.mkfifo("pipe")
    Path("hidden").write_bytes(b"hidden")
    os.chmod("hidden", 0)
    taken = notebook.recorder.take()
    assert {file.path for file in taken.files} == {"gone", "folder", "pipe", "hidden"}
    # The superuser can read everything.
    assert {kept.path for kept in taken.kept} <= ({"hidden"} if os.geteuid() == 0 else set())


@pytest.mark.parametrize("name", [".env", "keys/id.pem", ".aws/credentials"])
def test_what_looks_like_a_secret_is_never_kept(notebook, name: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    read(notebook, name, b"password")
    taken = notebook.recorder.take(with_data=True)
    assert taken.kept == ()
    assert [file.path for file in taken.files] == [name]


def test_a_file_is_read_once_however_many_snapshots_are_taken(notebook, monkeypatch) -> None:
    read(notebook, "kept.csv", b"1,2,3")
    read(notebook, "other.csv", b"1,2,3,4")
    Path("other.csv").write_bytes(b"4,3,2,1")
    opened = []
    original = contents._opened
    monkeypatch.setattr(contents, "_opened", lambda path: opened.append(path) or original(path))
    hashed = []
    monkeypatch.setattr(contents, "digest_of", lambda data: hashed.append(data) or digest_of(data))
    notebook.recorder.autosnapshot = True
    for number in range(3):
        notebook.run(f"n = {number}")
    assert [path.name for path in opened].count("kept.csv") == 1
    assert hashed == [b"1,2,3", b"4,3,2,1"]


def test_what_is_read_behind_is_not_taken_for_what_the_next_cell_read(notebook) -> None:
    read(notebook, "data.csv", b"1")
    # Looking at it takes so long that the copy is watched meanwhile.
    notebook.run(
        "import time\nclass Slow:\n    def __reduce__(self): time.sleep(0.3); return Slow, ()"
    )
    notebook.run("slow = Slow()")
    with FileWatch.watching() as opened:
        assert notebook.recorder.take().kept
    assert not [path for path in opened.read if ".notewright" not in path]


def test_copies_never_overwrite_and_never_leave_their_folder(
    notebook, workspace, tmp_path: Path
) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.csv"
    read(notebook, outside, b"elsewhere")
    taken = notebook.recorder.take()
    outside.unlink()
    target = tmp_path / "back"
    target.mkdir()
    (target / "mine").write_bytes(b"mine")
    with pytest.raises(FolderTaken):
        workspace.snapshots.copy_files(taken, target)
    assert [path.name for path in target.iterdir()] == ["mine"]
    with pytest.raises(UnknownId, match=r"`%nw show"):
        workspace.snapshots.copy_files(taken, tmp_path / "other", ["nothing.csv"])
    assert taken.files[0].path == str(outside)
    (copy,) = workspace.snapshots.copy_files(taken, tmp_path / "copies")
    assert copy.read_bytes() == b"elsewhere"
    assert copy.is_relative_to(tmp_path / "copies" / "outside")
    for path in ("/etc/../etc/passwd", "../../up", "/../x", "a/../../b"):
        place = tmp_path / contents._place(path)
        assert os.path.normpath(place) == str(place)


def test_a_damaged_copy_is_named_with_the_snapshot_that_needs_it(
    notebook, workspace, tmp_path: Path
) -> None:
    read(notebook, "large.bin", os.urandom(contents.SMALL * 2))
    taken = notebook.recorder.take(with_data=True)
    needed = workspace.snapshots.needs()
    pieces = workspace.store.objects.get_json(taken.address("large.bin"))["pieces"]
    assert len(pieces) == 2
    assert all(needed[piece] == [f"snapshot {taken.id[:6]}"] for piece in pieces)


def test_a_snapshot_that_fails_leaves_no_trust_in_what_it_had_stored(
    notebook, workspace, tmp_path: Path, monkeypatch
) -> None:
    read(notebook, "data.bin", os.urandom(contents.SMALL + 1))

    def fails(*arguments: object) -> None:
        raise RuntimeError("power")

    with monkeypatch.context() as patched:
        patched.setattr(workspace.store.objects, "record_places", fails)
        with pytest.raises(RuntimeError):
            notebook.recorder.take(with_data=True)
    taken = notebook.recorder.take(with_data=True)
    (copy,) = workspace.snapshots.copy_files(taken, tmp_path / "back")
    assert copy.read_bytes() == Path("data.bin").read_bytes()
    assert sound(workspace)


# -- the document --------------------------------------------------------------------------


def test_the_document_is_kept_as_it_was_on_disk(workspace, tmp_path: Path) -> None:
    document = tmp_path / "work.ipynb"
    recorder = with_document(workspace, document)
    assert recorder.take().document is None
    versions = [json.dumps({"cells": ["x" * 500] * n}).encode() for n in (1, 2, 2)]
    taken = []
    for version in versions:
        document.write_bytes(version)
        taken.append(recorder.take())
    document.unlink()
    for at, (version, snapshot) in enumerate(zip(versions, taken, strict=True)):
        assert snapshot.document.path == "work.ipynb"
        (copy,) = workspace.snapshots.copy_files(snapshot, tmp_path / str(at))
        assert copy.read_bytes() == version
    assert recorder.take().document is None
    assert sound(workspace)


def test_a_document_that_did_not_change_is_not_read_again(
    workspace, tmp_path: Path, monkeypatch
) -> None:
    document = tmp_path / "work.ipynb"
    document.write_bytes(b"{}")
    recorder = with_document(workspace, document)
    first = recorder.take()
    monkeypatch.setattr(contents, "shown_path", None)  # what is read has to be named
    assert recorder.take().document == first.document


def test_where_a_document_is_comes_from_what_the_client_says(tmp_path: Path) -> None:
    path = contents.document_path
    assert path(None, tmp_path) is None
    assert path("console-1-8f2c", tmp_path) is None
    assert path("some/where/a.ipynb", tmp_path) == tmp_path / "a.ipynb"
    assert path(str(tmp_path / "b.ipynb"), Path("/elsewhere")) == tmp_path / "b.ipynb"


def test_records_from_before_load(notebook, workspace) -> None:
    notebook.run("a = 1")
    taken = notebook.recorder.take()
    body = workspace.store.objects.get_json(taken.digest)
    for name in ("document", "kept", "git", "sealed"):
        del body[name]
    old = Snapshot.parse(body, id=taken.id, digest=taken.digest, bytes_added=0)
    assert (old.document, old.kept, old.git, old.sealed) == (None, (), None, None)
    with pytest.raises(HistoryNotSigned):
        check_sealed(workspace.history, old)
    check_sealed(workspace.history, taken)
    assert old.variables == taken.variables
    assert workspace.snapshots.load(old) == {"a": 1}


# -- git --------------------------------------------------------------------------------


@pytest.fixture
def git(tmp_path: Path, monkeypatch):
    """Return a function that runs git in a repository of its own."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def run(*words: str, folder: Path = tmp_path) -> str:
        named = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        done = subprocess.run(
            ["git", *named, *words], cwd=folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    run("init")
    (tmp_path / "code.py").write_text("x = 1")
    run("add", "code.py")
    run("commit", "-m", "first")
    return run


def test_the_commit_is_what_git_says_however_it_is_stored(git, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()

    def check(folder: Path, branch: str | None) -> None:
        found = commit_of(folder)
        assert found is not None
        assert (found.hash, found.branch) == (git("rev-parse", "HEAD", folder=folder), branch)
        assert found.dirty is None

    check(inner, "main")
    git("pack-refs", "--all")
    check(inner, "main")
    git("checkout", "-b", "feature/x")
    check(inner, "feature/x")
    git("worktree", "add", "-b", "beside", str(tmp_path / "tree"))
    check(tmp_path / "tree", "beside")
    git("pack-refs", "--all")
    check(tmp_path / "tree", "beside")
    git("checkout", "--detach")
    check(inner, None)


def test_named_snapshots_say_whether_something_is_not_committed(
    git, notebook, tmp_path: Path
) -> None:
    hash_ = git("rev-parse", "HEAD")
    notebook.run("a = 1")
    assert (notebook.recorder.take().git.hash, notebook.recorder.take().git.dirty) == (hash_, False)
    (tmp_path / "code.py").write_text("x = 2")
    assert notebook.recorder.take().git.dirty is True
    assert notebook.recorder.take(kind="auto").git.dirty is None


def test_a_repositorys_own_settings_run_nothing(git, tmp_path: Path) -> None:
    (tmp_path / "hook.sh").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (tmp_path / "hook.sh").chmod(0o755)
    git("config", "core.fsmonitor", str(tmp_path / "hook.sh"))
    found = commit_of(tmp_path, ask=True)
    assert found is not None
    assert found.dirty is False
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "head",
    [b"", b"\xff\xfe", b"ref: refs/heads/none", b"ref: ../../secret", b"ref: refs/../../secret"],
)
def test_no_commit_where_there_is_no_repository_or_an_odd_one(tmp_path: Path, head: bytes) -> None:
    folder = tmp_path / "a"
    (folder / ".git").mkdir(parents=True)
    (tmp_path / "secret").write_text("f" * 40)
    assert commit_of(folder) is None
    (folder / ".git" / "HEAD").write_bytes(head)
    assert commit_of(folder) is None
    (folder / ".git" / "HEAD").unlink()
    (folder / ".git").rmdir()
    (folder / ".git").write_bytes(head)
    assert commit_of(folder) is None


def test_without_git_only_the_files_speak(git, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = commit_of(tmp_path, ask=True)
    assert found is not None
    assert found.dirty is None


# -- shown -------------------------------------------------------------------------------


def test_show_says_what_a_snapshot_holds(notebook: PlainNotebook, workspace: Workspace) -> None:
    from notewright.views.contents import contents_view

    read(notebook, "data.csv", b"1,2")
    notebook.run("stream = (i for i in text)")
    taken = notebook.recorder.take("all <of> it")
    line = workspace.history.line(taken.execution)
    view = contents_view(taken, line, workspace.snapshots.environment(taken), code=True)
    text, record = view.text(), view.data()
    for word in ("text", "bytes", "stream", "data.csv", "kept", "CPython", READ.format("data.csv")):
        assert word in text
    assert "all <of>" not in view.html()
    assert [cell["source"] for cell in record["cells"]] == [e.source for e in line]
    assert record["files"] == [
        {"path": "data.csv", "digest": digest_of(b"1,2"), "size": 3, "kept": True}
    ]
    assert record["random"] is True
    assert record["environment"]["packages"]["numpy"]


def test_the_address_of_a_file_is_where_its_contents_are(notebook) -> None:
    read(notebook, "data.csv", b"1,2")
    assert notebook.recorder.take().kept == (Kept("data.csv", digest_of(b"1,2")),)
