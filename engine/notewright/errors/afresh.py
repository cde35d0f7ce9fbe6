"""Errors of notebooks that are run from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence

from notewright.errors.base import NotewrightError


class NotebookUnusable(NotewrightError):
    """There is no notebook to run, or it cannot be one."""

    code = "notebook_unusable"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"{name} cannot be run: {why}.",
            "Give the path of a notebook (.ipynb) with Python code.",
        )


class KernelUnusable(NotewrightError):
    """The kernel that a notebook asks for does not do."""

    code = "kernel_unusable"

    def __init__(self, name: str, why: str, remedy: str = "") -> None:
        super().__init__(
            f"The notebook's kernel '{name}' cannot be used: {why}.",
            remedy or "Choose another kernel for the notebook, save it, and export again.",
        )


class CellFailed(NotewrightError):
    """A cell did not end well when the notebook was run from top to bottom."""

    code = "cell_failed"

    def __init__(self, number: int, why: str, line: int | None = None, remedy: str = "") -> None:
        self.number, self.line = number, line
        where = f"cell [{number}]" + ("" if line is None else f", line {line}")
        super().__init__(
            f"Run from top to bottom, the notebook stops in {where}: {why.rstrip('.')}.",
            remedy
            or "Nothing of earlier runs is left there: mend that cell or the order of the cells, "
            "save the notebook, and export again.",
        )


class NothingFitted(NotewrightError):
    """A notebook without a model to export."""

    code = "nothing_fitted"

    def __init__(self) -> None:
        super().__init__(
            "This notebook holds no fitted model.",
            "Fit one, or name the variable of an object with a `predict` method.",
        )


class SeveralModels(NotewrightError):
    """It is not clear which model is meant."""

    code = "several_models"

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            f"This notebook holds several fitted models: {', '.join(names)}.",
            f"Name the one to export, such as {names[0]}.",
        )
