"""From a plan to a complete, proved tree of files."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from notewright.errors import ExportFailed, NotTheSame
from notewright.packaging import known, locking, scale
from notewright.packaging.answering import Answer
from notewright.packaging.documents import render_document
from notewright.packaging.emit import Emitter, modules
from notewright.packaging.equivalence import write_equivalence
from notewright.packaging.leaks import Leaks
from notewright.packaging.less_carried import finding, withheld_columns
from notewright.packaging.onnx_model import OnnxParity, can_convert, write_onnx
from notewright.packaging.own_modules import imported_by, optional
from notewright.packaging.papers import write_documents
from notewright.packaging.pieces import Context
from notewright.packaging.placing import clean
from notewright.packaging.plan import Plan
from notewright.packaging.prover import Prover, shared_modules
from notewright.packaging.proving import FeaturesFailed, place_of, prove
from notewright.packaging.render import unparse
from notewright.packaging.replay import run_process
from notewright.packaging.roles import Load, fit_arguments
from notewright.packaging.rows_as_file import write_rows
from notewright.packaging.server_wheel import write_server_wheel
from notewright.packaging.source import CellSource
from notewright.progress import Progress
from notewright.state.file_columns import withheld_in_file
from notewright.state.withheld import NOTHING, Withholding
from notewright.store.canonical import digest_of
from notewright.store.signing import Signer

#: What to do where only made-up values stand in the way.
_WHO_MAY = "Ask somebody with a role that may see the columns to export it."
#: A data file up to this size is carried inside the package.
CARRIED_BYTES = 5_000_000


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
    stated : dict
        What the project's policy says of the model, by label.
    ready : Prover, optional
        Who was made ready for it ahead.
    withholding : Withholding
        Columns whose values the package must do without.
    """

    plan: Plan
    name: str
    number: int
    tree: Path
    home: Path
    signer: Signer
    progress: Progress
    stated: dict[str, str]
    ready: Prover | None = None
    withholding: Withholding = NOTHING
    findings: list[str] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    onnx: OnnxParity | None = None

    @property
    def with_features(self) -> bool:
        """Whether raw rows can be served."""
        return self.plan.derived.problem is None

    @property
    def format(self) -> str:
        """How the model is kept: ``skops``, ``torch`` or ``pickle``."""
        return self.plan.replayed.format

    def direct(self) -> tuple[tuple[str, ...], list[Path]]:
        """Return the direct dependencies, and the notebook's own modules."""
        wanted = self.plan.modules | {"pandas", "numpy"}
        wanted.add(self.plan.replayed.model.type.partition(".")[0])
        wanted -= {"__main__", "builtins"}
        if self.format in ("skops", "torch"):
            wanted.add(self.format)
        wanted |= self.plan.replayed.besides
        wanted |= imported_by(wanted, self.plan.directory)
        code = [statement.node for statement in self.plan.program.body]
        spare = optional(code, wanted, self.plan.directory)
        found, files = locking.direct_dependencies(wanted, self.plan.directory, spare)
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
        self.findings = [self._leaks().redacted(words) for words in self.plan.findings]
        withheld = self.withholding.among(self.withheld_columns())
        if withheld:
            self.findings.append(finding(withheld))
        if self.target_is_made() and scale.is_number(self.plan.replayed.values["y:fit"]):
            self.findings.append(scale.words(self.plan.derived.target_columns))
        if self.format == "pickle":
            self.findings.append(
                "The model is kept as a pickle, because skops cannot hold it exactly; "
                "loading a pickle can run code, so check its signature first."
            )
        self.progress.step(0.35, "writing the package")
        direct, self._local = self.direct()
        locks = locking.lock(direct)
        self.findings += [
            f"`{one}` is not on the usual package index: whoever installs the package needs the "
            "place that it is from (`--find-links` or `--extra-index-url`)."
            for one in locks.off_index
        ]
        self._write_code(locks)
        self.progress.step(0.45, "preparing a clean environment")
        prover = self._prover(locks)
        try:
            self.progress.step(0.5, "training from the package's own code")
            trained = self._train(prover)
            self.onnx = self._onnx()
            write_documents(self, locks, trained)
            self.progress.step(0.65, "building the wheel and installing it")
            wheel = locking.build_wheel(self.tree, self.tree / "dist", self.progress)
            locking.install(wheel, prover.python, self.progress)
            self.progress.step(0.75, "running its tests and comparing predictions")
            proved = prove(self, prover, locking.tools_for_tests(locks, self.progress))
        finally:
            prover.close()
        self.progress.step(0.93, "signing the proof")
        proof = write_equivalence(self, trained, proved, locks)
        for name, inside, _ in self._files():
            if self._is_left_out(name):
                (self.tree / inside).unlink(missing_ok=True)  # the proof was the last to need it
        clean(self.tree)  # compiled modules name the folder that they were compiled in
        self._leaks().search(self.tree, self._cells())
        return proof

    def _prover(self, locks: locking.Locks) -> Prover:
        """Return who tries the package out: the one made ahead, if it is for this lock."""
        modules = shared_modules(self.plan.replayed.model.type, self.format)
        ready, self.ready = self.ready, None
        if ready is not None and (ready.lock, ready.modules) == (locks.hash, modules):
            return ready
        if ready is not None:
            ready.close()
        shutil.rmtree(self.home, ignore_errors=True)
        base = locking.environment(locks, self.progress)
        python = locking.layered(base, self.home, self.progress)
        return Prover(python, modules, locks.hash)

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
            f"The model `{plan.rule.shown if plan.rule else plan.target}` of a notebook.",
            "predict_proba" in predictions,
            Answer.of(predictions),
            [file.stem for file in self._local],
            can_convert(),
        )
        for path, text in self._modules().items():
            self.write(f"src/{self.name}/{path}", text)
        for file in self._local:
            text = self._leaks().clean(file.read_text(encoding="utf-8"))
            self._leaks().refuse(text, [CellSource(text, file.name)])
            self.write(f"src/{file.name}", text)
        for load, source, inside in plan.data.values():
            if load.made:
                write_rows(self.table(load), self.tree / inside)
            elif source.is_file() and self._may_be_carried(source):
                (self.tree / "data").mkdir(exist_ok=True)
                shutil.copyfile(source, self.tree / inside)
        self.write("tests/test_package.py", self._tests())
        self.write("tests/requirements.txt", locks.test_requirements)
        self.write("pylock.toml", locks.pylock)
        self.write("requirements.txt", locks.requirements)
        self.write("serve/requirements.txt", locks.serve_requirements)
        write_server_wheel(self.tree / "serve")
        self.write("pyproject.toml", self._pyproject(locks))
        self._tidy()

    def _may_be_carried(self, file: Path) -> bool:
        if file.stat().st_size > CARRIED_BYTES:
            return False
        return not withheld_in_file(file.read_bytes(), file.name, self.withholding)

    def _is_left_out(self, name: str) -> bool:
        """Tell whether a table that the notebook made is not carried, for what is in it."""
        load = self.plan.data[name][0]
        return load.made and bool(withheld_columns(self.table(load), self.withholding))

    def withheld_columns(self) -> list[str]:
        """Return the columns of the tables whose values are withheld, as the tables name them."""
        tables = [self.table(load) for load, _, _ in self.plan.data.values()]
        names = [name for table in tables for name in withheld_columns(table, self.withholding)]
        return list(dict.fromkeys(names))

    def _modules(self) -> dict[str, str]:
        """Return the text of each module, without what must not leave this machine."""
        leaks, cells = self._leaks(), self._cells()
        made = {}
        for path, text in modules(self.plan, self.context).items():
            made[path] = leaks.clean(text)
            leaks.refuse(made[path], cells)
        return made

    def _leaks(self) -> Leaks:
        folders = {source.parent for _, source, _ in self.plan.data.values()}
        return Leaks(tuple(sorted({*folders, Path.home(), self.tree.parents[2]})))

    def _cells(self) -> list[CellSource]:
        return list(dict.fromkeys(s.cell for s in self.plan.program.body))

    def _tests(self) -> str:
        plan, emitter = self.plan, Emitter(self.plan, self.context)
        model_input = plan.fitted or unparse(fit_arguments(plan.roles.fit_call)[0])
        code = "\n".join(self._modules().values())
        return render_document(
            "test_package.py",
            threads="n_jobs" in code and "sklearn" in code,
            name=self.name,
            prefix=self.context.prefix,
            features=self.with_features,
            of_target=self._of_target(),
            table=plan.derived.table,
            side=[{"name": n, "function": f"load_{n}"} for n in plan.derived.side],
            data={k: v[2] for k, v in plan.data.items()},
            prepare_arguments=", ".join(
                "SETTINGS" if n == "settings" else n for n in emitter.prepare_parameters()
            ),
            model_input=model_input,
            tolerance=self._tolerance(),
        )

    def _of_target(self) -> list[str]:
        """Return the columns of the target, and what those made of it are called on the way."""
        derived = self.plan.derived
        return sorted({*derived.target_columns, *derived.made_of_target})

    def _tolerance(self) -> str:
        """Return how far predictions may be from golden ones that were made elsewhere."""
        if self.format == "torch":
            return "1e-5"  # it computes with 32 bits, and in another order on another processor
        made = [v for said in self.plan.replayed.predictions.values() for v in said.values()]
        short = any(v.dtype.kind == "f" and v.dtype.itemsize < 8 for v in made)
        return "1e-6" if short else "1e-12"  # files hold as many digits as the numbers have

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
        kept = ", ".join(f'"{module}"' for module in known.IMPORTED_FOR_EFFECT)
        check += ["--config", f"lint.pyflakes.allowed-unused-imports=[{kept}]"]
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

    def _train(self, prover: Prover) -> dict[str, Any]:
        settings = {
            name: str(file) if file.is_file() else inside for name, inside, file in self._files()
        }
        result = self.probe(
            prover,
            "train",
            {
                "source": str(self.tree / "src"),
                "model": str(self.tree / "model"),
                "settings": settings,
                "tests": str(self.tree / "tests"),
            },
            "the package's training",
        )
        if "broken" in result:
            raise FeaturesFailed(
                place_of(self.plan, result["broken"]["line"], result["broken"]["error"])
            )
        if result["untrusted"]:
            context = self.context
            trusted = sorted({*context.trusted, *result["untrusted"]})
            self.context = replace(context, trusted=trusted)
            text = self._modules()["artifacts.py"]
            self.write(f"src/{self.name}/artifacts.py", text)
            self._tidy()
        self._compare_metrics(result["metrics"])
        return result

    def _onnx(self) -> OnnxParity | None:
        """Write the model as ONNX too, where that is installed and answers the same."""
        if not can_convert() or self.plan.rule is not None:
            return None
        self.progress.step(0.62, "writing the model as ONNX")
        return write_onnx(self.name, self.tree, self.inputs(), self.progress)

    def inputs(self) -> dict[str, Any]:
        """Return the inputs that the notebook's model was fitted on and asked about, by tag."""
        return {t: v for t, v in self.plan.replayed.values.items() if t.startswith("X:")}

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

    def probe(self, prover: Prover, file: str, job: Mapping[str, Any], what: str) -> dict[str, Any]:
        """Do a job in the clean environment and return its result.

        Raises
        ------
        FeaturesFailed
            If it has none, and the package predicts raw rows.
        ExportFailed
            If it has none, or one that somebody else has to make.
        """
        job = {
            "do": file.partition("-")[0],
            "name": self.name,
            "features": self.with_features,
            "target": list(self.plan.derived.target_columns),
            "of_target": self._of_target(),
            "unused": list(self.plan.derived.unused),
            "elsewhere": sorted(self.plan.elsewhere),
            "withheld": self.withheld_columns(),
            **job,
        }
        outcome = prover.run(job, self.tree, self.tree.parent / f"{file}.json", self.progress)
        if outcome.result is None:
            last = (outcome.output.strip().splitlines() or ["it ended without a word"])[-1]
            if self.with_features:
                # The training package may do, which computes nothing for single rows.
                line = _line_in(outcome.output, ("features.py", "helpers.py", "prepare.py"))
                raise FeaturesFailed(place_of(self.plan, line, f"fails for raw rows: {last[:300]}"))
            raise ExportFailed(
                f"In the clean environment, {what} failed: {last[:300].rstrip('.')}.",
                "The notebook may rely on something outside its cells, for instance a file it "
                "wrote itself; nothing was left behind.",
            )
        if refused := outcome.result.get("refused"):
            raise ExportFailed(f"In the clean environment, {what} failed: {refused}.", _WHO_MAY)
        return outcome.result

    # -- documents --------------------------------------------------------------

    def data_files(self) -> list[dict[str, Any]]:
        """Return path, digest and size of each data file."""
        return [
            {
                "path": inside,
                "digest": digest_of(file.read_bytes()),
                "size": file.stat().st_size,
                "carried": (self.tree / inside).is_file() and not self._is_left_out(name),
            }
            for name, inside, file in self._files()
            if file.is_file()
        ]

    def _files(self) -> list[tuple[str, str, Path]]:
        """Return each table's setting, its path inside the package, and where it is now."""
        return [
            (name, inside, self.tree / inside if load.made else source)
            for name, (load, source, inside) in self.plan.data.items()
        ]

    def raw(self) -> Any:
        """Return the raw table as the notebook loaded it, its columns called by texts."""
        loaded = self.table(self.plan.main)
        if all(isinstance(label, str) for label in loaded.columns):
            return loaded
        return loaded.set_axis([str(label) for label in loaded.columns], axis=1)

    def target_is_made(self) -> bool:
        """Tell whether what is predicted is something else than the target's raw column."""
        columns, values = self.plan.derived.target_columns, self.plan.replayed.values
        given = values.get("y:fit")
        return bool(columns) and given is not None and scale.is_made_of(given, self.raw(), columns)

    def table(self, load: Load) -> Any:
        """Return a table as the notebook loaded it."""
        return self.plan.replayed.values[f"load:{self.plan.roles.loads.index(load)}"]

    def cells_used(self) -> list[Any]:
        """Return the cells that statements of the package come from, in order."""
        roles = self.plan.roles
        used = sorted({*roles.prepare, *roles.train, *roles.evaluate})
        return list(dict.fromkeys(self.plan.program.body[i].cell for i in used))


def _line_in(output: str, files: tuple[str, ...]) -> str:
    """Return the last line of a traceback that is in one of some files, or ``""``."""
    lines = output.splitlines()
    found = [
        after.strip()
        for line, after in pairwise(lines)
        if line.lstrip().startswith('File "') and line.split('"')[1].endswith(files)
    ]
    return found[-1] if found else ""
