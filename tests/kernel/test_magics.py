"""`%nw` in a real kernel."""

from __future__ import annotations

import json

import pytest


def test_loading_prints_one_line_and_changes_nothing_of_the_users(live) -> None:
    look = (
        "import random, warnings, sys, json\n"
        "print(json.dumps([repr(random.getstate())[:200], len(warnings.filters),"
        " sorted(n for n in globals() if not n.startswith('_')), sys.path]))"
    )
    live.run("import random, warnings, sys, json, numpy, pandas")
    before = live.run(look).text
    shown = live.run("%load_ext notewright")
    assert shown.error is None
    assert shown.text.count("\n") == 1
    assert "history is on" in shown.text
    assert live.run(look).text == before


def test_a_mistake_is_undone_in_the_kernel_and_the_cell_ids_are_kept(live) -> None:
    live.run("%load_ext notewright")
    live.run("items = [1, 2]", cell="cell-a")
    assert "1 variable," in live.run('%nw snapshot -m "good"').text
    live.run("items.clear()", cell="cell-b")
    assert "restored items" in live.run("%nw restore HEAD").text
    assert live.run("print(items)").text == "[1, 2]\n"
    history = json.loads(live.run("%nw history --json").text)
    assert [e["cell"] for e in history if e["changed"] == ["items"]] == ["cell-a", "cell-b"]


def test_a_snapshot_comes_back_after_a_restart(live, start) -> None:
    live.run("%load_ext notewright")
    live.run("import numpy as np; a = np.arange(5); b = a[1:3]\ndef f(): return a")
    live.run("%nw snapshot --tag ready")
    live.close()
    again = start()
    again.run("%load_ext notewright")
    assert "restored" in again.run("%nw restore ready").text
    assert again.run("b[0] = 9; print(a, f() is a)").text == "[0 9 2 3 4] True\n"


def test_a_diff_that_ends_here_names_what_has_changed_since(live) -> None:
    live.run("%load_ext notewright\nrate = 1\nkept = [1]")
    live.run("%nw snapshot -m first")
    live.run("rate = 2")
    live.run("%nw snapshot -m second")
    assert "Not in this" not in live.run("%nw diff first").text
    live.run("kept.append(2)\nfresh = 0")
    said = live.run("%nw diff first").text
    assert "1 → 2" in said
    assert "Not in this: kept, fresh changed in the notebook since" in said
    assert "Not in this" not in live.run("%nw diff second first").text
    live.run("%nw restore first")
    assert "Not in this" not in live.run("%nw diff second first").text


def test_what_cannot_be_saved_is_named_with_its_cell(live) -> None:
    live.run("%load_ext notewright")
    live.run("stream = (i for i in range(3))")
    shown = live.run("%nw snapshot")
    assert "stream" in shown.text
    assert "cell [2] `stream = (i for i in range(3))`" in shown.text


def test_what_a_restore_drops_that_was_in_no_snapshot_is_told_with_the_way_back(live) -> None:
    live.run("%load_ext notewright")
    live.run("kept = (i for i in range(3)); x = 1")
    live.run("%nw snapshot")
    live.run("stream = (i for i in range(3)); x = 2")
    shown = live.run("%nw restore HEAD").text
    assert "Gone, since it could not be saved: stream; `%nw restore" in shown
    again = live.run("%nw restore " + shown.partition("stream; `%nw restore ")[2].partition("`")[0])
    assert again.error is None
    assert live.run("print(next(stream), x)").text == "0 2\n"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("%nw snapshoot", "Did you mean 'snapshot'?"),
        ("%nw restore feed", "There is no snapshot 'feed'. `%nw timeline` lists what there is."),
        ("%nw restore HEAD --only modle", "There is no variable 'modle'"),
        ("%nw snapshot --nope", "unrecognized arguments: --nope"),
        ("%nw diff HEAD~9 HEAD", "There is no snapshot 'HEAD~9'"),
        ("%nw slice nothing", "There is no variable 'nothing'"),
        ("%nw run x", "two percent signs"),
        ('%nw snapshot -m "open', "quotation mark is not closed"),
        ("%%nw snapshot\nx = 1", "Only `run` takes a whole cell"),
    ],
)
def test_a_mistake_gets_a_sentence_and_no_traceback(live, line: str, problem: str) -> None:
    live.run("%load_ext notewright")
    live.run("model = 1")
    live.run("%nw snapshot")
    error = live.run(line).error
    assert error is not None
    shown = "\n".join(error["traceback"])
    assert problem in " ".join(error["traceback"])
    assert "Traceback" not in shown
    assert len(error["traceback"]) <= 2


def test_the_traceback_is_there_when_asked_for(live) -> None:
    live.run("%load_ext notewright")
    shown = live.run("%nw --debug restore feed")
    assert "Traceback" in shown.text
    assert "UnknownId" in shown.text


