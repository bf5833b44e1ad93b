"""The chore that orders stock again: a REORDERED event wherever the available units pass the reorder point.

It reads nothing but the ledger: the settings of the stock table (`malha reorder --apply` writes them) tell
the point, and how far to fill up. What is on order counts as if it were there. The event's id follows from
the place and the number of orders it has had, so that workers that see the same shelf at the same time book
one order; each order brings the place above its point.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from inventory.events import Cause, EventType, StockEvent, StockKey
from inventory.restock import Placed
from inventory.sql import SqlUnit
from inventory.sql.reorders import low_page
from inventory.stock import StockRow
from replay.purchasing.store import order_history

PAGE: Final = 400


@dataclass(frozen=True, slots=True)
class Low:
    """A place whose available units are at its reorder point or below, and the orders that it has had."""

    row: StockRow
    orders: Placed

    @property
    def due(self) -> bool:
        """Whether it is to be ordered: with what is on its way, too, it is at its reorder point or below."""
        return self.row.is_due(self.orders.open_units)

    @property
    def quantity(self) -> int:
        """How much to order when it is due."""
        return self.row.refill(self.orders.open_units)

    @property
    def why(self) -> str:
        """The reason in words."""
        told = f"{self.row.available} available, reorder point {self.row.reorder_point}"
        return f"{told}, {self.orders.open_units} on order" if self.orders.open_units else told


def order_again(unit: SqlUnit, at: datetime) -> dict[str, Any]:
    """Book a purchase order for each place that needs one; return what to log, nothing without any."""
    booked = 0
    for page in _pages(unit, at):
        events = [_event(low, at) for low in page if low.due]
        booked += unit.ledger.append(events).booked if events else 0
    return {"orders": booked} if booked else {}


def low_places(
    unit: SqlUnit,
    at: datetime,
    most: int,
    *,
    seller_id: str | None = None,
    location_id: str | None = None,
    after: StockKey | None = None,
) -> list[Low]:
    """Return at most so many places at their reorder point or below, after a key, in order of their keys."""
    rows = low_page(unit.connection, most, seller_id=seller_id, location_id=location_id, after=after)
    return with_orders(unit.connection, rows, at)


def _pages(unit: SqlUnit, at: datetime) -> Iterator[list[Low]]:
    after = None
    while page := low_places(unit, at, PAGE, after=after):
        yield page
        after = page[-1].row.key


def with_orders(connection: sa.Connection, rows: Sequence[StockRow], at: datetime) -> list[Low]:
    """Return rows of stock with the purchase orders of their places."""
    history = order_history(connection, [row.key for row in rows])
    known = history.placed(at, {row.key: row.lead_time_days for row in rows})
    return [Low(row, known.get(row.key, Placed())) for row in rows]


def _event(low: Low, at: datetime) -> StockEvent:
    told = "\0".join((*low.row.key, str(low.orders.orders + 1)))
    mark = f"reorder-{hashlib.sha256(told.encode()).hexdigest()[:32]}"
    return StockEvent(mark, low.row.key, EventType.REORDERED, low.quantity, at, source=Cause.REORDER.value)
