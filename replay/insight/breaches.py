"""Breaches of the service level: packages handed to the carrier after their shipping limit.

The shipping limit is what the platform told the seller at the approval; hand-over is the one stamp that the
seller alone decides. A delivery after the promise is no breach: the carrier may have lost the time.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import polars as pl

from replay.insight.criteria import OBSERVED, Criterion, by_sellers, by_share, in_window
from replay.insight.settings import RankingSettings

KEY: Final = ("seller_id",)


class Evidence(StrEnum):
    """What the breaches of a seller prove.

    ``strong``: enough packages, and the lower end of the interval lies above the share of all sellers:
    a penalty can be defended. ``weak``: the share is above it, the interval is not. ``none``: else.
    """

    NONE = "none"
    WEAK = "weak"
    STRONG = "strong"


def due(packages: pl.DataFrame, as_of_s: int) -> pl.DataFrame:
    """Return the packages whose shipping limit was met or passed by now; ``observed``: whether it was missed.

    A package still with its seller after the limit is a breach already. One that is lost to sight is left
    out: it may have been canceled, and no stamp says so.
    """
    handed, limit = pl.col("handed_s"), pl.col("shipping_limit_s")
    missed = pl.when(handed.is_null()).then(limit < as_of_s).otherwise(handed > limit)
    known = limit.is_not_null() & (handed.is_not_null() | (limit < as_of_s)) & (pl.col("at") != "lost")
    return packages.filter(known).with_columns(missed.alias(OBSERVED))


def breach_criterion(packages: pl.DataFrame, groups: pl.DataFrame, as_of_s: int) -> Criterion:
    """Return the share of breaches by seller; less is better."""
    return by_share(due(packages, as_of_s), KEY, groups, -1)


def breaches(packages: pl.DataFrame, as_of_s: int, settings: RankingSettings) -> pl.DataFrame:
    """Return one row a seller with packages due in the window, strongest evidence first.

    Columns: seller_id, n, breaches, share (raw), shrunk_share, share_low, share_high (90 %), usual_share (of
    all sellers), excess_breaches (beyond ``n x usual_share``), evidence.
    """
    counted = due(by_sellers(in_window(packages, as_of_s, settings.window_days)), as_of_s)
    groups = counted.select(KEY).unique().sort(KEY)
    told = by_share(counted, KEY, groups, -1)
    usual = told.shrunk.center
    frame = groups.with_columns(
        n=pl.Series(told.n).cast(pl.Int64),
        breaches=pl.Series(told.hits).cast(pl.Int64),
        share=pl.Series(told.raw),
        shrunk_share=pl.Series(told.shrunk.mean),
        share_low=pl.Series(told.shrunk.low),
        share_high=pl.Series(told.shrunk.high),
        usual_share=pl.lit(usual),
        excess_breaches=pl.Series(told.excess),
    )
    strong = (pl.col("share_low") > usual) & (pl.col("n") >= settings.least_packages)
    evidence = (
        pl.when(strong)
        .then(pl.lit(Evidence.STRONG.value))
        .when(pl.col("shrunk_share") > usual)
        .then(pl.lit(Evidence.WEAK.value))
        .otherwise(pl.lit(Evidence.NONE.value))
    )
    return frame.with_columns(evidence=evidence).sort(
        "share_low", "n", "seller_id", descending=[True, True, False]
    )
