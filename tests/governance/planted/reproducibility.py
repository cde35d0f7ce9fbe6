"""Notebooks that do not make the same model again: seeds, hidden state, order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.governance.planted.models import Modelled
from tests.governance.planted.notebooks import (
    Cell,
    Saved,
    cells_of,
    corpus,
    found_in_notebook,
    honest,
    train,
)
from tests.governance.planted.security import trained_sets
from tests.governance.planted.trial import Trial
from tests.governance.test_reproducibility import SEEDED, UNSEEDED

from notewright.governance.checks.base import Finding

#: The cells that ran, and those that the document has afterwards.
Changed = tuple[list[Cell], list[Cell]]


def _of_seeds() -> Iterator[Trial]:
    check = "reproducibility.seeds"
    for book in corpus():
        yield Trial(check, book.name, partial(found_in_notebook, check, book))
    for name, source in SEEDED.items():
        book = Saved(f"seeded: {name}", (source,))
        yield Trial(check, book.name, partial(found_in_notebook, check, book))
    for at, (name, (source, what)) in enumerate(UNSEEDED.items()):
        # Beside a seed of another notebook's, such a draw would have one.
        book = corpus()[at % len(corpus())]
        seeded = any("seed(" in cell for cell in book.cells)
        planted = Saved(book.name, ("x = 1", source)) if seeded else book.with_cell(source)
        yield Trial(check, book.name, partial(found_in_notebook, check, planted), name, what)


# -- saved notebooks ------------------------------------------------------------------------


def without_the_first(book: Saved) -> Saved:
    """Delete the cell that the others rest on."""
    return Saved(book.name, book.cells[1:], tuple(range(2, len(book.cells) + 1)))


def first_at_the_end(book: Saved) -> Saved:
    """Move the cell that the others rest on to the end."""
    count = len(book.cells)
    return Saved(book.name, (*book.cells[1:], book.cells[0]), (*range(2, count + 1), 1))


def renamed(book: Saved) -> Saved:
    """Use a variable that a cell, deleted since, once made."""
    return book.with_cell("print(cleaned.head())")


def backwards(book: Saved) -> Saved:
    """Run the second of two cells before the first, which makes what it uses."""
    cells = ("width = 3", "print(width)", *book.cells)
    return Saved(book.name, cells, (2, 1, *range(3, len(cells) + 1)))


def once_more(book: Saved) -> Saved:
    """Change a value in a cell, and go on below with what ran before."""
    cells = ("rate = 0.1", "rows = [rate] * 3", *book.cells)
    return Saved(book.name, cells, (len(cells) + 5, *range(2, len(cells) + 1)))


_SAVED: dict[str, tuple[Callable[[Saved], Saved], ...]] = {
    "hidden_state": (without_the_first, first_at_the_end, renamed),
    "order": (backwards, once_more),
}


def _of_saved() -> Iterator[Trial]:
    for name, changes in _SAVED.items():
        check = f"reproducibility.{name}"
        for at, book in enumerate(corpus()):
            yield Trial(check, book.name, partial(found_in_notebook, check, book))
            change = changes[at % len(changes)]
            if len(book.cells) > 1:
                ask = partial(found_in_notebook, check, change(book))
                yield Trial(check, book.name, ask, str(change.__doc__))


# -- notebooks that ran ---------------------------------------------------------------------


def deleted(cells: list[Cell]) -> Changed:
    """Delete the cell that names the columns, once the model is trained."""
    return cells, [cell for cell in cells if cell[0] != "columns"]


def edited(cells: list[Cell]) -> Changed:
    """Edit the cell that loads the rows, once the model is trained."""
    return cells, [("load", "print('nothing')") if c[0] == "load" else c for c in cells]


def later_value(cells: list[Cell]) -> Changed:
    """Use a value that a cell further down left."""
    first, last, use = ("one", "scale = 1.0"), ("two", "scale = 50.0"), (
        "use", "raw[numbers] = raw[numbers] * scale"
    )  # fmt: skip
    return [*cells[:4], first, last, use, *cells[4:]], [*cells[:4], first, use, last, *cells[4:]]


def twice(cells: list[Cell]) -> Changed:
    """Run a cell twice that goes on from itself."""
    use = ("use", "raw[numbers] = raw[numbers] * 2")
    return [*cells[:4], use, use, *cells[4:]], [*cells[:4], use, *cells[4:]]


_RAN: dict[str, tuple[Callable[[list[Cell]], Changed], ...]] = {
    "hidden_state": (deleted, edited),
    "order": (later_value, twice),
}


def _changed(
    name: str, of: Modelled, change: Callable[[list[Cell]], Changed], folder: Path
) -> list[Finding]:
    ran, stands = change(cells_of(of))
    return train(of, folder, ran, stands).found(f"reproducibility.{name}")


def _honest(check: str, of: Modelled, folder: Path) -> list[Finding]:
    return honest(of).found(check)


def _of_trained() -> Iterator[Trial]:
    for name, changes in _RAN.items():
        check = f"reproducibility.{name}"
        for at, of in enumerate(trained_sets()):
            yield Trial(check, f"{of.name}, trained", partial(_honest, check, of), slow=at > 2)
            change = changes[at % len(changes)]
            ask = partial(_changed, name, of, change)
            yield Trial(check, f"{of.name}, trained", ask, str(change.__doc__), slow=at > 1)


# -- made again -----------------------------------------------------------------------------


def no_seed(cells: list[Cell]) -> list[Cell]:
    """Add noise without a seed."""
    noise = ("noise", "raw[numbers[0]] += np.random.default_rng().normal(0, 1, len(raw))")
    return [*cells[:4], noise, *cells[4:]]


def no_seed_in_the_split(cells: list[Cell]) -> list[Cell]:
    """Split without a seed."""
    return [(id_, source.replace(", random_state=0", "")) for id_, source in cells]


def other_rows(cells: list[Cell]) -> list[Cell]:
    """Change the data file once it was read."""
    id_, source = cells[1]
    return [cells[0], (id_, f"{source}\nraw.iloc[:60].to_csv('rows.csv', index=False)"), *cells[2:]]


_AGAIN = (no_seed, no_seed_in_the_split, other_rows)


def _replayed(
    of: Modelled, change: Callable[[list[Cell]], list[Cell]] | None, folder: Path
) -> list[Finding]:
    cells = cells_of(of) if change is None else change(cells_of(of))
    return train(of, folder, cells).found("reproducibility.replay", limit=240)


def _of_replays() -> Iterator[Trial]:
    check = "reproducibility.replay"
    for at, of in enumerate(trained_sets()):
        yield Trial(check, of.name, partial(_replayed, of, None), slow=True)
        change = _AGAIN[at % len(_AGAIN)]
        if at < 2 * len(_AGAIN):
            ask = partial(_replayed, of, change)
            yield Trial(check, of.name, ask, str(change.__doc__), slow=True)


def trials() -> Iterator[Trial]:
    """Yield the trials of the family."""
    yield from _of_seeds()
    yield from _of_saved()
    yield from _of_trained()
    yield from _of_replays()
