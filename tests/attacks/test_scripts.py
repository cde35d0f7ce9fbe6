"""Script in names, values and notes: what is shown has the markup that it has with plain words."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.attacks.hostile_words import WORDS, cells, execute, harmless

pytestmark = pytest.mark.slow


class _Structure(HTMLParser):
    """The tags of a page with their attributes, without the words between them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str], ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = tuple((name, harmless(value or "")) for name, value in attrs)
        self.tags.append((tag, said))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))


def structure(page: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    reader = _Structure()
    reader.feed(page)
    return [
        (tag, tuple((n, "" if n in ("src", "id", "style") else v) for n, v in attributes))
        for tag, attributes in reader.tags
    ]


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory):
    """The notebook run with hostile words and with harmless ones, and the folders."""
    made = []
    for hostile in (True, False):
        folder = tmp_path_factory.mktemp("hostile" if hostile else "harmless")
        made.append((execute(str(folder), cells(hostile=hostile)), folder))
    return made


def shown(cell) -> list[str]:
    return [o["data"].get("text/html", "") for o in cell.outputs if "data" in o]


def test_every_cell_does_what_it_does_with_harmless_words(twins) -> None:
    for evil, plain in zip(*(notebook.cells for notebook, _ in twins), strict=True):
        errors = [o.get("evalue", "") for o in evil.outputs if o.output_type == "error"]
        assert not errors, (evil.source, errors)
        assert [o.output_type for o in evil.outputs] == [o.output_type for o in plain.outputs]


def test_every_output_has_the_markup_of_its_harmless_twin(twins) -> None:
    looked = 0
    for evil, plain in zip(*(notebook.cells for notebook, _ in twins), strict=True):
        for one, other in zip(shown(evil), shown(plain), strict=True):
            assert structure(one) == structure(other), evil.source
            looked += bool(one)
    assert looked >= 20


@pytest.mark.parametrize("name", ["report.html", "dossier.html"])
def test_every_page_that_is_written_has_the_markup_of_its_harmless_twin(twins, name) -> None:
    pages = [(folder / name).read_text(encoding="utf-8") for _, folder in twins]
    assert structure(pages[0]) == structure(pages[1])
    assert not any(word in pages[0] for word in WORDS if "<" in word)


def test_the_words_are_all_shown(twins) -> None:
    notebook, folder = twins[0]
    said = "".join(html.unescape(page) for cell in notebook.cells for page in shown(cell))
    said += html.unescape((Path(folder) / "dossier.html").read_text(encoding="utf-8"))
    assert [word for word in WORDS if word not in said] == []
