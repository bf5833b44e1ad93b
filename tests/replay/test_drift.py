"""A lane that drifts is flagged, the others are not; what all share is nobody's drift."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.days import DAY_S
from graph.lead_time import Journeys
from graph.lead_time.levels import lane_key, pair_key
from graph.model import NEVER
from replay.drift import Drift, DriftParameters, cusum, drift

START = 17_000 * DAY_S + 3 * 3600
DAYS = 200
SHIFT_S = START + 120 * DAY_S
END_S = START + DAYS * DAY_S
FORECAST = 2.0


def planted(shift: float = 0.0, lanes: int = 30, a_day: int = 2, *, everywhere: bool = False) -> Journeys:
    """Return deliveries of all lanes every day; from day 120 on those of lane 0 (or all) are shifted."""
    rng = np.random.default_rng(11)
    rows = lanes * a_day * DAYS
    lane = np.tile(np.arange(lanes), a_day * DAYS)
    delivered = np.sort(START + rng.integers(0, DAYS * DAY_S, rows))
    hit = (delivered >= SHIFT_S) & (everywhere | (lane == 0))
    total = np.exp(FORECAST + rng.normal(0.0, 0.4, rows) + shift * hit)
    purchased = delivered - (total * DAY_S).astype(np.int64)
    by_purchase = np.argsort(purchased, kind="stable")
    return Journeys.build(
        rows,
        purchased_s=purchased[by_purchase],
        delivered_s=delivered[by_purchase],
        total_days=total[by_purchase],
        origin_region=lane[by_purchase],
        dest_region=0,
        origin_state=lane[by_purchase] % 5,
        dest_state=0,
        carrier=0,
    )


def found(journeys: Journeys, as_of_s: int = END_S, location: float = FORECAST) -> Drift:
    rows = len(journeys)
    return drift(journeys, np.arange(rows), np.full(rows, location), np.zeros(rows, np.int64), as_of_s)


def since(told: Drift, lane: int) -> int:
    codes = [np.array([code], np.int32) for code in (lane, 0, 0)]
    return int(told.lanes.since(lane_key(pair_key(codes[0], codes[1]), codes[2]))[0])


@pytest.mark.parametrize(("shift", "slower"), [(0.5, True), (-0.5, False)])
def test_a_lane_that_shifts_is_flagged_and_no_other(shift: float, slower: bool) -> None:
    told = found(planted(shift))
    assert since(told, 0) == pytest.approx(SHIFT_S, abs=14 * DAY_S)
    assert told.lanes.stale.sum() == 1
    assert told.lanes.slower.sum() == int(slower)


def test_it_takes_days_and_not_months_to_see() -> None:
    journeys = planted(0.5)
    assert since(found(journeys, SHIFT_S), 0) == NEVER
    assert since(found(journeys, SHIFT_S + 28 * DAY_S), 0) != NEVER


def test_what_slows_everybody_makes_nobody_stale() -> None:
    told = found(planted(0.5, everywhere=True))
    assert told.lanes.stale.sum() <= 1
    assert not told.state_pairs.stale.any()


def test_forecasts_that_have_learned_clear_the_flag() -> None:
    journeys = planted(0.5)
    learned = (journeys.origin_region == 0) & (journeys.delivered_s >= SHIFT_S + 30 * DAY_S)
    location = np.where(learned, FORECAST + 0.5, FORECAST)
    row, bucket = np.arange(len(journeys)), np.zeros(len(journeys), np.int64)
    assert since(drift(journeys, row, location, bucket, SHIFT_S + 30 * DAY_S), 0) != NEVER
    assert since(drift(journeys, row, location, bucket, END_S), 0) == NEVER


def test_only_the_rows_that_were_forecast_count() -> None:
    journeys = planted(0.5)
    rows = len(journeys)
    row = np.flatnonzero(journeys.origin_region < 7)
    some = drift(journeys, row, np.full(row.shape, FORECAST), np.zeros(row.shape, np.int64), END_S)
    issued = np.where(journeys.origin_region < 7, FORECAST, np.nan)
    same = drift(journeys, np.arange(rows), issued, np.zeros(rows, np.int64), END_S)
    assert some.lanes.keys.shape == (7,)
    assert (some.lanes.since_s == same.lanes.since_s).all()


def test_a_lane_takes_the_flag_of_its_state_pair() -> None:
    journeys = planted(0.5, lanes=5)  # the pair of states is the lane
    told = found(journeys)
    never_seen = np.array([999], np.int32)
    state = np.array([0], np.int32)
    asked = told.stale_since((never_seen, state), state, (state, state))
    assert asked[0] == told.state_pairs.since(pair_key(state, state))[0]
    assert asked[0] == pytest.approx(SHIFT_S, abs=14 * DAY_S)
    other = np.array([1], np.int32)
    assert told.stale_since((other, state), state, (other, state))[0] == NEVER


def test_what_is_stamped_later_does_not_matter() -> None:
    journeys = planted(0.5)
    as_of_s = SHIFT_S + 25 * DAY_S
    later = journeys.delivered_s >= as_of_s
    emptied = replace(
        journeys,
        delivered_s=np.where(later, NEVER, journeys.delivered_s),
        total_days=np.where(later, np.nan, journeys.total_days),
    )
    one, other = found(journeys, as_of_s), found(emptied, as_of_s)
    for name in ("lanes", "state_pairs"):
        for column in ("keys", "stale", "slower", "since_s"):
            mine, its = (getattr(getattr(told, name), column) for told in (one, other))
            assert (mine == its).all()


def test_a_silent_lane_is_not_called_stale() -> None:
    told = found(planted(0.5), END_S + 100 * DAY_S)
    assert not told.lanes.stale.any()


def test_nothing_delivered_is_nothing_stale() -> None:
    told = found(Journeys.build(0))
    assert told.lanes.keys.shape == (0,)
    assert told.lanes.since(np.array([3])).tolist() == [NEVER]


@given(seed=st.integers(0, 10_000))
def test_all_groups_at_once_are_each_group_by_itself(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = DriftParameters(threshold=2.0)
    length = rng.integers(1, 30, 6)
    start = np.concatenate([[0], np.cumsum(length)[:-1]])
    daily = rng.normal(0.3, 1.0, int(length.sum()))
    total, began = cusum(daily, start, length, p)
    for group in range(6):
        expected, left = 0.0, int(start[group])
        for row in range(start[group], start[group] + length[group]):
            expected = min(max(0.0, expected + daily[row] - p.slack), 2.0 * p.threshold)
            left = row + 1 if expected == 0.0 else left
        assert total[group] == pytest.approx(expected)
        assert began[group] == left
