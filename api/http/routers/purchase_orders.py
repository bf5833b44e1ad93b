"""Purchase orders: what was ordered again, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import answer
from api.http.calls import DATABASE, read
from api.http.guard import guarded_router
from api.http.problems import Code, responses
from api.http.purchase_models import PurchaseCanceledOut, PurchaseOrdersOut
from api.http.routers.stock import Limit, Name
from api.http.service import service_of
from api.keys import Scope
from api.order_models import NAME
from replay.purchasing.order import PurchaseStatus
from replay.purchasing.store import PurchaseOrders, order_values

reading_router = guarded_router("stock", Scope.OMS, Scope.PLANNER, Scope.ANALYST)
router = guarded_router("stock", Scope.OMS, Scope.PLANNER)

OrderId = Annotated[str, Path(pattern=NAME, max_length=100, description="The purchase order's id.")]
After = Annotated[int | None, Query(ge=1, le=2**53, description="What `next` of the last page said.")]


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
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Answer purchase orders, the newest first. `malha worker` takes them in and matches their receipts."""

    def page(stored: PurchaseOrders) -> dict[str, object]:
        found = stored.page(limit + 1, status=status, seller_id=seller_id, before=after)
        shown = found[:limit]
        return {
            "purchase_orders": [order_values(order) for _, order in shown],
            "next": shown[-1][0] if len(found) > limit else None,
        }

    return read(request, lambda unit: page(PurchaseOrders(unit.connection)))


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
    service, now = service_of(request), datetime.now(UTC)
    done = service.counter.ledger.run(
        lambda unit: PurchaseOrders(unit.connection).cancel(purchase_order_id, now)
    )
    return answer(request, service.loaded, {"purchase_order": order_values(done)})
