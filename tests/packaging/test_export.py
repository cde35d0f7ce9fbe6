"""From a notebook to a proved package, and on from there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from recorded import CORPUS, Notebook

from notewright.errors import Cancelled, ExportFailed, NotAModel, PackageAltered, UnknownVariable
from notewright.packaging.documents import edge_table
from notewright.packaging.signed import digests, signer_of
from notewright.progress import Progress
from notewright.store.canonical import digest_of


def python_of(package) -> str:
    return str(package.environment / "bin" / "python")


def test_the_proof_says_that_everything_is_equal(exported) -> None:
    _, package = exported
    proof = json.loads((package.path / "equivalence.json").read_bytes())
    assert proof["result"] == "equal"
    assert proof["tests"]["passed"]
    assert re.fullmatch(r"\d+ passed in \d+\.\d s", proof["tests"]["summary"])
    assert proof["slice"] == "statements"
    assert all(entry["equal"] for entry in proof["model"]["predictions"].values())
    assert proof["raw_rows"]["singly"]["rows"] == 200
    assert proof["raw_rows"]["without_target"]
    # The notebook names its target by a constant; it is no column that production has to give.
    schema = json.loads((package.path / "model" / "schema.json").read_bytes())
    assert schema["target"]["name"] == "creditability"
    assert "creditability" not in [column["name"] for column in schema["columns"]]
    assert signer_of(proof) is not None


def test_the_package_does_not_know_notewright_or_this_machine(exported) -> None:
    notebook, package = exported
    for file in (package.path / "src").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "import notewright" not in text
        assert "from notewright" not in text
        assert str(notebook.root) not in text


def test_the_layout_is_complete(exported) -> None:
    _, package = exported
    for name in [
        "pyproject.toml",
        "pylock.toml",
        "requirements.txt",
        "README.md",
        "MODEL_CARD.md",
        "sbom.cdx.json",
        "equivalence.json",
        "Dockerfile",
        ".dockerignore",
        ".github/workflows/ci.yml",
        "src/credit_risk/settings.py",
        "src/credit_risk/features.py",
        "src/credit_risk/predict.py",
        "src/credit_risk/stages/load.py",
        "src/credit_risk/py.typed",
        "serve/requirements.txt",
        "tests/edges.csv",
        "model/model.skops",
        "model/manifest.json",
        "model/schema.json",
        "model/reference.json",
        "tests/test_package.py",
    ]:
        assert (package.path / name).is_file(), name
        assert (package.tree / name).is_file(), name


def test_the_code_is_what_a_linter_a_formatter_and_a_type_checker_let_through(exported) -> None:
    _, package = exported
    # The notebook's own statements are typed as its author typed them.
    own = [
        f"src/credit_risk/{n}.py" for n in ("batch", "cli", "kept", "pipeline", "rows", "settings")
    ]
    for words in (
        ["ruff", "check", "--no-cache", "--select", "E,F,I,B", "."],
        ["ruff", "format", "--no-cache", "--check", "."],
        [
            "mypy",
            "--ignore-missing-imports",
            "--follow-imports",
            "silent",
            "--cache-dir",
            os.devnull,
            *own,
        ],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=package.path,
            env={**os.environ, "MYPYPATH": "", "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_predictions_on_raw_rows_are_the_notebooks(exported, tmp_path: Path) -> None:
    notebook, package = exported
    rows = pd.read_csv(notebook.root / "data" / "german_credit.csv").head(20)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    command = [python_of(package), "-m", "credit_risk", "predict"]
    command += ["--in", str(tmp_path / "rows.csv"), "--out", str(tmp_path / "out.csv")]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": ""})
    space = notebook.module.__dict__
    expected = space["model"].predict(space["scaler"].transform(space["X"].head(20)))
    assert pd.read_csv(tmp_path / "out.csv")["prediction"].tolist() == expected.tolist()


def test_the_readme_says_what_the_command_answers_to_values_never_seen(
    exported, tmp_path: Path
) -> None:
    notebook, package = exported
    readme = (package.path / "README.md").read_text(encoding="utf-8")
    edges = package.equivalence["edge_rows"]
    first = pd.read_csv(notebook.root / "data" / "german_credit.csv").head(1)
    values = {"missing": None, "unseen": "never seen before", "huge": 10**9}
    for column, word in (
        ("duration_in_month", "missing"),
        ("duration_in_month", "huge"),
        ("purpose", "unseen"),
    ):
        table = first.astype("object")
        table.loc[0, column] = values[word]
        table.to_csv(tmp_path / "rows.csv", index=False)
        command = [python_of(package), "-m", "credit_risk", "predict"]
        command += ["--in", str(tmp_path / "rows.csv"), "--out", str(tmp_path / "out.csv")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        told = edges[column][word]
        assert told in readme
        if done.returncode:
            assert done.stderr.strip() == f"credit-risk: rows.csv, line 2: {told}"
        else:
            answer = pd.read_csv(tmp_path / "out.csv", dtype=str)["prediction"][0]
            assert told.startswith(answer)


def test_the_documents_say_what_the_policy_says_and_make_nothing_up(exported) -> None:
    _, package = exported
    card = (package.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    readme = (package.path / "README.md").read_text(encoding="utf-8")
    assert re.search(r"\| Trained \| [\d-]+ on (750|800|700) rows, from 1000 in the data \|", card)
    assert "| Intended use | Ranks applications for a clerk. |" in card
    assert "| Owner | not stated |" in card
    assert "| Limits | Not for companies.; Data of 1994. |" in card
    assert "| Groups it is checked for | age_in_years (cut at 25, 60) |" in card
    assert "| Reviewed by | Rita |" in card
    assert "- Intended use: Ranks applications for a clerk." in readme
    assert "- Owner: not stated" in readme


def test_a_changed_file_is_named(exported) -> None:
    notebook, package = exported
    assert notebook.packages.verify(package).manifest == package.id
    file = package.path / "src" / "credit_risk" / "features.py"
    text = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(text + b"\n")
    try:
        with pytest.raises(PackageAltered, match=r"features\.py"):
            notebook.packages.verify(package)
    finally:
        file.write_bytes(text)


def test_packages_are_found_by_name_number_and_id(exported) -> None:
    notebook, package = exported
    packages = notebook.packages
    assert packages.get("credit_risk@1") == packages.get(package.id[:10]) == package
    manifest = (package.path / "model" / "manifest.json").read_bytes()
    assert digest_of(manifest) == package.id
    assert ("export", "credit_risk@1") in notebook.acts


def test_retraining_gives_the_next_version_from_the_same_code(exported, tmp_path: Path) -> None:
    notebook, package = exported
    rows = pd.read_csv(notebook.root / "data" / "german_credit.csv")
    newer = rows.sample(700, random_state=1)
    newer["duration_in_month"] *= 2
    newer.to_csv(tmp_path / "newer.csv", index=False)
    edited = package.tree / "src" / "credit_risk" / "features.py"
    edited.write_text(edited.read_text() + "# mine\n")
    before = digests(package.tree)
    again = notebook.packages.retrain(package, tmp_path / "newer.csv")
    assert digests(package.tree) == before
    assert [p.name for p in package.tree.parent.iterdir()] == ["credit_risk"]
    assert (again.tree, again.place, package.place) == (again.path, again.path, package.tree)
    assert (again.name, again.number, again.parent) == ("credit_risk", 2, package.id)
    assert again.fingerprint != package.fingerprint
    for name in ("features.py", "stages/train.py"):
        assert (again.path / "src/credit_risk" / name).read_bytes() == (
            package.path / "src/credit_risk" / name
        ).read_bytes()
    learned = [json.loads((p.path / "model/features.json").read_bytes()) for p in (package, again)]
    assert learned[0] != learned[1]
    assert notebook.packages.verify(again).path == again.path
    assert package.path.is_dir()  # the earlier version is kept
    words = (again.path / "README.md").read_text() + (again.path / "MODEL_CARD.md").read_text()
    assert "proved to give the same" not in words
    assert "trained again" in words
    assert package.equivalence["model"]["fingerprint"] not in words
    assert again.fingerprint in words
    old, new = (edge_table(p.equivalence["edge_rows"]).splitlines() for p in (package, again))
    assert set(new) <= set(words.splitlines())
    assert set(old) - set(new)
    assert not (set(old) - set(new)) & set(words.splitlines())
    # The user asks for it; what they had edited is kept beside it.
    assert notebook.packages.copy(again, package.tree) == package.tree
    assert digests(package.tree) == digests(again.path)
    (kept,) = package.tree.parent.glob("credit_risk.edited-*")
    assert digests(kept) == before
    assert package.place == package.path
    edited.write_text("# mine again\n")  # a copy is there to work on
    with pytest.raises(ExportFailed, match="is not a package"):
        notebook.packages.copy(again, notebook.root / "data")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["predict", "--in", "empty.csv", "--out", "out.csv"], "empty.csv is empty"),
        (["predict", "--in", "binary.csv", "--out", "out.csv"], "binary.csv is no text in UTF-8"),
        (["predict", "--in", "nowhere.csv", "--out", "out.csv"], "nowhere.csv"),
        (["train", "--out", "m", "--set", "test_size=5"], "test_size"),
        (["train", "--out", "m", "--settings", "list.json"], "must hold a JSON object"),
        (["train", "--out", "m", "--settings", "binary.csv"], "codec"),
    ],
)
def test_a_mistake_at_the_packages_command_is_a_sentence(
    exported, tmp_path: Path, words: list[str], said: str
) -> None:
    _, package = exported
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "binary.csv").write_bytes(bytes(range(128, 256)) * 4)
    (tmp_path / "list.json").write_text("[1]")
    shutil.copytree(package.path / "data", tmp_path / "data")
    python = package.environment / "bin" / "python"
    done = subprocess.run(
        [python, "-m", "credit_risk", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert said in done.stderr


def test_what_is_not_a_model_is_refused(project: Path) -> None:
    notebook = Notebook(project).run("# %%\nx = 3\nmodel_names = ['a']")
    with pytest.raises(NotAModel, match="'x' is an int"):
        notebook.export("x")
    with pytest.raises(UnknownVariable, match="model_name"):
        notebook.export("model_name")


@pytest.mark.slow
def test_a_model_with_a_class_of_the_notebook_is_told_by_its_predictions_where_a_part_differs(
    project: Path,
) -> None:
    notebook = Notebook(project)
    notebook.run(
        "# %%\nimport time\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.base import BaseEstimator, TransformerMixin\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n"
        "# %%\nclass Logged(BaseEstimator, TransformerMixin):\n"
        "    def fit(self, X, y=None):\n        self.when_ = time.time()\n        return self\n"
        "    def transform(self, X):\n        return np.log1p(X)\n"
        '# %%\ndf = pd.read_csv("data/german_credit.csv")\n'
        'X, y = df[["credit_amount", "age_in_years"]], df["creditability"]\n'
        "model = make_pipeline(Logged(), LogisticRegression()).fit(X, y)\n"
    )
    package = notebook.export("model", "logged")
    assert package.serves_raw_rows
    assert any(f.startswith("An inner part of the model differs") for f in package.findings)


def test_a_cancelled_export_leaves_nothing(project: Path) -> None:
    notebook = Notebook(project).run((CORPUS / "credit_rank.py").read_text(encoding="utf-8"))
    progress = Progress(what="The export")
    progress.report = lambda fraction, message: progress.cancel() if fraction > 0.4 else None
    with pytest.raises(Cancelled):
        notebook.export("tree", progress=progress)
    assert not (project / "packages").exists()
    assert notebook.packages.list() == []
    assert list((project / ".notewright" / "environments").iterdir()) == []


HIDDEN = """# %%
import ctypes
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