def test_help_lists_every_verb_and_each_has_its_own(live) -> None:
    from notewright.verbs import VERBS

    live.run("%load_ext notewright")
    shown = live.run("%nw -h").text
    assert all(f"  {verb} " in shown for verb in VERBS)
    explained = live.run("%nw restore -h").text
    assert "--only" in explained
    general = explained.partition("with every verb:")[2]
    assert all(f"  {option} " in general for option in ("--json", "--widget", "--debug"))


def test_completion_offers_verbs_and_variables(live) -> None:
    live.run("%load_ext notewright")
    live.run("my_table = 1")
    assert live.complete("%nw sn") == ["snapshot"]
    assert "my_table" in live.complete("%nw slice my")
    assert "--only" in live.complete("%nw restore --o")
    assert live.complete("%nw runs --wi") == ["--widget"]


def test_a_snapshot_is_offered_and_found_by_its_message_and_tag(live) -> None:
    live.run("%load_ext notewright\nitems = [1]")
    live.run('%nw snapshot -m "clean data" --tag ready')
    live.run("items.clear()")
    assert "ready" in live.complete("%nw restore re")
    assert '"clean data"' in live.complete("%nw restore ")
    assert live.complete('%nw restore "cl') == ['clean data"']
    assert live.complete('%nw diff HEAD "clean da') == ['data"']
    assert "Back at" in live.run('%nw restore "clean data"').text
    assert live.run("print(items)").text == "[1]\n"


def test_a_tag_that_cannot_be_is_refused_before_anything_is_saved(live) -> None:
    live.run("%load_ext notewright\nitems = [1]")
    refused = live.run("%nw snapshot --tag abc")
    assert refused.error is not None
    assert refused.error["ename"] == "BadName"
    assert live.run("%nw timeline --json").text.strip() == "[]"


def test_off_takes_everything_out_and_load_starts_again(live) -> None:
    live.run("%load_ext notewright")
    assert "is off" in live.run("%nw off").text
    live.run("x = 1")
    assert live.run("print(len(get_ipython().events.callbacks['post_run_cell']))").text.strip() in (
        "0",
        "1",  # ipykernel's or matplotlib's own
    )
    assert "history is on" in live.run("%reload_ext notewright").text
    live.run("y = 1")
    assert "y = 1" in live.run("%nw history").text
    assert "x = 1" not in live.run("%nw history").text


def test_a_failed_run_is_kept_as_failed_and_its_error_shown_once(live) -> None:
    live.run("%load_ext notewright")
    shown = live.run('%%nw run "broken"\nx = 5\n1 / 0')
    assert shown.error is not None
    history = live.run("%nw runs --json")
    runs = json.loads(history.text)
    assert [(r["name"], r["status"]) for r in runs] == [("broken", "failed")]
    assert "ZeroDivisionError" in runs[0]["error"]
    assert live.run("print(x)").text == "5\n"


def test_the_cost_of_watching_is_told(live) -> None:
    live.run("%load_ext notewright")
    live.run("x = 1")
    assert "cost so far" in live.run("%nw status").text


def test_plain_ipython_has_it_all_without_cell_ids(tmp_path) -> None:
    import subprocess
    import sys

    cells = (
        "%load_ext notewright\nx = [1]\n%nw snapshot -m first\nx.append(2)\n"
        "%nw restore HEAD\nprint('x is', x)\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "IPython",
            "--quick",
            "--no-banner",
            "--no-confirm-exit",
            "--simple-prompt",
        ],
        input=cells,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "x is [1]" in done.stdout, done.stdout + done.stderr
    assert "restored x" in done.stdout


def test_values_are_logged_by_hand_in_a_run_cell_and_in_a_block(live) -> None:
    live.run("%load_ext notewright\nimport notewright as nw")
    live.run('%%nw run "cell"\nnw.log_metric("profit", 2.5); nw.log_param("depth", 3)')
    live.run('with nw.run("block"):\n    nw.log_metric("profit", 4)')
    runs = {r["name"]: r for r in json.loads(live.run("%nw runs --json").text)}
    assert runs["cell"]["metrics"] == {"profit": 2.5}
    assert runs["cell"]["params"]["depth"] == 3
    assert runs["block"]["metrics"] == {"profit": 4}
    refused = live.run("nw.log_metric('profit', 1)").error
    assert "No run is under way." in refused["traceback"][0]


def test_what_notewright_opens_itself_is_not_the_users_data(live) -> None:
    live.run("%load_ext notewright")
    live.run('%%nw run "first"\nx = 1')
    live.run("%nw policy init")
    live.run("%nw policy")
    history = json.loads(live.run("%nw history --json").text)
    assert [e["files"] for e in history] == [[]] * len(history)


