"""A project folder with the demo's data, and one export that several tests look at."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from recorded import CORPUS, DATA, Notebook


def make_project(root: Path) -> Path:
    (root / "data").mkdir(parents=True)
    shutil.copyfile(DATA / "german_credit.csv", root / "data" / "german_credit.csv")
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


POLICY = """\
version: 1
documentation:
  intended_use: Ranks applications for a clerk.
  limitations: [Not for companies., Data of 1994.]
  owner: TODO
  reviewed_by: Rita
data:
  sensitive:
    age_in_years: {bands: [25, 60]}
"""


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory):
    """Return the notebook `credit_scaled` and the package exported from it."""
    notebook = Notebook(make_project(tmp_path_factory.mktemp("export") / "project"))
    (notebook.root / "policy.yaml").write_text(POLICY, encoding="utf-8")
    notebook.run((CORPUS / "credit_scaled.py").read_text(encoding="utf-8"))
    return notebook, notebook.export("model", "credit_risk")
