"""A plan's folder, as ``malha place`` or a planner's own hands wrote it, read for a network or a replay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import polars as pl

from api.clock import instant
from graph import Network
from graph.errors import BadInput, Fault
from graph.plan import ROW, SITES, STOCK, PlacementPlan
from graph.stores.files import snapshot_folder

PLAN: Final = "plan.json"
AS_OF: Final = "as_of"
TRANSFERS: Final = {
    "seller_id": pl.String(),
    "warehouse_id": pl.String(),
    "item": pl.String(),
    "units_first": pl.Float64(),
}

_LIMITS: Final = ("capacity_units", "daily_capacity_orders")
_UNITS: Final = "units"


@dataclass(frozen=True, slots=True, eq=False)
class PlanFolder:
    """What a plan's folder says; ``transfers`` are those whose stock is still to be dealt out to products."""

    where: str
    as_of: datetime
    sites: pl.DataFrame
    stock: pl.DataFrame
    transfers: pl.DataFrame

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read ``plan.json`` (its as_of), ``sites.csv`` and ``stock.csv``, else ``transfers.csv``.

        BadInput with every fault, by file and row.
        """
        if not folder.is_dir():
            raise BadInput(f"{folder} is no plan: malha place --out {folder} makes one.")
        if (folder / "scenario.toml").is_file() and not (folder / PLAN).is_file():
            raise BadInput(f"{folder} is a scenario, not a plan: malha place --scenario {folder} makes one.")
        faults: list[Fault] = []
        as_of = _as_of(folder / PLAN, faults)
        sites = _table(folder / "sites.csv", SITES, faults)
        stock = _table(folder / "stock.csv", STOCK, faults, needed=not (folder / "transfers.csv").exists())
        transfers = _table(folder / "transfers.csv", TRANSFERS, faults, needed=False)
        if faults or as_of is None:
            raise BadInput(f"{folder} cannot be used as a plan:", faults)
        read = cls(str(folder), as_of, sites, stock, transfers)
        read._made(stock)
        return read

    def plan(self, products: pl.DataFrame, demand: pl.DataFrame) -> PlacementPlan:
        """Return the plan; depth by group is dealt out to products by the demand before the plan's as-of.

        ``products``: product_id and category. ``demand``: product_id, seller_id, day, units. BadInput for
        groups of which nothing was sold.
        """
        from replay.planned import depth_by_offer, of_groups  # noqa: PLC0415 (slow to import)

        grouped = of_groups(self.transfers, self.stock, products)
        try:
            dealt = depth_by_offer(grouped, demand, products, self.as_of)
        except BadInput as error:
            raise self._told(error) from None
        return self._made(pl.concat([self.stock.select(list(STOCK)), dealt]) if dealt.height else self.stock)

    def _made(self, stock: pl.DataFrame) -> PlacementPlan:
        try:
            return PlacementPlan.of(self.as_of, self.sites, stock)
        except BadInput as error:
            raise self._told(error) from None

    def _told(self, error: BadInput) -> BadInput:
        faults = [replace(fault, table=f"{fault.table}.csv") for fault in error.faults]
        return BadInput(f"{self.where}: {error.message}", faults)


def open_network(snapshot: Path, placement: Path | None) -> Network:
    """Return the network of a snapshot, with the plan in ``placement`` if one is named.

    Raises BadInput for a plan that cannot be read, is later than the snapshot, or names what it lacks.
    """
    return network_and_plan(snapshot, placement)[0]


def network_and_plan(snapshot: Path, placement: Path | None) -> tuple[Network, PlacementPlan | None]:
    """Return what ``open_network`` does, and the plan in it."""
    if placement is None:
        return Network.open(snapshot), None
    read = PlanFolder.read(placement)
    folder = snapshot_folder(snapshot)
    network = Network.open(folder)
    demand = pl.read_parquet(folder / "demand.parquet")
    plan = read.plan(network.tables["products"], demand)
    return network.with_plan(plan), plan


def _as_of(file: Path, faults: list[Fault]) -> datetime | None:
    """Return the instant that a plan is of; a date is Sao Paulo's midnight."""
    remedy = f'Write {{"{AS_OF}": "2018-03-01"}}: nothing later went into the plan.'
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        faults.append(Fault(file.name, None, None, "missing file", "", remedy))
        return None
    except ValueError as error:
        faults.append(Fault(file.name, None, None, "no JSON", str(error), remedy))
        return None
    told = found.get(AS_OF) if isinstance(found, dict) else None
    try:
        moment = instant(told, AS_OF) if isinstance(told, str) else None
    except BadInput:
        moment = None
    if moment is None:
        faults.append(Fault(file.name, None, AS_OF, "no instant", "" if told is None else str(told), remedy))
    return moment


def _table(
    file: Path, columns: Mapping[str, pl.DataType], faults: list[Fault], *, needed: bool = True
) -> pl.DataFrame:
    """Return a CSV's columns in their types, with ``row``; faults are added to the list."""
    empty = pl.DataFrame(schema={ROW: pl.Int64(), **columns})
    if not file.exists():
        if needed:
            faults.append(Fault(file.name, None, None, "missing file", "", f"Columns: {', '.join(columns)}."))
        return empty
    from api.scenarios.folders import read_csv  # noqa: PLC0415 (slow to import, and most need no plan)

    try:
        cells = read_csv(file)
    except BadInput as error:
        faults += error.faults
        return empty
    lacking = [name for name in columns if name not in cells.columns]
    cells = cells.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
    wrong = [
        Fault(file.name, None, name, "missing column", "", "Add it.")
        for name in lacking
        if name not in _LIMITS
    ]
    trimmed = cells.select(ROW, *(pl.col(name).str.strip_chars().replace("", None) for name in columns))
    made = trimmed.with_columns(_cast(name, dtype) for name, dtype in columns.items())
    wrong += _not_numbers(file.name, trimmed, made)
    faults += wrong
    return empty if wrong else made


def _cast(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column in its type: units may be written 250.0, and a limit's fraction of a unit is none."""
    if dtype != pl.Int64:
        return pl.col(name).cast(dtype, strict=False)
    number = pl.col(name).cast(pl.Float64, strict=False)
    whole = number.floor().cast(dtype, strict=False)
    return (whole if name in _LIMITS else pl.when(number == number.floor()).then(whole)).alias(name)


def _not_numbers(file: str, cells: pl.DataFrame, made: pl.DataFrame) -> Iterator[Fault]:
    for name in made.drop(ROW).columns:
        lost = cells.filter(cells[name].is_not_null() & made[name].is_null())
        kind = "no whole number" if name == _UNITS else "no number"
        for row, value in lost.select(ROW, name).iter_rows():
            yield Fault(file, row, name, kind, str(value), "Write digits.")
