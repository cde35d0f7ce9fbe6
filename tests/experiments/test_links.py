"""A run's links: the snapshot that holds its model, the cells and files behind it."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from notewright.lineage.history import Observed
from notewright.state.namespace import Namespace
from notewright.state.records import FileRead
from notewright.store.ids import now

LOAD = "X, y = make_classification(200, random_state=0)"
SETUP = "from sklearn.datasets import make_classification\n" + LOAD
DATA = FileRead("data/credit.csv", "a" * 64, 100)


@pytest.fixture
def notebook(workspace, run_cell):
    """Run a recorded cell as the kernel does: history, snapshots, then the run's end."""
    space: dict = {}
    session = workspace.history.begin_session(workspace.root).id
    run_cell(SETUP, space)

    def executed(code, changed, parent=None, files=()):
        seen = Observed(
            source=code, code=code, started=now(), seconds=0.1, status="ok", reads=("X", "y"),
            changed=changed, files=files,
        )  # fmt: skip
        return workspace.history.record(session, parent, seen).id

    first = executed(LOAD, ("X", "y"), files=(DATA,))

    def cell(name, code):
        active = workspace.runs.start(name, session=session, namespace=Namespace(space))
        with active.recording():
            run_cell(code, space)
        execution = executed(code, ("model",), parent=first)
        after = workspace.snapshots.take(Namespace(space), session=session, execution=execution)
        return active.finish(
            changed=("model",), execution=execution, snapshot_after=after.id
        ), space["model"]

    return cell


CODE = """from sklearn.tree import DecisionTreeClassifier
model = DecisionTreeClassifier(max_depth={}, random_state=0).fit(X, y)
model.score(X, y)
"""


def test_the_model_comes_back_from_the_snapshot(notebook, workspace):
    run, model = notebook("tree", CODE.format(2))
    assert run.model.snapshot == run.snapshot_after
    assert run.model.object is not None
    again = workspace.runs.load_model(workspace.runs.get("tree"))
    assert again is not model
    assert np.array_equal(again.tree_.threshold, model.tree_.threshold)


def test_the_model_comes_back_in_another_process(notebook, workspace):
    notebook("tree", CODE.format(2))
    script = textwrap.dedent(
        """
        import sys
        from notewright.workspace import Workspace
        runs = Workspace.find(sys.argv[1]).runs
        print(runs.load_model(runs.get("tree")).get_depth())
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(workspace.root)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "2", done.stderr


def test_a_run_names_the_files_behind_its_model(notebook):
    run, _ = notebook("tree", CODE.format(2))
    assert run.files == (DATA,)


def test_a_registered_model_of_a_snapshot_has_its_object_and_data(notebook, workspace):
    run, _ = notebook("tree", CODE.format(2))
    version = workspace.models.register(run, "credit_risk", workspace.identities.me())
    assert workspace.store.objects.has(version.model_object)
    assert workspace.models.load(version).get_depth() == 2
    assert any(entry.act == "model.register" for entry in workspace.audit.list())


def test_code_that_differs_is_shown_by_line(notebook, workspace):
    notebook("shallow", CODE.format(2))
    notebook("deep", CODE.format(5))
    comparison = workspace.runs.compare(["shallow", "deep"])
    [change] = comparison.code
    assert change.run == 1
    assert [line for line in change.lines if line[0] in "+-"] == [
        "- model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)",
        "+ model = DecisionTreeClassifier(max_depth=5, random_state=0).fit(X, y)",
    ]
    assert comparison.environment == ()
    assert comparison.data == ()
