"""The chart widget: what it is given, and the static figures that go with it."""

from __future__ import annotations

import json
import sys
import types

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter, MarkdownExporter

from notewright.experiments.evaluation import Evaluation
from notewright.verbs import find_verb
from notewright.views.base import Message, Page
from notewright.views.figures import Figures
from notewright_widgets import present
from notewright_widgets.beside import static
from notewright_widgets.chart import ChartWidget, chart_state

HOSTILE = '<script>alert("x")</script>'

RECORDED = (
    "%load_ext notewright",
    "from notewright import open_workspace\n"
    "for n in range(5):\n"
    f"    open_workspace().runs.record(f'run {{n}} {HOSTILE}', params={{'depth': n}},\n"
    "                                 metrics={'r2': n / 10})",
)
DRAWN = "%nw runs --plot r2 --widget"


@pytest.fixture(scope="module")
def executed(execute) -> nbformat.NotebookNode:
    return execute(*RECORDED, DRAWN)


@pytest.fixture
def many(workspace):
    """Runs whose names are hostile, one without the parameter that others have."""
    for n in range(4):
        given = {"depth": n, "rate": 10.0**-n} if n else {"depth": n}
        if n in (0, 3):
            given["kind"] = f"{HOSTILE}{n}"
        workspace.runs.record(f"run {n} {HOSTILE}", params=given, metrics={"r2": n / 10})
    return list(workspace.runs.list(order="created"))


@pytest.fixture
def comparison(workspace):
    """Two classifiers compared."""
    generator = np.random.default_rng(0)
    true = generator.integers(0, 2, 200)
    for name in "ab":
        score = np.round(generator.random(200), 2)
        workspace.runs.record(name, evaluation=Evaluation.of(true, y_score=score, probability=True))
    return workspace.runs.compare(["a", "b"])


@pytest.fixture
def in_a_kernel(monkeypatch):
    """What would be displayed, as if a kernel ran."""
    shown: list[object] = []
    kernel = types.ModuleType("ipykernel")
    kernel.version_info = (6, 29)
    monkeypatch.setitem(sys.modules, "ipykernel", kernel)
    monkeypatch.setattr("IPython.display.display", lambda value, raw=False: shown.append(value))
    return shown


def test_the_widget_has_the_points_of_the_curve_as_json(comparison) -> None:
    chart = comparison.charts()["roc"]
    state = json.loads(json.dumps(chart_state(chart), allow_nan=False))
    [panel] = state["panels"]
    [series] = chart.panels[0].series[:1]
    given = panel["series"][0]
    np.testing.assert_allclose(given["x"], series.x, rtol=1e-6)
    np.testing.assert_allclose(given["y"], series.y, rtol=1e-6)
    assert (given["name"], given["note"]) == ("a", series.note)
    assert given["hover"][0] == "above every score"
    assert panel["x"]["label"] == "false positive rate"
    assert panel["references"][0]["x"] == [0, 1]


def test_every_chart_of_a_comparison_is_json_and_in_its_order(comparison) -> None:
    view = Figures(comparison.charts())
    widget = ChartWidget.of(view)
    titles = ["ROC curves", "Precision and recall", "Calibration (95 % intervals)"]
    assert [chart["title"] for chart in widget.charts] == titles
    json.dumps(widget.get_state(["charts", "look", "replaces"]), allow_nan=False)


def test_a_run_without_a_parameter_has_a_gap_in_its_line_and_no_dot(many) -> None:
    from notewright.experiments.plots.parameters import parallel, scatter

    state = chart_state(parallel(many, "r2"))
    rate = next(scale for scale in state["scales"] if scale["name"] == "rate")
    assert rate["values"][0] is None
    assert rate["heights"][0] is None
    assert rate["told"] == ["", "0.1", "0.01", "0.001"]
    assert state["scales"][-1]["name"] == "r2"
    panels = {panel["x"]["label"]: panel for panel in chart_state(scatter(many, "r2"))["panels"]}
    assert panels["rate"]["series"][0]["x"] == [0.1, 0.01, 0.001]
    assert panels["rate"]["x"]["logarithmic"]
    told, _ = panels["kind"]["series"][0]["hover"]
    assert told.splitlines()[0] == f"{many[0].name} ({many[0].id[:6]})"
    assert told.splitlines()[-1] == "r2: 0"


def test_names_stay_words_in_the_widget_and_beside_it(many) -> None:
    from notewright.experiments.plots.parameters import parallel

    view = Figures({"parameters": parallel(many, "r2")})
    widget = ChartWidget.of(view)
    assert widget.charts[0]["runs"][0].startswith(f"run 0 {HOSTILE}")
    assert "<script>" not in static(view, widget)["text/html"]


def test_the_widgets_script_never_sets_html_and_asks_nobody_for_anything() -> None:
    script = str(ChartWidget._esm)
    assert "textContent" in script
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "import ", "fetch(", "eval("):
        assert forbidden not in script


def test_charts_within_a_page_are_a_widget_between_its_other_parts(comparison, in_a_kernel) -> None:
    figures = Figures(comparison.charts())
    page = Page([Message("before"), Message("too"), figures, Message("after")])
    assert present(page)
    before, beside, widget, after = in_a_kernel
    assert before.text() == "before\n\ntoo"
    assert beside["text/html"].startswith(f'<div class="{widget.replaces}">')
    assert beside["text/html"].count("<img") == 3
    assert isinstance(widget, ChartWidget)
    assert after.text() == "after"


def test_a_page_without_charts_and_figures_of_nothing_stay_static(in_a_kernel) -> None:
    assert present(Page([Message("words")])) is False
    assert present(Figures({})) is False
    assert present(Page([Figures({})])) is False
    assert in_a_kernel == []


def test_a_saved_chart_is_seen_where_no_script_can_be_fetched(executed, seen) -> None:
    assert executed.metadata["widgets"], "the widget's state was saved"
    html, _ = HTMLExporter().from_notebook_node(executed)
    last = seen(html)[seen(html).rindex(DRAWN) :]
    assert last.count("[image parameters]") == 1
    assert last.count("[image scatter]") == 1


def test_elsewhere_the_figures_are_there_once_too(executed) -> None:
    markdown, _ = MarkdownExporter().from_notebook_node(executed)
    last = markdown[markdown.rindex(DRAWN) :]
    assert last.count('<img alt="scatter"') == 1
    assert HOSTILE not in last


@pytest.mark.parametrize("name", ["compare", "runs"])
def test_the_help_says_what_the_option_shows(name) -> None:
    from notewright_magics.magics import GENERAL

    words = " ".join(GENERAL.verb_parser(find_verb(name)).format_help().split())
    assert "charts that can be pointed at and zoomed" in words
    assert "with --widget" in words
