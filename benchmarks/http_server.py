"""The servers that ``benchmarks.http`` loads: Malha's app with a stored answer added, and an empty one."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api.http import Settings, create_app
from api.http.answers import answer
from api.http.fleet import Fleet, Wanted
from api.http.guard import PREFIX, guarded_router
from api.http.models import RouteQuestion
from api.http.service import service_of
from api.keys import KeyFile, Scope
from benchmarks.loading import serve
from graph import Network
from graph.stores import snapshot_folder

STORED: Final = f"{PREFIX}/stored"
UNREAD: Final = f"{PREFIX}/unread"

CANDIDATES: Final = 50
BODIES: Final = 256


def questions(network: Network) -> list[str]:
    """Return bodies that compare about 50 routes each: one category, many destinations."""
    zips = network.arrays.zip_prefixes
    compared = {
        name: network.recommend(zip_prefix=zips[0], category=name).candidates
        for name in network.arrays.category_names
    }
    category = min(compared, key=lambda name: (abs(compared[name] - CANDIDATES), name))
    step = max(1, len(zips) // BODIES)
    body = {"category": category, "promise_days": 10.0}
    return [json.dumps({"zip_prefix": zip_prefix, **body}) for zip_prefix in zips[::step][:BODIES]]


def make_key(path: Path) -> str:
    """Return a new key in a file of its own."""
    return KeyFile(path).create("bench", [Scope.OMS], datetime.now(UTC))[1]


def malha(snapshot: Path, folder: Path) -> FastAPI:
    """Return Malha's app with two more routes: a stored answer, with and without reading the question."""
    Fleet(folder).want(Wanted(0, str(snapshot_folder(snapshot))))
    app = create_app(Settings(snapshot, keys=folder / "keys.json"), folder)
    router = guarded_router("bench", Scope.OMS)
    kept: dict[str, bytes] = {}

    def stored(request: Request) -> Response:
        if not kept:
            network = service_of(request).loaded.network
            values = network.recommend(**json.loads(questions(network)[0])).to_dict()
            kept["answer"] = bytes(answer(request, service_of(request).loaded, values).body)
        return Response(kept["answer"], media_type="application/json")

    @router.post("/stored")
    async def read(question: RouteQuestion, request: Request) -> Response:  # noqa: ARG001 (read, not used)
        return stored(request)

    @router.post("/unread")
    async def unread(request: Request) -> Response:
        return stored(request)

    # Routes are tried in turn: these come first, beside recommend.
    app.router.routes[:0] = router.routes
    return app


def empty() -> FastAPI:
    """Return the least that FastAPI can do."""
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.post("/")
    async def nothing() -> Response:
        return Response()

    return app


def main() -> None:
    """Serve the app named by the first argument on a free port; print the address first."""
    which, snapshot, folder = sys.argv[1:]
    if which == "malha":
        serve(malha(Path(snapshot), Path(folder)), Path(folder) / "log")
    else:
        serve(empty(), Path(os.devnull))


if __name__ == "__main__":
    main()
