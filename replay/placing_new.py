"""A first scenario from a snapshot: what is expected, who supplies it, and sites to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from graph import Network
from graph.arrays import codes_of
from graph.days import day_number, local_day
from graph.distance import haversine_km
from graph.errors import BadInput, Fault
from ingest.states import state_facts
from inventory.forecast import demand_by_category, demand_of_products
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.scenario import DIRECT
from optimizer.placement.scenario_cells import Column, Kind
from optimizer.placement.scenario_faults import site_faults
from optimizer.placement.scenario_settings import Settings
from optimizer.placement.scenario_tables import ROW, TABLES, Table, read_table

OTHER: Final = "other"
"""The group of products without a category."""

HOLDING_A_YEAR: Final = 0.25
"""Assumed: a unit costs a quarter of its price to hold for a year."""

SUPPLY_DAYS: Final = 180
"""Who supplied a group in so many days before the snapshot supplies it in the scenario."""

SITE_DEFAULTS: Final[Mapping[str, float]] = {
    "fixed_cost_cents_per_day": 10_000.0,
    "handling_cost_cents": 250.0,
    "handling_hours": 24.0,
}
"""Assumed of a site of which nothing is known; a planner puts the true figures in sites.csv."""

_SPARSE: Final = 1e-6


def demand_tables(
    network: Network, rates: pl.DataFrame, sold: pl.DataFrame, horizon_days: float
) -> dict[str, pl.DataFrame]:
    """Return ``demand``, ``products`` and ``supply`` by region and category.

    ``rates``: category, region, mean and var of the units a day (`inventory.forecast.demand_of_categories`):
    those of d days have mean m d and variance m d + v d^2. ``sold``: the snapshot's demand (product_id,
    seller_id, day, units). A category that nobody has sold of late is left out.
    """
    groups = network.tables["products"].select("product_id", group=pl.col("category").fill_null(OTHER))
    age = day_number(local_day(network.meta.as_of)) - pl.col("day")
    recent = sold.filter((age > 0) & (age <= SUPPLY_DAYS)).join(groups, "product_id")
    supply = recent.group_by("group", "seller_id").agg(pl.sum("units")).sort("group", "seller_id")
    mean, var = pl.col("mean") * horizon_days, pl.col("var") * horizon_days**2
    demand = (
        rates.with_columns(group=pl.col("category").replace("", OTHER).fill_null(OTHER))
        .join(network.tables["regions"], "region", "semi")
        .join(supply, "group", "semi")
        .filter(mean > _SPARSE)
        .select(
            pl.format("{}:{}", "region", "group").alias("demand_id"),
            "region",
            "group",
            units=mean.round(6),
            units_sd=(mean + var).sqrt().round(6),
        )
        .sort("demand_id")
    )
    if demand.is_empty():
        raise BadInput("The snapshot expects no demand: it knows no purchases.")
    wanted = demand.select("group").unique()
    return {
        "demand": demand,
        "products": _products(network, recent, wanted),
        "supply": supply.join(wanted, "group", "semi").sort("group", "seller_id"),
    }


def with_stockable(demand: pl.DataFrame, bought: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return the table ``demand`` with ``stockable_share``: what of its group known products will sell.

    The rest is of products that nobody has sold before ``at``: they cannot lie on a shelf. ``bought``: the
    purchases known then (`inventory.forecast.purchases`).
    """
    known = demand_of_products(bought, at).group_by("category").agg(known=pl.sum("mean"))
    share = (pl.col("known").fill_null(0.0) / pl.col("mean")).clip(0.0, 1.0).round(6)
    shares = demand_by_category(bought, at).join(known, "category", "left")
    shares = shares.select(group=pl.col("category").replace("", OTHER), stockable_share=share)
    return demand.join(shares, "group", "left", maintain_order="left")


