"""The diagnosis blames the stage that was planted, and its sums are those of the plain tables."""

from __future__ import annotations

import json
from statistics import fmean

import numpy as np
import polars as pl
import pytest

from replay.insight.diagnosis import End, diagnose
from tests.replay.insight.raw import Row

STAGES = ("approval", "handling", "transit")


def test_means_by_state_agree_with_the_plain_tables(packages: pl.DataFrame, rows: list[Row]) -> None:
    found = diagnose(packages)
    told = packages.filter(pl.col("expected_transit_days").is_not_null())
    known = set(zip(told["order_id"], told["seller_id"], strict=True))
    plain = [
        row
        for row in rows
        if (row.order_id, row.seller_id) in known
        and row.late is not None
        and None not in (row.handling_days, row.transit_days)
        and (row.approved_s or 0) >= row.purchased_s
    ]
    assert found.packages == len(plain)
    assert found.late == sum(row.late or False for row in plain)
    for end in End:
        states = found.states.filter((pl.col("end") == end.value) & (pl.col("stage") == "handling"))
        for state in states.iter_rows(named=True):
            own = [row for row in plain if getattr(row, f"{end}_state") == state["state"]]
            assert state["n"] == len(own)
            assert state["mean_days"] == pytest.approx(fmean(row.handling_days or 0.0 for row in own))
            assert state["late_n"] == sum(row.late or False for row in own)


def test_the_planted_stage_is_to_blame_whatever_is_long_anyway() -> None:
    """Handling is long everywhere; the late ones lost their time in transit, in one state at approval."""
    rng = np.random.default_rng(2)
    n = 400
    late = np.arange(n) % 10 == 0
    state = np.where(np.arange(n) < 200, "SP", "RJ")
    lost = np.where(late, 8.0, 0.0)
    frame = _frame(
        state,
        late,
        approval=1.0 + np.where(state == "RJ", lost, 0.0),
        handling=12.0 + rng.normal(0.0, 0.1, n),
        transit=5.0 + np.where(state == "SP", lost, 0.0),
        expected=(1.0, 12.0, 5.0),
    )
    told = diagnose(frame).to_dict()
    blamed = {
        state: {
            row["stage"]: row["late_excess_share"]
            for row in told["by_state"]["seller"]
            if row["state"] == state
        }
        for state in ("SP", "RJ")
    }
    assert blamed["SP"]["transit"] == pytest.approx(1.0, abs=0.05)
    assert blamed["RJ"]["approval"] == pytest.approx(1.0, abs=0.05)
    assert {row["stage"]: row["mean_days"] for row in told["stages"]}["handling"] > 11
    assert told["late_share"] == pytest.approx(0.1)
    json.dumps(told, allow_nan=False)


def test_shares_add_up_and_the_limit_counts_states(packages: pl.DataFrame) -> None:
    found = diagnose(packages)
    assert found.overall["late_excess_share"].sum() == pytest.approx(1.0)
    assert found.overall["variance_share"].sum() == pytest.approx(1.0)
    assert found.overall["stage"].to_list() == list(STAGES)
    told = found.to_dict(2)
    assert len({row["state"] for row in told["by_state"]["customer"]}) == 2
    assert len(told["by_state"]["customer"]) == 6


def test_nothing_delivered_is_nothing_to_diagnose(packages: pl.DataFrame) -> None:
    told = diagnose(packages.clear()).to_dict()
    assert (told["packages"], told["late_share"], told["stages"]) == (0, None, [])


def _frame(
    state: np.ndarray,
    late: np.ndarray,
    approval: np.ndarray,
    handling: np.ndarray,
    transit: np.ndarray,
    expected: tuple[float, float, float],
) -> pl.DataFrame:
    days = dict(zip(STAGES, (approval, handling, transit), strict=True))
    return pl.DataFrame(
        {
            "seller_state": state,
            "customer_state": state[::-1].copy(),
            "late": late,
            **{f"{stage}_days": values for stage, values in days.items()},
            **{
                f"expected_{stage}_days": np.full(len(late), e)
                for stage, e in zip(STAGES, expected, strict=True)
            },
        }
    )
