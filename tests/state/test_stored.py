"""What a change adds to the store: about what was changed, not what there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

MEGABYTE = 1_000_000
#: What a snapshot's own records, pickles and lists of pieces may take.
RECORDS = 60_000
SETUP = """
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
array = rng.random(2_500_000)
table = pd.DataFrame({name: rng.random(200_000) for name in "abcdefghij"})
records = {f"k{i}": {"id": i, "v": [i, i + 0.5]} for i in range(20_000)}
"""


class Stored:
    """A notebook with 36 MB of state, and the bytes that each further snapshot adds."""

    def __init__(self, notebook, root: Path) -> None:
        self._notebook, self._packs = notebook, root / ".notewright/objects/packs"
        notebook.run(SETUP)
        notebook.recorder.take("before")

    def total(self) -> int:
        return sum(file.stat().st_size for file in self._packs.iterdir())

    def by(self, cell: str) -> int:
        """Return the bytes that a snapshot after `cell` adds."""
        before = self.total()
        self._notebook.run(cell)
        self._notebook.recorder.take("after")
        return self.total() - before


@pytest.fixture
def stored(notebook, workspace) -> Stored:
    return Stored(notebook, workspace.root)


@pytest.mark.parametrize(
    ("cell", "most"),
    [
        ("x = 1", RECORDS),
        ("array.sum(), len(records), table.mean()", RECORDS),
        ("table['k'] = table['a'] / 2", 1.6 * MEGABYTE + RECORDS),
        ("table['again'] = table['a']", RECORDS),
        ("same = table.copy(); twice = array.copy()", RECORDS),
        ("table.iloc[1000:3000, 2] = 0.5", 2_000 * 8 + 2 * 4096 + RECORDS),
        ("array[500_000:525_000] += 1", 25_000 * 8 + 2 * 4096 + RECORDS),
        # One element in a hundred, hence a part of every page: less than those pages.
        ("array[::100] += 1", 0.1 * 2_500_000 * 8),
        ("records['k500']['v'].append('one more')", RECORDS),
        ("part = array[1_000_000:]", RECORDS),
        ("del table", RECORDS),
    ],
)
def test_a_change_stores_about_what_it_changed(stored: Stored, cell: str, most: float) -> None:
    assert stored.by(cell) <= most


def test_going_back_and_forth_stores_nothing_twice(stored: Stored, notebook) -> None:
    stored.by("array = array * 2")
    before = stored.total()
    for _ in range(3):
        notebook.recorder.restore("before")
        notebook.recorder.restore("after")
    assert stored.total() - before <= 6 * RECORDS


def test_what_cannot_be_compressed_is_stored_as_it_is_and_what_can_is_compressed(
    stored: Stored,
) -> None:
    noise = stored.by("noise = np.frombuffer(rng.bytes(8_000_000), np.uint8)")
    assert 8 * MEGABYTE <= noise <= 8 * MEGABYTE + RECORDS
    assert stored.by("steps = np.repeat(np.arange(1000.), 1000)") <= MEGABYTE


def test_the_arrays_are_what_the_figures_above_suppose(notebook) -> None:
    notebook.run(SETUP)
    assert notebook["array"].nbytes == 20 * MEGABYTE
    assert notebook["table"].to_numpy().nbytes == 16 * MEGABYTE
    assert np.unique(notebook["array"]).size > 2_000_000
