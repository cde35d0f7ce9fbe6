"""Putting a package's files where the user wants them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from notewright.errors import ExportFailed
from notewright.packaging.placing import place_copy


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    tree = tmp_path / "kept"
    (tree / "model").mkdir(parents=True)
    (tree / "model" / "manifest.json").write_text("{}")
    return tree


def test_a_copy_that_cannot_be_written_is_said_in_words(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for target in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ExportFailed, match="cannot be written to"):
            place_copy(kept, target)
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_nothing_is_left_in_a_folder_that_is_read_only(kept: Path, tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o500)
    with pytest.raises(ExportFailed, match="permission denied"):
        place_copy(kept, shut / "copy")
    assert list(shut.iterdir()) == []
