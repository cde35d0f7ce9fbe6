"""What was committed is there after anything: kill -9 anywhere, a full disk, a read-only one."""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.older_stores import make_older

from notewright.errors import NotewrightError, StoreReadOnly, StoreUnusable
from notewright.progress import Progress
from notewright.state.namespace import Namespace
from notewright.store.integrity import verify_store
from notewright.workspace import Workspace

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux: kill, mount, /proc")

#: Runs cells for ever; says on stdout what has returned to its caller.
WORKER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from conftest import PlainNotebook
from notewright.workspace import Workspace
import numpy as np

def tell(*words):
    print(*words, flush=True)

root = Path(sys.argv[1])
workspace = Workspace(root)
notebook = PlainNotebook(workspace, root)
notebook.recorder.autosnapshot = True
notebook.run("import numpy as np\\nbig = np.zeros(700_000)\\nshared = []\\nalias = [shared]")
{hook}
tell("ready")
number = refused = 0
while refused < 20:
    number += 1
    executed = notebook.run(
        f"n = {{number}}\\nbig[n * 1000 % 700_000] = n\\nshared.append(n)"
    )
    if executed is None:
        tell("refused", *notebook.recorder.problems)
        refused += 1
        continue
    refused = 0
    tell("executed", executed.id, number)
    if number % 2:
        taken = notebook.recorder.take(f"number {{number}}")
        tell("taken", taken.id, number)
"""


class Worker:
    """A process that takes snapshots until it is killed."""

    def __init__(self, root: Path, fork: str = "1", hook: str = "") -> None:
        script = WORKER.format(tests=str(Path(__file__).parents[1]), hook=textwrap.dedent(hook))
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, str(root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NOTEWRIGHT_FORK": fork},
        )
        self.said: list[list[str]] = []
        self.stderr = ""

    def hear(self) -> list[str]:
        """Return the next thing it says; nothing once it has ended, half a line or none."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        words = line.split() if line.endswith("\n") else []
        if words:
            self.said.append(words)
        return words

    def copies(self) -> list[int]:
        """Return the processes it has made that have not ended."""
        pid = self.process.pid
        found = []
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
        return found

    def kill(self) -> None:
        """Kill it as it is, and read what it said before."""
        self.process.kill()
        self.rest()

    def rest(self) -> None:
        """Read what it says until it has ended."""
        while self.hear():
            pass
        assert self.process.stderr is not None
        self.stderr = self.process.stderr.read()
        self.process.wait()

    def of(self, kind: str) -> dict[str, int]:
        """Return what it said was done: ids, and the number of the cell."""
        return {words[1]: int(words[2]) for words in self.said if words[0] == kind}


def check(root: Path, worker: Worker) -> None:
    """Hold the store against what the worker said, and go on in it."""
    workspace = Workspace(root)
    snapshots = workspace.snapshots.list()
    assert set(worker.of("taken")) <= {s.id for s in snapshots}, worker.stderr
    for execution, number in worker.of("executed").items():
        assert f"n = {number}\n" in workspace.history.get(execution).code
    for snapshot in snapshots:
        holds(workspace, snapshot)
    report = verify_store(workspace.store, Progress(None, ""), workspace.snapshots.needs)
    assert report.sound, report
    goes_on(root)


def holds(workspace: Workspace, snapshot) -> None:
    """Assert that a snapshot, committed or not yet told, is one moment and whole."""
    values = workspace.snapshots.load(snapshot)
    number = values.get("n", 0)
    assert values["shared"] == list(range(1, number + 1))
    assert values["alias"][0] is values["shared"]
    expected = np.zeros(700_000)
    expected[[n * 1000 % 700_000 for n in values["shared"]]] = values["shared"]
    assert np.array_equal(values["big"], expected)
    if snapshot.message.startswith("number"):
        assert snapshot.message == f"number {number}"


