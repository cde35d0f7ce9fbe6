"""Snapshots beside threads, pools, tasks, forks and signals of the user's."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import pickle
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from notewright.state.capture import forked
from notewright.state.capture import keeper as keeping
from notewright.state.capture.forked import Limits, Line, fork
from notewright.state.capture.leaving_out import LeavingOut
from notewright.state.capture.patience import Stuck, patience
from notewright.state.namespace import Namespace

FORKS = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")
pytestmark = FORKS

#: A variable whose pickling waits for a lock of the user's.
LOCKED = """
import threading
class Guarded:
    lock = threading.Lock()
    def __init__(self): self.value = 7
    def __getstate__(self):
        with lock: return dict(self.__dict__)
lock = threading.Lock()
Guarded.lock = None
guarded = Guarded()
plain = [1, 2, 3]
"""


@pytest.fixture(params=["fork", "in-process"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("NOTEWRIGHT_FORK", "1" if request.param == "fork" else "0")
    return request.param


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let views be copies of the process: the test is about those."""
    monkeypatch.setenv("NOTEWRIGHT_FORK", "1")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_PATIENCE", 0.15)
    monkeypatch.setattr(keeping, "_PATIENCE_HERE", 0.15)


class Holder:
    """A thread of the user's that holds a lock nearly all the time, or for good."""

    def __init__(self, lock: threading.Lock, *, pauses: bool) -> None:
        self._lock, self._pauses = lock, pauses
        self._stop, self._holds = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._holds.wait(5)

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                self._holds.set()
                self._stop.wait(0.002 if self._pauses else None)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def mutators(notebook) -> Iterator[None]:
    """Threads that go on writing to three variables, each of which is consistent at every moment.

    Each step of theirs is one call into C, so that the GIL keeps it whole.
    """
    notebook.run(
        "import numpy as np\ntwins = [0, 0]\npair = {'a': 0, 'b': 0}\nsame = np.zeros(1_000_000)"
    )
    twins, pair, same = (notebook[n] for n in ("twins", "pair", "same"))
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            twins[:] = (n, n)
            pair.update({"a": n, "b": n})
            same.fill(n)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("mutators")
def test_a_snapshot_among_writing_threads_is_whole_in_itself(notebook, workspace, way) -> None:
    for _ in range(8):
        values = workspace.snapshots.load(notebook.recorder.take())
        assert values["twins"][0] == values["twins"][1]
        assert values["pair"]["a"] == values["pair"]["b"]
        # NumPy fills without the GIL: what is stored is what was there, which loading has verified.
        assert values["same"].shape == (1_000_000,)


def held_variable(notebook, workspace, tries: int, *, pauses: bool) -> int:
    """Snapshot that often while a thread holds the lock; return how often it was saved."""
    notebook.run(
        LOCKED.replace("Guarded.lock = None\n", "").replace("    lock = threading.Lock()\n", "")
    )
    notebook.namespace._hidden = lambda name, value: name in ("lock", "__builtins__", "__name__")
    holder = Holder(notebook["lock"], pauses=pauses)
    saved = 0
    try:
        for number in range(tries):
            notebook.variables["plain"] = [number]
            taken = notebook.recorder.take()
            values = workspace.snapshots.load(taken, ["plain"])
            assert values == {"plain": [number]}
            unsaved = {u.name: u.reason for u in taken.unsaved}
            assert unsaved in ({}, {"guarded": Stuck.words})
            if not unsaved:
                assert workspace.snapshots.load(taken)["guarded"].value == 7
                saved += 1
    finally:
        holder.stop()
    return saved


@pytest.mark.usefixtures("impatient")
def test_a_variable_that_waits_for_a_lock_is_saved_by_a_later_attempt(
    notebook, workspace, way
) -> None:
    assert held_variable(notebook, workspace, 12, pauses=True) > 0


