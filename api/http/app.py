"""The application: routes, border, errors and pages put together round one worker's service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI

from api.http.border import Border
from api.http.docs import add_docs
from api.http.errors import add_error_handlers
from api.http.fleet import Fleet
from api.http.openapi import describe
from api.http.order_examples import warm
from api.http.routers import ROUTERS
from api.http.service import Service
from api.http.settings import Settings

ABOUT = """Malha decides from where, by whom and by which way each order travels.

Every call below `/api/v1` wants the header `Authorization: Bearer KEY`; `malha keys create` makes a key with
its scopes. Every answer names its request, the snapshot it comes from and the instant up to which that
snapshot knows events. Every error is `application/problem+json` with a stable `code`.
Money is in integer cents, durations are in days, instants are ISO 8601."""


def create_app(settings: Settings, runtime: Path) -> FastAPI:
    """Return the application of one worker.

    ``runtime`` is the folder that the workers of one server share (``api.http.fleet``); it says which
    snapshot to load. Loading happens when the server starts, and fails with SnapshotError.
    """
    service = Service(settings, Fleet(runtime))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        warm(service.loaded.network, service.counter)
        follower = asyncio.create_task(service.follow())
        try:
            yield
        finally:
            follower.cancel()
            with suppress(asyncio.CancelledError):
                await follower
            service.stop()

    app = FastAPI(
        title="Malha",
        version=version("malha"),
        description=ABOUT,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    for router in ROUTERS:
        # Not included but laid flat: a router costs 5 us of each request that passes it by.
        app.router.routes.extend(router.routes)
    add_error_handlers(app)
    add_docs(app)
    describe(app, service)
    app.add_middleware(Border, service=service)
    return app