def goes_on(root: Path) -> None:
    """Take a snapshot in a new session, and load it."""
    workspace = Workspace(root)
    session = workspace.history.begin_session(root).id
    taken = workspace.snapshots.take(Namespace({"x": [1, 2]}), session=session, message="after")
    assert Workspace(root).snapshots.load(taken) == {"x": [1, 2]}


def killed_at_random(root: Path, seed: int, fork: str) -> None:
    chance = random.Random(seed)
    worker = Worker(root, fork)
    assert worker.hear() == ["ready"], worker.process.communicate()
    for _ in range(chance.randrange(6)):
        worker.hear()
    # Not to wait for anything: the moment of the kill is what is drawn.
    time.sleep(chance.random() * 0.06)
    worker.kill()
    check(root, worker)


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_a_random_moment_loses_nothing_that_was_committed(tmp_path: Path, seed) -> None:
    killed_at_random(tmp_path, seed, ("1", "0", "")[seed % 3])


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("fork", ["1", "0", ""])
def test_hundreds_of_kills_lose_nothing_that_was_committed(tmp_path: Path, fork) -> None:
    for seed in range(100, 220):
        folder = tmp_path / str(seed)
        folder.mkdir()
        killed_at_random(folder, seed, fork)
        shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_store_that_is_killed_again_and_again_stays_sound(tmp_path: Path) -> None:
    for seed in range(20):
        worker = Worker(tmp_path)
        assert worker.hear() == ["ready"]
        for _ in range(seed % 5):
            worker.hear()
        worker.kill()
        workspace = Workspace(tmp_path)
        assert set(worker.of("taken")) <= {s.id for s in workspace.snapshots.list()}
    report = verify_store(workspace.store, Progress(None, ""), workspace.snapshots.needs)
    assert report.sound, report
    for snapshot in workspace.snapshots.list():
        holds(workspace, snapshot)


#: Kills the process, or the copy of it, at the n-th call of a step, before or after it.
KILLS = """
import itertools, mmap, os, signal, sqlite3
counter = mmap.mmap(-1, 8)
kernel = os.getpid()

def counted(step, before, in_copy):
    def run(*arguments):
        if (os.getpid() != kernel) != in_copy:
            return step(*arguments)
        counter[0] += 1
        if counter[0] == {n} and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = step(*arguments)
        if counter[0] == {n}:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return run

step, before, in_copy = {step!r}, {before}, {in_copy}
if step == "pwrite":
    real = os.pwrite
    def half(file, data, offset):  # written half when the process ends
        real(file, bytes(memoryview(data)[: len(data) // 2]), offset)
        return real(file, data, offset)
    os.pwrite = counted(half if before else real, before, in_copy)
elif step == "fdatasync":
    os.fdatasync = counted(os.fdatasync, before, in_copy)
elif step == "append":
    from notewright.store.packs import PackWriter
    PackWriter._append = counted(PackWriter._append, before, in_copy)
elif step == "commit":
    from notewright.store import sqlite
    sqlite._Connection.commit = counted(sqlite3.Connection.commit, before, in_copy)
"""

STEPS = [
    ("pwrite", True, True),
    ("pwrite", False, True),
    ("append", False, False),
    ("fdatasync", True, True),
    ("fdatasync", False, True),
    ("fdatasync", False, False),
    ("commit", True, False),
    ("commit", False, False),
]


def killed_at(root: Path, step: str, n: int, *, before: bool, in_copy: bool, fork: str) -> None:
    hook = KILLS.format(step=step, n=n, before=before, in_copy=in_copy)
    worker = Worker(root, fork, hook)
    assert worker.hear() == ["ready"], worker.process.communicate()
    if in_copy:
        # The process itself goes on, and what the copy lost is made good.
        while len(worker.of("taken")) < 3:
            assert worker.hear(), worker.process.stderr and worker.process.stderr.read()
        worker.kill()
    else:
        worker.rest()
        assert worker.process.returncode == -signal.SIGKILL, worker.stderr
    check(root, worker)