def test_what_ran_of_a_cell_that_stopped_is_in_the_package(live) -> None:
    rows = "".join(f"{n},{n * 7 % 5},{n % 2}\n" for n in range(60))
    (live.folder / "rows.csv").write_text(f"a,b,y\n{rows}")
    live.run("%load_ext notewright")
    stopped = live.run("%precision 3\nimport pandas as pd\nimport not_installed as sns\nsns.set()")
    assert stopped.error["ename"] == "ModuleNotFoundError"
    live.run("df = pd.read_csv('rows.csv')\nfrom sklearn.linear_model import LogisticRegression")
    live.run("model = LogisticRegression().fit(df[['a', 'b']], df['y'])")
    shown = live.run("%nw export model --name after_all")
    assert shown.error is None
    assert "Its predictions against the notebook's: equal." in shown.text
    written = (live.folder / "packages/after_all/src/after_all/stages/load.py").read_text()
    assert "import pandas as pd" in written
    assert "not_installed" not in written


def test_a_refused_export_leaves_nothing_behind(live) -> None:
    live.run("%load_ext notewright")
    live.run("table = [1]\nfrom sklearn.linear_model import Ridge\nmodel = Ridge()")
    for words, problem in (
        ("table", "not a model"),
        ("modle", "Did you mean 'model'?"),
        ("model --name ../x", "cannot be the name of a package"),
    ):
        error = live.run(f"%nw export {words}").error
        assert problem in " ".join(error["traceback"])
    assert json.loads(live.run("%nw timeline --json").text) == []


def test_when_it_is_off_the_verbs_say_so(live) -> None:
    live.run("%load_ext notewright")
    live.run("%nw off")
    error = live.run("%nw status").error
    assert error["traceback"] == ["Notewright is off.", "`%reload_ext notewright` starts it again."]


def test_cells_are_called_by_the_number_the_notebook_shows(live) -> None:
    live.run("before = 1")
    live.run("%load_ext notewright")
    live.run("stream = (i for i in ())")
    assert "cell [3] `stream" in live.run("%nw snapshot").text


def test_a_partial_restore_does_not_say_that_the_notebook_moved(live) -> None:
    live.run("%load_ext notewright")
    live.run("a = [1]; b = [2]")
    live.run("%nw snapshot -m start")
    live.run("a.append(3); b.append(4)")
    shown = live.run("%nw restore start --only a").text
    assert "Back at" not in shown
    assert "restored a." in shown
    assert live.run("print(a, b)").text == "[1] [2, 4]\n"
    assert "Back at" in live.run("%nw restore start").text


def test_with_json_an_error_is_json_too_and_the_cell_still_fails(live) -> None:
    live.run("%load_ext notewright")
    failed = live.run("%nw restore feed --json")
    assert failed.error is not None
    record = json.loads(failed.text)
    assert record["code"] == "unknown_id"
    assert record["remedy"]


def test_a_snapshot_as_json_names_the_cell_it_stands_after(live) -> None:
    live.run("%load_ext notewright")
    live.run("a = 1")
    assert "a = 1" in json.loads(live.run("%nw snapshot --json").text)["cell"]


def test_a_variable_that_is_not_there_names_those_that_are(live) -> None:
    live.run("%load_ext notewright")
    live.run("alpha = 1")
    live.run("%nw snapshot -m start")
    shown = live.run("%nw restore start --only zz")
    assert shown.error is not None
    assert "These are there: alpha." in "".join(shown.error["traceback"])


def test_ipythons_own_history_goes_on_while_snapshots_are_taken(live) -> None:
    live.run("%load_ext notewright\n%nw autosnapshot on")
    live.run("import sys; sys.kept_thread = get_ipython().history_manager.save_thread")
    for number in range(3):
        live.run(f"x = {number}")
    live.run("%nw snapshot")
    live.run("same = sys.kept_thread is get_ipython().history_manager.save_thread")
    assert live.run("print(same)").text.strip() == "True"
    live.run("get_ipython().history_manager.writeout_cache()")
    assert "x = 2" in live.run("%history -g x = 2 -l 20").text


def test_own_modules_are_undone_in_the_kernel_and_brought_back_in_another(live, start) -> None:
    text = "import threading\nrate = 3\nlock = threading.Lock()\n"
    text += "def price(x): return x * rate\nclass Config:\n    limit = 1\n"
    (live.folder / "settings.py").write_text(text)
    live.run("%load_ext notewright")
    live.run("import settings\nfrom settings import price, Config")
    live.run("settings.rate = 5; Config.limit = 2")
    shown = live.run("%nw snapshot --tag five")
    assert "settings.lock" in shown.text
    live.run("settings.rate = 7")
    live.run("y = price(1)")
    history = json.loads(live.run("%nw history --json").text)
    assert [e["changed"] for e in history if "rate = 7" in e["source"]] == [["settings.rate"]]
    assert "settings.rate = 7" in live.run("%nw slice y").text
    assert any("settings.rate" in each for each in live.complete("%nw restore five --only sett"))
    refused = live.run("%nw export settings.rate --name rate").error
    assert "no variable 'settings.rate'" in refused["traceback"][0]
    assert "restored settings.rate; removed y" in live.run("%nw restore five").text
    assert live.run("print(price(1), Config.limit)").text == "5 2\n"
    live.close()
    again = start()
    again.run("%load_ext notewright")
    shown = again.run("%nw restore five")
    assert shown.error is None
    assert "Not in the snapshot" not in shown.text
    assert again.run("print(price(1), Config.limit, settings.lock.locked())").text == "5 2 False\n"


