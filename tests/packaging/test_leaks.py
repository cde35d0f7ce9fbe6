"""No secret of a notebook's text, and no path of its machine, is in any file of a package."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from recorded import CORPUS, Notebook

from notewright.errors import ExportFailed
from notewright.packaging.leaks import Leaks

TOKEN = "ghp_" + "a1B2c3D4e5" * 4
PASSWORD = "correct-horse-battery"
ELSEWHERE = "/home/somebody/private/notes.txt"


def planted(root: Path) -> str:
    """Return the notebook with secrets in its comments, and in cells that the model is not from."""
    text = (CORPUS / "credit_scaled.py").read_text(encoding="utf-8")
    text = text.replace('"data/german_credit.csv"', f'"{root}/data/german_credit.csv"')
    text = text.replace(
        "X_train, X_test, y_train",
        f"# password: {PASSWORD}\n# see {ELSEWHERE}\nX_train, X_test, y_train",
    )
    text = text.replace("model.fit(X_train, y_train)", f"model.fit(X_train, y_train)  # {TOKEN}")
    text = text.replace("scaler = StandardScaler()", f"scaler = StandardScaler()  # {root}/x, ours")
    return f'# %%\napi_token = "{TOKEN}"\nPASSWORD = "{PASSWORD}"\nnotes = "{ELSEWHERE}"\n{text}'


def everything(folder: Path) -> dict[str, bytes]:
    """Return the content of each file of a package, and of each file in its archives."""
    found = {}
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        found[str(file.relative_to(folder))] = file.read_bytes()
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    found[f"{file.name}!{name}"] = archive.read(name)
    return found


def test_what_is_planted_in_the_notebook_is_in_no_file_of_the_package(project: Path) -> None:
    notebook = Notebook(project).run(planted(project))
    package = notebook.export("model", "credit_risk")
    for name, content in everything(package.path).items():
        for secret in (TOKEN, PASSWORD, "/home/somebody", str(project), str(Path.cwd())):
            assert secret.encode() not in content, name
    train = (package.path / "src" / "credit_risk" / "stages" / "train.py").read_text()
    assert "# (left out: an access token)" in train
    prepare = (package.path / "src" / "credit_risk" / "stages" / "prepare.py").read_text()
    assert "# (left out: a password)" in prepare
    assert "# (left out: a path of this machine)" in prepare


@pytest.mark.parametrize(
    ("line", "said", "remedy"),
    [
        (f'data["key"] = len("{TOKEN}")', "an access token", "os.environ"),
        (f'login = dict(password="{PASSWORD}")\ndata["key"] = len(login)', "a password", "os.env"),
        (f'data["key"] = len("{ELSEWHERE}")', "a path of this machine", "relative to"),
    ],
)
def test_a_secret_that_the_model_depends_on_stops_the_export_with_its_cell_and_line(
    project: Path, line: str, said: str, remedy: str
) -> None:
    text = (CORPUS / "credit_scaled.py").read_text(encoding="utf-8")
    text = text.replace("# %%\nX = pd.get_dummies", f"# %%\n{line}\nX = pd.get_dummies")
    notebook = Notebook(project).run(text)
    with pytest.raises(ExportFailed, match=r"Cell \[3\], line 1") as stopped:
        notebook.export("model", "credit_risk")
    assert said in stopped.value.problem
    assert remedy in stopped.value.remedy
    for secret in (TOKEN, PASSWORD, ELSEWHERE):
        assert secret not in str(stopped.value)
    assert not (project / "packages").exists()


@pytest.mark.parametrize(
    "text",
    [
        'TfidfVectorizer(token_pattern=r"(?u)\\b\\w\\w+\\b")',
        'password = os.environ["DB_PASSWORD"]',
        'tokenizer.pad_token = "[PAD]"',
        'pd.read_csv("data/train.csv")',
        'df["ratio"] = df["a"] / df["b"]',
        'requests.get("https://example.org/home/data.csv")',
        'df["secret"].fillna(0)',
        "# the token is split at blanks",
    ],
)
def test_ordinary_code_is_no_leak(text: str) -> None:
    assert Leaks(()).within(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'create_engine("postgresql://ada:tea4two@db/credit")',
        'requests.get(url, headers={"api_key": "0123456789abcdef"})',
        'os.environ["DB_PASSWORD"] = "tea4two"',
        'open("C:/Users/Ada/rows.csv")',
        'open("/Users/ada/rows.csv")',
        "# password is tea4two",
    ],
)
def test_secrets_are_known_by_where_they_stand(text: str) -> None:
    assert Leaks(()).within(text) != []
