"""Between rows of the database and the ledger's own types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from inventory.events import EventType, StockEvent, StockKey
from inventory.reservations import Part, Reservation
from inventory.sql.tables import instant
from inventory.states import OrderState
from inventory.stock import StockRow

Row = sa.Row[Any]


def _key(row: Row) -> StockKey:
    return StockKey(row.product_id, row.seller_id, row.location_id)


def stock_row(row: Row) -> StockRow:
    """Return the stock of one place."""
    return StockRow(
        key=_key(row),
        current=row.current_stock,
        reserved=row.reserved_stock,
        safety_stock=row.safety_stock,
        reorder_point=row.reorder_point,
        lead_time_days=row.lead_time_days,
        updated_at=row.last_updated_at,
        order_up_to=row.order_up_to,
    )


def stock_of(row: Sequence[Any]) -> StockRow:
    """Return the stock of one place from the columns of its table, as the driver gives them."""
    current, reserved, safety_stock, reorder_point, lead_time_days, updated_at, order_up_to = row[3:]
    key, at = StockKey._make(row[:3]), instant(updated_at)
    return StockRow(key, current, reserved, safety_stock, reorder_point, lead_time_days, at, order_up_to)


def of_change(before: StockRow, after: StockRow) -> dict[str, object]:
    """Return the parameters that turn a row from what it was into what it is."""
    return {
        **{f"of_{name}": part for name, part in after.key._asdict().items()},
        "current_before": before.current,
        "reserved_before": before.reserved,
        "current_after": after.current,
        "reserved_after": after.reserved,
        "booked_at": after.updated_at,
    }


def stock_event(row: Row) -> StockEvent:
    """Return an event."""
    return StockEvent(
        event_id=row.inventory_event_id,
        key=_key(row),
        event_type=EventType(row.event_type),
        quantity=row.quantity,
        at=row.event_timestamp,
        order_id=row.order_id,
        source=row.source,
        reservation_id=row.reservation_id,
        expires_at=row.expires_at,
    )


def of_event(event: StockEvent) -> dict[str, object]:
    """Return the row of an event."""
    return {
        "inventory_event_id": event.event_id,
        **event.key._asdict(),
        "order_id": event.order_id,
        "event_type": event.event_type.value,
        "quantity": event.quantity,
        "event_timestamp": event.at,
        "source": event.source,
        "reservation_id": event.reservation_id,
        "expires_at": event.expires_at,
    }


def reservation(head: Row, parts: Sequence[Row]) -> Reservation:
    """Return an order from its own row and those of its parts."""
    return Reservation(
        order_id=head.order_id,
        state=OrderState(head.state),
        parts=tuple(part(row) for row in parts),
        created_at=head.created_at,
        updated_at=head.updated_at,
        expires_at=head.expires_at,
        version=head.version,
    )


def part(row: Row) -> Part:
    """Return one part of an order."""
    return Part(
        line_id=row.line_id,
        package_id=row.package_id,
        source_id=row.source_id,
        carrier_id=row.carrier_id,
        key=_key(row),
        quantity=row.quantity,
        day=row.day,
        handed=row.handed,
        delivered=row.delivered,
        returned=row.returned,
        released=row.released,
        lapsed=row.lapsed,
    )


def of_reservation(order: Reservation) -> dict[str, object]:
    """Return the row of an order, without its parts."""
    return {
        "order_id": order.order_id,
        "state": order.state.value,
        "expires_at": order.expires_at,
        "version": order.version,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
    }


def of_part(order_id: str, number: int, part: Part) -> dict[str, object]:
    """Return the row of one part."""
    return {
        "order_id": order_id,
        "part": number,
        "line_id": part.line_id,
        "package_id": part.package_id,
        "source_id": part.source_id,
        "carrier_id": part.carrier_id,
        **part.key._asdict(),
        "day": part.day,
        "quantity": part.quantity,
        "handed": part.handed,
        "delivered": part.delivered,
        "returned": part.returned,
        "released": part.released,
        "lapsed": part.lapsed,
    }
