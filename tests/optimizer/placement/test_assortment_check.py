"""The referee of assortments: every limit kept and broken, and answers that contradict themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput
from optimizer.placement.assortment import assort
from optimizer.placement.assortment_check import check, referee
from optimizer.placement.assortment_plan import AssortmentLimit, AssortmentPlan, AssortmentTerm
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.verdict import Refused
from tests.optimizer.placement.assortments import assortment

DEMANDS = [(0, 0, 10, 30), (1, 0, 4, 50)]
LANE = [[5], [7]]


def problem_of(**limits: Any) -> AssortmentProblem:
    return assortment(LANE, DEMANDS, stocking=np.full((2, 2), 20.0), inbound=np.full((2, 2), 3.0), **limits)


def plan_of(stocked: Any, flows: list[tuple[int, int, float]]) -> AssortmentPlan:
    site, demand, share = zip(*flows, strict=True)
    return AssortmentPlan.of(
        np.array(stocked, bool), np.array(site), np.array(demand), np.array(share, float)
    )


GOOD = plan_of([[1, 0], [0, 1]], [(0, 0, 1.0), (1, 1, 0.5)])


def broken(plan: AssortmentPlan = GOOD, **limits: Any) -> set[AssortmentLimit]:
    return {violation.limit for violation in check(problem_of(**limits), plan).violations}


def test_a_plan_is_counted_term_by_term() -> None:
    verdict = check(problem_of(), GOOD)
    assert verdict.feasible
    assert verdict.terms == {
        AssortmentTerm.STOCKING: 40.0,
        AssortmentTerm.INBOUND: 3.0 * 12,
        AssortmentTerm.SENDING: 5.0 * 10 + 7.0 * 2,
        AssortmentTerm.OWN: 50.0 * 2,
    }
    assert verdict.used.tolist() == [10, 2]
    assert GOOD.depth(problem_of()).tolist() == [[10, 0], [0, 2]]


def test_to_stock_nothing_is_always_a_plan() -> None:
    problem = problem_of()
    verdict = check(problem, AssortmentPlan.nothing(problem))
    assert verdict.feasible
    assert verdict.value == problem.without == 500


def test_each_limit_kept_and_broken() -> None:
    assert broken(capacity=[10, 2]) == set()
    assert broken(capacity=[9.9, 2]) == {AssortmentLimit.CAPACITY}
    assert broken(space=[1, 3], capacity=[10, 5]) == {AssortmentLimit.CAPACITY}
    assert broken(plan_of([[1, 0], [0, 0]], [(0, 0, 1.0), (1, 1, 0.5)])) == {AssortmentLimit.STOCKED}
    assert broken(plan_of([[1, 0], [1, 1]], [(0, 0, 0.8), (1, 0, 0.3)])) == {AssortmentLimit.SERVED}
    assert broken(bundle=[0, 0]) == {AssortmentLimit.TOGETHER}
    assert broken(plan_of([[1, 1], [1, 1]], [(0, 0, 1.0)]), bundle=[0, 0]) == set()
    barred = replace(problem_of(), lane=np.array([[[np.inf], [7.0]]]))
    assert {v.limit for v in check(barred, GOOD).violations} == {AssortmentLimit.ALLOWED}


@pytest.mark.parametrize(
    ("site", "demand", "share"),
    [
        ([1, 0], [1, 0], [1.0, 1]),
        ([0, 0], [0, 0], [0.5, 0.5]),
        ([2], [0], [1.0]),
        ([0], [0], [0.0]),
        ([0], [0], []),
    ],
    ids=["unsorted", "twice", "no such site", "empty", "lengths"],
)
def test_what_is_no_plan_is_refused(site: Any, demand: Any, share: Any) -> None:
    flows = np.array(site), np.array(demand), np.array(share, float)
    with pytest.raises(Refused):
        check(problem_of(), AssortmentPlan(np.ones((2, 2), bool), *flows))


def test_an_answer_must_agree_with_itself() -> None:
    problem = problem_of()
    good = assort(problem)
    referee(problem, good)
    for wrong in ({"value": 1.0}, {"bound": good.value + 10}, {"gap": 0.5}, {"plan": GOOD}):
        with pytest.raises(Refused):
            referee(problem, replace(good, **wrong))


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadInput) as raised:
        problem_of(capacity=[-1, np.nan], space=[0, 1], bundle=[0, 5])
    assert [fault.column for fault in raised.value.faults] == ["bundle", "capacity", "space"]
    with pytest.raises(BadInput) as raised:
        problem_of(own=[1.0], bundle=[0])
    assert [fault.column for fault in raised.value.faults] == ["bundle", "own"]


@pytest.mark.parametrize(
    "lines",
    [
        {"line_type": [0, 0], "line_offer": [0, 1], "line_units": [1, 1]},
        {"line_type": [0, 1, 1], "line_offer": [0, 1, 1], "line_units": [1, 1, 1]},
        {"line_type": [0, 1, 1], "line_offer": [0, 1, 0], "line_units": [1, 1, 1]},
    ],
    ids=["a type without lines", "an offer twice", "two bundles"],
)
def test_order_types_hold_offers_of_one_bundle(lines: Any) -> None:
    with pytest.raises(BadInput):
        problem_of(**lines)
