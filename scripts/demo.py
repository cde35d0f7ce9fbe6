"""Run the demo notebooks from top to bottom, showing progress, and sum up what happened.

They run in a fresh copy of demo_notebooks/ in demo_run/, so that nothing of an
earlier run is needed or lost. Exits non-zero if any cell fails.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "demo_notebooks"
RUN = ROOT / "demo_run"
NOTEBOOKS = ("first_steps.ipynb", "credit_risk.ipynb")


def main() -> int:
    """Run every notebook; return the exit status."""
    started = time.perf_counter()
    prepare()
    for name in NOTEBOOKS:
        if not execute(name):
            return 1
    print(summary())
    print(
        f"\nDone in {time.perf_counter() - started:.0f} s. Executed notebooks: {RUN.name}/*.ipynb"
    )
    return 0


def prepare() -> None:
    """Make a fresh folder with the notebooks and their data."""
    stop_servers()
    shutil.rmtree(RUN, ignore_errors=True)
    shutil.copytree(SOURCE, RUN, ignore=shutil.ignore_patterns(".*", "packages", "executed"))
    # A workspace of its own, also where the checkout lies inside another one.
    from notewright.workspace import Workspace

    Workspace(RUN)


def execute(name: str) -> bool:
    """Execute one notebook in place; say where it failed, if it did."""
    path = RUN / name
    notebook = nbformat.read(path, as_version=4)
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    done = 0

    def starting(cell: nbformat.NotebookNode, cell_index: int) -> None:
        nonlocal done
        if cell.cell_type == "code":
            done += 1
            print(f"{name} [{done:2}/{total}] {first_line(cell.source)}", flush=True)

    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(RUN)}},
        on_cell_start=starting,
    )
    # The kernel finds `notewright` and `python` where this script's Python is.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    try:
        client.execute()
    except (CellExecutionError, DeadKernelError, TimeoutError) as error:
        print(f"\n{name} failed:\n{error}", file=sys.stderr)
        stop_servers()
        return False
    finally:
        nbformat.write(notebook, path)
    return True


def stop_servers() -> None:
    """Stop what an interrupted run may have left serving."""
    from notewright.workspace import Workspace

    if Workspace.existing(RUN) != RUN:
        return
    deployments = Workspace(RUN).deployments
    for deployment in deployments.list():
        if deployment.status == "running":
            deployments.stop(deployment.name)


def first_line(source: str) -> str:
    """Return the first line of a cell that says something."""
    lines = [line for line in source.splitlines() if line.strip() and not line.startswith("#")]
    return (lines or [""])[0][:90]


def summary() -> str:
    """Say what happened, read back from the store and verified on the way."""
    from notewright.workspace import Workspace

    workspace = Workspace(RUN)
    snapshots = workspace.snapshots.list()
    runs = [run for run in workspace.runs.list("status == 'finished'") if "roc_auc" in run.metrics]
    best = max(runs, key=lambda run: run.metrics["roc_auc"])
    first = workspace.models.get("credit_risk@1")
    found = [f for f in workspace.checks.list(first)[0].findings if f.status == "failed"]
    verdict = workspace.gates.evaluate("production", first)
    prediction = workspace.deployments.logs()["credit_risk"].records()[0].entry
    chain = workspace.retrace(prediction.id)
    packages = workspace.packages.list()
    audit = workspace.audit.verify()
    lines = [
        "",
        "What happened",
        f"  snapshots    {len(snapshots)}, the last {snapshots[-1].id[:6]}",
        f"  best run     {best.name!r}: AUC {best.metrics['roc_auc']:.3f}, of {len(runs)} runs",
        f"  findings     {len(found)} on the first check, such as:",
        f"               {found[0].sentence}",
        f"  gate         production is {'open' if verdict.open else 'closed'} for credit_risk@1",
        f"  packages     {len(packages)} versions, the working tree in {RUN.name}/packages/",
        f"  prediction   {prediction.id}: {prediction.rows} rows served",
        f"  retrace      {chain.sentence}",
        f"  audit log    {audit.entries} entries, {'sound' if audit.ok else audit.problem}",
    ]
    if not (chain.verified and verdict.open and audit.ok):
        raise SystemExit("\n".join([*lines, "", "The chain of evidence does not hold."]))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
