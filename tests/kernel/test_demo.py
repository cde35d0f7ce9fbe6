"""The demo, as `make demo` runs it: real kernels, packages, servers and processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "demo.py"), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.timeout(900)
def test_both_notebooks_run_from_top_to_bottom_and_the_evidence_holds(tmp_path: Path) -> None:
    done = demo("--folder", str(tmp_path / "run"))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    for line in ("snapshots", "best run", "findings", "packages", "prediction", "retrace"):
        assert f"\n  {line}" in done.stdout
    assert "links hold." in done.stdout


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
