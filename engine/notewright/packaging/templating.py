"""The templates of a package's files."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def environment() -> Any:
    """Return the template environment."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("notewright.packaging"),
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - the templates are Python, not HTML
    )
    made.filters["python"] = repr
    return made