@pytest.mark.usefixtures("impatient")
def test_a_variable_whose_lock_is_never_free_is_named_and_the_others_are_saved(
    notebook, workspace, way
) -> None:
    assert held_variable(notebook, workspace, 12, pauses=False) == 0
    taken = notebook.recorder.take()
    taken = notebook.recorder.take() if taken.unsaved else taken
    attempts = 1
    while taken.unsaved:  # the lock is free now: it is only a matter of its next chance
        notebook.variables["plain"] = [-attempts]
        taken = notebook.recorder.take()
        attempts += 1
        assert attempts < 64
    assert workspace.snapshots.load(taken)["guarded"].value == 7


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("copies", "impatient")
def test_a_copy_that_waits_is_still_ended_where_there_is_much_to_tell_it(
    notebook, workspace
) -> None:
    notebook.run(LOCKED)
    much, heard = b"x" * 5_000_000, []
    keeper = workspace.snapshots.keeper(notebook.namespace)
    holder = Holder(notebook["lock"], pauses=False)
    try:
        view = keeper.view(
            save=False,
            tell=lambda: much,
            observe=lambda digests, told: (sorted(digests), len(told)),
            finish=lambda found, writer: heard.append(found.observed),
        )
        keeper.settle()
    finally:
        holder.stop()
        keeper.close()
    assert view.error is None
    ((names, length),) = heard
    assert {"guarded", "plain"} <= set(names)
    assert length == len(much)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("impatient")
def test_a_thousand_snapshots_with_a_contended_lock_end(notebook, workspace) -> None:
    saved = held_variable(notebook, workspace, 1000, pauses=True)
    print(f"saved in {saved} of 1000")
    assert saved > 100


@pytest.mark.usefixtures("impatient")
def test_the_user_never_waits_long_for_a_variable_that_waits(notebook) -> None:
    notebook.run(LOCKED)
    holder = Holder(notebook["lock"], pauses=False)
    notebook.recorder.autosnapshot = True
    waited = []
    try:
        from notewright.lineage.cell import Cell
        from notewright.lineage.files import Opened

        for number in range(6):
            notebook.variables["plain"] = [number]
            clock = time.perf_counter()
            notebook.recorder.ended(Cell("", ""), "", 0.0, Opened())
            waited.append(time.perf_counter() - clock)
            notebook.recorder.settle()
    finally:
        holder.stop()
    assert max(waited) < 1.0, waited


def test_patience_ends_a_wait_and_leaves_work_and_handlers_alone() -> None:
    handler = signal.getsignal(signal.SIGUSR1)
    lock = threading.Lock()
    lock.acquire()
    with patience(0.2), pytest.raises(Stuck):
        lock.acquire()
    with patience(0.1):
        end = time.perf_counter() + 0.5
        while time.perf_counter() < end:
            sum(range(1000))
    assert signal.getsignal(signal.SIGUSR1) is handler


STUCK_IN_C = """
import ctypes
import gc
class Deaf:
    def __getstate__(self):
        libc = ctypes.CDLL(None)
        if os.getpid() != kernel:  # a lock of C's, which no signal ends
            mutex = ctypes.create_string_buffer(64)
            libc.pthread_mutex_lock(mutex)
            libc.pthread_mutex_lock(mutex)
        return {}
import os
kernel = os.getpid()
deaf = Deaf()
other = 1
"""


@pytest.mark.usefixtures("impatient", "copies")
def test_a_copy_that_hears_no_signal_is_ended_and_takes_nothing_with_it(
    notebook, workspace
) -> None:
    notebook.run(STUCK_IN_C)
    for number in range(4):
        notebook.variables["other"] = number
        taken = notebook.recorder.take()
        assert [u.name for u in taken.unsaved] == ["deaf"]
        assert workspace.snapshots.load(taken, ["other"]) == {"other": number}


LOOKS_INSIDE = """
import numpy as np
class Summed:
    def __init__(self, array): self.array = array
    def __getstate__(self): return {"array": self.array, "sum": float(self.array.sum())}
summed = Summed(np.ones(5_000_000))  # more than malloc ever keeps in its own heap
other = 0
"""


def test_a_copy_that_looks_at_what_was_left_out_loses_nothing(notebook, workspace) -> None:
    notebook.recorder.autosnapshot = True
    notebook.run(LOOKS_INSIDE)
    for number in range(4):
        execution = notebook.run(f"other = {number + 1}; same = {number}")
        assert {"other", "same"} <= set(execution.changed)
    (*_, last) = workspace.snapshots.list()
    values = workspace.snapshots.load(last)
    assert (values["other"], values["summed"].array.sum()) == (4, 5_000_000)
    assert not last.unsaved
    assert len(workspace.snapshots.list()) == 5


@pytest.fixture
def no_room_in_the_heap():
    """Leave malloc no room of its own for a large array, whatever tests before have let go of."""
    gc.collect()  # else what they left would be let go of later, and leave room then
    taken = []
    while True:
        array = np.ones(5_000_000)
        start, end = forked._heap(ctypes.PyDLL(None))
        if not start <= array.ctypes.data < end:
            break
        taken.append(array)
    del array
    yield
    taken.clear()


