"""Whatever stands in loops and branches, what is left of them gives the variable's value."""

from __future__ import annotations

import contextlib
import io
import random
import sys
import textwrap
import types
from collections.abc import Sequence
from pathlib import Path

import pytest
from random_notebooks import (
    MODELS_PREAMBLE,
    MODELS_TEMPLATES,
    NAMES,
    PREAMBLE,
    TEMPLATES,
    in_time,
    made_by_chance,
)
from running import as_it_was, value_after

from notewright.packaging.inside import Inside, without
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, Statement, statements

OF_OBJECTS = (PREAMBLE, TEMPLATES)
OF_MODELS = (MODELS_PREAMBLE, MODELS_TEMPLATES)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a loop is stopped by a signal")


@pytest.mark.parametrize("seed", range(12))
def test_what_is_left_of_loops_and_branches_gives_the_value(seed: int, tmp_path: Path) -> None:
    _check(seed, 14, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 250))
def test_what_is_left_of_many_loops_and_branches_gives_the_value(seed: int, tmp_path: Path) -> None:
    _check(seed, 24, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 180))
def test_what_is_left_of_loops_that_fit_models_gives_the_value(seed: int, tmp_path: Path) -> None:
    _check(seed, 20, tmp_path, OF_MODELS)


def test_much_is_taken_out_of_them(tmp_path: Path) -> None:
    taken = 0
    for seed in range(20, 24):
        folder = tmp_path / str(seed)
        folder.mkdir()
        taken += _check(seed, 14, folder)
    assert taken > 20


def _check(seed: int, length: int, folder: Path, made_of: tuple[str, str] = OF_OBJECTS) -> int:
    """Compare the values; return how many statements were taken out."""
    cells = _with_blocks(made_by_chance(seed, length, folder, *made_of), seed, folder)
    body = statements(cells)
    program, inside = Program(body, careful=True), Inside(body, careful=True)
    taken = 0
    for name in (*NAMES, "total", "g"):
        everything = _value(body, name, folder / f"{name} 1")
        if everything is None or _value(body, name, folder / f"{name} 2") != everything:
            continue  # it is not there, has no digest, or differs from run to run
        kept = program.needed_for([name])
        gone = inside.unneeded([name], kept)
        left = statements(without(cells, body, gone))
        assert len(left) == len(body)
        chosen = [left[i] for i in sorted(kept)]
        assert _value(chosen, name, folder / f"{name} left") == everything, "\n".join(
            [name, *(s.text for s in chosen), "WITHOUT", *(s.text for s in gone)]
        )
        taken += len(gone)
    return taken


def _value(body: Sequence[Statement], name: str, folder: Path) -> str | None:
    """Return the variable's digest; None if it has none, or the notebook cannot run again."""
    with contextlib.suppress(Exception), in_time():
        return value_after(body, name, folder)
    return None


def _with_blocks(cells: Sequence[CellSource], seed: int, folder: Path) -> list[CellSource]:
    """Put statements that follow each other into loops and branches, where that can be run."""
    chance, done = random.Random(seed), [cells[0].code]
    rest = [cell.code for cell in cells[1:]]
    while rest:
        count = min(len(rest), chance.choice((1, 2, 3, 5)))
        some, rest = rest[:count], rest[count:]
        block = _block(some, chance, len(done))
        done += [block] if _runs([*done, block], folder) else some
    return [CellSource(code, f"cell [{n}]") for n, code in enumerate(done)]


def _block(some: Sequence[str], chance: random.Random, number: int) -> str:
    turn = f"turn{number}"
    parts = list(some)
    for at in range(len(parts)):
        if chance.random() < 0.3:
            test = chance.choice((f"{turn} % 2", f"{turn} == 0", "len(total) % 2", "g % 2"))
            end = chance.choice(("else:\n    g = g + 1", f"elif {turn}:\n    total.append(g)", ""))
            parts[at] = f"if {test}:\n{textwrap.indent(parts[at], '    ')}\n{end}"
    if chance.random() < 0.3:
        jump = chance.choice(("continue", "break"))
        test = chance.choice((f"{turn} == 1", "g > 3", "len(total) > 4"))
        parts.insert(chance.randrange(len(parts) + 1), f"if {test}:\n    {jump}")
    inner = textwrap.indent("\n".join(parts), "    ")
    head = chance.choice(
        (
            f"for {turn} in range({chance.randint(1, 3)}):",
            f"for {turn} in [3, 1, 2]:",
            f"{turn} = 0\nwhile {turn} < 3:\n    {turn} += 1",
        )
    )
    return f"{head}\n{inner}"


def _runs(done: Sequence[str], folder: Path) -> bool:
    main = types.ModuleType("__main__")
    with as_it_was(folder / "made", main), contextlib.redirect_stdout(io.StringIO()):
        try:
            with in_time():
                for code in done:
                    exec(code, main.__dict__)
        except Exception:  # noqa: BLE001 - chance makes all kinds
            return False
    return True
