"""Snapshots as a tree: lanes, where two fork, tags and the places of other notebooks."""

from __future__ import annotations

import json
import sqlite3
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notewright.state.ancestry import relation
from notewright.state.tree import places
from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.views.base import View
from notewright.views.graph import drawn
from notewright.workspace import Workspace


def verb(workspace, name: str, *words: str) -> View:
    found = find_verb(name)
    return found.run(found.parser("notewright").parse_args(list(words)), Context(workspace))


@given(st.lists(st.none() | st.integers(1, 6), max_size=25), st.integers(0, 25))
def test_each_lane_leads_from_a_snapshot_to_its_parent_and_to_no_other(back, hidden: int) -> None:
    """Parents are given as how many snapshots back; the oldest may be out of sight."""
    parents = [None if b is None or b > at else at - b for at, b in enumerate(back)]
    nodes = [
        (str(at), None if p is None else str(p)) for at, p in reversed(list(enumerate(parents)))
    ]
    nodes = nodes[: max(0, len(nodes) - hidden)]
    drawing = places(nodes)
    row_of = {id_: row for row, (id_, _) in enumerate(nodes)}
    #: For each row, the lanes that lines of the tree take on it.
    taken: list[set[int]] = [set() for _ in nodes]
    for row, (_, parent) in enumerate(nodes):
        place = drawing[row]
        assert place.goes_on == (parent in row_of)
        if parent in row_of:
            end = row_of[parent]
            for between in range(row + 1, end):
                assert place.lane not in taken[between] | {drawing[between].lane}
                taken[between].add(place.lane)
            assert place.lane in {drawing[end].lane, *drawing[end].joins}
    assert [set(p.through) for p in drawing] == taken
    children = {id_: sum(parent == id_ for _, parent in nodes) for id_, _ in nodes}
    assert [len(p.joins) for p in drawing] == [max(0, children[id_] - 1) for id_, _ in nodes]


def test_a_tree_is_drawn_with_plain_characters() -> None:
    nodes = [("g", "d"), ("f", "b"), ("e", "b"), ("d", "a"), ("c", "a"), ("b", "a"), ("a", None)]
    assert [line for place in places(nodes) for line, _ in drawn(place)] == [
        "*",
        "| *",
        "| | *",
        "* | |",
        "| | | *",
        "| |/  |",
        "| *   |",
        "|/___/",
        "o",
    ]


@pytest.fixture
def branched(notebook):
    """Return a notebook that went back to `first` and on from there."""
    notebook.run("import pandas as pd; df = pd.DataFrame({'a': [1, 2, 3]}); n = 1")
    notebook.recorder.take("first")
    notebook.run("df.loc[1, 'a'] = 20")
    notebook.recorder.take("second")
    notebook.recorder.restore("first")
    notebook.run("n = 2")
    notebook.recorder.take("third")
    return notebook


def test_the_timeline_of_a_line_has_no_tree_and_that_of_branches_has(notebook) -> None:
    for name in ("a", "b"):
        notebook.run(f"{name} = 1")
        notebook.recorder.take(f"made {name}")
    text = verb(notebook.workspace, "timeline").text()
    assert text.splitlines()[0].split() == [
        *["id", "parent", "when", "kind", "message", "cell", "variables", "not", "saved"]
    ]
    assert "*" not in text
    notebook.recorder.restore("made a")
    notebook.run("c = 1")
    notebook.recorder.take("made c")
    lines = verb(notebook.workspace, "timeline").text().splitlines()
    assert [line[:4].strip() for line in lines[2:]] == ["*", "| *", "| *", "|/", "o"]
    assert "made c" in lines[2]
    assert "→" in lines[2]


def test_the_tree_keeps_its_shape_in_html_and_is_there_in_json(branched) -> None:
    view = verb(branched.workspace, "timeline")
    assert '<code style="white-space:pre;background:none">|/</code>' in view.html()
    rows = {row["message"]: row for row in json.loads(json.dumps(view.data()))}
    assert rows["third"]["lane"] == 0
    assert rows["second"]["lane"] == 1
    assert rows["first"]["joins"] == [1]
    assert rows["third"]["parent"] == rows["second"]["parent"] == rows["first"]["id"]


