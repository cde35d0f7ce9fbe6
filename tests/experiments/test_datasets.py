"""Datasets: versions by content, differences, and getting them back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.older_stores import make_older

from notewright.errors import (
    BadName,
    CorruptObject,
    NeedsKernel,
    NoDataset,
    OutsideWorkspace,
    UnknownId,
    UnsavedContent,
    UntrustedStore,
    UsageError,
)
from notewright.state.namespace import Namespace
from notewright.state.records import FileRead
from notewright.store.catalog import RecordRefused
from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.views.datasets import DatasetDiffView
from notewright.workspace import Workspace


def table(rows: int = 50, shift: float = 0.0) -> pd.DataFrame:
    generator = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "income": generator.normal(40 + shift, 5, rows),
            "job": pd.Categorical(generator.choice(["clerk", "cook"], rows)),
            "note": ["ü", None] * (rows // 2),
            "when": pd.date_range("2026-01-01", periods=rows, tz="Europe/Berlin"),
        }
    )


@pytest.fixture
def variables() -> dict:
    return {}


@pytest.fixture
def do(workspace, variables):
    """Run a verb, in a notebook with `variables` unless told otherwise."""

    def run(*words: str, notebook: bool = True):
        kernel = SimpleNamespace(namespace=Namespace(variables)) if notebook else None
        verb = find_verb("dataset")
        view = verb.run(verb.parser().parse_args(list(words)), Context(workspace, kernel))
        json.dumps(view.data(), default=str)
        assert view.html()
        return view

    return run


def test_a_table_comes_back_as_it_was_and_is_another_object(workspace):
    frame = table()
    before = frame.copy()
    version, new = workspace.datasets.add(frame, "applications")
    back = workspace.datasets.load("applications@1")
    assert new
    assert (version.ref, version.rows, version.source) == ("applications@1", 50, "applications")
    pd.testing.assert_frame_equal(back, before)
    pd.testing.assert_frame_equal(frame, before)
    back.loc[0, "income"] = -1.0
    pd.testing.assert_frame_equal(workspace.datasets.load("applications"), before)


@pytest.mark.parametrize(
    "value",
    [
        np.arange(12.0).reshape(3, 4),
        np.array([["a", None]], dtype=object),
        pd.Series([1, 2, 3], name="x"),
        pd.DataFrame(),
        pd.DataFrame({("a", 1): [1.0], ("a", 2): [np.nan]}),
    ],
)
def test_arrays_series_and_odd_frames_come_back(workspace, value):
    workspace.datasets.add(value, "odd")
    back = workspace.datasets.load("odd")
    assert type(back) is type(value)
    if isinstance(value, np.ndarray):
        np.testing.assert_array_equal(back, value)
    else:
        assert back.equals(value)


def test_the_same_content_twice_is_the_same_version_whatever_came_between(workspace):
    datasets = workspace.datasets
    first, _ = datasets.add(table(), "applications")
    datasets.add(table(shift=1), "applications")
    again, new = datasets.add(table(), "applications")
    assert again == first
    assert not new
    assert [v.ref for v in datasets.list()] == ["applications@1", "applications@2"]
    other, new = datasets.add(table(), "others")
    assert (other.ref, new) == ("others@1", True)


def test_one_more_column_stores_one_more_column(workspace):
    rows = 200_000
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({name: generator.normal(size=rows) for name in "abcdef"})
    workspace.datasets.add(frame, "wide")
    before = workspace.store.objects.bytes_written
    workspace.datasets.add(frame.assign(g=generator.normal(size=rows)), "wide")
    added = workspace.store.objects.bytes_written - before
    assert added < 1.5 * 8 * rows


@settings(max_examples=30)  # each makes a project of its own
@given(data=st.binary(max_size=300))
def test_a_file_comes_back_byte_for_byte(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("project")
    workspace = Workspace(root)
    path = root / "rows.bin"
    path.write_bytes(data)
    version, _ = workspace.datasets.add(path, "rows")
    path.unlink()
    assert workspace.datasets.write(version) == path
    assert path.read_bytes() == data
    assert workspace.datasets.bytes_of(version) == data


def test_a_file_of_many_pieces_comes_back(workspace):
    data = os.urandom((3 << 20) + 17)
    path = workspace.root / "large.bin"
    path.write_bytes(data)
    version, _ = workspace.datasets.add(path, "large")
    target = workspace.datasets.write(version, workspace.root / "copy.bin")
    assert target.read_bytes() == data


def test_a_flipped_byte_is_found_when_a_file_is_given_back(workspace):
    path = workspace.root / "rows.csv"
    path.write_text("a,b\n" + "1,2\n" * 100)
    version, _ = workspace.datasets.add(path, "rows")
    stored = workspace.store.objects.path(version.address)
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:-1] + b"?")
    target = workspace.root / "copy.csv"
    with pytest.raises(CorruptObject):
        workspace.datasets.write(version, target)
    assert not target.exists()
    assert sorted(p.name for p in workspace.root.iterdir()) == [".notewright", "rows.csv"]


def test_using_a_file_overwrites_only_what_some_dataset_has(workspace):
    path = workspace.root / "rows.csv"
    path.write_text("a\n1\n")
    first, _ = workspace.datasets.add(path, "rows")
    path.write_text("a\n2\n")
    workspace.datasets.add(path, "rows")
    workspace.datasets.write(first)
    assert path.read_text() == "a\n1\n"
    path.write_text("precious\n")
    with pytest.raises(UnsavedContent):
        workspace.datasets.write(first)
    assert path.read_text() == "precious\n"
    workspace.datasets.write(first, replace=True)
    assert path.read_text() == "a\n1\n"


def test_a_file_never_goes_outside_the_project_unless_told_where(tmp_path):
    root, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    workspace = Workspace(root)
    (elsewhere / "rows.csv").write_text("a\n1\n")
    version, _ = workspace.datasets.add(elsewhere / "rows.csv", "rows")
    (elsewhere / "rows.csv").unlink()
    with pytest.raises(OutsideWorkspace):
        workspace.datasets.write(version)
    (root / "inside.csv").write_text("a\n1\n")
    version, _ = workspace.datasets.add(root / "inside.csv", "inside")
    (root / "inside.csv").unlink()
    (root / "inside.csv").symlink_to(elsewhere / "rows.csv")
    with pytest.raises(OutsideWorkspace):
        workspace.datasets.write(version)
    assert not (elsewhere / "rows.csv").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a..b", "-x", "a" * 65, "a@1", "x\n"])
def test_hostile_names_are_refused_before_anything_is_stored(workspace, name):
    before = list(workspace.store.objects)
    with pytest.raises(BadName):
        workspace.datasets.add(table(), name)
    assert list(workspace.store.objects) == before


def test_what_is_no_table_and_no_file_is_refused(workspace, tmp_path):
    for what in ([1, 2], {"a": 1}, lambda: None, tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(NoDataset):
            workspace.datasets.add(what, "x")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NoDataset):
        workspace.datasets.add(tmp_path / "pipe", "x")
    assert workspace.datasets.list() == []


@pytest.mark.parametrize("ref", ["x", "x@1", "a@2", "a@", "a@x", "a@99999999999999999999", "@"])
def test_what_does_not_exist_is_named(workspace, ref):
    workspace.datasets.add(np.zeros(2), "a")
    with pytest.raises(UnknownId):
        workspace.datasets.get(ref)


def test_a_table_is_loaded_only_if_its_signature_holds_and_is_trusted(workspace, records):
    version, _ = workspace.datasets.add(table(), "applications")
    datasets = workspace.datasets
    datasets._trusted = lambda public: False
    with pytest.raises(UntrustedStore):
        datasets.load(version)
    datasets._trusted = lambda public: True
    with workspace.store.catalog.transaction() as connection:
        of = " ON dataset_versions" if records == "postgresql" else ""
        connection.execute(f"DROP TRIGGER dataset_versions_are_immutable{of}")
        connection.execute("UPDATE dataset_versions SET signature = ?", ("00" * 64,))
    with pytest.raises(UntrustedStore):
        datasets.load(version)


def test_a_version_cannot_be_changed_in_the_catalog(workspace):
    workspace.datasets.add(table(), "applications")
    with (
        pytest.raises(RecordRefused, match="immutable"),
        workspace.store.catalog.transaction() as connection,
    ):
        connection.execute("UPDATE dataset_versions SET number = 7")


def test_versions_that_two_add_at_once_get_numbers_of_their_own(workspace):
    from concurrent.futures import ThreadPoolExecutor

    def add(number: int) -> str:
        return workspace.datasets.add(np.full(3, number % 4), "shared")[0].ref

    with ThreadPoolExecutor(4) as pool:
        refs = list(pool.map(add, range(12)))
    assert sorted(set(refs)) == [f"shared@{n}" for n in range(1, 5)]


@pytest.mark.sqlite
def test_a_store_from_before_datasets_opens(tmp_path):
    make_older(Workspace(tmp_path).store, 4)
    again = Workspace(tmp_path)
    assert again.datasets.add(np.zeros(2), "a")[0].ref == "a@1"


def test_a_difference_tells_rows_columns_values_and_distributions(workspace):
    old = table(1000)
    new = table(1000, shift=9).assign(age=1.0).drop(columns="note")
    new = pd.concat([new, new.iloc[:100]], ignore_index=True)
    workspace.datasets.add(old, "applications")
    workspace.datasets.add(new, "applications")
    found = workspace.datasets.diff("applications@1", "applications@2")
    assert (found.rows, found.columns) == ((1000, 1100), (4, 4))
    kinds = {detail.kind for detail in found.details}
    assert {"columns added", "columns removed", "rows added"} <= kinds
    assert {c.column: c.verdict for c in found.drift} == {
        "income": "strong",
        "job": "none",
        "when": "none",
    }
    same = workspace.datasets.diff("applications@1", "applications@1")
    assert same.same
    assert "< 0.0001" in DatasetDiffView(found).text()
    workspace.datasets.add(table(1000, shift=0.01), "applications")
    little = workspace.datasets.diff("applications@1", "applications@3")
    assert "by a stability index of 0.1, and beyond chance" in DatasetDiffView(little).text()


def test_the_details_are_those_of_a_snapshots_diff(workspace):
    from notewright.state.describing.walk import difference

    old, new = table(), table(shift=1)
    workspace.datasets.add(old, "a")
    workspace.datasets.add(new, "a")
    found = workspace.datasets.diff("a@1", "a@2")
    assert found.details == difference(old, new)


def test_files_are_compared_as_tables_where_their_suffix_says_how(workspace, do):
    path = workspace.root / "rows.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    do("add", str(path), "--as", "rows")
    path.write_text("a,b\n1,2\n3,5\n")
    do("add", str(path), "--as", "rows")
    assert "row 1: 4 → 5" in do("diff", "rows@1", "rows@2").text()
    odd = workspace.root / "rows.bin"
    for data in (b"one", b"three"):
        odd.write_bytes(data)
        do("add", str(odd), "--as", "odd")
    assert "3 → 5 bytes" in do("diff", "odd@1", "odd@2").text()


def test_a_run_says_which_version_it_read_by_the_files_hash(workspace, do):
    from notewright.verbs import find_verb

    path = workspace.root / "rows.csv"
    path.write_text("a\n1\n")
    version, _ = workspace.datasets.add(path, "rows")
    used = workspace.runs.record("used", files=[FileRead("elsewhere.csv", version.content, 4)])
    workspace.runs.record("not used", files=[FileRead("rows.csv", "0" * 64, 4)])
    runs = find_verb("runs")
    shown = runs.run(runs.parser().parse_args(["used"]), Context(workspace))
    assert shown.data()["datasets"] == ["rows@1"]
    assert "rows@1" in shown.text()
    shown = runs.run(runs.parser().parse_args(["not used"]), Context(workspace))
    assert shown.data()["datasets"] == []
    assert [run["id"] for run in do("show", "rows").data()["runs"]] == [used.id]


def test_a_recorded_cell_that_reads_the_file_is_known_to_use_it(notebook, workspace):
    path = Path("rows.csv")
    path.write_text("a,b\n1,2\n")
    version, _ = workspace.datasets.add(path, "rows")
    execution = notebook.run("import pandas as pd\ndf = pd.read_csv('rows.csv')")
    assert workspace.datasets.of_files(execution.files) == [version]


def test_the_verb_adds_lists_shows_and_uses_variables(do, variables):
    variables["df"] = table()
    assert (
        "Added applications@1: DataFrame 50 x 4" in do("add", "df", "--as", "applications").text()
    )
    assert "has this content already" in do("add", "df", "--as", "applications").text()
    variables["df"] = table(shift=1)
    do("add", "df", "--as", "applications")
    assert [row["ref"] for row in do().data()] == ["applications@1", "applications@2"]
    assert "income" in do("show", "applications@1").text()
    do("use", "applications@1")
    pd.testing.assert_frame_equal(variables["df"], table())
    do("use", "applications@2", "--into", "newer")
    pd.testing.assert_frame_equal(variables["newer"], table(shift=1))


def test_a_variable_that_no_dataset_has_is_not_overwritten(do, variables):
    variables["df"] = table()
    do("add", "df", "--as", "applications")
    variables["df"] = mine = table(shift=2)
    with pytest.raises(UnsavedContent):
        do("use", "applications")
    assert variables["df"] is mine
    variables["df"] = "no table at all"
    with pytest.raises(UnsavedContent):
        do("use", "applications")
    do("use", "applications", "--replace")
    pd.testing.assert_frame_equal(variables["df"], table())


def test_mistakes_are_told_in_words(do, variables):
    variables["df"] = table()
    for words in (
        ["add", "df"],
        ["add", "--as", "x"],
        ["show"],
        ["diff", "a@1"],
        ["list", "a", "b"],
    ):
        with pytest.raises(UsageError):
            do(*words)
    with pytest.raises(NoDataset, match="no such file"):
        do("add", "absent", "--as", "x")
    do("add", "df", "--as", "x")
    with pytest.raises(NeedsKernel):
        do("use", "x", notebook=False)
    with pytest.raises(UsageError):
        do("use", "x", "--to", "file.csv")
    with pytest.raises(UsageError):
        do("use", "x", "--into", "not a name")


def test_the_audit_log_has_each_version_once(workspace):
    workspace.datasets.add(table(), "a")
    workspace.datasets.add(table(), "a")
    assert [e.subject for e in workspace.audit.list(act="dataset.add")] == ["a@1"]


def test_fsck_finds_nothing_wrong_and_gc_takes_nothing(workspace):
    from notewright.progress import Progress
    from notewright.state.retention import Rules
    from notewright.store.integrity import verify_store

    workspace.datasets.add(table(), "a")
    workspace.retention.carry_out(Rules(last=0, daily=0, named=False))
    pd.testing.assert_frame_equal(workspace.datasets.load("a"), table())
    assert verify_store(workspace.store, Progress(), workspace.snapshots.needs).sound


def test_fsck_names_the_dataset_that_lacks_an_object(workspace):
    version, _ = workspace.datasets.add(table(), "a")
    verb = find_verb("fsck")

    def fsck():
        return verb.run(verb.parser().parse_args([]), Context(workspace))

    assert fsck().exit_code() == 0
    manifest = workspace.store.objects.get_json(version.address)
    workspace.store.objects.path(manifest["stream"]).unlink()
    shown = fsck()
    assert shown.exit_code() == 1
    assert "dataset a@1" in shown.text()
    workspace.store.objects.path(version.address).unlink()
    assert "dataset a@1" in fsck().text()
