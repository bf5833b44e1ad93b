"""What each call about an order does inside a unit of work, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from api.http.desk import Counter
from api.http.errors import shortage_values
from api.http.limits import check_order
from api.http.order_questions import Detour, Extension, OnTimeout, OrderQuestion, Seen, Some
from api.http.problems import Code, Problem
from api.http.settings import MOST_PAIRS, ReserveAt
from api.offers import with_told
from api.order_models import OrderIn
from graph import Network
from graph.errors import BadInput
from graph.orders import Order
from inventory.ledger import Home, UnitOfWork
from inventory.reservations import Part, Reservation, Selection, UnknownOrder
from inventory.sql import SqlUnit
from inventory.sql.offers import SqlOffers
from inventory.states import OrderState
from optimizer.policy import PolicyKind
from replay.again import Again, Wanted, approve, reroute
from replay.decision import Decision
from replay.live import moved, purchased
from replay.live import note as tell
from replay.noted import note
from replay.stream.events import Event

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """One call: the counter, the network in force, what the clock says, and two settings of the server."""

    counter: Counter
    network: Network
    now: datetime
    most_pairs: int = MOST_PAIRS
    reserve_at: ReserveAt = ReserveAt.PURCHASE

    def at(self, order: OrderIn | Order) -> datetime:
        """Return the instant to decide for: the purchase; the snapshot's where that is later or unknown."""
        return max(order.purchased_at or self.network.meta.as_of, self.network.meta.as_of)

    def order(self, asked: OrderQuestion, unit: UnitOfWork | None = None) -> Order:
        """Return an order with the offers told of its products; the problem ``too_many_candidates``."""
        order = asked.to_order()
        if isinstance(unit, SqlUnit):
            products = {line.product_id for line in order.lines}
            told = SqlOffers(unit.connection).of_products(products, self.most_pairs + 1)
            order = with_told(self.network, order, told)
        check_order(self.network, order, self.most_pairs)
        return order


def preview(visit: Visit, asked: OrderQuestion, home: Home | None) -> Values:
    """Decide an order on the ledger's stock, or as if everybody had enough, and hold nothing."""
    desk = visit.counter.desk(visit.network, asked.policy)
    if home is None:
        order = visit.order(asked)
        decision = desk.preview(order, visit.at(order), record=order.earlier, now=visit.now)
        return {**_proven(decision, asked).to_dict(), "stock": "unlimited"}
    with home.reading() as unit:
        order = visit.order(asked, unit)
        decision = desk.preview(order, visit.at(order), unit.ledger, order.earlier, now=visit.now)
    return {**_proven(decision, asked).to_dict(), "stock": "ledger"}


def take(visit: Visit, asked: OrderQuestion, unit: UnitOfWork) -> Values:
    """Decide an order and hold its stock, or note it where stock is held from approval on."""
    desk, order = visit.counter.desk(visit.network, asked.policy), visit.order(asked, unit)
    at, told = visit.at(order), {"order": _document(asked)}
    if visit.reserve_at is ReserveAt.APPROVAL:
        done = note(desk, unit, order, at, order.earlier, now=visit.now, about=told)
    else:
        until = visit.counter.until(visit.now, asked.payment_type)
        done = desk.commit(unit, order, at, until, order.earlier, now=visit.now, about=told)
    decided = _proven(done.decision, asked).to_dict()
    tell(unit, purchased(visit.network, done.decision, visit.now))
    return {**decided, "stock": "ledger", "reservation": reservation_values(done.reservation)}


def _proven(decision: Decision, asked: OrderQuestion) -> Decision:
    """Return a decision that may be given; the problem ``solver_stopped`` for one that may not.

    Policies that do not look for the least cost never run into the limit.
    """
    found = decision.choice.assignment
    searched = decision.policy.kind is PolicyKind.COST
    if searched and not found.exact and asked.on_timeout is OnTimeout.ERROR:
        detail = f"The answer found might cost up to {found.gap:.2%} too much; nothing was done."
        raise Problem(Code.SOLVER_STOPPED, detail, gap=found.gap, bound_cents=found.bound_cents)
    return decision


def show(unit: UnitOfWork, order_id: str) -> Values:
    """Return where an order stands."""
    held = unit.ledger.order(order_id)
    if held is None:
        raise UnknownOrder(order_id)
    records = unit.decisions.of_order(order_id)
    last = records[-1] if records else {}
    return {**order_values(held), "decision_id": last.get("decision_id"), "policy": last.get("policy")}


def why(unit: UnitOfWork, order_id: str) -> Values:
    """Return the record of an order's last decision, and the ids of all of them."""
    records = unit.decisions.of_order(order_id)
    if not records:
        raise UnknownOrder(order_id)
    return {"record": records[-1], "decision_ids": [record["decision_id"] for record in records]}


def approved(visit: Visit, order_id: str, asked: Seen, unit: UnitOfWork) -> Values:
    """Make an order firm, by the same places or decided anew."""
    done, facts = approve_again(visit, order_id, asked, unit)
    tell(unit, facts)
    return _again(done)