def test_tags_and_places_of_other_notebooks_are_shown(branched, open_notebook) -> None:
    workspace = branched.workspace
    snapshots = {s.message: s for s in workspace.snapshots.list()}
    workspace.snapshots.tag(snapshots["first"].id, "start", "me")
    session = workspace.history.begin_session(workspace.root, "other.ipynb")
    workspace.snapshots.stand_on(snapshots["second"], session.id)
    workspace.snapshots.stand_on(snapshots["third"], branched.recorder.session)
    rows = {row["message"]: row for row in verb(workspace, "timeline").data()}
    assert rows["first"]["tags"] == ["start"]
    assert rows["second"]["notebooks"] == ["other.ipynb"]
    assert rows["third"]["head"]
    assert not rows["third"]["notebooks"]
    assert "other.ipynb" in verb(workspace, "timeline").text()


def test_a_diff_says_where_two_branches_fork(branched) -> None:
    workspace = branched.workspace
    ids = {s.message: s.id for s in workspace.snapshots.list()}
    assert relation(workspace.store, ids["first"], ids["third"]).kind == "after"
    assert relation(workspace.store, ids["third"], ids["first"]).kind == "before"
    assert relation(workspace.store, ids["first"], ids["first"]).kind == "same"
    view = verb(workspace, "diff", "second", "third")
    assert f"another branch: they fork at {ids['first'][:6]}" in view.text()
    data = view.data()
    assert data["relation"] == {"kind": "fork", "fork": ids["first"]}
    assert [(cell["kind"], cell["text"]) for cell in data["cells"]] == [
        ("left", "cell [2] `df.loc[1, 'a'] = 20`"),
        ("added", "cell [3] `n = 2`"),
    ]
    assert {v["name"] for v in data["variables"]} == {"df", "n"}


def test_a_diff_has_one_source_for_text_html_and_json(branched) -> None:
    view = verb(branched.workspace, "diff", "first", "second")
    change = next(v for v in view.data()["variables"] if v["name"] == "df")
    assert (change["kind"], change["type"]) == ("changed", "pandas.DataFrame")
    values = next(c for c in change["changes"] if c["kind"] == "column values")
    assert values["examples"] == [{"where": "row 1", "old": "2", "new": "20"}]
    assert (values["count"], values["total"], values["more"]) == (1, 3, 0)
    for sentence in change["details"]:
        assert sentence in view.text()
        assert sentence.replace("'", "&#x27;") in view.html()


def test_the_source_of_functions_and_edited_cells_is_compared_line_by_line(notebook) -> None:
    from dataclasses import replace

    from notewright.lineage.between import cells_between

    notebook.run("def area(r):\n    # round\n    return 3 * r\n\nhalf = lambda v: v / 2")
    notebook.recorder.take("first")
    notebook.run("def area(r):\n    # round\n    return 3.14 * r\n\nhalf = lambda v: v // 2")
    notebook.recorder.take("second")
    notebook.run("def area(r):\n    # round\n    return 3.14 * r\n\nhalf = lambda v: v // 2")
    found = notebook.workspace.diff("first", "second")
    lines = {v.name: v.details[0].lines for v in found.variables}
    assert lines == {
        "area": ("     # round", "-    return 3 * r", "+    return 3.14 * r"),
        "half": ("-lambda v: v / 2", "+lambda v: v // 2"),
    }
    line = notebook.workspace.history.line(notebook.recorder.execution())
    line = [replace(execution, cell="c1") for execution in line]
    edited, again = cells_between(line[:1], line)
    assert (edited.kind, again.kind) == ("edited", "again")
    assert "-    return 3 * r" in edited.lines


