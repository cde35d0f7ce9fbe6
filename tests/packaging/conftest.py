"""A project folder with the demo's data, and one export that several tests look at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from packaged import Command
from recorded import CORPUS, Notebook
from tables import make_project


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


@pytest.fixture
def command(exported, tmp_path: Path) -> Command:
    """Return the command of the exported package, in a folder with a copy of its data."""
    return Command(exported[1], tmp_path)
