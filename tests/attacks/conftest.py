"""A project to attack, and the marker that no payload may ever leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.governance.conftest import house, make_evidence, oracle

__all__ = ["Payload", "house", "make_evidence", "marker", "oracle"]


@dataclass
class Payload:
    """What, once unpickled, leaves a file behind."""

    marker: str

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        return (open, (self.marker, "w"))


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[Path]:
    """The file that a payload would leave; the test fails if it is there at the end."""
    path = tmp_path / "the payload ran"
    yield path
    assert not path.exists()
