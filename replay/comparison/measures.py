"""What policies are compared by: what a model expects of each order, and what really came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from optimizer.policy import Costs
from replay.comparison.reviews import ScoreCurve


class Verdict(StrEnum):
    """What may be said of a difference: better or worse with its whole interval, or neither."""

    GAIN = "gain"
    LOSS = "loss"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure an order. ``more_is_better`` turns a difference into a verdict.

    ``checked``: a model's expectation, so that what really came of kept orders can tell how wrong it is.
    The others are counted or charged by the same rule for every policy. ``relative``: its errors grow with
    what is expected.
    """

    name: str
    words: str
    unit: str
    checked: bool = False
    more_is_better: bool = False
    relative: bool = False

    def verdict(self, low: float, high: float) -> Verdict:
        """Return what an interval of a difference says."""
        if low > 0.0:
            return Verdict.GAIN if self.more_is_better else Verdict.LOSS
        if high < 0.0:
            return Verdict.LOSS if self.more_is_better else Verdict.GAIN
        return Verdict.NONE


MEASURES: Final = (
    Measure("expected_days", "expected lead time", "days", checked=True, relative=True),
    Measure("var_days", "variance of lead time", "days²", checked=True, relative=True),
    Measure("p_on_time", "P(on time)", "share", checked=True, more_is_better=True),
    Measure("review_score", "expected review", "stars", checked=True, more_is_better=True),
    Measure("freight_cents", "freight", "cents"),
    Measure("packages", "packages", "packages"),
    Measure("split", "orders in several packages", "share"),
    Measure("stock_outs", "lines some seller had too little for", "lines"),
    Measure("scarcity_cents", "price of scarce stock used", "cents"),
    Measure("total_cents", "all costs", "cents", checked=True, relative=True),
)
"""All of them are means over orders; scarcity prices decide and are no part of the costs.

Only policies with prices have a price of scarcity, so it is compared between them alone.
"""


def expected(outcomes: pl.DataFrame, facts: pl.DataFrame, scores: ScoreCurve | None) -> pl.DataFrame:
    """Return one column a measure, a row for each of ``outcomes``; null where there is nothing to expect."""
    told = outcomes.join(
        facts.select("order_id", "promised_days"), on="order_id", how="left", maintain_order="left"
    )
    review = pl.lit(None, pl.Float64) if scores is None else pl.Series(scores.expected(told))
    return told.select(
        pl.col("expected_days", "var_days", "p_on_time"),
        review.fill_nan(None).alias("review_score"),
        pl.col("freight_cents", "packages").cast(pl.Float64),
        (pl.col("packages") > 1).cast(pl.Float64).alias("split"),
        pl.col("stock_outs").cast(pl.Float64),
        # Who has no prices uses stock all the same: that is unknown, not 0.
        pl.when(pl.col("price_version").is_not_null()).then(pl.col("scarcity_cents").cast(pl.Float64)),
        pl.col("total_cents").cast(pl.Float64),
    )


def realised(as_is: pl.DataFrame, facts: pl.DataFrame, costs: Costs, mature_s: int) -> pl.DataFrame:
    """Return what came of the recorded decisions, one column a checked measure, a row for each of ``as_is``.

    Null for what never arrived, and for purchases from ``mature_s`` on, of which the slow ones are missing.
    """
    known = facts.filter(pl.col("purchased_s") < mature_s).select(
        "order_id", "realised_days", "late", "review_score"
    )
    told = as_is.join(known, on="order_id", how="left", maintain_order="left")
    days, late = pl.col("realised_days"), pl.col("late").cast(pl.Float64)
    charged = pl.when(pl.col("p_on_time").is_null()).then(0.0).otherwise(late)
    lines = costs.time_cents_per_day * days + costs.late_cents * charged
    return told.select(
        expected_days=days,
        var_days=(days - pl.col("expected_days")) ** 2,
        p_on_time=1.0 - late,
        review_score=pl.when(days.is_not_null()).then(pl.col("review_score").cast(pl.Float64)),
        total_cents=pl.col("freight_cents") + pl.col("package_cents") + pl.col("lines") * lines,
    )
