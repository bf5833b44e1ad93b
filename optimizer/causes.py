"""Why a route cannot carry a line, pair by pair: the facts of a problem, compared with its limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.words import CONSTRAINT_OF, Bools, Constraint, Floats, Ints, Reason

if TYPE_CHECKING:
    from optimizer.problem import OrderProblem


@dataclass(frozen=True, slots=True, eq=False)
class Cause:
    """One reason and the (line, route) pairs where it holds; all arrays are (lines, routes).

    ``needed`` and ``available`` are its numbers: units for stock, grams for weight, centimetres for size,
    packages for capacity, probabilities for the promise, NaN where there is nothing to count.
    """

    reason: Reason
    where: Bools
    needed: Floats
    available: Floats

    @property
    def constraint(self) -> Constraint | None:
        """What would have to be lifted; None where nothing can be."""
        return CONSTRAINT_OF[self.reason]


def find_causes(problem: OrderProblem, quantity: Ints) -> Iterator[Cause]:
    """Yield what keeps each route from carrying ``quantity`` (lines,) units of each line, by itself.

    Hard and soft alike; only where something is kept away. Nothing is said of what depends on the other
    lines of the order.
    """
    shape = problem.candidate.shape
    for block in problem.blocks:
        needed, available = (np.broadcast_to(given, shape) for given in (block.needed, block.available))
        yield Cause(block.reason, block.where & problem.candidate, needed, available)
    stock = problem.stock[problem.item][:, problem.source].astype(np.float64)
    wanted = np.broadcast_to(quantity[:, None].astype(np.float64), shape)
    yield from _where(problem, Reason.NO_STOCK, stock == 0, wanted, stock)
    yield from _where(problem, Reason.NOT_ENOUGH_STOCK, (stock > 0) & (stock < wanted), wanted, stock)
    weight, most = _billable(problem, quantity)
    yield from _where(problem, Reason.TOO_HEAVY, weight > most, weight, most)
    side, longest = (np.broadcast_to(a, shape) for a in (problem.side_cm[:, None], problem.max_side_cm))
    yield from _where(problem, Reason.TOO_LARGE, side > longest, side, longest)
    room = np.broadcast_to(problem.capacity[problem.place[problem.source]].astype(np.float64), shape)
    yield from _where(problem, Reason.CAPACITY_FULL, room < 1, np.ones(shape), room)
    least, p_on_time = problem.limits.min_p_on_time, np.broadcast_to(problem.p_on_time, shape)
    yield from _where(problem, Reason.PROMISE_MISSED, p_on_time < least, np.full(shape, least), p_on_time)


def _where(
    problem: OrderProblem, reason: Reason, where: Bools, needed: Floats, available: Floats
) -> Iterator[Cause]:
    found = where & problem.candidate
    if found.any():
        yield Cause(reason, found, needed, available)


def _billable(problem: OrderProblem, quantity: Ints) -> tuple[Floats, Floats]:
    """Return weight and limit of each line alone in a package of each route, in grams."""
    shape = problem.candidate.shape
    weight = np.repeat((problem.weight_g * quantity)[:, None], shape[1], axis=1).astype(np.float64)
    most = np.broadcast_to(problem.max_weight_g.astype(np.float64), shape).copy()
    for route, tariff in enumerate(problem.tariffs):
        if tariff is not None:
            volume = problem.volume_cm3 * quantity
            billed = [
                tariff.billable_g(int(g), int(v)) for g, v in zip(weight[:, route], volume, strict=True)
            ]
            over = np.array(billed) > tariff.up_to_g[-1]
            limit = np.where(weight[:, route] > most[:, route], most[:, route], np.inf)
            most[over, route] = np.minimum(limit, tariff.up_to_g[-1])[over]
            weight[over, route] = np.array(billed)[over]
    return weight, most
