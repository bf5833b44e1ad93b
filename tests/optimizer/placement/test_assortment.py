"""Assortments beside the exact answer of small cases, planted ones, and best-sellers-first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.placement.answer import Progress
from optimizer.placement.assortment import AssortmentLimits, assort
from optimizer.placement.assortment_check import check, referee
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.assortment_sellers import best_sellers
from optimizer.words import Status
from tests.optimizer.placement.assortments import assortment, best_value, random_assortment

NARROW = AssortmentLimits(gap=1e-9)


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_the_bound_holds_and_the_plan_passes_whatever_the_problem(seed: int) -> None:
    problem = random_assortment(np.random.default_rng(seed), sites=2, offers=3)
    answer = assort(problem, limits=NARROW)
    best = best_value(problem)
    referee(problem, answer)
    assert answer.bound <= best + 1e-6
    assert answer.value >= best - 1e-6
    assert answer.value <= problem.without + 1e-6


def test_small_problems_are_mostly_solved_to_the_end() -> None:
    problems = [random_assortment(np.random.default_rng(seed), sites=2, offers=3) for seed in range(30)]
    exact = np.array([best_value(problem) for problem in problems])
    found = np.array([assort(problem, limits=NARROW).value for problem in problems])
    excess = (found - exact) / exact
    assert (excess < 1e-9).mean() > 0.65
    assert excess.mean() < 0.015


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_without_capacity_the_bound_is_exact_and_the_plan_near(seed: int) -> None:
    problem = random_assortment(np.random.default_rng(seed), sites=2, offers=3)
    free = replace(problem, capacity=np.full(problem.sites, np.inf))
    answer = assort(free, limits=NARROW)
    assert answer.bound == pytest.approx(best_value(free), rel=1e-9)
    assert answer.gap < 0.02


def test_an_offer_is_stocked_where_its_buyers_are_if_that_pays_the_fee() -> None:
    # Two sites, two regions, two offers of 10 orders each from either region; only offer 0 pays a fee of 100.
    lane = [[5, 50], [50, 5]]
    demands = [(0, 0, 10, 30), (0, 1, 10, 30), (1, 0, 10, 12), (1, 1, 10, 12)]
    answer = assort(assortment(lane, demands, stocking=np.full((2, 2), 100.0)), limits=NARROW)
    assert answer.plan.stocked.tolist() == [[True, False], [True, False]]
    assert answer.value == 200 + 100 + 240
    assert answer.status is Status.OPTIMAL
    assert answer.gap == pytest.approx(0, abs=1e-9)


def test_scarce_room_goes_to_what_saves_most_for_its_space() -> None:
    demands = [
        (0, 0, 10, 20),
        (1, 0, 10, 40),
    ]  # the second saves 30 an order in three spaces, the first 10 in one
    roomy = assortment([[10]], demands, capacity=[40], space=[1, 3])
    tight = replace(roomy, capacity=np.array([10.0]))
    assert assort(roomy).value == 200
    assert assort(tight).value == 100 + 400  # ten spaces: the first offer whole
    narrow = replace(tight, space=np.array([1.0, 1.0]))
    assert assort(narrow).value == 200 + 100  # the second offer whole


def test_what_is_ordered_together_is_stocked_together_for_the_saved_parcel() -> None:
    # Alone, each offer's orders do not pay the fee; the basket sent as one parcel does.
    kinds = {"line_type": [0, 1, 2, 2], "line_offer": [0, 1, 0, 1], "line_units": [1, 1, 1, 1]}
    demands = {
        "demand_type": [0, 1, 2],
        "demand_region": [0, 0, 0],
        "orders": [1, 1, 20],
        "own": [15, 15, 30],
    }
    problem = assortment(
        [[10]],
        [(0, 0, 1, 15), (1, 0, 1, 15)],
        bundle=[0, 0],
        parcel=[0, 0, 0],
        stocking=[[100, 100]],
        **kinds,
        **demands,
    )
    answer = assort(problem, limits=NARROW)
    assert answer.plan.stocked.all()
    assert answer.value == 200 + 10 * 22
    assert answer.plan.depth(problem).tolist() == [[21, 21]]


def test_the_same_question_has_the_same_answer_and_can_be_cancelled() -> None:
    problem = _middling(3)
    told: list[Progress] = []
    one, two = assort(problem, progress=told.append), assort(problem)
    assert one.value == two.value
    assert one.bound == two.bound
    assert (one.plan.stocked == two.plan.stocked).all()
    assert (one.plan.share == two.plan.share).all()
    assert tuple(told) == one.history
    assert (np.diff([p.bound for p in told]) >= 0).all()
    assert (np.diff([p.value for p in told]) <= 0).all()
    first = assort(problem, cancelled=lambda: True)
    assert first.history[0][1:] == told[0][1:]
    assert len(first.history) == 1
    assert one.value <= first.value <= problem.without
    assert -np.inf < first.bound <= one.bound
    assert first.status is Status.FEASIBLE


def test_it_saves_more_than_best_sellers_first_in_equal_room() -> None:
    for seed in range(4):
        problem = _middling(seed)
        answer, verdict = assort(problem), check(problem, best_sellers(problem))
        assert verdict.feasible
        assert answer.gap < 0.02
        assert answer.value < verdict.value < problem.without


@given(st.integers(0, 10**6))
def test_best_sellers_first_keeps_every_limit(seed: int) -> None:
    problem = random_assortment(np.random.default_rng(seed))
    assert check(problem, best_sellers(problem)).feasible


def test_best_sellers_first_fills_each_site_from_the_top_of_its_list() -> None:
    demands = [(0, 0, 5, 30), (1, 0, 9, 12), (2, 0, 7, 4), (0, 1, 1, 30), (1, 1, 6, 30)]
    problem = assortment([[10, 99], [99, 10]], demands, capacity=[11, 3])
    plan = best_sellers(problem)
    # Site 0: offer 1 first (9 orders), then 2 of the 5 of offer 0; offer 2 costs less from its sellers.
    assert plan.depth(problem).tolist() == [[pytest.approx(2), 9, 0], [0, 3, 0]]
    assert plan.stocked.tolist() == [[True, True, False], [False, True, False]]


def _middling(seed: int) -> AssortmentProblem:
    """Eight sites, 60 offers of unequal demand in 40 regions, room for half of it."""
    rng = np.random.default_rng(seed)
    sites, offers, regions = 8, 60, 40
    orders = np.outer(rng.pareto(1.5, offers) + 0.2, rng.dirichlet(np.ones(regions)) * regions / 4).ravel()
    place = np.arange(offers * regions)
    rows = np.column_stack([place // regions, place % regions, orders, rng.uniform(1500, 4000, len(place))])
    rest = {
        "capacity": np.full(sites, 0.5 * orders.sum() / sites),
        "stocking": rng.uniform(300, 900, (sites, offers)),
        "inbound": rng.uniform(50, 300, (sites, offers)),
    }
    return assortment(rng.uniform(500, 3000, (sites, regions)), rows, **rest)
