"""The page as people use it: a headless Chromium against the whole platform."""

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import NoBrowserError, ask, open_browser
from playwright.sync_api import Browser, Locator, Page, StorageState, WebSocketRoute, expect
from system.conftest import ROOT, RunningPlatform

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.xdist_group("platform")]

QUESTION = "How many customers are there in each segment?"
NONSENSE = "How many zeppelins did the moon buy?"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
# What each page shows last: its role and its name.
SHOWN_LAST = {
    "ask": ("heading", "Try one of these"),
    "answer": ("heading", "How it got there"),
    "withheld": ("heading", "Words that matched nothing"),
    "schema": ("list", "Tables"),
    "history": ("list", "Questions"),
}
WATCH_STEPS = """
window.seen = [];
new MutationObserver(() => {
  const now = {
    heading: document.querySelector("#steps-title")?.textContent,
    steps: document.querySelectorAll("ol[aria-label=Steps] > li").length,
  };
  if (now.heading) window.seen.push(now);
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with open_browser() as opened:
            yield opened
    except NoBrowserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def signed_in(browser: Browser, platform: RunningPlatform) -> StorageState:
    """What a browser keeps of someone who has signed in."""
    context = browser.new_context(base_url=platform.url)
    context.new_page().goto(platform.new_link())
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(browser: Browser, platform: RunningPlatform, signed_in: StorageState) -> Iterator[Page]:
    with browser.new_context(base_url=platform.url, storage_state=signed_in) as context:
        yield context.new_page()


@pytest.fixture
def stranger(browser: Browser, platform: RunningPlatform) -> Iterator[Page]:
    """A page of someone who has not signed in."""
    with browser.new_context(base_url=platform.url) as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def places(browser: Browser, platform: RunningPlatform, signed_in: StorageState) -> dict[str, str]:
    """Where every page is, one with an answer and one without among them."""
    found = {"ask": "/", "schema": "/schema", "history": "/history"}
    with browser.new_context(base_url=platform.url, storage_state=signed_in) as context:
        page = context.new_page()
        for name, question in (("answer", QUESTION), ("withheld", NONSENSE)):
            page.goto("/")
            ask(page, question)
            found[name] = urlsplit(page.url).path
    return found


def visit(page: Page, places: dict[str, str], name: str) -> None:
    page.goto(places[name])
    role, shown = SHOWN_LAST[name]
    expect(page.get_by_role(role, name=shown)).to_be_visible()  # type: ignore[arg-type]


def steps(page: Page) -> Locator:
    return page.locator("ol[aria-label=Steps] > li")


def alert(page: Page, text: str) -> Locator:
    # The editor keeps empty alerts of its own.
    return page.get_by_role("alert").filter(has_text=text)


def test_a_person_signs_in_asks_watches_the_steps_and_reads_a_checked_answer(
    platform: RunningPlatform, stranger: Page
) -> None:
    stranger.add_init_script(WATCH_STEPS)
    stranger.goto(platform.new_link())
    expect(stranger).to_have_url(f"{platform.url}/")
    expect(stranger.get_by_role("combobox", name="Data source")).to_have_text("Sample")
    ask(stranger, QUESTION)
    seen = stranger.evaluate("window.seen")
    assert seen[0]["heading"] == "At work"
    assert min(each["steps"] for each in seen) < steps(stranger).count()
    for step in steps(stranger).all():
        expect(step).to_contain_text(re.compile(r"\d (ms|s)"))
    answer = stranger.get_by_role("article")
    expect(answer.get_by_text(re.compile("number of rows of customers")).last).to_be_visible()
    expect(stranger.get_by_role("table", name="Rows").get_by_role("row")).to_have_count(4)
    expect(stranger.get_by_role("group", name="SQL statement")).to_contain_text(re.compile(r"GROUP\sBY"))
    expect(stranger.get_by_role("region", name="Checks")).to_contain_text("the statement only reads")


def test_a_used_link_is_refused_in_words(platform: RunningPlatform, stranger: Page) -> None:
    link = platform.new_link()
    stranger.goto(link)
    expect(stranger.get_by_role("textbox", name="Your question")).to_be_visible()
    stranger.context.clear_cookies()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="Sign in to Candor")).to_be_visible()
    expect(alert(stranger, "That link has been used or has expired")).to_be_visible()


def test_who_signs_out_is_out(platform: RunningPlatform, stranger: Page) -> None:
    stranger.goto(platform.new_link())
    assert stranger.request.get("/v1/caller").status == 200
    stranger.get_by_role("button", name="Sign out").click()
    expect(stranger.get_by_role("heading", name="Sign in to Candor")).to_be_visible()
    assert stranger.request.get("/v1/caller").status == 401


def test_a_question_about_nothing_in_the_data_is_withheld_with_the_words_that_matched_nothing(page: Page) -> None:
    page.goto("/")
    ask(page, NONSENSE)
    expect(page.get_by_role("heading", name="Candor does not know")).to_be_visible()
    unknown = page.get_by_role("region", name="Words that matched nothing")
    expect(unknown.get_by_role("listitem")).to_have_text(["zeppelins", "moon", "buy"])
    expect(page.get_by_role("heading", name="SQL")).to_have_count(0)


def test_a_dropped_connection_resumes_without_a_doubled_or_missing_step(page: Page) -> None:
    opened: list[str] = []

    def cut_the_first_three(route: WebSocketRoute) -> None:
        opened.append(route.url)
        server = route.connect_to_server()
        if len(opened) <= 3:
            server.on_message(lambda frame: _send_one_and_close(route, frame))

    page.route_web_socket(re.compile("/ws/generations/"), cut_the_first_three)
    page.goto("/")
    page.get_by_role("textbox", name="Your question").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("region", name="Checks")).to_be_visible()
    expect(page.get_by_role("table", name="Rows")).to_be_visible()
    undisturbed = page.context.new_page()
    undisturbed.goto(page.url)
    expect(undisturbed.get_by_role("table", name="Rows")).to_be_visible()
    expect(steps(undisturbed).last).to_contain_text(re.compile(r"\d (ms|s)"))
    expect(steps(page)).to_have_text(steps(undisturbed).all_inner_texts(), use_inner_text=True)
    assert [parse_qs(urlsplit(url).query)["after"] for url in opened] == [[str(sequence)] for sequence in range(4)]


def _send_one_and_close(route: WebSocketRoute, frame: str | bytes) -> None:
    events = json.loads(frame).get("events", [])
    route.send(json.dumps({"events": events[:1]}))
    route.close(code=1011)


def test_a_draft_question_survives_a_refresh(page: Page) -> None:
    page.goto("/")
    draft = page.get_by_role("textbox", name="Your question")
    draft.fill("How many orders were")
    page.reload()
    expect(draft).to_have_value("How many orders were")


def test_history_opens_a_past_answer(page: Page, places: dict[str, str]) -> None:
    visit(page, places, "history")
    page.get_by_role("list", name="Questions").get_by_role("link", name=QUESTION).first.click()
    expect(page.get_by_role("heading", level=1, name=QUESTION)).to_be_visible()
    expect(page.get_by_role("table", name="Rows").get_by_role("row")).to_have_count(4)


def test_the_schema_shows_tables_keys_and_comments(page: Page, places: dict[str, str]) -> None:
    visit(page, places, "schema")
    page.get_by_role("searchbox", name="Filter tables and columns").fill("customers")
    tables = page.get_by_role("list", name="Tables")
    expect(tables.get_by_text("People and companies that bought or signed up")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+ tables? with “customers”"))).to_be_visible()
    page.get_by_role("searchbox", name="Filter tables and columns").fill("")
    expect(page.get_by_text(re.compile("^15 tables"))).to_be_visible()
    tables.get_by_text("public.orders", exact=True).click()
    columns = tables.get_by_role("list", name="Columns of public.orders")
    expect(columns.get_by_role("listitem").filter(has_text="primary key")).to_contain_text("order_id")
    expect(columns.get_by_text("public.customers.customer_id")).to_be_visible()
    page.get_by_role("button", name="Sync schema").click()
    expect(page.get_by_text("Read just now: nothing has changed.")).to_be_visible()


def test_a_data_source_of_ones_own_can_be_added_and_asked_and_its_values_are_text(
    page: Page, platform: RunningPlatform
) -> None:
    path = platform.state.parent / "guests.db"
    _write_guests(path)
    page.goto("/")
    page.get_by_role("button", name="Add data source").click()
    dialog = page.get_by_role("dialog", name="Add a data source")
    dialog.get_by_role("radio", name="SQLite file").click()
    dialog.get_by_role("textbox", name="Name").fill("Guests")
    dialog.get_by_role("textbox", name="Path").fill(str(path))
    dialog.get_by_role("button", name="Add data source").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("combobox", name="Data source")).to_have_text("Guests")
    ask(page, "What are the names of the guests?")
    expect(page.get_by_text("Asked of Guests")).to_be_visible()
    expect(page.get_by_role("cell", name="<img src=x onerror=alert(1)>")).to_be_visible()


def _write_guests(path: Path) -> None:
    database = sqlite3.connect(path)
    with database:
        database.execute("CREATE TABLE guests (guest_id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        database.executemany("INSERT INTO guests (name) VALUES (?)", [("Ada",), ("<img src=x onerror=alert(1)>",)])
    database.close()


@pytest.mark.parametrize(("path", "words"), [("/etc/passwd", "may not connect"), ("", "Write the path")])
def test_a_wrong_path_is_said_in_words_and_what_was_written_stays(page: Page, path: str, words: str) -> None:
    page.goto("/")
    page.get_by_role("button", name="Add data source").click()
    dialog = page.get_by_role("dialog", name="Add a data source")
    dialog.get_by_role("textbox", name="Name").fill("Wrong")
    dialog.get_by_role("textbox", name="Path").fill(path)
    dialog.get_by_role("button", name="Add data source").click()
    expect(dialog.get_by_text(re.compile(words))).to_be_visible()
    expect(dialog.get_by_role("textbox", name="Name")).to_have_value("Wrong")


def test_an_address_that_leads_nowhere_says_so(page: Page) -> None:
    page.goto("/ask/nothing")
    expect(alert(page, "This question is not here")).to_be_visible()
    page.goto("/nothing")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_the_whole_way_works_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("textbox", name="Your question")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Add data source"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Add data source")).to_be_focused()
    tab_to(page, page.get_by_role("textbox", name="Your question"), backward=True)
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Rows")).to_be_visible()
    expect(page.get_by_role("heading", name="How it got there")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Copy SQL"))
    drafting = steps(page).filter(has_text="Drafting SQL")
    tab_to(page, drafting.locator("summary"))
    page.keyboard.press("Enter")
    expect(drafting.get_by_role("listitem").first).to_be_visible()
    tab_to(page, page.get_by_role("link", name="History"), backward=True)
    page.keyboard.press("Enter")
    first = page.get_by_role("list", name="Questions").get_by_role("link").first
    expect(first).to_contain_text(QUESTION)
    tab_to(page, first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=QUESTION)).to_be_visible()


def tab_to(page: Page, target: Locator, *, backward: bool = False) -> None:
    """Presses Tab until the target has the focus, as someone without a mouse does."""
    expect(target).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if backward else "Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{target} cannot be reached with the keyboard")


def test_no_page_asks_another_origin_or_offends_the_policy(
    page: Page, platform: RunningPlatform, places: dict[str, str]
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type != "info" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    response = page.goto("/")
    assert response is not None
    assert "default-src 'self'" in response.headers["content-security-policy"]
    ask(page, QUESTION)
    expect(page.locator(".view-line").first).to_be_visible()
    for name in places:
        visit(page, places, name)
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))} == {
        urlsplit(platform.url).netloc
    }
    assert complaints == []


@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("name", SHOWN_LAST)
def test_nothing_scrolls_sideways(page: Page, places: dict[str, str], name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    visit(page, places, name)
    if name == "schema":
        page.get_by_role("list", name="Tables").get_by_text("public.orders", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_follows_the_system_until_one_is_chosen(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    assert lightness(page) < 0.3
    page.get_by_role("button", name="Use the light theme").click()
    assert lightness(page) > 0.9
    page.reload()
    expect(page.get_by_role("button", name="Use the dark theme")).to_be_visible()
    assert lightness(page) > 0.9


def lightness(page: Page) -> float:
    """How light the page is, from 0 to 1."""
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    found = re.match(r"oklch\(([\d.]+)", color)
    assert found, color
    return float(found.group(1))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SHOWN_LAST)
def test_no_page_shuts_anyone_out(page: Page, places: dict[str, str], name: str, scheme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm --prefix web ci`")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    visit(page, places, name)
    page.evaluate(AXE.read_text())
    violations = page.evaluate("axe.run().then(({ violations }) => violations)")
    found = [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations if is_serious(each)]
    assert found == []


def is_serious(violation: dict[str, str]) -> bool:
    return violation["impact"] in {"serious", "critical"}
