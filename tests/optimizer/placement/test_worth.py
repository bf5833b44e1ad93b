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


LIMITS: list[dict[str, Any]] = [
    {},
    {"max_sites": 2},
    {"budget": 120.0},
    {"min_on_time": 0.5},
    {"min_sites": 2},
    {"min_units": 4.0},
    {"single_source": True},
    {"parts": 2},
]


def drawn(seed: int, rest: dict[str, Any]) -> FacilityProblem:
    rng = np.random.default_rng(seed)
    plain = random_facility(rng)
    if "parts" in rest:
        rest = {"parts": rng.dirichlet(np.ones(rest["parts"]), plain.demands).T}
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
            Limit.MIN_UNITS: {"min_units": problem.min_units - more},
            Limit.MIN_SITES: {"min_sites": round(one.given - one.step)},
            Limit.SINGLE_SOURCE: {"single_source": False},
        }
        saved = best - best_value(replace(problem, **changes[one.limit]))
        assert one.saves == pytest.approx(saved, abs=1e-3)
        assert one.least - 1e-3 <= saved <= one.most + 1e-3


@pytest.mark.parametrize("rest", LIMITS[:4])
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


CHEAP = [[1.0, 2.0], [3.0, 1.0], [9.0, 9.0]]


@pytest.mark.parametrize(
    ("rest", "limit", "site", "given", "step", "saves"),
    [
        ({"min_sites": 2}, Limit.MIN_SITES, None, 2, 1, 5 - 1),
        ({"min_units": [0.0, 0.0, 1.0], "forced": [0, 0, 1]}, Limit.MIN_UNITS, "s2", 1, 1, 7),
        ({"forced": [1, 1, 0]}, Limit.FORCED_OPEN, "s1", 1, 1, 5 - 1),
        ({"forced": [-1, 0, 0]}, Limit.FORCED_CLOSED, "s0", 1, 1, 1),
        ({"single_source": True, "capacity": [1.5, 1.5, 0.0]}, Limit.SINGLE_SOURCE, None, 1, 1, 0),
    ],
)
def test_every_limit_that_binds_is_told(
    rest: dict[str, Any], limit: Limit, site: str | None, given: float, step: float, saves: float
) -> None:
    arrays = {name: np.array(value) if isinstance(value, list) else value for name, value in rest.items()}
    problem = facility(CHEAP, [5, 5, 5], **arrays)
    found = {(one.limit, one.site_id): one for one in worths(problem, place(problem, limits=EXACT), EXACT)}
    if not saves:
        assert (limit, site) not in found  # known by solving: it costs nothing, so it does not bind
        return
    told = found[limit, site]
    assert (told.given, told.step) == (given, step)
    assert told.saves == pytest.approx(saves)


def test_statuses_that_are_not_the_planners_own_stay() -> None:
    problem = facility(CHEAP, [5, 5, 5], forced=np.array([1, 1, 0]))
    answer = place(problem, limits=EXACT)
    assert [one.site_id for one in worths(problem, answer, EXACT, own=1)] == ["s0"]


def test_nothing_binds_where_there_is_room() -> None:
    problem = facility([[1.0, 2.0], [3.0, 1.0]], [5, 5], capacity=np.array([9.0, 9.0]), max_sites=2)
    assert worths(problem, place(problem, limits=EXACT), EXACT) == ()
