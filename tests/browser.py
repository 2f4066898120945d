"""A headless Chromium, as the browser tests and the screenshots drive it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Both cores may be busy with another test's platform.
PATIENCE_MS = 15_000


class NoBrowserError(Exception):
    """No Chromium is installed here; the message says how to get one."""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """The first Chromium on PATH, else the one that Playwright installed.

    Raises:
        NoBrowserError: There is neither.
    """
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        program = next(filter(None, map(shutil.which, PROGRAMS)), own)
        if not Path(program).exists():
            raise NoBrowserError("no Chromium on PATH and none of Playwright's: run `playwright install chromium`")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def ask(page: Page, question: str) -> None:
    """Writes a question on the page that is open, asks it, and waits until its work has ended."""
    page.get_by_role("textbox", name="Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("heading", level=1, name=question)).to_be_visible()
    expect(page.get_by_role("heading", name="How it got there")).to_be_visible()
