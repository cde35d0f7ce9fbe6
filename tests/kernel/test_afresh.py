"""`%nw export NOTEBOOK.ipynb MODEL` in a cell: a kernel that starts another."""

from __future__ import annotations

import nbformat
import pytest


@pytest.fixture
def document(live):
    """Return a function that writes the notebook beside the kernel."""

    def write(*cells: str) -> str:
        code = [nbformat.v4.new_code_cell(source) for source in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=code), live.folder / "analysis.ipynb")
        return "analysis.ipynb"

    return write


def test_a_cell_that_fails_in_the_fresh_kernel_is_told_in_this_one(live, document) -> None:
    name = document("kept = 1", "kept + missing")
    live.run("kept = 'mine'")
    live.run("%load_ext notewright")
    failed = live.run(f"%nw export {name} model").error
    assert failed["ename"] == "CellFailed"
    assert "cell [2], line 1: NameError: name 'missing' is not defined." in failed["evalue"]
    # Its kernel is another one, and this notebook's history is as it was.
    assert live.run("print(kept)").text == "mine\n"
    assert "missing" not in live.run("%nw history").text


def test_an_export_that_waits_for_a_cell_is_interrupted_with_its_kernel(live, document) -> None:
    name = document(
        "from pathlib import Path\nimport os, time\n"
        "Path('pid').write_text(str(os.getpid()))\ntime.sleep(600)"
    )
    live.run("%load_ext notewright")
    live.run(
        "import os, signal, threading\n"
        "from pathlib import Path\n"
        "def interrupt():\n"
        "    while not (Path('pid').is_file() and Path('pid').read_text()):\n"
        "        os.sched_yield()\n"
        "    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)\n"
        "threading.Thread(target=interrupt).start()"
    )
    stopped = live.run(f"%nw export {name} model").error
    assert stopped["ename"] == "Cancelled"
    pid = int((live.folder / "pid").read_text())
    assert live.run(f"print(os.path.exists('/proc/{pid}'))").text == "False\n"


def test_the_only_model_need_not_be_named_and_several_are_listed(live) -> None:
    live.run("%load_ext notewright")
    assert live.run("%nw export").error["ename"] == "NothingFitted"
    live.run("from sklearn.linear_model import Ridge\na = Ridge().fit([[1], [2]], [1, 2])")
    live.run("b = Ridge().fit([[1], [2]], [1, 3])")
    several = live.run("%nw export").error
    assert several["ename"] == "SeveralModels"
    assert "b, a." in several["evalue"]
    assert live.run("%nw export a b").error["ename"] == "UsageError"
