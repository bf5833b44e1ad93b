"""How far a place is filled up, beside its reorder point: what `malha reorder` says is what is ordered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; places without it are filled up by the demand that their other settings imply."""
    op.add_column("olist_inventory_dataset", sa.Column("order_up_to", sa.BigInteger))
