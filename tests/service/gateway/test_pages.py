"""The web app, the API's description and its browser: served from here, cached as they may be, closed to the rest."""

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from edge_stand import Loop, free_port, gateway_server

HTML = {"accept": "text/html"}


def test_a_pages_address_gives_the_app(gateway: Any) -> None:
    for path in ("/", "/history/g1", "/?signin=invalid"):
        response = gateway.client.get(path, headers=HTML)
        assert (response.status_code, response.text) == (200, "<!doctype html><title>Candor</title>")
        assert response.headers["cache-control"] == "no-cache"


def test_pages_may_load_nothing_from_elsewhere(gateway: Any) -> None:
    for path in ("/", "/docs"):
        headers = gateway.client.get(path, headers=HTML).headers
        policy = headers["content-security-policy"].split("; ")
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert not any("unsafe" in rule for rule in policy if not rule.startswith("style-src"))
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_what_is_named_after_its_content_is_kept_forever(gateway: Any) -> None:
    response = gateway.client.get("/assets/index-4bf92f35.js")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"].startswith("text/javascript")
    again = gateway.client.get("/favicon.svg", headers={"if-none-match": response.headers["etag"]})
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/assets/nothing.js", "/nothing", "/docs/nothing.js", "/docs/..%2f__init__.py"])
def test_a_file_that_does_not_exist_is_not_found(gateway: Any, path: str) -> None:
    response = gateway.client.get(path)
    assert (response.status_code, response.json()["details"][0]["reason"]) == (404, "UNIMPLEMENTED")


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/assets/..%5c..%5csecret.txt", "//secret.txt"]
)
def test_no_path_leaves_the_folder(gateway: Any, path: str) -> None:
    assert "not yours" not in gateway.client.get(path, headers=HTML).text


def test_the_api_is_described_and_can_be_browsed(gateway: Any) -> None:
    assert gateway.client.get("/openapi.json").json()["openapi"] == "3.1.0"
    page = gateway.client.get("/docs").text
    for asset in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert f"/docs/{asset}" in page
        assert gateway.client.get(f"/docs/{asset}").status_code == 200
    assert "://" not in page


def test_the_gateway_says_that_it_serves(gateway: Any) -> None:
    assert gateway.client.get("/healthz").json() == {"status": "serving"}


def test_without_the_web_app_the_rest_is_served_and_the_page_says_so(tmp_path: Path) -> None:
    loop = Loop()
    try:
        with gateway_server(loop, web_folder=tmp_path, accounts_address=f"127.0.0.1:{free_port()}") as address:
            page = httpx.get(f"http://{address}/", headers=HTML, trust_env=False)
            assert (page.status_code, "make setup" in page.text) == (503, True)
            assert httpx.get(f"http://{address}/healthz", trust_env=False).status_code == 200
            keys = httpx.get(f"http://{address}/.well-known/jwks.json", trust_env=False)
            assert (keys.status_code, keys.json()["code"]) == (503, 14)
    finally:
        loop.close()


@pytest.mark.browser
def test_the_api_browser_starts_under_its_policy(gateway: Any) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        program = str(own) if own.exists() else shutil.which("chromium")
        if program is None:
            pytest.skip("no headless browser is installed")
        browser = playwright.chromium.launch(executable_path=program)
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(f"{gateway.origin}/docs")
        page.get_by_text("/v1/organizations/{organization}/generations/{generation}:watch").first.wait_for()
        browser.close()
    assert complaints == []
