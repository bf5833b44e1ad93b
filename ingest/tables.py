"""The source's tables: what each one must hold, in one declaration that reader, cut and checks obey.

Names at the left are Malha's words, names at the right are Olist's (file and column). Only the columns
that Malha uses are declared; a file may have others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from graph.tables import INSTANT


class Kind(StrEnum):
    """How the text of a column is read."""

    TEXT = "text"
    ZIP = "zip prefix: five digits"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "amount of money"
    INSTANT = "date and time"


DTYPES: Final[Mapping[Kind, pl.DataType]] = {
    Kind.TEXT: pl.String(),
    Kind.ZIP: pl.String(),
    Kind.INTEGER: pl.Int64(),
    Kind.NUMBER: pl.Float64(),
    Kind.MONEY: pl.Int64(),
    Kind.INSTANT: INSTANT,
}

STATES: Final = (
    *("AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA"),
    *("PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"),
)
"""The 26 states of Brazil and the Federal District (ISO 3166-2:BR)."""

EVENT_TYPES: Final = (
    *("RECEIVED", "RESERVED", "RELEASED", "SHIPPED", "RETURNED", "DAMAGED"),
    *("ADJUSTED", "REORDERED", "TRANSFER_OUT", "TRANSFER_IN"),
)

_INT32_MAX = 2**31 - 1
_INT64_SAFE = 2**53
"""Above this, a double no longer holds every integer; no count of a marketplace comes near."""
_CENTS_SAFE = 2**50
"""Below this, an amount read as a double is right to the cent (see `ingest.cells`)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its two names and what a usable value is.

    A value outside ``low..high`` or ``one_of``, or one that is no ``kind``, sets its row aside; so does an
    empty one if the column is ``required``. Softer rules keep the row and are counted: zero means unknown
    (``zero_is_unknown``), a value not in ``else_blank`` is blanked.
    """

    name: str
    source: str
    kind: Kind = Kind.TEXT
    required: bool = True
    dtype: pl.DataType | None = None
    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()
    else_blank: tuple[str, ...] = ()
    pattern: str | None = None
    zero_is_unknown: bool = False
    references: str | None = None
    names: str | None = None
    """The space (`ingest.names`) that this column's own values make up."""
    few: bool = False
    """Few different values in many rows: each is read once."""
    either: tuple[str, ...] = ()
    """The spaces that together are this column's."""
    event: bool = False
    """A stamp that is emptied when it lies at or after T."""

    @property
    def space(self) -> str | None:
        """The space among whose names the values are codes; ``None`` if they stay as they are."""
        return self.references or self.names

    @property
    def type(self) -> pl.DataType:
        """The Polars type of the column's values; with a ``space`` they are kept as codes."""
        return self.dtype or DTYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its file, its columns, what names a row, and when a row becomes known."""

    name: str
    file: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    known_at: tuple[str, ...] = ()
    """A row is known once all of these stamps are past; an empty one means never, unless it is required."""
    optional: bool = False
    final: tuple[str, ...] = ()
    """Columns that tell the end of the story: no result as of T may depend on them."""
    free_text: tuple[str, ...] = ()
    """Columns of the file (Olist's names) in which a quoted value may span lines."""

    def column(self, name: str) -> Column:
        """Return the column of that name (Malha's word)."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        """Malha's column names, in order."""
        return [column.name for column in self.columns]


def _id(name: str, table: str) -> Column:
    return Column(name, name, names=table)


def _zip(source: str, of: str) -> Column:
    return Column("zip_prefix", source, Kind.ZIP, names=f"zip prefixes of {of}", few=True)


def _place(prefix: str, of: str) -> tuple[Column, ...]:
    return (
        _zip(f"{prefix}_zip_code_prefix", of),
        Column("city", f"{prefix}_city", required=False, names=f"cities of {of}", few=True),
        Column(
            "state",
            f"{prefix}_state",
            required=False,
            else_blank=STATES,
            names=f"states of {of}",
            few=True,
        ),
    )


def _event(name: str, source: str, *, required: bool = False) -> Column:
    return Column(name, source, Kind.INSTANT, required=required, event=True)


def _money(name: str, source: str) -> Column:
    return Column(name, source, Kind.MONEY, low=0, high=_CENTS_SAFE)


def _count(name: str, source: str, low: int, high: int = _INT32_MAX) -> Column:
    return Column(name, source, Kind.INTEGER, dtype=pl.Int32(), low=low, high=high)


def _units(name: str, source: str | None = None, *, high: float = _INT64_SAFE) -> Column:
    return Column(name, source or name, Kind.INTEGER, low=0, high=high)


def _amount(name: str, source: str | None = None, *, required: bool = True) -> Column:
    return Column(name, source or name, Kind.NUMBER, required=required, low=0)


def _measure(name: str) -> Column:
    source = f"product_{name}"
    return Column(name, source, Kind.NUMBER, required=False, low=0, zero_is_unknown=True)


def _point(name: str, limit: int) -> Column:
    return Column(name, f"geolocation_{name}", Kind.NUMBER, low=-limit, high=limit)


_ALL: Final = (
    Table(
        "geolocation",
        "olist_geolocation_dataset",
        (
            _zip("geolocation_zip_code_prefix", "geolocation"),
            _point("lat", 90),
            _point("lng", 180),
            *_place("geolocation", "geolocation")[1:],
        ),
    ),
    Table(
        "categories",
        "product_category_name_translation",
        (
            Column("category", "product_category_name"),
            Column("category_english", "product_category_name_english"),
        ),
        key=("category",),
    ),
    Table(
        "customers",
        "olist_customers_dataset",
        (
            _id("customer_id", "customers"),
            *_place("customer", "customers"),
        ),
        key=("customer_id",),
    ),
    Table(
        "sellers",
        "olist_sellers_dataset",
        (_id("seller_id", "sellers"), *_place("seller", "sellers")),
        key=("seller_id",),
    ),
    Table(
        "products",
        "olist_products_dataset",
        (
            _id("product_id", "products"),
            Column("category", "product_category_name", required=False),
            *(_measure(name) for name in ("weight_g", "length_cm", "height_cm", "width_cm")),
        ),
        key=("product_id",),
    ),
    Table(
        "warehouses",
        "olist_warehouses_dataset",
        (
            _id("warehouse_id", "warehouses"),
            _zip("zip_code_prefix", "warehouses"),
            _units("capacity_units"),
            _units("fixed_cost_cents_per_day"),
            _amount("handling_hours"),
            _units("daily_capacity_orders"),
            _units("cutoff_hour_local", high=24),
        ),
        key=("warehouse_id",),
        optional=True,
    ),
    Table(
        "carriers",
        "olist_carriers_dataset",
        (
            _id("carrier_id", "carriers"),
            Column("service", "service", required=False),
            *(_amount(name) for name in ("base_cents", "cents_per_kg", "cents_per_km")),
            *(_amount(name, required=False) for name in ("max_weight_g", "max_side_cm")),
            Column("cut_off_hour", "cut_off_hour", Kind.INTEGER, required=False, low=0, high=24),
            Column("pickup_weekdays", "pickup_weekdays", required=False, pattern="^[1-7]+$"),
        ),
        key=("carrier_id",),
        optional=True,
    ),
    Table(
        "orders",
        "olist_orders_dataset",
        (
            _id("order_id", "orders"),
            Column("customer_id", "customer_id", references="customers"),
            Column("status", "order_status", required=False, names="statuses", few=True),
            _event("purchased_at", "order_purchase_timestamp", required=True),
            _event("approved_at", "order_approved_at"),
            _event("handed_over_at", "order_delivered_carrier_date"),
            _event("delivered_at", "order_delivered_customer_date"),
            Column("promised_at", "order_estimated_delivery_date", Kind.INSTANT, required=False),
        ),
        key=("order_id",),
        known_at=("purchased_at",),
        final=("status",),
    ),
    Table(
        "items",
        "olist_order_items_dataset",
        (
            Column("order_id", "order_id", references="orders"),
            _count("line", "order_item_id", 1),
            Column("product_id", "product_id", references="products"),
            Column("seller_id", "seller_id", references="sellers"),
            Column("shipping_limit_at", "shipping_limit_date", Kind.INSTANT, required=False),
            _money("price_cents", "price"),
            _money("freight_cents", "freight_value"),
        ),
        key=("order_id", "line"),
    ),
    Table(
        "payments",
        "olist_order_payments_dataset",
        (
            Column("order_id", "order_id", references="orders"),
            _count("sequence", "payment_sequential", 1),
            Column("payment_type", "payment_type", names="payment types", few=True),
            _count("installments", "payment_installments", 0),
            _money("value_cents", "payment_value"),
        ),
        key=("order_id", "sequence"),
    ),
    Table(
        "reviews",
        "olist_order_reviews_dataset",
        (
            _id("review_id", "reviews"),
            Column("order_id", "order_id", references="orders"),
            _count("score", "review_score", 1, 5),
            _event("created_at", "review_creation_date", required=True),
            _event("answered_at", "review_answer_timestamp"),
        ),
        key=("review_id", "order_id"),
        known_at=("created_at", "answered_at"),
        free_text=("review_comment_title", "review_comment_message"),
    ),
    Table(
        "shipments",
        "olist_shipments_dataset",
        (
            Column("order_id", "order_id", references="orders"),
            Column("seller_id", "seller_id", references="sellers"),
            Column("carrier_id", "carrier_id", references="carriers"),
            Column("warehouse_id", "warehouse_id", required=False, references="warehouses"),
            _event("handed_over_at", "handed_over_at"),
            _event("delivered_at", "delivered_at"),
        ),
        key=("order_id", "seller_id", "carrier_id", "warehouse_id"),
        known_at=("handed_over_at",),
        optional=True,
    ),
    Table(
        "inventory_events",
        "olist_inventory_events",
        (
            _id("inventory_event_id", "inventory_events"),
            Column("product_id", "product_id", references="products"),
            Column("seller_id", "seller_id", references="sellers"),
            Column("location_id", "location_id", names="locations", either=("sellers", "warehouses")),
            Column("order_id", "order_id", required=False, references="orders"),
            Column("event_type", "event_type", one_of=EVENT_TYPES, names="event types", few=True),
            Column("quantity", "quantity", Kind.INTEGER, low=-_INT64_SAFE, high=_INT64_SAFE),
            _event("event_at", "event_timestamp", required=True),
            Column("source", "source", required=False, names="sources of stock events", few=True),
        ),
        key=("inventory_event_id",),
        known_at=("event_at",),
        optional=True,
    ),
)

TABLES: Final[Mapping[str, Table]] = {table.name: table for table in _ALL}
"""Every table by name, each after the tables that it refers to."""
