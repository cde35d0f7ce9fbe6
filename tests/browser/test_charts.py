"""Charts of comparisons and of many runs, used with a mouse and a keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_session import (
    Server,
    jupyter_server,
    open_notebook,
    run_all_cells,
    what_failed,
    write_notebook,
)
from playwright.sync_api import Locator, Page, expect

#: Three classifiers, the last with a name that would be a script, and twelve more runs.
RECORDED = """\
import numpy as np
from notewright import open_workspace
from notewright.experiments.evaluation import Evaluation
runs = open_workspace().runs
rng = np.random.default_rng(0)
signal = rng.normal(size=300)
true = (signal + rng.normal(size=300) > 0).astype(int)
for n, name in enumerate(("shallow", "deep", "<img src=x onerror=document.title='pwned'>")):
    scores = 1 / (1 + np.exp(-(signal + rng.normal(size=300) / (n + 1))))
    runs.record(name, params={"max_depth": 2 + n},
                evaluation=Evaluation.of(true, (scores > 0.5) * 1, scores, probability=True))
for n in range(12):
    runs.record(f"search {n}", metrics={"auc": 0.7 + n % 5 / 20 + n / 100},
                params={"max_depth": n % 4 + 1, "rate": 10.0 ** -(n % 3),
                        "booster": ("tree", "dart", "linear")[n % 3]})"""
COMPARED = "%nw compare shallow deep \"<img src=x onerror=document.title='pwned'>\" --plot --widget"
DRAWN = "%nw runs \"params.booster != 'none'\" --plot auc --widget"
CELLS = ("%load_ext notewright", RECORDED, COMPARED, DRAWN)


@pytest.fixture(scope="module", params=["Light", pytest.param("Dark", marks=pytest.mark.slow)])
def themed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """A server whose pages have a theme, and the theme."""
    theme = request.param
    folder = tmp_path_factory.mktemp(f"served-{theme}")
    state = tmp_path_factory.mktemp(f"state-{theme}")
    with jupyter_server(folder, state, theme=f"JupyterLab {theme}") as server:
        yield server, theme


def opened(page: Page, server: Server) -> Page:
    """Open a notebook with charts, and run it."""
    # In a folder of its own: else it would be the project of all that later tests serve.
    write_notebook(server.folder / "charts" / "charts.ipynb", CELLS)
    open_notebook(page, server, "lab", "charts/charts.ipynb")
    run_all_cells(page)
    assert what_failed(page) == []
    return page


def chart(page: Page, title: str) -> Locator:
    found = page.get_by_role("region", name=title)
    found.scroll_into_view_if_needed()
    expect(found.locator(".nw-chart-plot").first).to_be_visible()
    return found


def middle_of(line: Locator) -> tuple[float, float]:
    """Return where the middle of a drawn line is on the page."""
    x, y = line.evaluate(
        "path => { const p = path.getPointAtLength(path.getTotalLength() / 2);"
        " const q = new DOMPoint(p.x, p.y).matrixTransform(path.getScreenCTM());"
        " return [q.x, q.y]; }"
    )
    return x, y


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def along(box: Locator, across: float, down: float) -> tuple[float, float]:
    """Return a place in a box, as shares of its width and height."""
    found = box.bounding_box()
    assert found is not None
    return found["x"] + across * found["width"], found["y"] + down * found["height"]


def ticks(plot: Locator) -> list[str]:
    return plot.locator(".nw-chart-tick").all_text_contents()


def picture(page: Page, theme: str, name: str, pictures: Path) -> None:
    page.screenshot(path=pictures / f"charts-{name}-{theme.lower()}.png")


def test_charts_are_pointed_at_zoomed_and_filtered(
    page: Page, themed: tuple[Server, str], pictures: Path
) -> None:
    server, theme = themed
    opened(page, server)
    curves_answer(page, theme, pictures)
    lines_answer(page, theme, pictures)
    dots_answer(page, theme, pictures)
    assert "pwned" not in page.title()
    expect(page.locator(".jp-Notebook img:visible")).to_have_count(0)


def curves_answer(page: Page, theme: str, pictures: Path) -> None:
    roc = chart(page, "ROC curves")
    plot = roc.locator(".nw-chart-plot")
    tooltip = roc.locator(".nw-chart-tooltip")
    lines = plot.locator(".nw-chart-line")
    expect(lines).to_have_count(3)

    page.mouse.move(*middle_of(lines.nth(0)))
    expect(tooltip).to_contain_text("shallow")
    expect(tooltip).to_contain_text("threshold:")
    expect(tooltip).to_contain_text("true positive rate: 0.")
    picture(page, theme, "hover", pictures)

    entry = roc.get_by_role("button", name=re.compile("shallow"))
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "false")
    expect(lines).to_have_count(2)
    entry.press("Enter")
    expect(entry).to_have_attribute("aria-pressed", "true")
    expect(lines).to_have_count(3)

    whole = ticks(plot)
    reset = roc.get_by_role("button", name="Reset")
    expect(reset).to_be_disabled()
    drag(page, along(plot, 0.2, 0.1), along(plot, 0.5, 0.4))
    expect(reset).to_be_enabled()
    assert ticks(plot) != whole
    picture(page, theme, "zoomed", pictures)
    reset.click()
    expect(reset).to_be_disabled()
    assert ticks(plot) == whole
    drag(page, along(plot, 0.2, 0.1), along(plot, 0.5, 0.4))
    plot.dblclick()
    expect(reset).to_be_disabled()
    assert ticks(plot) == whole

    plot.press("ArrowRight")
    plot.press("ArrowDown")
    expect(tooltip).to_contain_text("deep")
    plot.press("+")
    expect(reset).to_be_enabled()
    plot.press("Escape")
    expect(reset).to_be_disabled()


def lines_answer(page: Page, theme: str, pictures: Path) -> None:
    parallel = chart(page, "12 runs: parameters and auc")
    plot = parallel.locator(".nw-chart-plot")
    faded = plot.locator(".nw-chart-faded")
    axis = parallel.get_by_role("slider", name="Range of auc")

    drag(page, along(axis, 0.5, 0.02), along(axis, 0.5, 0.4))
    expect(faded).not_to_have_count(0)
    expect(parallel.locator(".nw-chart-status")).to_contain_text(
        re.compile(r"^auc 0\.\d+ to 0\.\d+: \d of 12 runs – search")
    )
    expect(axis).to_have_attribute("aria-valuetext", re.compile(r"0\.\d+ to 0\.\d+"))
    picture(page, theme, "brushed", pictures)
    page.mouse.click(*along(axis, 0.5, 0.8))
    expect(faded).to_have_count(0)

    axis.press("ArrowUp")
    expect(faded).not_to_have_count(0)
    parallel.get_by_role("button", name="Reset").click()
    expect(faded).to_have_count(0)

    page.mouse.move(*middle_of(plot.locator("[data-run='3'] .nw-chart-line")))
    expect(parallel.locator(".nw-chart-tooltip")).to_contain_text(re.compile(r"search \d+ \("))
    expect(parallel.locator(".nw-chart-tooltip")).to_contain_text("max_depth: ")
    expect(plot.locator(".nw-chart-pointed")).to_have_count(1)


def dots_answer(page: Page, theme: str, pictures: Path) -> None:
    scatter = chart(page, "auc by parameter")
    plots = scatter.locator(".nw-chart-plot:visible")
    expect(plots).to_have_count(1)
    scatter.get_by_label("parameter on x").select_option("rate")
    expect(plots).to_have_count(1)
    expect(plots.locator(".nw-chart-label").first).to_have_text("rate (logarithmic)")
    plots.press("ArrowRight")
    tooltip = scatter.locator(".nw-chart-tooltip")
    expect(tooltip).to_contain_text(re.compile(r"search \d+ \("))
    expect(tooltip).to_contain_text("booster: ")
    expect(tooltip).to_contain_text("auc: 0.")
    picture(page, theme, "scatter", pictures)


def test_charts_follow_the_width_of_their_cell(page: Page, server: Server) -> None:
    opened(page, server)
    plot = chart(page, "12 runs: parameters and auc").locator(".nw-chart-plot")
    before = plot.bounding_box()
    page.set_viewport_size({"width": 800, "height": 900})
    page.wait_for_function(
        "([plot, before]) => plot.getBoundingClientRect().width < before - 100",
        arg=[plot.element_handle(), before["width"]],
    )
    root = page.locator(".nw-charts").first
    assert root.evaluate("node => node.scrollWidth <= node.clientWidth")
