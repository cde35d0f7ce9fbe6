"""Raw rows need only the columns that the model's input is made of."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from over_http import served
from recorded import Notebook, sources

from notewright.packaging.planning import plan

HEAD = """# %%
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("flowers.csv")
# %%
"""
TAIL = "\n# %%\nmodel = KMeans(n_clusters=3, n_init=3, random_state=0).fit(X)\n"
COLUMNS = ["length", "width", "code", "kind"]


def flowers(folder: Path, rows: int = 90) -> Path:
    """Write a table of two measures, a number that means nothing, and a label."""
    random = np.random.default_rng(5)
    groups = np.arange(rows) % 3
    table = pd.DataFrame(
        {
            "length": (groups * 4 + random.normal(size=rows)).round(3),
            "width": (groups * 2 + random.normal(size=rows)).round(3),
            "code": np.arange(rows) + 7000,
            "kind": np.array(["setosa", "versicolor", "virginica"])[groups],
        }
    )
    table.loc[3, "width"] = np.nan
    table.to_csv(folder / "flowers.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("code", "unused"),
    [
        ("df = df.dropna()\nX = df.drop(columns=['kind', 'code'])", ["code", "kind"]),
        ("X = df.dropna()[['length', 'width']].to_numpy()", ["code", "kind"]),
        ("df = df.dropna()\nlabels = df.pop('kind')\nX = df", ["kind"]),
        ("df = df.dropna()\ndel df['kind']\nX = df.values", ["kind"]),
        ("df.drop('kind', axis=1, inplace=True)\nX = df.fillna(0)", ["kind"]),
        ("LABEL = 'kind'\nX = df.fillna(0).drop(columns=LABEL)", ["kind"]),
        (
            "df = df[df['kind'] != 'unknown'].dropna()\n"
            "X = StandardScaler().fit_transform(df.drop(columns=['kind']))",
            ["kind"],
        ),
        (
            "df['width'] = df['width'].fillna(df['width'].median())\n"
            "X = df.loc[:, 'length':'kind'].drop(columns=['kind', 'code'])",
            ["code"],
        ),
        (
            "df = df.rename(columns={'length': 'long'})\ndf['wide'] = (df.width > 2) * 1\n"
            "df['both'] = df.long + df.wide\ndf['odd'] = df.long.round() % 2\n"
            "X = df[['both', 'odd']]",
            ["code", "kind"],
        ),
        (
            "tall = pd.DataFrame({'kind': ['setosa'], 'tall': [1.0]})\n"
            "df = df.merge(tall, on='kind', how='left').fillna(0)\nX = df[['length', 'tall']]",
            ["width", "code"],
        ),
        (
            "tall = pd.DataFrame({'of': ['setosa'], 'tall': [1.0]}).set_index('of')\n"
            "X = df.join(tall, on=['kind']).fillna(0)[['length', 'tall']]",
            ["width", "code"],
        ),
        (
            "for c in ['length', 'width']:\n    df[c] = df[c].fillna(0)\n"
            "X = df[['length', 'width']]",
            ["code", "kind"],
        ),
        (
            "both = ['length', 'code']\nfor c in both:\n    df[c] = df[c] * 2\nX = df[['length']]",
            ["width", "kind"],
        ),
        # What is used, or may be.
        (
            "for c in df.columns[:2]:\n    df[c] = df[c].fillna(0)\nX = df[['length', 'width']]",
            [],
        ),
        (
            "tall = pd.DataFrame({'kind': ['setosa'], 'tall': [1.0]})\n"
            "df = df.merge(tall, how='left').fillna(0)\nX = df[['length', 'tall']]",
            [],
        ),
        ("df['known'] = (df.kind == 'setosa') * 1\nX = df[['length', 'known']]", ["width", "code"]),
        ("df['sum'] = df[['length', 'code']].sum(axis=1)\nX = df[['sum']]", ["width", "kind"]),
        ("X = df.iloc[:, [0, 2]]", []),
        ("df['twice'] = df.apply(lambda r: r['length'] * 2, axis=1)\nX = df[['twice']]", []),
        ("X = df.select_dtypes('number').fillna(0)", []),
        ("X = pd.get_dummies(df.dropna())", []),
        ("df['length'] = df['length'] + 1\nX = df[df.columns[:1]]", []),
    ],
)
def test_a_column_is_unused_where_nothing_but_dropping_names_it(
    code: str, unused: list[str], tmp_path: Path
) -> None:
    made = plan(sources(HEAD + code + TAIL), "model", flowers(tmp_path))
    assert made.derived.problem is None
    assert list(made.derived.unused) == unused


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory):
    """Return a notebook of a clustering, fitted without the label, and its package."""
    notebook = Notebook(flowers(tmp_path_factory.mktemp("clusters")))
    notebook.run(
        HEAD
        + "df = df.dropna()\nX = StandardScaler().fit_transform(df.drop(columns=['kind', 'code']))"
        + TAIL
        + "from sklearn.metrics import adjusted_rand_score\n"
        "print(adjusted_rand_score(df['kind'], model.labels_))\n"
    )
    return notebook, notebook.export("model", "groups")


def predict(package, rows: pd.DataFrame, folder: Path) -> subprocess.CompletedProcess[str]:
    rows.to_csv(folder / "rows.csv", index=False)
    python = package.environment / "bin" / "python"
    command = [python, "-m", package.name, "predict", "--in", "rows.csv", "--out", "out.csv"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_model_fitted_without_a_target_predicts_rows_without_the_label(
    clustered, tmp_path: Path
) -> None:
    notebook, package = clustered
    rows = pd.read_csv(notebook.root / "flowers.csv").dropna()
    for given in (rows[["length", "width"]], rows, rows[["kind", "width", "length"]]):
        done = predict(package, given, tmp_path)
        assert done.returncode == 0, done.stderr
        answers = pd.read_csv(tmp_path / "out.csv")["prediction"]
        assert answers.tolist() == notebook.module.model.labels_.tolist()
    missing = predict(package, rows[["length", "kind"]], tmp_path)
    assert "The column 'width' is missing" in missing.stderr


def test_requests_may_lack_the_label_too(clustered) -> None:
    notebook, package = clustered
    rows = pd.read_csv(notebook.root / "flowers.csv").dropna()
    expected = notebook.module.model.labels_.tolist()
    with served(package) as ask:
        assert ask(rows)["prediction"] == expected
        assert ask(rows, more=("kind", "code"))["prediction"] == expected
        assert "'code'" in ask(rows.assign(code="x"), more=("code",))["error"]


def test_what_it_does_not_use_is_in_its_schema_and_profile_and_not_in_its_tests(clustered) -> None:
    _, package = clustered
    schema = json.loads((package.path / "model" / "schema.json").read_bytes())
    assert [column["name"] for column in schema["columns"]] == ["length", "width"]
    assert [c["name"] for c in schema["optional"]] == ["code", "kind"]
    assert all(column["nullable"] for column in schema["optional"])
    profile = json.loads((package.path / "model" / "reference.json").read_bytes())
    assert set(profile["columns"]) == set(COLUMNS)
    for name in ("golden.csv", "edges.csv"):
        assert list(pd.read_csv(package.path / "tests" / name)) == ["length", "width"]
    assert "raw rows may leave out: `code`, `kind`" in (package.path / "README.md").read_text()
    card = (package.path / "MODEL_CARD.md").read_text()
    assert "2 raw columns" in card
    assert "raw rows may leave out: `code` (integer), `kind` (string)" in card
    assert package.equivalence["metrics"].keys() == {"adjusted_rand_score"}


def test_it_is_trained_again_on_rows_that_have_them(clustered, tmp_path: Path) -> None:
    notebook, package = clustered
    newer = pd.read_csv(flowers(tmp_path, rows=120) / "flowers.csv")
    again = notebook.packages.retrain(package, tmp_path / "flowers.csv")
    schema = json.loads((again.path / "model" / "schema.json").read_bytes())
    assert [column["name"] for column in schema["optional"]] == ["code", "kind"]
    done = predict(again, newer[["length", "width"]].dropna(), tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_unused_column_that_gets_another_name_need_not_be_there(tmp_path: Path) -> None:
    """'code' is made of 'CODE', which no statement names; what drops it finds it."""
    notebook = Notebook(flowers(tmp_path))
    table = pd.read_csv(tmp_path / "flowers.csv").rename(columns={"code": "CODE"})
    table.to_csv(tmp_path / "flowers.csv", index=False)
    notebook.run(
        HEAD
        + "df = df.dropna().rename(columns=str.lower)\nX = df.drop(columns=['kind', 'code'])"
        + TAIL
    )
    package = notebook.export("model", "lowered")
    assert package.serves_raw_rows
    assert package.findings == ()
    schema, answers = json.loads((package.path / "model" / "schema.json").read_bytes()), []
    assert "CODE" in [column["name"] for column in schema["optional"]]
    for rows in (table.dropna(), table.dropna().drop(columns="CODE")):
        done = predict(package, rows, tmp_path)
        assert done.returncode == 0, done.stderr
        answers.append((tmp_path / "out.csv").read_text())
    assert answers[0] == answers[1]
