"""One click: a notebook becomes a package, whether it ran with Notewright or without."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from jupyter_session import Server, open_notebook, run_all_cells, run_code, show_panel
from loans import LOANS_MADE
from playwright.sync_api import Page, expect

LOANS = (
    *LOANS_MADE,
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score\n"
    "X = loans[['amount', 'months', 'rate']]\n"
    "model = LogisticRegression(max_iter=5000).fit(X, loans['bad'])\n"
    "accuracy_score(loans['bad'], model.predict(X))",
)
EXPORTED = 480_000

pytestmark = pytest.mark.timeout(580)


def section(page: Page):
    return page.get_by_role("region", name="Packages & deployments")


def toolbar_button(page: Page):
    return page.locator(".jp-NotebookPanel-toolbar [data-command='notewright:export']")


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def follow_the_files(page: Page) -> None:
    """Open the package's README and its code from what the panel says of the export."""
    files = page.get_by_role("list", name="Files of the package").first
    files.get_by_role("link", name="README.md").click()
    readme = page.locator(".jp-MarkdownViewer")
    expect(readme.get_by_role("heading", name="loan_risk")).to_be_visible()


def picture(page: Page, pictures: Path, name: str) -> None:
    """Take a picture in either theme."""
    for theme in ("Light", "Dark"):
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
            f"JupyterLab {theme}",
        )
        page.wait_for_function(
            "light => document.body.dataset.jpThemeLight === light",
            arg=str(theme == "Light").lower(),
        )
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.screenshot(path=pictures / f"{name}-{theme.lower()}.png")
    page.evaluate(
        "() => window.jupyterapp.commands.execute("
        "'apputils:change-theme', { theme: 'JupyterLab Light' })"
    )


@pytest.mark.slow
def test_a_notebook_that_ran_without_notewright_is_run_afresh_and_exported(
    open_cells, server: Server, pictures: Path
) -> None:
    page = open_cells(*LOANS)
    run_all_cells(page)
    run_code(page, "model = 'overwritten by hand'")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.get_by_role("tab", name="Notewright").click()  # the panel need not be in sight
    folder = next(server.folder.glob("test-a-notebook-that-ran-without*"))

    # The cell typed last is taken out again, so the document is not saved: the export does it.
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:delete-cell')")
    toolbar_button(page).click()
    form = section(page).get_by_role("form", name="Run and export")
    expect(form).to_contain_text("This notebook ran without Notewright.")
    expect(form).to_contain_text("Run it from top to bottom in a fresh kernel and export?")
    expect(form.get_by_label("Model")).to_have_value("model")
    picture(page, pictures, "export-offered")
    form.get_by_label("Name of the package").fill("loan_risk")
    form.get_by_role("button", name="Run and export").click()

    task = page.get_by_role("group", name="Exporting model as loan_risk")
    expect(task).to_contain_text("running cell")
    before = digest(folder / "analysis.ipynb")
    picture(page, pictures, "export-running")

    # It goes on in the server, and a page that is loaded again shows it.
    open_notebook(page, server, "lab", f"{folder.name}/analysis.ipynb")
    show_panel(page)
    expect(task.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("loan_risk@1 is exported")).to_be_visible(timeout=EXPORTED)
    assert digest(folder / "analysis.ipynb") == before

    found = page.get_by_role("list", name="2 findings")
    expect(found).to_contain_text("run from top to bottom in a fresh kernel")
    expect(found).to_contain_text("the package begins with that file")
    expect(page.get_by_text("run from top to bottom in a fresh kernel")).to_have_count(1)
    picture(page, pictures, "export-done")
    follow_the_files(page)
    # What ran in the notebook's own kernel is as it was left.
    open_notebook(page, server, "lab", f"{folder.name}/analysis.ipynb")
    show_panel(page)
    page.get_by_role("button", name="OK", exact=True).click()
    expect(page.get_by_text("loan_risk@1 is exported")).to_have_count(0)
    files = section(page).get_by_role("list", name="Files of the package")
    files.get_by_role("link", name="src/").click()
    expect(page.locator(".jp-DirListing-item").filter(has_text="loan_risk")).to_be_visible()


def test_running_afresh_is_cancelled_in_the_middle_of_a_cell(open_cells, server: Server) -> None:
    page = open_cells(*LOANS, "import time\ntime.sleep(600)")
    folder = next(server.folder.glob("test-running-afresh-is-cancelled*"))
    toolbar_button(page).click()
    page.get_by_label("Name of the package").fill("given_up")
    page.get_by_role("button", name="Run and export").click()
    task = page.get_by_role("group", name="Exporting model as given_up")
    expect(task).to_contain_text("running cell 4 of 4: import time", timeout=EXPORTED)
    task.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The export was cancelled.")).to_be_visible()
    left = {file.name for file in folder.iterdir()} - {".ipynb_checkpoints"}
    assert left == {"analysis.ipynb", "loans.csv"}


@pytest.mark.parametrize("kind", ["lab", "notebook"])
def test_a_cell_that_fails_from_top_to_bottom_is_named(open_cells, kind: str) -> None:
    page = open_cells("a = b + 1", "b = 1", kind=kind)
    toolbar_button(page).click()
    page.get_by_role("button", name="Run and export").click()
    expect(page.get_by_text("the notebook stops in cell [1], line 1: NameError")).to_be_visible()
    page.get_by_role("button", name="OK", exact=True).click()
    expect(page.get_by_role("button", name="Export…")).to_be_enabled()


@pytest.mark.slow
def test_a_notebook_that_ran_with_notewright_is_exported_as_it_ran(
    open_cells, pictures: Path
) -> None:
    page = open_cells("%load_ext notewright", *LOANS)
    run_all_cells(page)
    toolbar_button(page).click()
    page.get_by_label("Name of the package").fill("loan_risk")
    page.get_by_role("button", name="Export", exact=True).click()
    task = page.get_by_role("group", name="Exporting model as loan_risk")
    expect(task).to_contain_text("running the slice again")
    expect(page.get_by_text("loan_risk@1 is exported")).to_be_visible(timeout=EXPORTED)
    picture(page, pictures, "export-done-live")
    # What `%nw` shows of it in the notebook has the same links.
    run_code(page, "%nw packages loan_risk")
    shown = page.locator(".jp-Notebook .jp-OutputArea-output").last
    shown.get_by_role("link", name="equivalence.json").click()
    expect(page.get_by_role("tab", name="equivalence.json")).to_be_visible()
    follow_the_files(page)
