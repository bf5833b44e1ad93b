"""What tables of a scenario say against each other: unknown names, bounds that cross, too few sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from graph.errors import Fault
from optimizer.placement.scenario_cells import MOST_FAULTS, SiteStatus
from optimizer.placement.scenario_settings import WHERE, Settings
from optimizer.placement.scenario_tables import ITEM, ROW

_TRANSIT: Final = "in_transit"
Frames = Mapping[str, pl.DataFrame]


def cross_faults(frames: Frames, given: Frames, settings: Settings, direct: str) -> Iterator[Fault]:
    """Yield what is wrong between tables that can be read; ``direct`` is the site that needs no row.

    ``given``: the tables before rows that cannot be read were left out, which name things all the same. A
    table that is not among them has no row in ``frames``, and nothing is said against it.
    """
    for table in ("sites", "demand"):
        if table in given and given[table].is_empty():
            yield Fault(table, None, None, "no row", "", "Give at least one.")
    yield from _kind_faults(frames)
    yield from _name_faults(frames, given, (direct,) if settings.direct else ())
    if "sites" in given:
        yield from site_faults(frames["sites"], settings, direct)
    yield from _demand_faults(frames, settings)
    yield from _flow_faults(frames, settings)
    yield from _supply_faults(frames)
    yield from _inbound_faults(frames, given)


def _rows(
    table: str, frame: pl.DataFrame, column: str, shown: str, kind: str, remedy: str
) -> Iterator[Fault]:
    """Yield a fault for each row of a frame of wrong rows."""
    for row in frame.head(MOST_FAULTS).iter_rows(named=True):
        value = row[shown]
        yield Fault(table, row[ROW], column, kind, "" if value is None else str(value), remedy)
    if frame.height > MOST_FAULTS:
        yield Fault(table, None, column, kind, f"{frame.height - MOST_FAULTS:,} rows more", remedy)


def _kind_faults(frames: Frames) -> Iterator[Fault]:
    """Yield rows that name none or both of what excludes each other."""
    demand = frames["demand"]
    placed = pl.col("zip_prefix").is_not_null().cast(int) + pl.col("region").is_not_null().cast(int)
    wrong = demand.filter(placed != 1)
    remedy = "Give zip_prefix or region, one of the two."
    yield from _rows("demand", wrong, "zip_prefix", "demand_id", "not one place", remedy)
    both = pl.col("product_id").is_not_null() & pl.col("group").is_not_null()
    neither = pl.col("product_id").is_null() & pl.col("group").is_null()
    remedy = "Give product_id or group, one of the two."
    for table, bad in (("demand", both), ("products", both | neither), ("supply", both | neither)):
        wrong = frames[table].filter(bad)
        yield from _rows(table, wrong, "product_id", "product_id", "not one product or group", remedy)


def _name_faults(frames: Frames, given: Frames, more: tuple[str, ...]) -> Iterator[Fault]:
    sites = [*_names(given, "sites", "warehouse_id"), *more]
    demands = _names(given, "demand", "demand_id")
    for table in ("service", "inbound", "flows"):
        frame = frames[table]
        if "sites" in given:
            wrong = frame.filter(~pl.col("warehouse_id").is_in(sites))
            remedy = "Name a row of the table sites."
            yield from _rows(table, wrong, "warehouse_id", "warehouse_id", "unknown site", remedy)
        if "demand" in given and table != "inbound":
            wrong = frame.filter(~pl.col("demand_id").is_in(demands))
            remedy = "Name a row of the table demand."
            yield from _rows(table, wrong, "demand_id", "demand_id", "unknown demand", remedy)


def _names(given: Frames, table: str, column: str) -> list[str]:
    if table not in given:
        return []
    names = given[table][column].cast(pl.String).str.strip_chars()
    return names.drop_nulls().unique().to_list()


def site_faults(sites: pl.DataFrame, settings: Settings, direct: str) -> Iterator[Fault]:
    """Yield what is wrong among the sites, and between them and the settings."""
    site = pl.col("warehouse_id")
    wrong = sites.filter(site.is_in([direct, _TRANSIT]) | site.str.contains(":", literal=True))
    remedy = (
        f"Give the site another name: {direct} are the sellers, {_TRANSIT} is stock on its way, : parts ids."
    )
    yield from _rows("sites", wrong, "warehouse_id", "warehouse_id", "reserved name", remedy)
    wrong = sites.filter(pl.col("min_units") > pl.col("capacity_units"))
    remedy = "A site cannot need more units than it can handle: lower min_units or raise capacity_units."
    yield from _rows("sites", wrong, "min_units", "min_units", "above the capacity", remedy)
    usable = sites.filter(pl.col("status") != str(SiteStatus.CLOSED)).height
    forced = sites.filter(pl.col("status") == str(SiteStatus.OPEN)).height
    for name in ("min_sites", "exact_sites"):
        if (count := getattr(settings, name)) is not None and count > usable:
            remedy = f"Only {usable} sites are not closed."
            yield Fault(WHERE, None, name, "more than there are", str(count), remedy)
    for name in ("max_sites", "exact_sites"):
        if (count := getattr(settings, name)) is not None and count < forced:
            remedy = f"{forced} sites have the status open. Allow as many, or make them candidates."
            yield Fault(WHERE, None, name, "fewer than must be open", str(count), remedy)


def _demand_faults(frames: Frames, settings: Settings) -> Iterator[Fault]:
    demand = frames["demand"]
    facts = ("zip_prefix", "region", "product_id", "group")
    first = demand.group_by("demand_id", maintain_order=True).agg(pl.first(*facts))
    paired = demand.join(first, "demand_id", suffix="_first", maintain_order="left")
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_first")) for name in facts)
    remedy = "All periods of a demand have one place and one product or group."
    yield from _rows("demand", paired.filter(~same), "demand_id", "demand_id", "changes by period", remedy)
    if not settings.direct:
        wrong = demand.filter((pl.col("stockable_share") < 1) & (pl.col("units") > 0))
        column, remedy = "stockable_share", "Sellers ship the rest: write direct = true, or leave it out."
        yield from _rows("demand", wrong, column, column, "nobody ships the rest", remedy)
    if not frames["service"].is_empty() and settings.unserved_cents_per_unit is None:
        served = frames["service"]["demand_id"].unique().to_list()
        wrong = demand.filter(~pl.col("demand_id").is_in(served)).unique("demand_id", maintain_order=True)
        remedy = f"Add a row to service, or give unserved_cents_per_unit in {WHERE}."
        yield from _rows("demand", wrong, "demand_id", "demand_id", "no site may serve it", remedy)


def _flow_faults(frames: Frames, settings: Settings) -> Iterator[Fault]:
    stockable = pl.col("units") * pl.col("stockable_share")
    units = frames["demand"].group_by("demand_id").agg(units=stockable.sum())
    flows = frames["flows"].join(units, "demand_id", maintain_order="left")
    least, most, whole = pl.col("min_units"), pl.col("max_units"), pl.col("units")
    wrong = flows.filter((least > most) | (pl.col("forbidden") & (least > 0)))
    yield from _rows("flows", wrong, "min_units", "min_units", "more than it may serve", "Lower min_units.")
    needed = least.sum().over("demand_id")
    wrong = flows.filter((needed > whole * (1 + 1e-9)) & (least > 0))
    yield from _rows("flows", wrong, "min_units", "min_units", "more than the demand", "Lower min_units.")
    bounds = (most > 0) & (most < whole) & ~pl.col("forbidden")
    wrong = flows.filter(bounds & (bounds.sum().over("demand_id") > 1))
    remedy = "Bound one site of a demand, and forbid others; or split the demand into two rows."
    yield from _rows("flows", wrong, "max_units", "max_units", "two bounds on one demand", remedy)
    if settings.single_sourcing:
        part = ((least > 0) & (least < whole * (1 - 1e-9))) | bounds
        remedy = "With single_sourcing a site serves all of a demand or nothing of it."
        yield from _rows("flows", flows.filter(part), "min_units", "min_units", "a part of a demand", remedy)


def _supply_faults(frames: Frames) -> Iterator[Fault]:
    supply = frames["supply"]
    if supply.is_empty():
        return
    name = ITEM.alias("item")
    supplied = supply.select(name)["item"].unique().to_list()
    demand = frames["demand"].with_columns(name).unique("item", maintain_order=True)
    wrong = demand.filter(~pl.col("item").is_in(supplied))
    yield from _rows("demand", wrong, "group", "item", "nobody supplies it", "Add a row to supply.")


def _inbound_faults(frames: Frames, given: Frames) -> Iterator[Fault]:
    """Yield sellers without a way to a site, where ``inbound`` says how any of them gets anywhere."""
    inbound, supply = frames["inbound"], frames["supply"]
    if inbound.is_empty() or inbound.height < given["inbound"].height:  # rows left out are told already
        return
    sellers = (inbound if supply.is_empty() else supply).select("seller_id").unique()
    first = inbound.group_by("seller_id").agg(pl.first(ROW))
    lost = (
        sellers.join(frames["sites"].select("warehouse_id"), how="cross")
        .join(inbound, ["seller_id", "warehouse_id"], "anti")
        .join(first, "seller_id", "left")
        .with_columns(way=pl.format("{} to {}", "seller_id", "warehouse_id"))
        .sort("way")
    )
    remedy = "Add a row from this seller to this site."
    yield from _rows("inbound", lost, "warehouse_id", "way", "missing row", remedy)
