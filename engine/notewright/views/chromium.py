"""Printing a page to PDF with the Chromium or Chrome that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from notewright.errors import NoBrowser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
#: Where Playwright puts the browsers that it downloads, and the browser inside.
_CACHES = {"linux": "~/.cache/ms-playwright", "darwin": "~/Library/Caches/ms-playwright"}
_INSIDE = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
    "chromium-*/chrome-mac*/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
)
#: Seconds; a long document takes a few.
_PATIENCE = 120


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome, or None.

    ``NOTEWRIGHT_CHROMIUM`` names one that is in none of the usual places; those that
    Playwright downloaded are found too.
    """
    named = os.environ.get("NOTEWRIGHT_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    found = (shutil.which(name) for name in _NAMES)
    places = (place for place in _PLACES if Path(place).exists())
    return next(filter(None, [*found, *places, *_downloaded()]), None)


def _downloaded() -> list[str]:
    """Return the browsers in Playwright's cache, the newest first."""
    cache = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or _CACHES.get(sys.platform, "")
    folder = Path(cache).expanduser()
    if not cache or not folder.is_dir():
        return []
    found = [path for inside in _INSIDE for path in folder.glob(inside)]
    return [str(path) for path in sorted(found, reverse=True)]


def pdf(page: str) -> bytes:
    """Return a page as PDF, printed by a browser that reaches no network.

    Raises
    ------
    NoBrowser
        If there is none, or it does not print.
    """
    browser = find_chromium()
    if browser is None:
        raise NoBrowser("no Chromium or Chrome was found")
    with tempfile.TemporaryDirectory(prefix="notewright-") as made:
        folder = Path(made)
        (folder / "page.html").write_text(page, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--disable-extensions",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--no-pdf-header-footer",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
            f"--print-to-pdf={folder / 'page.pdf'}",
            (folder / "page.html").as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # a browser of root's does not start with it
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=_PATIENCE, check=False, text=True
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoBrowser(f"{browser} did not print ({type(error).__name__})") from error
        printed = folder / "page.pdf"
        if not printed.is_file():
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise NoBrowser(f"{browser} did not print: {said[:200]}")
        return printed.read_bytes()
