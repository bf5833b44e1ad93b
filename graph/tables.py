"""The tables of the network: their columns, types and keys, and the one function that checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from graph.errors import BadInput, Fault

INSTANT: Final = pl.Datetime("us", "UTC")
"""Every instant in a frame."""


@dataclass(frozen=True, slots=True)
class TableSchema:
    """Columns with their types in order, and the columns that name a row; rows are sorted by that key."""

    columns: Mapping[str, pl.DataType]
    key: tuple[str, ...]
    references: Mapping[str, str] = field(default_factory=dict)
    """Column -> the node table in whose first column every value (but null) must stand."""

    def empty(self) -> pl.DataFrame:
        """Return the table without rows."""
        return pl.DataFrame(schema=dict(self.columns))


_TEXT = pl.String()
_FLOAT = pl.Float64()
_INT = pl.Int64()
_MOMENTS = {"mean_days": _FLOAT, "var_days": _FLOAT}

SCHEMAS: Final[Mapping[str, TableSchema]] = {
    "zip_prefixes": TableSchema(
        {
            "zip_prefix": _TEXT,
            "lat": _FLOAT,
            "lng": _FLOAT,
            "city": _TEXT,
            "state": _TEXT,
            "region": _TEXT,
            "located": _TEXT,
        },
        key=("zip_prefix",),
        references={"region": "regions"},
    ),
    "regions": TableSchema({"region": _TEXT, "lat": _FLOAT, "lng": _FLOAT, "state": _TEXT}, key=("region",)),
    "categories": TableSchema({"category": _TEXT, "category_english": _TEXT}, key=("category",)),
    "products": TableSchema(
        {
            "product_id": _TEXT,
            "category": _TEXT,
            "weight_g": _FLOAT,
            "volume_cm3": _FLOAT,
            "longest_side_cm": _FLOAT,
        },
        key=("product_id",),
        references={"category": "categories"},
    ),
    "sellers": TableSchema(
        {
            "seller_id": _TEXT,
            "zip_prefix": _TEXT,
            "city": _TEXT,
            "state": _TEXT,
            "effect_log": _FLOAT,
            "handling_mean_days": _FLOAT,
            "handling_var_days": _FLOAT,
            "n": _INT,
        },
        key=("seller_id",),
        references={"zip_prefix": "zip_prefixes"},
    ),
    "warehouses": TableSchema(
        {
            "warehouse_id": _TEXT,
            "zip_prefix": _TEXT,
            "capacity_units": _INT,
            "fixed_cost_cents_per_day": _INT,
            "handling_hours": _FLOAT,
            "daily_capacity_orders": _INT,
            "cutoff_hour_local": _INT,
        },
        key=("warehouse_id",),
        references={"zip_prefix": "zip_prefixes"},
    ),
    "carriers": TableSchema(
        {
            "carrier_id": _TEXT,
            "service": _TEXT,
            "base_cents": _FLOAT,
            "cents_per_kg": _FLOAT,
            "cents_per_km": _FLOAT,
            "max_weight_g": _FLOAT,
            "max_side_cm": _FLOAT,
            "cut_off_hour": _INT,
            "pickup_weekdays": _TEXT,
        },
        key=("carrier_id",),
    ),
    "offers": TableSchema(
        {"product_id": _TEXT, "seller_id": _TEXT, "price_cents": _INT, "n": _INT, "last_sold": INSTANT},
        key=("product_id", "seller_id"),
        references={"product_id": "products", "seller_id": "sellers"},
    ),
    "stocks": TableSchema(
        {"warehouse_id": _TEXT, "seller_id": _TEXT, "product_id": _TEXT, "units": _INT},
        key=("warehouse_id", "seller_id", "product_id"),
        references={"warehouse_id": "warehouses", "seller_id": "sellers", "product_id": "products"},
    ),
    "lanes": TableSchema(
        {
            "from_region": _TEXT,
            "to_region": _TEXT,
            "carrier_id": _TEXT,
            **_MOMENTS,
            "p50_days": _FLOAT,
            "p80_days": _FLOAT,
            "p95_days": _FLOAT,
            "transit_mean_days": _FLOAT,
            "transit_var_days": _FLOAT,
            "n": _INT,
            "basis": _TEXT,
            "distance_km": _FLOAT,
            "freight_cents_per_kg": _FLOAT,
            "last_seen": INSTANT,
            "stale": pl.Boolean(),
            "stale_since": INSTANT,
        },
        key=("from_region", "to_region", "carrier_id"),
        references={"from_region": "regions", "to_region": "regions", "carrier_id": "carriers"},
    ),
    "lane_months": TableSchema(
        {
            "from_region": _TEXT,
            "to_region": _TEXT,
            "carrier_id": _TEXT,
            "month": _TEXT,
            **_MOMENTS,
            "late_share": _FLOAT,
            "n": _INT,
        },
        key=("from_region", "to_region", "carrier_id", "month"),
        references={"from_region": "regions", "to_region": "regions", "carrier_id": "carriers"},
    ),
    "zip_pairs": TableSchema(
        {
            "from_zip_prefix": _TEXT,
            "to_zip_prefix": _TEXT,
            "carrier_id": _TEXT,
            "category": _TEXT,
            "n": _INT,
            **_MOMENTS,
            **{f"{s}_{m}_days": _FLOAT for s in ("approval", "handling", "transit") for m in ("mean", "var")},
            "late_share": _FLOAT,
            "distance_km": _FLOAT,
            "km_per_day": _FLOAT,
            "last_seen": INSTANT,
        },
        key=("from_zip_prefix", "to_zip_prefix", "carrier_id", "category"),
        references={
            "from_zip_prefix": "zip_prefixes",
            "to_zip_prefix": "zip_prefixes",
            "carrier_id": "carriers",
        },
    ),
    "seller_carriers": TableSchema(
        {"seller_id": _TEXT, "carrier_id": _TEXT, "n": _INT, **_MOMENTS},
        key=("seller_id", "carrier_id"),
        references={"seller_id": "sellers", "carrier_id": "carriers"},
    ),
}

OPTIONAL: Final = frozenset({"warehouses", "stocks", "lane_months", "zip_pairs", "seller_carriers"})
"""Tables that a network may lack; they then have no rows."""


def checked(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return all network tables in house order, columns and rows sorted by key.

    Every fault is found before anything is raised: missing table or column, wrong type, empty or doubled
    key, and names that no node table knows (BadInput).
    """
    faults: list[Fault] = []
    found: dict[str, pl.DataFrame] = {}
    for name, schema in SCHEMAS.items():
        if name in tables:
            own = _shape_faults(name, schema, tables[name])
            faults += own
            if not own:
                found[name] = tables[name].select(list(schema.columns)).sort(schema.key)
        elif name in OPTIONAL:
            found[name] = schema.empty()
        else:
            faults.append(Fault(name, None, None, "missing table", "", "Give it; it may have no rows."))
    for name, frame in found.items():
        faults += _key_faults(name, SCHEMAS[name], frame)
        faults += _reference_faults(name, SCHEMAS[name], frame, found)
    if faults:
        raise BadInput("These tables do not make a network:", faults)
    return found


