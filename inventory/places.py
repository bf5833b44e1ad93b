"""What part of a product's demand each place serves: shares of its sellers, and of a seller's places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from graph.days import day_number, local_day
from graph.errors import BadInput
from inventory.events import StockKey
from inventory.opening import DEMAND

_HALF_LIFE_DAYS: Final = 90.0
_PRIOR_UNITS: Final = 0.5
_ONE: Final = 2**20


@dataclass(frozen=True, slots=True)
class PlaceShare:
    """The share of a product's demand that a place serves, with its variance (a Dirichlet belief)."""

    mean: float
    var: float

    def of(self, mean: float, var: float) -> tuple[float, float]:
        """Return mean and variance of the place's rate, from those of the product's."""
        return mean * self.mean, var * self.mean**2 + mean**2 * self.var + var * self.var


def place_shares(keys: Sequence[StockKey], sold: pl.DataFrame, at: datetime) -> dict[StockKey, PlaceShare]:
    """Return each place's share of its product's demand at an aware instant.

    ``sold`` is ``demand.parquet``: units by product, seller, region and local day; days from that of ``at``
    on are not read. Half of the units are forgotten in 90 days; each seller of a product starts with half a
    unit. A seller's places share alike. Raises BadInput for missing columns.
    """
    if missing := [name for name in DEMAND if name not in sold.columns]:
        raise BadInput(f"The demand table lacks {', '.join(missing)}: build the snapshot again.")
    age = day_number(local_day(at)) - pl.col("day")
    left = (pl.lit(2.0).pow(-age / _HALF_LIFE_DAYS) * _ONE).round().cast(pl.Int64) * pl.col("units")
    units = dict.fromkeys(((key.product_id, key.seller_id) for key in keys), 0.0)
    weighed = sold.filter(age > 0).group_by("product_id", "seller_id").agg(units=left.sum())
    for product, seller, weight in weighed.iter_rows():
        units[product, seller] = weight / _ONE
    whole: Counter[str] = Counter()
    for (product, _), seen in sorted(units.items()):
        whole[product] += seen + _PRIOR_UNITS  # type: ignore[assignment]
    places = Counter((key.product_id, key.seller_id) for key in keys)
    found = {}
    for key in keys:
        offer = key.product_id, key.seller_id
        share = (units[offer] + _PRIOR_UNITS) / whole[key.product_id] / places[offer]
        found[key] = PlaceShare(share, share * (1.0 - share) / (whole[key.product_id] + 1.0))
    return found


def past_stretches(
    keys: Sequence[StockKey], sold: pl.DataFrame, at: datetime, days: int
) -> dict[StockKey, tuple[float, ...]]:
    """Return the units of each place's past stretches of ``days`` local days, since its offer's first sale.

    The newest stretch ends with the day before that of ``at``; the one of the first sale is left out, for it
    began before there was an offer. A seller's places share alike.
    """
    age = day_number(local_day(at)) - pl.col("day")
    told = (
        sold.filter(age > 0)
        .group_by("product_id", "seller_id", stretch=(age - 1) // days)
        .agg(pl.col("units").cast(pl.Int64).sum())
    )
    seen: dict[tuple[str, str], dict[int, int]] = {}
    for product, seller, stretch, units in told.iter_rows():
        seen.setdefault((product, seller), {})[stretch] = units
    places = Counter((key.product_id, key.seller_id) for key in keys)
    found = {}
    for key in keys:
        offer = key.product_id, key.seller_id
        by_stretch = seen.get(offer, {})
        found[key] = tuple(
            by_stretch.get(stretch, 0) / places[offer] for stretch in range(max(by_stretch, default=0))
        )
    return found