@pytest.mark.usefixtures("copies", "no_room_in_the_heap")
def test_copies_go_on_to_leave_out_memory_some_time_after_one_has_crashed(
    notebook, monkeypatch
) -> None:
    crashes = []
    crashed = LeavingOut.crashed
    monkeypatch.setattr(
        LeavingOut, "crashed", lambda self, at: (crashes.append(at), crashed(self, at))
    )
    notebook.run(LOOKS_INSIDE)
    for number in range(60):
        execution = notebook.run(f"other = {number}")
        assert execution.changed == ("other",) or number == 0
    assert [later - one for one, later in pairwise(crashes)] == [16, 32]


FREES = """
import numpy as np
large = np.ones(3_500_000)
del large  # from now on malloc keeps blocks of up to 28 MB in its own heap
freed = np.ones(1_000_000)
rest = [bytes(3000) for _ in range(100)]
small = [{"k": str(i)} for i in range(60_000)]
"""


@pytest.mark.usefixtures("copies")
def test_no_copy_works_in_memory_of_an_array_that_is_gone(notebook) -> None:
    notebook.run(FREES)
    for number in range(3):
        notebook.run(f"x = {number}")
    notebook.run("freed = None")
    notebook.run("x = 3")
    keeper = notebook.recorder._keeper
    assert keeper._leaving_out.at(keeper._number), "no copy crashed"


@pytest.mark.usefixtures("copies")
def test_a_variable_that_ends_every_copy_is_named_and_the_others_are_saved(
    notebook, workspace
) -> None:
    notebook.recorder.autosnapshot = True
    notebook.run(
        "import os, signal\nhere = os.getpid()\nclass Deadly:\n    def __getstate__(self):\n"
        "        if os.getpid() != here: os.kill(os.getpid(), signal.SIGSEGV)\n"
        "        return {}\ndeadly = Deadly()\nother = 1"
    )
    execution = notebook.run("other = 2")
    assert "other" in execution.changed
    last = workspace.snapshots.list()[-1]
    assert [u.name for u in last.unsaved] == ["deadly"]
    assert "SIGSEGV" in last.unsaved[0].reason
    assert workspace.snapshots.load(last, ["other"]) == {"other": 2}


@pytest.mark.usefixtures("copies")
def test_where_memory_runs_out_the_system_ends_the_copy_and_not_the_notebook(
    notebook, workspace
) -> None:
    badness = Path("/proc/self/oom_score_adj")
    before = badness.read_text()
    notebook.run(
        "class Told:\n    def __getstate__(self):\n"
        f"        return {{'badness': int(open({str(badness)!r}).read())}}\ntold = Told()"
    )
    taken = notebook.recorder.take()
    assert workspace.snapshots.load(taken)["told"].badness == 1000
    assert badness.read_text() == before


@pytest.mark.parametrize("waited", [False, True])
def test_only_copies_that_nobody_waits_for_stand_back_on_a_busy_machine(waited: bool) -> None:
    assert (niceness(waited=waited, hurried=False) > os.nice(0)) is not waited


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take back that a process stands back")
def test_a_copy_stands_back_no_longer_once_somebody_waits() -> None:
    assert niceness(waited=False, hurried=True) == os.nice(0)


def niceness(*, waited: bool, hurried: bool) -> int:
    def work(line: Line) -> None:
        line.inbox.recv()
        line.outbox.send(os.nice(0))

    child = fork(work, [], waited=waited)
    try:
        if hurried:
            child.stand_back(0)
        child.send("go on")
        return int(child.receive(Limits(60, 60, 60)))
    finally:
        child.end()


