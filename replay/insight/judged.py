"""How good a ranking is: whether it tells who does well in the next 30 days, and better than plainer ones.

At each origin sellers are ranked from what was known then. What happened to the packages that they sold in
the 30 days after it is the truth, read from the whole log: a package of the window that is still open at the
log's end is left out, so origins keep ``FOLLOW_UP_DAYS`` from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.stats import kendalltau, spearmanr

from graph.days import DAY_S, iso
from graph.lead_time.value import FLOOR_DAYS
from replay.insight.breaches import due
from replay.insight.criteria import OBSERVED, in_window
from replay.insight.expected import with_expected
from replay.insight.packages import Log
from replay.insight.rankings import liked, ranked_sellers
from replay.insight.settings import RankingSettings
from replay.insight.values import number, rows

AHEAD_DAYS: Final = 30
FOLLOW_UP_DAYS: Final = 60
LEAST_AHEAD: Final = 5
"""A seller with fewer packages in the next 30 days tells nothing about a ranking."""

REVIEW_COST: Final = {1: 100.0, 2: 50.0, 3: 40.0}
"""The plain profit formula: 10% of sales and 80 BRL a month, less what bad reviews cost (BRL)."""

TARGETS: Final = {"handling": -1, "breaches": -1, "late": -1, "review": 1}
"""What is measured ahead, and whether more of it is better: mean log handling time against what was
expected, share handed over after the limit, share delivered after the promise, and stars beside orders as
late."""

RANKERS: Final = ("score", "speed", "reliability", "satisfaction", "raw", "profit")
"""Our score and its three parts; the raw rate of the target itself; the plain profit formula."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """``by_origin``: origin, target, ranker, sellers, spearman, kendall. ``means``: over the origins."""

    by_origin: pl.DataFrame
    means: pl.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "ahead_days": AHEAD_DAYS,
            "least_packages_ahead": LEAST_AHEAD,
            "origins": sorted(self.by_origin["origin"].unique().to_list()),
            "means": rows(self.means),
            "by_origin": rows(self.by_origin),
        }


def judge_rankings(log: Log, settings: RankingSettings, origins_s: Sequence[int]) -> Judged:
    """Return the rank correlations at some origins (epoch seconds); ``origins_of`` gives usual ones."""
    whole = with_expected(log.packages())
    found = [row for origin_s in origins_s for row in _at(log, whole, settings, origin_s)]
    schema = {
        "origin": pl.String,
        "target": pl.String,
        "ranker": pl.String,
        "sellers": pl.Int64,
        "spearman": pl.Float64,
        "kendall": pl.Float64,
    }
    by_origin = pl.DataFrame(found, schema=schema, orient="row")
    means = by_origin.group_by("target", "ranker", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("origins"),
        pl.col("sellers").mean(),
        pl.col("spearman", "kendall").fill_nan(None).mean(),
    )
    return Judged(by_origin, means)


def origins_of(log: Log, most: int = 6) -> list[int]:
    """Return up to ``most`` origins, 30 days apart, the last one ``FOLLOW_UP_DAYS`` before the log's end.

    Origins with less than half a window of history before them are left out.
    """
    first = log.events.select(pl.col("time_s").min()).collect().item()
    last = log.as_of_s - FOLLOW_UP_DAYS * DAY_S
    wanted = [last - step * AHEAD_DAYS * DAY_S for step in range(most)]
    return sorted(origin for origin in wanted if first is not None and origin - first >= 90 * DAY_S)


def _at(
    log: Log, whole: pl.DataFrame, settings: RankingSettings, origin_s: int
) -> list[tuple[str, str, str, int, float | None, float | None]]:
    """Return the correlations of one origin."""
    then = with_expected(log.packages(origin_s))
    ranked = ranked_sellers(then, origin_s, settings, settings.window_days, settings.least_packages)
    known = ranked.filter(pl.col("rank").is_not_null())
    seen = in_window(then, origin_s, settings.window_days)
    raw = measured(seen, origin_s)
    profits = profit(seen, settings.window_days)
    truth = measured(_ahead(whole, origin_s), log.as_of_s)
    told = known.join(raw, on="seller_id", how="left").join(profits, on="seller_id", how="left")
    both = told.join(truth, on="seller_id", how="inner", suffix="_ahead").filter(
        pl.col("packages_ahead") >= LEAST_AHEAD
    )
    origin = iso(origin_s)
    rows_of = []
    for target, better in TARGETS.items():
        for ranker in RANKERS:
            pair = both.select(_goodness(ranker, target), better * pl.col(f"{target}_ahead"))
            n, spearman, kendall = rank_correlation(pair.drop_nulls())
            rows_of.append((origin, target, ranker, n, spearman, kendall))
    return rows_of


def _goodness(ranker: str, target: str) -> pl.Expr:
    """Return a seller's figure under a ranker, more is better."""
    ours = {
        "score": pl.col("score"),
        "speed": -pl.col("speed_factor"),
        "reliability": -pl.col("breach_share"),
        "satisfaction": pl.col("review_effect"),
        "profit": pl.col("profit"),
    }
    return (ours[ranker] if ranker in ours else TARGETS[target] * pl.col(target)).alias("goodness")


def _ahead(whole: pl.DataFrame, origin_s: int) -> pl.DataFrame:
    window = pl.col("purchased_s").is_between(origin_s, origin_s + AHEAD_DAYS * DAY_S, closed="left")
    return whole.filter(window & pl.col("seller_id").is_not_null() & (pl.col("at") != "lost"))


def measured(seen: pl.DataFrame, as_of_s: int) -> pl.DataFrame:
    """Return the raw rate of every target by seller, and ``packages``; null where nothing was observed."""
    floor = FLOOR_DAYS["handling"]
    took = pl.col("handling_days").clip(floor) / pl.col("expected_handling_days").clip(floor)
    plain = seen.group_by("seller_id", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("packages"),
        took.log().mean().alias("handling"),
        pl.col("late").mean().alias("late"),
    )
    missed = (
        due(seen, as_of_s)
        .group_by("seller_id", maintain_order=True)
        .agg(pl.col(OBSERVED).mean().alias("breaches"))
    )
    stars = (
        liked(seen).group_by("seller_id", maintain_order=True).agg(pl.col(OBSERVED).mean().alias("review"))
    )
    joined = plain.join(missed, on="seller_id", how="left").join(stars, on="seller_id", how="left")
    return joined.sort("seller_id")


def profit(seen: pl.DataFrame, days: int) -> pl.DataFrame:
    """Return the plain profit formula's BRL a seller over a window: the formula most used on this history."""
    cost = pl.col("review_score").replace_strict(REVIEW_COST, default=0.0, return_dtype=pl.Float64)
    sales = pl.col("price_cents").sum() / 100
    return seen.group_by("seller_id", maintain_order=True).agg(
        profit=0.1 * sales + 80.0 * days / 30 - cost.sum()
    )


def rank_correlation(pair: pl.DataFrame) -> tuple[int, float | None, float | None]:
    """Return pairs, Spearman's rho and Kendall's tau-b of two columns; None below 3 pairs, or all alike."""
    ours, truth = (pair[name].to_numpy() for name in pair.columns)
    if len(ours) < 3 or not (np.ptp(ours) > 0 and np.ptp(truth) > 0):
        return len(ours), None, None
    rho, tau = (float(test(ours, truth).statistic) for test in (spearmanr, kendalltau))
    return len(ours), number(rho), number(tau)
