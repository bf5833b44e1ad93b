"""An opening stock for a history that has none: made from the demand so far, and marked ``synthetic``.

For every offer that still sells, the belief about its daily demand is a gamma distribution: units sold since
the day of its first sale (which itself only tells that the offer exists) and days since then, both forgotten
with a half-life, drawn towards the mean of all offers by half a unit's weight.
The place opens with the units that cover so many days with a given probability; reorder point and safety
stock come from the same distribution over the restock lead time. It is ordered for up to that point and what
sells on average in those days of cover.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

import numpy as np
import polars as pl

from graph.days import day_number, local_day
from graph.errors import BadInput
from inventory.events import Cause, EventType, StockEvent, StockKey
from inventory.laws import belief_moments, quantiles
from inventory.stock import StockSettings

DEMAND: Final = ("product_id", "seller_id", "region", "day", "units")
"""The columns of ``demand.parquet``: units sold by product, seller, destination region and local day."""


@dataclass(frozen=True, slots=True)
class OpeningRule:
    """How deep the shelves are at the start. Days are calendar days; ``level`` is a probability.

    BadInput lists every parameter that makes no sense.
    """

    cover_days: float = 30.0
    level: float = 0.95
    restock_days: float = 7.0
    half_life_days: float = 90.0
    lapse_days: int = 180
    prior_units: float = 0.5

    def __post_init__(self) -> None:
        given = asdict(self)
        wrong = [f"{name} = {value}" for name, value in given.items() if not 0 < value < float("inf")]
        if self.level >= 1:
            wrong.append(f"level = {self.level}")
        if wrong:
            raise BadInput(f"Above zero, and a level below one, please: {', '.join(wrong)}.")


@dataclass(frozen=True, slots=True)
class Opening:
    """What the ledger opens with: one RECEIVED an offer, and the settings of its place."""

    events: tuple[StockEvent, ...]
    settings: dict[StockKey, StockSettings]

    @property
    def units(self) -> int:
        """All units together."""
        return sum(event.quantity for event in self.events)


def opening(demand: pl.DataFrame, at: datetime, rule: OpeningRule = OpeningRule()) -> Opening:
    """Return the opening stock at an aware instant, from the days before its own (see `DEMAND`).

    The same demand, instant and rule give the same event ids. Raises BadInput when nothing was sold before.
    """
    today = local_day(at)
    sold = _offers(demand, today, rule)
    if sold.is_empty():
        raise BadInput(f"Nothing was sold in the {rule.lapse_days} days before {at.isoformat()}.")
    days, units = sold["days"].to_numpy(), sold["units"].to_numpy()
    shape = units + rule.prior_units
    overall = (units.sum() + rule.prior_units) / days.sum()
    rate = days + rule.prior_units / overall
    cover = quantiles(*belief_moments(shape, rate, rule.cover_days), rule.level)
    expected, var = belief_moments(shape, rate, rule.restock_days)
    reorder = quantiles(expected, var, rule.level)
    keys = [
        StockKey(product, seller, seller) for product, seller in sold.select("product_id", "seller_id").rows()
    ]
    marks = _marks(keys, at, rule)
    safety = np.maximum(reorder - np.floor(expected), 0)
    full = reorder + np.ceil(shape / rate * rule.cover_days)
    return Opening(
        tuple(
            StockEvent(mark, key, EventType.RECEIVED, max(int(depth), 1), at, source=Cause.SYNTHETIC.value)
            for mark, key, depth in zip(marks, keys, cover, strict=True)
        ),
        {
            key: StockSettings(int(spare), int(point), rule.restock_days, int(most))
            for key, spare, point, most in zip(keys, safety, reorder, full, strict=True)
        },
    )


def _offers(demand: pl.DataFrame, today: date, rule: OpeningRule) -> pl.DataFrame:
    """Return product, seller, forgotten units and forgotten days on sale of the offers that still sell."""
    if missing := [name for name in DEMAND if name not in demand.columns]:
        raise BadInput(f"The demand table lacks {', '.join(missing)}: build the snapshot again.")
    age = day_number(today) - pl.col("day")
    decay = np.log(2.0) / rule.half_life_days
    offer = ("product_id", "seller_id")
    first = pl.col("age") == pl.col("age").max().over(offer)
    counted = pl.when(first).then(0).otherwise(pl.col("units"))
    return (
        demand.with_columns(age=age)
        .filter(pl.col("age") > 0)  # of today only a part may be known
        .with_columns(units=counted)
        .group_by(offer)
        .agg(
            units=((-decay * pl.col("age")).exp() * pl.col("units")).sort().sum(),
            last=pl.col("age").min(),
            first=pl.col("age").max(),
        )
        .filter(pl.col("last") <= rule.lapse_days)
        .with_columns(days=(1.0 - (-decay * pl.col("first")).exp()) / decay)
        .sort(offer)
    )


def _marks(keys: list[StockKey], at: datetime, rule: OpeningRule) -> Iterator[str]:
    """Yield event ids that follow from what the opening rests on, so that a second one is a duplicate."""
    basis = hashlib.sha256(f"{at.timestamp()} {sorted(asdict(rule).items())}".encode())
    for key in keys:
        mark = basis.copy()
        mark.update("\0".join(key).encode())
        yield f"opening-{mark.hexdigest()[:32]}"
