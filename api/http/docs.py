"""The pages ``/docs`` and ``/openapi.json``; Swagger UI comes from this process and needs no internet."""

from __future__ import annotations

from importlib import resources
from typing import Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response

_FILES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}


def add_docs(app: FastAPI) -> None:
    """Add ``/openapi.json``, and ``/docs`` with the three files it needs."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Malha: HTTP API",
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="docs/favicon-32x32.png",
        swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True},
    )

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return Response(orjson.dumps(app.openapi()), media_type="application/json")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page.body)

    def add_file(name: str, media_type: str) -> None:
        @app.get(f"/docs/{name}", include_in_schema=False)
        def file() -> Response:
            content = resources.files("fastapi_swagger").joinpath("resources", name).read_bytes()
            return Response(content, media_type=media_type)

    for name, media_type in _FILES.items():
        add_file(name, media_type)
