"""A package's own code, trained on new rows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import ExportFailed
from notewright.packaging import locking
from notewright.packaging.bill import bill_of_new_version
from notewright.packaging.documents import edge_table
from notewright.packaging.less_carried import finding, withheld_in_tree
from notewright.packaging.modelfile import suffix_of
from notewright.packaging.onnx_model import OnnxParity, write_onnx
from notewright.packaging.prover import Prover, shared_modules
from notewright.packaging.proving import run_tests
from notewright.packaging.signed import sign_document
from notewright.progress import Progress
from notewright.state.file_columns import withheld_in_file
from notewright.state.withheld import NOTHING, Withholding
from notewright.store.canonical import digest_of
from notewright.store.ids import now
from notewright.store.signing import Signer

if TYPE_CHECKING:
    from notewright.packaging.records import Package

#: README.md's table of answers to values that training never saw, and what stands in for it.
_TABLE = re.compile(r"^\| column \| missing \|.*\n(?:\|.*\n)*", re.MULTILINE)
_PLACE = "<!-- answers -->\n"
#: README.md's line of the ONNX file.
_ONNX = re.compile(r"^\| `model/model\.onnx` \|.*\n", re.MULTILINE)


@dataclass
class Retraining:
    """The next version of a package in the making.

    Parameters
    ----------
    package : Package
        The version whose code is used.
    data : Path
        The new rows.
    number : int
        The new version.
    tree, home : Path
        Where its files and its environment are made.
    signer : Signer
        Who signs.
    progress : Progress
        Told of each step.
    withholding : Withholding
        Columns whose values it must do without.
    """

    package: Package
    data: Path
    number: int
    tree: Path
    home: Path
    signer: Signer
    progress: Progress
    withholding: Withholding = NOTHING
    _onnx: OnnxParity | None = field(default=None, init=False)

    def run(self) -> dict[str, Any]:
        """Copy, train, test; return the proof."""
        self.progress.step(0.05, "copying the package")
        self._copy()
        locks = self._locks()
        base = locking.environment(locks, self.progress)
        python = locking.layered(base, self.home, self.progress)
        model = self.package.equivalence["model"]
        prover = Prover(python, shared_modules(model["type"], model["format"]), locks.hash)
        try:
            self.progress.step(0.25, "training on the new rows")
            trained = self._train(prover)
            self._onnx = self._new_onnx()
            self._describe(trained)
            self.progress.step(0.55, "building the wheel and installing it")
            wheel = locking.build_wheel(self.tree, self.tree / "dist", self.progress)
            locking.install(wheel, python, self.progress)
            self.progress.step(0.7, "running its tests")
            tests = self._tests(prover, locking.tools_for_tests(locks, self.progress))
        finally:
            prover.close()
        self.progress.step(0.95, "signing the proof")
        return self._proof(trained, tests, locks)

    def _copy(self) -> None:
        skipped = shutil.ignore_patterns("dist", "manifest.json", "__pycache__")
        shutil.copytree(self.package.path, self.tree, ignore=skipped)
        for path in self.tree.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        data = self.tree / self._data_path()
        if self._may_be_carried():
            data.parent.mkdir(exist_ok=True)
            shutil.copyfile(self.data, data)
        else:
            data.unlink(missing_ok=True)
        for file in withheld_in_tree(self.tree, self.withholding, self.package.withheld):
            if file.startswith("data/"):  # golden rows are made anew
                (self.tree / file).unlink()
        project = self.tree / "pyproject.toml"
        text = project.read_text(encoding="utf-8")
        project.write_text(
            re.sub(r'^version = ".*"$', f'version = "{self.number}.0.0"', text, flags=re.M),
            encoding="utf-8",
        )

    def _may_be_carried(self) -> bool:
        if self.data.stat().st_size > 5_000_000:
            return False
        return not withheld_in_file(self.data.read_bytes(), self.data.name, self.withholding)

    def withheld_columns(self) -> list[str]:
        """Return the raw columns whose values are withheld."""
        schema = json.loads((self.tree / "model" / "schema.json").read_bytes())
        columns = [*schema["columns"], *schema.get("optional", ()), *_target_columns(schema)]
        names = [column["name"] for column in columns]
        return [name for name in names if self.withholding.find(name) is not None]

    @property
    def findings(self) -> list[str]:
        """What its owner should know."""
        withheld = self.withholding.among(self.withheld_columns())
        more = [finding(withheld)] if withheld else []
        return list(dict.fromkeys([*self.package.findings, *more]))

    def _data_path(self) -> str:
        return str(self.package.equivalence["data"][0]["path"])

    def _locks(self) -> locking.Locks:
        names = (
            "pylock.toml",
            "requirements.txt",
            "tests/requirements.txt",
            "serve/requirements.txt",
        )
        return locking.Locks((), *((self.tree / n).read_text(encoding="utf-8") for n in names))

    def _train(self, prover: Prover) -> dict[str, Any]:
        name = self.package.name
        features = self.package.serves_raw_rows
        schema = json.loads((self.tree / "model" / "schema.json").read_bytes())
        job = {
            "do": "train",
            "name": name,
            "features": features,
            "target": _targets(schema),
            "unused": [column["name"] for column in schema.get("optional", [])],
            "withheld": self.withheld_columns(),
            "source": str(self.tree / "src"),
            "model": str(self.tree / "model"),
            "settings": {"data": str(self.data.resolve())},
            "tests": str(self.tree / "tests"),
            "reference": str(self.tree.parent / "rows.pkl"),
        }
        file = self.tree.parent / "train.json"
        outcome = prover.run(job, self.tree, file, self.progress)
        trained = outcome.result
        if trained is None:
            last = (outcome.output.strip().splitlines() or ["it ended without a word"])[-1]
            raise ExportFailed(
                f"Training {name} on {self.data.name} failed: {last[:300]}.",
                "The new rows need the columns of the training data, the target included.",
            )
        if trained.get("untrusted"):
            raise ExportFailed(
                f"The new model holds types that {name} does not trust: "
                f"{', '.join(trained['untrusted'])}.",
                "Export the model from the notebook again.",
            )
        if "broken" in trained:
            raise ExportFailed(
                f"The features of {name} fail on {self.data.name}: {trained['broken']['error']}.",
                "Compare the new rows with model/schema.json of the package.",
            )
        return trained

    def _new_onnx(self) -> OnnxParity | None:
        """Write the new model as ONNX too, where the version before had it so."""
        before = self.package.equivalence.get("onnx")
        if not (before and before["kept"]):
            return None
        if not self.package.serves_raw_rows:
            return OnnxParity(False, "there are no rows of the model's input to compare it on")
        rows = self.tree.parent / "rows.pkl"
        return write_onnx(self.package.name, self.tree, rows, self.progress)

    @property
    def _model_file(self) -> Path:
        suffix = suffix_of(self.package.equivalence["model"]["format"])
        return self.tree / "model" / f"model.{suffix}"

    def _describe(self, trained: Mapping[str, Any]) -> None:
        """Write the reference profile of the new rows, and the new numbers into the documents."""
        import pickle

        from notewright.governance.drift import profile

        # Written a moment ago by our own child, in a folder only this user can enter.
        rows = pickle.loads((self.tree.parent / "rows.pkl").read_bytes())
        text = json.dumps(profile(rows), allow_nan=False) + "\n"
        (self.tree / "model" / "reference.json").write_text(text, encoding="utf-8")
        fingerprint = self._fingerprint(self._model_file)
        answers = edge_table(trained.get("edges"))
        for name in ("README.md", "MODEL_CARD.md"):
            file = self.tree / name
            # The table of answers is all new, so nothing is to be replaced within it.
            words = _TABLE.sub(_PLACE, file.read_text(encoding="utf-8"))
            for metric, old in self.package.metrics.items():
                words = words.replace(str(old), str(trained["metrics"][metric]))
            words = words.replace(
                "and proved to give the same\nmodel: see `equivalence.json`.",
                f"then trained again\non other rows with the code of version "
                f"{self.package.number}: see `equivalence.json`.",
            )
            words = words.replace(self.package.equivalence["model"]["fingerprint"], fingerprint)
            words = re.sub(r"version \d+\.0\.0", f"version {self.number}.0.0", words, count=1)
            words = re.sub(
                r"^\| Trained \|.*$",
                f"| Trained | {now()[:10]}, again with the code of version "
                f"{self.package.number}, from {len(rows)} rows before its own split |",
                words,
                flags=re.M,
            )
            entry = self._entry()
            words = re.sub(
                r"^\| Data \|.*$",
                f"| Data | `{entry['path']}` (BLAKE3 `{entry['digest'][:16]}…`, "
                f"{entry['size']} bytes) |",
                words,
                flags=re.M,
            )
            if self._onnx is None or not self._onnx.kept:
                words = _ONNX.sub("", words)
            file.write_text(words.replace(_PLACE, answers), encoding="utf-8")
        self._new_bill(trained["metrics"])

    def _new_bill(self, metrics: Mapping[str, float]) -> None:
        """Give the bill of materials the new version, and the new model's and data's."""
        file = self.tree / "sbom.cdx.json"
        text = bill_of_new_version(
            file.read_text(encoding="utf-8"),
            self.number,
            self._model_file,
            metrics,
            self._entry(),
        )
        file.write_text(text, encoding="utf-8")

    def _entry(self) -> dict[str, Any]:
        path = self._data_path()
        return {
            "path": path,
            "digest": digest_of(self.data.read_bytes()),
            "size": self.data.stat().st_size,
            "carried": (self.tree / path).is_file(),
        }

    def _tests(self, prover: Prover, tools: Path) -> dict[str, Any]:
        outcome = run_tests(prover, self.package.name, self.tree, tools, self.progress)
        if not outcome["passed"]:
            raise ExportFailed(
                f"The package's own tests do not pass on the new rows: {outcome['summary']}.",
                "Look at the new rows; nothing was left behind.",
            )
        return outcome

    def _proof(
        self, trained: Mapping[str, Any], tests: Mapping[str, Any], locks: locking.Locks
    ) -> dict[str, Any]:
        old = self.package.equivalence
        others = [
            {**each, "carried": (self.tree / each["path"]).is_file()} for each in old["data"][1:]
        ]
        document = {
            "schema": 1,
            "package": self.package.name,
            "version": self.number,
            "origin": "retrain",
            "parent": self.package.id,
            "created": now(),
            "result": "trained again: nothing of a notebook to compare with",
            "model": {
                **{k: old["model"][k] for k in ("variable", "type", "format")},
                "fingerprint": self._fingerprint(self._model_file),
            },
            "metrics": {name: {"package": value} for name, value in trained["metrics"].items()},
            "raw_rows": {"tests": "one row at a time and all together"}
            if self.package.serves_raw_rows
            else None,
            "edge_rows": trained.get("edges"),
            "tests": dict(tests),
            "onnx": self._onnx and self._onnx.record(),
            "slice": old["slice"],
            "cells": old["cells"],
            "data": [self._entry(), *others],
            "lock": digest_of(locks.requirements.encode()),
            "findings": self.findings,
        }
        signed = sign_document(document, self.signer)
        text = json.dumps(signed, indent=1, ensure_ascii=False) + "\n"
        (self.tree / "equivalence.json").write_text(text, encoding="utf-8")
        return signed

    def _fingerprint(self, model: Path) -> str:
        """Return the model's fingerprint by value; of its bytes where it cannot be read here."""
        if model.suffix == ".skops":
            import skops.io as sio

            from notewright.state.values import fingerprint

            trusted = self._trusted()
            if not any(t.startswith(self.package.name) for t in trusted):
                return fingerprint(sio.load(model, trusted=trusted))
        return digest_of(model.read_bytes())

    def _trusted(self) -> list[str]:
        """Return the trust list in the package's reviewed code."""
        import ast

        code = (self.tree / "src" / self.package.name / "artifacts.py").read_text(encoding="utf-8")
        for node in ast.parse(code).body:
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "TRUSTED":
                return list(ast.literal_eval(node.value or ast.List([])))
        return []


def _targets(schema: Mapping[str, Any]) -> list[str]:
    """Return the names of the raw columns that the target is made of."""
    return [column["name"] for column in _target_columns(schema)]


def _target_columns(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the raw columns that the target is made of; older packages tell the first."""
    first = [schema["target"]] if schema["target"] else []
    return list(schema.get("targets", first))
