"""What is shown of a package leads to its files."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from notewright.packaging.records import Package
from notewright.views.packaging import package_view


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs)["href"] or "")


@pytest.mark.parametrize("folder", ["project", "a 'b' & <c> #1?%20"])
def test_links_are_relative_to_the_notebooks_folder_whatever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    place = tmp_path / folder / "packages" / "loans"
    place.mkdir(parents=True)
    (place / "README.md").write_text("read me")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    proof = {"result": "equal", "model": {}, "metrics": {}, "tests": {"summary": "1 passed"}}
    package = Package(
        *("0" * 16, "0" * 64, "loans", 1, "2026-01-01T00:00:00.000000Z", "notebook", "model"),
        *("f", None, None, None, None, (), "loans-1.0.0-py3-none-any.whl", proof, ()),
        *(place, place, place),
    )
    links = _Links()
    links.feed(package_view(package).html())
    assert [Path(unquote(link)).resolve().read_text() for link in links.found] == ["read me"]
    assert all(":" not in link and not link.startswith("/") for link in links.found)
