"""With periods a plan keeps every capacity in every one, and its bound is below every such plan."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.placement.answer import Infeasible
from optimizer.placement.check import check
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario import Scenario, scenario_of
from optimizer.placement.seasons import loads, overloaded, place_scenario
from tests.optimizer.placement.scenarios import SETTINGS, tables

LIMITS = PlaceLimits(seconds=20, gap=1e-6)


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


def plans() -> list[FacilityPlan]:
    """Return every plan of whole demands."""
    pairs = product(product((False, True), repeat=2), product((0, 1), repeat=3))
    return [FacilityPlan.assigned(np.array(opened), np.array(site_of)) for opened, site_of in pairs]


def best(scenario: Scenario) -> float:
    """Return the cost of the best plan of whole demands that keeps every period, by trying all."""
    problem, costs = scenario.problem(), []
    for plan in plans():
        verdict = check(problem, plan)
        broken = {str(one.limit) for one in verdict.violations} - {"capacity"}
        if not broken and not overloaded(scenario, plan).any():
            costs.append(verdict.value)
    return min(costs, default=np.inf)


@given(
    units=st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=3).filter(
        lambda rows: np.array(rows).sum() > 0
    ),
    north=st.integers(5, 30),
    south=st.integers(0, 20),
)
def test_capacity_holds_in_every_period_and_the_bound_is_one(
    units: list[list[int]], north: int, south: int
) -> None:
    scenario = seasonal(units, (north, south), single_sourcing=True)
    known = best(scenario)
    try:
        answer = place_scenario(scenario, LIMITS)
    except Infeasible:
        # Then no plan keeps the safe limits, which count every period of a demand at its largest.
        assert not any(check(scenario.problem(), plan).feasible for plan in plans())
        return
    assert not overloaded(scenario, answer.plan).any()
    assert answer.bound <= known + 1e-6 * max(known, 1)
    assert answer.value >= known - 1e-6 * known


def test_a_peak_in_another_period_is_found() -> None:
    # All together the second month is larger; the south's own demands have their peak in the first.
    units = [[0.0, 8.0, 8.0], [20.0, 4.0, 4.0]]
    scenario = seasonal(units, (None, 12.0))
    answer = place_scenario(scenario, LIMITS)
    handled = loads(scenario, answer.plan)
    assert handled[1].max() == pytest.approx(12.0)
    assert handled.sum(axis=0) == pytest.approx([16.0, 28.0])


def test_without_periods_it_is_the_plain_problem() -> None:
    scenario = scenario_of(tables(), SETTINGS)
    answer = place_scenario(scenario, LIMITS)
    assert check(scenario.problem(), answer.plan).feasible
    assert loads(scenario, answer.plan).shape == (2, 1)
