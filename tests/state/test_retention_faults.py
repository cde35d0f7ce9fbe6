"""`gc` that is killed, cancelled, or meets a full disk or damage."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.damage import flip_byte
from tests.state.retained import STRICT, assert_sound, on_disk

from notewright.errors import (
    Cancelled,
    StoreDamaged,
    StoreUnusable,
)
from notewright.progress import Progress
from notewright.state.retention import Rules
from notewright.store.canonical import digest_of
from notewright.store.integrity import verify_store
from notewright.store.packs import Placed
from notewright.workspace import Workspace


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """A store of three sessions, with differences, in three packs."""
    root = tmp_path_factory.mktemp("filled")
    config = tmp_path_factory.mktemp("filled-config")
    script = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parents[1])!r})
        from pathlib import Path
        from conftest import PlainNotebook
        from notewright.workspace import Workspace
        root = Path(sys.argv[1])
        for s in range(3):
            notebook = PlainNotebook(Workspace(root), root)
            notebook.recorder.autosnapshot = True
            notebook.run(f"import numpy as np; x = np.random.default_rng({{s}}).random(60_000)")
            for n in range(6):
                notebook.run(f"x[{{n}} * 3000] = {{n}}; rows = list(range({{n}} * 100))")
                if n == 2:
                    notebook.run(f"big = np.random.default_rng(9 + {{s}}).random(60_000)")
            notebook.run("del big")
            notebook.recorder.take(f"session {{s}}")
            notebook.run("last = 1")
            notebook.recorder.close()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(root)],
        env={**os.environ, "XDG_CONFIG_HOME": str(config)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    shutil.copytree(config, root / "config")
    return root


@pytest.fixture
def store(filled: Path, tmp_path: Path, own_config: Path) -> Path:
    """A copy of it."""
    root = tmp_path / "copy"
    shutil.copytree(filled, root)
    shutil.copytree(root / "config", own_config, dirs_exist_ok=True)
    return root


def contents(workspace: Workspace, ids) -> dict[str, str]:
    """Return the hash of every value of these snapshots."""
    found = {}
    for id_ in ids:
        values = workspace.snapshots.load(workspace.snapshots.get(id_))
        values.pop("np", None)
        found[id_] = digest_of(pickle.dumps(values))
    return found


#: Kills the process at the n-th call of a step of the collector, before or after it.
KILLS = """
import os, signal, sys
from pathlib import Path
from notewright.state.retention import Rules
from notewright.store import catalog, collection
from notewright.workspace import Workspace

root, step, before, n = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "before", int(sys.argv[4])
workspace = Workspace(root)
retention, audit = workspace.retention, workspace.audit
count = 0

def counted(real):
    def run(*arguments, **options):
        global count
        count += 1
        if count == n and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments, **options)
        if count == n:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return run

if step == "unlink":
    Path.unlink = counted(Path.unlink)
elif step in ("pwrite", "fdatasync"):
    setattr(os, step, counted(getattr(os, step)))
else:
    class Connection:
        def __init__(self, real):
            self.__dict__["real"] = real
        def __getattr__(self, name):
            found = getattr(self.real, name)
            return counted(found) if name == step else found
    real = catalog.Catalog._connection
    wrapped = {}
    def connection(self):
        found = real(self)
        return wrapped.setdefault(id(found), Connection(found))
    catalog.Catalog._connection = connection
