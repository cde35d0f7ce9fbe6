"""Splits a data file by rows, each record's bytes as they were."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from notewright.errors import UnusableData
from notewright.store.canonical import digest_of

#: Share of the newer rows that neither model is trained on.
SHARE = 0.25
MIN_ROWS = 40


@dataclass(frozen=True)
class Split:
    """Newer rows in two files.

    Parameters
    ----------
    train, held_out : Path
        What the challenger is trained on, and what both models are compared on.
    train_rows, held_out_rows : int
        How many rows each has.
    digest : str
        BLAKE3 of the file that was split.
    seen : int
        Held-out rows that the champion was trained on; 0 unless there are too
        few others.
    """

    train: Path
    held_out: Path
    train_rows: int
    held_out_rows: int
    digest: str
    seen: int = 0


def split(data: Path, folder: Path, known: Sequence[Path] = ()) -> Split:
    """Write two files of `data`'s form to `folder`; the same file is always split alike.

    Parameters
    ----------
    data : Path
        Rows, CSV or Parquet.
    folder : Path
        Where to write.
    known : sequence of Path
        Files that the champion was trained on. Rows that are in them are not
        held out, as long as there are enough others.

    Raises
    ------
    UnusableData
        If the file cannot be read, or has too few rows.
    """
    try:
        digest = digest_of(data.read_bytes())
        parquet = data.suffix.lower() in (".parquet", ".pq")
        return (_split_parquet if parquet else _split_text)(data, folder, digest, known)
    except OSError as error:
        raise UnusableData(data, (error.strerror or str(error)).lower()) from error
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise UnusableData(data, f"it cannot be read: {error}") from error


def _split_text(data: Path, folder: Path, digest: str, known: Sequence[Path]) -> Split:
    header, *records = _records(data)
    old = {
        record.strip() for path in known if path.suffix == data.suffix for record in _records(path)
    }
    fresh = [n for n, record in enumerate(records) if record.strip() not in old]
    chosen = _chosen(len(records), fresh, digest, data)
    paths = folder / f"train{data.suffix}", folder / f"held_out{data.suffix}"
    for path, wanted in zip(paths, (False, True), strict=True):
        rows = [record for n, record in enumerate(records) if (n in chosen) is wanted]
        path.write_text("".join([header, *rows]), encoding="utf-8", newline="")
    seen = len(chosen.difference(fresh))
    return Split(*paths, len(records) - len(chosen), len(chosen), digest, seen)


def _records(data: Path) -> list[str]:
    """Return the file's records as text, header first; a quoted line break does not end one."""
    with data.open(encoding="utf-8", newline="") as file:
        lines = file.readlines()
    if not lines:
        raise UnusableData(data, "it is empty")
    try:
        delimiter = csv.Sniffer().sniff(lines[0], ",;\t|").delimiter
    except csv.Error:
        delimiter = ","  # one column
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    reader = csv.reader(iter(lines), delimiter=delimiter)
    records, begun = [], 0
    for fields in reader:
        if fields:
            records.append("".join(lines[begun : reader.line_num]))
        begun = reader.line_num
    return records


def _split_parquet(data: Path, folder: Path, digest: str, known: Sequence[Path]) -> Split:
    import pandas as pd

    table = pd.read_parquet(data)
    old: set[int] = set()
    for path in known:
        if path.suffix == data.suffix:
            old.update(pd.util.hash_pandas_object(pd.read_parquet(path), index=False).tolist())
    hashes = pd.util.hash_pandas_object(table, index=False).tolist()
    fresh = [n for n, row in enumerate(hashes) if row not in old]
    chosen = _chosen(len(table), fresh, digest, data)
    positions = [n in chosen for n in range(len(table))]
    paths = folder / "train.parquet", folder / "held_out.parquet"
    table[[not held for held in positions]].to_parquet(paths[0])
    table[positions].to_parquet(paths[1])
    seen = len(chosen.difference(fresh))
    return Split(*paths, len(table) - len(chosen), len(chosen), digest, seen)


def _chosen(count: int, fresh: list[int], digest: str, data: Path) -> set[int]:
    import numpy as np

    if count < MIN_ROWS:
        raise UnusableData(data, f"it has {count} rows, and {MIN_ROWS} are needed to compare")
    random = np.random.default_rng(int(digest[:16], 16))
    # Too few fresh rows would say nothing: then old ones are compared on, and that is said.
    among = fresh if len(fresh) >= MIN_ROWS // 2 else range(count)
    wanted = min(round(count * SHARE), len(among) - len(among) // 4)
    return set(random.permutation(np.asarray(among))[:wanted].tolist())
