"""Figures show the right numbers and touch nothing of the user's matplotlib."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sk

from notewright.errors import BadRecord
from notewright.experiments.evaluation import Evaluation
from notewright.experiments.plots import curves, parameters
from notewright.experiments.plots.chart import MOST_POINTS
from notewright.experiments.plots.curves import precision_recall_points, roc_points
from notewright.experiments.plots.drawing import draw
from notewright.experiments.plots.style import png
from notewright.verbs import find_verb
from notewright.verbs.base import Context


@pytest.fixture
def classifiers(runs, generator):
    signal = generator.normal(size=300)
    true = (signal + generator.normal(size=300) > 0).astype(int)
    for n, depth in enumerate((2, 4, 8)):
        scores = np.round(1 / (1 + np.exp(-(signal + generator.normal(size=300) / depth))), 2)
        runs.record(
            f"depth {depth}",
            params={"max_depth": depth, "rate": 10.0**-n, "booster": "tree" if n else "dart"},
            metrics={"roc_auc": sk.roc_auc_score(true, scores)},
            evaluation=Evaluation.of(true, (scores > 0.5) * 1, scores, probability=True),
        )
    return ["depth 2", "depth 4", "depth 8"]


@pytest.mark.parametrize("digits", [1, 3])
def test_curves_are_sklearns(generator, digits):
    positive = generator.random(200) < 0.3
    scores = np.round(generator.normal(size=200) + positive, digits)
    alarms, hits = roc_points(positive, scores)
    expected = sk.roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(alarms, expected[0], atol=1e-12)
    np.testing.assert_allclose(hits, expected[1], atol=1e-12)
    recall, precision = precision_recall_points(positive, scores)
    precision_there, recall_there, _ = sk.precision_recall_curve(positive, scores)
    np.testing.assert_allclose(recall, recall_there[:-1][::-1], atol=1e-12)
    np.testing.assert_allclose(precision, precision_there[:-1][::-1], atol=1e-12)
    area = np.sum(np.diff(recall, prepend=0) * precision)
    assert area == pytest.approx(sk.average_precision_score(positive, scores), abs=1e-12)


def test_a_comparison_draws_what_it_has(runs, classifiers):
    figures = runs.compare(classifiers).plots()
    assert set(figures) == {"roc", "precision_recall", "calibration", "parameters", "scatter"}
    [axes] = figures["roc"].axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    run = runs.get("depth 2")
    assert labels[0] == f"depth 2, AUC {run.metrics['roc_auc']:.3f}"
    assert set(runs.compare(classifiers[:2]).plots()) == {"roc", "precision_recall", "calibration"}
    assert all(png(figure).startswith(b"\x89PNG") for figure in figures.values())


def test_points_of_curves_tell_their_threshold(runs, classifiers):
    charts = runs.compare(classifiers).charts()
    [panel] = charts["roc"].panels
    evaluation = runs.compare(classifiers).evaluations[0]
    alarms, hits, thresholds = sk.roc_curve(
        evaluation.y_true, evaluation.y_score, drop_intermediate=False
    )
    first = panel.series[0]
    assert first.name == "depth 2"
    np.testing.assert_allclose(first.x, alarms, atol=1e-12)
    np.testing.assert_allclose(first.y, hits, atol=1e-12)
    assert list(first.hover[1:]) == [f"threshold: {t:.4g}" for t in thresholds[1:]]
    [curves] = charts["precision_recall"].panels
    assert len(curves.series[0].hover) == len(curves.series[0].x)


def test_no_series_has_more_points_than_can_be_seen(generator):
    positive = generator.random(5000) < 0.5
    chart = curves.roc(["a"], [(positive, generator.random(5000))], [0.5])
    [series] = chart.panels[0].series
    assert len(series.x) == len(series.hover) == MOST_POINTS
    assert (series.x[-1], series.y[-1]) == (1, 1)


def test_regressors_have_residuals_around_zero(runs, generator):
    true = generator.normal(size=400)
    for name in "ab":
        said = true + generator.normal(size=400)
        runs.record(name, evaluation=Evaluation.of(true, said, task="regression"))
    comparison = runs.compare(["a", "b"])
    figure = comparison.plots()["residuals"]
    first = comparison.evaluations[0]
    dots = figure.axes[0].lines[1].get_xydata()
    np.testing.assert_allclose(dots[:, 1], first.y_true - first.y_pred)


def test_steps_become_learning_curves_and_gaps_are_left_out(runs):
    for name in "ab":
        active = runs.start(name)
        for step in range(5):
            active.log_metric("loss", float("nan") if step == 2 else 1 / (step + 1), step=step)
        active.log_metric("once", 1.0)
        active.finish()
    figures = runs.compare(["a", "b"]).plots()
    assert set(figures) == {"learning"}
    [panel] = figures["learning"].axes
    assert panel.get_title() == "loss"
    assert panel.lines[0].get_xdata().tolist() == [0, 1, 3, 4]


def test_parameters_of_runs_are_drawn_against_the_metric(runs, classifiers):
    found = [runs.get(name) for name in classifiers]
    figure = draw(parameters.scatter(found, "auc"))
    panels = {panel.get_xlabel(): panel for panel in figure.axes if panel.get_visible()}
    assert set(panels) == {"max_depth", "rate", "booster"}
    assert panels["rate"].get_xscale() == "log"
    assert [t.get_text() for t in panels["booster"].get_xticklabels()] == ["dart", "tree"]
    lines = draw(parameters.parallel(found, "roc_auc")).axes[0].lines
    assert len([line for line in lines if len(line.get_xdata()) == 4]) == 3
    with pytest.raises(BadRecord, match="Fewer than two"):
        parameters.parallel(found, "r2")


def test_parameters_that_some_runs_lack_leave_gaps(runs):
    for n in range(4):
        given = {"depth": n} | ({"rate": 0.1 * n} if n % 2 else {"kind": None})
        runs.record(f"run {n}", params=given, metrics={"r2": n / 10})
    found = list(runs.list())
    kinds = {panel.x.label: panel for panel in parameters.scatter(found, "r2").panels}
    assert kinds["rate"].series[0].x.tolist() == pytest.approx([0.1, 0.3])
    assert png(draw(parameters.parallel(found, "r2"))).startswith(b"\x89PNG")
    assert png(draw(parameters.scatter(found, "r2"))).startswith(b"\x89PNG")


def test_parts_of_pipelines_are_drawn_by_what_is_set_in_them(runs):
    for kind, depth in (("Tree", 2), ("Tree", 5), ("Ridge", None)):
        part = {"tree": "Tree", "tree__depth": depth} if depth else {"ridge": "Ridge"}
        steps = {"steps": f"[({kind})]", "scaler": f"Scaler{depth}", "scaler__copy": True}
        runs.record(kind, params=steps | part, metrics={"auc": 0.5 + (depth or 0) / 10})
    scales = parameters.parallel(list(runs.list()), "auc").scales
    assert [scale.name for scale in scales] == ["depth", "auc"]


def test_drawing_touches_no_state_of_matplotlib(tmp_path):
    code = """
