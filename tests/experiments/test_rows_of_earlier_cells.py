"""Scored rows where an earlier cell made the predictions: traced if it is certain, else why not."""

from __future__ import annotations

import itertools
import linecache

import pytest

from notewright.experiments import hooks
from notewright.experiments.straight import Straight
from notewright.lineage.cell import Cell
from notewright.lineage.files import FileWatch
from notewright.store.ids import now
from notewright_magics.autorun import AutoRun, AutoRuns

PREPARE = """
import numpy as np
import pandas as pd
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.preprocessing import StandardScaler
X, y = make_classification(300, n_informative=5, n_redundant=0, flip_y=0.2, random_state=0)
"""
SPLIT = """
order = np.random.default_rng(3).permutation(300)
train, test = order[:200], order[200:]
X_train, X_test, y_train, y_test = X[train], X[test], y[train], y[test]
"""
FIT = "model = LogisticRegression().fit(X_train, y_train)"
PREDICT = "pred = model.predict(X_test)"
SCORE = "score = accuracy_score(y_test, pred)"


class Cells:
    """Cells that run as in a kernel: nobody waits for one to be recorded."""

    def __init__(self, notebook) -> None:
        self.notebook = notebook
        self.recorder = notebook.recorder
        self._numbers = itertools.count(1)
        self._made: list = []

    def run(self, *cells: str) -> None:
        """Run cells."""
        for code in cells:
            self._cell(code)

    def scored(self, code: str):
        """Run a cell as `%nw autorun on` does; return its run."""
        runs = self.notebook.workspace.runs
        self._cell(code, runs.start("", origin="auto"))
        self.recorder.settle()
        return self._made.pop()

    def named(self, code: str):
        """Run a cell as `%%nw run` does; return its run."""
        active = self.notebook.workspace.runs.start("named", namespace=self.notebook.namespace)
        self.recorder.settle()
        with active.recording():
            cell = self._cell(code)
        self.recorder.settle()
        execution = None if cell.execution is None else cell.execution.id
        return active.finish(
            changed=cell.change.changed, execution=execution, past=self.recorder.past()
        )

    def _cell(self, code: str, active=None) -> Cell:
        number = next(self._numbers)
        name, cell = f"<cell {number}>", Cell(code, code, number=number)
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        self.recorder.begins(code)
        with FileWatch.watching() as opened:
            if active is not None:
                active.watch()
            try:
                exec(compile(code, name, "exec"), self.notebook.variables)
            except Exception as error:  # noqa: BLE001 - a cell may raise anything
                cell.fails(error, self.notebook.variables)
            finally:
                if active is not None:
                    active.unwatch()
        if active is not None:
            namespace = self.notebook.namespace
            cell.follower = AutoRun(active, namespace, cell, "", self._made.append)
        self.recorder.ended(cell, now(), 0.0, opened)
        return cell


@pytest.fixture
def cells(notebook):
    hooks.install()
    made = Cells(notebook)
    made.run(PREPARE, SPLIT)
    yield made
    hooks.uninstall()
    notebook.recorder.settle()
    assert notebook.recorder.problems == []


def rows(cells, run) -> list[int] | None:
    """Return the positions of the scored rows in `X`; None where they were not traced."""
    [found] = [each for each in run.rows if each.role == "test"]
    assert found.count == len(cells.notebook["y_test"])
    if found.table is None:
        return None
    assert (found.table, found.by) == ("X", "position")
    return cells.notebook.workspace.runs.rows(run, "test").tolist()


def why(run) -> str:
    [note] = [note for note in run.notes if note.startswith("The scored rows were not traced: ")]
    return note.removeprefix("The scored rows were not traced: ")


def check_traced(cells, run, model: str | None = "model") -> None:
    assert rows(cells, run) == cells.notebook["test"].tolist()
    assert not [note for note in run.notes if "not traced" in note or "not clear" in note]
    assert (None if run.model is None else run.model.variable) == model


