"""One order decided: equal to brute force, never worse than a planted answer, passed by the referee."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.assignment import Part, Unsolved
from optimizer.check import check, referee
from optimizer.limits import Limits
from optimizer.one import solve_order
from optimizer.problem import OrderProblem
from optimizer.words import UNFILLED, UNLIMITED, Constraint, Engine, Status
from tests.optimizer.brute_force import cheapest
from tests.optimizer.make import parts_of, problem_of
from tests.optimizer.random_problems import planted

SEEDS = st.integers(0, 2**32)


def is_brute_force(seed: int) -> None:
    problem, _ = planted(np.random.default_rng(seed))
    answer = solve_order(problem)
    least, found = cheapest(problem)
    assert answer is not None
    assert (answer.cost_cents, answer.status) == (least, Status.OPTIMAL)
    assert answer.parts in found
    if answer.engine is Engine.KERNEL and not problem.limits.may_split_lines:
        assert answer.parts == min(found, key=promised_first)
    assert len(answer.routes) <= max(len({part.route for part in parts} - {UNFILLED}) for parts in found)


def promised_first(parts: tuple[Part, ...]) -> tuple[int, int, tuple[int, ...]]:
    """Order answers of one cost as documented: lines unfilled, packages, routes line by line."""
    routes = tuple(part.route for part in parts)
    left = routes.count(UNFILLED)
    return left, len(set(routes) - {UNFILLED}), tuple(r if r != UNFILLED else UNLIMITED for r in routes)


def is_never_worse_than_planted(seed: int) -> None:
    problem, parts = planted(np.random.default_rng(seed), lines=5, routes=6, units=4)
    verdict = check(problem, parts)
    assert verdict.feasible
    answer = solve_order(problem)
    assert answer is not None
    assert referee(problem, answer).cost_cents <= verdict.cost_cents
    assert answer.bound_cents <= verdict.cost_cents


@given(SEEDS)
def test_answer_is_brute_force(seed: int) -> None:
    is_brute_force(seed)


@given(SEEDS)
def test_answer_is_never_worse_than_planted(seed: int) -> None:
    is_never_worse_than_planted(seed)


@pytest.mark.campaign
@settings(max_examples=1_500)
@given(SEEDS)
def test_answers_are_brute_force(seed: int) -> None:
    is_brute_force(seed)


@pytest.mark.campaign
@settings(max_examples=5_000)
@given(SEEDS)
def test_answers_are_never_worse_than_planted(seed: int) -> None:
    is_never_worse_than_planted(seed)


def test_kernel_answers_what_its_form_can_say() -> None:
    problem = problem_of([[100, 200], [100, 20]], [50, 50])
    answer = solve_order(problem)
    assert answer is not None
    assert (answer.engine, answer.cost_cents) == (Engine.KERNEL, 220)
    assert answer.parts == parts_of(problem, [0, 1])


@pytest.mark.parametrize(
    "changes",
    [
        {"item_ids": ("p",), "item": [0, 0], "stock": [[1, 1]]},
        {"weight_g": [900, 900], "max_weight_g": [1_000, 1_000]},
        {"limits": Limits(max_packages=1, price_cents={Constraint.ORDER_SPLIT: 7}), "stock": [[1, 0], [0, 1]]}
        | {"item_ids": ("p", "q")},
    ],
    ids=["shared stock", "weight of a package", "a limit at a price"],
)
def test_general_search_answers_what_couples_lines(changes: dict[str, object]) -> None:
    problem = problem_of([[10, 20], [10, 25]], [50, 50], **changes)
    answer = solve_order(problem)
    least, found = cheapest(problem)
    assert answer is not None
    assert (answer.engine, answer.cost_cents, answer.exact) == (Engine.GENERAL, least, True)
    assert answer.parts in found


def test_an_order_that_nobody_offers() -> None:
    nobody = {"source_ids": (), "carrier_ids": ()}
    assert solve_order(problem_of(np.zeros((2, 0)), [], **nobody)) is None
    answer = solve_order(problem_of(np.zeros((2, 0)), [], unfilled_cents=[30, 20], **nobody))
    assert answer is not None
    assert (answer.cost_cents, answer.unfilled_units, answer.exact) == (50, 2, True)


def split_problem(**changes: object) -> OrderProblem:
    """Return a line of 5 units that no source has whole, at 10, 11 and 12 cents a unit."""
    stock = {"quantity": [5], "stock": [[3, 2, 4]]}
    return problem_of([[10, 11, 12]], [100, 100, 100], **{**stock, **changes})


def test_a_quantity_that_no_source_covers_is_split() -> None:
    answer = solve_order(split_problem(limits=Limits(max_parts=2)))
    assert answer is not None
    assert answer.parts == (Part(0, 0, 3), Part(0, 1, 2))
    assert (answer.cost_cents, answer.exact) == (200 + 30 + 22, True)


def test_without_parts_such_a_line_cannot_be_served() -> None:
    assert solve_order(split_problem()) is None
    answer = solve_order(split_problem(unfilled_cents=[40]))
    assert answer is not None
    assert answer.parts == (Part(0, UNFILLED, 5),)


def test_some_units_are_left_where_that_is_cheaper_than_a_package() -> None:
    limits = Limits(max_parts=2)
    answer = solve_order(split_problem(unfilled_cents=[40], limits=limits))
    assert answer is not None
    assert answer.parts == (Part(0, UNFILLED, 1), Part(0, 2, 4))


def test_work_limit_gives_a_gap() -> None:
    problem = split_problem(limits=Limits(max_parts=3), unfilled_cents=[10_000])
    answer = solve_order(problem, work=0)
    assert answer is not None
    assert (answer.status, answer.repeatable) == (Status.FEASIBLE, True)
    assert 0 < answer.gap < 1
    assert answer.bound_cents <= 252


def test_work_limit_without_an_answer_says_so() -> None:
    """The first two lines take a unit from each source, and the third finds two units nowhere."""
    shared = {"item_ids": ("p",), "item": [0, 0, 0], "quantity": [1, 1, 2], "stock": [[2, 2]]}
    problem = problem_of([[10, 11], [11, 10], [10, 10]], [0, 0], **shared)
    answer = solve_order(problem)
    assert answer is not None
    assert answer.exact
    with pytest.raises(Unsolved, match="Order o1: no answer within the work limit"):
        solve_order(problem, work=0)


def test_a_long_line_has_more_splits_than_are_looked_at() -> None:
    limits = Limits(max_parts=5, price_cents={Constraint.STOCK: 1})
    problem = problem_of(
        [[10 + r for r in range(8)]], [30] * 8, quantity=[60], stock=[[9] * 8], limits=limits
    )
    answer = solve_order(problem)
    assert answer is not None
    assert not answer.exact
    assert referee(problem, answer).gap < 0.5
