"""The command of an exported package, in the package's own clean environment."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from packaged import ALL, DATA, Command
from recorded import CORPUS, Notebook


def test_only_the_stages_that_a_change_concerns_are_run_again(command: Command) -> None:
    assert command.stages("train") == ALL
    again = command("train")
    assert "Nothing changed, so no stage was run again." in again.stderr
    assert json.loads(again.stdout) == command.package.metrics
    assert command.stages("train", "--set", "c=0.5") == ["train", "evaluate"]
    assert command.stages("train", "--set", "seed=4") == ["prepare", "train", "evaluate"]
    assert command.stages("train", CREDIT_RISK_C="0.5") == []  # kept from before
    assert command.stages("train", "--fresh") == ALL


@pytest.mark.slow
def test_rows_that_changed_are_loaded_again_and_the_same_rows_elsewhere_are_not(
    command: Command,
) -> None:
    assert command.stages("train") == ALL
    file = command.folder / "data" / DATA
    shutil.copyfile(file, command.folder / "same.csv")
    assert command.stages("train", "--data", "same.csv") == []
    pd.read_csv(file).head(900).to_csv(file, index=False)
    assert command.stages("train") == ALL


def test_a_damaged_result_is_made_again(command: Command) -> None:
    assert command.stages("train") == ALL
    (kept,) = command.cache.glob("train-*")
    kept.write_bytes(kept.read_bytes()[:-10])
    assert command.stages("train") == ["train"]


@pytest.mark.slow
def test_what_is_trained_from_kept_results_is_what_is_trained_afresh(command: Command) -> None:
    command.stages("train")
    rows = command.folder / "data" / DATA
    for words in (["--set", "c=0.7"], ["--set", "seed=8", "--set", "c=0.7"]):
        answers = []
        for extra in ([], ["--fresh"]):
            command("train", *words, *extra, "--out", "m")
            done = command("predict", "--in", rows, "--out", "out.csv", "--model", "m")
            assert done.returncode == 0, done.stderr
            answers.append((command.folder / "out.csv").read_bytes())
        assert answers[0] == answers[1]


@pytest.mark.slow
def test_random_numbers_go_on_where_a_kept_stage_left_them(project: Path, tmp_path: Path) -> None:
    notebook = Notebook(project).run((CORPUS / "credit_functions.py").read_text(encoding="utf-8"))
    package = notebook.export("model", "functions")
    folder = tmp_path / "work"
    folder.mkdir()
    command = Command(package, folder)
    command("stage", "prepare")
    kept, fresh = command("evaluate"), command("evaluate", "--fresh")
    assert "prepare: unchanged" in kept.stderr
    assert json.loads(kept.stdout) == json.loads(fresh.stdout) == package.metrics


def test_a_stage_runs_by_itself_and_says_what_it_gives(command: Command) -> None:
    done = command("stage", "prepare")
    assert "X_train: ndarray, 800 x" in done.stdout
    assert "train:" not in done.stderr
    assert command.stages("train") == ["train", "evaluate"]


@pytest.mark.slow
def test_a_setting_comes_from_the_line_then_the_environment_then_the_file(
    command: Command,
) -> None:
    (command.folder / "settings.json").write_text('{"seed": 5, "c": 0.1}')
    made = {}
    for name, words, variables in (
        ("file", ["--settings", "settings.json"], {}),
        ("variable", ["--settings", "settings.json"], {"CREDIT_RISK_SEED": "6"}),
        ("line", ["--settings", "settings.json", "--set", "seed=7"], {"CREDIT_RISK_SEED": "6"}),
    ):
        made[name] = command("evaluate", *words, **variables).stdout
    for name, seed in (("file", 5), ("variable", 6), ("line", 7)):
        assert made[name] == command("evaluate", "--set", f"seed={seed}", "--set", "c=0.1").stdout
    assert len(set(made.values())) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["train", "--set", "seed=three"],
            "The setting 'seed' must be a whole number, not 'three'.",
        ),
        (["train", "--set", "c=nan"], "The setting 'c' must be a number, not 'nan'."),
        (["train", "--set", "depth=3"], "There is no setting 'depth'; there are: data,"),
        (["train", "--set", "c=-1"], "The stage 'train' failed: The 'C' parameter of"),
        (
            ["train", "--data", "no.csv"],
            "The stage 'load' failed: There is no file no.csv here; `--data FILE` names another.",
        ),
        (["train", "--data", "narrow.csv"], "failed: The column 'credit_amount' is missing."),
        (["train", "--data", "none.csv"], "failed: There are no rows to train on."),
        (["train", "--settings", "narrow.csv"], "narrow.csv is not JSON"),
        (["predict", "--in", "no.csv", "--out", "o.csv"], "There is no file no.csv."),
        (["predict", "--in", "empty.csv", "--out", "o.csv"], "empty.csv is empty; its first line"),
        (["predict", "--in", "latin.csv", "--out", "o.csv"], "latin.csv is no text in UTF-8."),
        (["predict", "--in", "rows.jsonl", "--out", "o.csv"], "is neither CSV nor Parquet"),
        (["predict", "--in", "none.csv", "--out", "rows.json"], "is neither CSV nor Parquet"),
        (
            ["predict", "--in", "none.csv", "--out", "a/o.csv"],
            "There is no folder a to write o.csv to",
        ),
        (
            ["predict", "--in", "none.csv", "--out", "o.csv", "--model", "a"],
            "There is no folder a; `train --out` writes one.",
        ),
        (
            ["predict", "--in", "narrow.csv", "--out", "o.csv"],
            "The column 'credit_amount' is missing",
        ),
        (["predict", "--in", "ragged.csv", "--out", "o.csv"], "line 4"),
        (["predict", "--in", "rows.parquet", "--out", "o.csv"], "Parquet needs PyArrow"),
        (["serve"], "serve/requirements.txt"),
    ],
)
def test_what_is_wrong_is_named(command: Command, words: list[str], said: str) -> None:
    rows = pd.read_csv(command.folder / "data" / DATA)
    rows.drop(columns=["creditability", "credit_amount"]).to_csv(
        command.folder / "narrow.csv", index=False
    )
    lines = rows.head(4).to_csv(index=False).splitlines()
    lines[3] += ",one,too,many"
    (command.folder / "ragged.csv").write_text("\n".join(lines))
    (command.folder / "rows.parquet").write_bytes(b"PAR1")
    rows.head(0).to_csv(command.folder / "none.csv", index=False)
    (command.folder / "empty.csv").write_bytes(b"")
    rows.head(4).assign(note="Föhn").to_csv(
        command.folder / "latin.csv", index=False, encoding="latin-1"
    )
    rows.head(4).to_json(command.folder / "rows.jsonl", orient="records", lines=True)
    done = command(*words)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (command.folder / "o.csv").exists()


@pytest.mark.slow
def test_a_training_that_fails_changes_no_model(command: Command) -> None:
    command("train", "--out", "m")
    before = {f.name: f.read_bytes() for f in (command.folder / "m").iterdir()}
    assert command("train", "--out", "m", "--set", "c=-1").returncode == 1
    assert {f.name: f.read_bytes() for f in (command.folder / "m").iterdir()} == before


def test_a_model_trained_by_the_command_takes_the_rows_that_the_packaged_one_takes(
    command: Command,
) -> None:
    command("train", "--out", "m")
    edges = command.package.path / "tests" / "edges.csv"
    answers = []
    for words in ([], ["--model", "m"]):
        done = command("predict", "--in", edges, "--out", "out.csv", *words)
        assert done.returncode == 0, done.stderr
        answers.append((command.folder / "out.csv").read_bytes())
    assert answers[0] == answers[1]
