"""How the package reads the notebook's tables: from where, with what, and from which file on."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from packaged import CONTEXT
from recorded import sources

from notewright.errors import ExportFailed
from notewright.packaging.emit import modules
from notewright.packaging.locking import direct_dependencies
from notewright.packaging.own_modules import optional
from notewright.packaging.plan import Plan
from notewright.packaging.planning import plan

BEGINNING = """\
import os
from dataclasses import dataclass
from pathlib import Path
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
"""
END = """
X, y = df[["credit_amount", "age_in_years"]], df["creditability"]
model = LogisticRegression().fit(X, y)
print(f"accuracy {accuracy_score(y, model.predict(X)):.3f}, of {len(X)} rows")
"""


def planned(project: Path, code: str) -> Plan:
    return plan(sources(f"# %%\n{BEGINNING}{code}{END}"), "model", project)


@pytest.mark.parametrize(
    "code",
    [
        'df = pd.read_csv(os.path.join("data", "german_credit.csv"))',
        '@dataclass\nclass Config:\n    path: str = "data/german_credit.csv"\n'
        "cfg = Config()\ndf = pd.read_csv(cfg.path)",
        'CONFIG = {"folder": "data"}\n'
        'df = pd.read_csv(Path(CONFIG["folder"]) / "german_credit.csv")',
        'def place(name):\n    return "data/" + name\ndf = pd.read_csv(place("german_credit.csv"))',
    ],
    ids=["joined", "dataclass", "dictionary", "function"],
)
def test_a_path_is_told_by_running_the_code_and_what_made_it_is_not_packaged(
    project: Path, code: str
) -> None:
    made = planned(project, code)
    text = modules(made, CONTEXT)
    assert "pd.read_csv(settings.data)" in text["stages/load.py"]
    assert "data/german_credit.csv" in text["settings.py"]
    assert made.derived.problem is None
    everything = text["stages/prepare.py"] + text.get("helpers.py", "")
    assert not [word for word in ("os.path", "Path(", "onfig", "place") if word in everything]


def test_what_only_a_function_that_did_not_run_reads_is_no_table(project: Path) -> None:
    code = (
        "def load(path):\n    return pd.read_csv(path)\n"
        "def rows(table, path=None):\n"
        "    if path is None:\n        return table\n    return load(path)\n"
        'df = pd.read_csv("data/german_credit.csv")\n'
        'kept = {"rows": rows}\ndf = kept["rows"](df)'
    )
    made = planned(project, code)
    assert list(made.data) == ["data"]
    assert "data/german_credit.csv" in modules(made, CONTEXT)["settings.py"]


def test_tables_read_from_several_places_by_one_call_are_refused(project: Path) -> None:
    code = (
        'names = ["german_credit.csv"] * 2\nparts = [pd.read_csv(os.path.join("data", n)) '
        "for n in names]\ndf = pd.concat(parts)\n"
    )
    with pytest.raises(ExportFailed, match="could not be told"):
        planned(project, code)


def test_what_a_table_is_read_with_goes_along(project: Path) -> None:
    code = (
        "ROWS = 400\n"
        'kept = ["credit_amount", "age_in_years", "creditability"]\n'
        'kinds = {name: "float64" for name in kept[:2]}\n'
        "gaps = []\n"
        'gaps.append("unknown")\n'
        "def judged(text):\n    return text == 'good'\n"
        'df = pd.read_csv("data/german_credit.csv", usecols=kept, dtype=kinds, nrows=ROWS, '
        'na_values=gaps, converters={"creditability": judged})\n'
    )
    load = modules(planned(project, code), CONTEXT)["stages/load.py"]
    assert "import judged, kept" in load
    assert "usecols=kept" in load
    assert "nrows=settings.rows" in load
    assert "dtype={'credit_amount': 'float64', 'age_in_years': 'float64'}" in load
    assert "na_values=['unknown']" in load


@pytest.mark.parametrize("given", ["word", "[word]", 'f"{word}!"'])
def test_what_comes_from_the_environment_is_never_written_into_the_package(
    project: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("A_KEY", "of nobody else")
    code = (
        'word = os.environ["A_KEY"]\n'
        f'df = pd.read_csv("data/german_credit.csv", na_values={given})\n'
    )
    with pytest.raises(ExportFailed, match="comes from the environment: it may be secret"):
        planned(project, code)


def test_a_file_that_the_notebook_wrote_is_where_the_package_begins(project: Path) -> None:
    code = (
        'folder = Path("data")\n'
        'raw = pd.read_csv(folder / "german_credit.csv")\n'
        'raw["credit_amount"] = raw["credit_amount"].clip(upper=9000)\n'
        'raw.to_csv(folder / "clean.csv", index=False)\n'
        'df = pd.read_csv(folder / "clean.csv")\n'
    )
    made = planned(project, code)
    text = modules(made, CONTEXT)
    assert list(made.data) == ["data"]
    assert made.data["data"][1].name == "clean.csv"
    assert "clip" not in text["stages/prepare.py"]
    assert "to_csv" not in text["stages/prepare.py"]
    (finding,) = (f for f in made.findings if "writes a file" in f)
    assert "line 10 writes a file that cell [1], line 11 reads" in finding


def test_a_library_that_the_notebook_does_without_is_not_asked_for(tmp_path: Path) -> None:
    code = ast.parse(
        "try:\n    import no_such_boosting as boosting\nexcept ImportError:\n    boosting = None\n"
        "import no_such_thing\n"
    )
    (tmp_path / "helper.py").write_text(
        "try:\n    import no_such_plots\nexcept Exception:\n    0\n"
    )
    imported = ["no_such_boosting", "no_such_plots", "numpy", "helper"]
    spare = optional(code.body, imported, tmp_path)
    assert spare == {"no_such_boosting", "no_such_plots"}
    found, files = direct_dependencies(imported, tmp_path, spare)
    assert [name.partition("==")[0] for name in found] == ["numpy"]
    assert files == [tmp_path / "helper.py"]
    with pytest.raises(ExportFailed, match="no_such_thing"):
        direct_dependencies([*imported, "no_such_thing"], tmp_path, spare)


def test_metrics_inside_a_formatted_text_are_the_notebooks(project: Path) -> None:
    made = planned(project, 'df = pd.read_csv("data/german_credit.csv")\n')
    assert set(made.replayed.values) >= {"metric:accuracy_score"}
    assert "metric:score_train" not in made.replayed.values


def test_what_is_learned_from_other_folds_is_named_as_nothing_for_a_row(project: Path) -> None:
    code = (
        "from sklearn.model_selection import KFold\n"
        'df = pd.read_csv("data/german_credit.csv")\n'
        'df["bad"] = (df["creditability"] == "bad").astype(int)\n'
        'df["age_in_years"] = 0.0\n'
        "for near, far in KFold(4).split(df):\n"
        '    means = df.iloc[near].groupby("purpose")["bad"].mean()\n'
        '    at = df.columns.get_loc("age_in_years")\n'
        '    df.iloc[far, at] = df.iloc[far]["purpose"].map(means).fillna(0).values\n'
    )
    made = planned(project, code)
    assert made.derived.problem is not None
    assert "cell [1], line 11" in str(made.derived.problem)
    assert "goes through folds" in str(made.derived.problem)
