"""What README.md says a user types runs as it is written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = re.findall(r"^(%.*?) +# ", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.M)

#: A project whose gate asks for nobody's signature.
POLICY = """
version: 1
documentation: {intended_use: testing, limitations: One bank., owner: nobody}
data: {favourable: good}
checks:
  performance:
    floor: {metric: accuracy, limit: 0.5}
gates:
  production:
    checks: [performance, documentation]
"""
#: The cells that come before a line.
BEFORE = {
    '%nw snapshot -m "clean data"': """
import pandas as pd
from sklearn.model_selection import train_test_split
rows = pd.read_csv("rows.csv")
rows["burden"] = rows["amount"] / rows["months"]
X = rows[["burden", "amount"]]
y = rows["risk"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
""",
    '%nw restore "clean data"': "rows = rows.head(3)",
    "%nw retrace PREDICTION_ID": """
import json, urllib.request
import notewright
live = notewright.open_workspace().deployments.get("credit_risk")
asked = {"inputs": [
    {"name": "amount", "datatype": "FP64", "shape": [1], "data": [900.0]},
    {"name": "months", "datatype": "INT64", "shape": [1], "data": [12]},
]}
request = urllib.request.Request(
    f"{live.url}/v2/models/credit_risk/infer",
    json.dumps(asked).encode(),
    {"Content-Type": "application/json"},
)
print(json.load(urllib.request.urlopen(request))["id"])
""",
}
#: The cells under the lines that record one.
UNDER = {
    '%%nw run "regression"': """
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
regression = LogisticRegression().fit(X_train, y_train)
accuracy_score(y_test, regression.predict(X_test))
""",
    '%%nw run "forest"': """
from sklearn.ensemble import RandomForestClassifier
forest = RandomForestClassifier(10, random_state=0).fit(X_train, y_train)
accuracy_score(y_test, forest.predict(X_test))
""",
}
#: A word of what each shows; a line that is not here is a line that nobody looks at.
SHOWS = {
    "%load_ext notewright": "history is on",
    '%nw snapshot -m "clean data"': '"clean data": ',
    '%nw restore "clean data"': "restored rows",
    '%%nw run "regression"': "accuracy",
    '%%nw run "forest"': "accuracy",
    '%nw compare "regression" "forest"': "accuracy",
    '%nw register "regression" --as credit_risk': "credit_risk@1",
    "%nw check credit_risk": "passed: ",
    "%nw explain credit_risk": "how far each column moves",
    "%nw gate production credit_risk": "is open for credit_risk@1",
    "%nw dossier credit_risk": "answered",
    "%nw export regression --name credit_risk": "credit_risk@1",
    "%nw deploy credit_risk": "is live as 'credit_risk'",
    "%nw retrace PREDICTION_ID": "links hold.",
}


def project(folder: Path) -> None:
    generator = np.random.default_rng(0)
    amount, months = generator.gamma(2, 1500, 300).round(2), generator.integers(6, 60, 300)
    risk = np.where(amount / months + generator.normal(0, 20, 300) < 90, "good", "bad")
    rows = pd.DataFrame({"amount": amount, "months": months, "risk": risk})
    rows.to_csv(folder / "rows.csv", index=False)
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")


@pytest.mark.parametrize(
    "until",
    [
        "%nw gate production credit_risk",
        pytest.param("%nw retrace PREDICTION_ID", marks=pytest.mark.slow),
    ],
    ids=["until the gate", "all"],
)
def test_the_lines_run_in_the_order_they_are_in(live, until: str) -> None:
    assert list(SHOWS) == LINES
    project(live.folder)
    try:
        said = ""
        for line in LINES[: LINES.index(until) + 1]:
            said = _run(live, BEFORE[line]) if line in BEFORE else said
            typed = line.replace("PREDICTION_ID", said.strip())
            shown = _run(live, f"{typed}\n{UNDER.get(line, '')}")
            assert SHOWS[line] in shown, shown
    finally:
        live.run("%nw stop credit_risk")


def _run(live, code: str) -> str:
    done = live.run(code)
    assert done.error is None, (code, done.error)
    return str(done.text)
