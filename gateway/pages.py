"""What is only read: the built web app, the API's description and its browser. Nothing comes from elsewhere."""

from importlib.resources import as_file, files
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from gateway.settings import GatewaySettings

OPENAPI = Path(__file__).with_name("openapi.json")

_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; img-src 'self' data:; "
    "font-src 'self' data:; base-uri 'self'; form-action 'self'; object-src 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
# Vite names what lies in assets/ after its content, so it never changes; everything else is asked for again.
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_FRESH = {"cache-control": "no-cache"}

_DOCS_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Candor's API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""
_DOCS_START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null});\n'

_NO_WEB = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Candor</title>
<h1>The web app is not built</h1>
<p>Run <code>make setup</code> and start Candor again. The API is served all the same: <a href="/docs">/docs</a>.</p>
</html>
"""


def router(settings: GatewaySettings) -> APIRouter:
    """The routes `/healthz`, `/openapi.json`, `/docs` and, for everything else, the web app."""
    routes = APIRouter()
    routes.include_router(_docs())
    # Found once, so that no path of a request ever reaches the file system.
    web = {
        f"/{path.relative_to(settings.web_folder).as_posix()}": path
        for path in settings.web_folder.rglob("*")
        if path.is_file()
    }

    @routes.get("/healthz")
    async def health() -> Response:
        """Says that the gateway serves."""
        return JSONResponse({"status": "serving"}, headers=_FRESH)

    @routes.get("/{path:path}")
    async def web_app(request: Request, path: str) -> Response:
        """A file of the web app; for a page's address, the page that finds its way by itself."""
        file = web.get(f"/{path}")
        if file is None and "text/html" in request.headers.get("accept", ""):
            file = web.get("/index.html")
            if file is None:
                return HTMLResponse(_NO_WEB, 503, headers=_HEADERS)
        if file is None:
            raise HTTPException(404)
        caching = _FOREVER if path.startswith("assets/") else _FRESH
        return FileResponse(file, headers=_HEADERS | caching)

    return routes


def _docs() -> APIRouter:
    """The API's description, and a page to browse it and try it with one's own cookie."""
    routes = APIRouter()

    @routes.get("/openapi.json")
    async def openapi() -> Response:
        """The REST API as OpenAPI 3.1, generated from the contracts."""
        return FileResponse(OPENAPI, headers=_HEADERS | _FRESH)

    @routes.get("/docs")
    async def page() -> Response:
        """The API browser."""
        return HTMLResponse(_DOCS_PAGE, headers=_HEADERS | _FRESH)

    @routes.get("/docs/start.js")
    async def start() -> Response:
        """What starts the API browser; a file of its own, for pages may hold no scripts."""
        return Response(_DOCS_START, media_type="text/javascript", headers=_HEADERS | _FRESH)

    @routes.get("/docs/{name}")
    async def asset(name: str) -> Response:
        """The API browser's own files, from the package that brings them."""
        if name not in {"swagger-ui-bundle.js", "swagger-ui.css"}:
            raise HTTPException(404)
        with as_file(files("fastapi_swagger") / "resources" / name) as path:
            return FileResponse(path, headers=_HEADERS | _FRESH)

    return routes