@pytest.mark.usefixtures("copies")
def test_a_view_lost_when_a_cell_has_begun_already_is_made_good_by_the_next(
    notebook, workspace
) -> None:
    notebook.run("import os, signal, time\nhere = os.getpid()\nother = 1")
    notebook.run(
        "class Deadly:\n    def __getstate__(self):\n"
        "        if os.getpid() != here: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return {}\n"
    )
    from notewright.lineage.cell import Cell
    from notewright.lineage.files import Opened

    recorder, cells = notebook.recorder, []
    recorder.autosnapshot = True
    for code in ("deadly = Deadly(); other = 2", "del deadly; third = 3"):
        recorder.begins(code)
        exec(code, notebook.variables)
        cells.append(Cell(code, code))
        with recorder._keeper._ready:  # no copy is heard before the next cell has begun
            recorder.ended(cells[-1], "", 0.0, Opened())
            if code.startswith("deadly"):
                recorder.begins("x")
    recorder.settle()
    assert "SIGKILL" in str(recorder.problems[0])
    assert set(cells[0].execution.changed) == {"deadly", "other"}
    assert {"other", "third"} <= set(cells[1].execution.changed)
    values = workspace.snapshots.load(workspace.snapshots.list()[-1])
    assert (values["other"], values["third"]) == (2, 3)


def test_pools_of_threads_are_alive_before_and_after(notebook, workspace, monkeypatch) -> None:
    script = """
        import numpy as np
        from sklearn.ensemble import RandomForestClassifier
        a = np.random.default_rng(0).random((400, 400))
        for n in range(6):
            notebook.variables["b"] = a @ a
            forest = RandomForestClassifier(8, n_jobs=2, random_state=n).fit(a, a[:, 0] > 0.5)
            notebook.variables.update(a=a, forest=forest, n=n)
            taken = notebook.recorder.take()
            assert not taken.unsaved, taken.unsaved
            assert np.allclose(workspace.snapshots.load(taken)["b"], a @ a)
            assert notebook.recorder._snapshots.load(taken)["forest"].predict(a).shape == (400,)
        print("done")
    """
    assert run_notebook(workspace.root, script, OMP_NUM_THREADS="2").strip() == "done"


def test_cells_of_asyncio_and_tasks_that_go_on_between_them(workspace) -> None:
    script = """
        import asyncio
        async def main():
            log = notebook.variables["log"] = []
            async def ticks():
                while True:
                    log.append(len(log))
                    await asyncio.sleep(0)
            task = asyncio.create_task(ticks())
            for n in range(20):
                await asyncio.sleep(0)
                notebook.variables["n"] = n
                taken = notebook.recorder.take()
                values = workspace.snapshots.load(taken)
                assert values["n"] == n and values["log"] == list(range(len(values["log"])))
                assert len(values["log"]) == len(log)
            task.cancel()
        asyncio.run(main())
        print("done")
    """
    assert run_notebook(workspace.root, script).strip() == "done"


def test_a_copy_that_the_user_forks_neither_hangs_nor_writes_to_the_same_pack(workspace) -> None:
    script = """
        import os, sys
        notebook.run("x = list(range(1000))")
        notebook.recorder.autosnapshot = True
        from notewright.lineage.files import Opened
        from notewright.lineage.cell import Cell
        notebook.variables["x"].append("in flight")
        notebook.recorder.ended(Cell("", ""), "", 0.0, Opened())
        pid = os.fork()
        if pid == 0:
            notebook.recorder.settle()
            notebook.run("x = 'in the child'")
            notebook.recorder.take("of the child")
            os._exit(0)
        for n in range(5):
            notebook.run(f"x = list(range({n}, 1000)); y = {n}")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        notebook.recorder.take("of the parent")
        for snapshot in workspace.snapshots.list():
            workspace.snapshots.load(snapshot)
        assert workspace.snapshots.load(workspace.snapshots.get("of the child"))["x"] == (
            "in the child")
        assert workspace.snapshots.load(workspace.snapshots.get("of the parent"))["y"] == 4
        from notewright.store.integrity import verify_store
        from notewright.progress import Progress
        report = verify_store(workspace.store, Progress(None, ""), workspace.snapshots.needs)
        assert report.sound, report
        print("done")
    """
    assert run_notebook(workspace.root, script).strip() == "done"


def test_user_code_that_waits_for_any_child_disturbs_nothing(workspace) -> None:
    script = """
        import os, signal
        seen = []
        def reaps(*_):
            try:
                while (found := os.waitpid(-1, os.WNOHANG))[0]:
                    seen.append(found)
            except ChildProcessError:
                pass
        signal.signal(signal.SIGCHLD, reaps)
        for n in range(20):
            notebook.variables["n"] = n
            taken = notebook.recorder.take()
            assert workspace.snapshots.load(taken) == {"n": n}
        assert signal.getsignal(signal.SIGCHLD) is reaps
        pid = os.fork()
        if pid == 0:
            os._exit(7)
        while not any(found[0] == pid for found in seen):
            signal.pause() if not seen else reaps()
        print("done")
    """
    assert run_notebook(workspace.root, script).strip() == "done"


