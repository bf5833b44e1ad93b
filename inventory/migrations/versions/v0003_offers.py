"""Offers that sellers have told, which all API workers read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inventory.sql.tables import NAME, Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "offers",
        sa.Column("product_id", NAME, nullable=False),
        sa.Column("seller_id", NAME, nullable=False),
        sa.Column("price_cents", sa.BigInteger, nullable=False),
        sa.Column("zip_prefix", sa.String),
        sa.Column("category", sa.String),
        *(sa.Column(name, sa.Double) for name in ("weight_g", "length_cm", "height_cm", "width_cm")),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("product_id", "seller_id"),
        sa.CheckConstraint("price_cents >= 0", name="price"),
    )