import sys
import matplotlib
before = dict(matplotlib.rcParams)
import numpy as np
from notewright.experiments.plots import curves
from notewright.experiments.plots.drawing import draw
from notewright.experiments.plots.style import png
positive = np.arange(20) % 2 == 0
png(draw(curves.roc(["a"], [(positive, np.arange(20.0))], [0.5])))
assert dict(matplotlib.rcParams) == before
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_verb_shows_figures_and_writes_them(workspace, generator, tmp_path):
    true = generator.integers(0, 2, 100)
    for name in "ab":
        p = generator.random(100)
        workspace.runs.record(name, evaluation=Evaluation.of(true, y_score=p, probability=True))
    verb = find_verb("compare")
    view = verb.run(verb.parser().parse_args(["a", "b", "--plot"]), Context(workspace))
    assert view.html().count('src="data:image/png;base64,') == 3
    assert "Figures: roc, precision_recall, calibration." in view.text()
    words = ["a", "b", "--plots-to", str(tmp_path / "drawn")]
    written = verb.run(verb.parser().parse_args(words), Context(workspace)).data()["plots"]
    assert [each["name"] for each in written] == ["roc", "precision_recall", "calibration"]
    assert all(Path(each["file"]).read_bytes()[:4] == b"\x89PNG" for each in written)


def test_runs_are_drawn_by_their_parameters(workspace, tmp_path):
    for n in range(5):
        workspace.runs.record(f"run {n}", params={"depth": n}, metrics={"r2": n / 10})
    verb = find_verb("runs")
    words = ["params.depth", "<", "4", "--plot", "r2", "--plots-to", str(tmp_path)]
    written = verb.run(verb.parser().parse_args(words), Context(workspace)).data()
    assert [Path(each["file"]).name for each in written] == ["parameters.png", "scatter.png"]
    with pytest.raises(BadRecord, match="Fewer than two"):
        verb.run(verb.parser().parse_args(["--plot", "auc"]), Context(workspace))
