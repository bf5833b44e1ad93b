"""Scoring the forecast of demand on the past: week by week, each time from the purchases before it only.

Scores, over all origins and all cells of a level (category, category and region, product):

* ``wape``: absolute error of the mean / units that came; ``bias``: (expected - came) / came
* ``mase``: absolute error / error of the naive forecast in the weeks before the origin (Hyndman & Koehler
  2006, doi:10.1016/j.ijforecast.2006.03.001)
* ``pinball``: quantile loss at 0.5, 0.8, 0.9, 0.95 / units that came; ``coverage``: the share of cells that
  brought no more than their quantile 0.9 (at least 0.9 is right: counts jump)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from graph.days import DAY_S
from graph.errors import BadInput
from ingest.checks import check, silent
from ingest.facts import gather_nodes
from ingest.source import Source
from inventory.forecast import ForecastRule, product_rates
from inventory.laws import quantiles
from inventory.rates import category_rates, region_rates
from inventory.sales import Floats, Ints, Sales, sales_before
from replay.demand_baselines import WINDOWS, naive_error, plain_categories, plain_products, stretches

LEVELS: Final = ("category", "category_region", "product")
METHODS: Final = ("forecast", "plain", "seasonal_naive")
QUANTILES: Final = (0.5, 0.8, 0.9, 0.95)
COVERED: Final = 0.9
_WEEK: Final = timedelta(days=7)
_RULE: Final = ForecastRule()


@dataclass(slots=True)
class Score:
    """Sums over origins and cells, in units; ``scale``: what the naive forecast missed before."""

    missed: float = 0.0
    expected: float = 0.0
    came: float = 0.0
    scale: float = 0.0
    covered: int = 0
    cells: int = 0
    pinball: dict[float, float] = field(default_factory=lambda: dict.fromkeys(QUANTILES, 0.0))

    def add(self, mean: Floats, quantile: Mapping[float, Floats], came: Floats, scale: float) -> None:
        """Add the cells of one origin."""
        self.missed += float(np.abs(came - mean).sum())
        self.expected += float(mean.sum())
        self.came += float(came.sum())
        self.scale += scale * came.size
        self.covered += int((came <= quantile[COVERED]).sum())
        self.cells += came.size
        for level, told in quantile.items():
            short = came - told
            self.pinball[level] += float(np.maximum(level * short, (level - 1.0) * short).sum())

    def to_dict(self) -> dict[str, float | None]:
        """Return the scores; None where nothing came, or the naive forecast missed nothing."""
        came = self.came or float("nan")
        told = {
            "wape": self.missed / came,
            "bias": (self.expected - self.came) / came,
            "mase": self.missed / self.scale if self.scale else float("nan"),
            "pinball": sum(self.pinball.values()) / len(QUANTILES) / came,
            **{f"pinball_{round(100 * level)}": lost / came for level, lost in self.pinball.items()},
            "coverage": self.covered / max(self.cells, 1),
        }
        return {name: None if np.isnan(value) else value for name, value in told.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a method says about the N cells of a level: means, and quantiles by probability, in units."""

    mean: Floats
    quantile: Mapping[float, Floats]


def read_purchases(source: Source, progress: Callable[[str], None] = silent) -> pl.DataFrame:
    """Return all purchases that a source holds (`inventory.sales.PURCHASES`).

    Raises BadInput (all faults at once) where the tables cannot be read.
    """
    checked = check(source, None, progress)
    products = gather_nodes(checked)["products"].select("product_id", "category")
    orders = checked.named("orders").select(
        "order_id", "customer_id", purchased_s=pl.col("purchased_at").dt.epoch("s")
    )
    customers = checked.named("customers").select("customer_id", region=pl.col("zip_prefix").str.slice(0, 3))
    items = checked.named("items").group_by("order_id", "product_id").agg(units=pl.len().cast(pl.Int64))
    return (
        items.join(orders, on="order_id")
        .join(customers, on="customer_id")
        .join(products, on="product_id", how="left")
        .select("order_id", "purchased_s", "product_id", "category", "region", "units")
        .sort("purchased_s", "order_id", "product_id")
    )


