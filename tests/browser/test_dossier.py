"""A dossier in a real browser: it shows in light and dark, fits a phone, and prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.views.test_dossier_page import HOSTILE, dossier_of

from notewright.views.dossier_files import write_dossier

#: The luminance of a background, from its CSS.
LUMINANCE = """() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
  .slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_document_shows_in_the_reader_s_theme_and_runs_nothing(
    chromium: Browser, tmp_path: Path, pictures: Path, scheme: str
):
    file = tmp_path / "dossier.html"
    write_dossier(dossier_of(HOSTILE[2]), str(file))
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1100, "height": 1400})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto(file.as_uri())
    page.screenshot(path=pictures / f"dossier-{scheme}.png")
    assert asked == [file.as_uri()]
    assert (page.evaluate(LUMINANCE) > 128) == (scheme == "light")
    page.get_by_role("link", name="Findings of the checks").click()
    assert page.url.endswith("#findings")
    page.emulate_media(media="print")
    assert page.evaluate(LUMINANCE) > 128
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_the_document_is_printed_to_pdf(chromium: Browser, tmp_path: Path):
    file = tmp_path / "dossier.pdf"
    write_dossier(dossier_of("words"), str(file))
    content = file.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page") > 10
