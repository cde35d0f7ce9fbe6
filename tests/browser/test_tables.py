"""A table as a widget, in a real browser."""

from __future__ import annotations

from jupyter_session import Server, open_notebook, run_all_cells, write_notebook
from playwright.sync_api import Page, expect

CELLS = (
    "%load_ext notewright",
    "from notewright import open_workspace\n"
    "for n in range(9):\n"
    "    open_workspace().runs.record(f'run {n}', metrics={'auc': (n * 7 % 9) / 10})",
    "%nw runs --widget",
)


def test_a_table_is_searched_and_sorted_and_stands_there_once(page: Page, server: Server) -> None:
    write_notebook(server.folder / "tables.ipynb", CELLS)
    open_notebook(page, server, "lab", "tables.ipynb")
    run_all_cells(page)
    table = page.locator(".nw-table")
    expect(table.locator("tr:has(td)")).to_have_count(9)
    expect(page.locator(".jp-Notebook table:visible")).to_have_count(1)
    table.get_by_role("button", name="auc").click()
    expect(table.locator("tr:has(td)").first).to_contain_text("run 0")
    table.get_by_role("button", name="auc").click()
    expect(table.locator("tr:has(td)").first).to_contain_text("run 5")
    table.get_by_label("Search the table").fill("run 3")
    expect(table.locator("tr:has(td)")).to_have_count(1)
    expect(table).to_contain_text("1 of 9 rows")
