"""`gc` removes what no rule keeps and nothing else, whoever writes or is killed meanwhile."""

from __future__ import annotations

import errno
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.damage import flip_byte

from notewright.cli import main
from notewright.errors import (
    Cancelled,
    StoreBusy,
    StoreCollected,
    StoreDamaged,
    StoreUnusable,
    UnknownId,
)
from notewright.progress import Progress
from notewright.state.namespace import Namespace
from notewright.state.retention import Row, Rules, new_parents, why_kept
from notewright.store import collection, turns
from notewright.store.canonical import digest_of
from notewright.store.integrity import verify_store
from notewright.store.packs import Placed
from notewright.workspace import Workspace

STRICT = Rules(last=1, daily=0, named=False)


def on_disk(workspace: Workspace) -> int:
    packs = workspace.store.objects.root / "packs"
    return sum(pack.stat().st_size for pack in packs.iterdir())


def assert_sound(root: Path) -> None:
    again = Workspace(root)
    report = verify_store(again.store, Progress(), again.snapshots.needs)
    assert report.sound, report


def block(seed: int, count: int = 40_000) -> np.ndarray:
    return np.random.default_rng(seed).random(count)


# -- the rules ----------------------------------------------------------------------------


def row(id_: str, day: int = 1, kind: str = "auto", parent: str | None = None) -> Row:
    return Row(id_, "", parent, kind, "", f"2026-03-{day:02d}T12:00:00.000000Z")


def kept(rows: list[Row], rules: Rules, **needed) -> set[str]:
    given = {"tagged": set(), "used": {}, "standing": set(), **needed}
    return set(why_kept(rows, rules, **given))


def test_the_newest_and_the_last_of_each_of_the_newest_days_stay() -> None:
    rows = [row(f"{day}{n}", day) for day in (1, 2, 5) for n in "abc"]
    assert kept(rows, Rules(last=2, daily=0)) == {"5b", "5c"}
    assert kept(rows, Rules(last=0, daily=2)) == {"5c", "2c"}
    assert kept(rows, Rules(last=4, daily=3)) == {"5a", "5b", "5c", "2c", "1c"}
    assert kept(rows, Rules(last=0, daily=0)) == set()


def test_what_is_named_tagged_used_or_stood_on_stays_whatever_the_rules() -> None:
    chain = ["a", "b", "c", "d", "e", "f"]
    rows = [row(x, parent=p) for x, p in zip(chain, [None, *chain], strict=False)]
    nothing = Rules(last=0, daily=0)
    assert kept(rows, nothing, tagged={"b"}) == {"b"}
    assert kept(rows, nothing, used={"c": "part of a run"}) == {"c"}
    assert kept(rows, nothing, standing={"e"}) == {"c", "d", "e"}
    kinds = [row(kind, kind=kind) for kind in ("named", "auto", "run", "export", "restore")]
    assert kept(kinds, nothing) == {"named", "run", "export"}
    assert kept(kinds, Rules(last=0, daily=0, named=False)) == {"run", "export"}


def test_a_snapshot_that_loses_its_parent_gets_the_nearest_before_it_that_stays() -> None:
    rows = [row("a"), row("b", parent="a"), row("c", parent="b"), row("d", parent="c")]
    rows += [row("x", parent="b"), row("lone", parent="long gone")]
    assert new_parents(rows, dict.fromkeys(["a", "d", "x", "lone"], "")) == {"d": "a", "x": "a"}
    assert new_parents(rows, dict.fromkeys(["d"], "")) == {"d": None}


# -- against a model ----------------------------------------------------------------------

