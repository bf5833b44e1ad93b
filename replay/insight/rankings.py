"""Sellers from best to worst: how fast, how reliable, how well liked, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from graph.days import DAY_S
from replay.insight.breaches import breach_criterion, breaches
from replay.insight.criteria import (
    OBSERVED,
    Criterion,
    by_mean,
    by_sellers,
    in_window,
    ranked,
    score,
    stage_factors,
)
from replay.insight.settings import RankingSettings
from replay.insight.values import number, rows

KEY: Final = ("seller_id",)

LATENESS: Final = (0, 1, 4, 8, 15)
"""Days after the promise at which a new class of lateness begins; -1 is on time, null not delivered."""


@dataclass(frozen=True, slots=True, eq=False)
class SellerRanking:
    """``sellers``: one row each, the ranked ones from best to worst, then the new ones by exposure.

    What a warehouse packed for a seller tells nothing of his handling, and does not count for it.

    Columns: rank (null: new), status, seller_id, seller_state, n (packages in the window), waiting (of them
    now with the seller), score, score_low, score_high (in sds between sellers), speed_factor with _low, _high
    (handling time against what was expected; 1 is the typical seller), handling_days (raw mean), due,
    breaches, breach_share with _raw, _low, _high, late_share (raw, of deliveries), reviews, review (raw
    mean), review_effect with _low, _high (stars, beside orders as late as theirs), exposure_share.
    ``month``: the seller of the month (a row of the same columns over ``month_days``), None without any.
    ``breaches``: see ``replay.insight.breaches``.
    """

    as_of_s: int
    settings: RankingSettings
    sellers: pl.DataFrame
    month: dict[str, Any] | None
    breaches: pl.DataFrame

    def to_dict(self, limit: int | None = None, *, worst: bool = False) -> dict[str, Any]:
        """Return the ranking as JSON values: the best ``limit`` sellers (None: all), or the worst ones."""
        best, new = self.ranked, self.sellers.filter(pl.col("rank").is_null())
        strong = self.breaches.filter(pl.col("evidence") == "strong")
        return {
            "window_days": self.settings.window_days,
            "least_packages": self.settings.least_packages,
            "weights": dict(self.settings.sellers),
            "ranked": best.height,
            "new": new.height,
            "sellers": rows(best.reverse() if worst else best, limit),
            "new_sellers": rows(new, limit),
            "new_exposure_share": number(new["exposure_share"].sum()),
            "seller_of_the_month": self.month,
            "breach_share": number(next(iter(self.breaches["usual_share"]), None)),
            "breaches": rows(strong, limit),
        }

    @property
    def ranked(self) -> pl.DataFrame:
        """The sellers with enough packages, best first."""
        return self.sellers.filter(pl.col("rank").is_not_null())


def rank_sellers(packages: pl.DataFrame, as_of_s: int, settings: RankingSettings) -> SellerRanking:
    """Return the ranking of all sellers of the window; ``packages`` come from ``with_expected``."""
    sellers = ranked_sellers(packages, as_of_s, settings, settings.window_days, settings.least_packages)
    month = ranked_sellers(packages, as_of_s, settings, settings.month_days, settings.month_least_packages)
    first = month.filter(pl.col("rank").is_not_null()).sort(
        "score_low", "n", "seller_id", descending=[True, True, False]
    )
    return SellerRanking(
        as_of_s,
        settings,
        sellers,
        next(iter(rows(first, 1)), None),
        breaches(packages, as_of_s, settings),
    )


def ranked_sellers(
    packages: pl.DataFrame, as_of_s: int, settings: RankingSettings, days: int, least: int
) -> pl.DataFrame:
    """Return the sellers of the last ``days``; those with fewer than ``least`` packages are not ranked."""
    seen = in_window(packages, as_of_s, days)
    groups = seen.select(KEY).unique().sort(KEY)
    criteria = seller_criteria(seen, groups, as_of_s)
    scored = score(criteria, settings.sellers)
    frame = groups.join(_counts(seen), on=KEY, how="left", maintain_order="left").with_columns(
        score=pl.Series(scored.mean),
        score_low=pl.Series(scored.low),
        score_high=pl.Series(scored.high),
        **criteria["speed"].factor_columns("speed_factor"),
        **criteria["reliability"].share_columns("breaches", "breach_share"),
        reviews=pl.Series(criteria["satisfaction"].n).cast(pl.Int64),
        **criteria["satisfaction"].effect_columns("review_effect"),
        exposure_share=pl.Series(scored.exposure),
    )
    open_to = frame.sort("exposure_share", "seller_id", descending=[True, False])
    return ranked(open_to, least, KEY)


def seller_criteria(seen: pl.DataFrame, groups: pl.DataFrame, as_of_s: int) -> dict[str, Criterion]:
    """Return speed (log handling factor), reliability (breaches) and satisfaction (stars) by seller."""
    own = by_sellers(seen)
    handled = stage_factors(own, "handling", pl.col("expected_handling_days"), as_of_s)
    return {
        "speed": by_mean(handled, KEY, groups, -1),
        "reliability": breach_criterion(own, groups, as_of_s),
        "satisfaction": by_mean(liked(seen), KEY, groups, 1),
    }


def liked(seen: pl.DataFrame) -> pl.DataFrame:
    """Return the reviewed packages with ``observed``: stars beyond those of orders as late as theirs.

    A late parcel costs stars whoever lost the time, so a seller is compared within a class of lateness. The
    review of an order with several sellers says nothing of one of them.
    """
    alone = pl.len().over("order_id") == 1
    reviewed = seen.filter(alone & pl.col("review_score").is_not_null())
    after = (pl.col("delivered_s") - pl.col("promised_s")) / DAY_S
    classed = reviewed.with_columns(
        lateness=pl.sum_horizontal((after > start).cast(pl.Int32) for start in LATENESS).cast(pl.Int32) - 1
    ).with_columns(pl.when(pl.col("delivered_s").is_not_null()).then("lateness").alias("lateness"))
    usual = pl.col("review_score").mean().over("lateness")
    return classed.with_columns((pl.col("review_score") - usual).alias(OBSERVED))


def _counts(seen: pl.DataFrame) -> pl.DataFrame:
    own = pl.col("warehouse_id").is_null()
    return seen.group_by(KEY, maintain_order=True).agg(
        pl.col("seller_state").filter(own).min(),
        pl.len().cast(pl.Int64).alias("n"),
        (pl.col("at") == "handling").sum().cast(pl.Int64).alias("waiting"),
        pl.col("handling_days").filter(own).mean(),
        pl.col("late").mean().alias("late_share"),
        pl.col("review_score").mean().alias("review"),
    )
