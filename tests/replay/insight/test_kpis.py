"""Key figures agree with an independent query; a past period looks as it looked then."""

from __future__ import annotations

import json
from collections import Counter
from statistics import fmean

import polars as pl
import pytest

from replay.insight.kpis import PERIOD_DAYS, kpis, period
from replay.insight.packages import Log
from tests.replay.insight.raw import Row

DAY_S = 86_400


def test_the_figures_of_a_period_agree_with_the_plain_tables(
    packages: pl.DataFrame, rows: list[Row], log: Log
) -> None:
    to_s = log.as_of_s - 200 * DAY_S
    from_s = to_s - PERIOD_DAYS * DAY_S
    sold = packages.filter(pl.col("seller_id").is_not_null())
    found = period(sold, from_s, to_s)
    orders: dict[str, list[Row]] = {}
    for row in rows:
        orders.setdefault(row.order_id, []).append(row)
    bought = [own[0] for own in orders.values() if from_s <= own[0].purchased_s < to_s]
    assert found.orders == len(bought) > 20
    states = Counter(row.customer_state for row in bought)
    assert dict(found.by_state.iter_rows()) == states
    last = [max(row.delivered_s or 1 << 60 for row in own) for own in orders.values()]
    done = [(own[0], at) for own, at in zip(orders.values(), last, strict=True) if from_s <= at < to_s]
    assert found.delivered == len(done)
    assert found.late == sum(at > row.promised_s for row, at in done)
    stage = {row["stage"]: row for row in found.stages.to_dicts()}
    handled = [
        r.handling_days for r in rows if r.handling_days is not None and from_s <= (r.handed_s or 0) < to_s
    ]
    assert stage["handling"]["n"] == len(handled)
    assert stage["handling"]["mean_days"] == pytest.approx(fmean(handled))
    assert stage["handling"]["p50_days"] <= stage["handling"]["p80_days"] <= stage["handling"]["p95_days"]
    waiting = [
        row
        for row in rows
        if (row.approved_s or 1 << 60) < to_s
        and (row.handed_s or 1 << 60) >= to_s
        and (row.delivered_s or 1 << 60) >= to_s
        and row.purchased_s >= to_s - 90 * DAY_S
    ]
    assert found.waiting == len(waiting) > 0


def test_a_past_period_is_told_as_it_was_then(packages: pl.DataFrame, log: Log) -> None:
    """Only an order's several reviews could tell it otherwise: of those the last one known stands."""
    to_s = log.as_of_s - 100 * DAY_S
    then = log.packages(to_s)
    one, two = (period(frame, to_s - 30 * DAY_S, to_s).to_dict() for frame in (packages, then))
    assert one == two


def test_the_three_periods_lie_as_they_say(packages: pl.DataFrame, log: Log) -> None:
    found = kpis(packages, log.as_of_s)
    assert found.now.from_s == found.before.to_s == log.as_of_s - 30 * DAY_S
    assert found.year_before.to_s == log.as_of_s - 365 * DAY_S
    told = found.to_dict()
    assert (told["alerts_open"], told["stock_at_risk"]) == (None, None)
    assert told["now"]["delay_rate"] == pytest.approx(found.now.late / found.now.delivered, abs=1e-6)
    json.dumps(told, allow_nan=False)


def test_a_period_without_anything_has_no_rates(packages: pl.DataFrame) -> None:
    told = period(packages, 0, DAY_S).to_dict()
    assert (told["orders"], told["delay_rate"], told["review_score"]) == (0, None, None)
    assert told["stages"][0]["mean_days"] is None
