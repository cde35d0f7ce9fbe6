"""The proof of an export: the installed package does what the notebook did."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import ExportFailed, NotTheSame
from notewright.packaging.equivalence import fingerprint_of_package
from notewright.packaging.not_row_wise import NotRowWise
from notewright.packaging.plan import Plan
from notewright.packaging.prover import Prover
from notewright.packaging.render import unparse
from notewright.progress import Progress

if TYPE_CHECKING:
    from notewright.packaging.building import Build

#: Raw rows that are predicted one at a time as part of the proof.
SINGLE_ROWS = 200


class FeaturesFailed(Exception):
    """The feature function does not give what training saw; says where."""

    def __init__(self, problem: NotRowWise) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass(frozen=True)
class Proved:
    """What the proof found."""

    checked: Mapping[str, Any]
    tests: Mapping[str, Any]
    fingerprint: str | None


def prove(build: Build, prover: Prover, tools: Path) -> Proved:
    """Run the installed package's tests, and compare it with the notebook, side by side.

    Parameters
    ----------
    build : Build
        The package in the making; its wheel is installed.
    prover : Prover
        Works in its environment.
    tools : Path
        The folder with what the tests need.

    Raises
    ------
    FeaturesFailed
        If raw rows do not get the features that training saw.
    NotTheSame
        If predictions differ.
    ExportFailed
        If the package's own tests fail.
    """
    replayed = build.plan.replayed
    notebook = {
        "raw": build.raw(),
        "inputs": build.inputs(),
        "predictions": dict(replayed.predictions),
    }
    held = build.tree.parent / "notebook.pkl"
    held.write_bytes(pickle.dumps(notebook))
    # Single rows take the longest, so they are shared between the processors.
    parts = min(2, os.cpu_count() or 1) if build.with_features else 1
    job = {"notebook": str(held), "sample": SINGLE_ROWS}

    def check(part: int) -> dict[str, Any]:
        asked = {**job, "part": [part, parts]}
        return build.probe(prover, f"check-{part}", asked, "comparing predictions")

    with ThreadPoolExecutor(parts + 1) as pool:
        checks = [pool.submit(check, part) for part in range(parts)]
        tests = pool.submit(run_tests, prover, build.name, build.tree, tools, build.progress)
        fingerprint = fingerprint_of_package(build)
        found = _together([c.result() for c in checks])
        outcome = tests.result()
    _judge(build, found)
    if not outcome["passed"]:
        raise ExportFailed(
            f"The package's own tests do not pass: {outcome['summary']}.",
            "Look at the notebook for steps that depend on time, order or other files.",
        )
    return Proved(found, outcome, fingerprint)


def _together(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Put the parts of a comparison together: single rows are in each, the rest in the first."""
    found = dict(parts[0])
    if "features" not in found:
        return found
    features = [part["features"] for part in parts]
    singly = [f["singly"] for f in features]
    found["features"] = {
        **features[0],
        "singly": {
            "rows": sum(s["rows"] for s in singly),
            "equal": all(s["equal"] for s in singly),
            "labels_equal": all(s["labels_equal"] for s in singly),
            "largest_difference": max(s["largest_difference"] for s in singly),
            "rounding": max(s["rounding"] for s in singly),
        },
    }
    statement = next((f["statement"] for f in features if f.get("statement")), "")
    if statement:
        found["features"]["statement"] = statement
    return found


def run_tests(
    prover: Prover, name: str, tree: Path, tools: Path, progress: Progress
) -> dict[str, Any]:
    """Run a package's tests against its installed wheel; say whether they passed.

    Parameters
    ----------
    prover : Prover
        Works in the package's environment.
    name : str
        The package's import name.
    tree : Path
        The package's files, with its tests.
    tools : Path
        The folder with what the tests need.
    progress : Progress
        Cancelling it stops the tests.
    """
    job = {"do": "tests", "name": name, "tools": str(tools)}
    outcome = prover.run(job, tree, tree.parent / "tests.json", progress)
    lines = outcome.output.strip().splitlines() or ["it ended without a word"]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "E  "))]
    found = outcome.result or {"code": outcome.code or 1}
    if not found["code"] and Path(found["installed"]).is_relative_to(tree):
        return {"passed": False, "summary": "they did not run against the installed package"}
    return {
        "passed": found["code"] == 0,
        "summary": "; ".join([*failed[:3], summary_of(lines[-1])]),
    }


