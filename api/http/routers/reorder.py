"""Stock that is at its reorder point: what to order again, and what is on its way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.http import reorder_work as work
from api.http.calls import DATABASE, read
from api.http.guard import guarded_router
from api.http.paging import AfterKey, Limit, Name, key_at
from api.http.problems import Code, responses
from api.keys import Scope
from inventory.sql import SqlUnit
from replay.jobs.reordering import low_places

router = guarded_router("stock", Scope.OMS, Scope.PLANNER, Scope.ANALYST)


@router.get(
    work.PATH,
    response_model=work.ReorderPageOut,
    responses=responses(Code.REQUEST_INVALID, Code.REQUEST_UNUSABLE, *DATABASE),
    summary="Show what is at its reorder point, and what to order",
)
def reorder(
    request: Request,
    seller_id: Name = None,
    location_id: Name = None,
    after: AfterKey = None,
    limit: Limit = 100,
) -> Response:
    """Answer the places whose available units are at the reorder point or below, by the stock's settings.

    `malha reorder --apply` sets these from expected demand; the worker books the purchase orders (REORDERED).
    """
    now, start = datetime.now(UTC), key_at(after)

    def found(unit: SqlUnit) -> dict[str, Any]:
        low = low_places(unit, now, limit + 1, seller_id=seller_id, location_id=location_id, after=start)
        return work.page_values(low, limit)

    return read(request, found)
