"""A placement as a network takes it: sites, and the stock that is to lie there; known from an instant on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

import polars as pl

from graph.errors import BadInput, Fault
from graph.tables import SCHEMAS

ROW: Final = "row"
"""A column that tells where a row stands in its file; without it rows are counted from 1."""

Columns = Mapping[str, pl.DataType]

SITES: Final[Columns] = {
    "warehouse_id": pl.String(),
    "zip_prefix": pl.String(),
    "handling_hours": pl.Float64(),
    "capacity_units": pl.Int64(),
    "daily_capacity_orders": pl.Int64(),
}
STOCK: Final[Columns] = dict(SCHEMAS["stocks"].columns)

_OPTIONAL: Final = ("capacity_units", "daily_capacity_orders")
_RESERVED: Final = "in_transit"
_SITE: Final = ("warehouse_id",)
_OFFER: Final = ("product_id", "seller_id")


@dataclass(frozen=True, slots=True, eq=False)
class PlacementPlan:
    """Which warehouses open, and how deep each stocks which offers.

    ``as_of``: nothing stamped at this instant or later went into it (aware). ``sites``: warehouse_id,
    zip_prefix, handling_hours, and where they are limited capacity_units and daily_capacity_orders.
    ``stock``: units (> 0) by warehouse, seller and product. Both are sorted by key. ``plan_id``: SHA-256 of
    these three, so two plans with one id do the same to a network.
    """

    as_of: datetime
    sites: pl.DataFrame
    stock: pl.DataFrame
    plan_id: str

    @classmethod
    def of(cls, as_of: datetime, sites: pl.DataFrame, stock: pl.DataFrame) -> Self:
        """Make a plan of tables; BadInput lists all that is wrong with them.

        Other columns are left alone, but for ``row``, which says where a fault lies. Rows without units
        stock nothing.
        """
        faults = (
            [] if as_of.tzinfo else [_fault("plan", None, "as_of", "no time zone", as_of, "Give it one.")]
        )
        shapes = [*_shape("sites", SITES, sites), *_shape("stock", STOCK, stock)]
        if shapes or faults:
            raise BadInput("These tables make no plan:", faults + shapes)
        faults = [*_site_faults(_numbered(sites)), *_stock_faults(_numbered(stock), sites)]
        if faults:
            raise BadInput("These tables make no plan:", faults)
        sites = sites.select(list(SITES)).sort(_SITE)
        stock = stock.select(list(STOCK)).filter(pl.col("units") > 0).sort(SCHEMAS["stocks"].key)
        return cls(as_of, sites, stock, _digest(as_of, sites, stock))

    @property
    def units(self) -> int:
        """All units that it stocks."""
        return int(self.stock["units"].sum())


def with_sites(tables: Mapping[str, pl.DataFrame], plan: PlacementPlan) -> dict[str, pl.DataFrame]:
    """Return a network's tables with the plan's sites among its warehouses.

    A warehouse that is known already keeps its own row. Raises BadInput with everything that the plan names
    and the tables do not know: zip prefixes, sellers, products, offers.
    """
    faults = [*_unknown_sites(tables, plan), *_unknown_stock(tables, plan)]
    if faults:
        raise BadInput("The plan does not fit this network:", faults)
    schema = SCHEMAS["warehouses"]
    new = plan.sites.filter(pl.col("warehouse_id").is_in(new_sites(tables, plan)))
    rows = pl.concat([tables["warehouses"], new], how="diagonal").select(list(schema.columns))
    return {**tables, "warehouses": rows.sort(schema.key)}


def new_sites(tables: Mapping[str, pl.DataFrame], plan: PlacementPlan) -> list[str]:
    """Return the ids of the sites that the tables do not know as warehouses already."""
    known = set(tables["warehouses"]["warehouse_id"])
    return [name for name in plan.sites["warehouse_id"] if name not in known]


def with_stock(tables: Mapping[str, pl.DataFrame], plan: PlacementPlan) -> dict[str, pl.DataFrame]:
    """Return a network's tables with the plan's stock on top of what its warehouses hold already."""
    schema = SCHEMAS["stocks"]
    rows = pl.concat([tables["stocks"], plan.stock]).group_by(schema.key).agg(pl.sum("units"))
    return {**tables, "stocks": rows.select(list(schema.columns)).sort(schema.key)}


def _numbered(table: pl.DataFrame) -> pl.DataFrame:
    return table if ROW in table.columns else table.with_row_index(ROW, offset=1)


def _fault(table: str, row: int | None, column: str | None, kind: str, value: object, remedy: str) -> Fault:
    return Fault(table, row, column, kind, "" if value is None else str(value), remedy)


def _shape(name: str, columns: Columns, table: pl.DataFrame) -> Iterator[Fault]:
    for column, dtype in columns.items():
        if column not in table.columns:
            yield _fault(name, None, column, "missing column", None, f"Its type is {dtype}.")
        elif table.schema[column] != dtype:
            found = table.schema[column]
            yield _fault(name, None, column, "wrong type", found, f"Cast to {dtype}.")


def _site_faults(sites: pl.DataFrame) -> Iterator[Fault]:
    if sites.is_empty():
        yield _fault("sites", None, None, "no rows", None, "Name at least one warehouse.")
    yield from _key_faults("sites", _SITE, sites)
    name = pl.col("warehouse_id")
    bad_name = name.str.contains(":", literal=True) | (name == _RESERVED)
    yield from _each("sites", sites, "warehouse_id", bad_name, "no name for a warehouse", "Rename it.")
    prefix = pl.col("zip_prefix")
    bad_prefix = prefix.is_null() | ~prefix.str.contains(r"^\d{5}$")
    yield from _each("sites", sites, "zip_prefix", bad_prefix, "no zip prefix", "Give five digits.")
    hours = pl.col("handling_hours")
    bad_hours = hours.is_null() | ~hours.is_finite() | (hours < 0)
    yield from _each("sites", sites, "handling_hours", bad_hours, "no number of hours", "Give 0 or more.")
    for column in _OPTIONAL:
        yield from _each(
            "sites", sites, column, pl.col(column) < 0, "below zero", "Leave it empty, or give 0 up."
        )


def _stock_faults(stock: pl.DataFrame, sites: pl.DataFrame) -> Iterator[Fault]:
    yield from _key_faults("stock", SCHEMAS["stocks"].key, stock)
    units = pl.col("units")
    yield from _each(
        "stock", stock, "units", units.is_null() | (units < 0), "no number of units", "Give 0 or more."
    )
    stranger = ~pl.col("warehouse_id").is_in(sites["warehouse_id"].implode())
    yield from _each("stock", stock, "warehouse_id", stranger, "no site of the plan", "Add it to sites.")


def _key_faults(name: str, key: tuple[str, ...], table: pl.DataFrame) -> Iterator[Fault]:
    for column in key:
        empty = pl.col(column).fill_null("") == ""
        yield from _each(name, table, column, empty, "empty key", "Every row needs its key.")
    again = pl.struct(key).is_first_distinct().not_() & pl.all_horizontal(pl.col(key).is_not_null())
    yield from _each(name, table, key[-1], again, "the same key again", "Keep one row a key.")


def _each(
    name: str, table: pl.DataFrame, column: str, wrong: pl.Expr, kind: str, remedy: str
) -> Iterator[Fault]:
    for row, value in table.filter(wrong).select(ROW, column).iter_rows():
        yield _fault(name, row, column, kind, value, remedy)


def _unknown_sites(tables: Mapping[str, pl.DataFrame], plan: PlacementPlan) -> Iterator[Fault]:
    known = dict(tables["warehouses"].select("warehouse_id", "zip_prefix").iter_rows())
    sellers = set(tables["sellers"]["seller_id"])
    zips = set(tables["zip_prefixes"]["zip_prefix"])
    for name, prefix in plan.sites.select("warehouse_id", "zip_prefix").iter_rows():
        if prefix not in zips:
            yield Fault("sites", name, "zip_prefix", "unknown zip prefix", prefix, "Take one nearby.")
        if known.get(name, prefix) != prefix:
            remedy = f"The network has it at {known[name]}: rename the site, or put it there."
            yield Fault("sites", name, "zip_prefix", "another warehouse of this name", prefix, remedy)
        if name in sellers:
            yield Fault("sites", name, "warehouse_id", "the id of a seller", name, "Rename it.")


def _unknown_stock(tables: Mapping[str, pl.DataFrame], plan: PlacementPlan) -> Iterator[Fault]:
    strange = plan.stock.join(tables["offers"], _OFFER, "anti").select("seller_id", "product_id").unique()
    sellers, products = set(tables["sellers"]["seller_id"]), set(tables["products"]["product_id"])
    for seller, product in strange.sort("seller_id", "product_id").iter_rows():
        key = f"{seller}, {product}"
        if seller not in sellers:
            yield Fault("stock", key, "seller_id", "unknown seller", seller, "Leave its rows out.")
        if product not in products:
            yield Fault("stock", key, "product_id", "unknown product", product, "Leave its rows out.")
        if seller in sellers and product in products:
            remedy = "This seller never sold it: leave the row out."
            yield Fault("stock", key, "product_id", "no offer", product, remedy)


def _digest(as_of: datetime, sites: pl.DataFrame, stock: pl.DataFrame) -> str:
    told = [int(as_of.timestamp()), sites.rows(), stock.rows()]
    return hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()
