"""What cannot be saved is made again by the cells that made it, and nothing else is touched."""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.conftest import PlainNotebook

from notewright.errors import HistoryNotSigned, NothingToReplay, UnknownVariable
from notewright.lineage.cell import Cell
from notewright.lineage.replaying import Replayed, plan_replay, unsaved_names
from notewright.store.canonical import canonical, digest_of, plain
from notewright.workspace import Workspace


class Replays:
    """A notebook whose kernel can be restarted."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self.workspace, self.folder = workspace, folder
        self.restart()

    def restart(self) -> None:
        self.notebook = PlainNotebook(self.workspace, self.folder)
        self.variables, self.recorder = self.notebook.variables, self.notebook.recorder

    def run(self, *cells: str) -> None:
        for cell in cells:
            self.notebook.run(cell)

    def back(self, taken, *names: str, only: list[str] | None = None) -> Replayed:
        restored = self.recorder.restore(taken.id, only)
        return self.recorder.replay(restored, unsaved_names(taken, names))

    def again(self, *names: str) -> Replayed:
        """Take a snapshot, restart the kernel, and bring everything back."""
        taken = self.recorder.take()
        self.recorder.close()
        self.restart()
        return self.back(taken, *names)

    def __getitem__(self, name: str):
        return self.variables[name]


@pytest.fixture
def kernel(workspace, tmp_path: Path, monkeypatch) -> Iterator[Replays]:
    monkeypatch.chdir(tmp_path)
    found = Replays(workspace, tmp_path)
    yield found
    found.recorder.close()


def ran(replayed: Replayed) -> list[int]:
    return [r.step.execution.ordinal for r in replayed.ran]


# -- what runs ------------------------------------------------------------------------------


def test_only_the_cell_that_made_it_runs_and_it_uses_what_came_back(kernel) -> None:
    kernel.run("items = [1, 2]", "other = 5", "stream = (i for i in items)")
    replayed = kernel.again()
    assert (replayed.rebuilt, ran(replayed)) == (("stream",), [3])
    kernel["items"].append(3)
    assert list(kernel["stream"]) == [1, 2, 3]


def test_variables_that_belong_together_are_made_in_one_run(kernel) -> None:
    kernel.run(
        "import sqlite3",
        "connection = sqlite3.connect(':memory:')\nconnection.execute('CREATE TABLE t (n)')",
        "cursor = connection.cursor()",
        "same = cursor",
    )
    replayed = kernel.again()
    assert set(replayed.rebuilt) == {"connection", "cursor", "same"}
    assert ran(replayed) == [2, 3, 4]
    assert kernel["cursor"].connection is kernel["connection"]
    assert kernel["same"] is kernel["cursor"]
    assert kernel["cursor"].execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_some_are_rebuilt_by_name_and_the_others_stay_away(kernel) -> None:
    kernel.run("import threading", "one = threading.Lock()", "two = threading.Lock()")
    replayed = kernel.again("two")
    assert (replayed.rebuilt, ran(replayed)) == (("two",), [3])
    assert "one" not in kernel.variables


def test_functions_and_classes_are_the_live_ones(kernel) -> None:
    kernel.run(
        "import threading",
        "factor = 2",
        "def count(n):\n    for i in range(n):\n        yield i * factor",
        "class Guard:\n    def __init__(self): self.lock = threading.Lock()",
        "numbers = count(3); guard = Guard()",
    )
    replayed = kernel.again()
    assert ran(replayed) == [5]
    assert type(kernel["guard"]) is kernel["Guard"]
    assert kernel["numbers"].gi_frame.f_globals is kernel.variables
    assert next(kernel["numbers"]) == 0
    kernel.variables["factor"] = 10
    assert list(kernel["numbers"]) == [10, 20]


def test_what_changed_since_is_made_again_apart_and_said(kernel) -> None:
    kernel.run("items = [1]", "stream = (i for i in tuple(items))", "items.append(2)")
    replayed = kernel.again()
    assert ran(replayed) == [1, 2]
    assert list(kernel["stream"]) == [1]
    assert kernel["items"] == [1, 2]
    assert "cell [3] `items.append(2)` changed items later" in replayed.plan.notes[0]


def test_what_used_it_later_does_not_run_and_is_said(kernel) -> None:
    kernel.run("stream = iter_ = (i for i in range(5))", "first = next(stream)", "b = 3")
    replayed = kernel.again()
    assert ran(replayed) == [1]
    assert replayed.plan.notes == (
        "cell [2] `first = next(stream)` used stream later and does not run again.",
    )
    assert kernel["first"] == 0
    assert next(kernel["stream"]) == 0


def test_what_with_binds_needs_no_earlier_one(kernel) -> None:
    kernel.run(
        "from concurrent.futures import ThreadPoolExecutor as Pool",
        "with Pool(1) as pool:\n    pool.submit(open('a.txt', 'a').write, 'one').result()",
        "with Pool(1) as pool:\n    pool.submit(open('b.txt', 'a').write, 'two').result()",
    )
    replayed = kernel.again()
    assert (replayed.rebuilt, ran(replayed)) == (("pool",), [3])


def test_a_file_that_a_cell_wrote_is_written_again_only_if_it_is_gone(kernel) -> None:
    kernel.run(
        "with open('a.csv', 'w') as out: n = out.write('1,2')",
        "with open('a.csv') as source: stream = (c for c in source.read())",
    )
    taken = kernel.recorder.take()
    assert ran(kernel.back(taken, "stream")) == [2]
    Path("a.csv").unlink()
    assert ran(kernel.back(taken, "stream")) == [1, 2]
    assert "".join(kernel["stream"]) == "1,2"


def test_what_a_partial_restore_had_brought_is_loaded_again(kernel) -> None:
    kernel.run("items = [1]")
    first = kernel.recorder.take()
    kernel.run("items = [2]")
    kernel.recorder.restore(first.id, ["items"])
    kernel.run("stream = (i for i in tuple(items))", "items.append(3)")
    replayed = kernel.again()
    assert [bool(r.step.loads) for r in replayed.ran] == [True, False]
    assert list(kernel["stream"]) == [1]
    assert kernel["items"] == [1, 3]


# -- what is not touched ----------------------------------------------------------------------


def test_nothing_else_is_bound_changed_or_drawn(kernel) -> None:
    kernel.run(
        "import threading, random",
        "log = []",
        "calls = 0\ndef make():\n    global calls\n    calls += 1\n    return threading.Lock()",
        "log.append('made'); part = [1]; lock = make(); drawn = random.random(); del part",
        "drawn = 7",
    )
    taken = kernel.recorder.take()
    kernel.recorder.close()
    kernel.restart()
    restored = kernel.recorder.restore(taken.id)
    before, state = dict(kernel.variables), random.getstate()
    replayed = kernel.recorder.replay(restored, ["lock"])
    assert replayed.rebuilt == ("lock",)
    assert replayed.put_back == ()
    assert random.getstate() == state
    after = dict(kernel.variables)
    del after["lock"]
    assert list(after) == list(before)
    assert all(after[name] is before[name] for name in after)
    assert (kernel["log"], kernel["calls"], kernel["drawn"]) == (["made"], 1, 7)
    assert not kernel.recorder.problems


def test_what_a_cell_changes_only_this_time_is_put_back(kernel) -> None:
    kernel.run(
        "import threading, pathlib",
        "data = [1]",
        "lock = threading.Lock()\nif pathlib.Path('again').exists(): data.append(99)",
    )
    Path("again").touch()
    replayed = kernel.again()
    assert (replayed.rebuilt, replayed.put_back) == (("lock",), ("data",))
    assert kernel["data"] == [1]


def test_an_error_is_said_with_its_cell_and_the_rest_goes_on(kernel) -> None:
    kernel.run(
        "import threading, pathlib",
        "first = threading.Lock()",
        "second = threading.Lock(); part = 1\n"
        "if pathlib.Path('broken').exists(): raise OSError('no more\\nlocks')",
        "third = (i for i in [second])",
        "fourth = threading.Lock(); del part",
    )
    taken = kernel.recorder.take()
    kernel.variables["second"] = old = object()
    Path("broken").touch()
    replayed = kernel.back(taken)
    assert replayed.rebuilt == ("first", "fourth")
    words = "cell [3] `second = threading.Lock(); part = 1`: OSError: no more"
    assert replayed.failed == {"second": words, "third": words}
    assert ran(replayed) == [2, 3, 5]
    assert kernel["second"] is old
    assert "part" not in kernel.variables


def test_a_cell_that_failed_then_may_fail_again_in_the_same_way(kernel) -> None:
    kernel.run("import threading", "lock = threading.Lock(); 1 / 0")
    assert kernel.again().rebuilt == ("lock",)


def test_an_interrupt_ends_it_and_leaves_everything_as_it_was(kernel) -> None:
    kernel.run(
        "import threading, pathlib",
        "one = threading.Lock()",
        "if pathlib.Path('stop').exists(): raise KeyboardInterrupt\ntwo = threading.Lock()",
    )
    Path("stop").touch()
    replayed = kernel.again()
    assert replayed.rebuilt == ()
    assert replayed.failed == {"one": "it was interrupted", "two": "it was interrupted"}
    assert not {"one", "two"} & set(kernel.variables)


# -- what cannot be ---------------------------------------------------------------------------


def record(kernel: Replays, source: str, code: str, **bound: object) -> None:
    """Record a cell whose code the shell runs in its own way."""
    with kernel.recorder.running(Cell(source, code)):
        kernel.variables.update(bound)


@pytest.mark.parametrize(
    ("source", "code", "why"),
    [
        ("%run make.py", "# %run make.py", "has no Python code to run again"),
        ("lock = _", "lock = _", "uses _, a result that only the shell had"),
        ("lock = await f()", "lock = await f()", "uses `await` outside of functions"),
        ("lock = ?", "lock = ?", "is not Python code"),
    ],
)
def test_what_only_the_shell_can_run_is_said(kernel, source: str, code: str, why: str) -> None:
    import threading

    record(kernel, source, code, lock=threading.Lock())
    replayed = kernel.again()
    assert replayed.rebuilt == ()
    assert why in replayed.failed["lock"]
    assert f"`{source}`" in replayed.failed["lock"]


def test_magics_and_shell_lines_in_a_cell_are_left_out_and_said(kernel) -> None:
    source = "%matplotlib inline\n!make data\nlock = __import__('threading').Lock()"
    code = "# %matplotlib inline\n# !make data\nlock = __import__('threading').Lock()"
    record(kernel, source, code, lock=__import__("threading").Lock())
    replayed = kernel.again()
    assert replayed.rebuilt == ("lock",)
    assert "runs without `%matplotlib inline`, `!make data`." in replayed.plan.notes[0]


def test_what_was_there_before_the_history_is_not_made_up(kernel) -> None:
    import threading

    kernel.variables.update(early=threading.Lock(), items=[1])
    kernel.recorder._look()
    kernel.run("pass", "late = (i for i in (early, *items))", "items.append(2)")
    replayed = kernel.again()
    assert replayed.failed["late"] == "cell [2] `late = (i for i in (early, *items))`: " + (
        "NameError: name 'early' is not defined"
    )
    assert "early" not in kernel.variables
    assert any("items is not known as the cells found it" in n for n in replayed.plan.notes)


@pytest.mark.parametrize("reseal", [False, True])
def test_cells_that_are_not_those_signed_with_the_snapshot_never_run(kernel, reseal) -> None:
    kernel.run("n = 3", "stream = (i for i in range(n))", "m = 4")
    taken = kernel.recorder.take()
    first, *_ = kernel.workspace.history.line(taken.execution)
    body = plain(first) | {"code": "open('hacked', 'w').close()", "number": None}
    for row in ("id", "digest"):
        del body[row]
    written = canonical(body)
    with kernel.workspace.store.catalog.transaction() as connection:
        digest = digest_of(written) if reseal else first.digest
        connection.execute(
            "UPDATE executions SET body = ?, digest = ? WHERE id = ?",
            (written.decode(), digest, first.id),
        )
    assert kernel.workspace.history.get(first.id).code.startswith("open")
    with pytest.raises(HistoryNotSigned):
        kernel.back(taken)
    assert not Path("hacked").exists()


def test_what_was_saved_or_never_was_is_refused(kernel) -> None:
    kernel.run("a = 1; g = (i for i in [])")
    taken = kernel.recorder.take()
    with pytest.raises(NothingToReplay):
        unsaved_names(taken, ["a"])
    with pytest.raises(UnknownVariable, match=r"These are there: g|Did you mean 'g'"):
        unsaved_names(taken, ["gg"])


# -- what is recorded ---------------------------------------------------------------------------


def test_history_goes_on_from_there_and_it_can_be_done_again(kernel) -> None:
    kernel.run("n = 3", "stream = (i for i in range(n))", "n = 4")
    first = kernel.again()
    latest = kernel.workspace.history.get(kernel.recorder.execution())
    assert (latest.changed, latest.source.partition(" --")[2]) == (("stream",), "replay stream")
    kernel.run("total = sum(stream)")
    slices = kernel.workspace.history.slice(kernel.recorder.execution(), "total")
    codes = [e.code for e in slices.executions if e.has_code]
    assert codes == ["n = 3", "stream = (i for i in range(n))", "total = sum(stream)"]
    assert (kernel["total"], kernel["n"]) == (3, 4)
    second = kernel.again()
    assert ran(second) == ran(first) == [1, 2]
    assert list(kernel["stream"]) == [0, 1, 2]


def test_files_that_are_read_again_are_in_the_history(kernel) -> None:
    Path("a.csv").write_text("1")
    kernel.run("stream = (i for i in open('a.csv').read())")
    kernel.again()
    latest = kernel.workspace.history.get(kernel.recorder.execution())
    assert [file.path for file in latest.files] == ["a.csv"]


def test_a_plan_says_what_would_run_and_runs_nothing(kernel) -> None:
    from notewright.views.replay import plan_view

    kernel.run("n = 3", "calls = []", "calls.append(n); stream = (i for i in range(n))")
    taken = kernel.recorder.take()
    plan = plan_replay(kernel.workspace.history, kernel.workspace.snapshots, taken, ["stream"])
    view = plan_view(plan)
    assert [cell["code"] for cell in view.data()["cells"]] == [
        "calls = []",
        "calls.append(n); stream = (i for i in range(n))",
    ]
    assert "for stream, given n" in view.text()
    assert kernel["calls"] == [3]


# -- any notebook -------------------------------------------------------------------------------

CELLS = [
    *("a = [{k}]", "b = a", "b = [*a, {k}]", "a.append({k})", "b += [{k}]", "c = ({k}, a)"),
    *("def f(): return [*a, {k}]", "def h(): global a; a = [*a, {k}]", "c = f()", "h()", "del c"),
    *("g = (x for x in tuple(b))", "i = (x for x in (*f(), {k}))", "i = g"),
    *("a.append({k}); g = (x for x in tuple(a))", "h(); i = (x for x in tuple(a))"),
    *("a, g = [{k}], (x for x in (*f(), *b))", "b = [{k}]; 1 / 0"),
]


@settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(st.tuples(st.sampled_from(CELLS), st.integers(0, 9)), min_size=4, max_size=12))
@example([("def f(): return [*a, {k}]", 0), ("a, g = [{k}], (x for x in (*f(), *b))", 1)])
def test_any_notebook_comes_back_as_running_all_of_it_would_make_it(cells) -> None:
    codes = ["a = [0]; b = [1]", *(cell.format(k=k) for cell, k in cells)]
    codes.append("g = (x for x in tuple(a))" if not any("g =" in c for c in codes) else "pass")
    wanted: dict = {"__name__": "__main__"}
    for code in codes:
        with contextlib.suppress(Exception):  # a cell may fail, and the notebook goes on
            exec(code, wanted)
    folder = Path(tempfile.mkdtemp())
    kernel = Replays(Workspace(folder), folder)
    try:
        kernel.recorder._keeper._forks = False
        kernel.run(*codes)
        replayed = kernel.again()
        assert not replayed.failed
        assert not replayed.put_back
        names = [n for n in wanted if not n.startswith("__")]
        assert {n for n in kernel.variables if not n.startswith("__")} == set(names)
        for one in ("g", "i"):
            for two in ("g", "i"):
                if one in names and two in names:
                    same = wanted[one] is wanted[two]
                    assert (kernel[one] is kernel[two]) == same
        for name in names:
            if name in ("g", "i"):
                assert list(kernel[name]) == list(wanted[name])
            elif name not in ("f", "h"):
                assert kernel[name] == wanted[name]
    finally:
        kernel.recorder.close()
        shutil.rmtree(folder)
