"""`make screens`: pictures of every page, of a platform started for them, in docs/screens/."""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from browser import NoBrowserError, ask, open_browser
from playwright.sync_api import Browser, Page, StorageState, expect

from services.__main__ import platform
from services.cli.demo import free_settings
from services.laptop import create_sign_in_link

SCREENS = Path(__file__).parents[1] / "docs" / "screens"
ANSWERED = "How many stores are there in each region?"
WITHHELD = "How many zeppelins did the moon buy?"


@dataclass(frozen=True)
class Picture:
    """A page as it is photographed: its file is named after what it shows and how."""

    shows: str
    look: str
    width: int = 1200
    height: int = 900

    @property
    def path(self) -> Path:
        return SCREENS / f"{self.shows}-{self.look}.png"


PICTURES = (
    Picture("answer", "light", height=1000),
    Picture("answer", "dark", height=1000),
    Picture("answer", "phone", width=400, height=860),
    Picture("ask", "light"),
    Picture("withheld", "light"),
    Picture("schema", "light"),
    Picture("history", "light"),
    Picture("sources", "light"),
    Picture("sources", "phone", width=400, height=860),
)


async def screens() -> None:
    with tempfile.TemporaryDirectory(prefix="candor-screens-") as folder:
        # The embedded server may run as a user of its own, who must be able to enter.
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        settings = free_settings(Path(folder) / "state")
        async with platform(settings, verbose=False):
            link = await create_sign_in_link(settings)
            await asyncio.to_thread(_photograph, link, settings.url)


def _photograph(link: str, url: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(link)
        pages = {"ask": f"{url}/", "sources": f"{url}/", "schema": f"{url}/schema", "history": f"{url}/history"}
        for shows, question in (("withheld", WITHHELD), ("answer", ANSWERED)):
            page.goto(pages["ask"])
            ask(page, question)
            pages[shows] = page.url
        signed_in = page.context.storage_state()
        for picture in PICTURES:
            _take(browser, signed_in, pages[picture.shows], picture)


def _take(browser: Browser, signed_in: StorageState, url: str, picture: Picture) -> None:
    context = browser.new_context(
        storage_state=signed_in,
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.look == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    _settle(page, picture.shows)
    page.screenshot(path=picture.path, animations="disabled", caret="hide")
    sys.stdout.write(f"{picture.path.name}: {picture.path.stat().st_size / 1000:.0f} kB\n")
    context.close()


def _settle(page: Page, shows: str) -> None:
    """Waits for what the page shows last."""
    match shows:
        case "answer":
            # The editor takes the place of the plain text.
            expect(page.get_by_role("group", name="SQL statement").locator(".view-line").first).to_be_visible()
            expect(page.get_by_role("heading", name="How it got there")).to_be_visible()
        case "withheld":
            expect(page.get_by_role("heading", name="Words that matched nothing")).to_be_visible()
        case "schema":
            page.get_by_role("list", name="Tables").get_by_text("public.customers", exact=True).click()
        case "sources":
            page.get_by_role("button", name="Add data source").click()
            dialog = page.get_by_role("dialog", name="Add a data source")
            dialog.get_by_role("radio", name="Snowflake").click()
            expect(dialog.get_by_role("textbox", name="Account")).to_be_visible()
        case "history":
            expect(page.get_by_role("list", name="Questions").get_by_text(ANSWERED)).to_be_visible()
        case _:
            expect(page.get_by_role("combobox", name="Data source")).to_be_visible()
    page.evaluate("document.fonts.ready")


def main() -> int:
    try:
        asyncio.run(screens())
    except NoBrowserError as error:
        sys.stderr.write(f"screens: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
