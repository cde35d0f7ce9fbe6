"""How far the export comes with programs that others wrote: scikit-learn's own examples.

`python benchmarks/export_examples.py [NAME ...]` takes each program as a notebook, cut at its
marks, runs it in a kernel under history, and exports the artifact that it leaves. The rule for
the artifact is the same for all: of the variables that hold something fitted that can predict,
the one that the code binds last; where there is none, of those that can transform. Prints
each step's `N of M`, the reason for each failure, and how many programs were left out, for
which reason. Answers are kept in benchmarks/results/export_examples.json; what is there is not
done again, but for what is named, and with `--failed` what failed.

Beside what the export proves itself, this makes an empty environment from the package's lock,
installs the wheel there and runs the package's tests; and it serves the package and compares the
answers over HTTP with what the notebook's own model says of the same rows. With `--quick` no
second environment is made: the export's own, made from the same lock, is what counts.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import queue
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from _examples import Example, examples
from _notebooks import CellFailed, Notebook
from _packages import in_empty_environment, over_http

from notewright.errors import NotewrightError
from notewright.progress import Progress
from notewright.workspace import Workspace

RESULTS = Path(__file__).parent / "results" / "export_examples.json"
#: What is asked of each program, in order.
STEPS = ("slice", "package", "installs", "tests", "metrics", "predictions", "raw_rows", "http")
#: Seconds that an export may take.
EXPORT_LIMIT = 420.0
_NOTHING = "leaves nothing fitted that can predict or transform"


@dataclass
class Outcome:
    """What came of one program."""

    name: str
    #: Why it is not counted; ``""`` where it is.
    left_out: str = ""
    artifact: str = ""
    steps: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(STEPS, False))
    reason: str = ""
    #: Whether the reason is the export's own sentence.
    said: bool = True
    findings: list[str] = field(default_factory=list)
    #: Whether a second environment was made, apart from the export's own.
    emptied: bool = False
    #: How long each part took.
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether everything that was asked is so."""
        return all(self.steps.values())

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Note how long the block takes."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] = round(time.perf_counter() - began, 1)


class LeftOut(Exception):
    """A program that cannot be a measure of the export, and why."""


