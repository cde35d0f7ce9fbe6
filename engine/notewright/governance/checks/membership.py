"""Whether the model gives away which rows it was trained on: membership inference."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import CannotRun, Check, Finding, Option
from notewright.governance.checks.inputs import Inputs, asked
from notewright.governance.checks.intervals import Interval, wilson
from notewright.governance.checks.material import Material
from notewright.governance.checks.scores import delong

if TYPE_CHECKING:
    import numpy as np

#: Of either side so many rows are asked at most, evenly spread.
_MOST = 5000
#: With fewer rows on a side the attack cannot be judged.
_FEWEST = 30
#: Share of test rows that an attacker may take for training rows.
_FALSE = 0.01


@dataclass(frozen=True)
class Attack:
    """How well an attacker tells training rows from others by the model's loss on them.

    Parameters
    ----------
    auc : float
        Probability that a training row has a smaller loss than another row; 0.5 is guessing.
    interval : tuple of float
        DeLong's 95 % interval.
    caught : float
        Share of training rows that are known at 1 % false alarms (Carlini et al. 2022).
    caught_interval : tuple of float
        Wilson's 95 % interval, the threshold taken as given.
    """

    auc: float
    interval: Interval
    caught: float
    caught_interval: Interval


def loss_attack(trained: np.ndarray, others: np.ndarray) -> Attack:
    """Return how well the loss tells the rows trained on (Yeom et al. 2018).

    Parameters
    ----------
    trained, others : array of shape (n,), (m,)
        The loss of each row; not necessarily of equal numbers.

    Examples
    --------
    >>> import numpy as np
    >>> round(loss_attack(np.arange(100.0), np.arange(100.0) + 50).auc, 3)
    0.875
    """
    import numpy as np

    auc, interval = delong(-trained, -others)
    allowed = math.floor(_FALSE * len(others))
    # The attacker names rows with a loss below that of all but so many of the others.
    limit = np.sort(others)[allowed]
    known = int((trained < limit).sum())
    return Attack(auc, interval, known / len(trained), wilson(known, len(trained)))


def losses(inputs: Inputs, features: Any, true: np.ndarray, task: str) -> np.ndarray:
    """Return the model's loss on each row: of a probability its negative logarithm.

    Where the model gives no probabilities, how far the true class falls short by its decision
    function; where it has none either, whether the prediction is wrong. Of a regression, the
    absolute error, over all outputs.
    """
    import numpy as np

    true = np.asarray(true)
    if task == "regression":
        said = inputs.predict(features).astype(float)
        away = np.abs(said.reshape(len(true), -1) - true.astype(float).reshape(len(true), -1))
        return np.asarray(away.sum(axis=1))
    classes = [str(c) for c in getattr(inputs.model, "classes_", ())]
    names = [str(v) for v in true.tolist()] if true.ndim == 1 else []
    if names and classes and set(names) <= set(classes):
        at = np.array([classes.index(name) for name in names])
        rows = np.arange(len(at))
        if hasattr(inputs.model, "predict_proba"):
            chances = asked(inputs.model, "predict_proba", features)
            return np.asarray(-np.log(np.clip(chances[rows, at], 1e-15, 1)))
        if hasattr(inputs.model, "decision_function"):
            scores = asked(inputs.model, "decision_function", features)
            if scores.ndim == 1:
                return np.asarray(np.where(at == 1, -scores, scores))
            own = scores[rows, at].copy()
            scores[rows, at] = -np.inf
            return np.asarray(scores.max(axis=1) - own)
    wrong = inputs.predict(features).astype(str) != true.astype(str)
    return np.asarray(wrong.reshape(len(true), -1).mean(axis=1))


class Membership(Check):
    """Attacks the model with its own loss, as somebody would who wants to know who was in the data.

    Rows of the training set that the model knows by heart have a smaller loss than others. A
    test set from another time than the training set makes the attack look better than it is.
    """

    name = "privacy.membership"
    summary = "The model does not give away which rows it was trained on."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "max_auc": Option(
            0.6, "How well an attacker may tell them; 0.5 is guessing.", minimum=0.5, maximum=1
        )
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the attack's AUC."""
        import numpy as np

        inputs, task = material.inputs, material.evaluation.task
        true = inputs.labels if inputs.labels is not None else material.trained.y_true
        sides = []
        for features, labels in ((inputs.train, true), (inputs.test, material.evaluation.y_true)):
            count = len(labels)
            if count < _FEWEST or features.shape[0] != count:
                raise CannotRun(
                    f"There are fewer than {_FEWEST} rows trained on or scored, with labels.",
                    "Score the model on more rows.",
                )
            chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST)).astype(int))
            some = features.iloc[chosen] if hasattr(features, "iloc") else features[chosen]
            sides.append(losses(inputs, some, np.asarray(labels)[chosen], task))
        attack = loss_attack(sides[0], sides[1])
        low, high = attack.interval
        limit = options["max_auc"]
        sentence = (
            f"By the model's loss, an attacker tells a row it was trained on from a test row with "
            f"AUC {attack.auc:.3f} (95 % interval {low:.3f} to {high:.3f}; 0.5 is guessing, the "
            f"policy allows {limit:g}), and knows {attack.caught:.1%} of the rows trained on at "
            "1 % false alarms."
        )
        passed = attack.auc <= limit
        if not passed and low <= limit:
            sentence += " With so few rows it may be chance."
        yield self.finding(
            passed,
            sentence,
            remedy="Make the model remember less: fewer or shallower trees, more rows a leaf, more "
            "regularisation, or training with differential privacy; and give out labels instead "
            "of probabilities where that is enough.",
            metric="attack_auc",
            value=attack.auc,
            interval=attack.interval,
            threshold=float(limit),
            details={
                "known_at_1_percent": attack.caught,
                "known_interval": list(attack.caught_interval),
                "trained": len(sides[0]),
                "tested": len(sides[1]),
            },
        )
