"""The ledger: stock, its events, orders and their parts, limits, answers, decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inventory.sql.tables import NAME, Instant

revision = "0001"
down_revision = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _stock()
    _orders()
    _limits()
    _records()


def _key() -> list[sa.Column[str]]:
    return [sa.Column(name, NAME, nullable=False) for name in ("product_id", "seller_id", "location_id")]


def _units(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _stock() -> None:
    op.create_table(
        "olist_inventory_dataset",
        *_key(),
        _units("current_stock"),
        _units("reserved_stock"),
        sa.Column("safety_stock", sa.BigInteger),
        sa.Column("reorder_point", sa.BigInteger),
        sa.Column("lead_time_days", sa.Double),
        sa.Column("last_updated_at", Instant),
        sa.PrimaryKeyConstraint("product_id", "seller_id", "location_id"),
        sa.CheckConstraint("reserved_stock >= 0", name="reserved"),
        sa.CheckConstraint("current_stock >= reserved_stock", name="available"),
    )
    op.create_table(
        "olist_inventory_events",
        sa.Column("position", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("inventory_event_id", NAME, nullable=False, unique=True),
        *_key(),
        sa.Column("order_id", NAME),
        sa.Column("event_type", sa.String, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("event_timestamp", Instant, nullable=False),
        sa.Column("source", sa.String),
        sa.Column("reservation_id", NAME),
        sa.Column("expires_at", Instant),
    )
    op.create_index(None, "olist_inventory_events", ["order_id"])
    op.create_index(None, "olist_inventory_events", ["product_id", "seller_id", "location_id"])


def _orders() -> None:
    op.create_table(
        "reservations",
        sa.Column("order_id", NAME, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("expires_at", Instant),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
    )
    op.create_index(None, "reservations", ["state", "expires_at"])
    op.create_table(
        "reservation_parts",
        sa.Column("order_id", NAME, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("line_id", NAME, nullable=False),
        sa.Column("package_id", NAME, nullable=False),
        sa.Column("source_id", NAME, nullable=False),
        sa.Column("carrier_id", NAME, nullable=False),
        *_key(),
        sa.Column("day", sa.Date),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        *(_units(name) for name in ("handed", "delivered", "returned", "released", "lapsed")),
        sa.PrimaryKeyConstraint("order_id", "part"),
        sa.CheckConstraint("quantity >= handed + released + lapsed", name="open"),
    )


def _limits() -> None:
    op.create_table(
        "location_limits",
        sa.Column("location_id", NAME, primary_key=True),
        sa.Column("packages_per_day", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "location_days",
        sa.Column("location_id", NAME, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        _units("packages"),
        sa.PrimaryKeyConstraint("location_id", "day"),
    )


def _records() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("client", NAME, nullable=False),
        sa.Column("idempotency_key", NAME, nullable=False),
        sa.Column("body_sha256", sa.String, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("client", "idempotency_key"),
    )
    op.create_index(None, "idempotency_keys", ["created_at"])
    op.create_table(
        "decisions",
        sa.Column("position", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("decision_id", NAME, nullable=False, unique=True),
        sa.Column("order_id", NAME, nullable=False),
        sa.Column("decided_at", Instant, nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
    )
    op.create_index(None, "decisions", ["order_id"])
