"""Cross-validations and searches, taken apart into what each tried and how each fold went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from notewright.experiments.estimators import parameters, type_name
from notewright.experiments.held_out import held_out
from notewright.experiments.observers import Arguments
from notewright.experiments.scalars import Scalar, scalar

#: More candidates of a search than this are counted, not kept.
_MOST = 500
#: Short names of what scorers compute, as the metrics are called elsewhere.
_SHORT = {"accuracy_score": "accuracy", "r2_score": "r2", "roc_auc_score": "roc_auc"}


@dataclass(frozen=True)
class Trial:
    """One configuration that was cross-validated.

    Parameters
    ----------
    name : str
        Words for it: ``"max_depth=4, n_estimators=50"``.
    type : str
        Qualified name of the estimator's type.
    params : dict
    changed : tuple of str
        The telling parameters: what a search varied, or what is no default.
    metrics : dict
        Mean of each score, and its standard deviation as ``NAME_std``.
    steps : list of (str, int, float)
        Each score by fold.
    seconds : float
        Time of fitting and scoring, all folds.
    tags : dict
        Which rows each fold held out, where that can be told.
    """

    name: str
    type: str
    params: dict[str, Scalar]
    changed: tuple[str, ...]
    metrics: dict[str, float] = field(default_factory=dict)
    steps: list[tuple[str, int, float]] = field(default_factory=list)
    seconds: float = 0.0
    tags: dict[str, str] = field(default_factory=dict)


def cross_validation(arguments: Arguments, result: Mapping[str, Any]) -> Trial:
    """Return what one call of `cross_validate` found."""
    args, kwargs = arguments
    estimator = args[0] if args else kwargs["estimator"]
    values, changed = parameters(estimator)
    scoring = kwargs.get("scoring")
    metrics: dict[str, float] = {}
    steps: list[tuple[str, int, float]] = []
    for key, scores in result.items():
        kind, _, score = key.partition("_")
        if kind not in ("test", "train") or not isinstance(scores, np.ndarray):
            continue
        name = _score_name(score, scoring, estimator)
        name = name if kind == "test" else f"{name}_train"
        _add(name, scores, metrics, steps)
    seconds = sum(float(np.sum(result[k])) for k in ("fit_time", "score_time") if k in result)
    name = f"cross-validation of {type(estimator).__name__}"
    kind, tags = type_name(estimator), held_out(args, kwargs)
    return Trial(name, kind, values, changed, metrics, steps, seconds, tags)


def is_search(model: Any) -> bool:
    """Tell whether `model` is a finished search over parameters."""
    return isinstance(getattr(model, "cv_results_", None), dict) and hasattr(model, "estimator")


def search(model: Any) -> tuple[list[Trial], list[str]]:
    """Return the configurations that a fitted search tried, best first, and notes."""
    results = model.cv_results_
    base, _ = parameters(model.estimator)
    order = _best_first(results)
    notes = []
    if len(order) > _MOST:
        notes.append(
            f"The search tried {len(order)} configurations; the best {_MOST} are kept as runs."
        )
    kind = type_name(model.estimator)
    return [_candidate(results, at, base, kind) for at in order[:_MOST]], notes


def _candidate(results: Mapping[str, Any], at: int, base: Mapping[str, Scalar], kind: str) -> Trial:
    tried = {str(name): scalar(value) for name, value in results["params"][at].items()}
    metrics: dict[str, float] = {}
    steps: list[tuple[str, int, float]] = []
    for key in results:
        if not key.startswith(("mean_test_", "mean_train_")):
            continue
        part = key.removeprefix("mean_")
        score = part.partition("_")[2]
        name = score if part.startswith("test_") else f"{score}_train"
        folds = [
            float(results[f"split{n}_{part}"][at])
            for n in range(len(results))
            if f"split{n}_{part}" in results
        ]
        metrics[name] = float(results[key][at])
        metrics[f"{name}_std"] = float(results[f"std_{part}"][at])
        steps += [(name, fold, value) for fold, value in enumerate(folds)]
    for extra in ("iter", "n_resources"):
        if extra in results:
            tried[extra] = scalar(results[extra][at])
    seconds = sum(float(results[k][at]) for k in ("mean_fit_time", "mean_score_time"))
    folds_seen = max((step for _, step, _ in steps), default=0) + 1
    words = ", ".join(f"{name}={value}" for name, value in tried.items())
    params = {**base, **tried}
    return Trial(words[:200], kind, params, tuple(tried), metrics, steps, seconds * folds_seen)


def _best_first(results: Mapping[str, Any]) -> list[int]:
    count = len(results["params"])
    rank = next((key for key in results if key.startswith("rank_test_")), None)
    if rank is None:
        return list(range(count))
    # Halving searches rank within an iteration; the last iteration is what counts.
    later = results.get("iter", np.zeros(count))
    return sorted(range(count), key=lambda at: (-int(later[at]), int(results[rank][at]), at))


def _add(
    name: str,
    scores: Any,
    metrics: dict[str, float],
    steps: list[tuple[str, int, float]],
) -> None:
    metrics[name] = float(np.mean(scores))
    metrics[f"{name}_std"] = float(np.std(scores))
    steps += [(name, fold, float(value)) for fold, value in enumerate(scores)]


def _score_name(score: str, scoring: Any, estimator: Any) -> str:
    """Return what the score called `score` measures, where scikit-learn only says "score"."""
    if score != "score":
        return score
    if isinstance(scoring, dict):
        scoring = scoring.get("score")  # how cross_val_score asks for it
    if isinstance(scoring, str):
        return scoring
    function = getattr(scoring, "_score_func", None)
    if function is not None:
        name = str(getattr(function, "__name__", "score"))
        name = _SHORT.get(name, name)
        return f"neg_{name}" if getattr(scoring, "_sign", 1) < 0 else name
    kind = getattr(estimator, "_estimator_type", None)
    if kind is None and hasattr(estimator, "__sklearn_tags__"):
        kind = estimator.__sklearn_tags__().estimator_type
    return {"classifier": "accuracy", "regressor": "r2"}.get(str(kind), "score")
