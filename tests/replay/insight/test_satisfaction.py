"""The jump at the promise is found where one was planted, and only there."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from replay.insight.packages import Log
from replay.insight.satisfaction import BANDWIDTHS, jump_at_promise, reviewed_orders, satisfaction
from tests.replay.insight.raw import ZONE, Row

DAY_S = 86_400


@pytest.mark.parametrize(("jump", "kink"), [(-1.5, 0.0), (0.0, -0.2), (-0.5, -0.1), (0.0, 0.0)])
def test_a_planted_jump_and_a_planted_kink_are_told_apart(jump: float, kink: float) -> None:
    rng = np.random.default_rng(11)
    day = rng.integers(-12, 13, 40_000)
    after = day > 0
    mean = 4.2 - 0.03 * (day - 0.5) + after * (jump + kink * (day - 0.5))
    reviewed = pl.DataFrame({"days_after_promise": day, "review_score": mean + rng.normal(0, 1.0, len(day))})
    for width in (4, 7):
        found = jump_at_promise(reviewed, width)
        assert found is not None
        assert found.stars == pytest.approx(jump, abs=0.12)
        assert found.kink == pytest.approx(kink, abs=0.04)
        assert found.low - 0.05 <= jump <= found.high + 0.05
        assert (
            found.n_before + found.n_after
            == reviewed.filter(pl.col("days_after_promise").is_between(1 - width, width)).height
        )


@pytest.mark.parametrize("width", BANDWIDTHS)
def test_the_interval_holds_the_planted_jump_as_often_as_it_says(width: int) -> None:
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        day = rng.integers(1 - width, 1 + width, 2_000)
        mean = 4.0 - 0.02 * day - 0.7 * (day > 0)
        frame = pl.DataFrame({"days_after_promise": day, "review_score": mean + rng.normal(0, 1.2, len(day))})
        found = jump_at_promise(frame, width)
        assert found is not None
        held += found.low <= -0.7 <= found.high
    assert 0.87 <= held / 200 <= 0.98


def test_orders_are_late_by_the_day_that_the_customer_sees(packages: pl.DataFrame, rows: list[Row]) -> None:
    found = reviewed_orders(packages)
    plain: dict[str, list[Row]] = {}
    for row in rows:
        plain.setdefault(row.order_id, []).append(row)
    days = {}
    for order, own in plain.items():
        if own[0].score is None or any(row.delivered_s is None for row in own):
            continue
        last = max(row.delivered_s or 0 for row in own)
        there, promised = (datetime.fromtimestamp(at, ZONE).date() for at in (last, own[0].promised_s))
        days[order] = (there - promised).days
    assert dict(zip(found["order_id"], found["days_after_promise"], strict=True)) == days
    assert found["review_score"].to_list() == [plain[order][0].score for order in found["order_id"]]


def test_every_review_is_in_every_table(packages: pl.DataFrame, log: Log) -> None:
    found = satisfaction(packages)
    for table in (found.means, found.by_lateness, found.by_days):
        assert table["n"].sum() == found.reviews > 500
    told = found.to_dict()
    json.dumps(told, allow_nan=False)
    assert told["by_delivery_days"][-1]["to_days"] is None or len(told["by_delivery_days"]) < 7
    assert {jump["bandwidth_days"] for jump in told["jump_at_promise"]} <= {4, 7, 14}


def test_too_few_days_give_no_jump() -> None:
    few = pl.DataFrame({"days_after_promise": [-2, -1, 0, 1, 2], "review_score": [5, 5, 5, 1, 1]})
    assert jump_at_promise(few) is None
