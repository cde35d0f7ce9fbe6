"""Whether the cells behind a model, run from top to bottom as they stand, do what they did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from notewright.governance.checks.document_order import Place, Standing
from notewright.governance.checks.needed_names import needed
from notewright.lineage.slices import bound_afresh


@dataclass(frozen=True)
class Trouble:
    """One reason why the notebook as it stands does something else.

    Parameters
    ----------
    name : str
        The variable.
    sentence, remedy : str
        What is wrong, and what to do.
    cells : tuple of str
        The cells concerned.
    """

    name: str
    sentence: str
    remedy: str
    cells: tuple[str, ...]


def missing_names(standing: Standing) -> Iterator[Trouble]:
    """Yield the variables that cells behind the model need and that none above makes any more."""
    for execution in standing.kept:
        place = standing.place(execution)
        if place is None:
            continue  # what it made is missed by those that need it
        for name in standing.needs(execution):
            writer = standing.writer(name, execution)
            if writer is None and not standing.ordered:
                continue  # it may have been made before Notewright was loaded
            makers = [p for p in standing.places if name in p.makes and p.at != place.at]
            above = [p for p in makers if not standing.ordered or p.at < place.at]
            if not above and name in needed(place.tree, standing.definitions):
                yield _missing(name, execution, writer, bool(makers), standing)


def changed_order(standing: Standing) -> Iterator[Trouble]:
    """Yield the variables that cells behind the model would find otherwise, from the top down."""
    seen: dict[str, Any] = {}
    for execution in standing.kept:
        place = standing.place(execution)
        key = str(place.at) if place is not None else execution.source
        if key in seen and (twice := _changed_twice(execution)):
            yield _twice(twice, execution)
        seen[key] = execution
        if place is None or not standing.ordered:
            continue
        for name in standing.needs(execution):
            writer = standing.writer(name, execution)
            at = None if writer is None else standing.place(writer)
            if at is None or at.at == place.at:
                continue
            above = [p for p in standing.places if p.at < place.at and standing.writes(p, name)]
            if above and above[-1].at != at.at:
                yield _otherwise(name, execution, writer, above[-1], at.at > place.at)


def edited(standing: Standing) -> Iterator[Trouble]:
    """Yield the cells behind the model whose text is another one now, or that are gone."""
    for execution in standing.latest:
        place = standing.place(execution)
        if place is not None and place.source.strip() == execution.source.strip():
            continue
        what = "is not in the notebook any more" if place is None else "has been edited since"
        yield Trouble(
            execution.words,
            f"{_capital(execution.words)} made part of the model and {what}.",
            "Run the notebook from top to bottom and train the model again, so that both agree.",
            (execution.words,),
        )


def _missing(name: str, execution: Any, writer: Any, below: bool, standing: Standing) -> Trouble:
    cells = (execution.words,) if writer is None else (execution.words, writer.words)
    if below:
        sentence = (
            f"{_capital(execution.words)} uses `{name}`, which is made only further down: the "
            "notebook stops there when it is run from top to bottom."
        )
        remedy = f"Move the cell that makes `{name}` above it, and run the notebook from the top."
    elif writer is None:
        sentence = (
            f"{_capital(execution.words)} uses `{name}`, which no cell of the notebook makes: the "
            "notebook stops there when it is run from top to bottom."
        )
        remedy = f"Write the cell that makes `{name}`, and run the notebook from the top."
    else:
        gone = "has been edited since" if standing.place(writer) else "is gone since"
        sentence = (
            f"{_capital(execution.words)} uses `{name}`, which no cell makes any longer: "
            f"{writer.words} did, and {gone}. The notebook does not run from top to bottom."
        )
        remedy = (
            f"Put back what made `{name}` (`%nw history` has it), and run the notebook from the "
            "top."
        )
    return Trouble(name, sentence, remedy, cells)


def _otherwise(name: str, execution: Any, writer: Any, above: Place, below: bool) -> Trouble:
    first = next((line.strip() for line in above.source.splitlines() if line.strip()), "")
    where = "further down" if below else "further up"
    return Trouble(
        name,
        f"{_capital(execution.words)} used `{name}` as {writer.words} left it, which stands "
        f"{where}; run from top to bottom, it finds what `{first[:60]}` leaves.",
        "Put the cells into the order in which they are to run, run them from the top, and train "
        "the model again.",
        (execution.words, writer.words),
    )


def _changed_twice(execution: Any) -> list[str]:
    """Return the variables that an execution changed on the basis of what they were."""
    own = bound_afresh(execution)
    return sorted(set(execution.changed) & set(execution.reads) - own)


def _twice(names: list[str], execution: Any) -> Trouble:
    listed = ", ".join(f"`{name}`" for name in names)
    return Trouble(
        names[0],
        f"{_capital(execution.words)} ran more than once, and each time changed {listed} further; "
        "run from top to bottom, it does so once.",
        "Let the cell begin with what an earlier cell made, under another name, and run the "
        "notebook from the top.",
        (execution.words,),
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
