"""Script in names, values and notes never runs: in pages, in reports, in JupyterLab."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_session import run_all_cells
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, expect
from tests.attacks.hostile_words import WORDS, cells, execute

pytestmark = pytest.mark.slow

HIT = "window.hit ?? null"


def test_what_the_words_would_do_is_seen_where_they_are_markup(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("".join(f"<p title='x {word}'>{word}</p>" for word in WORDS))
    page.wait_for_function("window.hit === 1")
    page.close()


def test_pages_of_a_notebook_and_of_its_reports_run_none_of_it_and_reports_fit_a_phone(
    chromium: Browser, tmp_path: Path, pictures: Path
) -> None:
    notebook = execute(str(tmp_path), cells())
    page_of = HTMLExporter(template_name="lab").from_notebook_node(notebook)[0]
    (tmp_path / "notebook.html").write_text(page_of, encoding="utf-8")
    for name in ("notebook.html", "report.html", "dossier.html"):
        page = chromium.new_page()
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.goto((tmp_path / name).as_uri())
        page.mouse.move(300, 300)
        assert page.locator("text=window.hit=1").count()
        assert page.evaluate(HIT) is None, name
        page.screenshot(path=pictures / f"hostile-{name}.png", full_page=True)
        page.set_viewport_size({"width": 390, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390 or name == "notebook.html", name
        page.close()


def test_nothing_of_it_runs_in_jupyterlab_or_the_panel(open_cells) -> None:
    page = open_cells(*cells())
    run_all_cells(page)
    panel = page.locator(".nw-Panel")
    expect(panel).to_contain_text("window.hit=1")
    # All at once: one that is opened is no more among those that are not.
    closed = panel.get_by_role("button", expanded=False)
    closed.evaluate_all("buttons => buttons.forEach(button => button.click())")
    for cell in page.locator(".jp-OutputArea").all():
        cell.scroll_into_view_if_needed()
    assert page.evaluate(HIT) is None
