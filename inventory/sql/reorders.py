"""Places at their reorder point or below, and the purchase orders of places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa

from inventory.events import EventType, StockEvent, StockKey
from inventory.sql.rows import stock_event, stock_row
from inventory.sql.tables import EVENTS, STOCK
from inventory.stock import StockRow

_KEY: Final = (STOCK.c.product_id, STOCK.c.seller_id, STOCK.c.location_id)
_EVENT_KEY: Final = (EVENTS.c.product_id, EVENTS.c.seller_id, EVENTS.c.location_id)
_KINDS: Final = (EventType.REORDERED.value, EventType.RECEIVED.value)
_AT_ONCE: Final = 400


def low_page(
    connection: sa.Connection,
    most: int,
    *,
    seller_id: str | None = None,
    location_id: str | None = None,
    after: StockKey | None = None,
) -> list[StockRow]:
    """Return at most so many rows, after a key, whose available units are at the reorder point or below.

    A place without a reorder point is never among them.
    """
    low = STOCK.c.current_stock - STOCK.c.reserved_stock <= STOCK.c.reorder_point
    query = sa.select(STOCK).where(low).order_by(*_KEY).limit(most)
    for column, wanted in ((STOCK.c.seller_id, seller_id), (STOCK.c.location_id, location_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    if after is not None:
        query = query.where(sa.tuple_(*_KEY) > sa.tuple_(*map(sa.literal, after)))
    return [stock_row(row) for row in connection.execute(query)]


def order_events(connection: sa.Connection, keys: Sequence[StockKey]) -> Iterator[StockEvent]:
    """Yield what was ordered and received at places, in the order of booking at each."""
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        query = sa.select(EVENTS).where(sa.tuple_(*_EVENT_KEY).in_(some), EVENTS.c.event_type.in_(_KINDS))
        yield from map(stock_event, connection.execute(query.order_by(EVENTS.c.position)))


def ordered_places(connection: sa.Connection) -> list[StockKey]:
    """Return the places that ever had a purchase order, in the order of their keys."""
    made = EVENTS.c.event_type == EventType.REORDERED.value
    query = sa.select(*_EVENT_KEY).where(made).distinct().order_by(*_EVENT_KEY)
    return [StockKey(*row) for row in connection.execute(query)]
