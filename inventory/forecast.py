"""What will be ordered: a first, plain estimate from the purchases before an instant.

Units a day by category and region are gamma-Poisson with forgetting: a purchase of age *a* counts
``2**(-a / half_life_days)``, and so does each day that was watched. The prior mean of a category in a region
is the product of both margins, with the weight of ``prior_days``. A category's units are split to its
products by their shares of its sales, drawn towards equal shares (Dirichlet, ``prior_units`` a category).

Weights are whole numbers of 2**-20, so that sums do not depend on the order of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from graph.demand import DemandEstimate, OrderType
from graph.errors import BadInput
from inventory.events import utc

PURCHASES: Final = ("order_id", "purchased_s", "product_id", "category", "region", "units")
"""The columns of the history: one row a line of an order; ``purchased_s`` in epoch seconds."""

_ONE: Final = 2**20
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class ForecastRule:
    """How fast sales are forgotten, and how much is thought before the first is seen.

    A product is expected in the ``most_regions`` regions that buy most of its category, and in those that
    bought it; what the others would add is spread over these. ``lapse_days``: what has not sold for so long
    is not expected any more, and orders older than that make no order type. Half-life and weight of the prior
    were chosen by the likelihood of January 2018 on the real history (docs/stock.md).
    """

    half_life_days: float = 30.0
    prior_days: float = 200.0
    prior_units: float = 5.0
    most_regions: int = 40
    lapse_days: int = 180

    def __post_init__(self) -> None:
        if wrong := [name for name in self.__slots__ if not 0 < getattr(self, name) < float("inf")]:
            raise BadInput(f"Above zero, please: {', '.join(wrong)}.")


def estimate(demand: pl.DataFrame, at: datetime, rule: ForecastRule = ForecastRule()) -> DemandEstimate:
    """Return what is expected from an aware instant on, from the purchases before it (`PURCHASES`).

    Nothing stamped at ``at`` or later is read. Without any purchase the estimate is empty. Raises BadInput
    for missing columns.
    """
    if missing := [name for name in PURCHASES if name not in demand.columns]:
        raise BadInput(f"The purchases lack {', '.join(missing)}.")
    at_s = int(utc(at).timestamp())
    known = _weighed(demand, at_s, rule)
    days = _days_watched(known, at_s, rule)
    rates = _category_rates(known, days, rule)
    products = _product_rates(known, rates, rule)
    types, covered = _order_types(known, products, at_s, days, rule)
    product_ids = products["product_id"].unique().sort()
    regions = products["region"].unique().sort()
    return DemandEstimate(
        as_of=utc(at),
        product_ids=tuple(product_ids),
        regions=tuple(regions),
        product=product_ids.search_sorted(products["product_id"]).cast(pl.Int32).to_numpy(writable=True),
        region=regions.search_sorted(products["region"]).cast(pl.Int32).to_numpy(writable=True),
        mean_per_day=products["mean"].to_numpy(writable=True),
        var_per_day=products["var"].to_numpy(writable=True),
        order_types=types,
        covered_share=covered,
    )


def purchases(events: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Return `PURCHASES` from a snapshot's ``events.parquet`` and its ``products`` (product_id, category).

    A line of the log is one unit; equal lines of an order become one with several.
    """
    lines = events.filter(pl.col("kind") == "OrderPurchased").drop_nulls("product_id")
    return (
        lines.select(
            pl.col("subject").alias("order_id"),
            pl.col("time_s").alias("purchased_s"),
            "product_id",
            pl.col("zip_prefix").str.slice(0, 3).alias("region"),
        )
        .group_by("order_id", "purchased_s", "product_id", "region")
        .agg(units=pl.len().cast(pl.Int64))
        .join(products.select("product_id", "category"), on="product_id", how="left")
        .select(PURCHASES)
        .sort("purchased_s", "order_id", "product_id")
    )


def _weighed(demand: pl.DataFrame, at_s: int, rule: ForecastRule) -> pl.DataFrame:
    """Return the purchases before an instant with the weight that is left of each."""
    age_days = (at_s - pl.col("purchased_s")) / _DAY_S
    weight = (pl.lit(2.0).pow(-age_days / rule.half_life_days) * _ONE).round().cast(pl.Int64)
    return demand.filter(pl.col("purchased_s") < at_s).with_columns(
        pl.col("category").fill_null(""), weight=weight, weighed=weight * pl.col("units")
    )


def _days_watched(known: pl.DataFrame, at_s: int, rule: ForecastRule) -> float:
    """Return the days since the first purchase, forgotten as the purchases are."""
    if known.is_empty():
        return 0.0
    first: int = known["purchased_s"].min()  # type: ignore[assignment]
    decay = np.log(2.0) / rule.half_life_days
    return float((1.0 - np.exp(-decay * (at_s - first) / _DAY_S)) / decay)


