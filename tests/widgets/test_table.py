"""The table widget, and the static form that goes with it."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbconvert import HTMLExporter, MarkdownExporter

from notewright.views.base import Message, Table
from notewright_widgets import present
from notewright_widgets.beside import static
from notewright_widgets.table import TableWidget

HOSTILE = '<script>alert("x")</script>'


def rows(count: int) -> list[tuple[int, str]]:
    return [(n, f"row {n} {HOSTILE}") for n in range(count)]


@pytest.fixture(scope="module")
def executed(execute) -> nbformat.NotebookNode:
    """A notebook that showed a table as a widget, with the widget's state as nbclient saves it."""
    return execute(
        "%load_ext notewright", "kept = 1", '%nw snapshot -m "kept one"', "%nw timeline --widget"
    )


def test_a_saved_widget_can_be_read_where_no_script_can_be_fetched(executed, seen) -> None:
    assert executed.metadata["widgets"], "the widget's state was saved"
    html, _ = HTMLExporter().from_notebook_node(executed)
    text = seen(html)
    last = text[text.rindex("%nw timeline --widget") :]
    assert "variables" in last
    assert last.count("kept one") == 1


def test_elsewhere_the_table_is_there_once_too(executed) -> None:
    markdown, _ = MarkdownExporter().from_notebook_node(executed)
    last = markdown[markdown.rindex("%nw timeline --widget") :]
    assert last.count("kept one") == 1


def test_the_static_table_is_the_views_and_the_widget_names_it() -> None:
    view = Table(["n", "what"], rows(8), caption="A table")
    widget = TableWidget.of(view)
    shown = static(view, widget)
    assert shown["text/plain"] == view.text()
    assert shown["text/html"] == f'<div class="{widget.replaces}">{view.html()}</div>'
    assert "<script>" not in shown["text/html"]
    assert TableWidget.of(view).replaces != widget.replaces


def test_every_cell_reaches_the_widget_as_text() -> None:
    widget = TableWidget.of(Table(["n", "what"], rows(2)))
    assert widget.rows == [["0", f"row 0 {HOSTILE}"], ["1", f"row 1 {HOSTILE}"]]
    json.dumps(widget.get_state(["caption", "columns", "rows"]))


def test_the_widgets_script_never_sets_html() -> None:
    script = str(TableWidget._esm)
    assert "textContent" in script
    assert "innerHTML" not in script


def test_a_sentence_stays_static(monkeypatch) -> None:
    import sys
    import types

    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    assert present(Message("a sentence")) is False


def test_without_a_kernel_nothing_is_a_widget(monkeypatch) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert present(Table(["n", "what"], rows(50))) is False
