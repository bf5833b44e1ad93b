"""How many packages places pack a day: as a file, on the command line and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from api.stock_files import read_sheet
from graph.errors import BadInput
from ingest.tables import TABLES, Column, Kind, Table
from inventory.ledger import Ledger

MOST_PACKAGES: Final = 10**9
"""The largest limit that a file or a call may give."""

LIMITS: Final = Table(
    "location_limits",
    "location_limits",
    (
        Column("location_id", "location_id"),
        Column(
            "packages_per_day", "packages_per_day", Kind.INTEGER, required=False, low=0, high=MOST_PACKAGES
        ),
    ),
    key=("location_id",),
)
"""What a place packs a day; an empty number lifts its limit."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """A place that packs a limited number of packages a day, and how many it can still pack on one day."""

    location_id: str
    packages_per_day: int
    left: int


def capacities(ledger: Ledger, day: date) -> list[Capacity]:
    """Return all places with a limit, in order of their ids."""
    limits = ledger.package_limits()
    left = ledger.packages_left([(place, day) for place in limits])
    return [Capacity(place, most, left[place, day]) for place, most in limits.items()]


def capacity_values(ledger: Ledger, day: date) -> dict[str, Any]:
    """Return all places with a limit as JSON values, and the day that ``left`` is of."""
    return {"day": day.isoformat(), "capacity": [asdict(one) for one in capacities(ledger, day)]}


def read_limits(file: Path) -> dict[str, int | None]:
    """Return the limits of a file: ``location_id, packages_per_day``, or those of the warehouses table.

    None lifts a limit. Raises BadInput with every fault: limits are set as they are meant, or not at all.
    """
    table, columns = LIMITS, LIMITS.names
    if file.stem == TABLES["warehouses"].file:
        table, columns = TABLES["warehouses"], ["warehouse_id", "daily_capacity_orders"]
    sheet = read_sheet(file, table)
    if sheet.set_aside:
        raise BadInput(f"{file} cannot be used as it is:", sheet.set_aside)
    return dict(sheet.frame.select(columns).iter_rows())


def write_limits(file: Path, limits: Mapping[str, int]) -> int:
    """Write limits as ``read_limits`` reads them; return how many."""
    file.parent.mkdir(parents=True, exist_ok=True)
    schema = {column.source: column.type for column in LIMITS.columns}
    frame = pl.DataFrame(sorted(limits.items()), schema=schema, orient="row")
    frame.write_csv(file)
    return frame.height