def approve_again(visit: Visit, order_id: str, asked: Seen, unit: UnitOfWork) -> tuple[Again, list[Event]]:
    """Do what ``approved`` does, and leave it to the caller to tell what came of it."""
    wanted, policy = _wanted(visit, order_id, asked.version, unit)
    done = approve(visit.counter.desk(visit.network, policy), unit, wanted)
    return done, _facts(visit, done)


def rerouted(visit: Visit, order_id: str, asked: Detour, unit: UnitOfWork) -> Values:
    """Decide again what has not left."""
    wanted, policy = _wanted(visit, order_id, asked.version, unit)
    desk = visit.counter.desk(visit.network, policy)
    done = reroute(desk, unit, wanted, asked.selection(), asked.exclude)
    tell(unit, _facts(visit, done))
    return _again(done)


def extended(visit: Visit, order_id: str, asked: Extension, unit: UnitOfWork) -> Values:
    """Hold an order longer, or less long."""
    until = asked.expires_at
    if until is None:
        record = _record(unit, order_id)
        until = visit.counter.until(visit.now, _order(record).payment_type)
    return order_values(unit.ledger.extend(order_id, until, at=visit.now, version=asked.version))


def handed_over(visit: Visit, order_id: str, asked: Some, unit: UnitOfWork) -> Values:
    """Let units leave, those that the ledger lacks included; it implies approval."""
    held, version = unit.ledger.order(order_id, lock=True), asked.version
    if held is not None and held.state is OrderState.RECEIVED:
        approved(visit, order_id, Seen(version=version), unit)
        version = None
    done = unit.ledger.hand_over(order_id, asked.selection(), at=visit.now, version=version)
    tell(unit, moved(done.reservation, visit.now))
    return {**order_values(done.reservation), "adjusted": [shortage_values(lack) for lack in done.beyond]}


Plain = Callable[[Visit, str, Some, UnitOfWork], Values]


def plainly(verb: str) -> Plain:
    """Return what a verb of the ledger does that needs no decision."""

    def do(visit: Visit, order_id: str, asked: Some, unit: UnitOfWork) -> Values:
        selection: Selection = asked.selection()
        book: Callable[..., Reservation] = getattr(unit.ledger, verb)
        held = book(order_id, selection, at=visit.now, version=asked.version)
        tell(unit, moved(held, visit.now))
        return order_values(held)

    return do


def reservation_values(held: Reservation) -> Values:
    """Return what a hold is, without its parts."""
    return {
        "reservation_id": held.reservation_id,
        "state": str(held.state),
        "version": held.version,
        "expires_at": held.expires_at.isoformat() if held.expires_at else None,
    }


def order_values(held: Reservation) -> Values:
    """Return an order as the ledger has it."""
    return {
        "order_id": held.order_id,
        **reservation_values(held),
        "created_at": held.created_at.isoformat(),
        "updated_at": held.updated_at.isoformat(),
        "parts": [_part(part) for part in held.parts],
    }


def _part(part: Part) -> Values:
    return {
        "line_id": part.line_id,
        "package_id": part.package_id,
        "source_id": part.source_id,
        "carrier_id": part.carrier_id,
        **part.key._asdict(),
        "quantity": part.quantity,
        "open": part.open,
        "handed_over": part.handed,
        "delivered": part.delivered,
        "returned": part.returned,
        "released": part.released,
        "lapsed": part.lapsed,
    }


def _facts(visit: Visit, done: Again) -> list[Event]:
    """Return what is to be told of an order that was looked at again: who serves it now, and what moved."""
    held, decision = done.reservation, done.decision
    now = visit.now
    told = [] if decision is None else purchased(visit.network, decision, now, held.created_at)
    return [*told, *moved(held, now)]


def _again(done: Again) -> Values:
    decided = done.decision
    return {**order_values(done.reservation), "decision": decided.to_dict() if decided else None}


def _wanted(visit: Visit, order_id: str, version: int | None, unit: UnitOfWork) -> tuple[Wanted, str | None]:
    """Return an order that may be decided again, and the policy that decided it."""
    record = _record(unit, order_id)
    asked = _order(record)
    about = {"order": record["order"]}
    order = partial(visit.order, asked, unit)
    return Wanted(order_id, order, visit.at(asked), visit.now, version, about), asked.policy


def _record(unit: UnitOfWork, order_id: str) -> Mapping[str, object]:
    """Return the last record of an order; the lock on the order keeps others from adding one."""
    if unit.ledger.order(order_id, lock=True) is None:
        raise UnknownOrder(order_id)
    records = unit.decisions.of_order(order_id)
    if not records or "order" not in records[-1]:
        raise BadInput(f"Order {order_id} was not taken here: the server does not know what it asks for.")
    return records[-1]


def _document(asked: OrderQuestion) -> Values:
    return asked.model_dump(mode="json", exclude_defaults=True)


def _order(record: Mapping[str, object]) -> OrderQuestion:
    return OrderQuestion.model_validate(record["order"])
