"""Searches at several uses: plans that fit in every period, where all peaks at once would not."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.placement.check import check
from optimizer.placement.core import Core
from optimizer.placement.lagrangian import Lagrangian
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits, Record
from optimizer.placement.searches import Shared, searcher_of
from optimizer.placement.season_searches import Seasonal, seasonal
from tests.optimizer.placement.placements import facility


def seasons(*, single_source: bool = False) -> FacilityProblem:
    """Draw 8 sites and 200 demands, each with its own season, and little room."""
    rng = np.random.default_rng(2)
    units = rng.integers(1, 9, 200).astype(float)
    return facility(
        rng.integers(5, 60, (8, 200)) * units,
        rng.integers(50, 150, 8),
        units=units,
        parts=rng.dirichlet(np.ones(3), 200).T,
        capacity=np.full(8, np.ceil(units.sum() / 3 / 8 * 1.6)),
        single_source=single_source,
    )


def test_the_use_goes_from_the_largest_period_to_every_demands_own_peak() -> None:
    problem = seasons()
    core = Core.of(problem)
    uses = problem.uses_of(0, np.arange(200))
    assert core.use[0].tolist() == uses[uses.sum(axis=1).argmax()].tolist()
    assert core.peaked(problem, 1.0).use[0] == pytest.approx(uses.max(axis=0))
    assert core.peaked(problem, 0.5).use[0] == pytest.approx((core.use[0] + uses.max(axis=0)) / 2)
    nobody = facility(np.ones((2, 3)), unserved=np.ones(3), use=np.ones((2, 3)), parts=[[1, 0, 0], [0, 1, 1]])
    assert Core.of(nobody).peaked(nobody, 1.0).use.tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize("single_source", [False, True])
def test_plans_fit_in_every_period_where_all_peaks_at_once_would_not(single_source: bool) -> None:
    problem = seasons(single_source=single_source)
    core = Core.of(problem)
    found = {}
    for name, make in (("several", seasonal), ("peaks", lambda c, r: searcher_of(c.peaked(problem, 1.0), r))):
        record = Record(problem, PlaceLimits(gap=0.0), lambda _: None, lambda: False)
        duals = Lagrangian(core)
        tried = duals.improve(100, record.most)
        make(core, record).search(tried, duals)
        found[name] = record
    assert found["several"].plan is not None
    assert check(problem, found["several"].plan).feasible
    assert found["peaks"].plan is None  # the peaks add up to more than there is room for


def test_one_period_or_room_for_all_needs_no_more_than_one_search() -> None:
    plain = facility(np.ones((2, 3)), capacity=np.array([2.0, 2.0]), parts=np.ones((1, 3)))
    for problem, kind in ((plain, Shared), (seasons(), Seasonal)):
        record = Record(problem, PlaceLimits(), lambda _: None, lambda: False)
        assert type(seasonal(Core.of(problem), record)) is kind
