"""A plan that is known already is an answer, where it keeps every limit and nothing cheaper is found."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.placement.answer import NoPlanFound
from optimizer.placement.check import check
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place
from tests.optimizer.placement.placements import best_value, facility

AT_ONCE = PlaceLimits(seconds=1e-9, gap=0.0)


def problem() -> FacilityProblem:
    """Two small sites, and a dear one that has room for all."""
    cost = np.array([[1.0, 2.0, 9.0], [9.0, 2.0, 1.0], [50.0, 50.0, 50.0]])
    units = np.array([4.0, 4.0, 4.0])
    return facility(cost, np.array([5.0, 5.0, 0.0]), units=units, capacity=np.array([6.0, 6.0, np.inf]))


def all_from(asked: FacilityProblem, site: int) -> FacilityPlan:
    return FacilityPlan.assigned(np.arange(3) == site, np.full(asked.demands, site))


def test_a_search_without_time_answers_with_the_plan_that_is_known() -> None:
    asked = problem()
    with pytest.raises(NoPlanFound):
        place(asked, limits=AT_ONCE)
    answer = place(asked, limits=AT_ONCE, known=all_from(asked, 2))
    assert answer.value == check(asked, answer.plan).value == 150
    assert not answer.repeatable


def test_a_known_plan_that_breaks_a_limit_is_not_taken() -> None:
    asked = problem()
    with pytest.raises(NoPlanFound):
        place(asked, limits=AT_ONCE, known=all_from(asked, 0))


def test_a_known_plan_changes_nothing_where_a_cheaper_one_is_found() -> None:
    asked = problem()
    best = best_value(asked)
    for site in range(3):
        answer = place(asked, limits=PlaceLimits(seconds=60, gap=0.0), known=all_from(asked, site))
        assert answer.value == pytest.approx(best)
        assert answer.bound == pytest.approx(best)
