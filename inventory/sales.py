"""Purchases before an instant, as codes and ages: what every forecast of demand is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.days import DAY_S, utc
from graph.errors import BadInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PURCHASES: Final = ("order_id", "purchased_s", "product_id", "category", "region", "units")
"""The columns of the history: one row a line of an order; ``purchased_s`` in epoch seconds."""

ONE: Final = 2**20
"""Weights are whole numbers of 2**-20, so that sums do not depend on the order of the rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Sales:
    """Purchases before an instant as codes, L lines: category, region, product, age in days, units.

    ``categories``, ``regions``, ``products`` are the sorted names; ``category_of`` (P,) is each product's.
    An age of 0 is the last 24 hours.
    """

    categories: pl.Series
    regions: pl.Series
    products: pl.Series
    category_of: Ints
    category: Ints
    region: Ints
    product: Ints
    age: Ints
    units: Ints

    def weighed(self, half_life_days: float) -> Floats:
        """Return the units that are left of each line, in whole numbers of 2**-20."""
        return np.asarray(np.round(np.exp2(-(self.age + 0.5) / half_life_days) * ONE) * self.units)

    def daily(self) -> Floats:
        """Return the units of each category by age (K, days)."""
        days = int(self.age.max(initial=-1)) + 1
        cell = self.category * days + self.age
        size = len(self.categories) * days
        counted = np.bincount(cell, self.units, size).astype(np.float64)
        return counted.reshape(len(self.categories), days)


def sales_before(demand: pl.DataFrame, at: datetime) -> tuple[pl.DataFrame, Sales]:
    """Return the purchases before an instant with their ages in whole days, and the same as codes.

    Raises BadInput for missing columns.
    """
    if missing := [name for name in PURCHASES if name not in demand.columns]:
        raise BadInput(f"The purchases lack {', '.join(missing)}.")
    at_s = int(utc(at).timestamp())
    known = demand.filter(pl.col("purchased_s") < at_s).with_columns(
        pl.col("category").fill_null(""), age=(at_s - 1 - pl.col("purchased_s")) // DAY_S
    )
    products = known.group_by("product_id").agg(pl.min("category")).sort("product_id")
    regions, categories = known["region"].unique().sort(), products["category"].unique().sort()
    product = products["product_id"].search_sorted(known["product_id"]).cast(pl.Int64).to_numpy()
    category_of = categories.search_sorted(products["category"]).cast(pl.Int64).to_numpy()
    return known, Sales(
        categories=categories,
        regions=regions,
        products=products["product_id"],
        category_of=category_of,
        category=category_of[product],
        region=regions.search_sorted(known["region"]).cast(pl.Int64).to_numpy(),
        product=product,
        age=known["age"].to_numpy(),
        units=known["units"].to_numpy(),
    )
