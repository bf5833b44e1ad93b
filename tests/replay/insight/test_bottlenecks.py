"""Bottlenecks agree with an independent query, and say what was planted."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from statistics import fmean

import polars as pl
import pytest

from replay.insight.bottlenecks import Impact, bottlenecks, fence_hours, on_offer
from replay.insight.packages import Log
from replay.insight.settings import RankingSettings
from tests.replay.insight.raw import Row

DAY_S, HOUR_S = 86_400, 3_600
AT = 2_000 * DAY_S
SETTINGS = RankingSettings()


def quantile(values: list[float], share: float) -> float:
    """Return a quantile by linear interpolation, as textbooks have it."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    rest = ordered[min(below + 1, len(ordered) - 1)] - ordered[below]
    return ordered[below] + (place - below) * rest


def test_the_figures_agree_with_the_plain_tables(packages: pl.DataFrame, rows: list[Row], log: Log) -> None:
    at = log.as_of_s
    told = bottlenecks(packages, at, SETTINGS, on_offer(_tables(), at))
    recent = [
        24 * row.handling_days
        for row in rows
        if row.handling_days is not None and (row.handed_s or 0) >= at - 90 * DAY_S
    ]
    low, high = quantile(recent, 0.25), quantile(recent, 0.75)
    fence = high + 1.5 * (high - low)
    assert told.fence_hours == pytest.approx(fence)
    handed, waiting = defaultdict(list), defaultdict(list)
    for row in rows:
        if row.handling_days is not None and (row.handed_s or 0) >= at - 30 * DAY_S:
            handed[row.seller_state].append(24 * row.handling_days)
        elif (
            row.approved_s and not row.handed_s and not row.delivered_s and at - row.purchased_s <= 90 * DAY_S
        ):
            waiting[row.seller_state].append((at - row.approved_s) / HOUR_S)
    assert set(told.states["state"]) == set(handed) | set(waiting)
    for state in told.states.iter_rows(named=True):
        hours, waits = handed[state["state"]], waiting[state["state"]]
        slow = [each for each in hours if each > fence]
        still = [each for each in waits if each > fence]
        assert state["packages"] == len(hours) + len(waits)
        assert state["current_outlier_count"] == len(slow) + len(still)
        assert state["waiting_outliers"] == len(still)
        assert state["avg_prep_hrs"] == (pytest.approx(fmean(hours)) if hours else None)
        assert state["avg_prep_delay_hrs"] == (pytest.approx(fmean(slow)) if slow else None)
    assert sum(told.states["current_outlier_count"]) > 3


def test_a_planted_bottleneck_is_found_and_its_recommendation_has_the_figure() -> None:
    frame = _planted([("slow", "SP", 20, 224.0, 5), ("quick", "SP", 60, 24.0, 0), ("far", "RJ", 20, 30.0, 0)])
    told = bottlenecks(frame, AT, SETTINGS, on_offer(_tables(), AT)).to_dict()
    first, second = told["bottlenecks"]
    assert told["fence_hours"] == pytest.approx(_fence([224.0] * 20 + [24.0] * 60 + [30.0] * 20))
    assert (first["state"], first["current_outlier_count"], first["avg_prep_delay_hrs"]) == ("SP", 20, 224.0)
    assert first["impact_share"] == 1.0
    assert first["system_impact_potential"] == Impact.CRITICAL
    assert first["saved_hours"] == 200.0
    # Five arrived 100 h late: 200 h earlier they would have been on time. Lead time is 224 + 200 hours.
    assert (first["late"], first["late_rescued"]) == (5, 5)
    assert first["saved_lead_time_share"] == pytest.approx(200 / 424, abs=1e-6)
    assert first["recommendation"] == (
        "Pre-stock what the slow sellers of SP sell: handed over within 24 h, 20 packages of the last 30 "
        "days would have left 200 h earlier, 47% of the lead time of those that arrived; of 5 late, 5 would "
        "have kept the promise."
    )
    assert [seller["seller_id"] for seller in first["slow_sellers"]] == ["slow"]
    assert [seller["seller_id"] for seller in first["sellers_with_stock"]] == ["quick"]
    assert first["sellers_with_stock"][0]["products"] == 1
    assert (second["state"], second["system_impact_potential"]) == ("RJ", Impact.LOW)
    assert second["recommendation"] == "Nothing to do in RJ: none of its packages is an outlier now."