def backtest_demand(
    purchases: pl.DataFrame,
    span: tuple[datetime, datetime],
    horizons_days: tuple[int, ...] = (7, 28),
    rule: ForecastRule = _RULE,
    progress: Callable[[float], None] = lambda _share: None,
) -> dict[str, object]:
    """Forecast each week from ``span[0]`` on what comes in the days after it, up to ``span[1]``; score it.

    A category, region or product counts from its first purchase on. ``progress`` is told the share done,
    0..1. Raises BadInput for a span too short for its horizons, or one that the purchases do not cover.
    """
    if not horizons_days or min(horizons_days) < 1:
        raise BadInput("Horizons are whole days, at least one.")
    origins = list(_origins(span, max(horizons_days)))
    _check(purchases, span, origins, max(horizons_days))
    scores = {
        (days, level, method): Score() for days in horizons_days for level in LEVELS for method in METHODS
    }
    unforeseen: dict[int, list[float]] = {days: [0.0, 0.0] for days in horizons_days}
    for number, at in enumerate(origins, 1):
        _, sales = sales_before(purchases, at)
        for days in horizons_days:
            after = _after(purchases, at, days)
            for level in LEVELS:
                cell, cells = _cells(sales, level)
                came, fresh = _came(sales, after, level)
                scale = naive_error(sales, cell, cells, days)
                for method in METHODS:
                    told = forecast(sales, level, days, method, rule)
                    scores[days, level, method].add(told.mean, told.quantile, came, scale)
            unforeseen[days][0] += fresh  # of products, the last of the levels
            unforeseen[days][1] += float(after["units"].sum())
        progress(number / len(origins))
    return {
        "from": span[0].astimezone(UTC).isoformat(),
        "to": span[1].astimezone(UTC).isoformat(),
        "origins": len(origins),
        "horizons": {
            str(days): {
                level: {method: scores[days, level, method].to_dict() for method in METHODS}
                for level in LEVELS
            }
            for days in horizons_days
        },
        "first_sales_share": {str(days): new / max(whole, 1.0) for days, (new, whole) in unforeseen.items()},
    }


def forecast(sales: Sales, level: str, days: int, method: str, rule: ForecastRule) -> Told:
    """Return what a method says, as of the sales' instant, about the units of the days after it."""
    if method == "seasonal_naive":
        cell, cells = _cells(sales, level)
        seen = stretches(sales, cell, cells, days)
        drawn = np.quantile(seen[:WINDOWS], QUANTILES, axis=0, method="inverted_cdf")
        return Told(seen[0], dict(zip(QUANTILES, drawn, strict=True)))
    rate, var = _rates(sales, level, method, rule)
    mean = rate * days
    spread = mean + var * days**2
    return Told(mean, {q: quantiles(mean, spread, q).astype(np.float64) for q in QUANTILES})


def _rates(sales: Sales, level: str, method: str, rule: ForecastRule) -> tuple[Floats, Floats]:
    """Return mean and variance of the units a day."""
    if level == "product":
        return plain_products(sales) if method == "plain" else product_rates(sales, rule)
    if method == "plain":
        mean, var = plain_categories(sales)
    else:
        rates = category_rates(sales, rule)
        if level == "category":
            return rates.mean, rates.mean**2 * rates.relative_var
        mean, var = region_rates(sales, rates, rule)
    return (mean.sum(axis=1), var.sum(axis=1)) if level == "category" else (mean.ravel(), var.ravel())


def _cells(sales: Sales, level: str) -> tuple[Ints, int]:
    """Return the cell of each line at a level, and how many cells there are."""
    if level == "product":
        return sales.product, len(sales.products)
    if level == "category":
        return sales.category, len(sales.categories)
    regions = len(sales.regions)
    return sales.category * regions + sales.region, len(sales.categories) * regions


def _came(sales: Sales, after: pl.DataFrame, level: str) -> tuple[Floats, float]:
    """Return the units that came in the cells known at the origin, and those in others."""
    columns = {"product": ("product_id",), "category": ("category",)}.get(level, ("category", "region"))
    names = {"product_id": sales.products, "category": sales.categories, "region": sales.regions}
    shape = [len(names[column]) for column in columns]
    cell, known = np.zeros(after.height, np.int64), np.ones(after.height, bool)
    for column, size in zip(columns, shape, strict=True):
        code = names[column].search_sorted(after[column]).cast(pl.Int64).to_numpy()
        found = np.minimum(code, size - 1)
        known &= (names[column].gather(found) == after[column]).to_numpy()
        cell = cell * size + found
    units = np.where(known, after["units"].to_numpy(), 0)
    came = np.bincount(cell, units, int(np.prod(shape))).astype(np.float64)
    return came, float(after["units"].sum() - units.sum())


def _after(purchases: pl.DataFrame, at: datetime, days: int) -> pl.DataFrame:
    at_s = int(at.timestamp())
    bought = pl.col("purchased_s")
    came = purchases.filter((bought >= at_s) & (bought < at_s + days * DAY_S))
    return came.with_columns(pl.col("category").fill_null(""))


def _origins(span: tuple[datetime, datetime], most_days: int) -> Iterator[datetime]:
    at = span[0]
    while at + timedelta(days=most_days) <= span[1]:
        yield at
        at += _WEEK


def _check(
    purchases: pl.DataFrame, span: tuple[datetime, datetime], origins: list[datetime], most_days: int
) -> None:
    if not origins:
        raise BadInput(f"From --from to --to it takes at least {most_days} days, the longest horizon.")
    bought = purchases["purchased_s"].sort().to_list() or [0]
    if bought[0] >= span[0].timestamp() or bought[-1] < span[1].timestamp() - DAY_S:
        first, last = (datetime.fromtimestamp(stamp, UTC).date() for stamp in (bought[0], bought[-1]))
        raise BadInput(
            f"The purchases run from {first} to {last}: --from lies after the first day, and --to not after "
            "the last."
        )
