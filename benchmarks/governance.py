"""How long governance takes: checks, fairness, drift, schemas and the audit log.

    python benchmarks/governance.py [--data FOLDER] [--only PART ...] [--entries N] [--json FILE]

Aims (see docs/governance.md): checks that fit nothing and ask no model, on Adult (48,842 rows of 15
columns), in 5 s, and all of them in five fits of the model and 30 s; five fairness figures by two
attributes and both together, with intervals, on 50,000 rows in 50 ms; drift of 100,000 rows of 30
columns in 1 s; a schema on a million rows of 10 columns in 1.1 times what Pandera takes; an entry
of the audit log in 0.5 ms, and a million of them verified in 30 s.

Adult is read from FOLDER/adult.data and adult.test (UCI); without them a table like it is made.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _timing import timed

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.evidence import Evidence, Sources
from notewright.governance.checks.material import Material
from notewright.governance.checks.registry import all_checks
from notewright.governance.checks.service import run_check
from notewright.governance.drift import drift, profile
from notewright.governance.policy import CheckRules, parse_policy
from notewright.lineage.cell import Cell
from notewright.lineage.recorder import Recorder
from notewright.state.namespace import Namespace
from notewright.workspace import Workspace

ADULT = [
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation",
    "relationship", "race", "sex", "capital_gain", "capital_loss", "hours_per_week",
    "native_country", "income",
]  # fmt: skip
POLICY = """\
version: 1
documentation: {intended_use: a, limitations: b, owner: c}
data:
  favourable: ">50K"
  sensitive: {sex: {}, race: {}}
gates: {}
"""
LOAD = """\
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
raw = pd.read_csv('adult.csv')
X, y = raw.drop(columns='income'), raw['income']
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
text = X.select_dtypes(exclude='number').columns.tolist()
"""
TRAIN = """\
model = make_pipeline(
    make_column_transformer(
        (OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1), text),
        remainder='passthrough', verbose_feature_names_out=False),
    HistGradientBoostingClassifier(random_state=0),
).fit(X_train, y_train)
score = accuracy_score(y_test, model.predict(X_test))
"""
#: Families and checks that fit a model, ask the user's, or run the notebook again.
ASKING = (
    "behaviour.", "explainability.", "reproducibility.replay", "privacy.membership",
    "performance.champion", "data_quality.label_errors", "drift.domain",
    "leakage.fitted_before_split",
)  # fmt: skip


def adult(folder: Path | None) -> pd.DataFrame:
    """Return Adult, or a table of its shape."""
    if folder is not None:
        parts = [
            pd.read_csv(folder / name, names=ADULT, skipinitialspace=True, skiprows=skip)
            for name, skip in (("adult.data", 0), ("adult.test", 1))
        ]
        table = pd.concat(parts, ignore_index=True)
        return table.assign(income=table["income"].str.rstrip("."))
    draw, rows = np.random.default_rng(0), 48_842
    kinds = {"workclass": 9, "education": 16, "marital_status": 7, "occupation": 15,
             "relationship": 6, "race": 5, "sex": 2, "native_country": 42}  # fmt: skip
    table = pd.DataFrame({name: draw.integers(0, 90, rows) for name in ADULT})
    for name, count in kinds.items():
        table[name] = draw.choice([f"{name} {n}" for n in range(count)], rows)
    table["fnlwgt"] = draw.integers(10_000, 1_500_000, rows)
    chance = 1 / (1 + np.exp(2.5 - table["education_num"] / 40 - table["age"] / 60))
    return table.assign(income=np.where(draw.random(rows) < chance, ">50K", "<=50K"))


def checks_on_adult(data: Path | None) -> dict[str, float]:
    """Return the seconds of each check of a notebook's model on Adult, and of its fit."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        adult(data).to_csv("adult.csv", index=False)
        (folder / "policy.yaml").write_text(POLICY)
        workspace = Workspace(folder)
        variables: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        namespace = Namespace(variables, folders=[folder])
        recorder = Recorder(workspace.history, workspace.snapshots, namespace, folder)
        _run(LOAD, recorder, variables)
        active = workspace.runs.start("run", session=recorder.session, namespace=namespace)
        began = time.perf_counter()
        with active.recording():
            execution = _run(TRAIN, recorder, variables)
        fit = time.perf_counter() - began
        after = recorder.take("trained")
        run = active.finish(changed=["model"], execution=execution.id, snapshot_after=after.id)
        version = workspace.models.register(run, "income", workspace.identities.me())
        material = Material(version, workspace.policy(), workspace._sources())
        seconds = {"the model's fit": fit}
        began = time.perf_counter()
        for shared in ("frames", "evaluation", "cells"):  # what all checks read, once
            getattr(material, shared)
        seconds["reading the evidence"] = time.perf_counter() - began
        for check, rules in ((c, material.policy.checks[n]) for n, c in all_checks().items()):
            began = time.perf_counter()
            findings = run_check(check, rules, material)
            seconds[check.name] = time.perf_counter() - began
            for finding in findings:
                if finding.status == "could_not_run":
                    print(f"  {check.name} could not run: {finding.sentence}")
        return seconds


def _run(code: str, recorder: Recorder, variables: dict[str, Any]) -> Any:
    cell = Cell(code, code)
    with recorder.running(cell):
        exec(compile(code, "<cell>", "exec"), variables)
    return cell.execution


def adult_figures(data: Path | None) -> dict[str, float]:
    """Return what the checks take together, apart from each other, and print each."""
    seconds = checks_on_adult(data and data.resolve())
    for name, value in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f"  {name:42} {1000 * value:9.1f} ms{'  (asks or fits)' * name.startswith(ASKING)}")
    fit = seconds.pop("the model's fit")
    quiet = sum(v for name, v in seconds.items() if not name.startswith(ASKING))
    return {
        "Adult: checks that fit and ask nothing, s (5)": quiet,
        "Adult: all checks, s": sum(seconds.values()),
        "Adult: five fits and 30 s": 5 * fit + 30,
    }


