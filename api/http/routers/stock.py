"""Stock: what lies where, and what happens to it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.http import stock_work as work
from api.http.calls import DATABASE, FORM, change, read
from api.http.guard import guarded_router
from api.http.order_questions import StockEventsIn
from api.http.paging import AfterKey, Limit, Name, key_at
from api.http.problems import Code, responses
from api.http.stock_answers import EventsOut, StockPageOut
from api.keys import Scope
from inventory.sql import SqlUnit
from inventory.sql.pages import stock_page

router = guarded_router("stock", Scope.OMS, Scope.PLANNER, Scope.ANALYST)
events_router = guarded_router("stock", Scope.OMS, Scope.PLANNER)


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
    after: AfterKey = None,
    limit: Limit = 100,
) -> Response:
    """Answer what lies where, what of it is promised, and the settings of each place."""
    names = {"product_id": product_id, "seller_id": seller_id, "location_id": location_id}
    start = key_at(after)

    def found(unit: SqlUnit) -> work.Values:
        return work.page_values(stock_page(unit.connection, limit + 1, **names, after=start), limit)

    return read(request, found)


@events_router.post(
    "/stock/events",
    response_model=EventsOut,
    responses=responses(*FORM, Code.TOO_MANY_EVENTS, *DATABASE),
    summary="Book receipts, counts, returns, damage and transfers",
)
def events(question: StockEventsIn, request: Request) -> Response:
    """Book events in their order, each id once, and answer what became of each.

    An event that cannot be is refused with its reason; the others are booked.
    """
    return change(request, lambda unit: work.book(question.events, unit))
