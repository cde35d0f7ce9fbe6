"""The demo, as `make demo` runs it: real kernels, packages, servers and processes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from notewright.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


def demo(*words: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    return script("demo.py", *words, config=config)


def script(name: str, *words: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / name), *words],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            **({"XDG_CONFIG_HOME": str(config)} if config else {}),
        },
    )


@dataclass(frozen=True)
class Run:
    """A demo that ran, where, and with whose keys."""

    folder: Path
    config: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder, config = tmp_path_factory.mktemp("demo") / "run", tmp_path_factory.mktemp("user")
    return Run(folder, config, demo("--folder", str(folder), config=config))


@pytest.mark.timeout(900)
def test_both_notebooks_run_from_top_to_bottom_and_the_evidence_holds(run: Run) -> None:
    done = run.done
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    for line in ("snapshots", "best run", "findings", "packages", "prediction", "retrace"):
        assert f"\n  {line}" in done.stdout
    assert "links hold." in done.stdout
    assert "WARNING" not in done.stdout + done.stderr


@pytest.mark.timeout(900)
def test_the_store_holds_what_the_documents_say_it_does(run: Run) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text[text.index("**The store**") :]
    said = {re.split(r"[/`]", name)[0] for name in re.findall(r"^\| `([^`]+)`", table, re.M)}
    there = {path.name for path in (run.folder / ".notewright").iterdir()}
    # What SQLite keeps beside its file, and what tells git to leave the folder alone.
    assert {name for name in there if not name.startswith((".", "catalog.sqlite-"))} == said


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_long_notebook_runs_again_where_it_ran_before(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    shutil.copytree(run.folder, folder, symlinks=True)
    code = "import sys; from pathlib import Path; import demo; "
    code += "sys.exit(not demo.execute(Path(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "credit_risk.ipynb")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT / "scripts",
        env={**os.environ, "XDG_CONFIG_HOME": str(run.config)},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]


def test_the_lab_opens_a_copy_and_keeps_what_was_done_there(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    words = ("--folder", str(folder), "--copy-only")
    first = script("lab.py", *words)
    assert first.returncode == 0, first.stderr
    assert str(folder) in first.stdout
    assert (folder / "data" / "german_credit.csv").is_file()
    assert Workspace.existing(folder) == folder
    (folder / "credit_risk.ipynb").write_text("mine", encoding="utf-8")
    again = script("lab.py", *words)
    assert again.returncode == 0, again.stderr
    assert "as you left it" in again.stdout
    assert (folder / "credit_risk.ipynb").read_text(encoding="utf-8") == "mine"


def test_a_cell_that_fails_fails_the_demo(tmp_path: Path) -> None:
    source = tmp_path / "notebooks"
    source.mkdir()
    for name in ("first_steps.ipynb", "credit_risk.ipynb"):
        cells = [nbformat.v4.new_code_cell("1 / 0")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), source / name)
    done = demo("--source", str(source), "--folder", str(tmp_path / "run"))
    assert done.returncode == 1
    assert "first_steps.ipynb failed" in done.stderr
    assert "ZeroDivisionError" in done.stderr