def _shape_faults(name: str, schema: TableSchema, frame: pl.DataFrame) -> list[Fault]:
    faults = []
    for column, dtype in schema.columns.items():
        if column not in frame.columns:
            faults.append(Fault(name, None, column, "missing column", "", f"Its type is {dtype}."))
        elif frame.schema[column] != dtype:
            faults.append(
                Fault(name, None, column, "wrong type", str(frame.schema[column]), f"Cast to {dtype}.")
            )
    return faults


def _key_faults(name: str, schema: TableSchema, frame: pl.DataFrame) -> list[Fault]:
    # A product may lack its category; then so does the route that was observed for it.
    optional = {"category"} if name == "zip_pairs" else set()
    faults = [
        Fault(name, None, column, "empty key", "", "Every row needs its key.")
        for column in schema.key
        if column not in optional and frame[column].null_count()
    ]
    same = [pl.col(column).eq_missing(pl.col(column).shift(1)) for column in schema.key]
    doubled = frame.filter(pl.all_horizontal(same) & (pl.int_range(pl.len()) > 0)).head(1)
    if len(doubled):
        value = ", ".join(str(doubled[column][0]) for column in schema.key)
        faults.append(Fault(name, None, "+".join(schema.key), "doubled key", value, "Keep one row a key."))
    return faults


def _reference_faults(
    name: str, schema: TableSchema, frame: pl.DataFrame, tables: Mapping[str, pl.DataFrame]
) -> list[Fault]:
    faults = []
    for column, target in schema.references.items():
        if target not in tables:
            continue
        known = tables[target].get_column(SCHEMAS[target].key[0])
        wrong = frame.get_column(column).drop_nulls().unique().sort()
        wrong = wrong.filter(~wrong.is_in(known.implode()))
        if len(wrong):
            remedy = f"Add it to {target}, or leave the row out ({len(wrong)} such values)."
            faults.append(Fault(name, None, column, "unknown name", str(wrong[0]), remedy))
    return faults
