"""Purchase orders: what was ordered again, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import itemgetter
from typing import Annotated, Any

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.http.calls import DATABASE, change, read
from api.http.guard import guarded_router
from api.http.paging import AfterRow, Limit, Name, page
from api.http.problems import Code, responses
from api.http.purchase_models import PurchaseCanceledOut, PurchaseOrdersOut
from api.keys import Scope
from api.order_models import NAME
from inventory.sql import SqlUnit
from replay.purchasing.order import PurchaseStatus
from replay.purchasing.store import PurchaseOrders, order_values

reading_router = guarded_router("stock", Scope.OMS, Scope.PLANNER, Scope.ANALYST)
router = guarded_router("stock", Scope.OMS, Scope.PLANNER)

OrderId = Annotated[str, Path(pattern=NAME, max_length=100, description="The purchase order's id.")]


@reading_router.get(
    "/stock/orders",
    response_model=PurchaseOrdersOut,
    responses=responses(Code.REQUEST_INVALID, *DATABASE),
    summary="Show purchase orders",
)
def purchase_orders(
    request: Request,
    status: Annotated[PurchaseStatus | None, Query()] = None,
    seller_id: Name = None,
    after: AfterRow = None,
    limit: Limit = 100,
) -> Response:
    """Answer purchase orders, the newest first. `malha worker` takes them in and matches their receipts."""

    def found(unit: SqlUnit) -> dict[str, Any]:
        stored = PurchaseOrders(unit.connection).page(
            limit + 1, status=status, seller_id=seller_id, before=after
        )
        return page("purchase_orders", stored, limit, lambda row: order_values(row[1]), itemgetter(0))

    return read(request, found)


@router.post(
    "/stock/orders/{purchase_order_id}/cancel",
    response_model=PurchaseCanceledOut,
    responses=responses(
        Code.REQUEST_INVALID, *DATABASE, Code.PURCHASE_ORDER_UNKNOWN, Code.PURCHASE_ORDER_RECEIVED
    ),
    summary="Call a purchase order off",
)
def cancel(purchase_order_id: OrderId, request: Request) -> Response:
    """Wait for it no more: its place may be ordered again. One that is called off stays so."""
    now = datetime.now(UTC)

    def done(unit: SqlUnit) -> dict[str, Any]:
        order = PurchaseOrders(unit.connection).cancel(purchase_order_id, now)
        return {"purchase_order": order_values(order)}

    return change(request, done)
