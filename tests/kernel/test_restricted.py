"""Restricted columns in a real kernel: undone there whole, elsewhere without the column."""

from __future__ import annotations

import json

POLICY = "version: 1\ndata: {restricted: {income: [risk_officer]}}\n"
TABLE = "import pandas as pd\ndf = pd.DataFrame({'age': [31, 42], 'income': [9.5, 8.5]})"


def test_undo_is_whole_in_the_kernel_that_held_the_column_and_not_after_a_restart(
    live, start
) -> None:
    (live.folder / "policy.yaml").write_text(POLICY)
    live.run("%load_ext notewright")
    live.run(TABLE)
    live.run("%nw snapshot --tag whole")
    live.run("del df['income']")
    assert "withheld" not in live.run("%nw restore whole").text
    assert live.run("print(list(df))").text == "['age', 'income']\n"
    live.close()

    again = start()
    again.run("%load_ext notewright")
    shown = again.run("%nw restore whole")
    assert "df: withheld: income (needs 'risk_officer')" in shown.text.replace("`", "")
    assert "withheld: income" in shown.html
    assert again.run("print(list(df))").text == "['age']\n"
    # The panel is told the same in the same words.
    comm = again.open_comm()
    again.run("df = None")
    comm.ask(verb="restore", id="r", snapshot="whole", only=None)
    data = comm.wait_for("done")["data"]
    assert data["withheld"] == {"df": ["income (needs 'risk_officer')"]}
    assert "withheld: income" in data["message"]
    said = again.run("%nw diff whole HEAD --json").text
    assert "9.5" not in json.dumps(json.loads(said)["variables"])
