"""The desk: the one place where a decision is made, for the past and for today alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from graph.days import local_day
from graph.errors import MalhaError
from graph.model import SnapshotMeta
from graph.option_table import Estimators
from graph.options import Options
from graph.orders import Order
from inventory.events import StockKey
from inventory.ledger import Ledger, UnitOfWork
from inventory.reservations import OrderExists, Part, Reservation
from inventory.states import ALLOWED, Verb
from optimizer.check import check
from optimizer.choose import Choice as Chosen
from optimizer.choose import choose
from optimizer.explain import ALTERNATIVES, explain
from optimizer.policy import Policy, PolicyKind
from optimizer.prices import PriceTable
from optimizer.problem import OrderProblem
from optimizer.words import UNFILLED
from replay.decision import Decision
from replay.places import Places
from replay.problems import Circumstances, order_problem
from replay.shelves import Shelves
from replay.waits import NO_WAITS, Waits
from replay.ways import Charge, Way, has_no_limits, is_served


class NoAnswer(MalhaError):
    """The policy finds no assignment that keeps every hard constraint."""


Choice = tuple[str, str]
"""(source_id, carrier_id)"""


class View(Estimators, Protocol):
    """What a desk asks of a network: of a snapshot, or of the past as it was known at a purchase."""

    @property
    def meta(self) -> SnapshotMeta:
        """What names it, and the instant up to which it knows events."""
        ...

    def options(self, order: Order, at: datetime, more: Mapping[str, Sequence[str]] | None = None) -> Options:
        """Return the routes that could carry an order decided at an instant."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """An order ready to be decided at ``at``; ``record`` is what was done, line -> route, if it is known.

    ``waits``: how long each route's parcel waits for its carrier. ``left_out``: sources that have some of
    it, but no place or seller that the network knows.
    """

    at: datetime
    options: Options
    problem: OrderProblem
    record: Mapping[int, int]
    waits: Waits = NO_WAITS
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """A decision that holds its stock; ``reservation`` holds nothing where nothing is served.

    ``as_planned``: the plan that was given still fitted.
    """

    decision: Decision
    reservation: Reservation
    as_planned: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Decides orders on one network, under one policy and one table of scarcity prices.

    ``alternatives``: how many are told a line; 0 leaves the explanation out.
    """

    network: View
    policy: Policy
    prices: PriceTable | None = None
    alternatives: int = ALTERNATIVES

    def preview(
        self,
        order: Order,
        at: datetime,
        ledger: Ledger | None = None,
        record: Mapping[str, Choice] | None = None,
        *,
        now: datetime | None = None,
    ) -> Decision:
        """Decide without holding anything; without a ledger every source has enough.

        ``record``: line id -> (source_id, carrier_id) of what was done, which the policy ``as_is`` reads;
        its sources are candidates for every policy. ``now``: what the clock says where the decision is made
        for another instant ``at``; packages count for its day. They wait for their carriers from the purchase
        on, if the order tells it. Raises BadInput (all faults of the order) and NoAnswer.
        """
        ready_at = at if order.purchased_at else now
        return self.decide(self.case(order, at, ledger, record, now=now, ready_at=ready_at))

    def commit(
        self,
        unit: UnitOfWork,
        order: Order,
        at: datetime,
        expires_at: datetime | None,
        record: Mapping[str, Choice] | None = None,
        *,
        now: datetime | None = None,
        about: Mapping[str, object] | None = None,
        plan: Chosen | None = None,
    ) -> Committed:
        """Decide and hold the stock, in the caller's unit of work, until ``expires_at`` (None: firm).

        The stock is read under lock and the decision made on what was read, so that nobody can take it in
        between. An order that holds nothing any more is decided anew. The ledger books at ``now`` (default:
        ``at``); ``about`` is what the stored record tells beyond the decision. A ``plan`` made before, for
        the same routes, is kept where the referee still passes it. Raises as ``preview`` does, and
        OrderExists for any other that is known already.
        """
        now = now or at
        known = unit.ledger.order(order.order_id, lock=True)
        if known is not None and known.state not in ALLOWED[Verb.RESERVE]:
            raise OrderExists(known.order_id, known.state)
        case = self.case(order, at, unit.ledger, record, lock=True, now=now)
        kept = plan if plan and check(case.problem, plan.assignment.parts).feasible else None
        decided = self.decision(case, kept) if kept else self.decide(case)
        decision = self.numbered(unit, decided, known)
        parts = reserved_parts(decision, local_day(now))
        held = self.hold(unit, order.order_id, parts, at=now, expires_at=expires_at)
        held = held or known or unit.ledger.receive(order.order_id, now)
        self.store(unit, decision, now, about)
        return Committed(decision, held, kept is not None)

    def hold(
        self,
        unit: UnitOfWork,
        order_id: str,
        parts: Sequence[Part],
        *,
        at: datetime,
        expires_at: datetime | None = None,
    ) -> Reservation | None:
        """Hold the parts of an order, for good unless until an instant; None where there are none."""
        if not parts:
            return None
        over = self.policy.may_overfill
        return unit.ledger.reserve(order_id, parts, at=at, expires_at=expires_at, over_limit=over)

    @staticmethod
    def numbered(unit: UnitOfWork, decision: Decision, known: Reservation | None) -> Decision:
        """Return a decision that tells how many were stored for its order before."""
        if known is None:
            return decision
        return replace(decision, edition=len(unit.decisions.of_order(known.order_id)))

    @staticmethod
    def store(
        unit: UnitOfWork, decision: Decision, now: datetime, about: Mapping[str, object] | None = None
    ) -> None:
        """Store the record of a decision."""
        order_id = decision.options.order.order_id
        unit.decisions.add(decision.decision_id, order_id, now, {**decision.to_dict(), **(about or {})})

    def case(
        self,
        order: Order,
        at: datetime,
        ledger: Ledger | None = None,
        record: Mapping[str, Choice] | None = None,
        *,
        lock: bool = False,
        now: datetime | None = None,
        ready_at: datetime | None = None,
        spare: Counter[StockKey] | None = None,
    ) -> Case:
        """Return an order ready to be decided: its routes, and the problem that they and the stock make.

        ``ready_at``: from when on parcels wait for their carriers (default: ``now``). ``spare``: units that
        may be promised beside those that the ledger has available.
        """
        record, arrays = record or {}, self.network.arrays
        shelves = None if ledger is None else Shelves.of(ledger, order, lock=lock)
        places = Places() if shelves is None else Places.among(arrays, order, shelves.places)
        options = self.network.options(order, at, places.beside(record))
        policy, moment = self.policy.holding() if lock else self.policy, now or at
        waits = Waits.of(arrays.pickups, options, policy, ready_at or moment)
        told = Circumstances(wait_days=waits.days, blocks=waits.blocks)
        if shelves is not None:
            stock, room = shelves.stock(options, spare), shelves.room(options, local_day(moment))
            told = replace(told, stock=stock, room=room)
        problem = order_problem(arrays, options, policy, told, self.prices)
        return Case(at, options, problem, _recorded(problem, record), waits, places.left_out)

    def decide(self, case: Case) -> Decision:
        """Decide by the policy; raises NoAnswer."""
        found = choose(case.problem, self.policy, case.record)
        if found is None:
            raise NoAnswer(f"Order {case.problem.order_id}: no assignment keeps every hard constraint.")
        return self.decision(case, found)

    def only_way(self, product_id: str, source_id: str, units: int, way: Way) -> int | None:
        """Decide units of one line that have one way, enough there and no other limit; no search, no problem.

        Returns the price of the stock used, in cents, where they go that way. None where the policy limits
        more or would rather leave them: then they are to be decided as any other order.
        """
        price = 0 if self.prices is None else self.prices.cents.get((product_id, source_id), 0)
        if not has_no_limits(self.policy):
            return None
        charge = Charge.of(self.policy.costs, way, units)
        by_cost = self.policy.kind is PolicyKind.COST
        if by_cost and not is_served(self.policy.costs, charge, price * units, units):
            return None
        return price * units

    def decision(self, case: Case, chosen: Chosen) -> Decision:
        """Return the decision that a choice makes, explained if that is wanted."""
        why = explain(case.problem, chosen.assignment, self.alternatives) if self.alternatives else None
        return Decision(
            options=case.options,
            problem=case.problem,
            choice=chosen,
            policy=self.policy,
            meta=self.network.meta,
            at=case.at,
            promise_days=case.options.promise_days,
            price_version=self.prices.version if self.prices else None,
            explanation=why,
            waits=case.waits,
            left_out=case.left_out,
        )


def reserved_parts(decision: Decision, day: date) -> list[Part]:
    """Return what a decision holds, by (line, route): one part per line and package, packed on ``day``."""
    lines = decision.options.order.lines
    return [
        Part.of_source(
            (lines[part.line].line_id, lines[part.line].product_id, part.quantity),
            decision.problem.route_id(part.route),
            decision.package_id(part.route),
            day,
        )
        for part in decision.choice.assignment.parts
        if part.route != UNFILLED
    ]


def _recorded(problem: OrderProblem, record: Mapping[str, Choice]) -> dict[int, int]:
    """Return the recorded choice as line -> route."""
    if not record:
        return {}
    routes = {problem.route_id(route): route for route in range(problem.routes)}
    rows = {line_id: row for row, line_id in enumerate(problem.line_ids)}
    return {rows[line_id]: routes[chosen] for line_id, chosen in record.items() if chosen in routes}
