"""A stretch of the past decided anew: each order as of its own purchase, by several policies side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from graph.errors import BadInput
from graph.lead_time import OnlineParameters
from graph.plan import PlacementPlan
from inventory.days import local_day
from inventory.events import Cause, EventType, StockEvent, StockKey
from inventory.memory import MemoryHome, MemoryUnit
from inventory.opening import OpeningRule, opening
from optimizer.policy import Costs, Policy, PolicyKind
from replay.assumptions import assumptions
from replay.desk import Choice, Desk, NoAnswer, reserved_parts
from replay.moving import MovingNetwork
from replay.planned import Planned, Shelves
from replay.recorded import Past, Purchase
from replay.replayed_prices import ReplayedPrices, purchases_of
from replay.totals import Choices, Totals

Progress = Callable[[float], None]

_RULE: Final = OpeningRule()

LEARNING_SHARE: Final = 0.3
"""The part of the progress bar that goes to learning what came before the first purchase."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What the shelves hold at the start: events to book, and what made them (``init`` or a file's name)."""

    origin: str
    events: tuple[StockEvent, ...]

    @property
    def units(self) -> int:
        """All units received."""
        return sum(event.quantity for event in self.events if event.event_type is EventType.RECEIVED)


@dataclass(slots=True)
class Run:
    """One policy at work: its desk, its own shelves, and what its decisions add up to."""

    desk: Desk
    totals: Totals
    prices: ReplayedPrices | None = None
    home: MemoryHome = field(default_factory=MemoryHome)
    recorded_units: int = 0
    planned_units: int = 0

    def decide(self, purchase: Purchase) -> None:
        """Decide one order and hold its stock for good."""
        with self.home.unit() as unit:
            if self.prices is not None:
                table = self.prices.at(purchase.at, self.desk, unit.ledger)
                if table is not self.desk.prices:
                    self.desk = replace(self.desk, prices=table)
            # What the hand-over told is for the policy that repeats it; the others know the offer.
            repeats = self.desk.policy.kind is PolicyKind.RECORDED
            record = purchase.record if repeats else purchase.offered
            self._receive_recorded(unit, purchase, record)
            case = self.desk.case(purchase.order, purchase.at, unit.ledger, record, lock=True)
            try:
                decision = self.desk.decide(case)
            except NoAnswer:
                self.totals.none(purchase)
                return
            if parts := reserved_parts(decision, local_day(purchase.at)):
                over, order_id = self.desk.policy.may_overfill, purchase.order.order_id
                unit.ledger.reserve(order_id, parts, at=purchase.at, expires_at=None, over_limit=over)
            self.totals.add(decision, purchase)
            if self.prices is not None:
                self.prices.saw(decision)

    def _receive_recorded(self, unit: MemoryUnit, purchase: Purchase, record: Mapping[str, Choice]) -> None:
        """Book what the recorded purchase proves to have been there, where the shelf has less."""
        wanted: dict[StockKey, int] = {}
        for line in purchase.order.lines:
            key = StockKey.of_source(line.product_id, record[line.line_id][0])
            wanted[key] = wanted.get(key, 0) + line.quantity
        there = unit.ledger.available(sorted(wanted))
        lacking = {key: wanted[key] - max(there[key], 0) for key in sorted(wanted)}
        number = count(1)
        events = [
            StockEvent(
                f"recorded-{purchase.order.order_id}-{next(number)}",
                key,
                EventType.RECEIVED,
                units,
                purchase.at,
                source=Cause.RECORDED.value,
            )
            for key, units in lacking.items()
            if units > 0
        ]
        if events:
            unit.ledger.append(events)
            self.recorded_units += sum(event.quantity for event in events)


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """What came of a replay: ``runs`` in the order of the policies that were asked for.

    ``refused``: orders that cannot be decided at all, by any policy; ``without_lines`` neither.
    ``carrier_assumed``: lines of the record that nobody handed over.
    """

    span_s: tuple[int, int]
    stock: Stock
    runs: tuple[Run, ...]
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
                "recorded_units": {run.desk.policy.name: run.recorded_units for run in self.runs},
            },
            "placement": self.planned.to_dict(self.shelves),
            "assumptions": list(self.assumptions()),
            "policies": {
                run.desk.policy.name: {
                    "version": run.desk.policy.version,
                    "digest": run.desk.policy.digest,
                    **run.totals.to_dict(),
                }
                for run in self.runs
            },
        }

    @property
    def shelves(self) -> Shelves:
        """What the plan booked and each policy's ledger, by policy."""
        return {run.desk.policy.name: (run.planned_units, run.home) for run in self.runs}

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
    planned = Planned(plan, datetime.fromtimestamp(span_s[0], UTC))
    _check(past, span_s, policies, stock)
    planned.check(past)
    network = MovingNetwork(
        past, span_s[0], parameters, lambda share: progress(LEARNING_SHARE * share), plan=plan
    )
    # A desk asks its network for options, arrays and meta, and for nothing else.
    demand = purchases_of(past) if any(policy.prices for policy in policies) else None
    runs = tuple(
        Run(
            Desk(network, policy, alternatives=0),
            Totals(costs),
            None if demand is None or policy.prices is None else ReplayedPrices(policy.prices, demand),
        )
        for policy in policies
    )
    for run in runs:
        with run.home.unit() as unit:
            unit.ledger.append(stock.events)
        run.planned_units = planned.book(run.home, run.desk.policy)
    choices, refused, assumed = Choices(), 0, 0
    orders = past.count(span_s)
    for number, purchase in enumerate(past.purchases(span_s), 1):
        network.advance(purchase.at_s, purchase.offers)
        try:
            options = network.options(
                purchase.order, purchase.at, {line: [route[0]] for line, route in purchase.offered.items()}
            )
        except BadInput:
            refused += 1
            continue
        choices.add(options)
        assumed += purchase.carrier_assumed
        for run in runs:
            run.decide(purchase)
        progress(LEARNING_SHARE + (1.0 - LEARNING_SHARE) * number / orders)
    empty = past.empty_orders.is_between(*span_s, closed="left").sum()
    return Replayed(span_s, stock, runs, choices, refused, int(empty), assumed, planned)


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