retention.carry_out(Rules(last=1, daily=0))
"""

KILL_POINTS = [
    ("pwrite", "before", 1),
    ("pwrite", "after", 3),
    ("fdatasync", "after", 1),
    ("executemany", "before", 2),
    ("executemany", "after", 3),
    ("commit", "before", 1),
    ("commit", "after", 1),
    ("commit", "before", 2),
    ("commit", "after", 2),
    ("unlink", "before", 1),
    ("unlink", "after", 2),
]
QUICK = KILL_POINTS[1:2] + KILL_POINTS[5:7] + KILL_POINTS[8:10]


def kill_and_check(root: Path, step: str, when: str, n: int) -> None:
    rules = Rules(last=1, daily=0)
    workspace = Workspace(root)
    plan = workspace.retention.plan(rules)
    everything = {s.id for s in workspace.snapshots.list()}
    stay = everything - {row.id for row in plan.removed}
    before, expected = contents(workspace, stay), on_disk(workspace) - plan.freeable.bytes
    assert len(plan.removed) > 10
    killed = subprocess.run(
        [sys.executable, "-c", KILLS, str(root), step, when, str(n)], capture_output=True, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = Workspace(root)
    left = {s.id for s in again.snapshots.list()}
    assert left in (everything, stay)
    assert contents(again, stay) == before
    assert len(contents(again, left)) == len(left)
    assert_sound(root)
    again.retention.carry_out(rules)
    assert on_disk(again) == expected
    assert contents(Workspace(root), stay) == before
    assert_sound(root)
    assert Workspace(root).audit.verify().ok


@pytest.mark.parametrize(
    ("step", "when", "n"),
    [p if p in QUICK else pytest.param(*p, marks=pytest.mark.slow) for p in KILL_POINTS],
)
def test_a_kill_at_any_step_loses_nothing_and_the_next_one_finishes(store, step, when, n) -> None:
    kill_and_check(store, step, when, n)


def test_a_disk_that_is_full_keeps_everything(store, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules(last=1, daily=0)
    workspace = Workspace(store)
    plan, before = workspace.retention.plan(rules), on_disk(workspace)
    stay = {s.id for s in workspace.snapshots.list()} - {row.id for row in plan.removed}
    values = contents(workspace, stay)
    real = os.pwrite

    def full(file: int, data, at: int) -> int:
        if at > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data, at)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(StoreUnusable, match="the disk is full"):
            workspace.retention.carry_out(rules)
    assert on_disk(workspace) <= before
    assert contents(Workspace(store), stay) == values
    assert_sound(store)
    Workspace(store).retention.carry_out(rules)
    assert on_disk(workspace) == before - plan.freeable.bytes
    assert contents(Workspace(store), stay) == values


@pytest.mark.parametrize("steps_before", range(4))
def test_it_can_be_cancelled_at_any_step_and_done_later(store, steps_before: int) -> None:
    rules = Rules(last=1, daily=0)
    workspace = Workspace(store)
    plan, before = workspace.retention.plan(rules), on_disk(workspace)
    seen = []
    progress = Progress(lambda fraction, words: seen.append(fraction), "`%nw gc`")

    def report(fraction: float, words: str) -> None:
        seen.append(fraction)
        if len(seen) > steps_before:
            progress.cancel()

    progress.report = report
    with pytest.raises(Cancelled):
        workspace.retention.carry_out(rules, progress)
    assert seen == sorted(seen)
    assert_sound(store)
    Workspace(store).retention.carry_out(rules)
    assert on_disk(workspace) == before - plan.freeable.bytes


def test_nothing_is_removed_if_it_cannot_be_told_what_is_needed(store) -> None:
    workspace = Workspace(store)
    newest = workspace.snapshots.list()[-1]
    flip_byte(workspace.store.objects, newest.variable("last").group)
    count, before = workspace.snapshots.count(), on_disk(workspace)
    for act in (workspace.retention.plan, workspace.retention.carry_out):
        with pytest.raises(StoreDamaged, match="cannot be told what snapshot"):
            act(STRICT)
    assert (workspace.snapshots.count(), on_disk(workspace)) == (count, before)


def test_a_pack_with_a_damaged_piece_stays_and_that_is_said(store) -> None:
    workspace = Workspace(store)
    newest = workspace.snapshots.list()[-1]
    group = newest.variable("x").group
    (pieces,) = workspace.store.objects.get_json(group)["buffers"]
    place: Placed = workspace.store.objects.place(pieces[0])
    flip_byte(workspace.store.objects, pieces[0])
    done = Workspace(store).retention.carry_out(Rules(last=1, daily=0))
    assert (workspace.store.objects.root / "packs" / place.pack).exists()
    assert 0 < done.freed < done.freeable.bytes
    again = Workspace(store)
    report = verify_store(again.store, Progress(), again.snapshots.needs)
    assert pieces[0] in {damage.digest for damage in report.damaged}
