"""The tables of a scenario: their columns, and the one function that reads them and tells every fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from graph.errors import Fault
from optimizer.placement.scenario_cells import MOST_FAULTS, TYPES, Column, Kind, SiteStatus, read_column

ROW: Final = "row"
"""The column that holds the number of each row as a spreadsheet shows it (the header is row 1)."""

LACKS_COLUMN: Final = "missing column"
"""The kind of fault of a table that lacks a column it needs."""

ITEM: Final = pl.coalesce("product_id", "group", pl.lit(""))
"""What a row is about: its product, else its group; "" stands for everything alike."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, the columns that name a row, and whether a scenario may lack it."""

    columns: Mapping[str, Column]
    key: tuple[str, ...]
    optional: bool = True
    means: str = ""

    def empty(self) -> pl.DataFrame:
        """Return the table without rows."""
        types = {name: TYPES[column.kind] for name, column in self.columns.items()}
        return pl.DataFrame(schema={**types, ROW: pl.Int64()})


_NAME: Final = Column(required=True)
_AMOUNT: Final = Column(Kind.NUMBER, required=True)
_OR_ZERO: Final = Column(Kind.NUMBER, empty=0.0)
_IF_KNOWN: Final = Column(Kind.NUMBER)

TABLES: Final[Mapping[str, Table]] = {
    "sites": Table(
        {
            "warehouse_id": _NAME,
            "zip_prefix": Column(Kind.ZIP_PREFIX, required=True),
            "fixed_cost_cents": _AMOUNT,
            "capacity_units": _IF_KNOWN,
            "min_units": _OR_ZERO,
            "handling_cost_cents": _OR_ZERO,
            "handling_hours": Column(Kind.NUMBER, required=True, high=24.0 * 365),
            "status": Column(Kind.STATUS, empty=str(SiteStatus.CANDIDATE)),
            "daily_capacity_orders": _IF_KNOWN,
            "room_units": _IF_KNOWN,
        },
        key=("warehouse_id",),
        optional=False,
        means="the places that may become warehouses; costs and capacity are for the whole horizon",
    ),
    "demand": Table(
        {
            "demand_id": _NAME,
            "zip_prefix": Column(Kind.ZIP_PREFIX),
            "region": Column(Kind.REGION),
            "product_id": Column(),
            "group": Column(),
            "units": _AMOUNT,
            "units_sd": _OR_ZERO,
            "period": Column(empty=""),
            "stockable_share": Column(Kind.NUMBER, empty=1.0, high=1.0),
        },
        key=("demand_id", "period"),
        optional=False,
        means="units expected in the horizon, by place (zip prefix or region) and product or group",
    ),
    "service": Table(
        {
            "warehouse_id": _NAME,
            "demand_id": _NAME,
            "unit_cost_cents": _AMOUNT,
            "lead_time_mean_days": Column(Kind.NUMBER, required=True, high=3_650.0),
            "lead_time_sd_days": Column(Kind.NUMBER, required=True, high=3_650.0),
            "p_on_time": Column(Kind.NUMBER, high=1.0),
        },
        key=("warehouse_id", "demand_id"),
        means="freight and lead time from site to demand; computed from the snapshot when absent",
    ),
    "inbound": Table(
        {
            "seller_id": _NAME,
            "warehouse_id": _NAME,
            "unit_cost_cents": _AMOUNT,
            "lead_time_days": Column(Kind.NUMBER, required=True, high=3_650.0),
        },
        key=("seller_id", "warehouse_id"),
        means="bringing stock from seller to site; computed from distance when absent",
    ),
    "products": Table(
        {
            "product_id": Column(),
            "group": Column(),
            "holding_cost_cents_per_day": _OR_ZERO,
            "volume_cm3": _IF_KNOWN,
            "weight_g": _IF_KNOWN,
            "price_cents": _IF_KNOWN,
        },
        key=("product_id", "group"),
        means="what one unit weighs, fills and costs to hold",
    ),
    "supply": Table(
        {"product_id": Column(), "group": Column(), "seller_id": _NAME, "units": _AMOUNT},
        key=("product_id", "group", "seller_id"),
        means="who supplies a product or group, in proportion to the units",
    ),
    "flows": Table(
        {
            "warehouse_id": _NAME,
            "demand_id": _NAME,
            "min_units": _OR_ZERO,
            "max_units": _IF_KNOWN,
            "forbidden": Column(Kind.FLAG, empty=False),
        },
        key=("warehouse_id", "demand_id"),
        means="what a site must, may or must not serve of a demand",
    ),
}


def read_tables(given: Mapping[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], list[Fault]]:
    """Return every table with its columns in their types and a column ``row``, and all that is wrong.

    Cells may be text or typed; a frame without ``row`` is counted from 2. A table that is absent has no
    rows. Faults name the table and the row.
    """
    frames = {}
    faults = [
        Fault(name, None, None, "unknown table", "", f"One of {', '.join(TABLES)}.")
        for name in sorted(set(given) - set(TABLES))
    ]
    for name, table in TABLES.items():
        if name not in given:
            frames[name] = table.empty()
            if not table.optional:
                faults.append(Fault(name, None, None, "missing table", "", f"Give it: {table.means}."))
            continue
        frames[name], found = read_table(name, table, given[name])
        faults += found
    return frames, faults


def read_table(name: str, table: Table, given: pl.DataFrame) -> tuple[pl.DataFrame, list[Fault]]:
    """Return one table as `read_tables` does; rows that cannot be read are left out.

    Without a column that it needs a table has no row that can be read.
    """
    if ROW not in given.columns:
        given = given.with_row_index(ROW, offset=2)
    rows = given[ROW].cast(pl.Int64)
    faults = [
        Fault(name, None, column, "unknown column", "", f"One of {', '.join(table.columns)}.")
        for column in given.columns
        if column not in table.columns and column != ROW
    ]
    read: dict[str, pl.Series] = {}
    bad = pl.repeat(value=False, n=len(given), eager=True)
    for column, spec in table.columns.items():
        if column not in given.columns:
            if spec.required:
                faults.append(Fault(name, None, column, LACKS_COLUMN, "", "Add it."))
            read[column] = pl.Series([spec.empty], dtype=TYPES[spec.kind]).new_from_index(0, len(given))
            continue
        read[column], wrong, found = read_column(name, column, spec, given[column], rows)
        bad |= wrong
        faults += found
    frame = pl.DataFrame({**read, ROW: rows}).filter(~bad)
    if any(fault.kind == LACKS_COLUMN for fault in faults):
        return table.empty(), faults
    return frame, [*faults, *_doubled(name, table, frame)]


def _doubled(name: str, table: Table, frame: pl.DataFrame) -> Iterator[Fault]:
    again = frame.filter(~pl.struct(table.key).is_first_distinct())
    for row in again.head(MOST_FAULTS).iter_rows(named=True):
        value = ", ".join(str(row[part]) for part in table.key if row[part] not in (None, ""))
        yield Fault(name, row[ROW], "+".join(table.key), "named twice", value, "Keep one row of this name.")
