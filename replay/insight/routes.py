"""Routes from best to worst: how long transit takes for the distance, how often the promise breaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import polars as pl

from graph.days import DAY_S
from replay.insight.criteria import OBSERVED, by_mean, by_share, in_window, ranked, score, stage_factors
from replay.insight.settings import RankingSettings
from replay.insight.values import rows

KEY: Final = ("from", "to", "carrier_id")

BANDS: Final = 25
"""Transit is compared within so many bands of distance, each with as many packages."""


class RouteLevel(StrEnum):
    """Between what a route runs: two states, or two regions (the lanes of the network)."""

    STATE = "state"
    REGION = "region"


@dataclass(frozen=True, slots=True, eq=False)
class RouteRanking:
    """``routes``: one row each, the ranked ones from best to worst, then the new ones.

    Columns: rank (null: new), status, from, to, carrier_id, n (packages handed over in the window),
    distance_km (mean), transit_days (raw mean), usual_days (mean of what such distances take), days_lost
    (sum of transit beyond that, of delivered and overdue packages), transit_factor with _low, _high (1 is
    the typical route), due (delivered, or past the promise), late, late_share with _raw, _low, _high,
    excess_late (beyond ``due x`` the share of all), score, score_low, score_high.
    """

    level: RouteLevel
    settings: RankingSettings
    routes: pl.DataFrame

    def to_dict(self, limit: int | None = None, *, worst: bool = False) -> dict[str, Any]:
        """Return the ranking as JSON values: the best ``limit`` routes (None: all), or the worst ones."""
        best = self.routes.filter(pl.col("rank").is_not_null())
        return {
            "level": self.level.value,
            "window_days": self.settings.window_days,
            "least_packages": self.settings.least_packages,
            "weights": dict(self.settings.routes),
            "ranked": best.height,
            "new": self.routes.height - best.height,
            "routes": rows(best.reverse() if worst else best, limit),
        }


def rank_routes(
    packages: pl.DataFrame, as_of_s: int, settings: RankingSettings, level: RouteLevel = RouteLevel.STATE
) -> RouteRanking:
    """Return the ranking of the routes over which packages of the window were handed over."""
    ends = {"from": f"seller_{level}", "to": f"customer_{level}"}
    sent = in_window(packages, as_of_s, settings.window_days).filter(pl.col("handed_s").is_not_null())
    sent = with_usual_transit(sent.with_columns(pl.col(name).alias(end) for end, name in ends.items()))
    groups = sent.select(KEY).unique().sort(KEY, nulls_last=True)
    moved = stage_factors(sent, "transit", pl.col("usual_days"), as_of_s)
    speed, late = by_mean(moved, KEY, groups, -1), by_share(missed(sent, as_of_s), KEY, groups, -1)
    scored = score({"speed": speed, "reliability": late}, settings.routes)
    told = _counted(groups, sent, moved).with_columns(
        **speed.factor_columns("transit_factor"),
        **late.share_columns("late", "late_share"),
        excess_late=pl.Series(late.excess),
        score=pl.Series(scored.mean),
        score_low=pl.Series(scored.low),
        score_high=pl.Series(scored.high),
    )
    return RouteRanking(level, settings, ranked(told, settings.least_packages, KEY))


def missed(sent: pl.DataFrame, as_of_s: int) -> pl.DataFrame:
    """Return the packages delivered or past their promise; ``observed``: whether the promise broke."""
    over = pl.col("delivered_s").is_not_null() | (pl.col("promised_s") < as_of_s)
    due = sent.filter(over & pl.col("promised_s").is_not_null())
    return due.with_columns(pl.col("late").fill_null(value=True).alias(OBSERVED))


def _counted(groups: pl.DataFrame, sent: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    counts = sent.group_by(KEY, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("distance_km", "transit_days", "usual_days").mean()
    )
    lost = moved.group_by(KEY, maintain_order=True).agg(
        (pl.col("took") - pl.col("usual")).sum().alias("days_lost")
    )
    told = groups
    for frame in (counts, lost):
        told = told.join(frame, on=KEY, how="left", maintain_order="left", nulls_equal=True)
    return told.with_columns(pl.col("days_lost").fill_null(0.0))


def with_usual_transit(sent: pl.DataFrame) -> pl.DataFrame:
    """Return packages with ``usual_days``, the mean transit of delivered packages of the same distance band.

    A package of unknown distance has the mean of all.
    """
    distance = sent["distance_km"].fill_null(np.nan).to_numpy()
    days = sent["transit_days"].fill_null(np.nan).to_numpy()
    done = np.isfinite(days)
    placed = done & np.isfinite(distance)
    if not placed.any():
        every = float(days[done].mean()) if done.any() else None
        return sent.with_columns(usual_days=pl.lit(every, dtype=pl.Float64))
    edges = np.unique(np.quantile(distance[placed], np.arange(1, BANDS) / BANDS))
    band = np.where(np.isfinite(distance), np.searchsorted(edges, distance, side="right"), len(edges) + 1)
    seconds = np.rint(days[placed] * DAY_S).astype(np.int64)
    sums = np.zeros(len(edges) + 2, np.int64)
    np.add.at(sums, band[placed], seconds)
    n = np.bincount(band[placed], minlength=len(edges) + 2)
    usual = np.where(n > 0, sums / np.maximum(n, 1) / DAY_S, days[done].mean())
    return sent.with_columns(usual_days=pl.Series(usual[band]))
