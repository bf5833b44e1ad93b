"""The table of purchase orders, in the database of the ledger and on its metadata."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from inventory.sql.tables import METADATA, NAME, Instant

PURCHASE_ORDERS: Final = sa.Table(
    "purchase_orders",
    METADATA,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("purchase_order_id", NAME, nullable=False, unique=True),
    *(sa.Column(name, NAME, nullable=False) for name in ("product_id", "seller_id", "location_id")),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("ordered_at", Instant, nullable=False),
    sa.Column("expected_at", Instant),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Column("received_at", Instant),
    sa.Column("overdue_at", Instant),
    sa.Column("canceled_at", Instant),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("told", sa.String),
    sa.CheckConstraint("status IN ('open', 'overdue', 'received', 'canceled')", name="status"),
    sa.CheckConstraint("received >= 0 AND received <= quantity", name="received"),
    sa.Index(None, "product_id", "seller_id", "location_id"),
    sa.Index(None, "status", "position"),
)
