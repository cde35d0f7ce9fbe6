"""From a plan to a complete, proved tree of files."""

from __future__ import annotations

import json
import pickle
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.errors import ExportFailed, NotTheSame
from notewright.packaging import locking, probe
from notewright.packaging.documents import render_document
from notewright.packaging.emit import Context, modules
from notewright.packaging.papers import write_documents
from notewright.packaging.plan import Plan
from notewright.packaging.render import unparse
from notewright.packaging.replay import run_process
from notewright.packaging.rewrite import NotRowWise
from notewright.packaging.roles import fit_arguments
from notewright.packaging.signed import Signer, sign_document
from notewright.progress import Progress
from notewright.store.canonical import digest_of
from notewright.store.ids import now

#: A data file up to this size is carried inside the package.
CARRIED_BYTES = 5_000_000
#: Raw rows that are predicted one at a time as part of the proof.
SINGLE_ROWS = 200


class FeaturesFailed(Exception):
    """The feature function does not give what training saw; says where."""

    def __init__(self, problem: NotRowWise) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass
class Build:
    """One package in the making, in a folder of its own.

    Parameters
    ----------
    plan : Plan
        What to write.
    name : str
        The import name.
    number : int
        The version.
    tree : Path
        Where the package's files are made.
    home : Path
        Where its environment is made.
    signer : Signer
        Who signs.
    progress : Progress
        Told of each step.
    """

    plan: Plan
    name: str
    number: int
    tree: Path
    home: Path
    signer: Signer
    progress: Progress
    findings: list[str] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)

    @property
    def with_features(self) -> bool:
        """Whether raw rows can be served."""
        return self.plan.derived.problem is None

    @property
    def format(self) -> str:
        """How the model is kept: ``skops`` or ``pickle``."""
        return self.plan.replayed.format

    def direct(self) -> tuple[tuple[str, ...], list[Path]]:
        """Return the direct dependencies, and the notebook's own modules."""
        wanted = self.plan.modules | {"pandas", "numpy"}
        wanted.add(self.plan.replayed.model.type.partition(".")[0])
        wanted -= {"__main__", "builtins"}
        if self.format == "skops":
            wanted.add("skops")
        first = next(iter(self.plan.data.values()))[1]
        found, files = locking.direct_dependencies(wanted, first.parent)
        return tuple(found), files

    def run(self) -> dict[str, Any]:
        """Write, train, build, install, test and compare; return the proof.

        Raises
        ------
        FeaturesFailed
            If raw rows do not give what training saw.
        NotTheSame
            If the model, its metrics or predictions differ from the notebook's.
        """
        self.findings = list(self.plan.findings)
        if self.format == "pickle":
            self.findings.append(
                "The model is kept as a pickle, because skops cannot hold it exactly; "
                "loading a pickle can run code, so check its signature first."
            )
        self.progress.step(0.35, "writing the package")
        direct, self._local = self.direct()
        locks = locking.lock(direct)
        self._write_code(locks)
        self.progress.step(0.45, "preparing a clean environment")
        base = locking.environment(locks, self.progress)
        self.progress.step(0.5, "training from the package's own code")
        trained = self._train(base)
        write_documents(self, locks, trained)
        self.progress.step(0.65, "building the wheel and installing it")
        wheel = locking.build_wheel(self.tree, self.tree / "dist", self.progress)
        python = locking.layered(base, self.home, wheel, self.progress)
        self.progress.step(0.75, "running its tests and comparing predictions")
        checked, tests = self._prove(python, locking.tools_for_tests(locks, self.progress))
        self.progress.step(0.93, "signing the proof")
        return self._equivalence(trained, checked, tests, locks)

    # -- files ------------------------------------------------------------------

    def _write_code(self, locks: locking.Locks) -> None:
        plan = self.plan
        predictions: dict[str, Any] = next(iter(plan.replayed.predictions.values()), {})
        trusted = [t.replace("__main__.", f"{self.name}.helpers.") for t in plan.replayed.trusted]
        self.context = Context(
            self.name,
            self.name.replace("_", "-"),
            self.format,
            trusted,
            f"The model `{plan.target}` of a notebook.",
            "predict_proba" in predictions,
        )
        for path, text in modules(plan, self.context).items():
            self.write(f"src/{self.name}/{path}", text)
        for file in self._local:
            self.write(f"src/{file.name}", file.read_text(encoding="utf-8"))
        for _, source, inside in plan.data.values():
            if source.is_file() and source.stat().st_size <= CARRIED_BYTES:
                (self.tree / "data").mkdir(exist_ok=True)
                shutil.copyfile(source, self.tree / inside)
        self.write("tests/test_package.py", self._tests())
        self.write("tests/requirements.txt", locks.test_requirements)
        self.write("pylock.toml", locks.pylock)
        self.write("requirements.txt", locks.requirements)
        self.write("pyproject.toml", self._pyproject(locks))
        self._tidy()

    def _tests(self) -> str:
        from notewright.packaging.emit import _Emitter

        plan, emitter = self.plan, _Emitter(self.plan, self.context)
        model_input = unparse(fit_arguments(plan.roles.fit_call)[0])
        return render_document(
            "test_package.py",
            name=self.name,
            prefix=self.context.prefix,
            features=self.with_features,
            table=plan.derived.table,
            side=[{"name": n, "function": f"load_{n}"} for n in plan.derived.side],
            data={k: v[2] for k, v in plan.data.items()},
            prepare_arguments=", ".join(
                "SETTINGS" if n == "settings" else n for n in emitter.prepare_parameters()
            ),
            model_input=model_input,
        )

    def _pyproject(self, locks: locking.Locks) -> str:
        return render_document(
            "pyproject.toml",
            name=self.name,
            distribution=self.name.replace("_", "-"),
            command=self.context.command,
            version=f"{self.number}.0.0",
            description=self.context.description,
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            dependencies=locks.direct,
            packages=[self.name, *(f.name for f in self._local)],
        )

    def _tidy(self) -> None:
        """Sort imports, drop unused ones, format."""
        command = [sys.executable, "-m", "ruff"]
        options = ["--no-cache", "--isolated", "--line-length", "100", "src", "tests"]
        check = ["check", "-q", "--fix", "--select", "I,F401,F811", "--ignore-noqa"]
        result = run_process([*command, *check, *options], self.tree)
        result = run_process([*command, "format", "-q", *options], self.tree)
        if result.returncode != 0:
            raise ExportFailed(
                f"The package's code could not be formatted: {result.stderr.strip()[:300]}.",
                "This is a defect of the export; the notebook is untouched.",
            )

    def write(self, path: str, text: str) -> None:
        """Write one file of the tree."""
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    # -- training ---------------------------------------------------------------

    def _train(self, base: Path) -> dict[str, Any]:
        settings = {k: str(v[1]) if v[1].is_file() else v[2] for k, v in self.plan.data.items()}
        result = self._probe(
            base,
            {
                "do": "train",
                "source": str(self.tree / "src"),
                "model": str(self.tree / "model"),
                "settings": settings,
                "golden": str(self.tree / "tests" / "golden"),
            },
            "the package's training",
        )
        if "broken" in result:
            raise FeaturesFailed(
                self._place_of(result["broken"]["line"], result["broken"]["error"])
            )
        if result["untrusted"]:
            context = self.context
            trusted = sorted({*context.trusted, *result["untrusted"]})
            self.context = Context(
                context.name,
                context.command,
                context.format,
                trusted,
                context.description,
                context.proba,
            )
            text = modules(self.plan, self.context)["artifacts.py"]
            self.write(f"src/{self.name}/artifacts.py", text)
            self._tidy()
        self._compare_metrics(result["metrics"])
        return result

    def _compare_metrics(self, metrics: Mapping[str, float]) -> None:
        expected = self.notebook_metrics()
        for name, value in expected.items():
            if metrics.get(name) != value:
                raise NotTheSame(
                    f"the package's training gives {name} = {metrics.get(name)}, "
                    f"the notebook has {value}"
                )

    def notebook_metrics(self) -> dict[str, float]:
        """Return the notebook's metrics by name."""
        return {
            tag.removeprefix("metric:"): float(value)
            for tag, value in self.plan.replayed.values.items()
            if tag.startswith("metric:")
        }

    def _probe(self, python: Path, job: dict[str, Any], what: str) -> dict[str, Any]:
        folder = self.tree.parent
        plan = self.plan
        job = {
            "name": self.name,
            "features": self.with_features,
            "target": list(plan.derived.target_columns),
            "result": str(folder / f"{job['do']}-result.json"),
            **job,
        }
        file = folder / f"{job['do']}-job.json"
        file.write_text(json.dumps(job), encoding="utf-8")
        command = [str(python), "-B", str(Path(probe.__file__)), str(file)]
        result = run_process(command, self.tree, {"PYTHONPATH": ""}, self.progress)
        if not Path(job["result"]).exists():
            last = (result.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise ExportFailed(
                f"In the clean environment, {what} failed: {last[:300]}.",
                "The notebook may rely on something outside its cells, for instance a file it "
                "wrote itself; nothing was left behind.",
            )
        document: dict[str, Any] = json.loads(Path(job["result"]).read_bytes())
        return document

    # -- documents --------------------------------------------------------------

    def data_files(self) -> list[dict[str, Any]]:
        """Return path, digest and size of each data file."""
        return [
            {
                "path": inside,
                "digest": digest_of(source.read_bytes()),
                "size": source.stat().st_size,
                "carried": (self.tree / inside).is_file(),
            }
            for _, source, inside in self.plan.data.values()
            if source.is_file()
        ]

    def raw(self) -> Any:
        """Return the raw table as the notebook loaded it."""
        number = self.plan.roles.loads.index(self.plan.main)
        return self.plan.replayed.values[f"load:{number}"]

    # -- proof ------------------------------------------------------------------

    def _prove(self, python: Path, tools: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        values = self.plan.replayed.values
        notebook = {
            "raw": self.raw(),
            "inputs": {tag: v for tag, v in values.items() if tag.startswith("X:")},
            "predictions": dict(self.plan.replayed.predictions),
        }
        held = self.tree.parent / "notebook.pkl"
        held.write_bytes(pickle.dumps(notebook))
        job = {"do": "check", "notebook": str(held), "sample": SINGLE_ROWS}
        with ThreadPoolExecutor(2) as pool:
            tests = pool.submit(self.run_tests, python, tools)
            checked = pool.submit(self._probe, python, job, "comparing predictions")
            found = checked.result()
            outcome = tests.result()
        self._judge(found)
        if not outcome["passed"]:
            raise ExportFailed(
                f"The package's own tests do not pass: {outcome['summary']}.",
                "Look at the notebook for steps that depend on time, order or other files.",
            )
        return found, outcome

    def run_tests(self, python: Path, tools: Path) -> dict[str, Any]:
        """Run the package's tests against the installed wheel."""
        command = [str(python), "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
        result = run_process(command, self.tree, {"PYTHONPATH": str(tools)}, self.progress)
        lines = result.stdout.strip().splitlines()
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR", "E  "))]
        summary = "; ".join([*failed[:3], lines[-1] if lines else result.stderr.strip()[-300:]])
        return {"passed": result.returncode == 0, "summary": summary}

    def _judge(self, found: Mapping[str, Any]) -> None:
        for tag, entry in found["model"].items():
            if not entry["equal"]:
                raise NotTheSame(
                    f"the packaged model predicts other values than the notebook's for its "
                    f"{'training' if tag == 'X:fit' else 'test'} rows"
                )
        if not self.with_features:
            return
        features = found["features"]
        for tag, entry in features["training"].items():
            rows = "training" if tag == "X:fit" else "test"
            if entry["equal"] and not entry.get("predictions_equal", True):
                raise NotTheSame(f"raw {rows} rows get other predictions than in the notebook")
            if not entry["equal"]:
                where = ", ".join(entry.get("columns", [])) or "some column"
                why = (
                    f"gives raw rows other values than the {rows} rows had, in {where} "
                    f"({entry['found']} of {entry['rows']} rows agree)"
                )
                raise FeaturesFailed(self._place_of("", why, entry.get("columns", [])))
        singly, batches = features["singly"], features["batches"]
        if not (singly["equal"] and batches["equal"] and singly["labels_equal"]):
            raise FeaturesFailed(
                self._place_of(
                    features.get("statement", ""),
                    "gives one row other values than the same row among others",
                )
            )

    def _place_of(self, line: str, why: str, columns: list[str] | None = None) -> NotRowWise:
        """Return the cell and line behind a statement of the feature function."""
        statements = self.plan.derived.serve

        def plain(text: str) -> str:
            return "".join(text.split()).replace('"', "'")

        for index, node in statements:
            text = unparse(node)
            if line and (plain(line) in plain(text) or plain(text) in plain(line)):
                return self._not_row_wise(index, why)
        for index, node in reversed(statements):
            if columns and any(repr(c) in unparse(node) for c in columns):
                return self._not_row_wise(index, why)
        index = statements[-1][0] if statements else self.plan.roles.fit
        return self._not_row_wise(index, why)

    def _not_row_wise(self, index: int, why: str) -> NotRowWise:
        statement = self.plan.program.body[index]
        return NotRowWise(
            statement.place,
            statement.text.splitlines()[0],
            why,
            "a statement that uses only values of the same row, or values computed from the "
            "training rows beforehand and given a name",
        )

    def _equivalence(
        self,
        trained: Mapping[str, Any],
        checked: Mapping[str, Any],
        tests: Mapping[str, Any],
        locks: locking.Locks,
    ) -> dict[str, Any]:
        plan = self.plan
        document = {
            "schema": 1,
            "package": self.name,
            "version": self.number,
            "origin": "notebook",
            "created": now(),
            "result": "equal" if self.with_features else "equal, without raw rows",
            "model": {
                "variable": plan.target,
                "type": plan.replayed.model.type,
                "fingerprint": plan.replayed.fingerprint,
                "fingerprint_of_package": self._fingerprint(),
                "format": self.format,
                "predictions": checked["model"],
            },
            "metrics": {
                name: {"notebook": value, "package": trained["metrics"][name], "equal": True}
                for name, value in self.notebook_metrics().items()
            },
            "raw_rows": checked.get("features"),
            "edge_rows": trained.get("edges"),
            "tests": tests,
            "slice": plan.slice_kind,
            "cells": [
                {"execution": cell.execution, "cell": cell.label} for cell in self.cells_used()
            ],
            "data": self.data_files(),
            "lock": digest_of(locks.requirements.encode()),
            "findings": self.findings,
        }
        document = sign_document(document, self.signer)
        self.write("equivalence.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        return document

    def cells_used(self) -> list[Any]:
        """Return the cells that statements of the package come from, in order."""
        roles = self.plan.roles
        used = sorted({*roles.prepare, *roles.train, *roles.evaluate})
        return list(dict.fromkeys(self.plan.program.body[i].cell for i in used))

    def _fingerprint(self) -> str | None:
        """Return the fingerprint of the packaged model, if it can be read in this process."""
        own = [t for t in self.context.trusted if t.startswith((self.name, "__main__"))]
        if self.format != "skops" or own:
            return None
        import skops.io as sio

        from notewright.state.values import fingerprint

        model = sio.load(self.tree / "model" / "model.skops", trusted=list(self.context.trusted))
        # It may differ where skops rebuilds an inner part that no prediction depends on; the
        # proof holds both hashes, and predictions were compared exactly.
        return fingerprint(model)