def _products(network: Network, sold: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Return the average unit sold of each group: freight grows by the kilogram, so means add up."""
    prices = network.tables["offers"].group_by("product_id").agg(pl.mean("price_cents"))
    units = sold.join(network.tables["products"], "product_id").join(prices, "product_id")
    figures = ("volume_cm3", "weight_g", "price_cents")

    def mean(name: str) -> pl.Expr:
        known = pl.col(name).is_not_null()
        return (pl.col(name) * pl.col("units")).sum() / pl.col("units").filter(known).sum()

    means = units.sort("product_id").group_by("group").agg(mean(name).round(1) for name in figures)
    holding = pl.col("price_cents").fill_null(0.0) * HOLDING_A_YEAR / 365
    return (
        wanted.join(means, "group", "left")
        .sort("group")
        .select("group", holding.round(2).alias("holding_cost_cents_per_day"), pl.col(figures).fill_nan(None))
    )


def capital_sites(network: Network) -> pl.DataFrame:
    """Return a site in every state capital that the snapshot knows: warehouse_id (the state), zip_prefix.

    It lies at the zip prefix nearest to the middle of the capital's prefixes. BadInput where none is known.
    """
    zips = network.tables["zip_prefixes"].filter(pl.col("located") == "prefix")
    rows = []
    for state, capital in state_facts().select("state", "capital").iter_rows():
        own = zips.filter((pl.col("state") == state) & (pl.col("city") == capital))
        if not own.is_empty():
            rows.append((state, _middle(own)))
    if not rows:
        raise BadInput("The snapshot knows no state capital by name. Give --warehouses FILE or kmedians.")
    return pl.DataFrame(rows, schema=["warehouse_id", "zip_prefix"], orient="row")


def _middle(zips: pl.DataFrame) -> str:
    lat, lng = zips["lat"].to_numpy(), zips["lng"].to_numpy()
    far = haversine_km(lat, lng, float(np.median(lat)), float(np.median(lng)))
    return str(zips["zip_prefix"][int(far.argmin())])


def median_problem(network: Network, demand: pl.DataFrame, count: int) -> tuple[FacilityProblem, list[str]]:
    """Return the p-median problem on region demand by distance, and the zip prefix that stands for each site.

    Every region with a zip prefix may have a site; BadInput where there are fewer than ``count``.
    """
    regions = network.tables["regions"].drop_nulls(["lat", "lng"])
    zips = network.tables["zip_prefixes"].drop_nulls(["lat", "lng"]).filter(pl.col("located") == "prefix")
    own = regions.join(zips.select("region").unique(), "region", "semi").sort("region")
    if own.height < count:
        raise BadInput(f"--sites {count}: the snapshot locates only {own.height} regions.")
    units = demand.group_by("region").agg(pl.sum("units")).join(regions, "region").sort("region")
    lat, lng = (own[name].to_numpy()[:, None] for name in ("lat", "lng"))
    km = haversine_km(lat, lng, units["lat"].to_numpy(), units["lng"].to_numpy())
    amount = units["units"].to_numpy()
    problem = FacilityProblem(
        site_ids=tuple(own["region"]),
        demand_ids=tuple(units["region"]),
        fixed=np.zeros(own.height),
        cost=km * amount,
        units=amount,
        capacity=np.full(own.height, np.inf),
        max_sites=count,
    )
    near = [_nearest(zips.filter(pl.col("region") == row[0]), row[1], row[2]) for row in own.iter_rows()]
    return problem, near


def _nearest(zips: pl.DataFrame, lat: float, lng: float) -> str:
    far = haversine_km(zips["lat"].to_numpy(), zips["lng"].to_numpy(), lat, lng)
    return str(zips["zip_prefix"][int(far.argmin())])


def site_table(
    given: pl.DataFrame, horizon_days: float, known: pl.Series | None = None, where: str = "warehouses"
) -> pl.DataFrame:
    """Return the table ``sites`` of what is known of sites, the rest assumed (`SITE_DEFAULTS`).

    ``given``: warehouse_id, zip_prefix and other columns of the table, as text or typed; and
    ``fixed_cost_cents_per_day``, which is counted over the horizon. What is missing or empty is assumed.
    ``known``: zip prefixes that there are (None: any). BadInput with every fault, by ``where`` and row.
    """
    sites, faults = read_table(where, _GIVEN, given)
    faults += [replace(fault, table=where) for fault in site_faults(sites, Settings(), DIRECT)]
    faults += _own_faults(sites, known, where)
    if given.is_empty():
        faults.append(Fault(where, None, None, "no row", "", "Give at least one."))
    if faults:
        raise BadInput("The warehouses cannot be used.", faults)
    by_day = pl.col(_BY_DAY).fill_null(SITE_DEFAULTS[_BY_DAY]) * horizon_days
    return sites.with_columns(pl.col("fixed_cost_cents").fill_null(by_day)).select(*TABLES["sites"].columns)


def _own_faults(sites: pl.DataFrame, known: pl.Series | None, where: str) -> Iterator[Fault]:
    """Yield places that nobody knows, and costs that are said twice."""
    if known is not None:
        for row, name in (
            sites.filter(~pl.col("zip_prefix").is_in(known.implode())).select(ROW, "zip_prefix").iter_rows()
        ):
            remedy = "The snapshot knows no such zip prefix: give one nearby."
            yield Fault(where, row, "zip_prefix", "unknown zip prefix", name, remedy)
    twice = sites.filter(pl.col("fixed_cost_cents").is_not_null() & pl.col(_BY_DAY).is_not_null())
    for row, cents in twice.select(ROW, _BY_DAY).iter_rows():
        yield Fault(where, row, _BY_DAY, "said twice", f"{cents:g}", "Give fixed_cost_cents or this.")


_BY_DAY: Final = "fixed_cost_cents_per_day"
_GIVEN: Final = Table(
    {
        **TABLES["sites"].columns,
        "fixed_cost_cents": Column(Kind.NUMBER),
        _BY_DAY: Column(Kind.NUMBER),
        **{
            name: replace(TABLES["sites"].columns[name], required=False, empty=SITE_DEFAULTS[name])
            for name in ("handling_cost_cents", "handling_hours")
        },
    },
    key=("warehouse_id",),
)
"""Sites as a planner gives them: of each a name and a place at least."""


def region_sites(network: Network, regions: pl.Series, near: list[str]) -> pl.DataFrame:
    """Return sites named by region and state, ``010-SP``, at their zip prefixes."""
    names = network.tables["regions"]
    state = names["state"].gather(codes_of(regions, names["region"]))
    ids = [f"{region}-{home}" if home else region for region, home in zip(regions, state, strict=True)]
    return pl.DataFrame({"warehouse_id": ids, "zip_prefix": near})
