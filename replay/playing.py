"""All orders of a span played in turn, each before every policy: by one process, or by two side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from graph.days import day_of
from graph.errors import BadInput
from graph.model import NEVER
from optimizer.policy import Costs, Policy
from replay.desk import Desk
from replay.moving import Learner, MovingNetwork
from replay.only_way import Singles
from replay.opened import Stock
from replay.planned import Planned
from replay.recorded import Past, Purchase
from replay.replayed_prices import ReplayedPrices, purchases_of
from replay.restocking import Restocking
from replay.run import Ran, Run
from replay.second_process import Second
from replay.totals import Choices
from replay.ways import Way

Progress = Callable[[float], None]

LEARNING_SHARE: Final = 0.3
"""The part of the progress bar that goes to learning what came before the first purchase."""

_LOAD: Final = 1
_PRICED_LOAD: Final = 3
_LEARNING_LOAD: Final = 1
"""How the work of a policy, of one that has prices to be solved, and of learning compare."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What one process has to play."""

    past: Past
    span_s: tuple[int, int]
    policies: tuple[Policy, ...]
    costs: Costs
    stock: Stock
    planned: Planned


@dataclass(slots=True)
class Played:
    """What came of it; all but ``ran`` is the same whatever the policies."""

    ran: tuple[Ran, ...] = ()
    choices: Choices = field(default_factory=Choices)
    refused: int = 0
    assumed: int = 0

    def play(self, network: MovingNetwork, runs: Sequence[Run], purchase: Purchase, way: Way | None) -> None:
        """Let every policy decide an order."""
        if way is None:
            offered = {line: [route[0]] for line, route in purchase.offered.items()}
            try:
                self.choices.add(network.options(purchase.order, purchase.at, offered))
            except BadInput:
                self.refused += 1
                for run in runs:
                    run.refuse(purchase)
                return
        else:
            self.choices.lines += purchase.order.lines[0].quantity
        self.assumed += purchase.carrier_assumed
        for run in runs:
            run.decide(purchase, way)


def play(task: Task, learner: Learner, progress: Progress) -> Played:
    """Play all orders in turn, each before every policy."""
    past, span_s = task.past, task.span_s

    def learned(share: float) -> None:
        progress(LEARNING_SHARE * share)

    network = MovingNetwork(past, span_s[0], progress=learned, plan=task.planned.plan, learner=learner)
    runs = _begin(task, network)
    played, orders = Played(), past.count(span_s)
    for number, (purchase, way) in enumerate(moving(past, span_s, network), 1):
        played.play(network, runs, purchase, way)
        progress(LEARNING_SHARE + (1.0 - LEARNING_SHARE) * number / orders)
    played.ran = tuple(run.ran for run in runs)
    return played


def play_beside(task: Task) -> tuple[Ran, ...]:
    """Play in the second process; the shelves stay there."""
    return tuple(replace(ran, home=None) for ran in play(task, Second.learner(), Second.tell).ran)


def _begin(task: Task, network: MovingNetwork) -> tuple[Run, ...]:
    """Return the policies at their desks, each with its shelves filled."""
    demand = purchases_of(task.past) if any(policy.prices for policy in task.policies) else None
    runs = tuple(
        Run(
            # A desk asks its network for options, arrays and meta, and for nothing else.
            Desk(network, policy, alternatives=0),
            task.costs,
            None if demand is None or policy.prices is None else ReplayedPrices(policy.prices, demand),
            task.planned.sites,
            Restocking() if task.stock.orders_again else None,
        )
        for policy in task.policies
    )
    for run in runs:
        task.stock.book(run.home)
        run.planned_units = task.planned.book(run.home, run.desk.policy)
        run.look_over(task.stock.settings, task.planned.at)
    return runs


def moving(
    past: Past, span_s: tuple[int, int], network: MovingNetwork
) -> Iterator[tuple[Purchase, Way | None]]:
    """Yield the orders of a span, the network moved to each, with the only way of those that have one."""
    singles, day = Singles(past, span_s, network), NEVER
    ways: Mapping[str, Way] = {}
    for purchase in past.purchases(span_s):
        network.advance(purchase.at_s, purchase.offers)
        if day_of(purchase.at_s) != day:
            day, ways = day_of(purchase.at_s), singles.of_day(purchase.at_s)
        yield purchase, ways.get(purchase.order.order_id)


def shared_out(policies: Sequence[Policy]) -> tuple[tuple[Policy, ...], tuple[Policy, ...]]:
    """Return the policies for this process, which learns as well, and those for a second one."""
    load, parts = [_LEARNING_LOAD, 0], (list[Policy](), list[Policy]())
    for policy in sorted(policies, key=lambda one: one.prices is None):
        lighter = int(load[1] < load[0])
        parts[lighter].append(policy)
        load[lighter] += _LOAD if policy.prices is None else _PRICED_LOAD
    return tuple(parts[0]), tuple(parts[1])