COUNTED = """
    import contextlib, os, threading
    import numpy as np
    notebook.variables.update(big=np.zeros(1_000_000), x=0)
    def descriptors():
        for number in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):  # closed meanwhile
                yield os.readlink(f"/proc/self/fd/{number}")
    def counts():
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        # Behind the last snapshot the process's own memory is looked at for a moment.
        opened = [link for link in descriptors() if not link.startswith("/proc/")]
        return len(opened), threading.active_count(), children
    for number in range(5):
        notebook.variables["x"] -= 1
        notebook.recorder.take()
    before = counts()
    for number in range(60):
        notebook.variables["x"] = number
        notebook.recorder.take()
    assert counts() == before, (counts(), before)
    for _ in range(5):
        workspace.snapshots.take(notebook.namespace, session=notebook.recorder.session)
    assert counts()[1:] == before[1:], (counts(), before)
    print("done")
"""


def test_many_snapshots_leave_no_process_no_thread_and_no_descriptor(workspace) -> None:
    assert run_notebook(workspace.root, COUNTED).strip() == "done"


def test_random_state_is_that_of_the_moment_and_goes_on_undisturbed(
    notebook, workspace, way
) -> None:
    random.seed(5)
    np.random.seed(5)
    notebook.run("import random, numpy")
    state = random.getstate(), np.random.get_state()[1].tobytes()
    view = notebook.recorder._keeper.view(save=True, finish=lambda found, writer: found)
    assert state == (random.getstate(), np.random.get_state()[1].tobytes())
    expected = random.random(), np.random.random()
    view.done.wait()
    stored = pickle.loads(view.random)
    random.setstate(stored["random"])
    np.random.set_state(stored["numpy"])
    assert (random.random(), np.random.random()) == expected


INTERRUPTED = """
    import os, random, signal, threading, time
    import numpy as np
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job starts without
    rng = random.Random(SEED)
    notebook.variables.update(big=np.zeros(2_000_000), x=0)
    notebook.recorder.autosnapshot = True
    ready, stop = threading.Event(), threading.Event()
    def interrupts():
        ready.wait()  # until the main thread can take it
        while not stop.is_set():
            time.sleep(rng.random() * 0.02)
            os.killpg(0, signal.SIGINT)
    os.setpgid(0, 0)
    thread = threading.Thread(target=interrupts)
    thread.start()
    interrupted = taken = 0
    end = time.monotonic() + SECONDS
    while True:
        try:
            ready.set()
            if time.monotonic() > end:
                break
            notebook.variables["x"] += 1
            notebook.recorder.take()
            taken += 1
        except KeyboardInterrupt:
            interrupted += 1
    while True:
        try:
            stop.set(); thread.join(); break
        except KeyboardInterrupt:
            pass
    try:
        notebook.recorder.settle()
    except KeyboardInterrupt:
        notebook.recorder.settle()
    notebook.variables["x"] = "afterwards"
    notebook.variables["big"][5] = 1
    last = notebook.recorder.take()
    values = workspace.snapshots.load(last)
    assert (values["x"], values["big"].sum()) == ("afterwards", 1)
    pid = os.fork()  # nothing was left out of what the user's own copies have
    if pid == 0:
        os._exit(int(notebook.variables["big"].sum()))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert interrupted
    assert threading.active_count() == 2
    for snapshot in workspace.snapshots.list():
        workspace.snapshots.load(snapshot)
    print("done")
"""


@pytest.mark.parametrize("fork", ["1", "0", ""])
def test_interrupts_during_snapshots_leave_everything_usable(workspace, fork) -> None:
    script = INTERRUPTED.replace("SEED", "1").replace("SECONDS", "2")
    assert run_notebook(workspace.root, script, NOTEWRIGHT_FORK=fork).strip() == "done"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_interrupts_for_long_leave_everything_usable(workspace, seed) -> None:
    script = INTERRUPTED.replace("SEED", str(seed)).replace("SECONDS", "20")
    assert run_notebook(workspace.root, script).strip() == "done"


