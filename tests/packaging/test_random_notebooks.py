"""Whatever a notebook does, the statements that a slice keeps give the variable's value."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from random_notebooks import (
    MODELS_PREAMBLE,
    MODELS_TEMPLATES,
    NAMES,
    PREAMBLE,
    TABLES_PREAMBLE,
    TABLES_TEMPLATES,
    TEMPLATES,
    made_by_chance,
)
from running import value_after

from notewright.packaging.slicing import Program
from notewright.packaging.source import statements

OF_OBJECTS = (PREAMBLE, TEMPLATES)
OF_MODELS = (MODELS_PREAMBLE, MODELS_TEMPLATES)
OF_TABLES = (TABLES_PREAMBLE, TABLES_TEMPLATES)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a loop is stopped by a signal")


@pytest.mark.parametrize("seed", range(12))
def test_the_kept_statements_of_a_notebook_made_by_chance_give_the_value(
    seed: int, tmp_path: Path
) -> None:
    _check(seed, 10, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 200))
def test_the_kept_statements_of_a_longer_notebook_give_the_value(seed: int, tmp_path: Path) -> None:
    _check(seed, 22, tmp_path)


FAMILIES = pytest.mark.parametrize(
    "made_of", [OF_MODELS, OF_TABLES], ids=["models fitted again", "tables filled"]
)


@FAMILIES
@pytest.mark.parametrize("seed", range(8))
def test_the_kept_statements_of_models_and_tables_by_chance_give_the_value(
    made_of: tuple[str, str], seed: int, tmp_path: Path
) -> None:
    _check(seed, 12, tmp_path, made_of)


@FAMILIES
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 250))
def test_the_kept_statements_of_longer_notebooks_of_either_give_the_value(
    made_of: tuple[str, str], seed: int, tmp_path: Path
) -> None:
    _check(seed, 25, tmp_path, made_of)


def _check(seed: int, length: int, folder: Path, made_of: tuple[str, str] = OF_OBJECTS) -> None:
    cells = made_by_chance(seed, length, folder, *made_of)
    program = Program(statements(cells), careful=True)
    checked = 0
    for name in (*NAMES, "total", "g"):
        everything = _value(program, range(len(program.body)), name, folder / f"{name} 1")
        again = _value(program, range(len(program.body)), name, folder / f"{name} 2")
        if everything is None or again != everything:
            continue  # it is not there, has no digest, or differs from run to run
        kept = program.needed_for([name])
        chosen = _value(program, sorted(kept), name, folder / f"{name} kept")
        assert chosen == everything, [program.body[i].text for i in sorted(kept)]
        checked += 1
    assert checked


def _value(program: Program, chosen: Any, name: str, folder: Path) -> str | None:
    """Return the variable's digest, or None if it has none."""
    try:
        return value_after([program.body[i] for i in chosen], name, folder)
    except (KeyError, TypeError, RuntimeError):
        if len(chosen) == len(program.body):
            return None
        raise