@pytest.mark.parametrize(("step", "before", "in_copy"), STEPS)
def test_a_kill_at_each_step_leaves_all_or_nothing(tmp_path: Path, step, before, in_copy) -> None:
    killed_at(tmp_path, step, 2, before=before, in_copy=in_copy, fork="1")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("n", [1, 3, 4, 5, 7])
@pytest.mark.parametrize("fork", ["1", "0", ""])
@pytest.mark.parametrize(("step", "before", "in_copy"), STEPS)
def test_a_kill_at_each_later_step_leaves_all_or_nothing(
    tmp_path: Path, step, before, in_copy, n, fork
) -> None:
    in_copy = in_copy and fork == "1"
    killed_at(tmp_path, step, n, before=before, in_copy=in_copy, fork=fork)


HANGS_IN_COPY = """
real = os.pwrite if False else __import__("os").pwrite
import os
kernel = os.getpid()
def waits(*arguments):
    if os.getpid() != kernel:
        open(root / "writing", "w").close()
        import signal
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGHUP})
        while True:
            signal.sigtimedwait([], 10)
    return real(*arguments)
os.pwrite = waits
"""


def test_a_copy_that_still_writes_ends_with_its_kernel(tmp_path: Path) -> None:
    worker = Worker(tmp_path, "1", HANGS_IN_COPY)
    assert worker.hear() == ["ready"]
    while not (tmp_path / "writing").exists():
        assert worker.process.poll() is None
        os.sched_yield()
    copies = worker.copies()
    assert copies
    ends = [os.pidfd_open(pid) for pid in copies]
    worker.kill()
    for end in ends:
        ended = select.poll()  # select() takes no descriptor above 1023
        ended.register(end, select.POLLIN)
        assert ended.poll(10_000), "a copy outlived its kernel"
        os.close(end)
    check(tmp_path, worker)


# -- disks --------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"no disk can be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def mounted(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def sentences(error: BaseException) -> int:
    assert isinstance(error, NotewrightError)
    return error.problem.count(". ") + 1


def fill(disk: Path, leave: int) -> Path:
    """Leave that many bytes of room."""
    ballast = disk / "ballast"
    room = os.statvfs(disk)
    free = room.f_bavail * room.f_frsize
    with open(ballast, "wb") as file:
        file.write(b"\0" * max(0, free - leave))
    return ballast


@pytest.mark.parametrize("fork", ["1", "0", ""])
@pytest.mark.parametrize("leave", [0, 30_000, 300_000, 3_000_000])
def test_a_full_disk_is_said_so_and_loses_nothing(
    disk: Path, open_notebook, monkeypatch: pytest.MonkeyPatch, fork: str, leave: int
) -> None:
    monkeypatch.setenv("NOTEWRIGHT_FORK", fork)
    notebook = open_notebook(disk)
    notebook.run("import numpy as np\nsmall = [1, 2, 3]")
    before = notebook.recorder.take("before")
    ballast = fill(disk, leave)
    notebook.variables["large"] = np.random.default_rng(0).random(1_000_000)
    with pytest.raises(StoreUnusable, match="the disk is full") as raised:
        notebook.recorder.take("too large")
    assert sentences(raised.value) == 1
    assert str(raised.value).count("cannot be used") == 1
    again = Workspace(disk)
    assert again.snapshots.load(before)["small"] == [1, 2, 3]
    assert [s.message for s in again.snapshots.list()] == ["before"]
    ballast.unlink()
    taken = notebook.recorder.take("after")
    loaded = Workspace(disk).snapshots.load(taken)
    assert np.array_equal(loaded["large"], notebook["large"])
    report = verify_store(again.store, Progress(None, ""), again.snapshots.needs)
    assert report.sound, report
    notebook.recorder.close()


def test_what_did_not_fit_takes_no_room(disk: Path, open_notebook) -> None:
    notebook = open_notebook(disk)
    notebook.recorder.take("before")
    notebook.variables["large"] = np.random.default_rng(0).random(4_000_000)
    with pytest.raises(StoreUnusable, match="the disk is full"):
        notebook.recorder.take("too large")
    del notebook.variables["large"]
    notebook.variables["small"] = 1
    assert notebook.recorder.take("small").message == "small"