def test_words_of_the_user_are_escaped_in_a_diff(notebook) -> None:
    notebook.run("x = {'<img src=x>': 1}")
    notebook.recorder.take("first")
    notebook.run("x = {'<img src=x>': 2}  # <script>")
    notebook.recorder.take("second")
    html = verb(notebook.workspace, "diff", "first", "second").html()
    assert "<img" not in html
    assert "<script" not in html


def test_the_cells_of_a_diff_are_code_and_a_long_line_is_seen_to_go_on(notebook) -> None:
    notebook.run("x = 1")
    notebook.recorder.take("first")
    notebook.run("x = " + " + ".join(["1000"] * 30))
    notebook.recorder.take("second")
    view = verb(notebook.workspace, "diff", "first", "second")
    line = next(line for line in view.text().splitlines() if "cell [2]" in line)
    assert line.endswith("…`")
    assert "cell [2] <code>x = 1000 + " in view.html()


def test_a_variable_whose_bytes_are_gone_does_not_hide_the_others(notebook) -> None:
    import numpy as np

    notebook.run("a = 1; import numpy as np; b = np.random.default_rng(0).random(100_000)")
    first = notebook.recorder.take("first")
    notebook.run("a = 2; b = b * 2")
    notebook.recorder.take("second")
    with sqlite3.connect(notebook.workspace.store.catalog.path) as catalog:
        catalog.execute("DELETE FROM packed WHERE digest = ?", (first.variable("b").group,))
    found = Workspace(notebook.workspace.root).diff("first", "second")
    details = {v.name: v.details[0] for v in found.variables}
    assert details["a"].words == "1 → 2"
    assert details["b"].kind == "unknown"
    assert "could not be loaded" in details["b"].words
    assert isinstance(notebook["b"], np.ndarray)


def test_a_diff_changes_nothing_in_the_notebook(notebook) -> None:
    notebook.run(
        "import random; random.seed(1)\nclass A: pass\na = A(); a.items = [1]; A.made = [a]"
    )
    notebook.recorder.take("first")
    notebook.run("a.items.append(2)")
    notebook.recorder.take("second")
    digests = {v.name: v.digest for v in notebook.workspace.snapshots.get("second").variables}
    said = verb(notebook.workspace, "diff", "first", "second").text()
    assert "a.items: 1 item added: [1] (2)" in said
    after = notebook.recorder.take("third")
    assert {v.name: v.digest for v in after.variables} == digests


def test_a_diff_of_hundreds_of_variables_is_bounded(notebook) -> None:
    notebook.run("for i in range(300): globals()[f'v{i}'] = {'k': list(range(20))}")
    notebook.recorder.take("first")
    notebook.run("for i in range(300): globals()[f'v{i}'] = {str(j): [j] for j in range(20)}")
    notebook.recorder.take("second")
    view = verb(notebook.workspace, "diff", "first", "second")
    assert len(view.text().splitlines()) < 600
    assert "and 200 more variables" in view.text()
    assert len(view.data()["variables"]) == 300


def test_a_timeline_of_ten_thousand_snapshots_is_listed_at_once(branched) -> None:
    path = branched.workspace.store.catalog.path
    with sqlite3.connect(path) as catalog:
        rows = catalog.execute("SELECT * FROM snapshots").fetchall()
        marks = ", ".join("?" * len(rows[0]))
        copies = [
            (f"{at:016x}", row[1], f"{at - 1:016x}", *row[3:7], f"2020{row[7][4:]}", *row[8:])
            for at in range(10_000)
            for row in [rows[at % len(rows)]]
        ]
        catalog.executemany(f"INSERT INTO snapshots VALUES ({marks})", copies)
    verb(branched.workspace, "timeline").text()
    times = []
    for _ in range(3):
        started = time.perf_counter()
        listed = verb(branched.workspace, "timeline")
        listed.text()
        times.append(time.perf_counter() - started)
    assert len(listed.data()) == 50
    assert min(times) < 0.2
