"""Shared demand shipped at least cost, and rows exchanged around it."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.mathopt import Solution, Solver, solve
from optimizer.placement.answer import Progress
from optimizer.placement.check import check
from optimizer.placement.core import Core
from optimizer.placement.exchange import exchange
from optimizer.placement.lagrangian import Lagrangian, evaluate
from optimizer.placement.model import Question, build
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits, Record
from optimizer.placement.shipping import ship, shipped, suits
from tests.optimizer.placement.placements import facility


def draw(seed: int, sites: int = 6, demands: int = 40, room: float = 1.2) -> FacilityProblem:
    rng = np.random.default_rng(seed)
    units = np.round(rng.lognormal(1.0, 1.0, demands), 3)
    units[0] = 0.0  # a demand that uses nothing
    capacity = rng.uniform(0.5, 1.5, sites)
    capacity *= room * units.sum() / capacity.sum()
    cost = rng.uniform(1.0, 50.0, (sites, demands)) * (units + 0.1)
    cost[rng.random(cost.shape) < 0.1] = np.inf
    return facility(cost, rng.uniform(100.0, 900.0, sites), units=units, capacity=capacity)


def record_of(problem: FacilityProblem) -> Record:
    def quiet(_: Progress) -> None: ...

    return Record(problem, PlaceLimits(), quiet, lambda: False)


@pytest.mark.parametrize("room", [1.0, 1.2, 5.0])
@pytest.mark.parametrize("seed", range(8))
def test_nothing_ships_for_less(seed: int, room: float) -> None:
    problem = draw(seed, room=room)
    core = Core.of(problem)
    is_open = np.ones(core.rows, np.bool_)
    worth = np.random.default_rng(seed).uniform(0.0, 20.0, core.rows)  # any prices will do to start from
    model = build(core, problem, Question.everything(core).only(is_open))
    found = solve(model.linear, Solver.HIGHS)
    flows = ship(core, worth, is_open, lambda: True)
    if not isinstance(found, Solution):
        assert flows is None
        return
    assert suits(core, problem)
    assert flows is not None
    verdict = check(problem, shipped(core, problem, is_open, flows))
    assert verdict.feasible
    assert verdict.value == pytest.approx(found.cost, rel=1e-6)


def test_too_little_room_ships_nothing() -> None:
    problem = draw(1, room=1.2)
    core = Core.of(problem)
    is_open = np.zeros(core.rows, np.bool_)
    assert ship(core, np.zeros(core.rows), is_open, lambda: True) is None
    is_open[0] = True
    assert ship(core, np.zeros(core.rows), is_open, lambda: True) is None


def test_what_may_stay_unserved_goes_to_nobody() -> None:
    problem = facility(
        [[1.0, 1.0]],
        [5.0],
        units=np.array([2.0, 2.0]),
        capacity=np.array([3.0]),
        unserved=np.array([10.0, 4.0]),
    )
    core = Core.of(problem)
    is_open = np.ones(core.rows, np.bool_)
    flows = ship(core, np.zeros(core.rows), is_open, lambda: True)
    assert flows is not None
    verdict = check(problem, shipped(core, problem, is_open, flows))
    assert verdict.feasible
    assert verdict.value == pytest.approx(5.0 + 1.0 + 0.5 + 2.0)


def test_own_use_and_other_limits_do_not_suit() -> None:
    problem = draw(1)
    own = facility(problem.cost, problem.fixed, use=np.ones(problem.cost.shape), capacity=problem.capacity)
    assert not suits(Core.of(own), own)
    least = facility(problem.cost, problem.fixed, units=problem.units, min_units=np.ones(problem.sites))
    assert not suits(Core.of(least), least)


@pytest.mark.parametrize("seed", range(5))
def test_exchanges_improve_and_what_demand_pays_lifts_the_bound(seed: int) -> None:
    problem = draw(seed, sites=12, demands=60, room=3.0)
    core, record = Core.of(problem), record_of(problem)
    everything = np.ones(core.rows, np.bool_)
    paid = exchange(core, record, everything, np.zeros(core.rows), 100)
    assert paid is not None
    first = ship(core, np.zeros(core.rows), everything, lambda: True)
    assert first is not None
    assert record.value < check(problem, shipped(core, problem, everything, first)).value
    best = solve(build(core, problem, Question.everything(core)).linear, Solver.HIGHS)
    assert isinstance(best, Solution)
    assert best.cost - 1e-6 * best.cost <= record.value <= 1.05 * best.cost
    duals = Lagrangian(core)
    before = duals.bound
    duals.lean(paid)
    assert max(before, evaluate(core, paid).bound) <= duals.bound <= best.cost + 1e-6 * best.cost
