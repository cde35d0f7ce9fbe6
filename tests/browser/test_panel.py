"""The panel beside a notebook, used as a person uses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyter_session import (
    Server,
    jupyter_server,
    output_of_last_cell,
    run_all_cells,
    run_code,
)
from playwright.sync_api import Page, expect

LOAD = "%load_ext notewright"
COUNTING = (LOAD, "a = [1]", '%nw snapshot -m "one"', "a.append(2)", '%nw snapshot -m "two"')

FITTING = (
    LOAD,
    "import numpy as np\n"
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score\n"
    "rng = np.random.default_rng(0)\n"
    "X = rng.normal(size=(200, 2))\n"
    "y = (X[:, 0] + rng.normal(size=200) > 0).astype(int)",
    '%%nw run "weak"\n'
    "weak = LogisticRegression(C=0.0001).fit(X[:100], y[:100])\n"
    "accuracy_score(y[100:], weak.predict(X[100:]))",
    '%%nw run "strong"\n'
    "strong = LogisticRegression(C=10.0).fit(X[:100], y[:100])\n"
    "accuracy_score(y[100:], strong.predict(X[100:]))",
)

both = pytest.mark.parametrize("kind", ["lab", "notebook"])


def snapshots(page: Page):
    return page.locator("[data-section=snapshots] [data-snapshot]")


def row(page: Page, message: str):
    return snapshots(page).filter(has_text=message).get_by_role("button").first


@both
def test_the_timeline_grows_as_cells_run(open_cells, kind: str) -> None:
    page = open_cells(*COUNTING, kind=kind)
    run_all_cells(page)
    expect(snapshots(page)).to_have_count(2)
    run_code(page, '%nw snapshot -m "three"')
    expect(snapshots(page)).to_have_count(3)
    expect(snapshots(page).first).to_contain_text("three")
    expect(snapshots(page).first).to_contain_text("you are here")


@both
def test_a_snapshot_taken_after_a_cell_is_called_after_the_cell(open_cells, kind: str) -> None:
    page = open_cells(LOAD + "\n%nw autosnapshot on", "a = [1]", "a.append(2)", kind=kind)
    run_all_cells(page)
    newest = snapshots(page).first
    expect(newest.locator(".nw-Row-title code")).to_have_text("a.append(2)")
    expect(newest).to_contain_text("cell [3]")
    expect(newest).to_contain_text("automatic")
    newest.get_by_role("button").first.click()
    expect(newest.get_by_role("button", name="Restore cell [3] a.append(2)")).to_be_visible()


@both
def test_restoring_puts_the_variables_back(open_cells, kind: str) -> None:
    page = open_cells(*COUNTING, kind=kind)
    run_all_cells(page)
    row(page, "one").click()
    page.get_by_role("button", name="Restore one").click()
    expect(page.get_by_text("Back at")).to_be_visible()
    expect(snapshots(page).filter(has_text="one")).to_contain_text("you are here")
    run_code(page, "print(a)")
    assert output_of_last_cell(page).strip() == "[1]"


def test_a_snapshot_is_taken_from_the_panel(open_cells) -> None:
    page = open_cells(LOAD, "a = 1")
    run_all_cells(page)
    expect(page.get_by_role("button", name="Snapshot", exact=True)).to_be_enabled()
    page.get_by_label("What the snapshot holds").fill("by hand")
    page.get_by_label("What the snapshot holds").press("Enter")
    expect(snapshots(page)).to_have_count(1)
    expect(snapshots(page).first).to_contain_text("by hand")


def test_a_diff_names_the_variable_that_changed(open_cells) -> None:
    page = open_cells(*COUNTING)
    run_all_cells(page)
    row(page, "two").click()
    page.get_by_role("button", name="Diff two").click()
    changes = page.get_by_role("list", name="Variables that differ")
    expect(changes.get_by_role("listitem")).to_have_count(1)
    expect(changes).to_contain_text("a")


def test_what_cannot_be_saved_is_named(open_cells) -> None:
    page = open_cells(LOAD, "numbers = (n for n in range(3))", '%nw snapshot -m "with it"')
    run_all_cells(page)
    row(page, "with it").click()
    expect(page.get_by_label("Variables that could not be saved")).to_contain_text("numbers")


def test_words_of_the_user_are_shown_as_words(open_cells) -> None:
    message = "<img src=x onerror=document.title='pwned'>"
    page = open_cells(LOAD, f'%nw snapshot -m "{message}"')
    run_all_cells(page)
    expect(snapshots(page)).to_contain_text(message)
    assert "pwned" not in page.title()


def test_two_runs_are_compared_in_words_and_figures(open_cells) -> None:
    page = open_cells(*FITTING)
    run_all_cells(page)
    page.get_by_label("Choose weak").check()
    page.get_by_label("Choose strong").check()
    page.get_by_role("button", name="Compare").click()
    comparison = page.get_by_role("region", name="Comparison")
    expect(comparison.locator(".nw-Verdict").first).to_contain_text("strong")
    expect(comparison).to_contain_text("95 % interval")
    expect(comparison.get_by_role("row", name="C 0.0001 10")).to_be_visible()


def test_the_kernel_part_is_loaded_from_the_panel(open_cells) -> None:
    page = open_cells("a = 1")
    expect(page.get_by_text("Notewright is not loaded in this notebook's kernel.")).to_be_visible()
    page.get_by_role("button", name="Load it now").click()
    expect(page.get_by_label("Notewright is on in this kernel")).to_be_visible()


def test_that_nothing_is_recorded_yet_is_said_and_is_no_failure(page, open_cells) -> None:
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    open_cells("a = 1")
    expect(page.get_by_text("Nothing is recorded for this notebook yet.")).to_be_visible()
    page.get_by_role("button", name="Read everything again").click()
    page.get_by_role("button", name="Load it now").click()
    expect(page.get_by_text("No snapshot yet.")).to_be_visible()
    expect(page.get_by_text("Nothing is recorded")).to_have_count(0)
    assert [url for url in refused if "/notewright/" in url] == []


def test_loading_it_in_a_cell_is_noticed(open_cells) -> None:
    page = open_cells(LOAD)
    expect(page.get_by_text("Notewright is not loaded in this notebook's kernel.")).to_be_visible()
    run_all_cells(page)
    expect(page.get_by_label("Notewright is on in this kernel")).to_be_visible()


def test_a_request_waits_for_the_running_cell_and_says_so(open_cells) -> None:
    page = open_cells(*COUNTING)
    run_all_cells(page)
    page.evaluate(
        "() => { const panel = window.jupyterapp.shell.currentWidget;"
        " panel.sessionContext.session.kernel.requestExecute("
        "{ code: 'import time; time.sleep(3)' }); }"
    )
    expect(page.get_by_label("Take a snapshot")).to_have_count(0)
    row(page, "one").click()
    page.get_by_role("button", name="Restore one").click()
    expect(page.locator(".nw-Task")).to_contain_text("Waiting for the running cell")
    expect(page.get_by_text("Back at")).to_be_visible()


def test_only_the_chosen_variables_are_restored_by_keyboard(open_cells) -> None:
    page = open_cells(LOAD, "a, b = [1], [1]", '%nw snapshot -m "one"', "a.append(2); b.append(2)")
    run_all_cells(page)
    row(page, "one").press("Enter")
    chooser = page.get_by_role("button", name="Restore some variables of one")
    chooser.press("Enter")
    expect(page.get_by_role("checkbox", name="a", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(chooser).to_be_focused()
    chooser.press("Enter")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Restore 1 variable")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("restored b.")).to_be_visible()
    run_code(page, "print(a, b)")
    assert output_of_last_cell(page).strip() == "[1, 2] [1]"


def test_the_panel_works_by_keyboard(open_cells) -> None:
    page = open_cells(*COUNTING)
    run_all_cells(page)
    expect(snapshots(page)).to_have_count(2)
    row(page, "two").focus()
    page.keyboard.press("ArrowDown")
    expect(row(page, "one")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, "one")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Restore one")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Back at")).to_be_visible()


def test_what_was_recorded_stays_after_the_kernel_is_gone(open_cells) -> None:
    page = open_cells(*COUNTING)
    run_all_cells(page)
    expect(snapshots(page)).to_have_count(2)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    expect(page.get_by_text("No kernel runs for this notebook.")).to_be_visible()
    expect(snapshots(page)).to_have_count(2)


def test_after_a_restart_the_variables_can_be_had_back(open_cells) -> None:
    page = open_cells(*COUNTING)
    run_all_cells(page)
    expect(page.get_by_text("you are here")).to_be_visible()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    expect(page.get_by_text("The kernel was restarted")).to_be_visible()
    expect(page.get_by_text("you are here")).to_have_count(0)
    page.get_by_role("button", name="Load it now").click()
    expect(page.get_by_label("Notewright is on in this kernel")).to_be_visible()
    expect(page.get_by_text("you are here")).to_have_count(0)
    row(page, "one").click()
    page.get_by_role("button", name="Restore one").click()
    expect(snapshots(page).filter(has_text="you are here")).to_contain_text("one")
    run_code(page, "print(a)")
    assert output_of_last_cell(page).strip() == "[1]"


@pytest.fixture
def bare_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Jupyter server without Notewright's part."""
    folder = tmp_path_factory.mktemp("bare")
    state = tmp_path_factory.mktemp("bare-state")
    with jupyter_server(folder, state, extension=False) as started:
        yield started


