"""What calls have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import answer
from api.http.order_questions import ORDER_ID
from api.http.order_work import Visit
from api.http.problems import Code
from api.http.service import Loaded, service_of
from inventory.sql import SqlUnit

OrderId = Annotated[str, Path(pattern=ORDER_ID, max_length=100, description="The order's id.")]

FORM: Final = (Code.BODY_UNREADABLE, Code.BODY_TOO_LARGE, Code.MEDIA_TYPE_UNSUPPORTED, Code.REQUEST_INVALID)
BODY: Final = (*FORM, Code.REQUEST_UNUSABLE)
DATABASE: Final = (Code.DATABASE_NOT_SET, Code.DATABASE_BUSY, Code.DATABASE_DOWN)
TAKE: Final = (Code.NOT_ENOUGH_STOCK, Code.CAPACITY_FULL)


def visit_of(request: Request) -> tuple[Loaded, Visit]:
    """Return what a call works with: the network in force, and with it the worker and the clock's instant."""
    service = service_of(request)
    loaded, settings = service.loaded, service.settings
    now = datetime.now(UTC)
    visit = Visit(service.counter, loaded.network, now, settings.max_candidates, settings.reserve_at)
    return loaded, visit


def read(request: Request, found: Callable[[SqlUnit], Mapping[str, Any]]) -> Response:
    """Answer what is found in a unit of work that only reads."""
    service = service_of(request)
    loaded = service.loaded
    with service.counter.ledger.reading() as unit:
        values = found(unit)
    return answer(request, loaded, values)


def change(request: Request, done: Callable[[SqlUnit], Mapping[str, Any]]) -> Response:
    """Answer what is done in a unit of work, which is all or nothing."""
    service = service_of(request)
    return answer(request, service.loaded, service.counter.ledger.run(done))


def about(loaded: Loaded, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as it is stored: with the snapshot that it comes from."""
    return {"snapshot_id": loaded.snapshot_id, "as_of": loaded.as_of, **values}


def once_response(request: Request, loaded: Loaded, values: Mapping[str, Any], replayed: bool) -> Response:
    """Return an answer, marked where it was given before."""
    done = answer(request, loaded, values)
    if replayed:
        done.headers["Idempotency-Replayed"] = "true"
    return done
