"""Files of any size are predicted: in constant memory, whole or not at all, bad rows named."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from packaged import Command

MEGABYTE = 1024 * 1024


@pytest.fixture
def rows(command: Command) -> pd.DataFrame:
    return command.rows()


def predicted(command: Command, table: pd.DataFrame, **words: object) -> pd.DataFrame:
    table.to_csv(command.folder / "rows.csv", index=False)
    done = command("predict", "--in", "rows.csv", "--out", "out.csv")
    assert done.returncode == 0, done.stderr
    return pd.read_csv(command.folder / "out.csv")


def test_what_is_read_in_parts_is_predicted_like_what_is_read_at_once(
    command: Command, rows: pd.DataFrame
) -> None:
    at_once = predicted(command, rows)
    # So wide that only a few hundred rows are read at a time.
    in_parts = predicted(command, rows.assign(note="x" * 40_000))
    pd.testing.assert_frame_equal(in_parts, at_once, check_exact=False, rtol=1e-12)


def test_what_comes_through_a_pipe_is_predicted_like_what_is_in_a_file(
    command: Command, rows: pd.DataFrame
) -> None:
    expected = predicted(command, rows)
    wrong = rows.astype("object")
    wrong.loc[7, "credit_amount"] = "a lot"
    words = [command.package.environment / "bin" / "python", "-m", command.package.name, "predict"]
    words += ["--in", "/dev/stdin", "--out", "/dev/stdout"]
    piped, refused = (
        subprocess.run(
            words,
            cwd=command.folder,
            input=table.to_csv(index=False),
            capture_output=True,
            text=True,
            check=False,
        )
        for table in (rows, wrong)
    )
    assert piped.stdout == (command.folder / "out.csv").read_text(), piped.stderr
    assert len(expected) == len(piped.stdout.splitlines()) - 1
    assert "stdin, row 8: The column 'credit_amount' must hold a number" in refused.stderr


def test_no_rows_give_the_columns_and_no_predictions(command: Command, rows: pd.DataFrame) -> None:
    some, none = predicted(command, rows.head(3)), predicted(command, rows.head(0))
    assert len(none) == 0
    assert list(none.columns) == list(some.columns)


def test_chosen_columns_stand_before_the_predictions(command: Command, rows: pd.DataFrame) -> None:
    rows.assign(id=range(100, 100 + len(rows))).to_csv(command.folder / "rows.csv", index=False)
    done = command("predict", "--in", "rows.csv", "--out", "out.csv", "--keep", "id")
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(command.folder / "out.csv")
    assert list(found.columns[:2]) == ["id", "prediction"]
    assert found["id"].tolist() == list(range(100, 100 + len(rows)))


@pytest.mark.parametrize("at", [0, 7, 998, 999])
def test_a_bad_row_is_named_by_its_line_and_nothing_is_written(
    command: Command, rows: pd.DataFrame, at: int
) -> None:
    wrong = rows.astype("object")
    wrong.loc[at, "credit_amount"] = "a lot"
    # A text over two lines, and a blank line, move what follows further down.
    wrong["note"] = ["one\ntwo", *["-"] * (len(rows) - 1)]
    text = wrong.to_csv(index=False)
    header, rest = text.split("\n", 1)
    (command.folder / "rows.csv").write_text(f"{header}\n\n{rest}")
    done = command("predict", "--in", "rows.csv", "--out", "out.csv")
    assert done.returncode == 1
    line = next(
        n
        for n, words in enumerate((command.folder / "rows.csv").read_text().split("\n"), 1)
        if "a lot" in words
    )
    assert done.stderr.strip() == (
        f"credit-risk: rows.csv, line {line}: The column 'credit_amount' must hold a number, "
        "not 'a lot'."
    )
    left = {f.name for f in command.folder.iterdir()}
    assert left <= {"rows.csv", "data", "cache"}


def test_an_earlier_output_stays_where_a_later_one_fails(
    command: Command, rows: pd.DataFrame
) -> None:
    predicted(command, rows)
    before = (command.folder / "out.csv").read_bytes()
    wrong = rows.astype("object")
    wrong.loc[500, "duration_in_month"] = "long"
    wrong.to_csv(command.folder / "rows.csv", index=False)
    assert command("predict", "--in", "rows.csv", "--out", "out.csv").returncode == 1
    assert (command.folder / "out.csv").read_bytes() == before


#: Runs the package's command and says its peak. What the system says of a process that has ended
#: counts the memory of the one that started it, too.
_PEAK = """
import contextlib, runpy
with contextlib.suppress(SystemExit):
    runpy.run_module("credit_risk", run_name="__main__")
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def peak(command: Command, file: Path) -> int:
    """Predict a file; return the most memory that the process had at a time, in bytes."""
    python = command.package.environment / "bin" / "python"
    words = ["predict", "--in", str(file), "--out", "out.csv"]
    done = subprocess.run(
        [python, "-c", _PEAK, *words],
        cwd=command.folder,
        env={**os.environ, "PYTHONPATH": ""},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return int(done.stdout.split()[-2]) * 1024


@pytest.mark.slow
def test_a_file_much_larger_than_the_memory_it_takes_is_predicted(
    command: Command, rows: pd.DataFrame
) -> None:
    small, large = command.folder / "small.csv", command.folder / "large.csv"
    wide = rows.assign(note="x" * 8000)
    wide.to_csv(small, index=False)
    block = small.read_text().split("\n", 1)
    with large.open("w") as file:
        file.write(block[0] + "\n")
        for _ in range(110):
            file.write(block[1])
    little, much = peak(command, small), peak(command, large)
    print(
        f"{large.stat().st_size / MEGABYTE:.0f} MB: {little / MEGABYTE:.0f} MB for the first "
        f"thousand rows, {much / MEGABYTE:.0f} MB for all"
    )
    assert len(pd.read_csv(command.folder / "out.csv")) == 110 * len(rows)
    assert large.stat().st_size > 3 * much
    assert much - little < 100 * MEGABYTE


@pytest.mark.slow
def test_parquet_gives_what_csv_gives(command: Command, rows: pd.DataFrame) -> None:
    """In an environment with PyArrow on top of the package's own."""
    import uv

    python = command.package.environment / "bin" / "python"
    extra = command.folder / "extra"
    install = ["pip", "install", "-q", "--python", str(python), "--target", str(extra), "pyarrow"]
    subprocess.run([uv.find_uv_bin(), *install], check=True)
    expected = predicted(command, rows)
    arrow = {"PYTHONPATH": str(extra)}
    convert = "import pandas as pd; pd.read_csv('rows.csv').to_parquet('rows.parquet')"
    variables = {**os.environ, **arrow}
    subprocess.run([python, "-c", convert], cwd=command.folder, env=variables, check=True)
    done = command("predict", "--in", "rows.parquet", "--out", "out.parquet", **arrow)
    assert done.returncode == 0, done.stderr
    back = "import pandas as pd; pd.read_parquet('out.parquet').to_csv('back.csv', index=False)"
    subprocess.run([python, "-c", back], cwd=command.folder, env=variables, check=True)
    found = pd.read_csv(command.folder / "back.csv")
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)
