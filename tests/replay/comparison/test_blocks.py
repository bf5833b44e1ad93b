"""Weeks that are drawn anew: whole weeks only, the same for the same seed, honest when they are few."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graph.days import DAY_S
from replay.comparison.blocks import Weeks
from tests.replay.comparison.planted import MONDAY_S


def test_a_week_begins_on_monday_midnight_of_brasilia() -> None:
    at = MONDAY_S + np.array([-1, 0, 7 * DAY_S - 1, 7 * DAY_S])
    assert Weeks.of(at, 0).code.tolist() == [0, 1, 1, 2]


def test_the_first_row_is_what_was_and_each_resample_has_as_many_weeks() -> None:
    weeks = Weeks.of(MONDAY_S + np.arange(50) * DAY_S, 3, resamples=40)
    assert weeks.count.shape == (41, 8)
    assert (weeks.count[0] == 1.0).all()
    assert (weeks.count.sum(axis=1) == 8.0).all()
    values = np.arange(50.0)
    assert weeks.sums(values)[0] == values.sum()
    drawn = weeks.count[7]
    assert weeks.sums(values)[7] == pytest.approx((values * drawn[weeks.code]).sum())


def test_one_seed_gives_one_set_of_draws() -> None:
    at = MONDAY_S + np.arange(60) * DAY_S
    assert (Weeks.of(at, 5).count == Weeks.of(at, 5).count).all()
    assert (Weeks.of(at, 5).count != Weeks.of(at, 6).count).any()


@given(weeks=st.integers(4, 60), seed=st.integers(0, 100))
def test_the_interval_of_a_mean_is_students(weeks: int, seed: int) -> None:
    value = np.random.default_rng(seed).normal(size=weeks)
    drawn = Weeks.of(MONDAY_S + 7 * DAY_S * np.arange(weeks), seed)
    half = drawn.half_width(drawn.sums(value)[1:] / weeks, np.zeros(weeks))
    exact = stats.t.ppf(0.95, weeks - 1) * value.std(ddof=1) / np.sqrt(weeks)
    assert half == pytest.approx(exact, rel=0.1)


def test_weeks_that_agree_too_well_do_not_hide_what_orders_tell() -> None:
    drawn = Weeks.of(MONDAY_S + 7 * DAY_S * np.arange(10), 0)
    nothing = np.zeros(10)
    least = drawn.half_width(nothing, np.full(10, 0.1))
    assert least == pytest.approx(stats.t.ppf(0.95, 9) * np.sqrt(0.1))
    assert drawn.half_width(nothing, np.zeros(10), 0.1) == pytest.approx(least)


def test_a_single_week_has_no_interval() -> None:
    assert Weeks.of(MONDAY_S + np.arange(9), 0).half_width(np.zeros(9), np.zeros(9)) is None
