"""Prices: they beat greedy where stock is scarce, are due in time, and are dropped where they lose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.fulfilment_instances import jasin_sinha, types_of
from optimizer.batch_problem import BatchProblem
from optimizer.method_lp import MethodLP
from optimizer.order_types import OrderTypes, fulfil
from optimizer.policy import PriceSchedule
from optimizer.prices import Contest, Demand, Pricer, PriceTable, Shadow, SinceSolve, Trigger, is_due
from optimizer.words import Floats, Ints
from tests.optimizer.batches import order

PERIODS = 500
SCHEDULE = PriceSchedule(resolve_every_hours=24, resolve_after_orders=100, futures=4, shadow_orders=60)


def small_market() -> tuple[BatchProblem, OrderTypes, Floats, Ints]:
    """Return a Jasin-Sinha instance of 500 periods, its rates, and a stream of orders."""
    batch, rate = types_of(jasin_sinha(4, PERIODS), 1_000)
    rng = np.random.default_rng(2)
    stream = rng.choice(len(rate) + 1, PERIODS, p=np.append(rate, 1 - rate.sum()))
    return batch, OrderTypes.of(batch), rate, np.where(stream == len(rate), -1, stream)


def run(types: OrderTypes, rate: Floats, stream: Ints, pricer: Pricer, believed: Floats) -> list[float]:
    """Run the stream with prices for the demand believed in; return the cost of each tenth."""
    stock, spent = types.stock, []
    for start in range(0, PERIODS, 50):
        price = pricer.solve(Demand.over(PERIODS - start, believed, np.zeros_like(rate)), stock)
        now = stream[start : start + 50]
        cost, stock = fulfil(types, now, stock, price)
        pricer.saw(now)
        spent.append(float(cost.sum()))
    return spent


def test_prices_close_most_of_the_gap_and_repeat() -> None:
    _, types, rate, stream = small_market()
    first, second = (run(types, rate, stream, Pricer(types, SCHEDULE, 1), rate) for _ in range(2))
    assert first == second
    greedy = fulfil(types, stream, types.stock, np.zeros(len(types.stock)))[0].sum()
    came = np.bincount(stream[stream >= 0], minlength=types.count).astype(float)
    hindsight = Pricer(types, SCHEDULE, 1).bound(came, types.stock)
    assert hindsight <= sum(first) < greedy
    assert (greedy - sum(first)) / (greedy - hindsight) > 0.6


def test_good_prices_are_believed_and_bad_ones_count_as_nothing() -> None:
    _, types, rate, stream = small_market()
    good = Pricer(types, SCHEDULE, 1)
    run(types, rate, stream, good, rate)
    assert good.shadow is not None
    assert good.shadow.believed
    assert good.price.any()

    wrong = Pricer(types, SCHEDULE, 1)
    reversed_demand = Demand(rate[::-1] * 9 * PERIODS, rate[::-1] * 9 * PERIODS)
    wrong.solve(reversed_demand, types.stock)
    wrong.saw(stream[:200])
    left = fulfil(types, stream[:200], types.stock, wrong.price)[1]
    wrong.solve(Demand.over(PERIODS - 200, rate, np.zeros_like(rate)), left)
    assert wrong.shadow is not None
    assert not wrong.shadow.believed
    assert not wrong.price.any()
    assert wrong.solved.any()


def test_receipts_count_in_the_window() -> None:
    types = OrderTypes.of(BatchProblem.of([order("o", [[100, 300]], stock=np.array([[1, 9]]))]))
    pricer = Pricer(types, PriceSchedule(futures=1, shadow_orders=3), 1)
    come = Demand(np.array([0.0]), np.array([0.0]))
    pricer.saw(np.array([0]))  # before the first solve nothing is in force to be judged
    pricer.solve(come, types.stock)
    pricer.received(np.array([5, 0]))
    pricer.saw(np.array([0, 0, -1, 0]))
    pricer.solve(come, np.array([3, 9]))
    assert pricer.shadow == Shadow(3, 300.0, 300.0)


@pytest.mark.parametrize(
    ("since", "why"),
    [
        (None, Trigger.FIRST),
        (SinceSolve(hours=1, orders=5, stock_outs=0), None),
        (SinceSolve(hours=24, orders=5, stock_outs=0), Trigger.HOURS),
        (SinceSolve(hours=1, orders=100, stock_outs=0), Trigger.ORDERS),
        (SinceSolve(hours=1, orders=5, stock_outs=1), Trigger.STOCK_OUT),
    ],
)
def test_when_prices_are_due(since: SinceSolve | None, why: Trigger | None) -> None:
    assert is_due(SCHEDULE, since) is why


def test_futures_have_the_mean_and_variance_asked_for() -> None:
    demand = Demand.over(10, np.array([2.0, 2.0, 0.0]), np.array([0.0, 0.5, 0.0]))
    rng = np.random.default_rng(1)
    drawn = np.array([demand.sample(rng) for _ in range(4_000)])
    assert drawn.mean(axis=0) == pytest.approx([20, 20, 0], rel=0.03)
    assert drawn.var(axis=0) == pytest.approx([20, 20 + 50, 0], rel=0.1)


def test_a_table_names_whole_cents_and_its_version_all_that_is_in_it() -> None:
    batch = BatchProblem.of([order("o", [[100, 300]], stock=np.array([[1, 9]]))])
    pricer = Pricer(OrderTypes.of(batch), SCHEDULE, 1)
    pricer.solve(Demand(np.array([4.0]), np.array([4.0])), pricer.types.stock)
    names = [("p0", "seller:a"), ("p0", "seller:b")]
    table = PriceTable.of(names, pricer, 1_500_000_000, Trigger.FIRST)
    assert table.cents == {("p0", "seller:a"): 200}
    assert table.of_order(("p0", "new"), ("seller:b", "seller:a")).tolist() == [[0, 200], [0, 0]]
    others = [
        PriceTable(1, table.cents, Trigger.FIRST, None),
        PriceTable(table.as_of_s, {}, Trigger.FIRST, None),
        PriceTable(table.as_of_s, table.cents, Trigger.HOURS, None),
        PriceTable(table.as_of_s, table.cents, Trigger.FIRST, Shadow(1, 2.0, 3.0)),
    ]
    assert len({table.version, *(other.version for other in others)}) == 5
    assert table.version == PriceTable(table.as_of_s, dict(table.cents), Trigger.FIRST, None).version


def test_the_part_that_lacks_nothing_has_no_part_in_prices() -> None:
    """Twenty kinds of orders of which two are short: the small program says what the whole one says."""
    orders = [
        replace(
            order(f"o{n}", [[100, 300 + n]], stock=np.array([[1 if n < 2 else 50, 9]])), item_ids=(f"p{n}",)
        )
        for n in range(20)
    ]
    types = OrderTypes.of(BatchProblem.of(orders))
    future = np.full(20, 4.0)
    contested = Contest.of(types).types(future, types.stock)
    assert contested.tolist() == [n < 2 for n in range(20)]
    pricer = Pricer(types, SCHEDULE, 1)
    whole = MethodLP(types).solve(future, types.stock)
    assert pricer._prices(future, types.stock) == pytest.approx(whole.price)
    assert sorted(whole.price)[-2:] == pytest.approx([200, 201])
    assert not Contest.of(types).types(np.zeros(20), types.stock).any()


def test_what_is_ordered_together_is_short_together() -> None:
    pair = order("pair", [[100, 300], [100, 300]], stock=np.array([[2, 2], [50, 50]]))
    first = order("first", [[100, 300]], stock=np.array([[2, 2]]))
    last = replace(order("last", [[100, 300]], stock=np.array([[50, 50]])), item_ids=("p1",))
    other = replace(order("other", [[100, 300]], stock=np.array([[50, 50]])), item_ids=("p2",))
    types = OrderTypes.of(BatchProblem.of([other, pair, first, last]))
    contested = Contest.of(types).types(np.full(4, 3.0), types.stock)
    assert contested.tolist() == [False, True, True, True]
