"""`gc` beside notebooks that save all the time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from tests.state.retained import STRICT, assert_sound, auto, block, on_disk

from notewright.errors import (
    StoreBusy,
    StoreCollected,
)
from notewright.progress import Progress
from notewright.state.retention import Rules
from notewright.store import collection, turns
from notewright.workspace import Workspace


@pytest.fixture(params=["1", "0", ""], ids=["in a copy", "in the process itself", "either"])
def live(request, notebook, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTEWRIGHT_FORK", request.param)
    return notebook


ONE = "x = np.random.default_rng(1).random(900_000)"
OTHER = "x = np.random.default_rng(2).random(900_000)"


@pytest.mark.parametrize("by", ["itself", "another process"])
def test_a_value_that_was_removed_and_comes_back_is_stored_again(live, by: str) -> None:
    live.run("import numpy as np")
    for code in (ONE, OTHER, "y = 1", "y = 2", "y = 3"):
        assert not auto(live, code)
    other = live.workspace if by == "itself" else Workspace(live.workspace.root)
    before = on_disk(other)
    assert len(other.retention.carry_out(STRICT).removed) == 2
    assert on_disk(other) < before - 7_000_000
    assert not auto(live, ONE)
    assert np.array_equal(other.snapshots.load(other.snapshots.get("HEAD"))["x"], block(1, 900_000))
    assert_sound(live.workspace.root)


def test_what_a_copy_left_out_as_stored_is_stored_again_if_it_was_removed(live) -> None:
    # Written in place, so that the pages stay watched; looked at, but not stored, after the last.
    live.run("import numpy as np\n" + ONE)
    for code in (
        "y = 0",
        "x[:] = np.random.default_rng(2).random(900_000)",
        "y = 1",
        "y = 2",
        "y = 3",
    ):
        assert not auto(live, code)
    live.run("x[:] = np.random.default_rng(1).random(900_000)")
    live.run("z = 1")
    Workspace(live.workspace.root).retention.carry_out(STRICT)
    taken = live.recorder.take("again")
    loaded = Workspace(live.workspace.root).snapshots.load(taken)
    assert np.array_equal(loaded["x"], block(1, 900_000))
    assert_sound(live.workspace.root)


def test_a_snapshot_under_way_while_others_are_removed_holds_everything(
    live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The removal happens after the notebook was copied, and before the copy stores."""
    live.run("import numpy as np")
    for code in (ONE, OTHER, "y = 1", "y = 2", "y = 3"):
        assert not auto(live, code)
    real, removed = turns.Turns.begin, []

    def begins(self):
        if not removed:
            removed.append(None)
            removed[:] = Workspace(live.workspace.root).retention.carry_out(STRICT).removed
        return real(self)

    monkeypatch.setattr(turns.Turns, "begin", begins)
    assert not auto(live, ONE)
    assert len(removed) == 2
    again = Workspace(live.workspace.root)
    assert np.array_equal(again.snapshots.load(again.snapshots.get("HEAD"))["x"], block(1, 900_000))
    assert_sound(live.workspace.root)


LEFT_OUT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
import numpy as np
from conftest import PlainNotebook
from notewright.state.retention import Rules
from notewright.store import turns
from notewright.workspace import Workspace

root = Path(sys.argv[1])
notebook = PlainNotebook(Workspace(root), root)
if not notebook.recorder._keeper._watch.works:
    sys.exit("pages cannot be watched here")
one, two = ("np.random.default_rng(%d).random(900_000)" % seed for seed in (1, 2))
notebook.run("import numpy as np; x = " + one)
notebook.recorder.autosnapshot = True
for code in ("y = 0", "x[:] = " + two, "y = 1", "y = 2", "y = 3"):
    notebook.run(code)
notebook.recorder.autosnapshot = False
notebook.run("x[:] = " + one)
notebook.run("z = 1")
real, removed = turns.Turns.begin, []

def begins(self):
    if not removed:
        removed.append(None)
        notebook.recorder.begins("")
        Workspace(root).retention.carry_out(Rules(last=1, daily=0, named=False))
    return real(self)