def test_no_finalizer_of_garbage_runs_in_a_copy(workspace) -> None:
    # One that waits for a thread would keep the copy, which has no threads, for ever.
    script = """
    import gc, os, threading

    class Waits:
        def __init__(self):
            self.itself, self.made_by, self.lock = self, os.getpid(), threading.Lock()
            self.lock.acquire()

        def __del__(self):
            if os.getpid() != self.made_by:
                self.lock.acquire()

    os.register_at_fork(before=Waits, after_in_child=lambda: [[] for _ in range(100_000)])
    notebook.variables["x"] = 1
    snapshot = notebook.recorder.take()
    print(workspace.snapshots.load(snapshot)["x"], notebook.recorder.problems)
    print("collects" if gc.isenabled() else "does not collect")
    """
    assert run_notebook(workspace.root, script).splitlines() == ["1 []", "collects"]


def run_notebook(root: Path, script: str, **environment: str) -> str:
    """Run Python code with a plain notebook in a process of its own; return what it prints."""
    return told_by_notebook(root, script, **environment).stdout


def told_by_notebook(
    root: Path, script: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python code with a plain notebook in a process of its own; return what it tells."""
    head = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from pathlib import Path\nfrom conftest import PlainNotebook\n"
        "from notewright.workspace import Workspace\n"
        f"workspace = Workspace(Path({str(root)!r}))\n"
        f"notebook = PlainNotebook(workspace, Path({str(root)!r}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, **environment},
        cwd=root,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def test_an_array_can_be_resized_while_what_is_about_it_is_still_stored(workspace, way) -> None:
    namespace = Namespace({"both": [np.ones(1_000_000), "first"]})
    keeper = workspace.snapshots.keeper(namespace)
    try:
        first = keeper.view(save=True, finish=lambda found, writer: None)
        first.done.wait()
        going_on = threading.Event()
        namespace.dict["both"][1] = "second"
        # The array's bytes are stored already, and nobody has let go of the second view yet.
        second = keeper.view(save=True, finish=lambda found, writer: going_on.wait(30))
        try:
            namespace.dict["both"][0].resize(2_000_000)
        finally:
            going_on.set()
        second.done.wait()
        assert second.error is None
    finally:
        keeper.close()


@pytest.mark.parametrize("action", ["error", "always", "default"])
def test_snapshots_warn_of_nothing_whatever_the_users_filters_are(workspace, action: str) -> None:
    script = f"""
    import threading, warnings
    warnings.simplefilter({action!r})
    before = list(warnings.filters)
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    notebook.recorder.autosnapshot = True
    notebook.run("x = 1")
    notebook.run("x = 2")
    notebook.recorder.settle()
    assert warnings.filters == before
    warnings.simplefilter("default")  # what was shown once is not shown again
    for turn in range(2):
        warnings.warn("seen once")
        notebook.run("x += 1")
    print(len(workspace.snapshots.list()))
    """
    done = told_by_notebook(workspace.root, script)
    assert done.stdout.strip() == "4"
    assert done.stderr.count("UserWarning") == 1
    assert "fork" not in done.stderr


ONCE = """
import sys
sys.times_pickled = 0
class Once:
    def __init__(self, held): self.held = held
    def __reduce__(self):
        sys.times_pickled += 1
        if sys.times_pickled > 1:
            raise ValueError("it was asked before")
        return list, (self.held,)
shared = [1]
other = [shared]
bad = Once(shared)
"""


def test_what_refuses_to_be_pickled_again_with_others_costs_them_nothing(
    notebook, workspace, way
) -> None:
    notebook.run(ONCE)
    taken = notebook.recorder.take()
    assert {u.name: u.reason for u in taken.unsaved} == {"bad": "it was asked before"}
    values = workspace.snapshots.load(taken)
    assert values["other"] == [[1]]
    assert values["other"][0] is values["shared"]
    vars(sys).pop("times_pickled", None)


def test_a_copy_waits_for_no_import_of_another_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    monkeypatch.setattr(sys, "import_in_a_test", (begun, may_end), raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "slowly_imported.py").write_text(
        "import sys\nbegun, may_end = sys.import_in_a_test\nbegun.set()\nmay_end.wait(60)\n"
    )
    importing = threading.Thread(target=importlib.import_module, args=["slowly_imported"])
    importing.start()
    try:
        assert begun.wait(30)

        def work(line: Line) -> None:
            importlib.import_module("slowly_imported")
            line.outbox.send("imported")

        child = fork(work, [])
        try:
            assert child.receive(Limits(1, 1, 30)) == "imported"
        finally:
            child.end()
    finally:
        may_end.set()
        importing.join()
        sys.modules.pop("slowly_imported", None)
