"""Why there is no plan: conflicts that are minimal, and relaxations of which one step less is not enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.placement.answer import Infeasible
from optimizer.placement.check import check
from optimizer.placement.elastic import limits_of
from optimizer.placement.infeasible import apply, diagnose
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place
from optimizer.placement.words import Limit
from tests.optimizer.placement.impossible_ones import drawn, impossible_ones, less_is_enough, without
from tests.optimizer.placement.placements import best_value, facility

EXACT = PlaceLimits(seconds=300, gap=0.0)


def examine(problem: FacilityProblem) -> None:
    """Hold conflict and remedies of a problem without a plan against brute force."""
    with pytest.raises(Infeasible) as caught:
        place(problem, limits=EXACT)
    found = caught.value.diagnosis
    assert found is not None
    assert found.minimal
    conflict = [one.limit for one in found.conflict]
    alone = problem
    for limit in limits_of(problem):
        if limit not in conflict:
            alone = without(alone, limit)
    assert np.isinf(best_value(alone))
    for limit in conflict:
        assert np.isfinite(best_value(without(alone, limit)))
    assert found.remedies
    for remedy in found.remedies:
        relaxed = apply(problem, remedy)
        assert check(relaxed, place(relaxed, limits=EXACT).plan).feasible
        for one in remedy:
            others = apply(problem, [other for other in remedy if other is not one])
            assert one.proven
            assert not less_is_enough(others, one)
    weights = [sum(one.weight for one in remedy) for remedy in found.remedies]
    assert weights == sorted(weights)


def test_conflicts_are_minimal_and_so_are_relaxations() -> None:
    for problem in impossible_ones(1, 25):
        examine(problem)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 120))
def test_conflicts_are_minimal_and_so_are_relaxations_at_length(seed: int) -> None:
    for problem in impossible_ones(seed, 10):
        examine(problem)


def test_a_problem_with_a_plan_has_no_diagnosis() -> None:
    rng = np.random.default_rng(2)
    for problem in (drawn(rng) for _ in range(40)):
        assert (diagnose(problem) is None) == bool(np.isfinite(best_value(problem)))


def test_a_conflict_that_is_known_is_named_with_its_numbers() -> None:
    cost = [[1.0, 2.0, 3.0], [3.0, 1.0, 2.0], [2.0, 2.0, 2.0]]
    units, capacity = np.array([5.0, 5.0, 5.0]), np.array([6.0, 6.0, 4.0])
    problem = facility(cost, [40, 50, 60], units=units, capacity=capacity, max_sites=2, budget=200.0)
    found = diagnose(problem)
    assert found is not None
    assert [(one.limit, one.given) for one in found.conflict] == [(Limit.MAX_SITES, 2), (Limit.CAPACITY, 16)]
    more_room, more_sites = found.remedies
    assert [(one.limit, one.enough, one.amount) for one in more_room] == [(Limit.CAPACITY, 19, 3)]
    assert [(one.limit, one.enough) for one in more_sites] == [(Limit.MAX_SITES, 3)]


def test_where_no_single_limit_is_enough_several_give_way() -> None:
    cost = [[1.0, np.inf], [np.inf, 1.0]]
    problem = facility(cost, [40, 50], max_sites=1, budget=60.0, forced=np.array([0, -1]))
    found = diagnose(problem)
    assert found is not None
    assert [one.limit for one in found.conflict] == [Limit.BUDGET]
    (remedy,) = found.remedies
    assert [(one.limit, one.enough) for one in remedy] == [
        (Limit.FORCED_CLOSED, 0),
        (Limit.MAX_SITES, 2),
        (Limit.BUDGET, 90),
    ]
    assert remedy[0].by_site == (("s1", 1.0),)
    assert best_value(apply(problem, remedy)) == 92.0


def test_many_demands_alike_are_diagnosed_together() -> None:
    rng = np.random.default_rng(3)
    sites, demands = 6, 20_000
    on_time = np.repeat(rng.random((sites, 10)).round(2), demands // 10, axis=1)
    problem = facility(
        rng.random((sites, demands)), on_time=on_time, min_on_time=0.999, capacity=np.full(sites, demands / 5)
    )
    found = diagnose(problem)
    assert found is not None
    assert [one.limit for one in found.conflict] == [Limit.ON_TIME]
    share = found.remedies[0][0].enough
    assert diagnose(replace(problem, min_on_time=share)) is None
    assert diagnose(replace(problem, min_on_time=share + 0.001)) is not None


def test_what_is_too_large_for_a_model_is_still_refused() -> None:
    rng = np.random.default_rng(6)
    on_time = 0.9 * rng.random((5, 100_000))
    problem = facility(rng.random((5, 100_000)), on_time=on_time, min_on_time=0.95, max_sites=2)
    with pytest.raises(Infeasible) as caught:
        place(problem, limits=EXACT)
    found = caught.value.diagnosis
    assert found is not None
    assert [one.limit for one in found.conflict] == [Limit.ON_TIME]
    assert found.remedies == ()  # how far it must give way is not known


def test_without_time_nothing_is_claimed() -> None:
    assert diagnose(next(impossible_ones(4, 1)), seconds=0.0) is None
