"""All trials there are, by check."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from tests.governance.planted import (
    behaviour,
    bias,
    data_quality,
    documentation,
    drift,
    explainability,
    leakage,
    performance,
    privacy,
    reproducibility,
    security,
)
from tests.governance.planted.trial import Trial

_FAMILIES = (
    data_quality, leakage, performance, behaviour, bias, drift, explainability, documentation,
    privacy, security, reproducibility,
)  # fmt: skip


@cache
def suite() -> dict[str, tuple[Trial, ...]]:
    """Return the trials of each check; nothing is asked yet."""
    found: dict[str, list[Trial]] = defaultdict(list)
    for family in _FAMILIES:
        for trial in family.trials():
            found[trial.check].append(trial)
    return {check: tuple(trials) for check, trials in found.items()}
