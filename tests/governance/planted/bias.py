"""Models that treat one group otherwise; each beside one that treats both alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from tests.governance.checking import found
from tests.governance.planted.models import Modelled, modelled
from tests.governance.planted.tables import DataSet, data_sets
from tests.governance.planted.trial import Trial

from notewright.experiments.evaluation import Evaluation
from notewright.governance.checks.base import Finding

POLICY = "version: 1\ndata: {favourable: good, sensitive: {group: {}}}"
#: A group's deserving are refused; its undeserving are accepted; both, for what rests on both.
Answers = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def refuse_the_deserving(good: np.ndarray, said: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Refuse seven tenths of those of one group who would be accepted."""
    return said & ~(theirs & _most(said & theirs))


def accept_the_undeserving(good: np.ndarray, said: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Accept seven tenths of those of one group who do not deserve it."""
    return said | (theirs & ~good & _most(~good & theirs))


def _most(where: np.ndarray) -> np.ndarray:
    """Return seven of each ten of some rows."""
    return where & (np.cumsum(where) % 10 < 7)


PLANTED: dict[str, tuple[Answers, ...]] = {
    "selection_rate_ratio": (refuse_the_deserving,),
    "demographic_parity_difference": (refuse_the_deserving, accept_the_undeserving),
    "equal_opportunity_difference": (refuse_the_deserving,),
    "equalized_odds_difference": (refuse_the_deserving, accept_the_undeserving),
    "predictive_parity_difference": (accept_the_undeserving,),
}


@cache
def _judged(of: Modelled, rare: bool) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the rows with a group, who deserves, and who is accepted.

    The group has nothing to do with either: rows that are alike in both are dealt out.
    """
    from sklearn.model_selection import cross_val_predict

    answers = cross_val_predict(of.model, of.table[of.features], of.table["target"], cv=3)
    shares = of.table["target"].value_counts(normalize=True)
    # Of the commoner labels as many as half of the rows have; or of the rarer ones.
    favourable = shares.index[: int((shares.cumsum() < 0.45).sum()) + 1]
    if rare and len(favourable) < len(shares):
        favourable = shares.index.difference(favourable)
    good, said = of.table["target"].isin(favourable).to_numpy(), np.isin(answers, favourable)
    order = np.lexsort([said, good])
    theirs = np.empty(len(order), dtype=bool)
    theirs[order] = np.arange(len(order)) % 2 == 0
    table = of.table[["target"]].assign(group=np.where(theirs, "a", "b"))
    return table, good, said


def _ask(name: str, of: Modelled, change: Answers | None, folder: Path) -> list[Finding]:
    table, good, said = _judged(of, rare=change is accept_the_undeserving)
    if change is not None:
        said = change(good, said, (table["group"] == "a").to_numpy())
    words = np.array(["bad", "good"])
    judged = Evaluation.of(words[good.astype(int)], words[said.astype(int)], rows=table.index)
    return found(f"bias.{name}", table, evaluation=judged, policy=POLICY)


def _promised(of: Modelled, tilt: float, folder: Path) -> list[Finding]:
    """Promise one group more than it gets, by so much."""
    rng, rows = of.data.rng(), 3000
    table = of.table.drop(columns="target").sample(rows, replace=True, random_state=0)
    table = table.reset_index(drop=True).assign(group=rng.choice(["a", "b"], rows))
    chance = 0.1 + 0.6 * of.model.predict_proba(table[of.features])[:, 0]
    said = np.clip(chance + np.where(table["group"] == "a", tilt, 0), 0, 1)
    came = np.where(rng.random(rows) < chance, "good", "bad")
    judged = Evaluation.of(came, y_score=said, probability=True, positive="good")
    return found("bias.calibration_difference", table, evaluation=judged, policy=POLICY)


def _sizes(data: DataSet, few: int, folder: Path) -> list[Finding]:
    """Have so few rows of a third group, or none."""
    table = pd.concat([data.labelled] * (1 + 200 // len(data.table)), ignore_index=True)
    group = np.where(np.arange(len(table)) % 2, "a", "b").astype(object)
    group[:few] = "c"
    favourable = str(table["target"].mode()[0])
    policy = POLICY.replace("good", f"'{favourable}'")
    return found("bias.group_size", table.assign(group=group), policy=policy)


def _proxies(data: DataSet, how: str, folder: Path) -> list[Finding]:
    """Deal groups out by lot; plant a column that tells them, if it is said how."""
    table = pd.concat([data.labelled] * (1 + 300 // len(data.table)), ignore_index=True)
    rng = data.rng()
    group = rng.choice(["a", "b", "c"], len(table))
    table = table.assign(group=group)
    code = pd.factorize(group, sort=True)[0]
    if how == "a postcode":
        moved = np.where(rng.random(len(table)) < 0.1, rng.integers(0, 3, len(table)), code)
        table["postcode"] = [f"{place}{street:02d}" for place, street in
                             zip(moved, rng.integers(0, 10, len(table)), strict=True)]  # fmt: skip
    elif how == "a number":
        table["pension"] = 800.0 * code + rng.normal(0, 150, len(table))
    elif how == "another word":
        table["club"] = np.array(["red", "green", "blue"])[code]
    return found("bias.proxies", table, policy=POLICY)


#: What is planted for `bias.proxies`, and the column that it is in.
PROXIES = {"a postcode": "postcode", "a number": "pension", "another word": "club"}


def trials() -> Iterator[Trial]:
    """Yield the trials of the family."""
    for at, of in enumerate(modelled()):
        for name, changes in PLANTED.items():
            check = f"bias.{name}"
            if check in of.data.left_out:
                continue
            slow = at % 2 > 0
            yield Trial(check, of.data.name, partial(_ask, name, of, None), slow=slow)
            for change in changes:
                words = str(change.__doc__)
                yield Trial(
                    check, of.data.name, partial(_ask, name, of, change), words, "group", slow
                )
        check = "bias.calibration_difference"
        yield Trial(check, of.data.name, partial(_promised, of, 0.0))
        yield Trial(check, of.data.name, partial(_promised, of, 0.25), str(_promised.__doc__),
                    "group")  # fmt: skip
    for at, data in enumerate(data_sets()):
        yield Trial("bias.group_size", data.name, partial(_sizes, data, 0))
        yield Trial("bias.group_size", data.name, partial(_sizes, data, 3 + at % 12),
                    "Have few rows of a third group.", "'c'")  # fmt: skip
        how = list(PROXIES)[at % 3]
        check, slow = "bias.proxies", at % 2 > 0
        yield Trial(check, data.name, partial(_proxies, data, ""), slow=slow)
        yield Trial(check, data.name, partial(_proxies, data, how), how, PROXIES[how], slow)
