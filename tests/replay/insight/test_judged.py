"""A ranking is judged by what came after it, and the judge finds a planted order."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from replay.insight.judged import (
    FOLLOW_UP_DAYS,
    RANKERS,
    TARGETS,
    judge_rankings,
    measured,
    origins_of,
    profit,
    rank_correlation,
)
from replay.insight.packages import Log
from replay.insight.settings import RankingSettings

DAY_S = 86_400


def test_correlations_of_a_planted_order() -> None:
    up = pl.DataFrame({"goodness": [1.0, 2.0, 3.0, 4.0], "ahead": [10.0, 20.0, 30.0, 40.0]})
    assert rank_correlation(up) == (4, 1.0, 1.0)
    swapped = pl.DataFrame({"goodness": [1.0, 2.0, 3.0, 4.0], "ahead": [10.0, 20.0, 40.0, 30.0]})
    assert rank_correlation(swapped) == (4, pytest.approx(0.8), pytest.approx(2 / 3, abs=1e-6))
    assert rank_correlation(up.head(2)) == (2, None, None)
    assert rank_correlation(up.with_columns(ahead=pl.lit(1.0))) == (4, None, None)


def test_the_profit_formula_is_the_plain_one() -> None:
    seen = pl.DataFrame({"seller_id": ["s"] * 4, "price_cents": [10_000] * 4, "review_score": [1, 2, 3, 5]})
    assert profit(seen, 60)["profit"].item() == pytest.approx(0.1 * 400 + 160 - 100 - 50 - 40)


def test_the_judge_reports_every_target_and_ranker(log: Log) -> None:
    settings = RankingSettings(least_packages=5)
    origins = origins_of(log, 2)
    found = judge_rankings(log, settings, origins)
    told = found.to_dict()
    assert len(told["origins"]) == len(origins) == 2
    assert max(origins) == log.as_of_s - FOLLOW_UP_DAYS * DAY_S
    assert {(row["target"], row["ranker"]) for row in told["means"]} == {
        (target, ranker) for target in TARGETS for ranker in RANKERS
    }
    json.dumps(told, allow_nan=False)
    assert judge_rankings(log, settings, origins).to_dict() == told


def test_a_seller_slow_before_and_after_is_found_by_speed(log: Log) -> None:
    """Handling is planted: each seller takes his own days, always. Speed must order them nearly rightly."""
    sellers = log.tables["sellers"]["seller_id"]
    rng = np.random.default_rng(1)
    own = pl.DataFrame({"part": sellers, "slow_s": rng.integers(1, 40, sellers.len()) * DAY_S // 2})
    approved = (
        log.events.filter(pl.col("kind") == "OrderApproved")
        .group_by("subject")
        .agg(pl.col("time_s").min().alias("approved_s"))
    )
    handed = log.events.filter(pl.col("kind") == "HandedToCarrier")
    moved = handed.join(approved, on="subject").join(own.lazy(), on="part")
    moved = moved.with_columns(time_s=pl.col("approved_s") + pl.col("slow_s"))
    rest = log.events.filter(~pl.col("kind").is_in(["HandedToCarrier", "Delivered"]))
    planted = Log(pl.concat([rest, moved.select(rest.collect_schema().names())]), log.tables, log.as_of_s)
    found = judge_rankings(planted, RankingSettings(least_packages=5), origins_of(log, 1))
    means = {(row["target"], row["ranker"]): row["spearman"] for row in found.means.to_dicts()}
    assert means["handling", "speed"] > 0.9
    assert abs(means["handling", "profit"]) < means["handling", "speed"]


def test_a_rate_is_null_where_nothing_was_observed(packages: pl.DataFrame, log: Log) -> None:
    one = packages.filter(pl.col("at") == "handling").head(1)
    told = measured(one, log.as_of_s)
    assert (told["handling"].item(), told["late"].item()) == (None, None)


def test_a_short_log_has_no_origin(log: Log) -> None:
    first = log.events.select(pl.col("time_s").min()).collect().item()
    assert origins_of(Log(log.events, log.tables, first + 100 * DAY_S)) == []
