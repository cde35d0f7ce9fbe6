"""Checks, gates, packages and deployments of a real model, as a person sees them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from jupyter_session import Server, run_all_cells, run_code
from loans import LOANS_MADE
from playwright.sync_api import Page, expect

#: What an export needs at least: rows from a file, features, a fitted model, a metric.
LOANS = (
    "%load_ext notewright",
    *LOANS_MADE,
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score\n"
    "from sklearn.model_selection import train_test_split\n"
    "X = loans[['amount', 'months', 'rate']]\n"
    "X_train, X_test, y_train, y_test = train_test_split(X, loans['bad'], random_state=0)",
    '%%nw run "logistic"\n'
    "model = LogisticRegression(max_iter=5000).fit(X_train, y_train)\n"
    "accuracy_score(y_test, model.predict(X_test))",
)

#: One gate that is closed, one that lets a model be deployed.
POLICY = """%%writefile policy.yaml
version: 1
documentation:
  owner: The test
checks:
  performance:
    floor: {metric: balanced_accuracy, limit: 0.6}
gates:
  staging:
    checks: [performance.floor, documentation]
  production:
    checks: [performance.floor, documentation.complete, data_quality.missing]
"""

#: Both gates ask for documentation; filled in, the production gate opens.
DOCUMENTED = (
    POLICY.replace(
        "owner: The test", "owner: The test\n  intended_use: Ranks loans\n  limitations: Many"
    ),
    "%nw check loan_risk",
)

CHECKED = (*LOANS, POLICY, "%nw register logistic --as loan_risk", "%nw check loan_risk")


def section(page: Page, name: str):
    return page.get_by_role("region", name=name)


def test_each_finding_is_said_once_under_the_requirement_it_decides(open_cells) -> None:
    page = open_cells(*CHECKED)
    run_all_cells(page)
    checks = section(page, "Checks & gates")
    staging = checks.get_by_role("group", name="Gate staging for loan_risk@1")
    production = checks.get_by_role("group", name="Gate production for loan_risk@1")
    expect(staging.get_by_text("closed", exact=True)).to_be_visible()
    undocumented = "does not say what the model is for"
    expect(checks.get_by_text(undocumented)).to_have_count(1)
    requirement = staging.get_by_role("listitem").filter(has_text="documentation.complete")
    expect(requirement).to_contain_text("failed:")
    expect(requirement).to_contain_text(undocumented)
    expect(requirement).to_contain_text("policy.yaml")
    expect(production.get_by_text("Its findings are shown above.")).to_be_visible()
    expect(staging.get_by_text("performance.floor")).to_have_count(0)
    staging.get_by_role("button", name="Show 1 requirement met without findings").click()
    expect(staging.get_by_text("performance.floor")).to_be_visible()


@pytest.fixture
def stop_serving(server: Server) -> Iterator[None]:
    """Stop what a test that failed has left serving."""
    yield
    for folder in server.folder.iterdir():
        command = [sys.executable, "-m", "notewright", "--workspace", str(folder)]
        subprocess.run([*command, "stop", "loans"], env=server.environment, capture_output=True)


@pytest.mark.timeout(580)
@pytest.mark.usefixtures("stop_serving")
def test_a_model_is_exported_from_the_panel_and_its_deployment_is_shown(open_cells, server) -> None:
    page = open_cells(*CHECKED, *DOCUMENTED, "unfitted = LogisticRegression()")
    run_all_cells(page)
    production = page.get_by_role("group", name="Gate production for loan_risk@1")
    expect(production.get_by_text("open", exact=True)).to_be_visible()

    packages = section(page, "Packages & deployments")
    packages.get_by_role("button", name="Export…").click()
    models = packages.get_by_role("combobox", name="Model")
    expect(models).to_be_focused()
    expect(models.get_by_role("option")).to_have_text(["model (LogisticRegression)"])
    name = packages.get_by_role("textbox", name="Name of the package")
    expect(name).to_have_value("model")
    name.press("Escape")
    expect(packages.get_by_role("button", name="Export…")).to_be_focused()
    page.keyboard.press("Enter")
    name.fill("loan_risk")
    name.press("Enter")
    expect(page.get_by_role("progressbar", name="Exporting")).to_be_visible()
    expect(page.get_by_text("loan_risk@1 is exported")).to_be_visible(timeout=480_000)
    exported = packages.get_by_role("list", name="Packages, newest first")
    expect(exported.get_by_role("listitem")).to_have_count(1)
    expect(exported).to_contain_text("serves raw rows")
    assert list(server.folder.glob("*/packages/loan_risk/src/loan_risk/predict.py"))
    files = page.get_by_role("list", name="Files of the package").first
    files.get_by_role("link", name="src/").click()
    expect(page.locator(".jp-DirListing-item").filter(has_text="loan_risk")).to_be_visible()

    run_code(page, "%nw deploy loans --package loan_risk")
    deployed = packages.get_by_role("list", name="Deployments").get_by_role("listitem")
    expect(deployed).to_contain_text("loan_risk@1")
    expect(deployed).to_contain_text("http://127.0.0.1:")
    expect(deployed.get_by_text("live", exact=True)).to_be_visible()
    run_code(page, "%nw stop loans")
    expect(deployed.get_by_text("stopped", exact=True)).to_be_visible()


@pytest.mark.timeout(580)
def test_an_export_that_is_cancelled_leaves_no_package(open_cells, server) -> None:
    page = open_cells(*LOANS)
    run_all_cells(page)
    page.get_by_role("button", name="Export…").click()
    page.get_by_label("Name of the package").fill("given_up")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("was cancelled")).to_be_visible(timeout=240_000)
    assert not list(server.folder.glob("*/packages/given_up"))
