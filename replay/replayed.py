"""A stretch of the past decided anew: each order as of its own purchase, by several policies side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from graph.errors import BadInput
from graph.lead_time import OnlineParameters
from graph.model import NEVER
from graph.plan import PlacementPlan
from inventory.days import local_day
from inventory.events import EventType, StockEvent
from inventory.opening import OpeningRule, opening
from optimizer.policy import Costs, Policy
from replay.assumptions import assumptions
from replay.beside import Second, beside
from replay.desk import Desk
from replay.moving import Learner, Learning, MovingNetwork, day_of
from replay.planned import Planned, Shelves
from replay.recorded import Past, Purchase
from replay.replayed_prices import ReplayedPrices, purchases_of
from replay.run import Ran, Run
from replay.single import Singles, Way
from replay.totals import Choices

Progress = Callable[[float], None]

_RULE: Final = OpeningRule()

LEARNING_SHARE: Final = 0.3
"""The part of the progress bar that goes to learning what came before the first purchase."""

IN_TWO: Final = 10_000
"""From so many orders on a second process is worth its start, some five seconds."""

_LOAD: Final = 1
_PRICED_LOAD: Final = 3
_LEARNING_LOAD: Final = 1
"""How the work of a policy, of one that has prices to be solved, and of learning compare."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What the shelves hold at the start: events to book, and what made them (``init`` or a file's name)."""

    origin: str
    events: tuple[StockEvent, ...]

    @property
    def units(self) -> int:
        """All units received."""
        return sum(event.quantity for event in self.events if event.event_type is EventType.RECEIVED)


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """What came of a replay: ``runs`` in the order of the policies that were asked for.

    ``refused``: orders that cannot be decided at all, by any policy; ``without_lines`` neither.
    ``carrier_assumed``: lines of the record that nobody handed over.
    """

    span_s: tuple[int, int]
    stock: Stock
    runs: tuple[Ran, ...]
    choices: Choices
    refused: int
    without_lines: int
    carrier_assumed: int
    planned: Planned

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        first = self.runs[0].totals
        return {
            "from": _iso(self.span_s[0]),
            "to": _iso(self.span_s[1]),
            "asked": list(self.outcomes),
            "orders": {
                "purchased": first.orders + self.refused + self.without_lines,
                "decided": first.orders,
                "without_lines": self.without_lines,
                "refused": self.refused,
            },
            "lines_with_choice": {"units": self.choices.lines, "share": self.choices.share},
            "stock": {
                "origin": self.stock.origin,
                "opening_units": self.stock.units,
                "recorded_units": {run.policy.name: run.recorded_units for run in self.runs},
            },
            "placement": self.planned.to_dict(self.shelves),
            "assumptions": list(self.assumptions()),
            "policies": {
                run.policy.name: {
                    "version": run.policy.version,
                    "digest": run.policy.digest,
                    **run.totals.to_dict(),
                }
                for run in self.runs
            },
        }

    @property
    def outcomes(self) -> Mapping[str, pl.DataFrame]:
        """By policy: one row an order, decided or refused, in order of play (`replay.outcomes`)."""
        return {run.policy.name: run.outcomes for run in self.runs}

    @property
    def shelves(self) -> Shelves:
        """What the plan booked and orders took of it, by policy."""
        return {run.policy.name: (run.planned_units, run.used_units) for run in self.runs}

    def assumptions(self) -> Iterator[str]:
        """Yield in words what the figures rest on."""
        return assumptions(self)


def replay(
    past: Past,
    span_s: tuple[int, int],
    policies: Sequence[Policy],
    costs: Costs,
    stock: Stock,
    *,
    plan: PlacementPlan | None = None,
    parameters: OnlineParameters | None = None,
    progress: Progress = lambda _share: None,
) -> Replayed:
    """Decide all orders purchased in ``span_s`` = [from, to), epoch seconds, under each of the policies.

    ``costs`` charges every policy's decisions alike. A ``plan`` books its depth at the start, in warehouses
    that all policies but those that repeat the record may ship from. ``progress`` is told the share done,
    0..1. Raises BadInput for an empty span, and for stock or a plan later than its start.
    """
    task = Task.of(past, span_s, policies, costs, stock, plan)
    return task.replayed(_play(task, Learning(past, span_s[0], parameters), progress))


def replay_in_two(
    past: Past,
    span_s: tuple[int, int],
    policies: Sequence[Policy],
    costs: Costs,
    stock: Stock,
    *,
    plan: PlacementPlan | None = None,
    parameters: OnlineParameters | None = None,
    progress: Progress = lambda _share: None,
) -> Replayed:
    """Do as ``replay`` does, with the same result, half of the policies in a second process.

    What is learned is learned once. The shelves of the policies that the other played are not kept.
    """
    task = Task.of(past, span_s, policies, costs, stock, plan)
    learning = Learning(past, span_s[0], parameters)
    here, there = shared_out(policies)
    if not there:
        return task.replayed(_play(task, learning, progress))
    with beside(_play_beside, replace(task, policies=there)) as other:
        played = _play(
            replace(task, policies=here),
            other.telling(learning),
            lambda share: progress(min(share, other.share)),
        )
        return task.replayed(played, other.result(progress))


