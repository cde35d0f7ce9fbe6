"""Run the demo notebooks from top to bottom, showing progress, and sum up what happened.

They run in a fresh copy of demo_notebooks/ (by default in demo_run/), so that nothing
of an earlier run is needed. Exits non-zero if any cell fails, or if the evidence behind
the served prediction does not hold.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config
from working_copy import working_copy

from notewright.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ("first_steps.ipynb", "credit_risk.ipynb")
#: What goes to the kernels and back is encrypted where they can; they warn where it is not.
ENCRYPTED = Config({"KernelManager": {"transport_encryption": "auto"}})


def main() -> int:
    """Run every notebook; return the exit status."""
    parser = argparse.ArgumentParser(description="Run the demo notebooks.")
    parser.add_argument("--source", type=Path, default=ROOT / "demo_notebooks")
    parser.add_argument("--folder", type=Path, default=ROOT / "demo_run", help="where to run them")
    options = parser.parse_args()
    started = time.perf_counter()
    folder = options.folder.resolve()
    prepare(options.source, folder)
    for name in NOTEBOOKS:
        if not execute(folder / name):
            return 1
    words, holds = summary(folder)
    took = time.perf_counter() - started
    print(f"{words}\n\nDone in {took:.0f} s. The executed notebooks are in {folder.name}/.")
    if not holds:
        print("The evidence behind the prediction does not hold; see above.", file=sys.stderr)
    return 0 if holds else 1


def prepare(source: Path, folder: Path) -> None:
    """Make a fresh folder with the notebooks and their data."""
    stop_servers(folder)
    shutil.rmtree(folder, ignore_errors=True)
    working_copy(source, folder)


def execute(path: Path) -> bool:
    """Execute one notebook in place; say where it failed, if it did."""
    notebook = nbformat.read(path, as_version=4)
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    done = 0

    def starting(cell: nbformat.NotebookNode, cell_index: int) -> None:
        nonlocal done
        if cell.cell_type == "code":
            done += 1
            print(f"{path.name} [{done:2}/{total}] {first_line(cell.source)}", flush=True)

    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=starting,
        config=ENCRYPTED,
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        print(f"\n{path.name} failed:\n{error}", file=sys.stderr)
        stop_servers(path.parent)
        return False
    finally:
        nbformat.write(notebook, path)
    return True


def stop_servers(folder: Path) -> None:
    """Stop what an interrupted run may have left serving."""
    if Workspace.existing(folder) != folder:
        return
    deployments = Workspace(folder).deployments
    for deployment in deployments.list():
        if deployment.status == "live":
            deployments.stop(deployment.name)


def first_line(source: str) -> str:
    """Return the first line of a cell that says something."""
    lines = [line for line in source.splitlines() if line.strip() and not line.startswith("#")]
    return (lines or [""])[0][:90]


def summary(folder: Path) -> tuple[str, bool]:
    """Return what happened, read back from the store, and whether all of it holds."""
    workspace = Workspace(folder)
    snapshots = workspace.snapshots.list()
    first = workspace.models.get("credit_risk@1")
    session = workspace.runs.get(first.run).session
    runs = [run for run in workspace.runs.list("status == 'finished'") if run.session == session]
    best = max(runs, key=lambda run: run.metrics["roc_auc"])
    found = [f for f in workspace.checks.list(first)[0].findings if f.status == "failed"]
    found.sort(key=lambda finding: not finding.blocks)
    verdict = workspace.gates.evaluate("production", first)
    prediction = workspace.deployments.logs()["credit_risk"].records()[0].entry
    chain = workspace.retrace(prediction.id)
    packages = workspace.packages.list()
    audit = workspace.audit.verify()
    lines = [
        "",
        "What happened",
        f"  snapshots    {len(snapshots)}, the last {snapshots[-1].id[:6]}",
        f"  best run     {best.name!r}: AUC {best.metrics['roc_auc']:.3f}, of {len(runs)}",
        f"  findings     {len(found)} on the first check, such as:",
        f"               {found[0].sentence}",
        f"  gate         production is {'open' if verdict.open else 'closed'} for credit_risk@1",
        f"  packages     {len(packages)} versions; the last, a challenger, is not deployed;",
        f"               {folder.name}/packages/ holds what was exported last",
        f"  prediction   {prediction.id}: {prediction.rows} rows served",
        f"  retrace      {chain.sentence}",
        f"  audit log    {audit.entries} entries, {'sound' if audit.ok else audit.problem}",
    ]
    return "\n".join(lines), chain.verified and verdict.open and audit.ok


if __name__ == "__main__":
    sys.exit(main())
