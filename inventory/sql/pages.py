"""Stock, some rows at a time, in the order of their keys."""

from __future__ import annotations

import sqlalchemy as sa

from inventory.events import StockKey
from inventory.sql.rows import stock_row
from inventory.sql.tables import STOCK
from inventory.stock import StockRow

_KEY = (STOCK.c.product_id, STOCK.c.seller_id, STOCK.c.location_id)


def stock_page(
    connection: sa.Connection,
    most: int,
    *,
    product_id: str | None = None,
    seller_id: str | None = None,
    location_id: str | None = None,
    after: StockKey | None = None,
) -> list[StockRow]:
    """Return at most so many rows of stock whose key comes after another, of what is named."""
    query = sa.select(STOCK).order_by(*_KEY).limit(most)
    for column, wanted in zip(_KEY, (product_id, seller_id, location_id), strict=True):
        if wanted is not None:
            query = query.where(column == wanted)
    if after is not None:
        query = query.where(sa.tuple_(*_KEY) > sa.tuple_(*map(sa.literal, after)))
    return [stock_row(row) for row in connection.execute(query)]