@pytest.mark.parametrize("fork", ["1", "0", ""])
def test_an_execution_is_recorded_rightly_when_its_snapshot_does_not_fit(
    disk: Path, open_notebook, monkeypatch: pytest.MonkeyPatch, fork: str
) -> None:
    monkeypatch.setenv("NOTEWRIGHT_FORK", fork)
    notebook = open_notebook(disk)
    notebook.run("import numpy as np\na = [1]; b = a")
    notebook.recorder.autosnapshot = True
    executed = notebook.run("b.append(2); large = np.random.default_rng(0).random(4_000_000)")
    assert set(executed.changed) == {"a", "b", "large"}
    assert "the disk is full" in str(notebook.recorder.problems.pop())
    assert notebook.run("c = 1; del large").changed == ("c",)


@pytest.fixture(params=["as it was left", "copied without its log's index", "closed in good order"])
def read_only(request, disk: Path) -> Path:
    """A store on a read-only disk, with snapshots from another process."""
    script = WORKER.format(tests=str(Path(__file__).parents[1]), hook="").partition(
        'tell("ready")'
    )[0]
    script += (
        "notebook.recorder.take('first')\nnotebook.run('shared.append(1); n = 1')\n"
        "notebook.recorder.take('second')\n"
    )
    subprocess.run([sys.executable, "-c", script, str(disk)], check=True)
    catalog = disk / ".notewright" / "catalog.sqlite"
    if request.param == "copied without its log's index":
        Path(f"{catalog}-shm").unlink()
    elif request.param == "closed in good order":
        import sqlite3

        connection = sqlite3.connect(catalog)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        for suffix in ("-shm", "-wal"):
            Path(f"{catalog}{suffix}").unlink(missing_ok=True)
    mounted(disk, "ro")
    return disk


def test_a_store_on_a_read_only_disk_is_listed_loaded_and_restored_from(read_only: Path) -> None:
    workspace = Workspace(read_only)
    snapshots = {s.message: s for s in workspace.snapshots.list() if s.message}
    assert list(snapshots) == ["first", "second"]
    assert workspace.snapshots.load(snapshots["second"])["shared"] == [1]
    changed = {c.name for c in workspace.diff("first", "second").variables}
    assert changed == {"shared", "alias", "n"}
    live = {"shared": "something else", "extra": 1}
    workspace.snapshots.restore(Namespace(live), snapshots["second"])
    assert live["shared"] == [1]
    assert live["alias"][0] is live["shared"]
    assert "extra" not in live
    report = verify_store(workspace.store, Progress(None, ""), workspace.snapshots.needs)
    assert report.sound


def test_nothing_can_be_added_to_a_store_on_a_read_only_disk_and_that_is_said(
    read_only: Path,
) -> None:
    workspace = Workspace(read_only)
    session = workspace.history.latest_session()
    with pytest.raises(StoreReadOnly) as raised:
        workspace.snapshots.take(Namespace({"x": 1}), session=session)
    assert sentences(raised.value) == 1
    with pytest.raises(StoreReadOnly):
        workspace.history.begin_session(read_only)
    with pytest.raises(StoreReadOnly):
        workspace.store.objects.put(b"new")


