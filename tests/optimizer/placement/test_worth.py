"""What binds and what more is worth, and break-even costs, against solving by brute force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place
from optimizer.placement.words import Limit
from optimizer.placement.worth import break_evens, worths
from tests.optimizer.placement.placements import best_value, facility, random_facility

EXACT = PlaceLimits(seconds=60, gap=0.0)


def test_a_site_and_a_unit_more_are_worth_what_is_done_by_hand() -> None:
    cost = [[10.0, 90.0, 90.0], [90.0, 20.0, 90.0], [90.0, 90.0, 30.0]]
    problem = facility(cost, [5, 5, 5], capacity=np.array([3.0, 1.0, 3.0]), max_sites=2)
    found = worths(problem, place(problem, limits=EXACT), EXACT)
    sites, room = found
    assert (sites.limit, sites.given, sites.step) == (Limit.MAX_SITES, 2, 1)
    assert sites.saves == pytest.approx(130 - 75)  # two sites: 10 + 20 + 90 + 10; three: 60 + 15
    assert (room.limit, room.site_id) == (Limit.CAPACITY, "s1")
    assert room.saves == pytest.approx(0.0)


LIMITS: list[dict[str, Any]] = [{}, {"max_sites": 2}, {"budget": 120.0}, {"min_on_time": 0.5}]


def drawn(seed: int, rest: dict[str, Any]) -> FacilityProblem:
    rng = np.random.default_rng(seed)
    plain = random_facility(rng)
    return replace(plain, on_time=rng.random(plain.cost.shape), **rest)


@pytest.mark.parametrize("rest", LIMITS)
@pytest.mark.parametrize("seed", range(3))
def test_the_worth_of_a_step_is_that_of_brute_force(seed: int, rest: dict[str, Any]) -> None:
    problem = drawn(seed, rest)
    if np.isinf(best := best_value(problem)):
        return
    for one in worths(problem, place(problem, limits=EXACT), EXACT):
        more = one.step * (np.array(problem.site_ids) == str(one.site_id))
        changes: dict[Limit, dict[str, Any]] = {
            Limit.MAX_SITES: {"max_sites": round(one.given + one.step)},
            Limit.BUDGET: {"budget": one.given + one.step},
            Limit.ON_TIME: {"min_on_time": one.given - one.step},
            Limit.CAPACITY: {"capacity": problem.capacity + more},
        }
        saved = best - best_value(replace(problem, **changes[one.limit]))
        assert one.saves == pytest.approx(saved, abs=1e-3)
        assert one.least - 1e-3 <= saved <= one.most + 1e-3


@pytest.mark.parametrize("rest", LIMITS)
@pytest.mark.parametrize("seed", range(3))
def test_at_its_break_even_a_site_is_worth_nothing(seed: int, rest: dict[str, Any]) -> None:
    problem = drawn(seed + 10, {**rest, "budget": None})
    if np.isinf(best_value(problem)):
        return
    for site, one in enumerate(break_evens(problem, place(problem, limits=EXACT), EXACT)):
        opened, closed = (
            replace(problem, forced=np.where(np.arange(problem.sites) == site, status, 0))
            for status in (1, -1)
        )
        if one.at is None:
            assert np.isinf(best_value(closed if one.is_open else opened))
            continue
        assert one.least is not None
        assert one.most is not None
        assert one.least - 1e-6 <= one.at <= one.most + 1e-6
        fixed = problem.fixed.copy()
        fixed[site] = one.at
        assert best_value(replace(opened, fixed=fixed)) == pytest.approx(best_value(closed), abs=1e-2)
        assert (one.at >= one.fixed - 1e-2) if one.is_open else (one.at <= one.fixed + 1e-2)


def test_nothing_binds_where_there_is_room() -> None:
    problem = facility([[1.0, 2.0], [3.0, 1.0]], [5, 5], capacity=np.array([9.0, 9.0]), max_sites=2)
    assert worths(problem, place(problem, limits=EXACT), EXACT) == ()
