"""Models that are no better than chance, worse than before, or worse for some."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.governance.checking import found
from tests.governance.planted.models import Modelled, modelled, regressions
from tests.governance.planted.trial import Trial
from tests.governance.trained import found_in

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.base import Finding

Answers = Callable[[Modelled], np.ndarray]


def _as_trained(of: Modelled) -> np.ndarray:
    return of.answers


def shuffled(of: Modelled) -> np.ndarray:
    """Give each test row the answer to another one."""
    # Dealt evenly over the true values: drawn by lot, some deal would be a good one by luck.
    order = np.argsort(of.test["target"].to_numpy(), kind="stable")
    count = len(order)
    step = next(n for n in range(int(0.618 * count), count) if math.gcd(n, count) == 1)
    dealt = of.answers.copy()
    dealt[order] = np.sort(of.answers)[np.arange(count) * step % count]
    return dealt


def one_answer(of: Modelled) -> np.ndarray:
    """Say the same of all rows."""
    return np.full(len(of.test), of.training["target"].mode()[0])


def _ask(name: str, of: Modelled, answers: Answers, folder: Path) -> list[Finding]:
    options = {} if of.classes or name != "floor" else _ceiling(of)
    return found(f"performance.{name}", of.test, evaluation=of.said(answers(of)), **options)


def _ceiling(of: Modelled) -> dict[str, Any]:
    """Return a limit that the model keeps by a twentieth."""
    error = float(np.sqrt(np.mean((of.answers - of.test["target"].to_numpy(float)) ** 2)))
    return {"metric": "root_mean_squared_error", "limit": 1.05 * error}


def _right(of: Modelled, chance: np.ndarray) -> Evaluation:
    """Return answers that are right with a given chance, row by row."""
    true = of.test["target"].to_numpy()
    kinds = np.unique(true.astype(str))
    turned = np.array([kinds[(list(kinds).index(str(t)) + 1) % len(kinds)] for t in true])
    keep = of.data.rng().random(len(true)) < chance
    return Evaluation.of(true.astype(str), np.where(keep, true.astype(str), turned),
                         rows=of.test.index)  # fmt: skip


def _segment(of: Modelled, weak: bool, folder: Path) -> list[Finding]:
    """Answer as well for all rows, or by chance for those of one region."""
    table = of.table.assign(region=of.data.rng().choice(["north", "south", "east"], len(of.table)))
    test = pd.concat([table] * (1 + 900 // len(table)), ignore_index=True)
    of = _On(of, test)
    chance = np.where((test["region"] == "east") & weak, 0.45, 0.9)
    return found("performance.weak_segments", test, evaluation=_right(of, chance))


class _On(Modelled):
    """A data set whose test rows are others."""

    def __init__(self, of: Modelled, test: pd.DataFrame) -> None:
        super().__init__(of.data, of.classes)
        self.__dict__["test"] = test


def _calibration(of: Modelled, sure: float, folder: Path) -> list[Finding]:
    """Let outcomes come as often as a model says, and the model say so, or be too sure."""
    positive = of.model.classes_[-1]
    chance = of.model.predict_proba(of.table[of.features])[:, -1].clip(0.02, 0.98)
    rng = of.data.rng()
    # Between the extremes there has to be something for a model to be too sure of.
    chance = 0.15 + 0.7 * chance
    came = np.where(rng.random(len(chance)) < chance, str(positive), "other")
    said = chance**sure / (chance**sure + (1 - chance) ** sure)
    judged = Evaluation.of(came, y_score=said, probability=True, positive=str(positive))
    return found("performance.calibration", of.table, evaluation=judged)


def _champion(of: Modelled, answers: Answers, folder: Path) -> list[Finding]:
    """Register a champion, and a version that says this of the same rows."""
    from notewright.workspace import Workspace

    workspace = Workspace(folder)
    me = workspace.identities.me()
    for said in (of.answers, answers(of)):
        run = workspace.runs.record("trained", model=of.model, evaluation=of.said(said))
        version = workspace.models.register(run, "model", me)
    workspace.models.move_alias("model", "champion", 1, None, me)
    return found_in(workspace, version, "performance.champion")


def trials() -> Iterator[Trial]:
    """Yield the trials of the family."""
    for at, of in enumerate((*modelled(), *regressions())):
        name = of.name
        wrong = one_answer if at % 2 and of.classes else shuffled
        for check in ("floor", "against_dummy"):
            if f"performance.{check}" not in of.data.left_out:
                yield Trial(f"performance.{check}", name, partial(_ask, check, of, _as_trained))
                yield Trial(f"performance.{check}", name, partial(_ask, check, of, wrong),
                            str(wrong.__doc__))  # fmt: skip
        slow = at % 9 > 0
        if "performance.against_dummy" not in of.data.left_out:
            check = "performance.champion"
            yield Trial(check, name, partial(_champion, of, _as_trained), slow=slow)
            yield Trial(check, name, partial(_champion, of, shuffled), str(shuffled.__doc__),
                        slow=slow)  # fmt: skip
        if not of.classes:
            continue
        yield Trial("performance.weak_segments", name, partial(_segment, of, False))
        yield Trial("performance.weak_segments", name, partial(_segment, of, True),
                    "Answer by chance in one region.", "region is east")  # fmt: skip
        yield Trial("performance.calibration", name, partial(_calibration, of, 1.0))
        yield Trial("performance.calibration", name, partial(_calibration, of, 4.0),
                    "Be too sure.")  # fmt: skip