credit = pd.read_csv("data/german_credit.csv")
y = credit["creditability"] == "good"
X = credit[["duration_in_month", "credit_amount"]].copy()
same = ctypes.cast(id(X), ctypes.py_object).value
same["credit_amount"] = same["credit_amount"] / 1000
X["duration_in_month"] = X["duration_in_month"] / 12
# %%
model = LogisticRegression().fit(X, y)
accuracy = accuracy_score(y, model.predict(X))
"""


@pytest.mark.slow
def test_where_pruning_went_too_far_whole_cells_are_kept_and_the_proof_says_so(
    project: Path,
) -> None:
    notebook = Notebook(project).run(HIDDEN)
    package = notebook.export("model", "hidden")
    assert package.equivalence["slice"] == "cells"
    assert package.equivalence["metrics"]["accuracy_score"]["equal"]
    assert "same[" in (package.path / "src/hidden/stages/prepare.py").read_text(encoding="utf-8")
    assert not package.serves_raw_rows  # one row alone does not get what the hidden change gave
    readme = (package.tree / "README.md").read_text(encoding="utf-8")
    assert "Raw rows cannot be served: see the findings." in readme
    assert "which only training reads" in (package.tree / "MODEL_CARD.md").read_text("utf-8")
    refused = subprocess.run(
        [python_of(package), "-m", "hidden", "serve"], capture_output=True, text=True, check=False
    )
    assert refused.stderr.startswith("hidden: Raw rows cannot be served")


@pytest.mark.slow
def test_rows_from_a_database_are_carried_and_can_be_asked_for_again(
    project: Path, tmp_path: Path
) -> None:
    notebook = Notebook(project).run((CORPUS / "credit_sqlite.py").read_text(encoding="utf-8"))
    package = notebook.export("tree", "loans")
    assert (package.path / "data" / "df.csv").is_file()
    settings = (package.path / "src/loans/settings.py").read_text(encoding="utf-8")
    assert "bank.sqlite" not in settings  # an address may hold a password
    command = [python_of(package), "-m", "loans", "train", "--out", str(tmp_path / "model")]
    address = {"LOANS_DATABASE": str(project / "data" / "bank.sqlite")}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": "", **address},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == package.metrics


@pytest.mark.slow
def test_text_that_is_almost_always_a_number_stays_text_in_the_rows_that_are_tried(
    tmp_path: Path,
) -> None:
    paid = pd.Series(range(600)).mul(7).mod(97).astype(str)
    left = (paid.astype(int) > 40).map({True: "yes", False: "no"})
    paid[590] = " "  # so pandas reads text, though of forty rows hardly one shows it
    pd.DataFrame({"paid": paid, "left": left}).to_csv(tmp_path / "customers.csv", index=False)
    notebook = Notebook(tmp_path).run(
        "import pandas as pd\n"
        "from sklearn.tree import DecisionTreeClassifier\n"
        'df = pd.read_csv("customers.csv")\n'
        'df["paid"] = pd.to_numeric(df["paid"], errors="coerce")\n'
        'df["paid"] = df["paid"].fillna(df["paid"].median())\n'
        'tree = DecisionTreeClassifier(random_state=0).fit(df[["paid"]], df["left"])\n'
        'tree.score(df[["paid"]], df["left"])\n'
    )
    assert notebook.export("tree", "churn").serves_raw_rows


def test_the_wheel_is_built_by_the_notebooks_own_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notewright.packaging.locking import build_wheel

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (tmp_path / "src" / "small").mkdir(parents=True)
    (tmp_path / "src" / "small" / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        f'[project]\nname = "small"\nversion = "1"\nrequires-python = "=={version}.*"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["src/small"]\n'
    )
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))  # no other Python is to be found
    assert build_wheel(tmp_path, tmp_path / "dist").name == "small-1-py3-none-any.whl"
