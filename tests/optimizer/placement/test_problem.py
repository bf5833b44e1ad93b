"""Placement problems: every fault at once, and arrays that nobody can change."""

from __future__ import annotations

import numpy as np
import pytest

from graph.errors import BadInput
from tests.optimizer.placement.placements import facility

COST = [[1.0, 2.0, 3.0], [4.0, 5.0, np.inf]]


def test_defaults_are_no_limits_and_arrays_are_read_only() -> None:
    problem = facility(COST)
    assert problem.forced.tolist() == [0, 0]
    assert problem.min_units.tolist() == [0.0, 0.0]
    assert (problem.sites, problem.demands) == (2, 3)
    assert problem.use_of(np.array([0, 1]), np.array([2, 2])).tolist() == [1.0, 1.0]
    for array in (problem.cost, problem.forced, problem.units):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_every_fault_of_shape_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        facility(COST, [1.0], units=np.ones(2), on_time=np.ones((3, 2)))
    assert {fault.column for fault in caught.value.faults} == {"fixed", "units", "on_time"}


def test_every_fault_of_value_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        facility(
            [[1.0, np.inf], [np.nan, np.inf]],
            [np.inf, 0.0],
            capacity=np.array([-1.0, np.inf]),
            forced=np.array([2, 0]),
            min_on_time=2.0,
            max_sites=-1,
            budget=np.inf,
        )
    columns = sorted(fault.column or "" for fault in caught.value.faults)
    assert columns == sorted(
        ["fixed", "capacity", "cost", "cost", "forced", "max_sites", "budget", "min_on_time", "on_time"]
    )
    assert "s1 to d0" in str(caught.value)


def test_a_demand_without_a_site_needs_a_price() -> None:
    cost = [[1.0, np.inf], [2.0, np.inf]]
    with pytest.raises(BadInput, match="no site may serve it"):
        facility(cost)
    assert facility(cost, unserved=np.ones(2)).demands == 2


def test_names_are_unique() -> None:
    problem = facility(COST)
    with pytest.raises(BadInput, match="twice"):
        type(problem)(
            site_ids=("a", "a"),
            demand_ids=problem.demand_ids,
            fixed=problem.fixed,
            cost=problem.cost,
            units=problem.units,
            capacity=problem.capacity,
        )