#: What runs between the preparation and the cell that scores, where the rows are certain.
CERTAIN = {
    "the cell before": [FIT, PREDICT],
    "several cells before": [FIT, PREDICT, "a = 1", "print(len(pred))", "b = pred.copy()"],
    "one cell for all": [
        f"{SPLIT}\n{FIT}\n{PREDICT}\nprint(pred[:3], model.score(X_test, y_test))"
    ],
    "a cell that ran twice": [FIT, PREDICT, PREDICT],
    "the model first, fitted by its method": [
        "model = LogisticRegression()",
        "model.fit(X_train, y_train)\n" + PREDICT,
    ],
    "picked where it is predicted": [FIT, "pred = model.predict(X[test])"],
    "scaled": [
        "scaler = StandardScaler().fit(X_train)\n"
        "model = LogisticRegression().fit(scaler.transform(X_train), y_train)",
        "Z = scaler.transform(X_test)\npred = model.predict(Z)",
    ],
    "by way of probabilities": [
        FIT,
        "proba = model.predict_proba(X_test)",
        "proba_1 = proba[:, 1]",
        "threshold = 0.4",
        "pred = (proba_1 > threshold).astype(int)",
        "proba = proba_1 = None",
    ],
    "another of that name before": [FIT, "pred = model.predict(X_train)", PREDICT],
    "back to an earlier cell": [FIT, PREDICT, "X_test = X[train]", SPLIT, PREDICT],
    "a table made beneath": [
        FIT,
        SPLIT + PREDICT + "\nframe = pd.DataFrame({'pred': pred})",
    ],
}


@pytest.mark.parametrize("way", CERTAIN)
def test_rows_are_traced_where_what_ran_makes_them_certain(way, cells):
    cells.run(*CERTAIN[way])
    for run in (cells.scored(SCORE), cells.named(SCORE)):
        check_traced(cells, run)
        assert run.metrics == {"accuracy": cells.notebook["score"]}


CHANGE = "def change():\n    global pred, X_test\n    X_test = X[train][:100]\n"
#: The same where they are not, and what is said of it.
UNCERTAIN = {
    "changed in place": ([FIT, PREDICT, "X_test[:] = 0"], "changes `X_test` after"),
    "changed through what it shares memory with": (
        [
            "X_test = X[200:]; y_test = y[200:].copy(); test = np.arange(200, 300)",
            FIT,
            PREDICT,
            "X[250] = 1",
        ],
        "changes `X_test` after",
    ),
    "bound anew": ([FIT, PREDICT, "X_test = X[train][:100]"], "changes `X_test` after"),
    "bound anew to the same": ([FIT, PREDICT, "X_test = X[test]"], "changes `X_test` after"),
    "a key bound anew": (
        [FIT, "pred = model.predict(X[test])", "test = test[::-1]"],
        "changes `test` after",
    ),
    "changed by a function": (
        [FIT, PREDICT, CHANGE, "change()"],
        "cell [6] `change()` changes `X_test` after",
    ),
    "changed below, in the same cell": (
        [FIT, SPLIT + PREDICT + "\nX_test[:] = 0"],
        "changes `X_test` not only by assigning it",
    ),
    "changed below by a function, in the same cell": (
        [CHANGE + FIT, SPLIT + PREDICT + "\nchange()"],
        "`change()` in cell [4]",
    ),
    "predictions made by a function": (
        [FIT, "def predict():\n    global pred\n    pred = model.predict(X_test)", "predict()"],
        "does not say how it made `pred`",
    ),
    "predictions made anew by a function below": (
        [
            FIT + "\ndef predict():\n    global pred\n    pred = model.predict(X_train[:100])",
            PREDICT + "\npredict()",
        ],
        "does not say how it made `pred`",
    ),
    "in a branch": (
        [FIT, "if len(X) > 100:\n    pred = model.predict(X_test)"],
        "does not say how it made `pred`",
    ),
    "in a part of an expression": (
        [FIT, "pred = model.predict(X_test) if len(X) > 100 else y_test"],
        "does not say which predictions it took",
    ),
    "changed in place themselves": ([FIT, PREDICT, "pred[:] = 0"], "does not say how it made"),
    "of two models": (
        [FIT, PREDICT, "q = model.predict(X_test)", "pred = pred | q"],
        "several predictions",
    ),
    "a cell that failed": ([FIT, PREDICT + "\n1 / 0"], "ended with an error"),
    "no predictions": ([FIT, "pred = y_test.copy()"], "does not say how it made `y`"),
    "not all of them": (
        [FIT, "pred = model.predict(X)[test]"],
        "not all rows of the predictions were scored",
    ),
    "of no variable": (
        [FIT, "pred = model.predict(X_test + 0)"],
        "predicted of is not in a variable",
    ),
}


@pytest.mark.parametrize("way", UNCERTAIN)
def test_rows_are_not_traced_where_they_are_not_certain(way, cells):
    ran, said = UNCERTAIN[way]
    cells.run(*ran)
    for run in (cells.scored(SCORE), cells.named(SCORE)):
        assert rows(cells, run) is None
        assert said in why(run)


