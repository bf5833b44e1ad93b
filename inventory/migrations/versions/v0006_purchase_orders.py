"""Purchase orders: what the ledger's REORDERED events have come to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inventory.sql.tables import NAME, Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "purchase_orders",
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
    )
    op.create_index(None, "purchase_orders", ["product_id", "seller_id", "location_id"])
    op.create_index(None, "purchase_orders", ["status", "position"])
