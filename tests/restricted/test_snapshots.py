"""What leaves snapshots: loading, restoring, differences, summaries, files."""

from __future__ import annotations

import warnings

import pytest
from tests.conftest import PlainNotebook
from tests.restricted.conftest import POLICY, SECRET, TABLE, tells

from notewright.errors import AccessDenied, PolicyError
from notewright.state.withheld import ValuesWithheld
from notewright.views.state import restored_view
from notewright.workspace import Workspace

NAMED = "withheld: income (needs 'risk_officer')"


class Live:
    """A notebook as verbs see it."""

    def __init__(self, notebook):
        self.namespace, self.session = notebook.namespace, notebook.recorder.session
        self.restore = notebook.recorder.restore


@pytest.fixture
def taken(person, notebook):
    """A snapshot that this kernel took of a table with the column."""
    notebook.run(TABLE)
    return notebook.recorder.take("whole")


@pytest.fixture
def elsewhere(person, taken, tmp_path):
    """Another kernel of the same person, later."""
    return PlainNotebook(Workspace(person.workspace.root), tmp_path)


def test_a_loaded_table_lacks_the_column_and_a_warning_names_it(person, taken):
    with pytest.warns(ValuesWithheld, match="withheld: income .needs 'risk_officer'."):
        loaded = person.workspace.snapshots.load(taken, ["df"])
    assert list(loaded["df"].columns) == ["age"]


def test_who_has_the_role_is_given_everything_without_a_word(person, taken):
    person.becomes("risk_officer")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = person.workspace.snapshots.load(taken)
    assert loaded["df"]["income"].tolist() == list(SECRET)
    assert not person.refusals()


def test_without_restricted_columns_the_policy_is_read_once_and_nobody_is_asked_for(
    workspace, notebook, tmp_path
):
    (tmp_path / "policy.yaml").write_text("version: 1\n")
    notebook.run(TABLE)
    taken = notebook.recorder.take("whole")
    other = Workspace(tmp_path)
    assert list(other.snapshots.load(taken)["df"].columns) == ["age", "income"]
    # Neither rules, nor roles, nor checks were opened.
    assert "roles" not in vars(other._governance)
    first = other.restricted._read
    other.snapshots.load(taken)
    assert other.restricted._read is first


def test_the_rules_are_asked_once_until_the_policy_or_a_role_changes(person, taken):
    restricted = person.workspace.restricted
    first = restricted.now()
    assert restricted.now() is first
    person.becomes("risk_officer")
    assert restricted.now().find("income") is None
    again = restricted.now()
    assert restricted.now() is again
    # What another process takes away counts as well.
    other = Workspace(person.workspace.root)
    other.roles.revoke(other.identities.me().name, "risk_officer")
    assert restricted.now().find("income") is not None


def test_running_cells_again_in_the_kernel_that_held_the_table_gives_it_whole(notebook, taken):
    brought = notebook.workspace.snapshots.bring(taken, ["df"], notebook.variables)
    assert list(brought["df"].columns) == ["age", "income"]
    elsewhere = Workspace(notebook.workspace.root)
    assert list(elsewhere.snapshots.bring(taken, ["df"], {})["df"].columns) == ["age"]


def test_a_restored_table_lacks_the_column_and_that_is_named(elsewhere, taken):
    restored = elsewhere.recorder.restore(taken.id)
    assert list(elsewhere["df"].columns) == ["age"]
    said = restored_view(restored)
    assert NAMED in said.text()
    assert "withheld: income" in said.html()
    assert said.data()["withheld"] == {"df": ["income (needs 'risk_officer')"]}


def test_undo_in_the_kernel_that_took_the_snapshot_brings_back_what_it_held(notebook, taken):
    notebook.run("del df['income']")
    restored = notebook.recorder.restore(taken.id)
    assert notebook["df"]["income"].tolist() == list(SECRET)
    assert not restored.withheld


def test_a_live_table_that_did_not_change_stays_as_it_is(notebook, taken, person, tmp_path):
    """Of a snapshot that another kernel took: what is held already is no secret here."""
    other = PlainNotebook(Workspace(person.workspace.root), tmp_path)
    other.run(TABLE + "rows = [df, 1]\n")
    before = other.recorder.take("before")
    notebook.run(TABLE + "rows = [df, 2]\n")
    held = notebook["df"]
    restored = notebook.recorder.restore(before.id)
    assert notebook["df"] is held
    assert list(held.columns) == ["age", "income"]
    assert list(notebook["rows"][0].columns) == ["age"]
    assert notebook["rows"][1] == 1
    assert set(restored.withheld) == {"rows"}


def test_a_variable_that_is_the_column_stays_away_and_asking_for_it_is_a_recorded_refusal(
    person, notebook, tmp_path
):
    notebook.run(TABLE + "column = df['income']\nincome = column.to_numpy()\n")
    taken = notebook.recorder.take("whole")
    other = PlainNotebook(Workspace(tmp_path), tmp_path)
    restored = other.recorder.restore(taken.id)
    assert "column" not in other.variables
    assert "income" not in other.variables
    assert set(restored.withheld) == {"df", "column", "income"}
    for ask in (
        lambda: person.workspace.snapshots.load(taken, ["column"]),
        lambda: other.recorder.restore(taken.id, ["income"]),
    ):
        with pytest.raises(AccessDenied, match="may not see the values of the column 'income'"):
            ask()
    assert len(person.refusals()) == 2


