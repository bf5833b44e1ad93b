"""Many orders decided together at one instant, from one stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from graph.errors import BadInput, Fault
from graph.orders import Order
from inventory.ledger import Ledger
from optimizer.batch import BatchWork, Progress, solve_batch
from optimizer.batch_problem import BatchProblem
from optimizer.choose import Choice
from optimizer.policy import PolicyKind
from optimizer.words import UNFILLED, Engine
from replay.decision import Decision
from replay.desk import Case, Desk, NoAnswer


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """The decisions of a batch; ``refused`` orders name what the network does not know.

    ``bound_cents``: no assignment of all these orders costs less (None where the policy does not look at the
    whole batch). ``repeatable``: no clock stopped it.
    """

    decisions: tuple[Decision, ...]
    refused: tuple[Fault, ...]
    cost_cents: int
    bound_cents: int | None
    engine: Engine
    repeatable: bool

    @property
    def gap(self) -> float | None:
        """The share of the cost that might still be saved."""
        if self.bound_cents is None:
            return None
        return (self.cost_cents - self.bound_cents) / self.cost_cents if self.cost_cents else 0.0


def assign(
    desk: Desk,
    orders: Sequence[Order],
    at: datetime,
    ledger: Ledger | None = None,
    work: BatchWork | None = None,
    progress: Progress = lambda _cost, _bound: None,
) -> Assigned:
    """Decide all orders together, by the least cost of the whole batch.

    A policy that does not look at cost decides one order after the other, each with what the ones before it
    leave. Raises NoAnswer where a line that must be served cannot be, Unsolved where the work ends before
    any answer is found.
    """
    cases, refused = _cases(desk, orders, at, ledger)
    if desk.policy.kind is PolicyKind.COST:
        return _together(desk, cases, refused, work, progress)
    decisions = tuple(_in_turn(desk, cases))
    return Assigned(
        decisions,
        refused,
        sum(decision.choice.assignment.cost_cents for decision in decisions),
        None,
        Engine(desk.policy.kind.value),
        repeatable=True,
    )


def _cases(
    desk: Desk, orders: Sequence[Order], at: datetime, ledger: Ledger | None
) -> tuple[list[Case], tuple[Fault, ...]]:
    """Prepare every order that names only what the network knows."""
    cases: list[Case] = []
    refused: list[Fault] = []
    for order in orders:
        try:
            cases.append(desk.case(order, order.purchased_at or at, ledger))
        except BadInput as error:
            refused += error.faults or (Fault("orders", order.order_id, None, error.message, "", ""),)
    return cases, tuple(refused)


def _together(
    desk: Desk,
    cases: Sequence[Case],
    refused: tuple[Fault, ...],
    work: BatchWork | None,
    progress: Progress,
) -> Assigned:
    answer = solve_batch(BatchProblem.of([case.problem for case in cases]), work, progress)
    if answer is None:
        raise NoAnswer("No assignment of the batch keeps every hard constraint.")
    decisions = tuple(
        desk.decision(case, Choice(assignment))
        for case, assignment in zip(cases, answer.assignments, strict=True)
    )
    return Assigned(
        decisions, refused, answer.cost_cents, answer.bound_cents, answer.engine, answer.repeatable
    )


def _in_turn(desk: Desk, cases: Sequence[Case]) -> Iterator[Decision]:
    """Decide one order after the other with what the ones before it leave."""
    drawn: Counter[tuple[str, str]] = Counter()
    packed: Counter[str] = Counter()
    for case in cases:
        decision = desk.decide(_left(case, drawn, packed))
        problem, answer = decision.problem, decision.choice.assignment
        for line, route, units in answer.parts:
            if route != UNFILLED:
                drawn[problem.item_ids[problem.item[line]], problem.route_id(route)[0]] += units
        packed.update(problem.place_ids[problem.place[problem.source[route]]] for route in answer.routes)
        yield decision


def _left(case: Case, drawn: Counter[tuple[str, str]], packed: Counter[str]) -> Case:
    problem = case.problem
    taken = np.array([[drawn[item, source] for source in problem.source_ids] for item in problem.item_ids])
    used = np.array([packed[place] for place in problem.place_ids])
    if not taken.any() and not used.any():
        return case
    stock, capacity = np.maximum(problem.stock - taken, 0), np.maximum(problem.capacity - used, 0)
    return replace(case, problem=replace(problem, stock=stock, capacity=capacity))
