"""Errors of exports."""

from __future__ import annotations

from notewright.errors.base import NotewrightError


class ExportFailed(NotewrightError):
    """A package could not be made, or could not be proved to be the same."""

    code = "export_failed"


class NotAModel(NotewrightError):
    """An export of something that cannot predict."""

    code = "not_a_model"

    def __init__(self, name: str, type_: str, remedy: str = "") -> None:
        super().__init__(
            f"'{name}' is {'an' if type_[0] in 'aeiouAEIOU' else 'a'} {type_}, "
            "not a model that was fitted.",
            remedy
            or "Export the variable that holds the fitted estimator or pipeline, or a function "
            "that gives a value for each row.",
        )


class ReplayFailed(ExportFailed):
    """The notebook's own code, run again in a fresh process, raised."""

    code = "replay_failed"

    def __init__(self, place: str, text: str, error: str) -> None:
        self.place, self.text, self.error = place, text, error
        super().__init__(
            f"Run again from the start, {place} (`{text[:80]}`) raises {error[:300]}.",
            "Run the notebook from top to bottom in a fresh kernel, mend that line, export again.",
        )


class NotTheSame(ExportFailed):
    """What was run again differs from what the notebook holds."""

    code = "not_the_same"

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(
            f"The export was stopped, because {what}.",
            remedy or "Give every random step a seed (`random_state=...`) and run the cells again.",
        )


class NoNetwork(ExportFailed):
    """The locked dependencies could not be fetched."""

    code = "no_network"

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The package's dependencies could not be fetched: {detail[:300]}.",
            "Check the network or the package index set for pip and uv, then export again.",
        )
