"""`%nw explain`: what moves a model's answers, and the reasons for one, from a notebook's run."""

from __future__ import annotations

import pytest
from tests.governance.test_inputs import LOAD, STYLES

from notewright.errors import UsageError
from notewright.verbs import find_verb
from notewright.verbs.base import Context


@pytest.fixture
def explained(workspace, registered):
    """Return a function that explains the model of a notebook by words after `explain`."""
    split, trained, _ = STYLES["labels under other names"]
    registered(LOAD + split, trained)
    (workspace.root / "policy.yaml").unlink()  # it is not needed

    def explain(words: str):
        verb = find_verb("explain")
        parsed = verb.parser().parse_args(words.split())
        return verb.run(parsed, Context(workspace))

    return explain


def test_what_moves_the_answers_is_a_table_with_the_telling_column_first(explained):
    view = explained("model --rows 20")
    data = view.data()
    assert data["columns"][0]["column"] == "amount"
    assert (data["rows"], len(data["columns"])) == (20, 2)
    assert data["gap"] < 1e-6
    assert "amount" in view.text()
    assert "<table" in view.html()


def test_the_reasons_for_one_row_add_up_to_its_answer(explained, workspace):
    labels = workspace.runs.evaluation(workspace.runs.list()[-1]).rows.tolist()
    view = explained(f"model --row {labels[7]} --top 1")
    data = view.data()
    parts = sum(reason["part"] for reason in data["reasons"])
    assert data["base"] + parts == pytest.approx(data["said"], abs=1e-9)
    assert "1 more column " in view.text()


def test_a_row_that_was_not_scored_gets_a_pointed_error(explained):
    with pytest.raises(UsageError, match="was not scored on a row 'nobody'") as caught:
        explained("model --row nobody")
    assert "by its label" in caught.value.remedy
