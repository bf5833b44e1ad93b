"""With periods a plan keeps every capacity in every one, and none that is possible is refused or missed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from optimizer.placement.answer import Infeasible
from optimizer.placement.check import check, referee
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario import Scenario, scenario_of
from optimizer.placement.solve import place
from optimizer.placement.words import Limit
from tests.optimizer.placement.placements import best_value, facility, random_facility
from tests.optimizer.placement.scenarios import SETTINGS, tables

EXACT = PlaceLimits(seconds=20, gap=1e-6)


def seasonal(units: Any, capacity: tuple[float | None, float | None], **changes: Any) -> Scenario:
    """Return the small scenario with units by period and demand, (P, 3)."""
    made = tables()
    periods = [
        made["demand"].with_columns(
            units=pl.Series([float(one) for one in row]), period=pl.lit(f"month {number}")
        )
        for number, row in enumerate(units)
    ]
    made["demand"] = pl.concat(periods)
    made["sites"] = made["sites"].with_columns(capacity_units=pl.Series(capacity))
    return scenario_of(made, {**SETTINGS, **changes})


CASES: dict[str, Any] = {
    "shared": {},
    "whole": {"single_source": True},
    "busy": {"min_units": 6.0},
    "few": {"max_sites": 2},
    "left": {"unserved": True},
}


def drawn(seed: int, case: str) -> FacilityProblem:
    """Draw a small problem of two or three periods, with peaks at different times and little room."""
    rng = np.random.default_rng(seed)
    rest = dict(CASES[case])
    plain = random_facility(rng)
    if "unserved" in rest:
        rest["unserved"] = rng.integers(20, 90, plain.demands).astype(float)
    if "min_units" in rest:
        rest["min_units"] = np.full(plain.sites, rest["min_units"])
    parts = rng.dirichlet(np.full(int(rng.integers(2, 4)), 0.5), plain.demands).T
    tight = plain.units.sum() * rng.uniform(0.2, 0.8, plain.sites)
    return replace(plain, parts=parts, capacity=np.ceil(tight), **rest)


@pytest.mark.parametrize("case", CASES)
def test_the_best_plan_is_that_of_brute_force_and_none_that_is_possible_is_refused(case: str) -> None:
    possible = 0
    for seed in range(12):
        problem = drawn(seed, case)
        best = best_value(problem)
        if np.isinf(best):
            with pytest.raises(Infeasible):
                place(problem, limits=EXACT)
            continue
        possible += 1
        answer = place(problem, limits=EXACT)
        referee(problem, answer)
        assert answer.value == pytest.approx(best, rel=1e-5)
        assert answer.bound <= best + 1e-5 * best
    assert possible >= 5


def test_peaks_at_different_times_share_a_site() -> None:
    # a and b peak in different months: with 10 a month each fits, although their peaks add up to 20.
    scenario = seasonal([[10.0, 0.0, 10.0], [0.0, 10.0, 10.0]], (10.0, 10.0), single_sourcing=True)
    answer = place(scenario.problem(), limits=EXACT)
    site = dict(zip(answer.plan.demand.tolist(), answer.plan.site.tolist(), strict=True))
    assert site[0] == site[1] != site[2]


def test_the_least_use_counts_all_periods_together() -> None:
    problem = facility([[1.0, 1.0]], units=np.array([20.0, 20.0]), min_units=30.0, parts=[[1, 0], [0, 1]])
    assert place(problem, limits=EXACT).value == 2.0
    with pytest.raises(Infeasible):
        place(replace(problem, min_units=np.array([41.0])), limits=EXACT)


def test_a_peak_in_another_period_is_found() -> None:
    # All together the second month is larger; the south's own demands have their peak in the first.
    scenario = seasonal([[0.0, 8.0, 8.0], [20.0, 4.0, 4.0]], (None, 12.0))
    problem = scenario.problem()
    answer = place(problem, limits=EXACT)
    uses = answer.plan.share * problem.uses_of(answer.plan.site, answer.plan.demand)
    handled = [np.bincount(answer.plan.site, use, 2) for use in uses]
    assert np.max(handled, axis=0)[1] == pytest.approx(12.0)
    assert np.sum(handled, axis=1) == pytest.approx([16.0, 28.0])


def test_the_referee_sees_a_capacity_that_is_broken_in_one_period() -> None:
    problem = facility([[1.0, 1.0]], units=np.array([6.0, 6.0]), parts=[[1, 0], [0, 1]])
    plan = FacilityPlan.assigned(np.array([True]), np.array([0, 0]))
    assert check(replace(problem, capacity=np.array([6.0])), plan).feasible
    broken = check(replace(problem, capacity=np.array([5.0])), plan).violations
    assert [(one.limit, one.needed) for one in broken] == [(Limit.CAPACITY, 6.0)]


def test_without_periods_it_is_the_plain_problem() -> None:
    assert scenario_of(tables(), SETTINGS).problem().parts is None
