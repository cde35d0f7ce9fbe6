"""A package exported by somebody who may not see a column has no value of it but learned ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from notewright.errors import AccessDenied, ExportFailed

CELLS = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression
raw = pd.read_csv("raw.csv")
X = raw[["income", "age"]].copy()
X["wealthy"] = (raw["standing"] == "gilded").astype(float)
y = raw["target"]
model = LogisticRegression(max_iter=500).fit(X, y)
"""
POLICY = "version: 1\ndata: {restricted: {Income: [risk_officer], national_id: []}}\n"


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 300
    raw = pd.DataFrame(
        {
            # Each of its values is told by its digits.
            "income": 770000 + rng.permutation(n) * 7 + 0.5,
            "national_id": [f"ID{number:07d}" for number in range(5550000, 5550000 + n)],
            "standing": rng.choice(["gilded", "plain"], n),
            "age": rng.integers(18, 80, n),
        }
    )
    return raw.assign(target=np.where(raw["age"] + rng.normal(0, 9, n) > 50, "yes", "no"))


@pytest.fixture
def exported(person, notebook, tmp_path):
    """Return a function that exports the notebook's model."""
    table().to_csv(tmp_path / "raw.csv", index=False)
    person.policy(POLICY)
    for cell in CELLS.splitlines(keepends=True):
        execution = notebook.run(cell)
        assert execution.status == "ok", execution.error
    taken = notebook.recorder.take("trained")
    return lambda: person.workspace.packages.export(
        "model", "credit", snapshot=taken, session=notebook.recorder.session
    )


def raw_values(tree: Path) -> list[str]:
    """Return the files in which a value of the columns stands, that are no numbers learned."""
    found = []
    for file in tree.rglob("*"):
        if file.is_file() and file.name != "reference.json" and file.suffix in (
            ".csv", ".json", ".md", ".py", ".txt", ".toml", ".yml", ".lock"
        ):  # fmt: skip
            text = file.read_text(encoding="utf-8")
            values = [f"{770000 + at * 7 + 0.5}" for at in range(300)]
            if "ID555" in text or any(value in text for value in values):
                found.append(file.relative_to(tree).as_posix())
    return found


@pytest.mark.slow
def test_no_raw_value_is_in_the_package_and_retraining_keeps_it_so(exported, person, tmp_path):
    package = exported()
    assert raw_values(package.path) == []
    assert raw_values(tmp_path / "packages" / "credit") == []
    assert not (package.path / "data").exists()
    schema = json.loads((package.path / "model" / "schema.json").read_bytes())
    income = next(c for c in schema["columns"] if c["name"] == "income")
    assert "minimum" not in income
    age = next(c for c in schema["columns"] if c["name"] == "age")
    assert "minimum" in age
    words = "withheld: Income (needs 'risk_officer'), national_id (nobody may see it)"
    assert any(words in finding for finding in package.findings)
    assert "withheld: Income" in (package.path / "README.md").read_text()
    # The copy is given, because nothing is in it; and trained again nothing comes in.
    assert raw_values(person.workspace.packages.copy(package, tmp_path / "copy")) == []
    table().assign(income=lambda t: t.income + 7).to_csv(tmp_path / "new.csv", index=False)
    again = person.workspace.packages.retrain(package, tmp_path / "new.csv")
    assert raw_values(again.path) == []
    assert any(words in finding for finding in again.findings)


@pytest.mark.slow
def test_what_somebody_with_the_role_exported_is_whole_and_copied_for_them_alone(
    exported, person, tmp_path
):
    person.policy(POLICY.replace("national_id: []", "national_id: [risk_officer]"))
    me = person.workspace.identities.me().name
    person.becomes("risk_officer")
    package = exported()
    assert raw_values(package.path)
    assert (package.path / "data").exists()
    person.workspace.roles.revoke(me, "risk_officer")
    with pytest.raises(AccessDenied, match=r"of data/raw\.csv of credit@1"):
        person.workspace.packages.copy(package, tmp_path / "copy")
    assert person.refusals()


@pytest.mark.slow
def test_a_model_that_takes_no_made_up_values_is_exported_by_who_may_see_them(
    person, notebook, tmp_path
):
    table().to_csv(tmp_path / "raw.csv", index=False)
    person.policy(POLICY)
    refusing = CELLS.replace(
        'X["wealthy"] =', 'X["late"] = np.sqrt(X["income"] - 700000)\nX["wealthy"] ='
    )
    for cell in ("import numpy as np\n" + refusing).splitlines(keepends=True):
        execution = notebook.run(cell)
        assert execution.status == "ok", execution.error
    notebook.recorder.take("trained")
    with pytest.raises(ExportFailed, match="takes no made-up values of 'income'"):
        person.workspace.packages.export("model", "credit", session=notebook.recorder.session)
    person.becomes("risk_officer")
    assert person.workspace.packages.export("model", "credit").serves_raw_rows