def _category_rates(known: pl.DataFrame, days: float, rule: ForecastRule) -> pl.DataFrame:
    """Return category, region, mean and variance of the units a day, for every pair of both."""
    by_category = known.group_by("category").agg(of_category=pl.sum("weighed")).sort("category")
    by_region = known.group_by("region").agg(of_region=pl.sum("weighed")).sort("region")
    by_both = known.group_by("category", "region").agg(pl.sum("weighed"))
    whole = max(int(known["weighed"].sum()), 1)
    expected = pl.col("of_category") * (pl.col("of_region") / whole) / _ONE / max(days, 1e-9)
    shape = rule.prior_days * expected + pl.col("weighed").fill_null(0) / _ONE
    seen = rule.prior_days + days
    return (
        by_category.join(by_region, how="cross")
        .join(by_both, on=("category", "region"), how="left")
        .select("category", "region", mean=shape / seen, var=shape / seen**2)
    )


def _product_rates(known: pl.DataFrame, rates: pl.DataFrame, rule: ForecastRule) -> pl.DataFrame:
    """Return product, region, mean and variance of the units a day, sorted by product and region."""
    shares = _shares(known, rule)
    order = pl.col("mean").rank("ordinal", descending=True).over("category", order_by="region")
    main = rates.filter(order <= rule.most_regions).select("category", "region")
    bought = known.select("product_id", "region").unique()
    pairs = pl.concat([shares.join(main, on="category").select("product_id", "region"), bought]).unique()
    found = (
        pairs.join(shares, on="product_id")
        .join(rates, on=("category", "region"))
        .join(rates.group_by("category").agg(total=pl.col("mean").sort().sum()), on="category")
        .sort("product_id", "region")
    )
    # What the regions that are left out would have bought goes to those that are in.
    scale = pl.col("total") / pl.col("mean").sum().over("product_id")
    share, share_var = pl.col("share"), pl.col("share_var")
    mean, var = pl.col("mean") * scale, pl.col("var") * scale**2
    return found.select(
        "product_id",
        "region",
        mean=mean * share,
        var=var * share**2 + mean**2 * share_var + var * share_var,
    )


def _shares(known: pl.DataFrame, rule: ForecastRule) -> pl.DataFrame:
    """Return the share of each product that still sells in its category, and the variance of that share."""
    least = int(2.0 ** (-rule.lapse_days / rule.half_life_days) * _ONE)
    sold = (
        known.group_by("product_id", "category")
        .agg(pl.sum("weighed"), last=pl.max("weight"))
        .filter(pl.col("last") >= least)
        .sort("product_id")
    )
    of_category = pl.col("weighed").sum().over("category") / _ONE
    weight = pl.col("weighed") / _ONE + rule.prior_units / pl.len().over("category")
    share = weight / (of_category + rule.prior_units)
    return sold.select(
        "product_id",
        "category",
        share=share,
        share_var=share * (1.0 - share) / (of_category + rule.prior_units + 1.0),
    )


def _order_types(
    known: pl.DataFrame, products: pl.DataFrame, at_s: int, days: float, rule: ForecastRule
) -> tuple[tuple[OrderType, ...], float]:
    """Return the kinds of orders that come again, and the share of recent orders that are of one of them.

    Orders of one line are, and baskets that were seen at least twice. A kind of one line takes its part of
    what is expected of its product; a basket comes as often as it came.
    """
    line = pl.struct("product_id", "units").sort_by("product_id")
    recent = known.filter(pl.col("purchased_s") >= at_s - rule.lapse_days * _DAY_S)
    orders = recent.group_by("order_id").agg(lines=line, region=pl.first("region"), weight=pl.first("weight"))
    seen = pl.len().over("lines")
    kept = orders.filter((pl.col("lines").list.len() == 1) | (seen >= 2))
    kinds = kept.group_by("lines", "region").agg(pl.sum("weight"))
    kinds = kinds.with_columns(key=pl.col("lines").list.eval(pl.element().struct.json_encode()).list.join(""))
    expected = dict(products.group_by("product_id").agg(pl.col("mean").sort().sum()).iter_rows())
    units = dict(known.group_by("product_id").agg(pl.sum("weighed")).iter_rows())
    types = []
    for lines, region, weight in kinds.sort("key", "region").select("lines", "region", "weight").iter_rows():
        told = tuple((one["product_id"], one["units"]) for one in lines)
        mean = weight / _ONE / max(days, 1e-9)
        if len(told) == 1:
            product = told[0][0]
            mean = expected.get(product, 0.0) * weight / units[product]
        types.append(OrderType(told, region, mean, mean / (rule.prior_days + days)))
    return tuple(types), kept.height / max(orders.height, 1)
