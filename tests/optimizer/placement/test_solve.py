"""Placements against brute force: every kind and every limit, bounds that hold, answers that repeat."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from optimizer.mathopt import Solver
from optimizer.placement.answer import Infeasible, NoPlanFound, PlacementAnswer, Progress
from optimizer.placement.check import referee
from optimizer.placement.core import Core
from optimizer.placement.exact import run
from optimizer.placement.model import Question
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits, Record
from optimizer.placement.solve import place
from optimizer.placement.words import Method
from optimizer.words import Status
from tests.optimizer.placement.placements import best_value, facility, random_facility

EXACT = PlaceLimits(seconds=300, gap=0.0)


def solved(problem: FacilityProblem) -> PlacementAnswer | None:
    """Place, and hold the answer against brute force."""
    best = best_value(problem)
    if np.isinf(best):
        with pytest.raises(Infeasible):
            place(problem, limits=EXACT)
        return None
    answer = place(problem, limits=EXACT)
    referee(problem, answer)
    assert answer.status is Status.OPTIMAL
    assert answer.value == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert answer.bound == pytest.approx(best, rel=2e-6, abs=1e-6)
    return answer


def draw(rng: np.random.Generator, **rest: Any) -> FacilityProblem:
    """Draw a problem, arrays that depend on its size given as functions of (rng, sites, demands)."""
    plain = random_facility(rng)
    sized = {k: v(rng, plain.sites, plain.demands) if callable(v) else v for k, v in rest.items()}
    given = {"units": plain.units, "capacity": plain.capacity, **sized}
    return facility(given.pop("cost", plain.cost), given.pop("fixed", plain.fixed), **given)


def endless(_: Any, sites: int, __: int) -> Any:
    return np.full(sites, np.inf)


def nothing(_: Any, sites: int, __: int) -> Any:
    return np.zeros(sites)


KINDS: dict[str, tuple[Method, dict[str, Any]]] = {
    "p_median": (Method.MEDIAN, {"capacity": endless, "fixed": nothing, "min_sites": 2, "max_sites": 2}),
    "uncapacitated": (Method.UNCAPACITATED, {"capacity": endless}),
    "capacitated": (Method.CAPACITATED, {}),
    "single_source": (Method.SINGLE_SOURCE, {"single_source": True}),
    "assignment": (
        Method.ASSIGNMENT,
        {
            "single_source": True,
            "fixed": nothing,
            "use": lambda rng, sites, demands: rng.integers(1, 9, (sites, demands)).astype(float),
            "forced": lambda rng, sites, demands: np.ones(sites),
        },
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_every_kind_is_solved(kind: str, seed: int) -> None:
    solved(draw(np.random.default_rng(seed), **KINDS[kind][1]))


@pytest.mark.campaign
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(100, 400))
def test_every_kind_is_solved_at_length(kind: str, seed: int) -> None:
    solved(draw(np.random.default_rng(seed), **KINDS[kind][1]))


LIMITS: dict[str, dict[str, Any]] = {
    "forced": {"forced": lambda rng, sites, demands: rng.integers(-1, 2, sites) * (np.arange(sites) > 0)},
    "min_sites": {"min_sites": 2},
    "max_sites": {"max_sites": 2},
    "budget": {"budget": 90.0},
    "min_units": {"min_units": lambda rng, sites, demands: rng.integers(0, 8, sites).astype(float)},
    "unserved": {"unserved": lambda rng, sites, demands: rng.integers(0, 60, demands).astype(float)},
    "not_allowed": {
        "cost": lambda rng, sites, demands: np.where(
            (rng.random((sites, demands)) < 0.3) & (np.arange(sites)[:, None] > 0),
            np.inf,
            rng.integers(0, 60, (sites, demands)),
        )
    },
    "on_time": {
        "on_time": lambda rng, sites, demands: rng.random((sites, demands)),
        "min_on_time": 0.6,
    },
}


@pytest.mark.parametrize("single_source", [False, True], ids=["shared", "single"])
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("seed", range(3))
def test_every_limit_is_kept_at_least_cost(limit: str, single_source: bool, seed: int) -> None:
    solved(draw(np.random.default_rng(seed), single_source=single_source, **LIMITS[limit]))


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("seed", range(3))
def test_every_limit_without_capacity(limit: str, seed: int) -> None:
    solved(draw(np.random.default_rng(seed), capacity=endless, **LIMITS[limit]))


def test_the_method_is_named() -> None:
    for method, rest in KINDS.values():
        answer = place(draw(np.random.default_rng(3), **rest), limits=EXACT)
        assert answer.method is method


def planted(rng: np.random.Generator, sites: int = 20, demands: int = 60) -> FacilityProblem:
    """Draw points in a square: distance times units is the cost."""
    place_of = rng.random((sites + demands, 2))
    distance = np.hypot(*(place_of[:sites, None] - place_of[None, sites:]).transpose(2, 0, 1))
    units = rng.integers(1, 20, demands).astype(float)
    capacity = np.full(sites, 3.0 * units.sum() / sites)
    return facility(1000 * distance * units, np.full(sites, 3000.0), units=units, capacity=capacity)


def test_progress_only_improves_and_the_history_is_what_was_told() -> None:
    told: list[Progress] = []
    answer = place(planted(np.random.default_rng(5)), limits=EXACT, progress=told.append)
    assert tuple(told) == answer.history
    assert all(a.bound <= b.bound and a.value >= b.value for a, b in pairwise(told))
    assert told[-1][1:] == (answer.bound, answer.value)


def test_equal_calls_give_equal_answers() -> None:
    first, second = (place(planted(np.random.default_rng(6)), limits=EXACT) for _ in range(2))
    assert first.repeatable
    assert (first.value, first.bound) == (second.value, second.bound)
    assert first.plan.share.tolist() == second.plan.share.tolist()


def test_an_answer_in_which_cp_sat_took_part_is_not_called_repeatable() -> None:
    problem = replace(random_facility(np.random.default_rng(4)), single_source=True)
    core = Core.of(problem)
    for solver in (Solver.HIGHS, Solver.CP_SAT):
        record = Record(problem, EXACT, lambda _: None, lambda: False)
        bound = run(core, Question.everything(core), record, solver)
        assert bound is not None
        record.prove(bound)
        answer = record.answer(Method.SINGLE_SOURCE)
        assert (answer.status, answer.repeatable) == (Status.OPTIMAL, solver is Solver.HIGHS)


@pytest.mark.parametrize("single_source", [False, True])
def test_cancelling_ends_the_search_with_what_there_is(single_source: bool) -> None:
    calls = 0

    def cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 3

    problem = planted(np.random.default_rng(7), 40, 120)
    answer = place(problem, limits=EXACT, cancelled=cancelled)
    referee(problem, answer)
    assert answer.status is Status.OPTIMAL or not answer.repeatable
    with pytest.raises(NoPlanFound):
        place(problem, limits=EXACT, cancelled=lambda: True)


def test_the_gap_asked_for_is_enough() -> None:
    answer = place(planted(np.random.default_rng(8)), limits=PlaceLimits(gap=0.05))
    assert answer.status is Status.OPTIMAL
    assert answer.gap <= 0.05


def test_limits_that_contradict_each_other_are_infeasible() -> None:
    problem = facility([[1.0, 2.0], [3.0, 1.0]], [5, 5], capacity=np.array([0.5, 0.5]))
    with pytest.raises(Infeasible):
        place(problem, limits=EXACT)
    for rest in ({"min_sites": 3}, {"max_sites": 0}, {"forced": np.array([1, 1]), "max_sites": 1}):
        with pytest.raises(Infeasible):
            place(facility([[1.0, 2.0], [3.0, 1.0]], [5, 5], **rest), limits=EXACT)


def test_sites_that_cannot_serve_everything_together_are_infeasible() -> None:
    cost = [[1.0, np.inf], [np.inf, 1.0]]
    with pytest.raises(Infeasible):
        place(facility(cost, [5, 5], max_sites=1), limits=EXACT)
    with pytest.raises(Infeasible):
        place(facility(cost, [5, 5], budget=9.0), limits=EXACT)
    assert place(facility(cost, [5, 5], budget=10.0), limits=EXACT).value == 12.0


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_leaving_demand_may_cost_more_than_everything_else(seed: int, *, single: bool) -> None:
    rng = np.random.default_rng(seed)
    units = rng.integers(1, 9, 5).astype(float)
    problem = facility(
        rng.integers(0, 60, (3, 5)),
        rng.integers(0, 80, 3),
        units=units,
        capacity=np.full(3, np.ceil(units.sum() / 6)),  # half of it has to be left
        unserved=np.full(5, 10_000.0),
        single_source=single,
    )
    answer = place(problem, limits=EXACT)
    referee(problem, answer)
    assert answer.value == pytest.approx(best_value(problem))
    assert answer.bound == pytest.approx(answer.value)
