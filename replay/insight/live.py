"""What only the database knows: open alerts, stock at risk, and the units that sellers have."""

from __future__ import annotations

import sqlalchemy as sa

from inventory.sql.tables import STOCK
from replay.alerts.alert import AlertState
from replay.alerts.tables import ALERTS

_available = STOCK.c.current_stock - STOCK.c.reserved_stock


def alerts_open(connection: sa.Connection) -> int:
    """Return how many alerts stand: open or acknowledged, not resolved."""
    query = sa.select(sa.func.count()).where(ALERTS.c.state != AlertState.RESOLVED.value)
    return int(connection.execute(query).scalar_one())


def stock_at_risk(connection: sa.Connection) -> int:
    """Return how many places of a product are at their reorder point or below; without a point: never."""
    query = sa.select(sa.func.count()).select_from(STOCK).where(_available <= STOCK.c.reorder_point)
    return int(connection.execute(query).scalar_one())


def units_by_seller(connection: sa.Connection) -> dict[str, int]:
    """Return the available units of each seller, wherever they lie."""
    query = sa.select(STOCK.c.seller_id, sa.func.sum(_available)).group_by(STOCK.c.seller_id)
    return {seller: int(units) for seller, units in connection.execute(query.order_by(STOCK.c.seller_id))}