@pytest.mark.parametrize("words", [["timeline"], ["diff", "first", "second"], ["fsck"]])
def test_commands_work_on_a_read_only_disk(read_only: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "notewright", *words, "--workspace", str(read_only)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "first" in done.stdout or words != ["timeline"]


def test_a_store_of_an_older_notewright_on_a_read_only_disk_is_read(
    disk: Path, tmp_path: Path
) -> None:
    from notewright.store import Store

    store = Store(tmp_path / "elsewhere")
    kept = store.objects.put(b"kept")
    make_older(store, 1)
    shutil.copytree(store.root, disk / ".notewright")
    mounted(disk, "ro")
    again = Store(disk / ".notewright")
    assert again.objects.get(kept) == b"kept"
    assert list(again.objects) == [kept]
    with pytest.raises(StoreReadOnly):
        again.refs.set("a", "b", actor="me")


# -- two at once --------------------------------------------------------------------------

WRITER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from conftest import PlainNotebook
from notewright.workspace import Workspace
root, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
notebook = PlainNotebook(Workspace(root), root)
notebook.run("import numpy as np\\nbase = np.arange(300_000.)\\nrows = list(range(2000))")
for n in range(count):
    # Both write the same values: what one stores as a difference the other stores, too.
    executed = notebook.run(
        f"base[{{n}} * 7] = -{{n}}; rows[{{n}}] = 'x' * {{n}}; me = {{name!r}}, {{n}}"
    )
    print("executed", executed.id, n)
    print("taken", notebook.recorder.take(f"{{name}} {{n}}").id, n, flush=True)
assert not notebook.recorder.problems, notebook.recorder.problems
"""


def two_write(root: Path, count: int) -> None:
    Workspace(root)
    script = WRITER.format(tests=str(Path(__file__).parents[1]))
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(root), name, str(count)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    reader = Workspace(root)
    seen = 0
    while any(writer.poll() is None for writer in writers):
        found = reader.snapshots.list(limit=3)
        for snapshot in found:
            name, n = reader.snapshots.load(snapshot)["me"]
            assert snapshot.message == f"{name} {n}"
        count_now = reader.snapshots.count()
        assert count_now >= seen
        seen = count_now
    said = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], said
    lines = [line.split() for out, _ in said for line in out.splitlines()]
    again = Workspace(root)
    taken = {words[1] for words in lines if words[0] == "taken"}
    assert len(taken) == 2 * count
    assert {s.id for s in again.snapshots.list()} == taken
    for words in lines:
        if words[0] == "executed":
            again.history.get(words[1])
    for snapshot in again.snapshots.list():
        values = again.snapshots.load(snapshot)
        name, n = values["me"]
        assert snapshot.message == f"{name} {n}"
        assert values["rows"][: n + 1] == ["x" * k for k in range(n + 1)]
        assert values["base"][n * 7] == -n
    report = verify_store(again.store, Progress(None, ""), again.snapshots.needs)
    assert report.sound, report


def test_two_processes_write_one_store_while_a_third_reads(tmp_path: Path) -> None:
    two_write(tmp_path, 12)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_write_one_store_for_long_while_a_third_reads(tmp_path: Path) -> None:
    two_write(tmp_path, 200)


def cells_beside(folder: Path, *cells: str) -> str:
    """Run cells in an IPython shell of its own that stands in `folder`; return what they print."""
    script = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.history_manager.enabled = False\n"
        f"for cell in {list(cells)!r}:\n"
        "    shell.run_cell(cell)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=folder, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_notebook_beside_a_store_on_a_read_only_disk_restores_and_says_what_it_cannot_do(
    read_only: Path,
) -> None:
    told = cells_beside(
        read_only,
        "%load_ext notewright",
        "%nw timeline",
        "%nw restore second",
        "print('back:', shared, n, alias[0] is shared)",
        "%nw restore first",  # what it leaves is in the second snapshot
        "%nw restore second",
        "n = 5",
        "%nw restore first",
        "print('still:', n)",
        "%nw restore first --only shared --discard",
        "print('one:', shared, n)",
        "%nw restore first --discard",
        "print('gone:', 'n' in globals())",
        "%nw snapshot",
        "%nw autosnapshot on",
        "%nw diff first second",
    )
    assert "read-only, so nothing is recorded" in told
    assert "back: [1] 1 True" in told
    assert told.count("would be lost") == 1
    assert "What n is now would be lost" in told
    assert "still: 5" in told
    assert "one: [] 5" in told
    assert "gone: False" in told
    assert told.count("read-only: nothing can be added to it") == 2
    assert "shared" in told.rpartition("added to it")[2]
