"""Purchase orders as they go out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.http.models import Answer, Closed
from replay.purchasing.order import PurchaseStatus

Text = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class PurchaseOrderOut(Closed):
    """Units ordered for one place; ``expected_at`` is null where the place has no restock lead time."""

    purchase_order_id: str
    product_id: str
    seller_id: str
    location_id: str
    status: PurchaseStatus
    quantity: int
    received: int
    ordered_at: Text
    expected_at: Text | None
    received_at: Text | None
    canceled_at: Text | None


class PurchaseOrdersOut(Answer):
    """A page of purchase orders, the newest first; ``next`` goes into ``after`` for the next page."""

    purchase_orders: list[PurchaseOrderOut]
    next: int | None


class PurchaseCanceledOut(Answer):
    """A purchase order that was called off."""

    purchase_order: PurchaseOrderOut
