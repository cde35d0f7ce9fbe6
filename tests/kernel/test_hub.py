"""Real kernels of servers on a Hub: who acts in them, and what goes on while the Hub is down."""

from __future__ import annotations

import json

from tests.hub import LocalHub

from notewright.governance.keys import os_user


def actors(notebook) -> list[str]:
    """Return who acted, by the audit log, oldest first."""
    return [entry["actor"] for entry in json.loads(notebook.run("%nw audit list --json").text)]


def test_who_acts_in_a_kernel_is_the_user_of_the_server(on_hub, start):
    on_hub("rita")
    notebook = start()
    notebook.run("%load_ext notewright")
    assert (
        "You are 'rita': so says the JupyterHub at 127.0.0.1"
        in notebook.run("%nw identity me").text
    )
    assert set(actors(notebook)) == {"rita"}


def test_changing_the_environment_in_a_cell_makes_nobody_else_of_one(on_hub, hub, start):
    on_hub("rita")
    notebook = start()
    notebook.run("%load_ext notewright\nimport os")
    notebook.run("os.environ['JUPYTERHUB_USER'] = os.environ['USER'] = 'max'")
    assert "You are 'rita'" in notebook.run("%nw identity me").text
    # Another's name from a Hub of one's own, where he is registered with his key.
    forged = LocalHub()
    try:
        notebook.run("%nw identity create max --key max.key")
        notebook.run(f"os.environ.update({forged.starts('max')!r})")
        assert "You are 'rita'" in notebook.run("%nw identity me").text
        again = start()
        again.run(f"import os; os.environ.update({forged.starts('max')!r})")
        again.run("%load_ext notewright")
        refused = again.run("%nw role grant max admin").error
        assert refused["ename"] == "KeyProblem"
        assert "'max' is registered in this workspace with another key" in refused["evalue"]
    finally:
        forged.stop()
    assert set(actors(notebook)) == {"rita"}


def test_while_the_hub_is_down_what_is_there_can_be_read_and_nothing_is_done(on_hub, hub, start):
    on_hub("rita")
    notebook = start()
    notebook.run("%load_ext notewright")
    notebook.run("x = [1, 2]")
    notebook.run("%nw snapshot --tag kept")
    notebook.run("x = [1, 2, 3]")
    notebook.run("%nw snapshot --tag later")
    notebook.close()
    hub.stop()

    again = start()
    again.run("%load_ext notewright")
    # Going back keeps what is there first, and that is signed.
    for act in ("snapshot", "restore kept", "role grant rita auditor", "identity me"):
        refused = again.run(f"%nw {act}").error
        assert refused["ename"] == "PersonUnknown", act
        assert refused["traceback"] == [
            refused["evalue"].partition(" Try")[0],
            "Try again once the Hub answers; what only reads goes on meanwhile.",
        ]
    assert "kept" in again.run("%nw timeline").text
    assert "rita" in again.run("%nw identity").text
    assert "sound" in again.run("%nw audit verify").text
    assert "x" in again.run("%nw diff kept later").text


def test_who_worked_here_before_the_hub_reads_what_they_made_and_brings_their_roles(on_hub, start):
    notebook = start()
    notebook.run("%load_ext notewright")
    notebook.run("x = [1, 2]")
    notebook.run("%nw snapshot --tag before")
    notebook.close()

    on_hub("rita")
    again = start()
    again.run("%load_ext notewright")
    assert again.run("%nw restore before").error is None
    assert again.run("print(x)").text == "[1, 2]\n"
    said = json.loads(again.run("%nw identity me --json").text)
    assert (said["name"], said["roles"]) == ("rita", [])
    assert said["earlier"]["name"] == os_user()
    key = said["earlier"]["key"]
    again.run(f"%nw role grant rita operator --key {key}")
    assert json.loads(again.run("%nw identity me --json").text)["roles"] == ["operator"]