@pytest.mark.parametrize(
    "change",
    [
        "df = df.assign(income=df.income + 0.125)",
        "df = df.set_index('income')",
        "df = pd.DataFrame({'Income': df.income})",
        "df = pd.concat({'raw': df}, axis=1)",
        "df = {'rows': df.to_dict('records')}",
        "df = df.iloc[1:]",
    ],
)
def test_no_difference_gives_the_values_away_and_what_is_left_out_is_named(
    person, notebook, taken, change
):
    notebook.run(change)
    notebook.recorder.take("changed")
    said = person.asks("diff", "whole", "changed")
    assert not tells(said)
    assert "withheld: income" in said
    assert "equal by value" not in said


def test_who_may_see_them_is_shown_the_values_that_differ(person, notebook, taken):
    notebook.run("df = df.assign(income=df.income + 0.125)")
    notebook.recorder.take("changed")
    person.becomes("risk_officer")
    assert tells(person.asks("diff", "whole", "changed"))


def test_the_few_words_for_a_variable_with_the_columns_name_do_not_say_it(
    person, notebook, tmp_path
):
    (tmp_path / "one").write_text(str(SECRET[0]))
    notebook.run("income, age = float(open('one').read()), 31")
    notebook.recorder.take("whole")
    for words in (["timeline"], ["show"], ["show", "HEAD"]):
        said = person.asks(*words)
        assert not tells(said)
    assert "income (needs 'risk_officer')" in said


def test_files_that_have_the_column_are_not_copied_out_and_are_named(person, notebook, tmp_path):
    (tmp_path / "people.csv").write_text(f"age,income\n31,{SECRET[0]}\n")
    (tmp_path / "ages.csv").write_text("age\n31\n")
    notebook.run(
        "import pandas as pd\none = pd.read_csv('people.csv')\ntwo = pd.read_csv('ages.csv')"
    )
    notebook.recorder.take("read")
    said = person.asks("show", "read", "--to", str(tmp_path / "copies"))
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["ages.csv"]
    assert f"people.csv: {NAMED}" in said
    with pytest.raises(AccessDenied, match=r"of people\.csv"):
        person.asks("show", "read", "--to", str(tmp_path / "more"), "--only", "people.csv")
    person.becomes("risk_officer")
    person.asks("show", "read", "--to", str(tmp_path / "all"), "--only", "people.csv")
    assert tells((tmp_path / "all" / "people.csv").read_text())


def test_a_policy_that_is_not_understood_lifts_nothing(person, taken):
    person.policy(POLICY + "  restrcted: {}\n")
    with pytest.raises(PolicyError, match="restricted"):
        person.workspace.snapshots.load(taken)


def test_a_policy_that_is_not_understood_keeps_nobody_from_undoing_a_cell(person, notebook):
    notebook.run(TABLE)
    notebook.run("income = float(df.income.iloc[0])")
    notebook.recorder.take("whole")
    notebook.run("df['age'] = 0\nincome = 0")
    person.policy("version: 1\ndata: {restricted: 5}\n")
    kept = person.workspace.snapshots.get("whole")
    assert not any(tells(variable.summary) for variable in kept.variables)
    notebook.recorder.restore("whole")
    assert notebook["df"]["age"].tolist() == [31, 42, 53]
    assert notebook["income"] == SECRET[0]


def test_a_mistake_that_is_not_about_the_data_neither_lifts_nor_stops_anything(person, taken):
    person.policy(POLICY + "checks: {baias: {}}\n")
    assert list(person.workspace.snapshots.given(taken).values["df"].columns) == ["age"]


def test_a_changed_policy_holds_at_once_in_services_that_are_open(person, taken):
    snapshots = person.workspace.snapshots
    assert list(snapshots.given(taken).values["df"].columns) == ["age"]
    person.policy("version: 1\n")
    assert list(snapshots.given(taken).values["df"].columns) == ["age", "income"]


def test_somebody_whose_key_is_not_the_registered_one_sees_nothing(
    person, taken, tmp_path, monkeypatch
):
    person.becomes("risk_officer")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another user's"))
    given = Workspace(tmp_path).restricted.now()
    assert given.find("income") is not None


def test_the_forms_of_a_value_that_was_withheld_wholly_say_so(person, notebook):
    notebook.run(TABLE + "column = df['income']")
    taken = notebook.recorder.take("whole")
    given = person.workspace.snapshots.given(taken)
    assert repr(given.values["column"]) == "<withheld: income (needs 'risk_officer')>"
    assert given.withheld["column"][0].column == "income"


def test_a_name_of_odd_characters_is_withheld_and_is_text_wherever_it_is_named(
    person, notebook, tmp_path
):
    name = 'a `b` "c" <script>{d}'
    person.policy(f"version: 1\ndata:\n  restricted:\n    {name!r}: []\n")
    notebook.run(f"import pandas as pd\ndf = pd.DataFrame({{{name!r}: {list(SECRET)}, 'n': 1}})")
    taken = notebook.recorder.take("whole")
    notebook.run(f"df = df.assign(n=2, **{{{name!r}: 3.5}})")
    notebook.recorder.take("changed")
    view = person.view("diff", "whole", "changed")
    assert f"withheld: {name} (nobody may see it)" in view.text()
    assert "<script>" not in view.html()
    other = PlainNotebook(Workspace(tmp_path), tmp_path)
    shown = restored_view(other.recorder.restore(taken.id))
    assert list(other["df"].columns) == ["n"]
    assert name in shown.text()
    assert "<script>" not in shown.html()
