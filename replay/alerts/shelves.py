"""The places of the ledger at their reorder point, or so near it that an alert about them still stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from inventory.sql.rows import stock_row
from inventory.sql.tables import ORDERS, PARTS, STOCK
from inventory.states import OrderState
from inventory.stock import StockRow
from replay.jobs.reordering import with_orders

_AT_ONCE: Final = 400

Package = tuple[str, str]
"""(order_id, seller_id)"""


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


def canceled(connection: sa.Connection, packages: Sequence[Package]) -> frozenset[Package]:
    """Return which packages (order, seller) nobody sends by the ledger: the stream does not hear of that.

    The order was canceled, or holds units of other sellers only, or none any more. What the ledger does not
    know, and an order that has not held anything yet, is waited for.
    """
    names = list(dict.fromkeys(order_id for order_id, _ in packages))
    known, sending = set[str](), set[Package]()
    live = PARTS.c.quantity > PARTS.c.released + PARTS.c.lapsed
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        over = (ORDERS.c.state == OrderState.CANCELED.value) & ORDERS.c.order_id.in_(some)
        known.update(connection.scalars(sa.select(ORDERS.c.order_id).where(over)))
        parts = sa.select(PARTS.c.order_id, PARTS.c.seller_id, live).where(PARTS.c.order_id.in_(some))
        for order_id, seller_id, sends in connection.execute(parts):
            known.add(order_id)
            if sends:
                sending.add((order_id, seller_id))
    return frozenset(one for one in packages if one[0] in known and one not in sending)
