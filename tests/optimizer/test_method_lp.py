"""The method LP: as good as the program over all ways, bounded truly, warm as cold; and its order types."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadInput
from optimizer.batch_problem import BatchProblem
from optimizer.mathopt import LinearModel, Solution, Solver, solve
from optimizer.method_lp import MethodLP
from optimizer.one import solve_order
from optimizer.order_types import NO_ORDER, OrderTypes, Way, fulfil
from optimizer.words import UNLIMITED, Floats
from tests.optimizer.batches import crowd, order
from tests.optimizer.make import problem_of

SEEDS = st.integers(0, 2**32)


@given(SEEDS)
@settings(max_examples=15)
def test_it_is_the_program_over_all_ways(seed: int) -> None:
    rng = np.random.default_rng(seed)
    types = OrderTypes.of(market(rng))
    demand = rng.uniform(0, 4, types.count)
    found = MethodLP(types).solve(demand, types.stock)
    best = over_all_ways(types, demand)
    assert found.value == pytest.approx(best, rel=1e-7)
    assert found.bound == pytest.approx(best, rel=1e-7)
    assert found.bound <= found.value


@given(SEEDS)
@settings(max_examples=8)
def test_moved_demand_and_stock_give_what_a_new_program_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    types = OrderTypes.of(market(rng))
    program = MethodLP(types)
    for _ in range(4):
        demand, stock = rng.poisson(2.0, types.count).astype(float), rng.integers(0, 5, len(types.stock))
        warm, cold = program.solve(demand, stock), MethodLP(types).solve(demand, stock)
        assert warm.value == pytest.approx(cold.value, rel=1e-7, abs=1e-6)
        assert (warm.price >= 0).all()


@given(SEEDS)
@settings(max_examples=8)
def test_prices_are_what_one_more_unit_saves_at_most(seed: int) -> None:
    """The value is convex in stock and its dual a subgradient."""
    rng = np.random.default_rng(seed)
    types = OrderTypes.of(market(rng))
    demand = rng.uniform(0, 4, types.count)
    program = MethodLP(types)
    base = program.solve(demand, types.stock)
    for row in range(len(types.stock)):
        more = types.stock + (np.arange(len(types.stock)) == row)
        saved = base.value - program.solve(demand, more).value
        assert saved <= base.price[row] + 1e-6 * base.value


def test_plenty_has_no_price() -> None:
    types = OrderTypes.of(BatchProblem.of([order("o", [[100, 300]], stock=np.array([[9, 9]]))]))
    found = MethodLP(types).solve(np.array([3.0]), types.stock)
    assert (found.value, found.price.tolist(), found.gap) == (300.0, [0.0, 0.0], 0.0)


def test_a_full_place_has_a_price() -> None:
    one = order("o", [[100, 300]], stock=np.array([[9, 9]]), capacity=[1, UNLIMITED])
    types = OrderTypes.of(BatchProblem.of([one]))
    found = MethodLP(types).solve(np.array([3.0]), types.stock)
    assert (found.value, found.gate_price[0]) == (100.0 + 2 * 300.0, 200.0)


@given(SEEDS)
@settings(max_examples=10)
def test_ways_within_a_gap_are_all_of_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    types = OrderTypes.of(market(rng))
    price, gate = rng.uniform(0, 300, len(types.stock)), np.zeros(len(types.capacity))
    most = rng.uniform(500, 3_000, types.count)
    found = types.ways_up_to(most, price, gate, 10_000)
    assert found is not None
    wanted = {way for way in all_ways(types) if priced(types, way, price) <= most[way.type]}
    assert set(found) == wanted
    if wanted:
        assert types.ways_up_to(most, price, gate, len(wanted) - 1) is None


@given(SEEDS)
@settings(max_examples=8)
def test_a_stream_is_decided_as_its_orders_are_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    batch = market(rng)
    types = OrderTypes.of(batch)
    stream = rng.integers(NO_ORDER, types.count, 12)
    spent, left = fulfil(types, stream, types.stock, np.zeros(len(types.stock)))
    stock = batch.stock.copy()
    for kind, cost in zip(stream.tolist(), spent.tolist(), strict=True):
        if kind != NO_ORDER:
            rest = OrderTypes.of(batch).with_stock(stock[tuple(types.stock_cells.T)])
            total, route, _ = rest.cheapest(np.zeros(len(types.stock)))
            assert cost == total[kind]
            lines = slice(types.first[kind], types.first[kind + 1])
            chosen = types.way(kind, tuple(route[lines].tolist()))
            rows, _, units = types.use(chosen)
            for row, quantity in zip(rows.tolist(), units.tolist(), strict=True):
                if row < len(types.stock):
                    stock[tuple(types.stock_cells[row])] -= quantity
        else:
            assert cost == 0.0
    assert left.tolist() == stock[tuple(types.stock_cells.T)].tolist()


def test_types_cost_what_their_orders_cost() -> None:
    batch = crowd(12)
    total, _, bound = OrderTypes.of(batch).cheapest(np.zeros(9))
    answers = [solve_order(problem) for problem in batch.orders]
    assert total.tolist() == bound.tolist() == [answer.cost_cents for answer in answers if answer]


def test_what_whole_ways_cannot_say_is_refused_by_name() -> None:
    odd = problem_of([[1, 2], [3, 4]], [0, 0], order_id="odd", together=((0, 1),))
    with pytest.raises(BadInput, match="odd"):
        OrderTypes.of(BatchProblem.of([odd]))


def market(rng: np.random.Generator) -> BatchProblem:
    """Return a few types of one to three lines over four products at three sources, some not offered."""
    stock = rng.integers(0, 5, (4, 3))
    types = []
    for number in range(5):
        items = rng.permutation(4)[: rng.integers(1, 4)]
        cents = np.where(rng.random((len(items), 3)) < 0.8, rng.integers(40, 400, (len(items), 3)), -1)
        types.append(
            problem_of(
                cents,
                rng.integers(100, 900, 3),
                order_id=f"t{number}",
                item_ids=tuple(f"p{item}" for item in items),
                quantity=rng.integers(1, 3, len(items)),
                stock=stock[items],
                unfilled_cents=rng.integers(300, 900, len(items)),
                unfilled_fixed_cents=int(rng.integers(0, 900)),
            )
        )
    return BatchProblem.of(types)


def all_ways(types: OrderTypes) -> list[Way]:
    """Return every way to fill every type that its stock admits, by trying all."""
    found = []
    for n in range(types.count):
        lines = np.arange(types.first[n], types.first[n + 1])
        for route in product(range(types.cost.shape[1]), repeat=len(lines)):
            way = types.way(n, route)
            rows, _, units = types.use(way)
            enough = np.append(types.stock, UNLIMITED)[rows] >= units
            if np.isfinite(way.cost) and enough.all():
                found.append(way)
    return found


def priced(types: OrderTypes, way: Way, price: Floats) -> float:
    """Return what a way costs with the stock that it draws."""
    rows, _, units = types.use(way)
    return way.cost + float(np.append(price, 0.0)[rows] @ units)


def over_all_ways(types: OrderTypes, demand: Floats) -> float:
    """Return the value of the program with every way in it."""
    ways = all_ways(types)
    model = LinearModel()
    column = model.add_columns([way.cost for way in ways])
    model.add_entries(model.add_rows(demand, demand)[[way.type for way in ways]], column, 1.0)
    stock = model.add_rows(-np.inf, np.append(types.stock, UNLIMITED))
    for k, way in enumerate(ways):
        rows, _, units = types.use(way)
        model.add_entries(stock[rows], k, units)
    answer = solve(model, Solver.HIGHS)
    assert isinstance(answer, Solution)
    return answer.cost
