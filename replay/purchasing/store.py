"""Purchase orders in the database, in the caller's unit of work, and what is told of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from graph.errors import BadInput
from inventory.events import EventType, StockKey
from inventory.restock import OrderHistory
from inventory.sql import SqlUnit
from inventory.sql.inserts import add_new
from inventory.sql.reorders import order_events
from inventory.sql.tables import EVENTS, STOCK, instant
from replay.alerts.outbox import Outbox
from replay.alerts.receivers import Receiver, Topic
from replay.alerts.webhook import Message, message
from replay.purchasing.order import PurchaseOrder, PurchaseStatus, canceled, matched
from replay.purchasing.tables import PURCHASE_ORDERS as TABLE

MARGIN: Final = 10_000
"""Positions before the newest purchase order that are looked through again: writers may commit late."""

_KEY: Final = ("product_id", "seller_id", "location_id")
_OWN: Final = tuple(one.name for one in fields(PurchaseOrder) if one.name != "key")
_AT_ONCE: Final = 400
_WAITS: Final = TABLE.c.status.in_([PurchaseStatus.OPEN.value, PurchaseStatus.OVERDUE.value])


class UnknownPurchaseOrder(BadInput):
    """No purchase order has this id."""

    def __init__(self, purchase_order_id: str) -> None:
        self.purchase_order_id = purchase_order_id
        super().__init__(f"There is no purchase order {purchase_order_id!r}.")


class PurchaseOrders:
    """The purchase orders, on the connection of a unit of work."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def refresh(self, at: datetime) -> None:
        """Take in new REORDERED events and receipts, and note what is late."""
        self._take_in()
        self._match(at)

    def cancel(self, purchase_order_id: str, at: datetime) -> PurchaseOrder:
        """Call an order off; one that is called off stays so. Raises UnknownPurchaseOrder, PurchaseEnded."""
        before = self.get(purchase_order_id, lock=True)
        after = canceled(before, at)
        if after is not before:
            self._put(after)
        return after

    def untold(self) -> list[PurchaseOrder]:
        """Return the orders whose status nobody was told yet, and note that it is told now."""
        news = TABLE.c.told.is_(None) | (TABLE.c.told != TABLE.c.status)
        query = sa.select(TABLE).where(news).order_by(TABLE.c.position).with_for_update()
        found = [_order(row) for row in self._connection.execute(query)]
        for order in found:  # and no other: its status may be news since the question
            same = TABLE.c.purchase_order_id == order.purchase_order_id
            self._connection.execute(sa.update(TABLE).where(same).values(told=order.status.value))
        return found

    def get(self, purchase_order_id: str, *, lock: bool = False) -> PurchaseOrder:
        """Return an order; raises UnknownPurchaseOrder."""
        query = sa.select(TABLE).where(TABLE.c.purchase_order_id == purchase_order_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise UnknownPurchaseOrder(purchase_order_id)
        return _order(row)

    def page(
        self,
        most: int,
        *,
        status: PurchaseStatus | None = None,
        seller_id: str | None = None,
        before: int | None = None,
    ) -> list[tuple[int, PurchaseOrder]]:
        """Return at most so many orders, the newest first, with their positions; ``before`` a position."""
        query = sa.select(TABLE).order_by(TABLE.c.position.desc()).limit(most)
        if status is not None:
            query = query.where(TABLE.c.status == status.value)
        if seller_id is not None:
            query = query.where(TABLE.c.seller_id == seller_id)
        if before is not None:
            query = query.where(TABLE.c.position < before)
        return [(row.position, _order(row)) for row in self._connection.execute(query)]

    def _take_in(self) -> None:
        """Store the REORDERED events that are no purchase orders yet."""
        newest = self._connection.execute(sa.select(sa.func.max(TABLE.c.position))).scalar_one() or 0
        known = sa.exists().where(TABLE.c.position == EVENTS.c.position)
        place = sa.and_(*(STOCK.c[name] == EVENTS.c[name] for name in _KEY))
        query = sa.select(EVENTS, STOCK.c.lead_time_days).outerjoin(STOCK, place).order_by(EVENTS.c.position)
        query = query.where(EVENTS.c.event_type == EventType.REORDERED.value, EVENTS.c.quantity > 0)
        query = query.where(EVENTS.c.position > newest - MARGIN, ~known)
        found = self._connection.execute(query).all()
        add_new(self._connection, TABLE, [_row(_made(row)) | {"position": row.position} for row in found])

    def _match(self, at: datetime) -> None:
        """Match the orders that wait with what their places have received; nobody moves them meanwhile."""
        places = sa.select(*(TABLE.c[name] for name in _KEY)).where(_WAITS).order_by(TABLE.c.position)
        keys = sorted({StockKey(*row) for row in self._connection.execute(places.with_for_update())})
        for first in range(0, len(keys), _AT_ONCE):
            some = keys[first : first + _AT_ONCE]
            within = sa.tuple_(*(TABLE.c[name] for name in _KEY)).in_(some)
            rows = self._connection.execute(sa.select(TABLE).where(within).order_by(TABLE.c.position))
            orders = {order.purchase_order_id: order for order in map(_order, rows)}
            for order in matched(orders, order_events(self._connection, some), at):
                self._put(order)

    def _put(self, after: PurchaseOrder) -> None:
        values = _row(after)
        same = TABLE.c.purchase_order_id == values.pop("purchase_order_id")
        self._connection.execute(sa.update(TABLE).where(same).values(values))


def order_history(connection: sa.Connection, keys: Sequence[StockKey]) -> OrderHistory:
    """Return what was ordered and received at places, and which orders were called off."""
    events = list(order_events(connection, keys))
    names = [event.event_id for event in events if event.event_type is EventType.REORDERED]
    canceled: dict[str, datetime] = {}
    for first in range(0, len(names), _AT_ONCE):
        some = TABLE.c.purchase_order_id.in_(names[first : first + _AT_ONCE])
        query = sa.select(TABLE.c.purchase_order_id, TABLE.c.canceled_at)
        rows = connection.execute(query.where(some, TABLE.c.canceled_at.is_not(None)))
        canceled |= {row.purchase_order_id: row.canceled_at for row in rows}
    return OrderHistory(events, canceled)


def follow_orders(unit: SqlUnit, at: datetime, receivers: Sequence[Receiver] = ()) -> dict[str, Any]:
    """Refresh purchase orders and queue what is told of them; return how many have news, nothing without."""
    stored = PurchaseOrders(unit.connection)
    stored.refresh(at)
    news = stored.untold()
    Outbox(unit.connection).put(_messages(news, receivers), at)
    return {str(status): count for status, count in Counter(order.status for order in news).items()}


def order_values(order: PurchaseOrder) -> dict[str, Any]:
    """Return an order as JSON values."""
    stamps = ("ordered_at", "expected_at", "received_at", "canceled_at")
    told = {name: getattr(order, name) for name in stamps}
    return {
        "purchase_order_id": order.purchase_order_id,
        **order.key._asdict(),
        "status": order.status.value,
        "quantity": order.quantity,
        "received": order.received,
        **{name: None if at is None else at.isoformat() for name, at in told.items()},
    }


def _messages(orders: Sequence[PurchaseOrder], receivers: Sequence[Receiver]) -> Iterator[Message]:
    for receiver in receivers:
        if Topic.PURCHASE_ORDERS in receiver.takes:
            for order in orders:
                told = {"version": "1", "type": "purchase_order", "receiver": receiver.name}
                yield message(receiver, told | {"purchase_order": order_values(order)})


def _made(row: sa.Row[Any]) -> PurchaseOrder:
    at = instant(row.event_timestamp)
    assert at is not None
    expected = None if row.lead_time_days is None else at + timedelta(days=row.lead_time_days)
    key = StockKey(row.product_id, row.seller_id, row.location_id)
    return PurchaseOrder(row.inventory_event_id, key, row.quantity, at, expected)


def _row(order: PurchaseOrder) -> dict[str, Any]:
    return (
        {name: getattr(order, name) for name in _OWN} | order.key._asdict() | {"status": order.status.value}
    )


def _order(row: sa.Row[Any]) -> PurchaseOrder:
    key = StockKey(row.product_id, row.seller_id, row.location_id)
    return PurchaseOrder(key=key, **{name: getattr(row, name) for name in _OWN})
