"""The conformance program of the browser: the TypeScript client's cases on a page of the edge's own origin."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from browser import open_browser

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "typescript"
# The web app's own bundler.
ROLLDOWN = ROOT / "web" / "node_modules" / ".bin" / "rolldown"
PAGE = f"http://{os.environ['CANDOR_ADDRESS']}/conformance"


def bundle() -> str:
    """The cases as one script for a browser."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "page.js"
        command = [
            str(ROLLDOWN),
            "conformance/page.mjs",
            "--file",
            str(out),
            "--format",
            "iife",
            "--platform",
            "browser",
        ]
        subprocess.run(command, cwd=CLIENT, check=True, capture_output=True)
        return out.read_text()


def main(names: list[str]) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        page.route(PAGE, lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
        page.goto(PAGE)
        page.expose_function("say", _say)
        page.add_script_tag(content=bundle())
        page.evaluate("([names, token]) => tryCases(names, token, say)", [names, os.environ["CANDOR_TOKEN"]])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
