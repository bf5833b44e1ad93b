"""What will be ordered: an estimate from the purchases before an instant.

A category's rate in a region (`inventory.rates`) is split to its products by their shares of its recent
sales (`inventory.products`); what products take that nobody has sold yet is expected of no product.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from graph.days import utc
from graph.demand import DemandEstimate, OrderType
from inventory.products import product_shares, rates_of
from inventory.rates import CategoryRates, ForecastRule, category_rates, region_rates
from inventory.sales import ONE, PURCHASES, Floats, Sales, sales_before

__all__ = [
    "PURCHASES",
    "ForecastRule",
    "demand_by_category",
    "demand_of_categories",
    "demand_of_products",
    "estimate",
    "expected_orders",
    "product_rates",
    "purchases",
]

_RULE: Final = ForecastRule()
_TYPE_DAYS: Final = 200.0
"""How many days of watching what is thought of an order type beforehand is worth."""


def estimate(demand: pl.DataFrame, at: datetime, rule: ForecastRule = _RULE) -> DemandEstimate:
    """Return what is expected from an aware instant on, from the purchases before it (`PURCHASES`).

    Nothing stamped at ``at`` or later is read. Without any purchase the estimate is empty. Raises BadInput
    for missing columns.
    """
    known, sales = sales_before(demand, at)
    rates = category_rates(sales, rule)
    products = _pair_rates(known, sales, rates, rule)
    types, covered = _order_types(known, sales, rates, rule)
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


def expected_orders(
    demand: pl.DataFrame, at: datetime, products: Collection[str], rule: ForecastRule = _RULE
) -> tuple[OrderType, ...]:
    """Return those order types of `estimate` that want one of some products. Reads and raises as it does."""
    known, sales = sales_before(demand, at)
    return _order_types(known, sales, category_rates(sales, rule), rule, products)[0]


def demand_of_categories(demand: pl.DataFrame, at: datetime, rule: ForecastRule = _RULE) -> pl.DataFrame:
    """Return category, region, mean and variance of the units a day, for every pair of both, sorted.

    ``var`` is the variance of the rate: the units of d days have mean ``mean * d`` and variance
    ``mean * d + var * d**2``. Reads and raises as `estimate` does.
    """
    _, sales = sales_before(demand, at)
    return _region_frame(sales, category_rates(sales, rule), rule)


def demand_by_category(demand: pl.DataFrame, at: datetime, rule: ForecastRule = _RULE) -> pl.DataFrame:
    """Return category, mean and var of the units a day, sorted by category; see `demand_of_categories`."""
    _, sales = sales_before(demand, at)
    rates = category_rates(sales, rule)
    var = rates.mean**2 * rates.relative_var
    return sales.categories.to_frame("category").with_columns(mean=pl.Series(rates.mean), var=pl.Series(var))


def demand_of_products(demand: pl.DataFrame, at: datetime, rule: ForecastRule = _RULE) -> pl.DataFrame:
    """Return product_id, category, mean and var of the units a day over all regions, sorted by product.

    What is uncertain of a product's share is so in all regions alike, so this is not the sum of variances
    of an estimate. Reads and raises as `estimate` does.
    """
    _, sales = sales_before(demand, at)
    mean, var = product_rates(sales, rule)
    return pl.DataFrame(
        {
            "product_id": sales.products,
            "category": sales.categories.gather(sales.category_of),
            "mean": mean,
            "var": var,
        }
    ).filter(pl.col("mean") > 0)


def product_rates(sales: Sales, rule: ForecastRule = _RULE) -> tuple[Floats, Floats]:
    """Return mean and variance of the units a day of every product, (P,) each; 0 for those that lapsed."""
    return _product_rates(sales, category_rates(sales, rule), rule)


def _product_rates(sales: Sales, rates: CategoryRates, rule: ForecastRule) -> tuple[Floats, Floats]:
    shares = product_shares(sales, rule)
    mean, var = np.zeros(len(sales.products)), np.zeros(len(sales.products))
    mean[shares.product], var[shares.product] = rates_of(shares, sales, rates)
    return mean, var


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


def _region_frame(sales: Sales, rates: CategoryRates, rule: ForecastRule) -> pl.DataFrame:
    """Return category, region, mean, var: every pair, sorted."""
    mean, var = region_rates(sales, rates, rule)
    pairs = sales.categories.to_frame("category").join(sales.regions.to_frame("region"), how="cross")
    return pairs.with_columns(mean=pl.Series(mean.ravel()), var=pl.Series(var.ravel()))


def _pair_rates(
    known: pl.DataFrame, sales: Sales, category: CategoryRates, rule: ForecastRule
) -> pl.DataFrame:
    """Return product, region, mean and variance of the units a day, sorted by product and region."""
    rates, taken = _region_frame(sales, category, rule), product_shares(sales, rule)
    shares = pl.DataFrame(
        {
            "product_id": sales.products.gather(taken.product),
            "category": sales.categories.gather(sales.category_of[taken.product]),
            "share": taken.share,
            "share_var": taken.share_var,
        }
    )
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


def _order_types(
    known: pl.DataFrame,
    sales: Sales,
    rates: CategoryRates,
    rule: ForecastRule,
    wanted: Collection[str] | None = None,
) -> tuple[tuple[OrderType, ...], float]:
    """Return the kinds of orders that come again, and the share of recent orders that are of one of them.

    Orders of one line are, and baskets that were seen at least twice. A kind of one line takes its part of
    what is expected of its product; a basket comes as often as it came. ``wanted``: products of which every
    kind has one.
    """
    weight = (pl.lit(2.0).pow(-(pl.col("age") + 0.5) / rule.product_days) * ONE).round().cast(pl.Int64)
    weighed = known.with_columns(weight=weight)
    line = pl.struct("product_id", "units").sort_by("product_id")
    recent = weighed.filter(pl.col("age") < rule.lapse_days)
    orders = recent.group_by("order_id").agg(lines=line, region=pl.first("region"), weight=pl.first("weight"))
    seen = pl.len().over("lines")
    kept = orders.filter((pl.col("lines").list.len() == 1) | (seen >= 2))
    kinds = kept.group_by("lines", "region").agg(pl.sum("weight"))
    if wanted is not None:
        product = pl.element().struct.field("product_id")
        kinds = kinds.filter(pl.col("lines").list.eval(product.is_in(sorted(wanted))).list.any())
    kinds = kinds.with_columns(key=pl.col("lines").list.eval(pl.element().struct.json_encode()).list.join(""))
    expected = dict(zip(sales.products, _product_rates(sales, rates, rule)[0].tolist(), strict=True))
    units = dict(weighed.group_by("product_id").agg((pl.col("weight") * pl.col("units")).sum()).iter_rows())
    days = max(_days_watched(known, rule), 1e-9)
    types = []
    for lines, region, kind_weight in (
        kinds.sort("key", "region").select("lines", "region", "weight").iter_rows()
    ):
        told = tuple((one["product_id"], one["units"]) for one in lines)
        mean = kind_weight / ONE / days
        if len(told) == 1:
            product = told[0][0]
            mean = expected[product] * kind_weight / units[product]
        types.append(OrderType(told, region, mean, mean / (_TYPE_DAYS + days)))
    return tuple(types), kept.height / max(orders.height, 1)


def _days_watched(known: pl.DataFrame, rule: ForecastRule) -> float:
    """Return the days since the first purchase, forgotten as the purchases are."""
    days = 0 if known.is_empty() else 1 + int(known["age"].max())  # type: ignore[arg-type]
    decay = np.log(2.0) / rule.product_days
    return float((1.0 - np.exp(-decay * days)) / decay)
