"""A schema is inferred, kept as a file, and every way to break it is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.governance.checking import clean_tables, failed, found, made_table

from notewright.errors import UsageError
from notewright.governance.checks.schema import infer_schema, write_schema
from notewright.verbs import find_verb
from notewright.verbs.base import Context

NAME = "data_quality.schema"


def kept(folder: Path, frame: pd.DataFrame) -> Path:
    write_schema(infer_schema(frame), folder / "schema.yaml")
    return folder


def test_other_rows_of_the_same_kind_raise_no_alarm(tmp_path):
    for name, table in clean_tables().items():
        folder = tmp_path / name.replace(" ", "_")
        folder.mkdir()
        half = np.random.default_rng(0).permutation(len(table)) % 2 == 0
        kept(folder, table[half])
        loud = failed(NAME, table[~half], root=folder)
        assert loud == [], (name, loud)


BREAKS = {
    "a missing column": (lambda t: t.drop(columns="visits"), "visits", "is missing"),
    "text among numbers": (
        lambda t: t.assign(income=t["income"].astype(object).where(t.index != 3, "much")),
        "income",
        "is not of the schema's type",
    ),
    "a gap where none was": (
        lambda t: t.assign(balance=t["balance"].where(t.index % 50 != 0)),
        "balance",
        "has no value in 30 rows",
    ),
    "a negative count": (
        lambda t: t.assign(visits=t["visits"].where(t.index != 7, -1)),
        "visits",
        "greater_than_or_equal_to",
    ),
    "a new category": (
        lambda t: t.assign(grade=t["grade"].where(t.index != 9, "grade Z")),
        "grade",
        "not among those of the schema in 1 row",
    ),
    "numbers as text": (
        lambda t: t.assign(age=t["age"].astype(str)),
        "age",
        "is not of the schema's type",
    ),
    "dates as text": (
        lambda t: t.assign(joined=t["joined"].astype(str)),
        "joined",
        "is not of the schema's type",
    ),
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", BREAKS)
def test_every_break_is_found_in_its_column(fault, seed, tmp_path):
    broken, column, words = BREAKS[fault]
    table = made_table(seed)
    kept(tmp_path, table)
    findings = failed(NAME, broken(table), root=tmp_path)
    assert {finding.subject for finding in findings} == {column}
    assert words in " ".join(finding.sentence for finding in findings)


def test_the_rows_that_break_it_are_named(tmp_path):
    table = made_table(0)
    kept(tmp_path, table)
    (finding,) = failed(
        NAME, table.assign(grade=table["grade"].where(table.index != 9, "?")), root=tmp_path
    )
    assert (finding.rows, finding.value) == (("9",), 1.0)
    assert "?" not in finding.sentence  # values may be personal


def test_without_a_file_it_passes_and_says_how_to_get_one(tmp_path):
    (finding,) = found(NAME, made_table(0), root=tmp_path)
    assert finding.status == "passed"
    assert "--write" in finding.sentence


@pytest.mark.parametrize("text", ["", "columns: [", "!!python/object/apply:os.system ['true']"])
def test_a_file_that_is_no_schema_is_said_to_be_none(text, tmp_path):
    (tmp_path / "schema.yaml").write_text(text)
    (finding,) = found(NAME, made_table(0), root=tmp_path)
    assert finding.status == "could_not_run"
    assert "schema.yaml is no schema" in finding.sentence


def test_the_verb_shows_and_keeps_the_schema_and_the_check_then_uses_it(workspace, registered):
    from tests.governance.test_inputs import LOAD, STYLES

    split, trained, _ = STYLES["frames"]
    version = registered(LOAD + split, trained)
    verb = find_verb("schema")

    def run(words: str):
        return verb.run(verb.parser().parse_args(words.split()), Context(workspace))

    assert "amount" in run("model").text()
    assert not (workspace.root / "schema.yaml").exists()
    run("model --write")
    with pytest.raises(UsageError, match="There is a schema at"):
        run("model --write")
    text = (workspace.root / "schema.yaml").read_text()
    (workspace.root / "schema.yaml").write_text(text.replace("dtype: int64", "dtype: float64", 1))
    report = workspace.checks.run(version)
    finding = next(f for f in report.findings if f.check == NAME)
    assert (finding.subject, finding.status) == ("age", "failed")
