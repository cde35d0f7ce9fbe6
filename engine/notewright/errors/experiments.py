"""Errors of runs, comparisons and models."""

from __future__ import annotations

from notewright.errors.base import NotewrightError


class BadFilter(NotewrightError):
    """A filter expression that does not parse, with the place of the mistake."""

    code = "bad_filter"

    def __init__(self, expression: str, position: int, reason: str) -> None:
        self.position = position
        pointer = " " * position + "^"
        super().__init__(
            f"The filter cannot be read: {reason}.\n    {expression}\n    {pointer}\n",
            "Write it like `metrics.auc > 0.8 and params.max_depth <= 6`.",
        )


class DifferentRows(NotewrightError):
    """Runs to compare were scored on different held-out rows."""

    code = "different_rows"

    def __init__(self, first: str, second: str, how: str) -> None:
        super().__init__(
            f"'{first}' and '{second}' were scored on different rows ({how}), "
            "so a difference between them need not be one between the models.",
            "Score both on the same test rows, or compare all the same with "
            "`--allow-different-rows`.",
        )


class NoModel(NotewrightError):
    """A run without a model was asked for its model."""

    code = "no_model"

    def __init__(self, run: str) -> None:
        super().__init__(
            f"Run '{run}' recorded no fitted model.",
            "Fit the model inside the recorded cell, or choose another of `%nw runs`.",
        )


class ModelUnloadable(NotewrightError):
    """A recorded model cannot be brought back as it was."""

    code = "model_unloadable"

    def __init__(self, run: str, reason: str) -> None:
        super().__init__(
            f"The model of run '{run}' cannot be loaded: {reason}.",
            "Run the cell that fitted it again.",
        )


class NoEvaluation(NotewrightError):
    """A run without scored rows was asked for them."""

    code = "no_evaluation"

    def __init__(self, run: str) -> None:
        super().__init__(
            f"Run '{run}' recorded no predictions on held-out rows.",
            "Call a metric of sklearn.metrics (or `model.score`) inside the recorded cell.",
        )


class BadRecord(NotewrightError):
    """A value given to a run, or the use made of the run, cannot be."""

    code = "bad_record"
