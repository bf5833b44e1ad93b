"""The parts of the search: bounds that hold, fixing that loses nothing, local searches that add up."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from optimizer.mathopt import Solution, Solver, solve
from optimizer.placement import kicks, local_search, whole_search
from optimizer.placement.check import check
from optimizer.placement.core import Core
from optimizer.placement.fixing import settle
from optimizer.placement.lagrangian import Lagrangian, evaluate
from optimizer.placement.model import Question, build
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.site_prices import take_best
from tests.optimizer.placement.placements import best_value, facility

KINDS: dict[str, dict[str, Any]] = {
    "uncapacitated": {"capacity": None},
    "shared": {},
    "single": {"single_source": True},
}


def draw(seed: int, kind: str, sites: int = 4, demands: int = 5) -> FacilityProblem:
    rng = np.random.default_rng(seed)
    units = rng.integers(1, 9, demands).astype(float)
    capacity = np.ceil(units.sum() * rng.uniform(0.4, 0.9, sites)) + 8
    given = {"units": units, "capacity": capacity, **KINDS[kind]}
    if given["capacity"] is None:
        given["capacity"] = np.full(sites, np.inf)
    return facility(rng.integers(0, 60, (sites, demands)), rng.integers(0, 80, sites), **given)


def textbook(problem: FacilityProblem, question: Question | None = None) -> float:
    core = Core.of(problem)
    model = build(core, problem, question or Question.everything(core))
    found = solve(model.linear, Solver.HIGHS)
    assert isinstance(found, Solution)
    return found.cost


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_any_prices_give_a_bound_and_steps_raise_it(kind: str, seed: int) -> None:
    problem = draw(seed, kind)
    core, best = Core.of(problem), best_value(problem)
    for price in np.random.default_rng(seed).uniform(0, 90, (20, problem.demands)):
        assert evaluate(core, price).bound <= best + 1e-6
    duals = Lagrangian(core)
    first = duals.bound
    duals.improve(300, np.inf)
    assert first <= duals.bound <= best + 1e-6
    assert duals.bound >= 0.8 * best


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_what_is_settled_loses_no_best_plan(kind: str, seed: int) -> None:
    problem = draw(seed, kind, 6, 8)
    core, best = Core.of(problem), textbook(problem)
    duals = Lagrangian(core)
    duals.improve(300, np.inf)
    question = settle(core, duals.best, best)
    assert textbook(problem, question) == pytest.approx(best)


def test_settling_leaves_little_of_an_easy_problem() -> None:
    rng = np.random.default_rng(1)
    distance = np.abs(rng.random((30, 1)) - rng.random((1, 80)))
    problem = facility(1000 * distance, np.full(30, 700.0))
    core, best = Core.of(problem), textbook(problem)
    duals = Lagrangian(core)
    duals.improve(1_000, best)
    question = settle(core, duals.best, best)
    assert question.pairs.sum() < 0.3 * core.cost.size


def test_equal_sites_have_to_be_so_many() -> None:
    problem = facility(np.ones((5, 4)), units=np.full(4, 2.5), capacity=np.full(5, 3.0))
    assert Core.of(problem).least == 4
    assert Core.of(replace(problem, unserved=np.full(4, 9.0))).least == 1  # nobody may serve everything


@pytest.mark.parametrize("seed", range(20))
def test_one_site_takes_what_earns_most(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost, use = rng.integers(0, 30, 9).astype(float), rng.integers(0, 9, 9).astype(float)
    price, capacity = rng.integers(0, 40, 9).astype(float), float(rng.integers(1, 20))
    sets = np.array(list(product((0.0, 1.0), repeat=9)))
    earning = np.where(sets @ use <= capacity, sets @ (price - cost), 0.0).max()
    demand, share = np.zeros(9, np.int64), np.zeros(9)
    count, earned, relaxed, _ = take_best(cost, use, price, capacity, True, demand, share)
    assert earned == pytest.approx(earning)
    assert (price - cost)[demand[:count]] @ share[:count] == pytest.approx(earning)
    _, shared, same, worth = take_best(cost, use, price, capacity, False, demand, share)
    assert shared == same >= earned - 1e-9
    assert relaxed >= earned - 1e-9
    dual = capacity * worth + np.maximum(price - cost - worth * use, 0.0).sum()  # the knapsack's own dual
    assert dual == pytest.approx(same)


@pytest.mark.parametrize("seed", range(10))
def test_opening_closing_and_swapping_add_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = facility(rng.integers(0, 99, (9, 30)), rng.integers(0, 150, 9))
    core = Core.of(problem)
    value, is_open, row_of = local_search.search(core, rng.random(9) < 0.4, 20, rng)
    verdict = check(problem, core.plan(problem, is_open, row_of))
    assert verdict.feasible
    assert verdict.value == pytest.approx(value)
    assert value <= 1.05 * textbook(problem)


@pytest.mark.parametrize("seed", range(5))
def test_whole_demands_fit_and_cost_what_they_are_said_to(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = facility(
        rng.integers(0, 99, (6, 25)),
        rng.integers(0, 200, 6),
        units=rng.integers(1, 9, 25).astype(float),
        capacity=np.full(6, 30.0),
        single_source=True,
    )
    core = Core.of(problem)
    value, is_open, row_of = whole_search.search(core, np.zeros(25, np.int64), np.zeros(6), 200, rng)
    verdict = check(problem, core.plan(problem, is_open, row_of))
    assert verdict.feasible
    assert verdict.value == pytest.approx(value)
    assert value <= 1.15 * textbook(problem)


@pytest.mark.parametrize("fixed", [0.0, 50.0])
@pytest.mark.parametrize("seed", range(5))
def test_kicks_keep_a_plan_that_fits_and_never_cost_more(seed: int, fixed: float) -> None:
    rng = np.random.default_rng(seed)
    problem = facility(
        rng.integers(0, 99, (6, 40)),
        np.full(6, fixed),
        units=rng.integers(1, 9, 40).astype(float),
        capacity=np.full(6, 45.0),
        single_source=True,
    )
    core = Core.of(problem)
    start, _, row_of = whole_search.search(core, np.zeros(40, np.int64), np.zeros(6), 5, rng)
    value, is_open, found = kicks.improve_by_kicks(core, row_of, core.cost, 500, rng)
    verdict = check(problem, core.plan(problem, is_open, found))
    assert verdict.feasible
    assert verdict.value == pytest.approx(value)
    assert value <= start
    if fixed == 0.0:
        assert value <= 1.03 * textbook(problem)


def test_kicks_leave_open_as_many_sites_as_there_must_be() -> None:
    problem = facility(
        [[1.0, 1.0], [5.0, 5.0], [9.0, 9.0]], units=np.ones(2), capacity=np.full(3, 2.0), single_source=True
    )
    core = replace(Core.of(problem), least=2)
    value, is_open, found = kicks.improve_by_kicks(
        core, np.array([0, 1]), core.cost, 50, np.random.default_rng(1)
    )
    assert found.tolist() == [0, 0]
    assert value == 2.0
    assert is_open.sum() == 2
