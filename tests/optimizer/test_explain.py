"""Explanations are true: on random orders everything told is done to the problem, which is solved again."""

from __future__ import annotations

from collections import Counter

import pytest

from optimizer.check import assignment_of
from optimizer.explain import Explanation, explain
from optimizer.limits import Limits
from optimizer.one import solve_order
from optimizer.problem import OrderProblem
from optimizer.rejected import Numbers, Rejection
from optimizer.words import UNFILLED, Engine, Reason, Term
from tests.optimizer.make import parts_of, problem_of
from tests.optimizer.truth import is_true, random_decision


def true_on(seeds: range) -> Counter[str]:
    """Take half of the orders plain, half with couplings, limits at a price and lines in parts."""
    tried: Counter[str] = Counter()
    for seed in seeds:
        tried += is_true(*random_decision(seed, plain=seed % 2 == 0))
    return tried


def test_explanations_of_100_random_orders_are_true() -> None:
    tried = true_on(range(100))
    assert tried["alternative"] > 150
    assert tried["rejection"] > 300
    assert tried["unproved rejection"] < 0.02 * tried["rejection"]
    assert min(tried[f"{kind} break-even"] for kind in ("line", "package", "quantity")) > 5


@pytest.mark.campaign
def test_explanations_of_2000_random_orders_are_true() -> None:
    tried = true_on(range(1_000, 3_000))
    assert min(tried[f"{kind} break-even"] for kind in ("line", "package", "quantity")) > 100


def explained(problem: OrderProblem) -> Explanation:
    answer = solve_order(problem)
    assert answer is not None
    return explain(problem, answer)


def test_seller_b_wins_if_freight_falls_below_14_30() -> None:
    told = explained(problem_of([[1_400, 1_500]], [150, 180]))
    assert told.line_terms == {(0, 0, 1): {Term.FREIGHT: 1_400}}
    assert told.package_terms == {0: {Term.PACKAGE: 150}}
    (other,) = told.alternatives
    assert (other.route, other.delta_cents, other.level_freight_cents) == (1, 130, 1_370)
    (entry,) = told.freight_break_evens
    assert (entry.route, entry.lines, entry.freight_cents, entry.level_cents) == (1, (0,), 1_500, 1_370)


def test_a_shared_package_enters_with_all_its_lines() -> None:
    """Line by line route 1 is far off; with both lines in one package it is 40 cents away."""
    told = explained(problem_of([[100, 400], [100, 400]], [960, 400]))
    assert [(a.line, a.route, a.delta_cents) for a in told.alternatives] == [(0, 1, 40), (1, 1, 40)]
    (entry,) = told.freight_break_evens
    assert (entry.lines, entry.freight_cents, entry.level_cents) == ((0, 1), 800, 760)


def test_from_three_units_on_another_route_is_cheaper() -> None:
    """A package of 100 more is worth it as soon as 60 a unit are saved twice."""
    told = explained(problem_of([[100, 40]], [50, 150], quantity=[1]))
    (at,) = told.quantity_break_evens
    assert (at.line, at.route, at.quantity) == (0, 1, 2)
    told = explained(problem_of([[100, 40]], [50, 250], quantity=[1], stock=[[9, 3]]))
    assert told.quantity_break_evens == ()


def test_a_rejection_names_every_cause_with_its_numbers() -> None:
    limits = Limits(min_p_on_time=0.8)
    problem = problem_of(
        [[10, 10, 10]], [0, 0, 0], quantity=[3], stock=[[3, 1, 0]], p_on_time=[0.9, 0.5, 0.9], limits=limits
    )
    stock = Numbers(Reason.NOT_ENOUGH_STOCK, 3, 1)
    assert explained(problem).rejected == (
        Rejection(0, 1, (stock, Numbers(Reason.PROMISE_MISSED, 0.8, 0.5))),
        Rejection(0, 2, (Numbers(Reason.NO_STOCK, 3, 0),)),
    )


def test_what_the_rest_of_the_order_forbids_is_proved() -> None:
    one_package = problem_of([[10, 20, 30], [10, -1, 30]], [0, 0, 0], limits=Limits(max_packages=1))
    assert explained(one_package).rejected == (Rejection(0, 1, (Numbers(Reason.SPLIT_LIMIT, 2, 1),)),)
    together = problem_of([[10, 20, 30], [10, -1, 30]], [0, 0, 0], together=((0, 1),))
    assert explained(together).rejected == (Rejection(0, 1, (Numbers(Reason.TOGETHER, 2, 1),)),)
    shared = {"item_ids": ("p",), "item": [0, 0], "stock": [[9, 1]]}
    short = explained(problem_of([[10, 20], [-1, 20]], [0, 0], **shared))
    assert short.rejected == (Rejection(0, 1, (Numbers(Reason.NOT_ENOUGH_STOCK, 2, 1),)),)
    place = {"place_ids": ("p", "q"), "place": [0, 1, 1], "capacity": [9, 1]}
    full = problem_of([[10, 20, 20], [-1, -1, 20]], [0, 0, 0], **place)
    assert explained(full).rejected == (Rejection(0, 1, (Numbers(Reason.CAPACITY_FULL, 2, 1),)),)
    weight = {"weight_g": [600, 600], "max_weight_g": [9_000, 1_000]}
    heavy = explained(problem_of([[10, 20], [-1, 20]], [0, 0], **weight))
    assert heavy.rejected == (Rejection(0, 1, (Numbers(Reason.TOO_HEAVY, 1_200, 1_000),)),)


def test_where_no_single_cause_can_be_proved_none_is_given() -> None:
    """Line 0 on route 1 needs a second package, which neither the order nor the place allows."""
    place = {"place_ids": ("p",), "place": [0, 0], "capacity": [1]}
    problem = problem_of([[10, 20], [10, -1]], [0, 0], limits=Limits(max_packages=1), **place)
    assert explained(problem).rejected == (Rejection(0, 1, ()),)


def test_leaving_a_line_is_an_alternative_too() -> None:
    (left,) = explained(problem_of([[100]], [50], unfilled_cents=[400])).alternatives
    assert (left.route, left.delta_cents, left.level_freight_cents) == (UNFILLED, 250, None)


def test_an_order_that_nobody_offers() -> None:
    told = explained(problem_of([[-1], [-1]], [0], unfilled_cents=[30, 20]))
    assert told.alternatives == told.rejected == told.freight_break_evens == told.quantity_break_evens == ()
    nobody = problem_of([[], []], [], source_ids=(), carrier_ids=(), unfilled_cents=[30, 20])
    assert explained(nobody).alternatives == ()


def test_break_evens_are_of_optima_only() -> None:
    problem = problem_of([[100, 50]], [0, 0])
    by_rule = assignment_of(problem, parts_of(problem, [0]), bound_cents=50, engine=Engine.GREEDY)
    told = explain(problem, by_rule)
    assert [(a.delta_cents, a.level_freight_cents) for a in told.alternatives] == [(-50, None)]
    assert told.freight_break_evens == told.quantity_break_evens == ()
