"""The table widget, and the static form that goes with it."""

from __future__ import annotations

import json

from notewright.views.base import Message, Table
from notewright_widgets import present
from notewright_widgets.table import TableWidget

HOSTILE = '<script>alert("x")</script>'


def rows(count: int) -> list[tuple[int, str]]:
    return [(n, f"row {n} {HOSTILE}") for n in range(count)]


def test_a_widget_carries_the_static_table_beside_itself() -> None:
    view = Table(["n", "what"], rows(8), caption="A table")
    bundle = TableWidget.of(view)._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == view.text()
    assert data["text/html"] == view.html()
    assert "<script>" not in data["text/html"]


def test_every_cell_reaches_the_widget_as_text() -> None:
    widget = TableWidget.of(Table(["n", "what"], rows(2)))
    assert widget.rows == [["0", f"row 0 {HOSTILE}"], ["1", f"row 1 {HOSTILE}"]]
    json.dumps(widget.get_state(["caption", "columns", "rows"]))


def test_the_widgets_script_never_sets_html() -> None:
    script = (
        TableWidget._esm.read_text()
        if hasattr(TableWidget._esm, "read_text")
        else str(TableWidget._esm)
    )
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
