"""The bootstrap of demand: draws of the moments asked for, equal seeds, sites that open when they pay."""

from __future__ import annotations

import numpy as np
import pytest

from graph.errors import BadInput
from optimizer.placement.record import PlaceLimits
from optimizer.placement.stability import MOST_DRAWS, factors, scaled, stability
from tests.optimizer.placement.placements import facility, random_facility

EXACT = PlaceLimits(seconds=60, gap=0.0)


def test_draws_have_the_moments_asked_for() -> None:
    rng = np.random.default_rng(1)
    units, sd = np.array([10.0, 4.0, 0.0, 6.0]), np.array([3.0, 4.0, 1.0, 0.0])
    drawn = np.array([factors(units, sd, rng) for _ in range(20_000)])
    assert drawn.mean(axis=0) == pytest.approx([1, 1, 1, 1], abs=0.03)
    assert drawn.std(axis=0) == pytest.approx([0.3, 1.0, 0.0, 0.0], abs=0.03)
    assert (drawn >= 0).all()


def test_certain_demand_opens_the_same_sites_every_time() -> None:
    problem = random_facility(np.random.default_rng(2))
    found = stability(problem, np.zeros(problem.demands), 4, 1, EXACT)
    assert set(found.share) <= {0.0, 1.0}
    assert np.ptp(found.values) == 0.0


def test_a_site_opens_as_often_as_its_demand_pays_for_it() -> None:
    # Serving from the first site costs 10 a unit more: the second opens beyond 10 units, every second time.
    problem = facility([[110.0], [10.0]], [0.0, 100.0], units=np.array([10.0]), forced=np.array([1, 0]))
    found = stability(problem, np.array([1.0]), 80, 3, EXACT)
    assert found.share[0] == 1.0
    assert 0.3 < found.share[1] < 0.7


def test_equal_seeds_draw_alike_and_others_do_not() -> None:
    problem = random_facility(np.random.default_rng(4))
    sd = 0.5 * problem.units
    first, second, third = (stability(problem, sd, 5, seed, EXACT).values for seed in (1, 1, 2))
    assert first.tolist() == second.tolist()
    assert first.tolist() != third.tolist()


def test_parts_of_one_demand_are_drawn_together_and_impossible_draws_are_counted() -> None:
    problem = facility([[1.0, 1.0]], units=np.array([5.0, 5.0]), capacity=np.array([10.0]))
    found = stability(problem, np.array([4.0]), 40, 5, EXACT, source=np.array([0, 0]))
    assert found.impossible + len(found.values) == 40
    assert 5 < found.impossible < 35
    twice = scaled(problem, np.full(2, 2.0))
    assert (twice.units.tolist(), twice.cost.tolist()) == ([10, 10], [[2, 2]])


def test_no_draws_are_refused() -> None:
    problem = facility([[1.0]])
    for draws in (0, MOST_DRAWS + 1):
        with pytest.raises(BadInput, match="draws"):
            stability(problem, np.zeros(1), draws, 1, EXACT)
