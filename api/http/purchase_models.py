"""Purchase orders as they go out."""

from __future__ import annotations

from api.http.models import Answer, Closed, Stamp
from replay.purchasing.order import PurchaseStatus


class PurchaseOrderOut(Closed):
    """Units ordered for one place; ``expected_at`` is null where the place has no restock lead time."""

    purchase_order_id: str
    product_id: str
    seller_id: str
    location_id: str
    status: PurchaseStatus
    quantity: int
    received: int
    ordered_at: Stamp
    expected_at: Stamp | None
    received_at: Stamp | None
    canceled_at: Stamp | None


class PurchaseOrdersOut(Answer):
    """A page of purchase orders, the newest first; ``next`` goes into ``after`` for the next page."""

    purchase_orders: list[PurchaseOrderOut]
    next: int | None


class PurchaseCanceledOut(Answer):
    """A purchase order that was called off."""

    purchase_order: PurchaseOrderOut