@pytest.mark.parametrize(
    "code",
    [
        f"{SCORE}\nX_test = X[train]",
        f"X_test = X[train]\n{SCORE}",
        f"pred = pred[::-1]\n{SCORE}",
        f"pred = pred[::-1]\nd = 1\n{SCORE}\npred = model.predict(X_test)",
    ],
)
def test_a_cell_that_changes_what_it_scored_claims_nothing(code, cells):
    cells.run(FIT, PREDICT)
    name = "X_test" if "X_test = " in code else "pred"
    for run in (cells.scored(code), cells.named(code)):
        assert rows(cells, run) is None
        assert f"changes `{name}`" in why(run)


def test_rows_are_those_of_the_predictions_when_the_model_was_fitted_again(cells):
    cells.run(FIT, PREDICT, "model.fit(X_train[:50], y_train[:50])")
    run = cells.scored(SCORE)
    check_traced(cells, run, model=None)
    [note] = [note for note in run.notes if "Whose predictions" in note]
    assert "cell [5] `model.fit(X_train[:50], y_train[:50])` changes `model`" in note


def test_predictions_are_those_of_the_model_that_made_them(cells):
    cells.run(
        FIT + "\nother = LogisticRegression(C=0.01).fit(X_train, y_train)",
        "old = model.predict(X_test)",
        "pred = other.predict(X_test)",
        "old = None",
    )
    check_traced(cells, cells.scored(SCORE), model="other")
    cells.run("models = {'a': model, 'b': other}", "pred = models['a'].predict(X_test)")
    run = cells.scored(SCORE)
    assert rows(cells, run) == cells.notebook["test"].tolist()
    assert run.params["C"] == 1.0


def test_a_cell_out_of_order_counts_as_it_ran(cells):
    cells.run(FIT, "pred = model.predict(X_train[:100])", PREDICT)
    check_traced(cells, cells.scored(SCORE))
    # The cell above the one before runs last: what it predicted of are the training rows.
    cells.run("pred = model.predict(X_train[:100])")
    assert rows(cells, cells.scored(SCORE)) is None


def test_what_a_restore_undid_has_not_run(cells):
    cells.run(FIT, PREDICT)
    kept = cells.recorder.take("predicted")
    cells.run("X_test = X[train]", "pred = model.predict(X_train)")
    cells.recorder.restore(kept.id)
    # Whether a thread or a callback has changed something meanwhile is on no record.
    cells.run("a = 1")
    run = cells.scored(SCORE)
    assert rows(cells, run) is None
    assert "no cell on record has made `pred`" in why(run)
    cells.run(PREDICT)
    check_traced(cells, cells.scored(SCORE))


def test_what_changed_between_the_cells_is_laid_to_the_next_one(cells):
    cells.run(FIT, PREDICT)
    cells.recorder.settle()
    cells.notebook.variables["X_test"][:] = 0  # as a callback of a widget does
    cells.run("a = 1")
    run = cells.scored(SCORE)
    assert rows(cells, run) is None
    assert "`a = 1` changes `X_test` after the predictions were made" in why(run)


def test_nothing_is_claimed_across_a_cell_that_could_not_be_recorded(cells, monkeypatch):
    cells.run(FIT, PREDICT)
    cells.recorder.settle()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(cells.notebook.workspace.history, "record", full)
        cells.run("X_test[:] = 0")
        cells.recorder.settle()
    assert cells.recorder.problems
    cells.recorder.problems.clear()
    for _ in range(2):
        run = cells.scored(SCORE)
        assert rows(cells, run) is None
    assert "no cell on record has made `pred`" in why(run)


def test_where_the_cells_end_is_not_known_or_a_function_scores_nothing_is_claimed(cells):
    cells.run(FIT, PREDICT, "def evaluate():\n    return accuracy_score(y_test, pred)")
    assert rows(cells, cells.scored("score = evaluate()")) is None
    block = cells.notebook.workspace.runs.start("block", namespace=cells.notebook.namespace)
    with block:
        cells.run(SCORE)
    assert rows(cells, block.run) is None
    assert block.run.metrics == {"accuracy": cells.notebook["score"]}