turns.Turns.begin = begins
notebook.recorder.autosnapshot = True
notebook.run("z = 2")
(problem,) = notebook.recorder.problems
assert "removed meanwhile" in str(problem), problem
notebook.recorder.problems.clear()
notebook.run("z = 3")
assert not notebook.recorder.problems
"""


def test_what_can_no_longer_be_stored_is_said_and_stored_with_the_next(tmp_path: Path) -> None:
    """Removed while the next cell runs already, and left out of the copy as stored."""
    # In a process where nobody else watches pages.
    script = LEFT_OUT.format(tests=str(Path(__file__).parents[1]))
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "NOTEWRIGHT_FORK": "1"},
        capture_output=True,
        text=True,
    )
    if "cannot be watched" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    again = Workspace(tmp_path)
    loaded = again.snapshots.load(again.snapshots.get("HEAD"))
    assert loaded["z"] == 3
    assert np.array_equal(loaded["x"], block(1, 900_000))
    assert_sound(tmp_path)


def test_nothing_is_removed_while_a_snapshot_is_being_stored(
    notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_KEEPS_OTHERS", 0.01)
    monkeypatch.setattr(turns, "_LETS_OTHERS", 0.0)
    for number in range(5):
        auto(notebook, f"x = 'value' * {number}")
    other = Workspace(notebook.workspace.root)
    turn = notebook.workspace.store.objects.turns.begin()
    with pytest.raises(StoreBusy, match="Nothing was removed"):
        other.retention.carry_out(STRICT)
    assert other.snapshots.count() == 5
    turn.over()
    assert len(other.retention.carry_out(STRICT).removed) == 2


def test_a_turn_ends_although_a_copy_of_the_process_still_has_its_file(notebook) -> None:
    turn = notebook.workspace.store.objects.turns.begin()
    pid = os.fork()
    while pid == 0:
        signal.pause()
    try:
        turn.over()
        with Workspace(notebook.workspace.root).store.objects.turns.alone(Progress()):
            pass
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_only_one_removes_at_a_time(notebook) -> None:
    auto(notebook, "x = 1")
    with (
        notebook.workspace.store.objects.turns.collecting(),
        pytest.raises(StoreBusy, match="somebody else"),
    ):
        Workspace(notebook.workspace.root).retention.carry_out(STRICT)


def test_a_commit_is_refused_if_something_was_removed_in_spite_of_its_turn(workspace) -> None:
    writer = workspace.store.objects.pack_writer()
    writer.catch_up()
    writer.check_current()
    with workspace.store.catalog.transaction() as connection:
        collection.Collection(workspace.store).remove([], 0, connection)
        with pytest.raises(StoreCollected):
            writer.check_current()
    assert writer.catch_up() == frozenset()
    writer.check_current()


def test_who_read_a_pack_that_was_written_anew_reads_on(notebook) -> None:
    for number in range(6):
        auto(notebook, f"import numpy as np; x = np.random.default_rng({number}).random(50_000)")
    reader = Workspace(notebook.workspace.root)
    snapshots = reader.snapshots.list()[-3:]
    reader.snapshots.load(snapshots[0])  # it knows all places now, and has the pack open
    fresh = Workspace(notebook.workspace.root)
    list(fresh.store.objects)  # this one knows the places only
    (before,) = (reader.store.objects.root / "packs").iterdir()
    Workspace(notebook.workspace.root).retention.carry_out(STRICT)
    assert not before.exists()
    for workspace in (reader, fresh):
        for number, snapshot in enumerate(snapshots, 3):
            assert np.array_equal(workspace.snapshots.load(snapshot)["x"], block(number, 50_000))


def test_a_live_notebook_lets_go_of_the_packs_that_were_removed(notebook) -> None:
    def removed_but_open() -> list[str]:
        links = [f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")]
        found = [os.readlink(link) for link in links if os.path.islink(link)]
        root = str(notebook.workspace.root)
        return [name for name in found if name.startswith(root) and name.endswith("(deleted)")]

    for number in range(6):
        auto(notebook, f"import numpy as np; x = np.random.default_rng({number}).random(50_000)")
    notebook.workspace.snapshots.load(notebook.workspace.snapshots.get("HEAD"))
    notebook.workspace.retention.carry_out(STRICT)
    auto(notebook, "y = 1")
    auto(notebook, "y = 2")
    assert removed_but_open() == []


WORKER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from conftest import PlainNotebook
from notewright.workspace import Workspace

root, name = Path(sys.argv[1]), sys.argv[2]
notebook = PlainNotebook(Workspace(root), root)
notebook.recorder.autosnapshot = True
notebook.run("import numpy as np\\nme, rows = " + repr(name) + ", []")
number = 0
while sys.stdin.readline():
    number += 1
    # The same few arrays in turn: often stored before, and often removed since.
    notebook.run(
        f"n = {{number}}; rows.append(n)\\n"
        f"x = np.random.default_rng(n % 4).random(600_000)\\n"
        f"small = str(n % 3) * 5000"
    )
    problems, notebook.recorder.problems[:] = notebook.recorder.problems[:], []
    print("problems", len(problems), flush=True)
    taken = notebook.recorder.take(f"{{name}} {{number}}")
    if number % 5 == 0:
        notebook.workspace.snapshots.tag(taken.id, f"{{name}}{{number}}", name)
    print("taken", taken.id, number, flush=True)
"""


