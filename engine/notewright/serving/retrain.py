"""A challenger from the same code and newer rows, compared and taken to the gate."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import PackageAltered, RetrainFailed
from notewright.governance.checks.counting import counted
from notewright.progress import Progress
from notewright.serving import holdout
from notewright.serving.deployments import GATE
from notewright.serving.integrity import check_files
from notewright.serving.ports import Services
from notewright.serving.processes import with_our_code
from notewright.store.canonical import digest_of
from notewright.store.ids import new_id

if TYPE_CHECKING:
    from notewright.experiments.comparison import Comparison
    from notewright.experiments.evaluation import Evaluation
    from notewright.governance.checks.service import CheckReport
    from notewright.governance.gates import Verdict
    from notewright.governance.identities import Identity

_SECONDS = 600


@dataclass(frozen=True)
class RetrainOutcome:
    """What retraining gave. Nothing was deployed.

    Parameters
    ----------
    name : str
        The deployment whose model is the champion.
    champion, challenger : str
        Model versions, as ``credit_risk@1``.
    package : str
        The challenger's package, as ``credit_risk@3``.
    path : Path
        Where that package is kept. The user's working tree is not touched.
    rows, held_out : int
        Newer rows that the challenger was trained on, and that both were compared on.
    seen : int
        Held-out rows that the champion was trained on: they favour it.
    comparison : Comparison
        Champion (0) against challenger (1) on the same held-out newer rows.
    report : CheckReport
        What the checks found in the challenger.
    verdict : Verdict
        How it stands at the production gate.
    """

    name: str
    champion: str
    challenger: str
    package: str
    path: Path
    rows: int
    held_out: int
    seen: int
    comparison: Comparison
    report: CheckReport
    verdict: Verdict

    @property
    def sentences(self) -> list[str]:
        """The outcome in words."""
        failed = [finding for finding in self.report.findings if finding.blocks]
        seen = (
            [f"{self.seen} of these rows were in the champion's training data, which favours it."]
            if self.seen
            else []
        )
        if self.verdict.open:
            gate = f"The gate '{self.verdict.gate}' is open for it."
            then = f"Deploy it: `%nw deploy {self.name} --package {self.package}`."
        else:
            waits = "; ".join(r.name + " is " + r.status for r in self.verdict.failing())
            gate = f"The gate '{self.verdict.gate}' is closed for it: {waits}."
            then = f"`%nw gate {self.verdict.gate} {self.challenger}` says what it needs."
        return [
            f"Challenger {self.challenger} was trained on {self.rows} newer rows and compared with "
            f"champion {self.champion} on {self.held_out} others.",
            *seen,
            *self.comparison.sentences,
            *self.comparison.notes,
            f"{counted(self.report.findings)}.",
            *dict.fromkeys(finding.sentence for finding in failed),
            f"Its package {self.package} is kept in {self.path}; your working tree is as it was. "
            f"`%nw packages {self.package} --to FOLDER` makes a copy to work on.",
            gate,
            "Nothing was deployed. " + then,
        ]


def retrain(
    services: Services,
    name: str,
    data: Path | str,
    progress: Progress | None = None,
    identity: Identity | None = None,
) -> RetrainOutcome:
    """Train the live package's code on newer rows and put the result to the test.

    A quarter of the newer rows is held out from the challenger; both models
    predict it. The challenger is registered, checked, and put to the gate.

    Parameters
    ----------
    services : Services
        The workspace.
    name : str
        A deployment's name.
    data : path
        Newer rows, in the form of the training data, with the target.
    progress : Progress, optional
        Reports steps; can be cancelled.
    identity : Identity, optional
        Who does it; the OS user's own by default.

    Raises
    ------
    NotDeployed, AccessDenied
        If nothing is deployed under `name`; if the identity may not.
    UnusableData, RetrainFailed, ExportFailed
        If the rows cannot be used, or training on them fails.
    """
    from notewright.governance.checks.evidence import Evidence

    progress = progress or Progress(what="The retraining")
    live = services.deployments.get(name)
    champion = services.models.get(live.model_version)
    identity = identity or services.identities.me()
    services.roles.require(identity, "retrain", champion)
    package = services.packages.get(live.package)
    folder = services.store.folder("retraining") / new_id()
    folder.mkdir()
    progress.step(0.05, "holding out newer rows")
    rows = holdout.split(Path(data), folder, _training_files(services, champion))
    progress.step(0.08, "predicting the held-out rows with the champion")
    # First, for where that cannot be judged there is nothing to train for.
    before = _evaluation(_scores(services, package, rows.held_out, rows.train))
    made = services.packages.retrain(package, rows.train, _within(progress, 0.1, 0.6), identity)
    progress.step(0.6, "predicting the held-out rows with the challenger")
    evaluations = [before, _evaluation(_scores(services, made, rows.held_out, rows.train))]
    trained = _evaluation(_scores(services, made, rows.train, rows.train))
    model = _model(services, made)
    challenger_run, comparison = _compare(
        services, champion, made, model, rows, evaluations, Path(data)
    )
    version = services.models.register(challenger_run, champion.name, identity)
    progress.step(0.8, "running the checks")
    evidence = Evidence(
        evaluations[1],
        {"held_out": _table(rows.held_out)},
        _cells(services, champion),
        _table(rows.train),
        model,
        trained,
        {champion.id: before},
    )
    report = services.checks.run(version, actor=identity, evidence=evidence)
    verdict = services.gates.evaluate(GATE, version)
    services.audit.append(
        "retrain",
        f"{version.name}@{version.number}",
        {"champion": champion.id, "package": made.id, "data": rows.digest, "version": version.id},
        identity,
    )
    progress.step(1.0, "done")
    return RetrainOutcome(
        name=name,
        champion=f"{champion.name}@{champion.number}",
        challenger=f"{version.name}@{version.number}",
        package=f"{made.name}@{made.number}",
        path=made.path,
        rows=rows.train_rows,
        held_out=rows.held_out_rows,
        seen=rows.seen,
        comparison=comparison,
        report=report,
        verdict=verdict,
    )


def _training_files(services: Services, champion: Any) -> list[Path]:
    """Return the champion's data files that still are what it was trained on."""
    from notewright.store.canonical import digest_of

    paths = [(services.root / f.path, f.digest) for f in services.runs.get(champion.run).files]
    return [
        path for path, digest in paths if path.is_file() and digest_of(path.read_bytes()) == digest
    ]