def fairness() -> dict[str, float]:
    """Return the milliseconds of five figures by two attributes and both together."""
    from fairlearn import metrics as theirs

    draw, rows = np.random.default_rng(0), 50_000
    frame = pd.DataFrame({"sex": draw.choice(["f", "m"], rows), "race": draw.choice(5, rows)})
    true, said = draw.random(rows) < 0.4, draw.random(rows) < 0.5
    policy = parse_policy("version: 1\ndata: {favourable: true, sensitive: {sex: {}, race: {}}}")
    evidence = Evidence(Evaluation.of(true, said), {"raw": frame})
    names = (
        "selection_rate_ratio", "demographic_parity_difference", "equal_opportunity_difference",
        "equalized_odds_difference", "predictive_parity_difference",
    )  # fmt: skip
    checks = [all_checks()[f"bias.{name}"] for name in names]

    def ours() -> None:
        material = Material(None, policy, Sources(None, None, None), evidence)  # type: ignore[arg-type]
        for check in checks:
            list(check.run(material, policy.checks[check.name].options))

    figures = [
        theirs.demographic_parity_ratio, theirs.demographic_parity_difference,
        theirs.equal_opportunity_difference, theirs.equalized_odds_difference,
        theirs.equalized_odds_ratio,
    ]  # fmt: skip

    def fairlearns() -> None:
        for column in ("sex", "race"):
            for figure in figures:
                figure(true, said, sensitive_features=frame[column])

    return {
        "fairness: 5 figures, 2 attributes and both, with intervals, ms (50)": timed(ours),
        "fairness: Fairlearn, 2 attributes, without intervals, ms": timed(fairlearns, 3),
    }


def drifting() -> dict[str, float]:
    """Return the seconds of comparing two tables of 100,000 rows and 30 columns."""
    draw, rows = np.random.default_rng(0), 100_000

    def table() -> pd.DataFrame:
        numbers = {f"number {n}": draw.normal(size=rows) for n in range(20)}
        return pd.DataFrame(numbers | {f"kind {n}": draw.choice(list("abcdef"), rows)
                                       for n in range(10)})  # fmt: skip

    before, now = table(), table()
    both = timed(lambda: drift(profile(before), now), 3) / 1000
    return {"drift: 100,000 rows of 30 columns, s (1)": both}


def schemas() -> dict[str, float]:
    """Return what our check of a schema takes, and Pandera alone, on the same rules."""
    from notewright.governance.checks.schema import infer_schema, read_schema, write_schema

    draw, rows = np.random.default_rng(0), 1_000_000
    frame = pd.DataFrame(
        {f"number {n}": draw.exponential(size=rows) for n in range(6)}
        | {f"kind {n}": draw.choice(list("abcdef"), rows) for n in range(3)}
        | {"count": draw.integers(0, 100, rows)}
    )
    check = all_checks()["data_quality.schema"]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "schema.yaml"
        write_schema(infer_schema(frame), path)
        schema = read_schema(path)
        sources = Sources(None, None, None, root=Path(name))
        evidence = Evidence(None, {"raw": frame})
        rules = CheckRules(options={"file": "schema.yaml"})

        def ours() -> None:
            material = Material(None, parse_policy("version: 1"), sources, evidence)  # type: ignore[arg-type]
            (finding,) = run_check(check, rules, material)
            assert finding.status == "passed", finding.sentence

        ours_ms, theirs_ms = timed(ours, 5), timed(lambda: schema.validate(frame, lazy=True), 5)
    return {
        "schema: 1,000,000 rows of 10 columns, ms": ours_ms,
        "schema: Pandera alone, ms": theirs_ms,
        "schema: ours over Pandera's (1.1)": ours_ms / theirs_ms,
    }


def audit(entries: int) -> dict[str, float]:
    """Return the milliseconds of an entry, and the seconds of verifying many."""
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name))
        log = workspace.audit
        log.append("begin", "it")
        taken = []
        for n in range(2000):
            began = time.perf_counter()
            log.append("benchmark", f"subject {n}", {"number": n})
            taken.append(1000 * (time.perf_counter() - began))
        catalog = workspace.store.catalog
        done = int(catalog.query("SELECT count(*) FROM audit_entries")[0][0])
        for start in range(done, entries, 20_000):
            with catalog.transaction():
                for n in range(start, min(start + 20_000, entries)):
                    log.append("benchmark", f"subject {n}", {"number": n})
        began = time.perf_counter()
        verdict = log.verify()
        verified = time.perf_counter() - began
        assert verdict.ok, verdict.problem
    return {
        "audit: an entry, median, ms (0.5)": statistics.median(taken),
        f"audit: {verdict.entries:,} entries verified, s (30 for a million)": verified,
    }


def main() -> None:
    """Measure the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="where adult.data and adult.test are")
    parser.add_argument("--entries", type=int, default=1_000_000, help="of the audit log")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parts: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
        "adult": lambda args: adult_figures(args.data),
        "fairness": lambda args: fairness(),
        "drift": lambda args: drifting(),
        "schema": lambda args: schemas(),
        "audit": lambda args: audit(args.entries),
    }
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    args = parser.parse_args()
    figures: dict[str, float] = {}
    for part in args.only:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = parts[part](args)
        for name, value in found.items():
            print(f"{name:70} {value:10.3f}", flush=True)
        figures |= found
    if args.json:
        record = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "figures": figures,
        }
        args.json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
