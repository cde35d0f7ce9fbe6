"""What a model answers to its input: it predicts, or it transforms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.errors import ExportFailed

if TYPE_CHECKING:
    from notewright.packaging.functions import Rule


@dataclass(frozen=True)
class Answer:
    """What a package answers to a row.

    Parameters
    ----------
    method : {"predict", "transform"}
        What the model is asked.
    columns : int
        How many values a row gets; 0 where it is one value and no row of values.
    """

    method: str
    columns: int

    @classmethod
    def of(cls, made: Mapping[str, Any]) -> Answer:
        """Return it from what :func:`answers` gave."""
        method = next((name for name in made if name != "predict_proba"), "predict")
        values = made.get(method)
        return cls(method, values.shape[1] if values is not None and values.ndim == 2 else 0)

    @property
    def name(self) -> str:
        """The name of the column, or what the columns' names begin with."""
        return "prediction" if self.method == "predict" else "transformed"


def answer_method(model: Any) -> str | None:
    """Return ``"predict"`` or ``"transform"``: what a package asks of the model.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> answer_method(PCA()), answer_method(3)
    ('transform', None)
    """
    return next((name for name in ("predict", "transform") if hasattr(model, name)), None)


def answers(model: Any, inputs: Any) -> dict[str, Any]:
    """Return what a model says of its input, by the method that was asked."""
    import numpy as np

    method = answer_method(model)
    if method is None:
        return {}
    found = {method: dense(getattr(model, method)(inputs))}
    if method == "predict" and hasattr(model, "predict_proba"):
        chances = model.predict_proba(inputs)
        # A list has a matrix for each output; a mixture has no classes to name.
        if len(getattr(model, "classes_", ())) == np.shape(chances)[-1] and found[method].ndim == 1:
            found["predict_proba"] = chances
    return found


def dense(values: Any) -> Any:
    """Return values that may be sparse, or a table, as an array."""
    import numpy as np

    return np.asarray(values.toarray() if hasattr(values, "toarray") else values)


def check_predictions(rule: Rule, predictions: Any, rows: Any) -> None:
    """Refuse what is not one value for each row.

    Raises
    ------
    ExportFailed
        Says what the function gives instead.
    """
    import numpy as np

    wanted = int(np.shape(rows)[0]) if np.shape(rows) else 0
    values = predictions if np.shape(predictions)[:1] == (wanted,) else None
    problem = ""
    if values is None:
        shape = np.shape(predictions)
        count = f"{shape[0]} values" if shape else "one value"
        problem = f"gives {count} for the {wanted} rows of '{rule.table}'"
    elif np.ndim(values) > (2 if rule.module else 1):
        problem = f"gives {np.shape(values)[1]} values for each row of '{rule.table}'"
    elif not all(map(_is_answer, np.asarray(values)[:100].ravel())):
        problem = "gives something else than a number, a text or a truth value for a row"
    if problem:
        raise ExportFailed(
            f"'{rule.shown}' {problem}.",
            "Let it return one value for each row, run its cells and export again.",
        )


def _is_answer(value: Any) -> bool:
    """Tell whether a value is one that a row can be answered, missing ones among them."""
    import numpy as np
    import pandas as pd

    if value is None or value is pd.NA:
        return True
    return isinstance(value, bool | int | float | str | np.bool_ | np.number) and not isinstance(
        value, complex | np.complexfloating | np.timedelta64
    )