def test_what_could_not_be_saved_is_rebuilt_in_another_kernel(live, start) -> None:
    live.run("%load_ext notewright")
    live.run("import sqlite3, random; items = [1, 2]; count = 0")
    live.run("class Shop:\n    def __init__(self): self.db = sqlite3.connect(':memory:')")
    live.run("count += 1; random.seed(3); shop = Shop(); stream = (i for i in items)", cell="made")
    live.run("%nw snapshot -m 'open shop'")
    live.close()
    again = start()
    again.run("%load_ext notewright")
    offered = again.complete("%nw restore HEAD --replay ")
    assert {"shop", "stream"} <= set(offered)
    assert "items" not in offered
    planned = again.run('%nw restore "open shop" --replay --dry-run')
    assert "stream = (i for i in items)" in planned.text
    assert "NameError" in again.run("shop").error["ename"]
    shown = again.run('%nw restore "open shop" --replay')
    assert shown.error is None
    assert "Rebuilt shop, stream." in shown.text
    assert "count += 1; random.seed(3)" in shown.text
    assert again.run("items.append(3); print(list(stream), type(shop) is Shop, count)").text == (
        "[1, 2, 3] True 1\n"
    )
    history = json.loads(again.run("%nw history --json").text)
    assert history[1]["changed"] == []
    rebuilt = next(e for e in history if "--replay" in e["source"] and e["changed"])
    assert rebuilt["changed"] == ["shop", "stream"]
    assert [e["changed"] for e in history if "append(3)" in e["source"]] == [["items"]]
    refused = again.run("%nw restore HEAD --replay items").error
    assert "'items' is in the snapshot" in refused["traceback"][0]


def test_show_says_what_a_snapshot_holds_and_copies_files_out(live) -> None:
    import os

    document = live.folder / "work.ipynb"
    document.write_text('{"cells": []}')
    live.run(f"import os; os.environ['JPY_SESSION_NAME'] = {os.fspath(document)!r}")
    live.run("%load_ext notewright")
    (live.folder / "data.csv").write_text("1,2")
    (live.folder / "large.bin").write_bytes(bytes(3 << 20))
    live.run("text = open('data.csv').read(); size = len(open('large.bin', 'rb').read())")
    assert "Contents of 2 of 2 data files kept." in live.run("%nw snapshot --with-data").text
    document.unlink()
    (live.folder / "data.csv").write_text("overwritten")
    shown = live.run("%nw show --code")
    assert "text = open('data.csv').read()" in shown.text
    assert "work.ipynb" in shown.text
    found = json.loads(live.run("%nw show HEAD --json").text)
    assert {f["path"]: f["kept"] for f in found["files"]} == {"data.csv": True, "large.bin": True}
    assert found["document"]["kept"] is True
    assert live.run("%nw show --to back").error is None
    assert (live.folder / "back" / "data.csv").read_text() == "1,2"
    assert (live.folder / "back" / "large.bin").read_bytes() == bytes(3 << 20)
    assert (live.folder / "back" / "work.ipynb").read_text() == '{"cells": []}'
    refused = live.run("%nw show --to back").error
    assert "nothing of yours is overwritten" in " ".join(refused["traceback"])


def test_a_table_is_kept_as_a_dataset_and_given_back(live) -> None:
    live.run("%load_ext notewright")
    live.run("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})")
    assert "Added rows@1: DataFrame 2 x 1" in live.run("%nw dataset add df --as rows").text
    live.run("df.loc[0, 'a'] = 9")
    assert "UnsavedContent" in str(live.run("%nw dataset use rows@1").error)
    live.run("%nw dataset add df --as rows")
    assert "1 of 2 values changed" in live.run("%nw dataset diff rows@1 rows@2").text
    live.run("%nw dataset use rows@1")
    assert live.run("print(df['a'].tolist())").text == "[1, 2]\n"
    history = json.loads(live.run("%nw history --json").text)
    assert [e["source"] for e in history if "df" in e["changed"]][-1] == "%nw dataset use rows@1"
    assert "rows@2" in live.complete("%nw dataset use ro")
