"""The process in which a run's cells run again: ``python -m notewright.afresh.rerun_child JOB``."""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import sys
import types
from pathlib import Path
from typing import Any

from notewright.experiments.active import ActiveRun
from notewright.experiments.run import Status
from notewright.lineage.cell import Cell
from notewright.lineage.recorder import Recorder
from notewright.state.namespace import Namespace
from notewright.workspace import Workspace


def main(job_file: str) -> None:
    """Run the cells of a job, the last one as a run, and write what came of it."""
    job = json.loads(Path(job_file).read_bytes())
    os.chdir(job["directory"])
    sys.path[0:0] = [job["directory"]]
    done = _run(job)
    out = Path(job["out"])
    temporary = out.with_suffix(".tmp")
    temporary.write_text(json.dumps(done), encoding="utf-8")
    temporary.rename(out)


def _run(job: dict[str, Any]) -> dict[str, Any]:
    workspace = Workspace(Path(job["root"]))
    variables = _main_module()
    folder = Path(job["directory"])
    namespace = Namespace(variables, folders=(workspace.root, folder))
    recorder = Recorder(workspace.history, workspace.snapshots, namespace, folder)
    try:
        for told in job["cells"][:-1]:
            error = _cell(recorder, told, variables)[1]
            if error is not None:
                return {"words": told["words"], "error": _words(error)}
        active = workspace.runs.start(
            job["name"],
            job["tags"],
            session=recorder.session,
            namespace=namespace,
            origin="rerun",
            parent=job["parent"],
        )
        with active.recording():
            cell, error = _cell(recorder, job["cells"][-1], variables)
        return {"run": _finished(recorder, active, cell, error)}
    finally:
        recorder.close()


def _main_module() -> dict[str, Any]:
    """Return the globals of an empty main module, with what notebooks have besides Python's."""
    main_module = types.ModuleType("__main__")
    sys.modules["__main__"] = main_module
    main_module.__dict__["display"] = lambda *objects, **options: None
    return main_module.__dict__


def _cell(
    recorder: Recorder, told: dict[str, Any], variables: dict[str, Any]
) -> tuple[Cell, BaseException | None]:
    code = told["code"]
    cell = Cell(code, code, told["cell"], told["number"])
    # A file name with the source behind it lets tracebacks and inspect.getsource work.
    name = f"<cell [{told['number']}]>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    error: BaseException | None = None
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        try:
            with contextlib.redirect_stdout(nowhere), recorder.running(cell):
                exec(compile(code, name, "exec"), variables)  # noqa: S102 - the user's own code
        except Exception as raised:  # noqa: BLE001 - it may raise anything
            error = raised
    return cell, error


def _finished(
    recorder: Recorder, active: ActiveRun, cell: Cell, error: BaseException | None
) -> str:
    status: Status = "finished" if error is None else "failed"
    after = recorder.take(active.name or "rerun", "run")
    run = active.finish(
        status,
        changed=cell.change.changed,
        execution=recorder.execution(),
        snapshot_after=after.id,
        code=cell.code,
        error=None if error is None else _words(error),
        past=recorder.past(),
    )
    return run.id


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


if __name__ == "__main__":
    # Its classes must be those of the package, not of __main__, which is the user's.
    from notewright.afresh import rerun_child as module

    module.main(sys.argv[1])
