"""Frontiers: points that no other beats, each the cheapest of its level, the ends the best of each kind."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput
from optimizer.placement.answer import Infeasible
from optimizer.placement.check import referee
from optimizer.placement.frontier import MOST_POINTS, between, frontier
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from tests.optimizer.placement.placements import best_value, facility, random_facility

EXACT = PlaceLimits(seconds=60, gap=0.0)


def drawn(seed: int, **rest: Any) -> FacilityProblem:
    """Draw a problem whose cheap sites are not those on time."""
    rng = np.random.default_rng(seed)
    plain = random_facility(rng, **rest)
    return replace(plain, on_time=rng.random(plain.cost.shape).round(3))


@pytest.mark.parametrize("single_source", [False, True], ids=["shared", "single"])
@pytest.mark.parametrize("seed", range(4))
def test_every_point_is_the_cheapest_of_its_level_and_none_is_beaten(seed: int, single_source: bool) -> None:
    problem = drawn(seed, single_source=single_source)
    points = frontier(problem, 5, EXACT)
    assert points
    for point in points:
        asked = replace(problem, min_on_time=point.asked)
        referee(asked, point.answer)
        assert point.answer.value == pytest.approx(best_value(asked), rel=1e-5)
    for one, other in combinations(points, 2):
        assert one.answer.value < other.answer.value
        assert one.p_on_time < other.p_on_time


@pytest.mark.parametrize("rest", [{}, {"budget": 120.0}, {"max_sites": 2}, {"unserved": None}])
@pytest.mark.parametrize("seed", range(3))
def test_the_ends_are_the_cheapest_and_the_most_reliable_plan(seed: int, rest: dict[str, Any]) -> None:
    problem = drawn(seed + 20)
    rest = {**rest, "unserved": np.full(problem.demands, 25.0)} if "unserved" in rest else rest
    problem = replace(problem, **rest)
    if np.isinf(best_value(problem)):
        with pytest.raises(Infeasible):
            frontier(problem, 3, EXACT)
        return
    points = frontier(problem, 3, EXACT)
    assert points[0].answer.value == pytest.approx(best_value(problem), rel=1e-6)
    most = points[-1].p_on_time
    assert np.isfinite(best_value(replace(problem, min_on_time=max(most - 1e-4, 0.0))))
    assert np.isinf(best_value(replace(problem, min_on_time=min(most + 2e-3, 1.0)))) or most > 0.998


def test_where_the_cheapest_is_always_on_time_it_is_the_only_point() -> None:
    problem = facility([[1.0, 2.0], [3.0, 1.0]], [5, 5], on_time=np.ones((2, 2)), min_on_time=0.5)
    (point,) = frontier(problem, 4, EXACT)
    assert point.p_on_time == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_a_point_by_price_lies_between_and_its_bound_holds(seed: int) -> None:
    problem = drawn(seed + 40, unserved=None)
    problem = replace(problem, unserved=np.full(problem.demands, 90.0))
    points = frontier(problem, 2, EXACT)
    if len(points) < 2:
        return
    below, above = points
    (point,) = between(problem, below, above, EXACT)
    level = replace(problem, min_on_time=max(point.p_on_time - 1e-7, 0.0))
    referee(level, point.answer)
    best = best_value(level)
    assert point.answer.bound - 1e-3 <= best <= point.answer.value + 1e-3
    assert point.answer.value == pytest.approx(best, abs=1e-2)  # no plan so often on time is cheaper
    assert below.p_on_time - 1e-6 <= point.p_on_time <= above.p_on_time + 1e-6


def test_what_asks_for_no_frontier_is_refused() -> None:
    problem = facility([[1.0]], on_time=np.ones((1, 1)))
    for points in (1, MOST_POINTS + 1):
        with pytest.raises(BadInput, match="points"):
            frontier(problem, points, EXACT)
    with pytest.raises(BadInput, match="probabilities"):
        frontier(facility([[1.0]]), 3, EXACT)
