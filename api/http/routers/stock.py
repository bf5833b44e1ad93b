"""Stock: what lies where, and what happens to it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.http import stock_work as work
from api.http.answers import answer
from api.http.calls import DATABASE
from api.http.guard import guarded_router
from api.http.order_questions import StockEventsIn
from api.http.problems import Code, responses
from api.http.service import service_of
from api.http.stock_answers import EventsOut, StockPageOut
from api.keys import Scope
from inventory.sql.pages import stock_page

router = guarded_router("stock", Scope.OMS, Scope.PLANNER, Scope.ANALYST)
events_router = guarded_router("stock", Scope.OMS, Scope.PLANNER)

_NAME: Final = r"^[^\x00-\x1f\x7f]+$"

Name = Annotated[str | None, Query(pattern=_NAME, max_length=100)]
Limit = Annotated[int, Query(ge=1, le=1_000, description="Rows on a page.")]
After = Annotated[str | None, Query(max_length=1_000, description="What `next` of the last page said.")]


@router.get(
    "/stock",
    response_model=StockPageOut,
    responses=responses(Code.REQUEST_INVALID, Code.REQUEST_UNUSABLE, *DATABASE),
    summary="Show stock by product, seller and place",
)
def stock(
    request: Request,
    product_id: Name = None,
    seller_id: Name = None,
    location_id: Name = None,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Answer what lies where, what of it is promised, and the settings of each place."""
    service = service_of(request)
    loaded, start = service.loaded, None if after is None else work.key_at(after)
    with service.counter.ledger.reading() as unit:
        rows = stock_page(
            unit.connection,
            limit + 1,
            product_id=product_id,
            seller_id=seller_id,
            location_id=location_id,
            after=start,
        )
    return answer(request, loaded, work.page_values(rows, limit))


@events_router.post(
    "/stock/events",
    response_model=EventsOut,
    responses=responses(
        Code.BODY_UNREADABLE,
        Code.BODY_TOO_LARGE,
        Code.MEDIA_TYPE_UNSUPPORTED,
        Code.REQUEST_INVALID,
        Code.TOO_MANY_EVENTS,
        *DATABASE,
    ),
    summary="Book receipts, counts, returns, damage and transfers",
)
def events(question: StockEventsIn, request: Request) -> Response:
    """Book events in their order, each id once, and answer what became of each.

    An event that cannot be is refused with its reason; the others are booked.
    """
    service = service_of(request)
    values = service.counter.ledger.run(lambda unit: work.book(question.events, unit))
    return answer(request, service.loaded, values)
