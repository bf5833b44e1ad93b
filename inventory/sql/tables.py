"""The tables of the database: stock, events, orders, package counts, answers, decisions, offers.

``olist_inventory_dataset`` and ``olist_inventory_events`` keep the names of the marketplace's own tables.
The migrations (`inventory.migrations`) make them; a test holds the two equal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the ledger's database. Stores of other packages put theirs here, and a migration beside."""


class Instant(sa.types.TypeDecorator[datetime]):
    """An instant: TIMESTAMP WITH TIME ZONE, or in SQLite text in UTC that sorts as time does."""

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return the type of the database at hand."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | str | None:
        """Return what is stored."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: object, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Return an aware instant in UTC."""
        return instant(value)


def instant(value: object) -> datetime | None:
    """Return the instant that a driver gives, in UTC."""
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.astimezone(UTC)


NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")
"""Ids, ordered as Python orders text: locks are taken in one order everywhere."""

SERIAL: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Numbers that the database gives out, in the order of writing."""


def _key() -> list[sa.Column[str]]:
    return [sa.Column(name, NAME, nullable=False) for name in ("product_id", "seller_id", "location_id")]


def _units(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


STOCK: Final = sa.Table(
    "olist_inventory_dataset",
    METADATA,
    *_key(),
    _units("current_stock"),
    _units("reserved_stock"),
    sa.Column("safety_stock", sa.BigInteger),
    sa.Column("reorder_point", sa.BigInteger),
    sa.Column("lead_time_days", sa.Double),
    sa.Column("last_updated_at", Instant),
    sa.Column("order_up_to", sa.BigInteger),
    sa.PrimaryKeyConstraint("product_id", "seller_id", "location_id"),
    sa.CheckConstraint("reserved_stock >= 0", name="reserved"),
    sa.CheckConstraint("current_stock >= reserved_stock", name="available"),
)

EVENTS: Final = sa.Table(
    "olist_inventory_events",
    METADATA,
    sa.Column("position", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("inventory_event_id", NAME, nullable=False, unique=True),
    *_key(),
    sa.Column("order_id", NAME),
    sa.Column("event_type", sa.String, nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("event_timestamp", Instant, nullable=False),
    sa.Column("source", sa.String),
    sa.Column("reservation_id", NAME),
    sa.Column("expires_at", Instant),
    sa.Index(None, "order_id"),
    sa.Index(None, "product_id", "seller_id", "location_id"),
)

ORDERS: Final = sa.Table(
    "reservations",
    METADATA,
    sa.Column("order_id", NAME, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Index(None, "state", "expires_at"),
)

PARTS: Final = sa.Table(
    "reservation_parts",
    METADATA,
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

LIMITS: Final = sa.Table(
    "location_limits",
    METADATA,
    sa.Column("location_id", NAME, primary_key=True),
    sa.Column("packages_per_day", sa.BigInteger, nullable=False),
)

DAYS: Final = sa.Table(
    "location_days",
    METADATA,
    sa.Column("location_id", NAME, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    _units("packages"),
    sa.PrimaryKeyConstraint("location_id", "day"),
)

ANSWERS: Final = sa.Table(
    "idempotency_keys",
    METADATA,
    sa.Column("client", NAME, nullable=False),
    sa.Column("idempotency_key", NAME, nullable=False),
    sa.Column("body_sha256", sa.String, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False, index=True),
    sa.PrimaryKeyConstraint("client", "idempotency_key"),
)

DECISIONS: Final = sa.Table(
    "decisions",
    METADATA,
    sa.Column("position", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("decision_id", NAME, nullable=False, unique=True),
    sa.Column("order_id", NAME, nullable=False, index=True),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("record", sa.JSON, nullable=False),
)

OFFERS: Final = sa.Table(
    "offers",
    METADATA,
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
