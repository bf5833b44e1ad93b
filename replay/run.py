"""One policy at work in a replay: its desk, its own shelves, and what came of every order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import count

import polars as pl

from graph.days import local_day
from inventory.events import Cause, EventType, StockEvent, StockKey
from inventory.memory import MemoryHome, MemoryUnit
from inventory.reservations import Part
from optimizer.policy import Costs, Policy, PolicyKind
from optimizer.prices import PriceTable
from replay.desk import Choice, Desk, NoAnswer, reserved_parts
from replay.outcomes import Outcome, frame_of
from replay.recorded import Purchase
from replay.replayed_prices import ReplayedPrices
from replay.restocking import Restocking
from replay.totals import Totals
from replay.ways import Charge, Way


@dataclass(frozen=True, eq=False)
class Ran:
    """What came of one policy.

    ``table``: the prices in force at the end. ``home``: its shelves, None where another process kept them.
    """

    policy: Policy
    costs: Costs
    outcomes: pl.DataFrame
    recorded_units: int
    planned_units: int
    restocked_units: int = 0
    table: PriceTable | None = None
    home: MemoryHome | None = None

    @cached_property
    def totals(self) -> Totals:
        """What the outcomes add up to."""
        return Totals.of(self.outcomes, self.costs)

    @property
    def used_units(self) -> int:
        """The units that orders took from a plan's sites."""
        return int(self.outcomes["plan_units"].sum())


@dataclass
class Run:
    """One policy at work; ``costs`` charges it, ``sites`` are the warehouses of a plan.

    ``restocking`` orders for its shelves again (None: they empty).
    """

    desk: Desk
    costs: Costs
    prices: ReplayedPrices | None = None
    sites: frozenset[str] = frozenset()
    restocking: Restocking | None = None
    home: MemoryHome = field(default_factory=MemoryHome)
    recorded_units: int = 0
    planned_units: int = 0
    rows: list[Outcome] = field(default_factory=list)

    @property
    def ran(self) -> Ran:
        """What came of it so far."""
        return Ran(
            self.desk.policy,
            self.costs,
            frame_of(self.rows),
            self.recorded_units,
            self.planned_units,
            0 if self.restocking is None else self.restocking.received,
            self.desk.prices,
            self.home,
        )

    def look_over(self, places: Iterable[StockKey], at: datetime) -> None:
        """Order for those of some places that are low already."""
        if self.restocking is not None:
            with self.home.unit() as unit:
                self.restocking.order(unit.ledger, places, at)

    def refuse(self, purchase: Purchase) -> None:
        """Take note of an order that no policy can decide."""
        self.rows.append(Outcome.none(purchase, self.desk.network.arrays, refused=True))

    def decide(self, purchase: Purchase, way: Way | None = None) -> None:
        """Decide one order and hold its stock for good; ``way``: the only one that it has."""
        with self.home.unit() as unit:
            if self.restocking is not None:
                self.restocking.receive(unit.ledger, purchase.at)
            if self.prices is not None:
                table = self.prices.at(purchase.at, self.desk, unit.ledger)
                if table is not self.desk.prices:
                    self.desk = replace(self.desk, prices=table)
            if way is None or not self._sent(unit, purchase, way):
                self._decided(unit, purchase)

    def _sent(self, unit: MemoryUnit, purchase: Purchase, way: Way) -> bool:
        """Send an order its only way; False, and nothing done, where there is a choice after all."""
        order, (line,) = purchase.order, purchase.order.lines
        source, carrier = purchase.offered[line.line_id]
        key = StockKey.of_source(line.product_id, source)
        units = unit.ledger.units([line.product_id])
        if any(lying.current > 0 and place != key for place, lying in units.items()):
            return False
        scarcity = self.desk.only_way(line.product_id, source, line.quantity, way)
        if scarcity is None:
            return False
        lying = units.get(key)
        short = max(line.quantity - (0 if lying is None else max(lying.available, 0)), 0)
        self._receive(unit, purchase, {key: short})
        part = Part(line.line_id, "pkg-1", source, carrier, key, line.quantity, local_day(purchase.at))
        self._hold(unit, purchase, [part])
        version = None if self.desk.prices is None else self.desk.prices.version
        self.rows.append(
            Outcome.alone(
                purchase, way, Charge.of(self.costs, way, line.quantity), self.desk.network.arrays
            )._replace(short_units=short, scarcity_cents=scarcity, price_version=version)
        )
        if self.prices is not None:
            self.prices.saw(order, [(0, source, line.quantity)])
        return True

    def _decided(self, unit: MemoryUnit, purchase: Purchase) -> None:
        # What the hand-over told is for the policy that repeats it; the others know the offer.
        repeats = self.desk.policy.kind is PolicyKind.RECORDED
        record = purchase.record if repeats else purchase.offered
        short = self._receive(unit, purchase, self._lacking(unit, purchase, record))
        arrays = self.desk.network.arrays
        case = self.desk.case(purchase.order, purchase.at, unit.ledger, record, lock=True)
        try:
            decision = self.desk.decide(case)
        except NoAnswer:
            self.rows.append(Outcome.none(purchase, arrays, short_units=short))
            return
        parts = reserved_parts(decision, local_day(purchase.at))
        self._hold(unit, purchase, parts)
        self.rows.append(
            Outcome.of(decision, purchase, self.costs, arrays, short_units=short, sites=self.sites)
        )
        if self.prices is not None:
            route_id = decision.problem.route_id
            parts_of = decision.choice.assignment.parts
            sent = [(line, route_id(route)[0], units) for line, route, units in parts_of if route >= 0]
            self.prices.saw(purchase.order, sent)

    def _hold(self, unit: MemoryUnit, purchase: Purchase, parts: Sequence[Part]) -> None:
        """Take the units, and order again where that leaves too few."""
        self.desk.hold(unit, purchase.order.order_id, parts, at=purchase.at)
        if self.restocking is not None:
            self.restocking.order(unit.ledger, (part.key for part in parts), purchase.at)

    def _lacking(
        self, unit: MemoryUnit, purchase: Purchase, record: Mapping[str, Choice]
    ) -> dict[StockKey, int]:
        """Return what the recorded purchase proves to have been there, and the shelf has not."""
        wanted: dict[StockKey, int] = {}
        for line in purchase.order.lines:
            key = StockKey.of_source(line.product_id, record[line.line_id][0])
            wanted[key] = wanted.get(key, 0) + line.quantity
        there = unit.ledger.available(sorted(wanted))
        return {key: wanted[key] - max(there[key], 0) for key in sorted(wanted)}

    def _receive(self, unit: MemoryUnit, purchase: Purchase, lacking: Mapping[StockKey, int]) -> int:
        """Book what lacks; return the units."""
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
        units = sum(event.quantity for event in events)
        self.recorded_units += units
        return units
