"""What the panel asks of the kernel."""

from __future__ import annotations


def test_a_kernel_without_notewright_closes_the_panels_comm(live) -> None:
    comm = live.open_comm()
    comm.wait_for("closed")


def test_the_panel_restores_and_hears_of_new_snapshots(live) -> None:
    live.run("%load_ext notewright")
    comm = live.open_comm()
    comm.ask(verb="hello")
    hello = comm.wait_for("hello")
    assert hello["workspace"] == str(live.folder.resolve())
    live.run("x = [1]")
    live.run("%nw snapshot")
    changed = comm.wait_for("changed")
    assert changed["what"] == "snapshots"
    live.run("x.append(2)")
    comm.ask(verb="restore", id="r1", snapshot=changed["head"], only=None)
    done = comm.wait_for("done")
    assert done["id"] == "r1"
    assert done["data"]["restored"] == ["x"]
    assert live.run("print(x)").text == "[1]\n"


def test_the_panel_takes_a_snapshot_and_lists_the_models(live) -> None:
    live.run("%load_ext notewright")
    live.run("from sklearn.linear_model import Ridge\nmodel = Ridge().fit([[1], [2]], [1, 2])")
    comm = live.open_comm()
    comm.ask(verb="snapshot", id="s", message="from the panel")
    assert comm.wait_for("done")["data"]["message"] == "from the panel"
    comm.ask(verb="models", id="m")
    (model,) = comm.wait_for("done")["data"]
    assert (model["variable"], model["type"], model["recorded"]) == ("model", "Ridge", True)


def test_only_fitted_models_are_offered_the_last_one_first(live) -> None:
    live.run("%load_ext notewright")
    live.run(
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "class Always:\n    def predict(self, rows):\n        return [1] * len(rows)\n"
        "first = Ridge().fit([[1], [2]], [1, 2])\n"
        "unfitted = Ridge()\n"
        "scaler = StandardScaler().fit([[1], [2]])\n"
        "rule = Always()"
    )
    comm = live.open_comm()
    comm.ask(verb="models", id="m")
    offered = comm.wait_for("done")["data"]
    assert [model["variable"] for model in offered] == ["rule", "first"]


def test_a_model_from_before_notewright_was_loaded_is_told_from_the_others(live) -> None:
    live.run("from sklearn.linear_model import Ridge\nearly = Ridge().fit([[1], [2]], [1, 2])")
    live.run("same = early")
    live.run("%load_ext notewright")
    live.run("late = Ridge().fit([[1], [2]], [1, 2])")
    comm = live.open_comm()
    comm.ask(verb="models", id="m")
    found = {model["variable"]: model for model in comm.wait_for("done")["data"]}
    assert {name: model["recorded"] for name, model in found.items()} == {
        "late": True,
        "same": False,
        "early": False,
    }
    assert found["same"]["object"] == found["early"]["object"] != found["late"]["object"]
    comm.ask(verb="export", id="e", variable="early", name="early")
    assert comm.wait_for("error")["code"] == "not_recorded"
    refused = live.run("%nw export early").error
    assert refused["ename"] == "NotRecorded"
    assert "%nw export NOTEBOOK.ipynb early" in refused["evalue"]


def test_a_mistake_of_the_panels_is_answered_in_words(live) -> None:
    live.run("%load_ext notewright")
    comm = live.open_comm()
    for request in ({"verb": "nonsense"}, {"verb": "restore", "snapshot": "feed"}):
        comm.ask(id="e", **request)
        assert comm.wait_for("error")["problem"]


def test_a_mistake_of_notewrights_own_is_said_to_be_that_and_the_log_has_its_traceback(
    live,
) -> None:
    live.run("%load_ext notewright")
    live.run(
        "from notewright_magics.comm import PanelComm\n"
        "def broken(self, verb, data, progress): raise NameError(\"name 'np' is not defined\")\n"
        "PanelComm._run = broken"
    )
    comm = live.open_comm()
    comm.ask(verb="snapshot", id="s", message="")
    answer = comm.wait_for("error")
    assert answer["code"] == "unexpected"
    assert "failed itself, with NameError: name 'np' is not defined" in answer["problem"]
    assert "a mistake in Notewright, not in your notebook" in answer["remedy"]