@pytest.mark.parametrize(
    ("hours", "impact"),
    [(0.6, Impact.LOW), (6.0, Impact.MEDIUM), (20.0, Impact.HIGH), (80.0, Impact.CRITICAL)],
)
def test_the_impact_is_the_share_of_the_hours_lost(hours: float, impact: Impact) -> None:
    """Two states lose ``hours`` and 100 hours beyond the expected 26: their shares decide."""
    calm = ("calm", "MG", 300, 26.0, 0)
    frame = _planted([calm, ("one", "AC", 1, 26.0 + 100.0, 0), ("two", "AL", 1, 26.0 + hours, 0)])
    low = RankingSettings(medium=0.03, high=0.10, critical=0.25)
    told = {
        row["state"]: row for row in bottlenecks(frame, AT, low, on_offer(_tables(), AT)).states.to_dicts()
    }
    assert told["AL"]["impact_share"] == pytest.approx(hours / (100.0 + hours))
    assert told["AL"]["system_impact_potential"] == impact


def test_what_still_waits_is_counted_but_its_hours_are_not() -> None:
    frame = _planted([("quick", "SP", 60, 24.0, 0)])
    stuck = frame.head(1).with_columns(
        pl.lit(None, pl.Int64).alias("handed_s"),
        pl.lit(None, pl.Int64).alias("delivered_s"),
        pl.lit(None, pl.Float64).alias("handling_days"),
        pl.lit(None, pl.Float64).alias("total_days"),
        pl.lit(AT - 50 * DAY_S, pl.Int64).alias("approved_s"),
        pl.lit("handling").alias("at"),
        pl.lit("AC").alias("seller_state"),
    )
    told = bottlenecks(pl.concat([frame, stuck]), AT, SETTINGS, on_offer(_tables(), AT)).to_dict()
    state = next(row for row in told["bottlenecks"] if row["state"] == "AC")
    assert (state["current_outlier_count"], state["waiting_outliers"]) == (1, 1)
    assert state["avg_prep_delay_hrs"] is None
    assert state["recommendation"].startswith("Ask about the 1 package of AC still with")


def test_without_a_hand_over_there_is_no_fence(packages: pl.DataFrame) -> None:
    assert fence_hours(packages.clear(), AT) is None
    told = bottlenecks(packages.clear(), AT, SETTINGS, on_offer(_tables(), AT)).to_dict()
    assert (told["fence_hours"], told["bottlenecks"]) == (None, [])


def test_stock_is_the_ledgers_where_there_is_one_and_an_offer_lapses() -> None:
    tables = _tables()
    assert on_offer(tables, AT).to_dicts() == [
        {"seller_id": "held", "products": None, "units": 7},
        {"seller_id": "quick", "products": 1, "units": None},
    ]
    told = on_offer(tables, AT, {"quick": 3})
    assert told.to_dicts() == [{"seller_id": "quick", "products": 1, "units": 3}]


def _fence(hours: list[float]) -> float:
    low, high = quantile(hours, 0.25), quantile(hours, 0.75)
    return high + 1.5 * (high - low)


def _planted(sellers: list[tuple[str, str, int, float, int]]) -> pl.DataFrame:
    """Return packages of (seller, state, packages, handling hours, late ones), delivered 200 h after."""
    rows = []
    for seller, state, count, hours, late in sellers:
        for number in range(count):
            handed = AT - 25 * DAY_S
            approved = handed - int(hours * HOUR_S)
            delivered = handed + 200 * HOUR_S
            rows.append(
                {
                    "seller_id": seller,
                    "seller_state": state,
                    "purchased_s": approved,
                    "approved_s": approved,
                    "handed_s": handed,
                    "delivered_s": delivered,
                    "promised_s": delivered + (-100 if number < late else 100) * HOUR_S,
                    "handling_days": hours / 24,
                    "total_days": (delivered - approved) / DAY_S,
                    "expected_handling_days": 26.0 / 24,
                    "late": number < late,
                    "at": "delivered",
                }
            )
    return pl.DataFrame(rows)


def _tables() -> dict[str, pl.DataFrame]:
    sold = [datetime.fromtimestamp(AT - days * DAY_S, UTC) for days in (10, 181)]
    offers = {"product_id": ["p", "q"], "seller_id": ["quick", "slow"], "last_sold": sold}
    stocks = {"warehouse_id": ["w"], "seller_id": ["held"], "product_id": ["p"], "units": [7]}
    return {
        "offers": pl.DataFrame(offers).cast({"last_sold": pl.Datetime("us", "UTC")}),
        "stocks": pl.DataFrame(stocks),
    }
