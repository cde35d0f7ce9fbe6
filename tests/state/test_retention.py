"""`gc` removes what no rule keeps, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.state.retained import STRICT, assert_sound, auto, block, on_disk

from notewright.cli import main
from notewright.errors import (
    UnknownId,
)
from notewright.state.namespace import Namespace
from notewright.state.retention import Row, Rules, new_parents, why_kept
from notewright.workspace import Workspace

# -- the rules ----------------------------------------------------------------------------


def row(id_: str, day: int = 1, kind: str = "auto", parent: str | None = None) -> Row:
    return Row(id_, "", parent, kind, "", f"2026-03-{day:02d}T12:00:00.000000Z")


def kept(rows: list[Row], rules: Rules, **needed) -> set[str]:
    given = {"tagged": set(), "used": {}, "standing": set(), **needed}
    return set(why_kept(rows, rules, **given))


def test_the_newest_and_the_last_of_each_of_the_newest_days_stay() -> None:
    rows = [row(f"{day}{n}", day) for day in (1, 2, 5) for n in "abc"]
    assert kept(rows, Rules(last=2, daily=0)) == {"5b", "5c"}
    assert kept(rows, Rules(last=0, daily=2)) == {"5c", "2c"}
    assert kept(rows, Rules(last=4, daily=3)) == {"5a", "5b", "5c", "2c", "1c"}
    assert kept(rows, Rules(last=0, daily=0)) == set()


def test_what_is_named_tagged_used_or_stood_on_stays_whatever_the_rules() -> None:
    chain = ["a", "b", "c", "d", "e", "f"]
    rows = [row(x, parent=p) for x, p in zip(chain, [None, *chain], strict=False)]
    nothing = Rules(last=0, daily=0)
    assert kept(rows, nothing, tagged={"b"}) == {"b"}
    assert kept(rows, nothing, used={"c": "part of a run"}) == {"c"}
    assert kept(rows, nothing, standing={"e"}) == {"c", "d", "e"}
    kinds = [row(kind, kind=kind) for kind in ("named", "auto", "run", "export", "restore")]
    assert kept(kinds, nothing) == {"named", "run", "export"}
    assert kept(kinds, Rules(last=0, daily=0, named=False)) == {"run", "export"}


def test_a_snapshot_that_loses_its_parent_gets_the_nearest_before_it_that_stays() -> None:
    rows = [row("a"), row("b", parent="a"), row("c", parent="b"), row("d", parent="c")]
    rows += [row("x", parent="b"), row("lone", parent="long gone")]
    assert new_parents(rows, dict.fromkeys(["a", "d", "x", "lone"], "")) == {"d": "a", "x": "a"}
    assert new_parents(rows, dict.fromkeys(["d"], "")) == {"d": None}


# -- against a model ----------------------------------------------------------------------

steps = st.one_of(
    st.tuples(st.just("change"), st.integers(0, 4), st.integers(0, 3)),
    st.tuples(st.just("auto"), st.just(0), st.just(0)),
    st.tuples(st.just("named"), st.just(0), st.just(0)),
    st.tuples(st.just("tag"), st.integers(0, 30), st.integers(0, 1)),
    st.tuples(st.just("restore"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("gc"), st.integers(0, 4), st.integers(0, 1)),
)


class Model:
    """A notebook, and what has to be in its store."""

    def __init__(self, notebook) -> None:
        self.notebook = notebook
        self.held: dict[str, dict] = {}
        self.parents: dict[str, str | None] = {}
        self.kinds: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.removed: set[str] = set()
        self.head: str | None = None
        self.notebook.variables |= {"arrays": [block(0)] * 2, "words": "a" * 3000}

    def values(self) -> dict:
        found = self.notebook.variables
        return {"arrays": [a.copy() for a in found["arrays"]], "words": found["words"]}

    def change(self, what: int, how: int) -> None:
        arrays, variables = self.notebook["arrays"], self.notebook.variables
        if what == 0:
            variables["words"] = "abcd"[how] * 3000 + variables["words"][:50]
        elif what == 1:
            arrays[how % 2] = block(how)  # often what it was in a snapshot that is gone
        elif what == 2:
            arrays[0][how * 100 : how * 100 + 50] += 1
        else:
            variables["arrays"] = [block(what), block(how)]

    def take(self, kind: str) -> None:
        self.saw(self.notebook.recorder.take(kind=kind))

    def saw(self, taken) -> None:
        self.held[taken.id] = self.values()
        self.parents[taken.id], self.kinds[taken.id] = self.head, taken.kind
        self.head = taken.id

    def restore(self, which: int) -> None:
        if self.held:
            target = list(self.held)[which % len(self.held)]
            before = self.values()
            self.notebook.recorder.restore(target)
            (left,) = {s.id for s in self.notebook.workspace.snapshots.list()} - set(self.held)
            self.held[left] = before
            self.parents[left], self.kinds[left] = self.head, "restore"
            self.head = target
            assert same(self.values(), self.held[target])

    def tag(self, which: int, name: int) -> None:
        if self.held:
            target = list(self.held)[which % len(self.held)]
            self.notebook.workspace.snapshots.tag(target, f"t{name}", "me")
            self.tags[f"t{name}"] = target

    def gc(self, last: int, named: int) -> None:
        order = list(self.held)
        stays = set(order[max(0, len(order) - last) :]) | set(self.tags.values())
        stays |= {id_ for id_ in order if named and self.kinds[id_] == "named"}
        at = self.head
        for _ in range(3):
            stays |= {at} - {None}
            at = self.parents.get(at)
        # Another process does it: it has a catalog and a memory of its own.
        other = Workspace(self.notebook.workspace.root)
        rules = Rules(last, 0, named=bool(named))
        plan, before = other.retention.plan(rules), on_disk(other)
        done = other.retention.carry_out(rules)
        assert (plan.removed, plan.kept, plan.freeable) == (done.removed, done.kept, done.freeable)
        assert {row.id for row in done.removed} == set(order) - stays
        assert on_disk(other) == before - plan.freeable.bytes
        assert done.freed == plan.freeable.bytes
        parents = dict(self.parents)
        for id_ in set(order) - stays:
            self.removed.add(id_)
            del self.held[id_], self.parents[id_], self.kinds[id_]
        for id_ in self.parents:
            parent = parents[id_]
            while parent is not None and parent not in self.held:
                parent = parents[parent]
            self.parents[id_] = parent

    def check(self) -> None:
        for workspace in (self.notebook.workspace, Workspace(self.notebook.workspace.root)):
            snapshots = {s.id: s for s in workspace.snapshots.list()}
            assert set(snapshots) == set(self.held)
            for id_, snapshot in snapshots.items():
                assert snapshot.parent == self.parents[id_]
                assert same(workspace.snapshots.load(snapshot), self.held[id_])
            for id_ in self.removed:
                with pytest.raises(UnknownId):
                    workspace.snapshots.get(id_)
            at, back = self.head, 0
            while at is not None:
                assert workspace.snapshots.get(f"HEAD~{back}").id == at
                at, back = self.parents[at], back + 1
        assert_sound(self.notebook.workspace.root)


def same(one: dict, other: dict) -> bool:
    return one["words"] == other["words"] and all(
        np.array_equal(a, b) for a, b in zip(one["arrays"], other["arrays"], strict=True)
    )


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(steps, min_size=4, max_size=25), st.sampled_from("01"))
def test_what_stays_comes_back_and_what_goes_is_gone(
    open_notebook, tmp_path_factory, todo, fork
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTEWRIGHT_FORK", fork)
        model = Model(open_notebook(tmp_path_factory.mktemp("model")))
        for what, one, other in todo:
            if what in ("auto", "named"):
                model.take(what)
            else:
                getattr(model, what)(*((one,) if what == "restore" else (one, other)))
        model.gc(2, 0)
        model.check()
        model.take("named")
        model.check()
        model.notebook.recorder.close()


# -- what else needs snapshots, and the words ---------------------------------------------


def test_a_run_keeps_what_it_began_with_and_its_model(notebook) -> None:
    from sklearn.linear_model import LinearRegression

    auto(notebook, "x = 0")
    notebook.variables["model"] = LinearRegression().fit([[0], [1]], [1, 3])
    auto(notebook, "y = 1")
    after = notebook.workspace.snapshots.get("HEAD")
    run = notebook.workspace.runs.record(
        "line",
        model=notebook["model"],
        variable="model",
        snapshot_before=after.parent,
        snapshot_after=after.id,
    )
    for number in range(5):
        auto(notebook, f"model = {number}")
    done = notebook.workspace.retention.carry_out(STRICT)
    assert len(done.removed) == 2
    assert done.kept["part of a run"] == 2
    again = Workspace(notebook.workspace.root)
    assert again.runs.load_model(run).predict([[2]]) == pytest.approx([5])


def test_executions_stay_and_the_audit_log_says_what_was_removed(notebook) -> None:
    for number in range(8):
        auto(notebook, f"x = {number}")
    removed = [r.id for r in notebook.workspace.retention.carry_out(STRICT).removed]
    history = notebook.workspace.history
    assert [e.code for e in history.executions(notebook.recorder.session)] == [
        f"x = {number}" for number in range(8)
    ]
    (entry,) = notebook.workspace.audit.list(act="gc")
    assert entry.details["snapshots"] == removed
    assert notebook.workspace.audit.verify().ok


def test_it_says_first_what_it_would_free_and_does_that_when_told_to(
    notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(8):
        auto(notebook, f"import numpy as np; x = np.random.default_rng({number}).random(50_000)")
    strict = ["gc", "--keep-last", "1", "--keep-daily", "0"]
    folder = ["--workspace", str(notebook.workspace.root)]
    before = on_disk(notebook.workspace)
    assert main([*strict, *folder]) == 0
    said = capsys.readouterr().out
    assert said.startswith("5 snapshots would go and 1.9 MB be freed; 3 snapshots stay.")
    assert "--yes" in said
    assert main([*strict, *folder, "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["done"], plan["snapshots"]) == (False, 5)
    assert notebook.workspace.snapshots.count() == 8
    assert on_disk(notebook.workspace) == before
    assert main([*strict, *folder, "--yes", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert on_disk(notebook.workspace) == before - done["bytes"]
    assert {**done, "done": False} == plan
    assert main([*strict, *folder, "--yes"]) == 0
    assert capsys.readouterr().out.startswith("There is nothing to remove: 3 snapshots stay.")


def test_the_defaults_remove_nothing_of_a_short_history(notebook) -> None:
    for number in range(5):
        auto(notebook, f"x = {number}")
    assert notebook.workspace.retention.plan(Rules()).removed == ()


def test_bytes_that_a_killed_notebook_left_are_freed(workspace) -> None:
    session = workspace.history.begin_session(workspace.root).id
    workspace.snapshots.take(Namespace({"x": 1}), session=session)
    before = on_disk(workspace)
    workspace.store.objects.pack_writer().put(os.urandom(100_000))  # and was never committed
    assert workspace.retention.plan(Rules()).freeable.bytes == 100_000
    workspace.retention.carry_out(Rules())
    assert on_disk(workspace) == before


def test_the_contents_of_files_stay_with_the_snapshots_that_keep_them(
    notebook, workspace, tmp_path: Path
) -> None:
    (tmp_path / "small.csv").write_bytes(b"a\n1\n")
    large = np.random.default_rng(0).bytes(3 << 20)
    (tmp_path / "large.bin").write_bytes(large)
    notebook.run(
        "for name in ('small.csv', 'large.bin'):\n    with open(name, 'rb') as f: f.read()"
    )
    taken = notebook.recorder.take(with_data=True)
    workspace.snapshots.tag(taken.id, "kept", "")
    notebook.run("x = 1")
    notebook.recorder.take("goes")
    for number in range(4):
        notebook.run(f"x = {number}")
        notebook.recorder.take("stays")
    done = workspace.retention.carry_out(STRICT)
    assert [row.message for row in done.removed] == ["goes", "stays"]
    assert_sound(tmp_path)
    again = Workspace(tmp_path).snapshots
    small, big = (p.read_bytes() for p in sorted(again.copy_files(taken, tmp_path / "to"))[::-1])
    assert (small, big) == (b"a\n1\n", large)
