"""Stock that is at its reorder point: what to order again, and what is on its way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.http import reorder_work, stock_work
from api.http.answers import answer
from api.http.calls import DATABASE
from api.http.guard import guarded_router
from api.http.problems import Code, responses
from api.http.routers.stock import After, Limit, Name
from api.http.service import service_of
from api.keys import Scope
from replay.jobs.reordering import COVER_DAYS, low_places

router = guarded_router("stock", Scope.OMS, Scope.PLANNER, Scope.ANALYST)

MOST_DAYS: Final = 365

Cover = Annotated[float, Query(gt=0, le=MOST_DAYS, description="Days that an order lasts.")]


@router.get(
    reorder_work.PATH,
    response_model=reorder_work.ReorderPageOut,
    responses=responses(Code.REQUEST_INVALID, Code.REQUEST_UNUSABLE, *DATABASE),
    summary="Show what is at its reorder point, and what to order",
)
def reorder(
    request: Request,
    seller_id: Name = None,
    location_id: Name = None,
    cover_days: Cover = COVER_DAYS,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Answer the places whose available units are at the reorder point or below, by the stock's settings.

    `malha reorder --apply` sets these from expected demand; the worker books the purchase orders (REORDERED).
    """
    service = service_of(request)
    start = None if after is None else stock_work.key_at(after)
    with service.counter.ledger.reading() as unit:
        found = low_places(
            unit,
            datetime.now(UTC),
            limit + 1,
            seller_id=seller_id,
            location_id=location_id,
            after=start,
        )
    return answer(request, service.loaded, reorder_work.page_values(found, limit, cover_days))
