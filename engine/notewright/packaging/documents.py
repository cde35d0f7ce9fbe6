"""The documents of a package, from their templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from notewright.packaging.templating import environment


def render_document(template: str, **values: Any) -> str:
    """Return a document from its template."""
    made = environment()
    made.filters.setdefault("cell", _cell)
    text: str = made.get_template(f"{template}.j2").render(**values)
    return re.sub(r"\n{3,}", "\n\n", text)


def edge_table(edges: Mapping[str, Any] | None) -> str:
    """Return README.md's table of what the command answers to values that training never saw."""
    return render_document("EDGES.md", edges=edges or {})


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
