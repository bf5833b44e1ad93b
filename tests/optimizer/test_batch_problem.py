"""Batches: what orders share is joined by name, and refereed together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput
from optimizer.assignment import Assignment
from optimizer.batch_problem import BatchProblem
from optimizer.check import Refused, assignment_of
from optimizer.check_batch import check_batch, referee_batch
from optimizer.limits import Limits
from optimizer.problem import OrderProblem
from optimizer.words import UNFILLED, Constraint, Engine
from tests.optimizer.make import parts_of, problem_of


def order(name: str, items: tuple[str, ...], sources: tuple[str, ...], **changes: Any) -> OrderProblem:
    return problem_of(
        np.full((len(items), len(sources)), 10),
        np.full(len(sources), 5),
        order_id=name,
        item_ids=items,
        source_ids=sources,
        unfilled_cents=np.full(len(items), 99),
        **changes,
    )


def pair(**changes: Any) -> tuple[OrderProblem, OrderProblem]:
    """Return two orders for the one unit of item x at seller:a."""
    return (
        order("o1", ("x", "y"), ("seller:a", "seller:b"), stock=[[1, 4], [2, 2]], **changes),
        order("o2", ("x",), ("seller:c", "seller:a"), stock=[[7, 1]], **changes),
    )


def answers(orders: tuple[OrderProblem, ...], *routes: list[int]) -> list[Assignment]:
    return [
        assignment_of(problem, parts_of(problem, chosen), bound_cents=0, engine=Engine.GREEDY)
        for problem, chosen in zip(orders, routes, strict=True)
    ]


def test_shared_stock_is_joined_by_name() -> None:
    batch = BatchProblem.of(pair())
    assert (batch.item_ids, batch.source_ids) == (("x", "y"), ("seller:a", "seller:b", "seller:c"))
    assert batch.stock.tolist() == [[1, 4, 7], [2, 2, 0]]
    assert [rows.tolist() for rows in batch.source] == [[0, 1], [2, 0]]


def test_orders_that_see_different_stock_do_not_fit() -> None:
    first, _ = pair()
    with pytest.raises(BadInput, match="do not fit together") as caught:
        BatchProblem.of([first, order("o2", ("x",), ("seller:a",), stock=[[3]], capacity=[3])])
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        ("o2", "stock"),
        ("o2", "capacity"),
    ]


def test_the_last_unit_goes_to_one_order_only() -> None:
    orders = pair()
    batch = BatchProblem.of(orders)
    referee_batch(batch, answers(orders, [0, 1], [0]))
    twice = answers(orders, [0, 0], [1])
    assert [(v.constraint, v.needed, v.available) for v in check_batch(batch, twice)] == [
        (Constraint.STOCK, 2, 1)
    ]
    with pytest.raises(Refused, match="The batch: stock, x at seller:a: needs 2, there is 1"):
        referee_batch(batch, twice)


def test_capacity_counts_the_packages_of_all_orders() -> None:
    orders = (
        order("o1", ("x",), ("seller:a",), capacity=[1]),
        order("o2", ("y",), ("seller:a",), capacity=[1]),
    )
    batch = BatchProblem.of(orders)
    referee_batch(batch, answers(orders, [0], [UNFILLED]))
    with pytest.raises(Refused, match="capacity, packages from seller:a: needs 2, there is 1"):
        referee_batch(batch, answers(orders, [0], [0]))


def test_a_limit_is_soft_only_where_it_is_for_all() -> None:
    soft = {"limits": Limits(price_cents={Constraint.STOCK: 1})}
    orders = pair(**soft)
    referee_batch(BatchProblem.of(orders), answers(orders, [0, 0], [1]))
    mixed = (orders[0], pair()[1])
    with pytest.raises(Refused, match="The batch"):
        referee_batch(BatchProblem.of(mixed), answers(mixed, [0, 0], [1]))


def test_every_order_has_its_answer_and_each_passes() -> None:
    orders = pair()
    batch, right = BatchProblem.of(orders), answers(orders, [0, 1], [0])
    with pytest.raises(Refused, match="2 orders, 1 answers"):
        referee_batch(batch, right[:1])
    with pytest.raises(Refused, match="Order o1"):
        referee_batch(batch, [right[1], right[0]])
