"""Service as a table states it: probabilities of given moments, pairs that are not allowed, mixed sellers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import lognorm

from optimizer.placement.service import Inbound, p_within


@pytest.mark.parametrize(("days", "mean", "sd"), [(10, 12, 5), (3, 8, 2), (20, 9.5, 7), (0.5, 4, 0.1)])
def test_probabilities_are_those_of_a_lognormal_of_these_moments(days: float, mean: float, sd: float) -> None:
    shape = np.sqrt(np.log1p((sd / mean) ** 2))
    law = lognorm(shape, scale=mean * np.exp(-(shape**2) / 2))
    assert (law.mean(), law.std()) == pytest.approx((mean, sd))
    found = p_within(days, np.array([mean]), np.array([sd]))
    assert found == pytest.approx([law.cdf(days)], abs=1e-12)


def test_a_time_without_spread_is_kept_or_broken() -> None:
    assert p_within(5.0, np.array([5.0, 5.01, 0.0]), np.zeros(3)).tolist() == [1, 0, 1]


def test_a_supply_of_nothing_is_shared_evenly() -> None:
    supply = np.array([0, 1, 0]), np.array([0, 0, 1]), np.array([0.0, 0.0, 2.0])
    made = Inbound.of(("s", "t"), supply, 2, np.array([[10.0, 30.0, 7.0]]), np.ones((1, 3)))
    assert made.share.tolist() == [0.5, 0.5, 1.0]
    assert made.unit_cents.tolist() == [[20.0, 7.0]]