def test_an_object_that_raises_when_it_is_looked_at_keeps_the_run_from_nothing(cells):
    cells.run(
        "class Odd(str):\n    __hash__ = str.__hash__",
        FIT + "\ndata = {'X': X_test}\nkey = Odd('X')",
        "pred = model.predict(data[key])",
        "Odd.__hash__ = None",
    )
    run = cells.scored(SCORE)
    assert run.metrics == {"accuracy": cells.notebook["score"]}
    assert rows(cells, run) is None
    assert any("is not known: unhashable type" in note for note in run.notes)


def test_what_cannot_be_saved_claims_nothing(cells):
    cells.run(FIT, "data = {'X': X_test, 'stream': (n for n in 'ab')}")
    cells.run("pred = model.predict(data['X'])", "data['X'][:] = 0")
    run = cells.scored(SCORE)
    assert rows(cells, run) is None
    assert "`data` cannot be saved" in why(run)


def test_rows_of_pandas_objects_are_those_of_their_labels(cells):
    cells.run(
        "frame = pd.DataFrame(X).assign(y=y)\ndel X, X_train, X_test",
        "X_train, X_test = frame.iloc[train, :20], frame.iloc[test, :20]",
        FIT,
        PREDICT,
    )
    plain = cells.scored(SCORE)
    cells.run("y_test = frame['y'].iloc[test]")
    labelled = cells.scored(SCORE)
    cells.run("X_test = None")
    without = cells.scored(SCORE)
    for run in (plain, labelled, without):
        [found] = run.rows
        assert (found.table, found.by) == ("frame", "index")
        found = cells.notebook.workspace.runs.rows(run, "test")
        assert found.tolist() == cells.notebook["test"].tolist()


def test_several_metrics_on_the_same_predictions_are_of_the_same_rows(cells):
    cells.run(FIT, PREDICT, "proba = model.predict_proba(X_test)")
    run = cells.scored(
        "a = accuracy_score(y_test, y_pred=pred); r = roc_auc_score(y_test, proba[:, 1])"
    )
    check_traced(cells, run)
    assert run.metrics == {"accuracy": cells.notebook["a"], "roc_auc": cells.notebook["r"]}


def test_a_cell_that_scores_is_a_run_of_the_model_whose_predictions_it_scored(cells):
    recorder, shell = cells.recorder, None
    auto = AutoRuns(
        shell,
        cells.notebook.workspace.runs,
        cells.notebook.namespace,
        recorder.session,
        lambda run: None,
        recorder.past_by_the_page,
    )
    cells.run(FIT, PREDICT, "others = y_test.copy()")
    try:
        for scored, words in (
            (SCORE, "LogisticRegression, scored"),
            (SCORE[:-5] + "others)", None),
        ):
            active = cells.notebook.workspace.runs.start("", origin="auto")
            active.watch()
            name = f"<scoring {words}>"
            linecache.cache[name] = (len(scored), None, [scored], name)
            exec(compile(scored, name, "exec"), cells.notebook.variables)
            active.unwatch()
            follower = auto.follower(active, Cell(scored, scored))
            assert (None if follower is None else follower.message) == (
                None if words is None else f"run: {words}"
            )
    finally:
        auto.close()


def test_cells_that_score_no_earlier_predictions_look_at_nothing_that_ran_before(
    cells, monkeypatch
):
    asked: list[bool] = []
    real = cells.recorder._ran
    monkeypatch.setattr(cells.recorder, "_ran", lambda line: asked.append(True) or real(line))
    cells.run(FIT, PREDICT, "a = 1")
    cells.scored("s = accuracy_score(y_test, model.predict(X_test))")
    assert asked == []
    cells.scored(SCORE)
    assert asked == [True]


def test_only_statements_that_surely_change_nothing_are_quiet():
    import numpy as np
    from sklearn.utils import shuffle

    class Own:
        pass

    known = {"np": np, "shuffle": shuffle, "Own": Own, "X": np.zeros(3), "gone": None}
    quiet = [
        "print(X)",
        "a = shuffle(X)",
        "import numpy",
        "a = X[0] + 1",
        "a = np.where(X > 1, 1, 0)",
    ]
    loud = [
        "np.random.shuffle(X)",
        "X.sort()",
        "X[0] = 1",
        "Own()",
        "gone(X)",
        "for a in X: pass",
        "np.where(X, 1, 0, out=X)",
        "f(**more)",
        "help_me(X)",
    ]
    assert all(Straight(code).is_quiet(0, known, {}) for code in quiet)
    assert not any(Straight(code).is_quiet(0, known, {}) for code in loud)
    assert not Straight("print(table)").is_quiet(0, known, {"table": ["X"]})
