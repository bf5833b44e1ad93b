"""The referee of placements: every limit trivial, kept and broken, and answers that contradict themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.placement.answer import PlacementAnswer
from optimizer.placement.check import check, referee
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.verdict import Refused
from optimizer.placement.words import Limit, Method, PlanTerm
from optimizer.words import Status
from tests.optimizer.placement.placements import facility, plan_of

COST = [[1.0, 2.0, 3.0], [4.0, 5.0, np.inf]]
BOTH = plan_of([1, 1], [0, 1, 0])  # s0 serves d0 and d2, s1 serves d1


def broken(plan: FacilityPlan = BOTH, **limits: Any) -> set[Limit]:
    return {v.limit for v in check(facility(COST, [10, 20], **limits), plan).violations}


def test_without_limits_every_full_plan_passes_and_is_counted() -> None:
    verdict = check(facility(COST, [10, 20]), BOTH)
    assert verdict.feasible
    assert verdict.terms == {PlanTerm.FIXED: 30.0, PlanTerm.SERVING: 9.0}
    assert verdict.value == 39.0


@pytest.mark.parametrize(
    ("limit", "kept", "violated"),
    [
        (Limit.CAPACITY, {"capacity": [2, 1]}, {"capacity": [1, 1]}),
        (Limit.CAPACITY, {"use": np.full((2, 3), 4.0), "capacity": [8, 4]}, {"capacity": [8, 0.5]}),
        (Limit.MIN_UNITS, {"min_units": [2, 1]}, {"min_units": [2, 2]}),
        (Limit.FORCED_OPEN, {"forced": [1, 1]}, None),
        (Limit.FORCED_CLOSED, {"forced": [0, 0]}, {"forced": [0, -1]}),
        (Limit.MIN_SITES, {"min_sites": 2}, {"min_sites": 3}),
        (Limit.MAX_SITES, {"max_sites": 2}, {"max_sites": 1}),
        (Limit.BUDGET, {"budget": 30.0}, {"budget": 29.0}),
        (Limit.SINGLE_SOURCE, {"single_source": True}, None),
        (
            Limit.ON_TIME,
            {"on_time": np.full((2, 3), 0.5), "min_on_time": 0.5},
            {"on_time": np.full((2, 3), 0.5), "min_on_time": 0.6},
        ),
    ],
)
def test_each_limit_kept_and_broken(limit: Limit, kept: Any, violated: Any) -> None:
    kept, violated = (
        {k: np.asarray(v) if isinstance(v, list) else v for k, v in (d or {}).items()}
        for d in (kept, violated)
    )
    assert broken(**kept) == set()
    if violated:
        assert broken(**violated) == {limit}


def test_limits_on_closed_sites_and_split_demands() -> None:
    only = plan_of([1, 0], [0, 0, 0])
    assert broken(only) == set()
    assert broken(only, min_units=np.array([3.0, 9.0])) == set()  # a closed site handles nothing
    assert broken(only, forced=np.array([0, 1])) == {Limit.FORCED_OPEN}
    assert broken(plan_of([0, 1], [0, 1, 0])) == {Limit.OPEN}
    assert broken(plan_of([1, 1], [0, 0, 1])) == {Limit.ALLOWED}
    arrays = np.array([0, 1, 0, 0]), np.array([0, 0, 1, 2]), np.array([0.5, 0.5, 1.0, 1.0])
    split = FacilityPlan(np.array([True, True]), *arrays)
    assert broken(split) == set()
    assert broken(split, single_source=True) == {Limit.SINGLE_SOURCE}
    assert check(facility(COST), split).value == 7.5


def test_demand_must_be_served_once_unless_leaving_it_has_a_price() -> None:
    part = plan_of([1, 0], [0, -1, 0])
    assert broken(part) == {Limit.SERVED}
    priced = check(facility(COST, [10, 20], unserved=np.array([7.0, 7.0, 7.0])), part)
    assert priced.feasible
    assert (priced.terms[PlanTerm.UNSERVED], priced.value) == (7.0, 21.0)
    twice = FacilityPlan(np.ones(2, bool), np.array([0, 1, 0, 0]), np.array([0, 0, 1, 2]), np.ones(4))
    assert broken(twice) == {Limit.SERVED}
    late = {"on_time": np.ones((2, 3)), "min_on_time": 0.9, "unserved": np.ones(3)}
    assert broken(part, **late) == {Limit.ON_TIME}


@pytest.mark.parametrize(
    ("site", "demand", "share"),
    [
        ([0, 0, 0], [1, 0, 2], [1.0, 1, 1]),
        ([0, 0, 0, 0], [0, 0, 1, 2], [0.5, 0.5, 1, 1]),
        ([0, 2, 0], [0, 1, 2], [1.0, 1, 1]),
        ([0, 0, 0], [0, 1, 3], [1.0, 1, 1]),
        ([0, 0, 0], [0, 1, 2], [1.0, 0, 1]),
        ([0, 0], [0, 1, 2], [1.0, 1, 1]),
    ],
    ids=["unsorted", "twice", "no such site", "no such demand", "empty", "lengths"],
)
def test_what_is_no_plan_is_refused(site: Any, demand: Any, share: Any) -> None:
    with pytest.raises(Refused):
        check(facility(COST), FacilityPlan(np.ones(2, bool), *map(np.asarray, (site, demand, share))))


def test_an_answer_must_agree_with_itself() -> None:
    problem = facility(COST, [10, 20])
    fields = (39.0, 39.0, 0.0, Status.OPTIMAL, Method.UNCAPACITATED, 0.1, True, ())
    good = PlacementAnswer(BOTH, *fields)
    referee(problem, good)
    for wrong in (
        {"value": 38.0, "bound": 30.0, "gap": 8 / 38},
        {"bound": 40.0},
        {"gap": 0.1},
        {"status": Status.INFEASIBLE},
        {"plan": plan_of([0, 1], [0, 1, 0])},
    ):
        with pytest.raises(Refused):
            referee(problem, replace(good, **wrong))
