"""Batches made of planted orders, and their cheapest answers by trying all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from optimizer.assignment import Part
from optimizer.batch_problem import BatchProblem
from optimizer.check import check
from optimizer.problem import OrderProblem
from optimizer.words import UNFILLED, Constraint
from tests.optimizer.make import problem_of
from tests.optimizer.random_problems import Planted

Answer = tuple[int, tuple[Part, ...]]


def order(name: str, line_cents: Sequence[Sequence[int]], **changes: object) -> OrderProblem:
    """Return an order of product p0 from sources a and b, one unit at each, packages for nothing."""
    given = {"order_id": name, "stock": np.array([[1, 1]]), **changes}
    return problem_of(line_cents, [0, 0], **given)


def crowd(orders: int) -> BatchProblem:
    """Return orders of two lines that compete for three products at three sources."""
    rng = np.random.default_rng(3)
    stock = rng.integers(orders // 6, orders // 4 + 2, (3, 3))
    made = []
    for number in range(orders):
        items = rng.permutation(3)[:2]
        made.append(
            problem_of(
                rng.integers(40, 400, (2, 3)),
                rng.integers(300, 900, 3),
                order_id=f"o{number:03d}",
                item_ids=tuple(f"p{item}" for item in items),
                stock=stock[items],
                unfilled_cents=np.full(2, 700),
                unfilled_fixed_cents=1_500,
            )
        )
    return BatchProblem.of(made)


def competing(rng: np.random.Generator, orders: Sequence[Planted]) -> BatchProblem:
    """Return the orders over one stock that just admits the planted answers, now and then a little more."""
    drawn: Counter[tuple[str, str]] = Counter()
    leaving: Counter[str] = Counter()
    for problem, parts in orders:
        _count(problem, parts, drawn, leaving)
    more, spare = int(rng.integers(0, 2)), int(rng.choice([0, 1, 50]))
    made = []
    for number, (problem, _) in enumerate(orders):
        stock = [[drawn[item, source] + more for source in problem.source_ids] for item in problem.item_ids]
        room = [leaving[place] + spare for place in problem.place_ids]
        changes = {"stock": np.array(stock), "capacity": np.array(room)}
        made.append(replace(problem, order_id=f"o{number}", **changes))
    return BatchProblem.of(made)


def cheapest_together(batch: BatchProblem) -> int:
    """Return the least cost of any answers that pass, order by order and together."""
    least = None
    for chosen in product(*(list(_answers(problem)) for problem in batch.orders)):
        cost = sum(cost for cost, _ in chosen)
        if (least is None or cost < least) and _fit_together(batch, [parts for _, parts in chosen]):
            least = cost
    assert least is not None
    return least


def _answers(problem: OrderProblem) -> Iterator[Answer]:
    """Yield every feasible answer of an order with its cost."""
    for chosen in product(*(list(_ways(problem, line)) for line in range(problem.lines))):
        parts = tuple(sorted(part for way in chosen for part in way))
        verdict = check(problem, parts)
        if verdict.feasible:
            yield verdict.cost_cents, parts


def _ways(problem: OrderProblem, line: int) -> Iterator[tuple[Part, ...]]:
    """Yield every way to spread the units of a line over routes and nowhere."""
    routes = [UNFILLED, *range(problem.routes)]
    quantity = int(problem.quantity[line])
    for units in product(range(quantity + 1), repeat=len(routes)):
        used = sum(1 for number in units if number)
        if sum(units) == quantity and (used == 1 or problem.limits.may_split_lines):
            yield tuple(Part(line, r, number) for r, number in zip(routes, units, strict=True) if number)


def _fit_together(batch: BatchProblem, answers: Sequence[Sequence[Part]]) -> bool:
    """Say whether the answers keep to the shared stock and capacity, recounted by name."""
    drawn: Counter[tuple[str, str]] = Counter()
    leaving: Counter[str] = Counter()
    for problem, parts in zip(batch.orders, answers, strict=True):
        _count(problem, parts, drawn, leaving)
    items, sources, places = (
        {name: row for row, name in enumerate(names)}
        for names in (batch.item_ids, batch.source_ids, batch.place_ids)
    )
    hard = {c: any(problem.limits.is_hard(c) for problem in batch.orders) for c in Constraint}
    short = any(units > batch.stock[items[item], sources[source]] for (item, source), units in drawn.items())
    full = any(packages > batch.capacity[places[place]] for place, packages in leaving.items())
    return not ((hard[Constraint.STOCK] and short) or (hard[Constraint.CAPACITY] and full))


def _count(
    problem: OrderProblem,
    parts: Sequence[Part],
    drawn: Counter[tuple[str, str]],
    leaving: Counter[str],
) -> None:
    served = [part for part in parts if part.route != UNFILLED]
    for line, route, quantity in served:
        drawn[problem.item_ids[problem.item[line]], problem.source_ids[problem.source[route]]] += quantity
    for route in {part.route for part in served}:
        leaving[problem.place_ids[problem.place[problem.source[route]]]] += 1