def _scores(services: Services, package: Any, rows: Path, labels: Path) -> dict[str, Any]:
    """Return a package's answers to the rows of a file, from a process of its own.

    `labels` is a file whose rows show how the target is coded.
    """
    checked = services.packages.verify(package)
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        out = Path(folder) / "scores.json"
        words = [sys.executable, "-m", "notewright.serving.score", str(checked.path)]
        words += [str(rows), str(out), "--manifest", checked.manifest]
        words += ["--labels-from", str(labels)]
        ran = subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            env=with_our_code(os.environ),
            check=False,
        )
        if not out.is_file():
            raise RetrainFailed(package.name, ran.stderr.strip().split("\n")[-1])
        result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    if "problem" in result:
        raise RetrainFailed(package.name, result["problem"])
    return result


def _evaluation(result: dict[str, Any]) -> Evaluation:
    import numpy as np

    from notewright.experiments.evaluation import Evaluation

    scores = None if result["scores"] is None else np.asarray(result["scores"])
    true = np.asarray(result["true"])
    if scores is not None and scores.shape[1] == 2:
        # Classes are in sorted order, so the second is the one scikit-learn calls positive.
        scores = scores[:, 1]
    task = result.get("task")
    if task is None and scores is None and true.dtype.kind == "f":
        task = "regression"
    return Evaluation.of(
        true,
        result["prediction"],
        scores,
        rows=result["index"],
        task=task,
        probability=scores is not None,
    )


