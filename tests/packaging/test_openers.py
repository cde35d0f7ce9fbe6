"""What pandas imports by itself to read a table is in the package's environment too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from bucket import bucket
from packaged import Command
from recorded import Notebook

from notewright.packaging.openers import opened_with

WORKBOOK = """\
import pandas as pd
from sklearn.linear_model import Ridge

homes = pd.read_excel("data/houses.xlsx", sheet_name="sold")
X = homes[["LivArea", "YearBuilt"]].fillna(0)
model = Ridge().fit(X, homes["SalePrice"])
print(model.score(X, homes["SalePrice"]))
"""

STORED = """\
import pandas as pd
from sklearn.linear_model import Ridge

homes = pd.read_csv(
    "s3://sales/houses.csv",
    storage_options={
        "key": "AKIA-TEST",
        "secret": "open-sesame-42",
        "client_kwargs": {"endpoint_url": "ENDPOINT"},
    },
)
X = homes[["LivArea", "YearBuilt"]].fillna(0)
model = Ridge().fit(X, homes["SalePrice"])
print(model.score(X, homes["SalePrice"]))
"""


def test_only_what_was_imported_meanwhile_counts() -> None:
    import sys

    pytest.importorskip("bs4")
    assert "bs4" in opened_with(set())
    assert "bs4" not in opened_with(set(sys.modules))


@pytest.mark.slow
def test_a_workbook_is_read_in_the_package_too(project: Path, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    table = pd.read_csv(project / "data" / "houses.csv").head(300)
    table.to_excel(project / "data" / "houses.xlsx", sheet_name="sold", index=False)
    package = Notebook(project).run(WORKBOOK).export("model", "homes")
    assert "openpyxl==" in (package.path / "requirements.txt").read_text(encoding="utf-8")
    done = Command(package, tmp_path)("train", "--out", "here")
    assert json.loads(done.stdout) == package.metrics


@pytest.mark.slow
def test_a_table_in_s3_is_carried_and_asked_for_again_with_keys_of_the_environment(
    project: Path, tmp_path: Path
) -> None:
    pytest.importorskip("s3fs")
    stored = tmp_path / "stored" / "sales"
    stored.mkdir(parents=True)
    shutil.copyfile(project / "data" / "houses.csv", stored / "houses.csv")
    with bucket(stored.parent, "AKIA-TEST") as endpoint:
        notebook = Notebook(project).run(STORED.replace("ENDPOINT", endpoint))
        package = notebook.export("model", "homes")
    for file in (f for f in package.path.rglob("*") if f.is_file()):
        content = file.read_bytes()
        assert b"open-sesame" not in content, file
        assert b"AKIA-TEST" not in content, file
    settings = (package.path / "src/homes/settings.py").read_text(encoding="utf-8")
    assert "The notebook read s3://sales/houses.csv." in settings
    (tmp_path / "home").mkdir()
    command = Command(package, tmp_path / "home")
    assert json.loads(command("train", "--out", "here").stdout) == package.metrics
    pd.read_csv(stored / "houses.csv").head(200).to_csv(stored / "newer.csv", index=False)
    with bucket(stored.parent, "AKIA-OTHER") as endpoint:
        opened = {
            "key": "AKIA-OTHER",
            "secret": "word",
            "client_kwargs": {"endpoint_url": endpoint},
        }
        asked = ["train", "--out", "there", "--set", "address=s3://sales/newer.csv"]
        wrong = json.dumps({**opened, "key": "AKIA-TEST"})
        assert command(*asked, HOMES_STORAGE_OPTIONS=wrong).returncode != 0
        done = command(*asked, HOMES_STORAGE_OPTIONS=json.dumps(opened))
        assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "home" / "there" / "metrics.json").read_bytes())
    assert metrics != package.metrics
