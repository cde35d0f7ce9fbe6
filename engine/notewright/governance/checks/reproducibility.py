"""Whether the model can be made again: by its cells, in a fresh process, from top to bottom."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from notewright.governance.checks.base import OF_NOTEBOOKS, CannotRun, Check, Finding, Option
from notewright.governance.checks.cell_code import codes
from notewright.governance.checks.cell_order import (
    Trouble,
    changed_order,
    edited,
    missing_names,
)
from notewright.governance.checks.document_order import Place, Standing, standing
from notewright.governance.checks.material import Material
from notewright.governance.checks.randomness import Draw, unseeded
from notewright.governance.checks.saved_order import ran_otherwise, unmade_names
from notewright.lineage.slices import slice_line

_NO_NOTEBOOK = "The model was not trained cell by cell in a notebook: no order of cells matters."


class Replay(Check):
    """Runs the cells that made the model again, in a fresh process, and compares the models."""

    name = "reproducibility.replay"
    summary = "Its cells, run again in a fresh process, make the same model."
    acceptable = True
    #: It trains the model again, and does again whatever else its cells do.
    runs = False
    options: ClassVar[Mapping[str, Option]] = {
        "limit": Option(600, "So many seconds it may take.", minimum=1, maximum=86_400)
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Make the model again."""
        reproduce = material.sources.reproduce
        if reproduce is None:
            raise CannotRun(
                "The cells of this model are not at hand to run again.",
                "Run the check in the project where the model was trained.",
            )
        made = reproduce(material.run, float(options["limit"]))
        yield self.finding(
            made.same,
            made.sentence,
            remedy=made.remedy,
            subject="model",
            cells=made.cells,
        )


class Seeds(Check):
    """Finds cells behind the model that draw random numbers without a seed."""

    name = "reproducibility.seeds"
    subjects = OF_NOTEBOOKS
    summary = "What draws random numbers on the way to the model has a seed."
    severity = "warning"
    acceptable = True

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each thing that draws without a seed, and its cell."""
        clean = True
        for draw in _that_matter(unseeded(codes(material.cells)), material):
            clean = False
            yield self.finding(
                False,
                f"{draw.cell[:1].upper()}{draw.cell[1:]} draws random numbers without a seed "
                f"(`{draw.what}`): run again, it gives something else.",
                remedy=f"{draw.remedy} Then train the model again.",
                subject=f"{draw.what} in {draw.cell}",
                cells=(draw.cell,),
                details={"what": draw.what},
            )
        if clean:
            yield self.finding(
                True, "No cell behind the model draws random numbers without a seed."
            )


class _OfOrder(Check):
    """A check of the order of cells; each subclass says what it looks for."""

    severity = "warning"
    acceptable = True
    fine: ClassVar[str]

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each variable, and the cells concerned."""
        if material.kind == "notebook":
            yield from self._told(self.of_saved(material.places), "")
            return
        found = standing(material)
        if found is None:
            yield self.finding(True, _NO_NOTEBOOK)
            return
        words = "" if found.ordered else " The order of the document is not known here; the cells "
        words += "" if found.ordered else "were compared as they last ran."
        yield from self._told(self.troubles(found), words)

    def _told(self, troubles: Iterable[Trouble], words: str) -> Iterator[Finding]:
        told = list({(t.name, t.cells): t for t in troubles}.values())
        for trouble in told:
            yield self.finding(
                False,
                trouble.sentence,
                remedy=trouble.remedy,
                subject=f"{trouble.name} in {trouble.cells[0]}",
                cells=trouble.cells,
            )
        if not told:
            yield self.finding(True, self.fine + words)

    @abstractmethod
    def troubles(self, found: Standing) -> Iterator[Trouble]:
        """Yield what is wrong with the cells behind a model."""

    @abstractmethod
    def of_saved(self, places: Sequence[Place]) -> Iterator[Trouble]:
        """Yield what is wrong with the cells of a saved notebook."""


class HiddenState(_OfOrder):
    """Finds variables that cells behind the model use and that no cell makes any longer."""

    name = "reproducibility.hidden_state"
    subjects = OF_NOTEBOOKS
    summary = "Cells behind the model use only what a cell of the notebook makes."
    fine = "Every variable that the cells use is made by a cell of the notebook."

    def troubles(self, found: Standing) -> Iterator[Trouble]:
        """Yield the variables that are missing, and the cells that are other ones now."""
        missing = list(missing_names(found))
        yield from missing
        told = {cell for trouble in missing for cell in trouble.cells}
        yield from (t for t in edited(found) if t.cells[0] not in told)

    def of_saved(self, places: Sequence[Place]) -> Iterator[Trouble]:
        """Yield the variables that no cell above makes."""
        yield from unmade_names(places)


class Order(_OfOrder):
    """Finds cells behind the model that ran in another order than they stand in."""

    name = "reproducibility.order"
    subjects = OF_NOTEBOOKS
    summary = "Cells behind the model, run from top to bottom, find what they found."
    fine = "The cells, run from top to bottom, find what they found."

    def troubles(self, found: Standing) -> Iterator[Trouble]:
        """Yield the variables that would be others."""
        yield from changed_order(found)

    def of_saved(self, places: Sequence[Place]) -> Iterator[Trouble]:
        """Yield the cells that ran in another order than they stand in."""
        yield from ran_otherwise(places)


def _that_matter(draws: list[Draw], material: Material) -> list[Draw]:
    """Return the draws in cells that made the model or its score; all where that is not known."""
    history = material.sources.history
    if material.kind == "notebook":
        return draws
    if history is None or not all(draw.execution is not None for draw in draws):
        return draws
    run = material.run
    if run.model is None or not run.execution:
        return draws
    line = history.line(run.execution)
    wanted = {e.id for e in slice_line(line, run.model.variable).executions} | {run.execution}
    return [draw for draw in draws if draw.execution.id in wanted]  # type: ignore[attr-defined]


CHECKS = (Replay, Seeds, HiddenState, Order)
