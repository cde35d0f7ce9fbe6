"""Newer rows are split by records, reproducibly, with every byte kept."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.serving.conftest import raw_rows

from notewright.errors import UnusableData
from notewright.serving.holdout import split


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_both_parts_together_are_the_file(tmp_path: Path, separator: str) -> None:
    rows = raw_rows(100)
    rows["purpose"] = 'a "quoted"\nword, and; more'
    data = tmp_path / "rows.csv"
    rows.to_csv(data, index=False, sep=separator)
    found = split(data, tmp_path)
    assert (found.train_rows, found.held_out_rows) == (75, 25)
    parts = [pd.read_csv(part, sep=separator) for part in (found.train, found.held_out)]
    assert [len(part) for part in parts] == [75, 25]
    both = pd.concat(parts).sort_values(["amount", "months"]).reset_index(drop=True)
    whole = pd.read_csv(data, sep=separator).sort_values(["amount", "months"])
    pd.testing.assert_frame_equal(both, whole.reset_index(drop=True))


def test_the_same_file_is_always_split_alike(tmp_path: Path) -> None:
    data = tmp_path / "rows.csv"
    raw_rows(60).to_csv(data, index=False)
    texts = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        texts.append(split(data, tmp_path / name).held_out.read_text())
    assert texts[0] == texts[1]


def test_rows_that_the_champion_knows_are_not_held_out(tmp_path: Path) -> None:
    old, new = raw_rows(60, seed=1), raw_rows(40, seed=2)
    old.to_csv(tmp_path / "old.csv", index=False)
    pd.concat([old, new]).to_csv(tmp_path / "rows.csv", index=False)
    found = split(tmp_path / "rows.csv", tmp_path, [tmp_path / "old.csv"])
    assert (found.held_out_rows, found.seen) == (25, 0)
    held = set(pd.read_csv(found.held_out)["amount"])
    assert held <= set(new["amount"])


def test_where_all_rows_are_known_that_is_said(tmp_path: Path) -> None:
    raw_rows(60).to_csv(tmp_path / "rows.csv", index=False)
    found = split(tmp_path / "rows.csv", tmp_path, [tmp_path / "rows.csv"])
    assert (found.held_out_rows, found.seen) == (15, 15)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00bad"])
def test_what_cannot_be_used_is_named(tmp_path: Path, content: bytes) -> None:
    data = tmp_path / "rows.csv"
    data.write_bytes(content)
    with pytest.raises(UnusableData, match=r"rows in rows\.csv cannot be used"):
        split(data, tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match=r"no such file"):
        split(tmp_path / "nowhere.csv", tmp_path)