def main() -> None:
    """Export, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only these programs, done again")
    parser.add_argument("--examples", type=Path, help="the folder that holds the programs")
    parser.add_argument("--failed", action="store_true", help="do again what failed")
    parser.add_argument("--at-most", type=int, default=10_000, help="programs, this time")
    parser.add_argument("--limit", type=float, default=60, help="seconds for each program")
    parser.add_argument("--quick", action="store_true", help="make no second environment")
    options = parser.parse_args()
    known = _known()
    wanted = [e for e in examples(options.examples) if _asked(e, options, known)]
    for example in wanted[: options.at_most]:
        outcome = measure(example, options.limit, options.quick)
        known[example.name] = outcome
        _show(outcome)
        RESULTS.parent.mkdir(exist_ok=True)
        text = json.dumps([asdict(o) for o in known.values()], indent=1) + "\n"
        RESULTS.write_text(text, encoding="utf-8")
    summarize(list(known.values()))


def _asked(example: Example, options: argparse.Namespace, known: dict[str, Outcome]) -> bool:
    if options.names:
        return any(name in example.name for name in options.names)
    before = known.get(example.name)
    return before is None or (options.failed and not before.left_out and not before.done)


def _known() -> dict[str, Outcome]:
    if not RESULTS.exists():
        return {}
    return {o["name"]: Outcome(**o) for o in json.loads(RESULTS.read_bytes())}


def _show(outcome: Outcome) -> None:
    if outcome.left_out:
        print(f"{outcome.name:<58}left out: {outcome.left_out}", flush=True)
        return
    marks = "".join("+" if outcome.steps[step] else "-" for step in STEPS)
    print(
        f"{outcome.name:<58}{marks} {sum(outcome.seconds.values()):6.1f} s  {outcome.artifact}",
        flush=True,
    )
    if outcome.reason:
        print(f"    {'' if outcome.said else 'NOT SAID: '}{outcome.reason}", flush=True)


def summarize(outcomes: list[Outcome]) -> None:
    """Print N of M for each step, the reasons, and what was left out."""
    counted = [o for o in outcomes if not o.left_out]
    failed = [o for o in counted if not o.done]
    print()
    for step in STEPS:
        print(f"{step:<14}{sum(o.steps[step] for o in counted)} of {len(counted)}")
    print(f"{'everything':<14}{sum(o.done for o in counted)} of {len(counted)}")
    print(f"{'emptied':<14}{sum(o.emptied for o in counted)} of {len(counted)} environments")
    print(f"{'said why':<14}{sum(o.said for o in failed)} of {len(failed)} failures")
    for reason, count in Counter(o.left_out.partition(":")[0] for o in outcomes).most_common():
        if reason:
            print(f"left out, {count}: {reason}")


# -- one program --------------------------------------------------------------------


def measure(example: Example, limit: float, quick: bool = False) -> Outcome:
    """Run a program as a notebook, export what it leaves, and try the package.

    Parameters
    ----------
    example : Example
        The program.
    limit : float
        The seconds it may take.
    quick : bool
        Take the export's word for the environment, rather than make another one.
    """
    outcome = Outcome(example.name)
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        root = Path(folder).resolve() / "project"
        root.mkdir()
        try:
            if example.needs_network:
                raise LeftOut(f"needs the network: {example.needs_network}")
            if not example.fits:
                raise LeftOut(_NOTHING)
            with outcome.timed("notebook"):
                workspace, outcome.artifact, model = _executed(example, root, limit)
            _export(workspace, example, outcome, model, quick)
            if "running the cells again gives another" in outcome.reason:
                _leave_out_if_random(example, Path(folder), outcome.artifact, model, limit)
        except LeftOut as why:
            outcome.left_out = str(why)
    return outcome


def _executed(example: Example, root: Path, limit: float) -> tuple[Workspace, str, Any]:
    """Run the program's cells in a kernel; return the artifact's name and value."""
    environment = {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    notebook = Notebook(root, sys.executable, environment)
    try:
        notebook.run("%load_ext notewright")
        left = limit
        for cell in example.cells:
            left -= notebook.run(cell, left)
        notebook.run("%nw snapshot -m 'the end'")
    except CellFailed as failed:
        raise LeftOut(f"does not run: {str(failed).splitlines()[-1][:160]}") from None
    except queue.Empty:
        raise LeftOut(f"takes more than {limit:.0f} s") from None
    finally:
        notebook.close()
    workspace = Workspace.find(root)
    found = _artifact(workspace, example)
    if found is None:
        raise LeftOut(_NOTHING)
    return workspace, *found


def _artifact(workspace: Workspace, example: Example) -> tuple[str, Any] | None:
    session = workspace.history.latest_session()
    snapshot = workspace.snapshots.head(session)
    saved = {v.name for v in snapshot.variables}
    try:
        values = workspace.snapshots.load(snapshot, saved)
    except NotewrightError:
        values = _loaded_singly(workspace, snapshot, saved)
    transformer = None
    for name in reversed(_bound(example)):
        value = values.get(name)
        if _fitted(value):
            if hasattr(value, "predict"):
                return name, value
            transformer = transformer or (name, value)
    return transformer


def _loaded_singly(workspace: Workspace, snapshot: Any, names: set[str]) -> dict[str, Any]:
    """Return what can be loaded of a snapshot of which something cannot."""
    values: dict[str, Any] = {}
    for name in sorted(names):
        with contextlib.suppress(NotewrightError):
            values |= workspace.snapshots.load(snapshot, [name], values)
    return values


def _bound(example: Example) -> list[str]:
    """Return the variables of the program in the order in which it binds them last."""
    found: dict[str, None] = {}
    for cell in example.cells:
        for name in _stored(ast.parse(cell)):
            found.pop(name, None)
            found[name] = None
    return list(found)


def _stored(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
        return []
    if isinstance(node, ast.Name):
        return [node.id] if isinstance(node.ctx, ast.Store) else []
    return [name for child in ast.iter_child_nodes(node) for name in _stored(child)]


def _fitted(value: Any) -> bool:
    from sklearn.base import BaseEstimator
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    if not isinstance(value, BaseEstimator):
        return False
    if not (hasattr(value, "predict") or hasattr(value, "transform")):
        return False
    try:
        check_is_fitted(value)
    except (NotFittedError, TypeError):
        return False
    return True


def _leave_out_if_random(
    example: Example, folder: Path, artifact: str, model: Any, limit: float
) -> None:
    """Leave the program out if it gives another model whenever it runs."""
    from notewright.state.values import fingerprint

    again = folder / "again"
    again.mkdir()
    _, name, other = _executed(example, again, limit)
    if name != artifact or fingerprint(other) != fingerprint(model):
        raise LeftOut("gives another model whenever it runs, as the export says")


# -- its package ----------------------------------------------------------------------


def _export(
    workspace: Workspace, example: Example, outcome: Outcome, model: Any, quick: bool
) -> None:
    reached = 0.0

    def report(fraction: float, message: str) -> None:
        nonlocal reached
        reached = fraction

    progress = Progress(report, what="The export")
    timer = threading.Timer(EXPORT_LIMIT, progress.cancel)
    timer.start()
    try:
        with outcome.timed("export"):
            package = workspace.packages.export(outcome.artifact, example.title, progress=progress)
    except NotewrightError as error:
        # The slice is confirmed by the replay, before anything is written.
        outcome.steps["slice"] = reached >= 0.35
        outcome.reason = " ".join(str(error).split())
        return
    except Exception as error:  # noqa: BLE001 - what this looks for
        outcome.said = False
        outcome.reason = f"{type(error).__name__}: {error}"
        return
    finally:
        timer.cancel()
    proof = json.loads((package.path / "equivalence.json").read_bytes())
    outcome.findings = list(package.findings)
    outcome.steps |= {
        "slice": proof["slice"] == "statements",
        "package": proof["result"].startswith("equal"),
        "metrics": all(e["notebook"] == e["package"] for e in proof["metrics"].values()),
        "predictions": all(e["equal"] for e in proof["model"]["predictions"].values()),
        "raw_rows": package.serves_raw_rows,
    }
    if quick:
        # The export itself ran the tests on the wheel, in an environment from the lock.
        outcome.steps |= dict.fromkeys(("installs", "tests"), proof["tests"]["passed"])
    else:
        outcome.emptied = True
        with outcome.timed("installs"):
            _try(outcome, ("installs", "tests"), lambda: in_empty_environment(package))
    if package.serves_raw_rows:
        with outcome.timed("http"):
            _try(outcome, ("http",), lambda: over_http(package, model))
    else:
        outcome.reason = outcome.reason or " ".join(outcome.findings)


def _try(outcome: Outcome, steps: tuple[str, ...], work: Callable[[], str]) -> None:
    """Do `work`, which says what is wrong; the step it names, and those after it, are not done."""
    wrong = work()
    failed = next((n for n, step in enumerate(steps) if wrong.startswith(step)), len(steps))
    outcome.steps |= {step: n < failed for n, step in enumerate(steps)}
    if wrong:
        outcome.reason, outcome.said = wrong, False


if __name__ == "__main__":
    main()