def summary_of(line: str) -> str:
    r"""Return pytest's last line without colours, and with a unit that reads well.

    Examples
    --------
    >>> summary_of("\x1b[32m10 passed\x1b[0m in 2.71s")
    '10 passed in 2.7 s'
    """
    plain = re.sub(r"\x1b\[[0-9;]*m", "", line).strip("= ")
    return re.sub(r" in (\d+\.\d+)s\b", lambda m: f" in {float(m[1]):.1f} s", plain)


def _judge(build: Build, found: Mapping[str, Any]) -> None:
    for tag, entry in found["model"].items():
        if not entry["equal"]:
            raise NotTheSame(
                f"the packaged model predicts other values than the notebook's for its "
                f"{'training' if tag == 'X:fit' else 'test'} rows"
            )
    if not build.with_features:
        return
    features = found["features"]
    _leave_out_others(build, features["training"])
    for tag, entry in features["training"].items():
        rows = "training" if tag == "X:fit" else "test"
        if entry["equal"] and not entry.get("predictions_equal", True):
            # As of features in another order: the model itself is the same, as was just seen.
            why = f"gives raw {rows} rows other predictions than they had in the notebook"
            line = features.get("statement", "")
            raise FeaturesFailed(place_of(build.plan, line, why))
        if not entry["equal"]:
            where = ", ".join(entry.get("columns", [])) or "some column"
            why = (
                f"gives raw rows other values than the {rows} rows had, in {where} "
                f"({entry['found']} of {entry['rows']} rows agree)"
            )
            # Where single rows differ too, the statement is known that makes the difference.
            line = features.get("statement", "")
            raise FeaturesFailed(place_of(build.plan, line, why, entry.get("columns", [])))
    singly, batches = features["singly"], features["batches"]
    if build.plan.rule is not None and singly["equal"] and not singly["labels_equal"]:
        raise ExportFailed(
            f"'{build.plan.rule.shown}' gives one row another value than the same row among "
            "others.",
            "Compute what it needs of all rows in a statement of its own, give that a name, and "
            "read it in the function.",
        )
    if not (singly["equal"] and batches["equal"] and singly["labels_equal"]):
        raise FeaturesFailed(
            place_of(
                build.plan,
                features.get("statement", ""),
                "gives one row other values than the same row among others",
            )
        )


def _leave_out_others(build: Build, compared: dict[str, Any]) -> None:
    """Take out the rows that turn out to be another table's, and say so."""
    for tag, words in build.plan.beside.items():
        if tag in compared and not compared[tag]["equal"]:
            del compared[tag]
            build.findings += [words] if words not in build.findings else []


def place_of(plan: Plan, line: str, why: str, columns: Sequence[str] | None = None) -> NotRowWise:
    """Return the cell and line behind a statement of the feature function."""
    statements = plan.derived.serve

    def plain(text: str) -> str:
        return "".join(text.split()).replace('"', "'")

    for index, node in statements:
        text = unparse(node)
        if line and (plain(line) in plain(text) or plain(text) in plain(line)):
            return _not_row_wise(plan, index, why)
    for index, node in reversed(statements):
        if columns and any(repr(c) in unparse(node) for c in columns):
            return _not_row_wise(plan, index, why)
    index = statements[-1][0] if statements else plan.roles.fit
    return _not_row_wise(plan, index, why)


def _not_row_wise(plan: Plan, index: int, why: str) -> NotRowWise:
    statement = plan.program.body[index]
    return NotRowWise(
        statement.place,
        statement.text.splitlines()[0],
        why,
        "a statement that uses only values of the same row, or values computed from the "
        "training rows beforehand and given a name",
    )
