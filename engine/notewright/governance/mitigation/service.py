"""Mitigations for registered models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from notewright.errors import UsageError
from notewright.experiments.groups import grouped
from notewright.experiments.measures import positive_probabilities
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.evidence import Sources, Version
from notewright.governance.checks.material import Material
from notewright.governance.mitigation.proposal import AIMS, Aim, Proposal
from notewright.governance.mitigation.reweighting import by_reweighting
from notewright.governance.mitigation.thresholds import by_thresholds
from notewright.progress import Progress
from notewright.state.randomness import undisturbed
from notewright.state.withheld import UNRESTRICTED, Restrictions, Withholding, withheld_words

if TYPE_CHECKING:
    import numpy as np

    from notewright.governance.identities import Identity
    from notewright.governance.policy import Policy
    from notewright.governance.roles import Roles

WAYS = ("thresholds", "reweighting")


@dataclass(frozen=True)
class Mitigations:
    """What could be done about one model's gaps.

    Parameters
    ----------
    proposals : tuple of Proposal
    missing : tuple of (str, str, str)
        Which way could not be tried for which column: words, why, and what to do.
    """

    proposals: tuple[Proposal, ...]
    missing: tuple[tuple[str, str, str], ...]


class Mitigation:
    """Tries what would make a model fairer; changes nothing.

    Parameters
    ----------
    sources : Sources
    policy : callable
        Returns the policy in force, which names the sensitive columns.
    roles : Roles
        Who may run checks.
    me : callable
        Returns the identity that acts when none is given.
    restrictions : Restrictions, optional
        Which columns are withheld from who asks.
    """

    def __init__(
        self,
        sources: Sources,
        policy: Callable[[], Policy],
        roles: Roles,
        me: Callable[[], Identity],
        restrictions: Restrictions = UNRESTRICTED,
    ) -> None:
        self._sources = sources
        self._policy = policy
        self._roles = roles
        self._me = me
        self._restrictions = restrictions

    def propose(
        self,
        version: Version,
        *,
        column: str | None = None,
        aim: Aim = "demographic_parity",
        ways: Sequence[str] = WAYS,
        actor: Identity | None = None,
        progress: Progress | None = None,
    ) -> Mitigations:
        """Return what each way would gain and cost, by each sensitive column.

        Of a column that is withheld, what may name its groups is left out: the code, and why
        something could not be tried.

        Parameters
        ----------
        version : ModelVersion
        column : str, optional
            One of the policy's sensitive columns; all by default.
        aim : {"demographic_parity", "equalized_odds"}
        ways : sequence of {"thresholds", "reweighting"}
        actor : Identity, optional
            The OS user's own identity by default.
        progress : Progress, optional
            Told of each; can be cancelled between them.

        Raises
        ------
        AccessDenied
            If the actor may not run checks.
        UsageError
            If the column is not one of the policy's.
        """
        if aim not in AIMS:
            raise UsageError(f"There is no aim '{aim}'.", f"Choose one of {', '.join(AIMS)}.")
        self._roles.require(actor or self._me(), "check", version)
        progress = progress or Progress(what="The mitigation")
        policy = self._policy()
        withholding = self._restrictions.now(actor)
        columns = [rule.column for rule in policy.data.sensitive]
        if column is not None and column not in columns:
            known = ", ".join(columns) or "none"
            raise UsageError(
                f"The policy does not name '{column}' as sensitive.",
                f"Name it under `data: sensitive:` in policy.yaml; there are: {known}.",
            )
        material = Material(version, policy, self._sources)
        tried = [(c, way) for c in ([column] if column else columns) for way in ways]
        proposals, missing = [], []
        with undisturbed():
            for done, (each, way) in enumerate(tried):
                progress.step(done / len(tried), f"trying {way} by {each}")
                try:
                    proposal = _propose(material, each, way, aim)
                except CannotRun as reason:
                    missing.append((f"{way} by {each}", *_why(reason, each, withholding)))
                else:
                    proposals.append(_without_groups(proposal, withholding))
        return Mitigations(tuple(proposals), tuple(missing))


def _propose(material: Material, column: str, way: str, aim: Aim) -> Proposal:
    groups = material.groups[column].by_row().astype(str)
    favourable = material.policy.data.favourable
    favourable = material.evaluation.positive if favourable is None else favourable
    selected, deserving = material.selected, material.deserving
    if way == "thresholds":
        chances = _chances(material, favourable)
        return by_thresholds(chances, selected, deserving, groups, column, aim, favourable)
    trained = _trained_groups(material, column)
    true = [str(label) == str(favourable) for label in material.inputs.y_train.tolist()]
    import numpy as np

    return by_reweighting(
        material.inputs,
        trained,
        np.asarray(true),
        selected,
        deserving,
        groups,
        column,
        aim,
        favourable,
    )


def _without_groups(proposal: Proposal, withholding: Withholding) -> Proposal:
    withheld = withholding.find(proposal.column)
    if withheld is None:
        return proposal
    return replace(proposal, code=f"# {withheld_words([withheld])}: this names its groups\n")


def _why(reason: CannotRun, column: str, withholding: Withholding) -> tuple[str, str]:
    withheld = withholding.find(column)
    if withheld is None:
        return reason.sentence, reason.remedy
    return f"Why: {withheld_words([withheld])}.", "Somebody who may see it runs this again."


def _chances(material: Material, favourable: Any) -> np.ndarray:
    """Return the model's probability of the favourable outcome for each test row."""
    import numpy as np

    given = positive_probabilities(material.evaluation)
    if given is not None:
        same = str(favourable) == str(material.evaluation.positive)
        return given[1] if same else 1 - given[1]
    inputs = material.inputs
    if not hasattr(inputs.model, "predict_proba"):
        raise CannotRun(
            "The model gives no probabilities, so there is no threshold to move.",
            "Use a model with `predict_proba`.",
        )
    return np.asarray(inputs.score(inputs.test, favourable), dtype=float)


def _trained_groups(material: Material, column: str) -> np.ndarray:
    training = material.split.train
    if column not in training.columns:
        raise CannotRun(
            f"The table of the rows trained on has no column '{column}'.",
            "Split the raw table, sensitive columns included.",
        )
    bands = {rule.column: rule.bands for rule in material.policy.data.sensitive}[column]
    return grouped(training[column], bands).by_row().astype(str)
