"""A notebook is run from top to bottom in a fresh kernel before it is exported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from notewright.afresh.document import read_document
from notewright.afresh.export import Wish, export_afresh
from notewright.afresh.kernel import FreshKernel
from notewright.errors import (
    Cancelled,
    CellFailed,
    KernelUnusable,
    NothingFitted,
    NotRecorded,
    SeveralModels,
    UnknownVariable,
    UsageError,
)
from notewright.lineage.cell import Cell
from notewright.lineage.recorder import Recorder
from notewright.progress import Progress
from notewright.workspace import Workspace

FITTED = "from sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1], [2], [3]], [1, 2, 4])"


def kernels() -> set[int]:
    """Return the processes that this one has started and that still run."""
    found = set[int]()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            # A database server of the tests has workers that come and go.
            if child.name() != "postgres":
                found.add(child.pid)
    return found


def left(file: Path) -> set[str]:
    return {path.name for path in file.parent.iterdir()} - {file.name}


def test_a_cell_that_fails_is_named_and_nothing_is_left(write) -> None:
    file = write("a = 1", "\nb = a + missing", "c = 1")
    document, before = file.read_bytes(), kernels()
    with pytest.raises(CellFailed) as failed:
        export_afresh(Wish(file))
    assert (failed.value.number, failed.value.line) == (2, 2)
    assert "cell [2], line 2: NameError: name 'missing' is not defined." in failed.value.problem
    assert left(file) == set()
    assert file.read_bytes() == document
    assert kernels() == before


def test_a_cell_tagged_as_one_that_may_fail_does_not_stop_it(write) -> None:
    file = write("1 / 0", "a = 1", cell0=["raises-exception"])
    with pytest.raises(NothingFitted):
        export_afresh(Wish(file))


@pytest.mark.parametrize("variable", [None, "model"])
def test_a_cell_that_fails_before_the_model_is_final_stops_it(write, variable) -> None:
    file = write(FITTED, "1 / 0", "model.alpha = 3", "raise SystemError('not reached')")
    with pytest.raises(CellFailed, match=r"cell \[2\], line 1: ZeroDivisionError"):
        export_afresh(Wish(file, variable))
    assert left(file) == set()


def test_models_made_after_a_failed_cell_are_listed_too_and_refused(write) -> None:
    file = write(FITTED, "half = 1\nhalf / 0", "late = Ridge().fit([[1], [2]], [1, 3])")
    with pytest.raises(SeveralModels) as several:
        export_afresh(Wish(file))
    assert several.value.names == ("late", "model")
    with pytest.raises(CellFailed, match=r"cell \[2\], line 2: ZeroDivisionError"):
        export_afresh(Wish(file, "late"))
    assert left(file) == set()


def test_several_models_are_listed_and_one_object_counts_once(write) -> None:
    file = write(FITTED, "best = model", "other = Ridge().fit([[1], [2]], [1, 2])")
    with pytest.raises(SeveralModels) as several:
        export_afresh(Wish(file))
    assert several.value.names == ("other", "best", "model")
    with pytest.raises(UnknownVariable):
        export_afresh(Wish(file, "modell"))
    assert left(file) == set()


def test_cancelling_in_the_middle_of_a_cell_stops_the_kernel_and_leaves_nothing(write) -> None:
    file = write("import subprocess\nsubprocess.Popen(['sleep', '600'])", "while True: pass")
    before = kernels()
    progress = Progress(what="The export")

    def report(fraction: float, message: str) -> None:
        if "cell 2" in message:
            progress.cancel()

    progress.report = report
    with pytest.raises(Cancelled):
        export_afresh(Wish(file), progress)
    assert left(file) == set()
    assert kernels() == before


def test_a_time_limit_stops_the_notebook(write) -> None:
    file = write("import time\ntime.sleep(600)")
    with pytest.raises(CellFailed, match="the time limit was reached"):
        export_afresh(Wish(file, timeout=1.0))
    assert left(file) == set()


def test_a_cell_that_ends_the_kernel_is_named(write) -> None:
    file = write("a = 1", "import os\nos._exit(3)")
    with pytest.raises(CellFailed, match=r"cell \[2\]: the kernel died"):
        export_afresh(Wish(file))


def test_a_kernel_that_is_not_installed_is_named(write) -> None:
    with pytest.raises(KernelUnusable, match="'no-such-kernel' cannot be used: it is not"):
        export_afresh(Wish(write("a = 1", kernel="no-such-kernel")))


def test_what_others_recorded_stays_when_an_export_comes_to_nothing(write, notebook) -> None:
    """The workspace is where it was, though the notebook's cells took snapshots of their own."""
    notebook.run("kept = 1")
    notebook.recorder.take("mine")
    workspace: Workspace = notebook.workspace
    before = [snapshot.id for snapshot in workspace.snapshots.list()]
    head, session = workspace.snapshots.head(), workspace.history.latest_session()
    file = write("%load_ext notewright", "a = 1", '%nw snapshot -m "theirs"', "1 / 0")
    with pytest.raises(CellFailed, match=r"cell \[4\]"):
        export_afresh(Wish(file))
    again = Workspace(workspace.root)
    assert [snapshot.id for snapshot in again.snapshots.list()] == before
    assert again.snapshots.head() == head
    assert again.history.latest_session() == session


def test_lines_of_nw_work_where_cells_rely_on_them_and_are_left_out_otherwise(write) -> None:
    file = write(
        "%load_ext notewright",
        "a = [1]",
        '%nw snapshot -m "one"',
        "a.append(2)",
        "%nw restore one",
        "assert a == [1]",
        "%nw export a --name never",
        "%nw deploy never",
        "%nw off",
        '%%nw run "counted"\nb = a + [3]',
        "assert b == [1, 3]",
        "!{__import__('sys').executable} -m notewright export analysis.ipynb",
    )
    with pytest.raises(NothingFitted):  # which is said when all cells have run
        export_afresh(Wish(file))


