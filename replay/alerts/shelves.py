"""The places of the ledger at their reorder point, or so near it that an alert about them still stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from inventory.sql.rows import stock_row
from inventory.sql.tables import ORDERS, STOCK
from inventory.states import OrderState
from inventory.stock import StockRow
from replay.jobs.reordering import with_orders

_AT_ONCE: Final = 400


def near_their_point(connection: sa.Connection, close_at: float, at: datetime) -> list[tuple[StockRow, int]]:
    """Return rows whose units are at most so far above their reorder point, with the units on order.

    ``close_at``: as in the thresholds of ``stock_low``, a share of the point below it.
    """
    point = STOCK.c.reorder_point
    least = sa.case((point < 1, 1), else_=point)
    below = point - (STOCK.c.current_stock - STOCK.c.reserved_stock)
    key = (STOCK.c.product_id, STOCK.c.seller_id, STOCK.c.location_id)
    query = sa.select(STOCK).where(point.is_not(None), below >= close_at * least).order_by(*key)
    rows = [stock_row(row) for row in connection.execute(query)]
    return [(low.row, low.orders.open_units) for low in with_orders(connection, rows, at)]


def canceled(connection: sa.Connection, order_ids: Sequence[str]) -> frozenset[str]:
    """Return which of some orders the ledger knows as canceled: the stream does not hear of that."""
    found: set[str] = set()
    for first in range(0, len(order_ids), _AT_ONCE):
        some = ORDERS.c.order_id.in_(order_ids[first : first + _AT_ONCE])
        over = ORDERS.c.state == OrderState.CANCELED.value
        found.update(connection.scalars(sa.select(ORDERS.c.order_id).where(some, over)))
    return frozenset(found)
