"""The referee of a batch: every order by itself, then what they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from optimizer.assignment import Assignment
from optimizer.batch_problem import BatchProblem
from optimizer.check import Refused, Violation, referee
from optimizer.words import UNFILLED, Constraint


def check_batch(batch: BatchProblem, assignments: Sequence[Assignment]) -> tuple[Violation, ...]:
    """Return where the orders together draw more than there is.

    A shared limit is hard while it is hard for any of the orders; else each order pays for its own excess.
    """
    drawn: Counter[tuple[int, int]] = Counter()
    leaving: Counter[int] = Counter()
    for order, problem in enumerate(batch.orders):
        item, source, place = batch.item[order], batch.source[order], batch.place[order]
        for line, route, quantity in assignments[order].parts:
            if route != UNFILLED:
                drawn[int(item[problem.item[line]]), int(source[problem.source[route]])] += quantity
        for route in assignments[order].routes:
            leaving[int(place[problem.place[problem.source[route]]])] += 1
    found = []
    for (row, column), units in drawn.items():
        if units > (there := int(batch.stock[row, column])):
            where = f"{batch.item_ids[row]} at {batch.source_ids[column]}"
            found.append(Violation(Constraint.STOCK, where, units, there))
    for position, packages in leaving.items():
        if packages > (room := int(batch.capacity[position])):
            where = f"packages from {batch.place_ids[position]}"
            found.append(Violation(Constraint.CAPACITY, where, packages, room))
    return tuple(broken for broken in found if _is_hard(batch, broken.constraint))


def referee_batch(batch: BatchProblem, assignments: Sequence[Assignment]) -> None:
    """Raise Refused unless every order's answer passes, and all of them together."""
    if len(assignments) != len(batch.orders):
        raise Refused(f"{len(batch.orders)} orders, {len(assignments)} answers.")
    for problem, assignment in zip(batch.orders, assignments, strict=True):
        referee(problem, assignment)
    if wrong := check_batch(batch, assignments):
        raise Refused(f"The batch: {'; '.join(map(str, wrong))}.")


def _is_hard(batch: BatchProblem, constraint: Constraint | None) -> bool:
    return any(order.limits.is_hard(constraint) for order in batch.orders)