def test_a_missing_server_part_is_said_with_what_to_do(open_cells, bare_server: Server) -> None:
    page = open_cells("a = 1", at=bare_server)
    expect(page.get_by_text("Notewright's server part is missing")).to_be_visible()
    expect(page.get_by_text("pip install notewright")).to_be_visible()
    # What could only be empty is not shown.
    expect(page.get_by_role("heading", name="Runs")).to_have_count(0)


def test_a_table_that_can_be_searched_stands_in_for_the_static_one(open_cells) -> None:
    page = open_cells(*COUNTING, "%nw timeline --widget")
    run_all_cells(page)
    shown = page.locator(".jp-Notebook .nw-table")
    expect(shown.get_by_role("cell", name="one", exact=True)).to_be_visible()
    expect(page.locator(".jp-Notebook [class^=nw-static]")).to_be_hidden()
    shown.get_by_label("Search the table").fill("two")
    expect(shown.get_by_role("cell", name="one", exact=True)).to_have_count(0)
    expect(shown).to_contain_text("1 of 2 rows")


def test_a_branch_has_a_lane_of_its_own(open_cells) -> None:
    page = open_cells(*COUNTING, "%nw restore one", "a.append(3)", '%nw snapshot -m "three"')
    run_all_cells(page)
    lanes = page.locator("[data-section=snapshots] [data-lane]")
    expect(snapshots(page).filter(has_text="three").locator("[data-lane='0']")).to_have_count(1)
    expect(snapshots(page).filter(has_text="two").locator("[data-lane='1']")).to_have_count(1)
    expect(lanes).to_have_count(snapshots(page).count())