def shared_out(policies: Sequence[Policy]) -> tuple[tuple[Policy, ...], tuple[Policy, ...]]:
    """Return the policies for this process, which learns as well, and those for a second one."""
    load, parts = [_LEARNING_LOAD, 0], (list[Policy](), list[Policy]())
    for policy in sorted(policies, key=lambda one: one.prices is None):
        lighter = int(load[1] < load[0])
        parts[lighter].append(policy)
        load[lighter] += _LOAD if policy.prices is None else _PRICED_LOAD
    return tuple(parts[0]), tuple(parts[1])


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be played, by one process or by two."""

    past: Past
    span_s: tuple[int, int]
    policies: tuple[Policy, ...]
    costs: Costs
    stock: Stock
    planned: Planned

    @classmethod
    def of(
        cls,
        past: Past,
        span_s: tuple[int, int],
        policies: Sequence[Policy],
        costs: Costs,
        stock: Stock,
        plan: PlacementPlan | None,
    ) -> Task:
        """Return what is asked for, or raise BadInput."""
        planned = Planned(plan, datetime.fromtimestamp(span_s[0], UTC))
        _check(past, span_s, policies, stock)
        planned.check(past)
        return cls(past, span_s, tuple(policies), costs, stock, planned)

    def replayed(self, played: _Played, others: Sequence[Ran] = ()) -> Replayed:
        """Return what came of it; ``others``: what another process played."""
        ran = {one.policy.name: one for one in (*played.ran, *others)}
        empty = self.past.empty_orders.is_between(*self.span_s, closed="left").sum()
        return Replayed(
            self.span_s,
            self.stock,
            tuple(ran[policy.name] for policy in self.policies),
            played.choices,
            played.refused,
            int(empty),
            played.assumed,
            self.planned,
        )


@dataclass(slots=True)
class _Played:
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


def _play(task: Task, learner: Learner, progress: Progress) -> _Played:
    """Play all orders in turn, each before every policy."""
    past, span_s = task.past, task.span_s

    def learned(share: float) -> None:
        progress(LEARNING_SHARE * share)

    network = MovingNetwork(past, span_s[0], progress=learned, plan=task.planned.plan, learner=learner)
    runs = _begin(task, network)
    played, orders = _Played(), past.count(span_s)
    for number, (purchase, way) in enumerate(_moving(past, span_s, network), 1):
        played.play(network, runs, purchase, way)
        progress(LEARNING_SHARE + (1.0 - LEARNING_SHARE) * number / orders)
    played.ran = tuple(run.ran for run in runs)
    return played


def _play_beside(task: Task) -> tuple[Ran, ...]:
    """Play in the second process; the shelves stay there."""
    return tuple(replace(ran, home=None) for ran in _play(task, Second.learner(), Second.tell).ran)


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
        )
        for policy in task.policies
    )
    for run in runs:
        with run.home.unit() as unit:
            unit.ledger.append(task.stock.events)
        run.planned_units = task.planned.book(run.home, run.desk.policy)
    return runs


def _moving(
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


def opening_stock(past: Past, at_s: int, rule: OpeningRule = _RULE) -> Stock:
    """Return a stock made up from the demand of the local days before an instant; none before the first."""
    at = datetime.fromtimestamp(at_s, UTC)
    age = (local_day(at) - datetime(1970, 1, 1, tzinfo=UTC).date()).days - past.demand["day"]
    before = past.demand.filter((age > 0) & (age <= rule.lapse_days))
    if before.is_empty():
        return Stock("init", ())
    return Stock("init", opening(past.demand.filter(age > 0), at, rule).events)


def _check(past: Past, span_s: tuple[int, int], policies: Sequence[Policy], stock: Stock) -> None:
    from_s, to_s = span_s
    if from_s >= to_s:
        raise BadInput(f"--from {_iso(from_s)} must lie before --to {_iso(to_s)}.")
    if not past.count(span_s):
        raise BadInput(f"No order with lines was purchased from {_iso(from_s)} to {_iso(to_s)}.")
    if not policies or len({policy.name for policy in policies}) < len(policies):
        raise BadInput("Name at least one policy, and each once.")
    last = max((event.at for event in stock.events), default=None)
    if last is not None and last.timestamp() > from_s:
        raise BadInput(
            f"The stock of {stock.origin} is told up to {last.isoformat()}, later than --from "
            f"{_iso(from_s)}: nobody could have known it then."
        )


def _iso(instant_s: int) -> str:
    return datetime.fromtimestamp(instant_s, UTC).isoformat()
