"""Kinds of object that live in notebooks, by library."""

from __future__ import annotations

from kinds import (
    figures,
    frames_elsewhere,
    functions,
    instances,
    models,
    numpy_,
    pandas_,
    plain,
    scipy_,
    sklearn_,
    torch_,
    unsaveable,
)
from kinds.kind import Kind

LIBRARIES: dict[str, list[Kind]] = {
    "plain": plain.KINDS,
    "functions": functions.KINDS,
    "instances": instances.KINDS,
    "numpy": numpy_.KINDS,
    "pandas": pandas_.KINDS,
    "scipy": scipy_.KINDS,
    "sklearn": sklearn_.KINDS,
    "torch": torch_.KINDS,
    "polars": frames_elsewhere.POLARS,
    "pyarrow": frames_elsewhere.PYARROW,
    "models": models.KINDS,
    "figures": figures.KINDS,
    "unsaveable": unsaveable.KINDS,
}