steps = st.one_of(
    st.tuples(st.just("change"), st.integers(0, 4), st.integers(0, 3)),
    st.tuples(st.just("auto"), st.just(0), st.just(0)),
    st.tuples(st.just("named"), st.just(0), st.just(0)),
    st.tuples(st.just("tag"), st.integers(0, 30), st.integers(0, 1)),
    st.tuples(st.just("restore"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("gc"), st.integers(0, 4), st.integers(0, 1)),
)


class Model:
    """A notebook, and what has to be in its store."""

    def __init__(self, notebook) -> None:
        self.notebook = notebook
        self.held: dict[str, dict] = {}
        self.parents: dict[str, str | None] = {}
        self.kinds: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.removed: set[str] = set()
        self.head: str | None = None
        self.notebook.variables |= {"arrays": [block(0)] * 2, "words": "a" * 3000}

    def values(self) -> dict:
        found = self.notebook.variables
        return {"arrays": [a.copy() for a in found["arrays"]], "words": found["words"]}

    def change(self, what: int, how: int) -> None:
        arrays, variables = self.notebook["arrays"], self.notebook.variables
        if what == 0:
            variables["words"] = "abcd"[how] * 3000 + variables["words"][:50]
        elif what == 1:
            arrays[how % 2] = block(how)  # often what it was in a snapshot that is gone
        elif what == 2:
            arrays[0][how * 100 : how * 100 + 50] += 1
        else:
            variables["arrays"] = [block(what), block(how)]

    def take(self, kind: str) -> None:
        self.saw(self.notebook.recorder.take(kind=kind))

    def saw(self, taken) -> None:
        self.held[taken.id] = self.values()
        self.parents[taken.id], self.kinds[taken.id] = self.head, taken.kind
        self.head = taken.id

    def restore(self, which: int) -> None:
        if self.held:
            target = list(self.held)[which % len(self.held)]
            before = self.values()
            self.notebook.recorder.restore(target)
            (left,) = {s.id for s in self.notebook.workspace.snapshots.list()} - set(self.held)
            self.held[left] = before
            self.parents[left], self.kinds[left] = self.head, "restore"
            self.head = target
            assert same(self.values(), self.held[target])

    def tag(self, which: int, name: int) -> None:
        if self.held:
            target = list(self.held)[which % len(self.held)]
            self.notebook.workspace.snapshots.tag(target, f"t{name}", "me")
            self.tags[f"t{name}"] = target

    def gc(self, last: int, named: int) -> None:
        order = list(self.held)
        stays = set(order[max(0, len(order) - last) :]) | set(self.tags.values())
        stays |= {id_ for id_ in order if named and self.kinds[id_] == "named"}
        at = self.head
        for _ in range(3):
            stays |= {at} - {None}
            at = self.parents.get(at)
        # Another process does it: it has a catalog and a memory of its own.
        other = Workspace(self.notebook.workspace.root)
        rules = Rules(last, 0, named=bool(named))
        plan, before = other.retention.plan(rules), on_disk(other)
        done = other.retention.carry_out(rules)
        assert (plan.removed, plan.kept, plan.freeable) == (done.removed, done.kept, done.freeable)
        assert {row.id for row in done.removed} == set(order) - stays
        assert on_disk(other) == before - plan.freeable.bytes
        assert done.freed == plan.freeable.bytes
        parents = dict(self.parents)
        for id_ in set(order) - stays:
            self.removed.add(id_)
            del self.held[id_], self.parents[id_], self.kinds[id_]
        for id_ in self.parents:
            parent = parents[id_]
            while parent is not None and parent not in self.held:
                parent = parents[parent]
            self.parents[id_] = parent

    def check(self) -> None:
        for workspace in (self.notebook.workspace, Workspace(self.notebook.workspace.root)):
            snapshots = {s.id: s for s in workspace.snapshots.list()}
            assert set(snapshots) == set(self.held)
            for id_, snapshot in snapshots.items():
                assert snapshot.parent == self.parents[id_]
                assert same(workspace.snapshots.load(snapshot), self.held[id_])
            for id_ in self.removed:
                with pytest.raises(UnknownId):
                    workspace.snapshots.get(id_)
            at, back = self.head, 0
            while at is not None:
                assert workspace.snapshots.get(f"HEAD~{back}").id == at
                at, back = self.parents[at], back + 1
        assert_sound(self.notebook.workspace.root)


def same(one: dict, other: dict) -> bool:
    return one["words"] == other["words"] and all(
        np.array_equal(a, b) for a, b in zip(one["arrays"], other["arrays"], strict=True)
    )


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(steps, min_size=4, max_size=25), st.sampled_from("01"))
def test_what_stays_comes_back_and_what_goes_is_gone(
    open_notebook, tmp_path_factory, todo, fork
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTEWRIGHT_FORK", fork)
        model = Model(open_notebook(tmp_path_factory.mktemp("model")))
        for what, one, other in todo:
            if what in ("auto", "named"):
                model.take(what)
            else:
                getattr(model, what)(*((one,) if what == "restore" else (one, other)))
        model.gc(2, 0)
        model.check()
        model.take("named")
        model.check()
        model.notebook.recorder.close()


# -- beside a live notebook ---------------------------------------------------------------


@pytest.fixture(params=["in a copy", "in the process itself"])
def live(request, notebook, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTEWRIGHT_FORK", "1" if request.param == "in a copy" else "0")
    return notebook


def auto(notebook, code: str):
    """Run a cell with a snapshot after it; return what went wrong."""
    notebook.recorder.autosnapshot = True
    notebook.run(code)
    notebook.recorder.autosnapshot = False
    problems, notebook.recorder.problems[:] = notebook.recorder.problems[:], []
    return problems


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


def test_a_turn_of_a_copy_does_not_outlast_the_process_that_took_it(notebook) -> None:
    turn = notebook.workspace.store.objects.turns.begin()
    inbox, outbox = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(inbox, 1)
        os._exit(0)
    turn.over()
    with Workspace(notebook.workspace.root).store.objects.turns.alone(Progress()):
        pass
    os.write(outbox, b"x")
    os.waitpid(pid, 0)
    os.close(inbox)
    os.close(outbox)


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


# -- killed, full, damaged, cancelled -----------------------------------------------------


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


# -- what else needs snapshots, and the words ---------------------------------------------


def test_a_run_keeps_what_it_began_with_and_its_model(notebook) -> None:
    from sklearn.linear_model import LinearRegression

    auto(notebook, "x = 0")
    notebook.variables["model"] = LinearRegression().fit([[0], [1]], [1, 3])
    auto(notebook, "y = 1")
    after = notebook.workspace.snapshots.get("HEAD")
    run = notebook.workspace.runs.record(
        "line",
        model=notebook["model"],
        variable="model",
        snapshot_before=after.parent,
        snapshot_after=after.id,
    )
    for number in range(5):
        auto(notebook, f"model = {number}")
    done = notebook.workspace.retention.carry_out(STRICT)
    assert len(done.removed) == 2
    assert done.kept["part of a run"] == 2
    again = Workspace(notebook.workspace.root)
    assert again.runs.load_model(run).predict([[2]]) == pytest.approx([5])


def test_executions_stay_and_the_audit_log_says_what_was_removed(notebook) -> None:
    for number in range(8):
        auto(notebook, f"x = {number}")
    removed = [r.id for r in notebook.workspace.retention.carry_out(STRICT).removed]
    history = notebook.workspace.history
    assert [e.code for e in history.executions(notebook.recorder.session)] == [
        f"x = {number}" for number in range(8)
    ]
    (entry,) = notebook.workspace.audit.list(act="gc")
    assert entry.details["snapshots"] == removed
    assert notebook.workspace.audit.verify().ok


def test_it_says_first_what_it_would_free_and_does_that_when_told_to(
    notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(8):
        auto(notebook, f"import numpy as np; x = np.random.default_rng({number}).random(50_000)")
    strict = ["gc", "--keep-last", "1", "--keep-daily", "0"]
    folder = ["--workspace", str(notebook.workspace.root)]
    before = on_disk(notebook.workspace)
    assert main([*strict, *folder]) == 0
    said = capsys.readouterr().out
    assert said.startswith("5 snapshots would go and 1.9 MB be freed; 3 snapshots stay.")
    assert "--yes" in said
    assert main([*strict, *folder, "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["done"], plan["snapshots"]) == (False, 5)
    assert notebook.workspace.snapshots.count() == 8
    assert on_disk(notebook.workspace) == before
    assert main([*strict, *folder, "--yes", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert on_disk(notebook.workspace) == before - done["bytes"]
    assert {**done, "done": False} == plan
    assert main([*strict, *folder, "--yes"]) == 0
    assert capsys.readouterr().out.startswith("There is nothing to remove: 3 snapshots stay.")


def test_the_defaults_remove_nothing_of_a_short_history(notebook) -> None:
    for number in range(5):
        auto(notebook, f"x = {number}")
    assert notebook.workspace.retention.plan(Rules()).removed == ()


def test_bytes_that_a_killed_notebook_left_are_freed(workspace) -> None:
    session = workspace.history.begin_session(workspace.root).id
    workspace.snapshots.take(Namespace({"x": 1}), session=session)
    before = on_disk(workspace)
    workspace.store.objects.pack_writer().put(os.urandom(100_000))  # and was never committed
    assert workspace.retention.plan(Rules()).freeable.bytes == 100_000
    workspace.retention.carry_out(Rules())
    assert on_disk(workspace) == before


def test_the_contents_of_files_stay_with_the_snapshots_that_keep_them(
    notebook, workspace, tmp_path: Path
) -> None:
    (tmp_path / "small.csv").write_bytes(b"a\n1\n")
    large = np.random.default_rng(0).bytes(3 << 20)
    (tmp_path / "large.bin").write_bytes(large)
    notebook.run(
        "for name in ('small.csv', 'large.bin'):\n    with open(name, 'rb') as f: f.read()"
    )
    taken = notebook.recorder.take(with_data=True)
    workspace.snapshots.tag(taken.id, "kept", "")
    notebook.run("x = 1")
    notebook.recorder.take("goes")
    for number in range(4):
        notebook.run(f"x = {number}")
        notebook.recorder.take("stays")
    done = workspace.retention.carry_out(STRICT)
    assert [row.message for row in done.removed] == ["goes", "stays"]
    assert_sound(tmp_path)
    again = Workspace(tmp_path).snapshots
    small, big = (p.read_bytes() for p in sorted(again.copy_files(taken, tmp_path / "to"))[::-1])
    assert (small, big) == (b"a\n1\n", large)
