"""The tree on sites with capacity: nodes that bound, leaves that add up, searches that go on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.placement.capacity_node import bound_node, facts_of
from optimizer.placement.capacity_tree import CapacityTree
from optimizer.placement.core import Core
from optimizer.placement.lagrangian import Lagrangian
from optimizer.placement.model import Question
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits, Record
from tests.optimizer.placement.placements import best_value, facility, random_facility

KINDS: dict[str, dict[str, Any]] = {
    "shared": {},
    "single": {"single_source": True},
    "counted": {"min_sites": 2, "max_sites": 2},
    "single, counted": {"single_source": True, "max_sites": 3},
}


def record_of(problem: FacilityProblem, **limits: Any) -> Record:
    given = {"seconds": 60.0, "gap": 0.0, **limits}
    return Record(problem, PlaceLimits(**given), lambda _: None, lambda: False)


def tree_of(problem: FacilityProblem, record: Record, rounds: int = 30) -> CapacityTree:
    core = Core.of(problem)
    duals = Lagrangian(core)
    duals.improve(rounds, np.inf)
    return CapacityTree(core, Question.everything(core), duals, record)


def points(seed: int, sites: int = 12, demands: int = 40, **rest: Any) -> FacilityProblem:
    rng = np.random.default_rng(seed)
    place_of = rng.random((sites + demands, 2))
    distance = np.hypot(*(place_of[:sites, None] - place_of[None, sites:]).transpose(2, 0, 1))
    units = rng.integers(1, 20, demands).astype(float)
    capacity = np.rint(rng.uniform(2.0, 4.0, sites) * units.sum() / sites)
    fixed = np.rint(rng.uniform(2000.0, 4000.0, sites))
    return facility(np.rint(1000 * distance * units), fixed, units=units, capacity=capacity, **rest)


def agree(problem: FacilityProblem) -> None:
    best, record = best_value(problem), record_of(problem)
    tree = tree_of(problem, record)
    tree.grow()
    if np.isinf(best):
        assert tree.done
        assert record.plan is None
        return
    assert record.value == pytest.approx(best)
    assert record.bound == pytest.approx(best, rel=2e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_the_tree_finds_and_proves_the_best_plan(kind: str, seed: int) -> None:
    agree(random_facility(np.random.default_rng(seed), **KINDS[kind]))


@pytest.mark.parametrize("seed", range(5))
def test_demand_may_stay_unserved_or_be_out_of_reach(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plain = random_facility(rng)
    barred = np.where(rng.random(plain.cost.shape) < 0.3, np.inf, plain.cost)
    rest = {"units": plain.units, "capacity": plain.capacity}
    agree(facility(barred, plain.fixed, unserved=rng.integers(0, 60, plain.demands), **rest))
    barred[0] = plain.cost[0]
    agree(facility(barred, plain.fixed, **rest))


@pytest.mark.campaign
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(100, 300))
def test_the_tree_finds_and_proves_the_best_plan_at_length(kind: str, seed: int) -> None:
    agree(random_facility(np.random.default_rng(seed), **KINDS[kind]))


@pytest.mark.parametrize("single_source", [False, True])
def test_a_search_that_is_interrupted_goes_on_where_it_stood(single_source: bool) -> None:
    problem = points(1, single_source=single_source)
    whole, parts = record_of(problem), record_of(problem)
    tree_of(problem, whole, 5).grow()
    tree, bounds = tree_of(problem, parts, 5), []
    while not tree.done and not parts.closed:
        tree.grow(3)
        bounds.append(parts.bound)
    assert len(bounds) > 1
    assert bounds == sorted(bounds)
    assert parts.value == whole.value
    assert parts.closed
    assert whole.closed


def test_a_wider_gap_takes_fewer_nodes() -> None:
    problem = points(2, 20, 60)
    close, wide = record_of(problem), record_of(problem, gap=0.02)
    tree_of(problem, close, 5).grow()
    tree_of(problem, wide, 5).grow()
    assert wide.closed
    assert close.bound * (1 - 0.02) <= wide.value <= close.value * (1 + 0.02) + 1e-6
    assert wide.bound <= close.value + 1e-6


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_a_node_bounds_what_its_rows_can_do_and_settles_none_that_matters(seed: int, whole: bool) -> None:
    problem = random_facility(np.random.default_rng(seed), single_source=whole)
    core, best = Core.of(problem), best_value(problem)
    if np.isinf(best):
        return
    state, price = np.zeros(core.rows, np.int8), np.zeros(core.demands)
    bound, _, against, _ = bound_node(facts_of(core), state, price, 200, best + 1e-6)
    assert 0.6 * best <= bound <= best + 1e-6
    assert (against >= 0).all()
    kept = np.where(state == 1, 1, np.where(state == -1, -1, 0))
    given = {"units": problem.units, "capacity": problem.capacity, "single_source": whole, "forced": kept}
    assert best_value(facility(problem.cost, problem.fixed, **given)) == pytest.approx(best)


def test_the_rows_must_have_room_together() -> None:
    """Three sites of room 4 for 6 units: the relaxation without the cut opens one and a half."""
    problem = facility(
        np.zeros((3, 2)), [10.0, 10.0, 14.0], units=np.array([3.0, 3.0]), capacity=np.array([4.0, 4.0, 5.0])
    )
    core = Core.of(problem)
    bound, is_open, against, _ = bound_node(facts_of(core), np.zeros(3, np.int8), np.zeros(2), 1, np.inf)
    assert bound >= 15.0
    assert is_open.sum() == 2
    assert against[2] > 0


def test_large_leaves_wait_and_are_shown() -> None:
    shown: list[int] = []
    problem = points(3, 12, 40, single_source=True)
    core, record = Core.of(problem), record_of(problem)
    duals = Lagrangian(core)
    duals.improve(5, np.inf)
    tree = CapacityTree(
        core,
        Question.everything(core),
        duals,
        record,
        lambda is_open, price: shown.append(int(is_open.sum())),
    )
    tree.leaf_pairs = 10
    tree.grow()
    answer = record_of(problem)
    tree_of(problem, answer, 5).grow()
    assert shown
    assert record.closed
    assert record.value == answer.value
