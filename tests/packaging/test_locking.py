"""Packages lock what the notebook ran with, wherever pip has it from."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from notewright.errors import ExportFailed
from notewright.packaging import locking
from notewright.packaging.indexes import sources

NAME, VERSION = "notewright_test_only", "1.0+cpu"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of wheels that pip is set to look in."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    sources.cache_clear()
    yield folder
    sources.cache_clear()


def wheel(folder: Path) -> None:
    info = f"{NAME}-{VERSION}.dist-info"
    with zipfile.ZipFile(folder / f"{NAME}-{VERSION}-py3-none-any.whl", "w") as made:
        made.writestr(f"{NAME}.py", "")
        made.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n"
        )
        made.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        made.writestr(f"{info}/RECORD", f"{NAME}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n")


def test_a_build_in_a_folder_of_wheels_is_locked_by_its_hash_and_said_to_be_off_the_index(
    wheels: Path, tmp_path: Path
) -> None:
    wheel(wheels)
    locks = locking.lock((f"{NAME}=={VERSION}",))
    assert locks.off_index == [f"notewright-test-only=={VERSION}"]
    assert "--hash=sha256:" in locks.requirements.partition(VERSION)[2]
    assert str(tmp_path) not in locks.pylock + locks.requirements


def test_a_version_that_is_nowhere_is_an_error_that_names_it(wheels: Path) -> None:
    with pytest.raises(ExportFailed, match=r"notewright-test-only==1\.0"):
        locking.lock((f"{NAME}=={VERSION}", "pip"))