def _compare(
    services: Services,
    champion: Any,
    made: Any,
    model: Any,
    rows: holdout.Split,
    evaluations: list[Evaluation],
    data: Path,
) -> tuple[Any, Comparison]:
    from notewright.state.records import FileRead

    def file(path: Path, digest: str | None = None) -> FileRead:
        from notewright.store.canonical import digest_of

        content = path.read_bytes()
        resolved = path.resolve()
        inside = resolved.is_relative_to(services.root)
        shown = str(resolved.relative_to(services.root)) if inside else str(resolved)
        return FileRead(shown, digest or digest_of(content), len(content))

    tags = {"champion": f"{champion.name}@{champion.number}", "held_out": rows.digest[:12]}
    before = services.runs.record(
        f"champion {champion.name}@{champion.number} on newer rows",
        metrics=_metrics(evaluations[0]),
        evaluation=evaluations[0],
        files=[file(rows.held_out)],
        tags=tags,
        origin="code",
        parent=champion.run,
    )
    after = services.runs.record(
        f"challenger {made.name}@{made.number}",
        model=model,
        variable=made.variable,
        metrics=_metrics(evaluations[1]),
        evaluation=evaluations[1],
        files=[file(data, rows.digest), file(rows.train)],
        tags=tags,
        origin="retrain",
        parent=champion.run,
    )
    if after.model.fingerprint != made.fingerprint:
        raise RetrainFailed(made.name, "the stored model is not the one that was trained")
    return after, services.runs.compare([before, after])


def _metrics(evaluation: Evaluation) -> dict[str, float]:
    import numpy as np
    from sklearn import metrics

    from notewright.experiments.measures import right

    if evaluation.task == "regression":
        return {"r2": float(metrics.r2_score(evaluation.y_true, evaluation.y_pred))}
    # Of several labels all must be right.
    hits = right(evaluation)
    assert hits is not None  # there are labels for each row
    found = {"accuracy": float(np.mean(hits))}
    if evaluation.y_score is not None and evaluation.y_score.ndim == 1:
        wanted = evaluation.y_true == evaluation.positive
        found["roc_auc"] = float(metrics.roc_auc_score(wanted, evaluation.y_score))
    return found


def _model(services: Services, package: Any) -> Any:
    """Load the challenger's model; what it may hold besides scikit-learn is in its signed code."""
    import pickle

    import skops.io

    path = services.packages.verify(package).path
    files = check_files(path, package.id)
    name = next(n for n in ("model/model.skops", "model/model.pkl") if n in files)
    # Read once: what is loaded is the bytes that have the hash, whatever becomes of the file.
    content = (path / name).read_bytes()
    if digest_of(content) != files[name]:
        raise PackageAltered(package.name, name, "its bytes changed")
    if name.endswith(".skops"):
        return skops.io.loads(content, trusted=_trusted(path))
    return pickle.loads(content)  # signed here a moment ago


def _trusted(path: Path) -> list[str]:
    (file,) = path.glob("src/*/artifacts.py")
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "TRUSTED":
            return list(ast.literal_eval(node.value)) if node.value is not None else []
    return []


def _table(file: Path) -> Any:
    import pandas as pd

    if file.suffix == ".parquet":
        return pd.read_parquet(file)
    return pd.read_csv(file, sep=None, engine="python")


def _cells(services: Services, champion: Any) -> tuple[Any, ...] | None:
    """Return the cells behind the champion: the challenger runs the same code."""
    from notewright.governance.checks.evidence import Cell

    session = services.runs.get(champion.run).session
    if session is None:
        return None
    executions = services.history.executions(session)
    return tuple(Cell(execution.words, execution.source) for execution in executions)


def _within(progress: Progress, low: float, high: float) -> Progress:
    """Return a progress whose whole is a part of `progress`, cancelled together with it."""

    def report(fraction: float, message: str) -> None:
        progress.step(low + (high - low) * fraction, message)

    return Progress(report, progress.what)