def test_the_cells_are_recorded_under_the_numbers_of_the_notebook(write) -> None:
    """What loads Notewright there is no cell of the notebook."""
    document = read_document(write(FITTED, "a = 1"))
    with FreshKernel(document, Progress()) as kernel:
        hello = kernel.load()
        for cell in document.cells:
            kernel.run(cell)
        assert [m["variable"] for m in kernel.ask(verb="models") if m["recorded"]] == ["model"]
    history = Workspace(Path(hello["workspace"])).history
    done = history.executions(hello["session"])
    assert [(e.ordinal, e.number, e.source) for e in done] == [(1, 1, FITTED), (2, 2, "a = 1")]
    assert [e.cell for e in done] == [cell.id for cell in document.cells]
    assert history.session(hello["session"]).notebook == str(document.path)


def test_a_cell_that_is_passed_over_is_counted(write) -> None:
    """The cells after it keep the numbers that the notebook shows."""
    document = read_document(write("a = 1", "b = a / 0", "c = b", "d = 4"))
    with FreshKernel(document, Progress()) as kernel:
        hello = kernel.load()
        first, fails, unrun, last = document.cells
        assert kernel.run(first) is None
        failure = kernel.run(fails)
        assert failure is not None
        assert (failure.number, failure.line) == (2, 1)
        kernel.pass_over(unrun, "it depends on cell [2].")
        assert kernel.run(last) is None
    done = Workspace(Path(hello["workspace"])).history.executions(hello["session"])
    assert [(e.number, e.status) for e in done if e.source == "d = 4"] == [(4, "ok")]
    assert not any("c = b" in e.source for e in done)


def test_an_export_within_such_a_run_is_refused(write, monkeypatch) -> None:
    from notewright.afresh.mark import MARK

    monkeypatch.setenv(MARK, "1")
    with pytest.raises(UsageError, match="run for an export"):
        export_afresh(Wish(write("a = 1")))


def test_a_model_without_recorded_cells_is_told_from_an_unknown_one(notebook) -> None:
    from sklearn.linear_model import Ridge

    notebook.variables["model"] = Ridge().fit([[1], [2]], [1, 2])
    workspace = notebook.workspace
    recorder = Recorder(workspace.history, workspace.snapshots, notebook.namespace, workspace.root)
    with recorder.running(Cell("late = 1", "late = 1")):
        notebook.variables["late"] = 1
    snapshot = recorder.take()
    with pytest.raises(NotRecorded, match="was made before Notewright was loaded"):
        workspace.packages.export("model", "early", snapshot=snapshot)


@pytest.mark.slow
@pytest.mark.timeout(580)
def test_the_command_exports_the_only_model_and_says_that_it_ran_from_the_top(
    write, tmp_path: Path
) -> None:
    file = write(
        "import pandas as pd\n"
        "pd.DataFrame({'a': range(40), 'b': [i * 2.5 for i in range(40)]}).to_csv('t.csv')",
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.metrics import r2_score\n"
        "table = pd.read_csv('t.csv')\n"
        "model = Ridge().fit(table[['a']], table['b'])\n"
        "r2_score(table['b'], model.predict(table[['a']]))",
    )
    document, elsewhere = file.read_bytes(), tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = [sys.executable, "-m", "notewright", "export", str(file), "--name", "lines", "--json"]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    package = json.loads(done.stdout)
    assert (package["name"], package["variable"], package["result"]) == ("lines", "model", "equal")
    assert "run from top to bottom" in package["findings"][0]
    readme = (tmp_path / "packages" / "lines" / "README.md").read_text()
    assert "run from top to bottom in a fresh kernel" in readme
    assert file.read_bytes() == document
    assert os.listdir(elsewhere) == []


@pytest.mark.slow
@pytest.mark.timeout(580)
def test_cells_that_use_what_their_own_export_made_do_not_stop_it(write, tmp_path: Path) -> None:
    file = write(
        "%load_ext notewright\nimport pandas as pd\n"
        "pd.DataFrame({'a': range(40), 'b': [i * 2.5 for i in range(40)]}).to_csv('t.csv')",
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.metrics import r2_score\n"
        "table = pd.read_csv('t.csv')\n"
        "model = Ridge().fit(table[['a']], table['b'])",
        "%nw export model --name lines\n"
        "from pathlib import Path\n"
        "readme = Path('packages/lines/README.md').read_text()",
        "print(readme[:200])",
        "%nw deploy lines --port 0",
        "import urllib.request\n"
        "answer = urllib.request.urlopen('http://127.0.0.1:9/v1/predict', b'{}').read()",
        "assert b'prediction' in answer",
        "r2_score(table['b'], model.predict(table[['a']]))",
        "%nw stop lines",
    )
    package = export_afresh(Wish(file, name="lines"))
    assert package.variable == "model"
    assert "run from top to bottom" in package.findings[0]
    assert "error: [3] (line 3), [6] (line 2); " in package.findings[1]
    assert "cells [4] and [7] depend on that and were not run" in package.findings[1]
    assert "'model' was made before, by cells [1] and [2]" in package.findings[1]
    proof = json.loads((tmp_path / "packages" / "lines" / "equivalence.json").read_bytes())
    # What does not depend on them was run.
    assert "r2_score" in json.dumps(proof)
    readme = (tmp_path / "packages" / "lines" / "README.md").read_text()
    assert "cells [4] and [7] depend on that and were not run" in readme
