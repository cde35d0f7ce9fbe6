"""A notebook with script in every name, value and note that a person can give."""

from __future__ import annotations

import nbformat
from nbclient import NotebookClient

#: What each would do where it is taken for markup: set `window.hit`.
WORDS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "' onmouseover=window.hit=1 autofocus onfocus=window.hit=1 x='",
    "</style></pre></table><iframe srcdoc='<script>parent.hit=1</script>'>",
    "<a href=javascript:window.hit=1>go</a>",
    "${window.hit=1}{{constructor.constructor('window.hit=1')()}}",
)
#: The same words with nothing in them that a browser reads as anything; they sort alike.
_HARMLESS = str.maketrans("\"&'<>", "#*+=?")

_CELLS = (
    "%load_ext notewright",
    "words = {words!r}",
    """import numpy as np, pandas as pd
rng = np.random.default_rng(0)
n = 400
rows = pd.DataFrame({{word: rng.normal(size=n).round(2) for word in words[:3]}})
rows[words[3]] = rng.choice(words, n)
rows["group"] = rng.choice(words[:2], n)
rows["label"] = np.where(rows[words[0]] + rng.normal(size=n) > 0, words[1], words[2])
rows.index = [f"{{words[4]}} {{place}}" for place in range(n)]""",
    "%nw snapshot -m {word!r}",
    "rows.loc[rows.index[3], words[3]] = words[5]\nnote = words[6]",
    "%nw snapshot -m {other!r}",
    """from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
train, test = train_test_split(rows, random_state=0)""",
    """%%nw run {quoted}
weak = LogisticRegression(C=1e-4).fit(train[words[:3]], train["label"])
accuracy_score(test["label"], weak.predict(test[words[:3]]))""",
    """%%nw run {other_quoted}
import notewright as nw
nw.log_param("note", words[4])
strong = LogisticRegression().fit(train[words[:3]], train["label"])
accuracy_score(test["label"], strong.predict(test[words[:3]]))
roc_auc_score(test["label"], strong.predict_proba(test[words[:3]])[:, 1])""",
    """import json
from pathlib import Path
documented = dict(intended_use=words[0], limitations=words[1], owner=words[2])
data = dict(favourable=words[1], sensitive=dict(group={{}}), quasi_identifiers=[words[3]])
Path("policy.yaml").write_text(json.dumps(dict(version=1, documentation=documented, data=data,
    gates=dict(staging=dict(checks=["documentation", "performance"])))))
len(words)""",
    "%nw timeline",
    "%nw show HEAD",
    "%nw diff HEAD~1 HEAD",
    "%nw status",
    "%nw history",
    "%nw slice strong",
    "%nw runs",
    "%nw compare {quoted} {other_quoted}",
    "%nw register {other_quoted} --as risk",
    "%nw models",
    "%nw dataset add rows --as rows",
    "rows2 = rows.assign(label=words[6])",
    "%nw dataset add rows2 --as rows",
    "%nw dataset show rows@1",
    "%nw dataset diff rows@1 rows@2",
    "%nw policy",
    "%nw check risk --write report.html",
    "%nw check rows2 --against rows@1",
    "%nw gate staging risk",
    "%nw explain risk --rows 20",
    "%nw explain risk --row {row!r}",
    "%nw dossier risk --write dossier.html",
    "%nw audit list",
    "%nw autorun on",
)


def cells(*, hostile: bool = True) -> list[str]:
    """Return the notebook's cells; without `hostile` the words are harmless ones."""
    words = [word if hostile else harmless(word) for word in WORDS]

    def quoted(word: str) -> str:
        return '"' + word.replace('"', '\\"') + '"'

    given = {
        "words": words,
        "word": words[0],
        "other": words[1],
        "quoted": quoted(words[1]),
        "other_quoted": quoted(words[0]),
        "row": f"{words[4]} 7",
    }
    return [cell.format(**given) for cell in _CELLS]


def harmless(text: str) -> str:
    """Return a text without what a browser could read as anything."""
    return text.translate(_HARMLESS)


def execute(folder: str, sources: list[str]) -> nbformat.NotebookNode:
    """Run cells in a kernel of their own; one that fails has its error among its outputs."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in sources])
    client = NotebookClient(notebook, resources={"metadata": {"path": folder}}, allow_errors=True)
    client.execute()
    return notebook