class Worker:
    """A process that takes snapshots, each when it is told to."""

    def __init__(self, root: Path, name: str, fork: str) -> None:
        script = WORKER.format(tests=str(Path(__file__).parents[1]))
        self.name = name
        self.taken: dict[str, int] = {}
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, str(root), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NOTEWRIGHT_FORK": fork},
        )

    def work(self, count: int) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        for _ in range(count):
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
            assert self.process.stdout.readline() == "problems 0\n"
            _, id_, number = self.process.stdout.readline().split()
            self.taken[id_] = int(number)

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait() == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


def holds(workspace: Workspace, id_: str, number: int) -> None:
    values = workspace.snapshots.load(workspace.snapshots.get(id_))
    assert values["rows"] == list(range(1, number + 1))
    assert np.array_equal(values["x"], block(number % 4, 600_000))
    assert values["small"] == str(number % 3) * 5000


def two_write_while_it_runs(root: Path, count: int, rules: Rules) -> None:
    Workspace(root)
    workers = [Worker(root, "one", "1"), Worker(root, "two", "0")]
    threads = [threading.Thread(target=worker.work, args=[count]) for worker in workers]
    for thread in threads:
        thread.start()
    removed: set[str] = set()
    rounds = 0
    collector = Workspace(root)
    while any(thread.is_alive() for thread in threads) or rounds < 3:
        removed |= {row.id for row in collector.retention.carry_out(rules).removed}
        rounds += 1
    for thread, worker in zip(threads, workers, strict=True):
        thread.join()
        worker.end()
    again = Workspace(root)
    listed = {s.id for s in again.snapshots.list()}
    tagged = set(again.store.refs.list("tags/").values())
    assert len(removed) > count / 2
    for worker in workers:
        assert len(worker.taken) == count
        for id_, number in worker.taken.items():
            assert (id_ in listed) != (id_ in removed)
            if id_ in listed:
                holds(again, id_, number)
            else:
                assert not rules.named
                assert id_ not in tagged
        assert max(worker.taken, key=worker.taken.__getitem__) in listed
    again.retention.carry_out(rules)
    assert_sound(root)


@pytest.mark.parametrize("named", [pytest.param(True, marks=pytest.mark.slow), False])
def test_what_two_notebooks_were_told_is_saved_loads_though_it_runs_all_the_time(
    tmp_path: Path, named: bool
) -> None:
    two_write_while_it_runs(tmp_path, 8, Rules(last=3, daily=0, named=named))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_two_notebooks_were_told_is_saved_loads_though_it_runs_for_long(
    tmp_path: Path,
) -> None:
    two_write_while_it_runs(tmp_path, 150, Rules(last=3, daily=0, named=False))
