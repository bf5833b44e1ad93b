"""Days that are not over yet: the estimate against plain counting, by hand, and with a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.report.survival import Survival

DAYS = st.lists(st.integers(0, 40), min_size=1, max_size=40)


@given(DAYS)
def test_where_all_has_ended_it_is_plain_counting(days: list[int]) -> None:
    took = Survival.of(np.array(days, float), np.ones(len(days), bool))
    ordered = sorted(days)
    for p in (0.1, 0.5, 0.9):
        assert took.quantile(p) == ordered[int(np.ceil(p * len(days) - 1e-9)) - 1]
    assert took.mean() == pytest.approx(np.mean(days))


def test_by_hand() -> None:
    # Of four, one ends at 2; one is seen until 3; of the two left one ends at 4.
    took = Survival.of(np.array([2.0, 3.0, 4.0, 9.0]), np.array([True, False, True, False]))
    assert took.left.tolist() == [0.75, 0.375]
    assert took.quantile(0.25) == 2.0
    assert took.quantile(0.5) == 4.0
    assert took.quantile(0.9) is None
    assert took.mean() == pytest.approx(2.0 + 0.75 * 2.0)


def test_the_newest_orders_do_not_look_fast() -> None:
    rng = np.random.default_rng(3)
    took, seen = rng.exponential(10.0, 20_000), rng.uniform(0.0, 30.0, 20_000)
    told = Survival.of(np.minimum(took, seen), took <= seen)
    assert told.quantile(0.5) == pytest.approx(10.0 * np.log(2.0), rel=0.05)
    assert np.median(took[took <= seen]) < 0.8 * 10.0 * np.log(2.0)


def test_what_is_unknown_is_left_out() -> None:
    assert Survival.of(np.array([np.nan, -1.0, 3.0]), np.ones(3, bool)).mean() == 3.0
    nothing = Survival.of(np.array([5.0]), np.array([False]))
    assert (nothing.mean(), nothing.quantile(0.5)) == (None, None)
