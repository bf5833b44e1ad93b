"""Batches: equal to brute force, passed by the referee, with a true bound; repeatable, and called off."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.assignment import Unsolved
from optimizer.batch import BatchWork, solve_batch
from optimizer.batch_problem import BatchProblem
from optimizer.batch_ways import Search
from optimizer.check_batch import referee_batch
from optimizer.order_types import fits_columns
from optimizer.problem import OrderProblem
from optimizer.words import Status
from tests.optimizer.batches import cheapest_together, competing, crowd, order
from tests.optimizer.brute_force import cheapest
from tests.optimizer.random_problems import planted

SEEDS = st.integers(0, 2**32)


@given(SEEDS)
@settings(max_examples=80)
def test_one_order_is_brute_force_whatever_limits_it_has(seed: int) -> None:
    problem, _ = planted(np.random.default_rng(seed))
    answer = solve_batch(BatchProblem.of([problem]))
    assert answer is not None
    assert (answer.cost_cents, answer.status) == (cheapest(problem)[0], Status.OPTIMAL)


@given(SEEDS, st.booleans())
@settings(max_examples=60)
def test_orders_that_compete_are_brute_force(seed: int, plain: bool) -> None:
    rng = np.random.default_rng(seed)
    batch = competing(rng, [planted(rng, 2, 3, 2, plain) for _ in range(3)])
    answer = solve_batch(batch)
    least = cheapest_together(batch)
    assert answer is not None
    assert (answer.cost_cents, answer.bound_cents) == (least, least)
    assert answer.repeatable
    referee_batch(batch, answer.assignments)


def test_all_paths_are_taken() -> None:
    rng = np.random.default_rng(5)
    told = Counter(
        fits_columns(planted(rng, plain=plain).problem) for plain in (True, False) for _ in range(50)
    )
    assert min(told[True], told[False]) > 10


def test_the_last_unit_goes_where_it_saves_most() -> None:
    near, far = order("near", [[100, 300]]), order("far", [[100, 900]])
    answer = solve_batch(BatchProblem.of([near, far]))
    assert answer is not None
    assert [told.parts[0].route for told in answer.assignments] == [1, 0]
    assert (answer.cost_cents, answer.gap) == (400, 0.0)


def test_a_place_sends_only_as_many_packages_as_it_may() -> None:
    orders = [order(name, [[100, cents]], capacity=[1, 9]) for name, cents in (("a", 300), ("b", 400))]
    orders = [replace(one, stock=np.full((1, 2), 9)) for one in orders]
    answer = solve_batch(BatchProblem.of(orders))
    assert answer is not None
    assert [told.parts[0].route for told in answer.assignments] == [1, 0]


def test_too_little_for_all_is_proven() -> None:
    orders = [order(name, [[100, -1]]) for name in "ab"]
    assert solve_batch(BatchProblem.of(orders)) is None


def test_no_orders_cost_nothing() -> None:
    answer = solve_batch(BatchProblem.of([]))
    assert answer is not None
    assert (answer.assignments, answer.cost_cents, answer.gap) == ((), 0, 0.0)


def test_the_clock_is_told_and_work_alone_repeats() -> None:
    batch = crowd(20)
    short = Search(rounds=10, nodes=10, ways=100, master=50)
    told = [solve_batch(batch, BatchWork(search=short)) for _ in range(2)]
    assert told[0] == told[1]
    assert told[0] is not None
    assert told[0].repeatable
    stopped = solve_batch(batch, BatchWork(seconds=0.0))
    assert stopped is not None
    assert not stopped.repeatable or stopped.status is Status.OPTIMAL
    assert stopped.bound_cents <= told[0].cost_cents
    assert told[0].bound_cents <= stopped.cost_cents


def test_progress_rises_to_the_answer_and_may_call_it_off() -> None:
    heard: list[tuple[int, int]] = []
    answer = solve_batch(crowd(12), progress=lambda cost, bound: heard.append((cost, bound)))
    assert answer is not None
    costs = [cost for cost, _ in heard]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == answer.cost_cents

    def call_off(_cost: int, _bound: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_batch(crowd(12), progress=call_off)


def test_a_program_without_time_takes_one_order_after_the_other() -> None:
    batch = BatchProblem.of(heavy_crowd())
    answer = solve_batch(batch, BatchWork(seconds=0.0))
    assert answer is not None
    assert not answer.repeatable
    assert answer.bound_cents <= answer.cost_cents
    referee_batch(batch, answer.assignments)


def test_unsolved_where_time_ends_before_an_answer() -> None:
    trap = [
        order(name, [cents], item_ids=("q",), source_ids=("seller:y", "seller:z"))
        for name, cents in (("takes", [2, 1]), ("needs", [-1, 5]))
    ]
    with pytest.raises(Unsolved, match="order needs finds no stock left"):
        solve_batch(BatchProblem.of([*heavy_crowd(), *trap]), BatchWork(seconds=0.0))


def heavy_crowd() -> list[OrderProblem]:
    """Return a crowd whose packages carry one of two lines, so that whole ways of single lines do not do."""
    orders = [replace(one, max_weight_g=np.full(one.routes, 150)) for one in crowd(12).orders]
    assert not any(map(fits_columns, orders))
    return orders
