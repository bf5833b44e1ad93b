"""Many orders decided together: an answer that has passed the referee, with a proven bound and its gap.

Batches whose orders the kernel's reduced form can say go by whole ways (column generation, neighbourhoods);
others by one whole-number program. Both need HiGHS only: on the instances of ``benchmarks.fulfilment`` whole
ways beat CP-SAT's answers and HiGHS's bounds by far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from time import monotonic

import numpy as np

from optimizer.assignment import Assignment, Part, Unsolved
from optimizer.batch_problem import BatchProblem
from optimizer.batch_ways import Search, WaySearch, rounded_up
from optimizer.check import assignment_of
from optimizer.check_batch import referee_batch
from optimizer.compact import Compact
from optimizer.kernel import solve_one
from optimizer.mathopt import Ending, NoSolution, Solver, Work, solve
from optimizer.one import solve_order
from optimizer.order_types import OrderTypes, Way, fits_columns
from optimizer.problem import OrderProblem
from optimizer.reduce import TIE, has_partial_routes, reduce
from optimizer.words import UNFILLED, Engine, Status

Progress = Callable[[int, int], None]
"""Hears the best cost and the proven bound, in cents, as they get better; it may raise to call it off."""


@dataclass(frozen=True, slots=True)
class BatchWork:
    """How much work a batch is worth.

    ``seconds`` of wall time (None: no clock) make an answer that they stop unrepeatable; the numbers of
    ``search`` and ``nodes`` do not.
    """

    seconds: float | None = None
    search: Search = field(default_factory=Search)
    nodes: int | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """One assignment per order, what they cost together, and what no answer costs less than."""

    assignments: tuple[Assignment, ...]
    cost_cents: int
    bound_cents: int
    engine: Engine
    repeatable: bool

    @property
    def gap(self) -> float:
        """The share of the cost that might still be saved."""
        return (self.cost_cents - self.bound_cents) / self.cost_cents if self.cost_cents else 0.0

    @property
    def status(self) -> Status:
        """``optimal`` where proven, else ``feasible``."""
        return Status.OPTIMAL if self.bound_cents >= self.cost_cents else Status.FEASIBLE


def solve_batch(
    batch: BatchProblem, work: BatchWork | None = None, progress: Progress = lambda _cost, _bound: None
) -> BatchAnswer | None:
    """Return the best assignments found, or None where it is proven that there are none.

    Raises Unsolved where the work ends before any answer is found.
    """
    work, started = work or BatchWork(), monotonic()

    def seconds_left() -> float | None:
        return None if work.seconds is None else work.seconds - (monotonic() - started)

    answer = None
    if all(fits_columns(order) for order in batch.orders):
        answer = _by_ways(batch, work, seconds_left, progress)
    return answer or _by_program(batch, replace(work, seconds=seconds_left()), progress)


def _by_ways(
    batch: BatchProblem, work: BatchWork, seconds_left: Callable[[], float | None], progress: Progress
) -> BatchAnswer | None:
    """Answer by whole ways; None where that leaves an order unserved that must be served."""
    if not batch.orders:
        return BatchAnswer((), 0, 0, Engine.HIGHS, repeatable=True)
    types = OrderTypes.of(batch)
    run = WaySearch(types, work.search, seconds_left, lambda cost, bound: progress(round(cost), round(bound)))
    ways = run.run()
    if any(_leaves_what_must_go(types, way) for way in ways):
        return None
    parts = [_parts(batch.orders[way.type], way) for way in ways]
    return _answer(batch, parts, round(run.bound), repeatable=not run.stopped)


def _leaves_what_must_go(types: OrderTypes, way: Way) -> bool:
    unserved = np.array(way.route) == types.cost.shape[1] - 1
    return bool((types.must_serve[types.first[way.type] : types.first[way.type + 1]] & unserved).any())


def _parts(problem: OrderProblem, way: Way) -> list[Part]:
    routes = [column if column < problem.routes else UNFILLED for column in way.route]
    return [Part(line, route, int(problem.quantity[line])) for line, route in enumerate(routes)]


def _by_program(batch: BatchProblem, work: BatchWork, progress: Progress) -> BatchAnswer | None:
    """Answer by one program; where it finds nothing in time, one order after the other."""
    least = float(sum(map(_alone, batch.orders)))
    if work.seconds is not None and work.seconds <= 0:
        return _answer(batch, _one_by_one(batch), round(least), repeatable=False)
    compact = Compact(batch)
    found = solve(compact.model, Solver.HIGHS, Work(work.seconds, work.nodes))
    if isfinite(found.bound):
        least = max(least, rounded_up(found.bound))
    if isinstance(found, NoSolution):
        if found.ending is Ending.INFEASIBLE:
            return None
        return _answer(batch, _one_by_one(batch), round(least), repeatable=found.repeatable)
    parts = [order.parts(found.values) for order in compact.orders]
    answer = _answer(batch, parts, round(least), repeatable=found.repeatable)
    progress(answer.cost_cents, answer.bound_cents)
    return answer


def _one_by_one(batch: BatchProblem) -> list[Sequence[Part]]:
    """Decide each order by itself with what the ones before it leave."""
    stock, capacity = batch.stock.copy(), batch.capacity.copy()
    answers: list[Sequence[Part]] = []
    for o, problem in enumerate(batch.orders):
        cells = np.ix_(batch.item[o], batch.source[o])
        left, room = np.maximum(stock[cells], 0), np.maximum(capacity[batch.place[o]], 0)
        rest = replace(problem, stock=left, capacity=room)
        if (found := solve_order(rest)) is None:
            raise Unsolved(f"No answer within the work limit: order {problem.order_id} finds no stock left.")
        for line, route, units in found.parts:
            if route != UNFILLED:
                item, source = batch.item[o][problem.item[line]], batch.source[o][problem.source[route]]
                stock[item, source] -= units
        for route in found.routes:
            capacity[batch.place[o][problem.place[problem.source[route]]]] -= 1
        answers.append(found.parts)
    return answers


def _answer(
    batch: BatchProblem, parts: Sequence[Sequence[Part]], bound: int, *, repeatable: bool
) -> BatchAnswer:
    """Return an answer that the referee has passed."""
    assignments = tuple(
        assignment_of(problem, told, bound_cents=_alone(problem), engine=Engine.HIGHS, repeatable=repeatable)
        for problem, told in zip(batch.orders, parts, strict=True)
    )
    referee_batch(batch, assignments)
    cost = sum(assignment.cost_cents for assignment in assignments)
    return BatchAnswer(assignments, cost, min(bound, cost), Engine.HIGHS, repeatable)


def _alone(problem: OrderProblem) -> int:
    """Return the least that an order can cost, were it alone."""
    form = reduce(problem, whole=not has_partial_routes(problem))
    _, _, bound = solve_one(form.cost, form.fixed, form.max_packages, form.free)
    return int(bound // TIE) if isfinite(bound) else 0
