"""A purchase order as a pure value: a REORDERED of the ledger, and the receipts that fill it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from graph.errors import MalhaError
from inventory.events import EventType, StockEvent, StockKey
from inventory.restock import fills


class PurchaseStatus(StrEnum):
    """Where a purchase order stands; ``received`` and ``canceled`` are ends."""

    OPEN = "open"
    OVERDUE = "overdue"
    RECEIVED = "received"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """Units ordered for one place. Its id is that of its REORDERED.

    ``expected_at``: when it should be there, by the restock lead time of the place (None: not set).
    ``overdue_at``: when it was first seen to be late.
    """

    purchase_order_id: str
    key: StockKey
    quantity: int
    ordered_at: datetime
    expected_at: datetime | None = None
    received: int = 0
    received_at: datetime | None = None
    overdue_at: datetime | None = None
    canceled_at: datetime | None = None

    @property
    def status(self) -> PurchaseStatus:
        """Where it stands."""
        if self.canceled_at is not None:
            return PurchaseStatus.CANCELED
        if self.received_at is not None:
            return PurchaseStatus.RECEIVED
        return PurchaseStatus.OPEN if self.overdue_at is None else PurchaseStatus.OVERDUE

    @property
    def ended(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.canceled_at is not None or self.received_at is not None


class PurchaseEnded(MalhaError):
    """An order that was received cannot be canceled; nothing was changed."""

    def __init__(self, purchase_order_id: str) -> None:
        self.purchase_order_id = purchase_order_id
        super().__init__(f"Purchase order {purchase_order_id} was received: there is nothing to cancel.")


def canceled(order: PurchaseOrder, at: datetime) -> PurchaseOrder:
    """Return an order called off; one that is called off already stays so. Raises PurchaseEnded."""
    if order.received_at is not None:
        raise PurchaseEnded(order.purchase_order_id)
    return order if order.canceled_at is not None else replace(order, canceled_at=at)


def matched(
    orders: Mapping[str, PurchaseOrder], events: Iterable[StockEvent], at: datetime
) -> list[PurchaseOrder]:
    """Return the orders that receipts, or the time that went by, have changed, as they are now.

    ``events``: REORDERED and RECEIVED of their places in the order of booking. Receipts fill the oldest
    order that waits; what was called off waits no more.
    """
    got = {name: (0, order.ordered_at) for name, order in orders.items()}
    waiting: dict[StockKey, list[str]] = {}
    for event in events:
        queue = waiting.setdefault(event.key, [])
        if event.event_type is EventType.REORDERED and event.event_id in orders:
            queue.append(event.event_id)
        elif event.event_type is EventType.RECEIVED and fills(event):
            _fill([name for name in queue if not _is_over(orders[name], event)], event, orders, got)
    now = {name: _now(order, *got[name], at) for name, order in orders.items() if not order.ended}
    return [order for name, order in now.items() if order != orders[name]]


def _fill(
    queue: list[str],
    receipt: StockEvent,
    orders: Mapping[str, PurchaseOrder],
    got: dict[str, tuple[int, datetime]],
) -> None:
    left = receipt.quantity
    for name in queue:
        taken = min(left, orders[name].quantity - got[name][0])
        if taken > 0:
            got[name] = got[name][0] + taken, receipt.at
            left -= taken


def _is_over(order: PurchaseOrder, receipt: StockEvent) -> bool:
    return order.canceled_at is not None and order.canceled_at <= receipt.at


def _now(order: PurchaseOrder, units: int, last_at: datetime, at: datetime) -> PurchaseOrder:
    """Return an order with what it has got: complete, or late, or waiting."""
    after = replace(order, received=units)
    if units >= order.quantity:
        return replace(after, received_at=last_at)
    late = order.expected_at is not None and order.expected_at < at
    return replace(after, overdue_at=at) if late and order.overdue_at is None else after
