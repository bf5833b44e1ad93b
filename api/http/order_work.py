"""What each call about an order does inside a unit of work, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.http.desk import Counter
from api.http.errors import shortage_values
from api.http.order_questions import Detour, Extension, OrderQuestion, Seen, Some
from api.order_models import OrderIn
from graph import Network
from graph.errors import BadInput
from graph.orders import Order
from inventory.ledger import Home, UnitOfWork
from inventory.reservations import Part, Reservation, Selection, UnknownOrder
from replay.again import Again, Wanted, approve, reroute
from replay.decision import Decision

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """One call: the counter, the network in force and what the clock says."""

    counter: Counter
    network: Network
    now: datetime

    def at(self, order: OrderIn | Order) -> datetime:
        """Return the instant to decide for: the purchase; the snapshot's where that is later or unknown."""
        return max(order.purchased_at or self.network.meta.as_of, self.network.meta.as_of)


def preview(visit: Visit, asked: OrderQuestion, home: Home | None) -> Values:
    """Decide an order on the ledger's stock, or as if everybody had enough, and hold nothing."""
    desk, order = visit.counter.desk(visit.network, asked.policy), asked.to_order()
    at, record = visit.at(order), order.earlier
    if home is None:
        return {**desk.preview(order, at, record=record, now=visit.now).to_dict(), "stock": "unlimited"}
    with home.reading() as unit:
        decision = desk.preview(order, at, unit.ledger, record, now=visit.now)
    return {**decision.to_dict(), "stock": "ledger"}


def take(visit: Visit, asked: OrderQuestion, unit: UnitOfWork) -> Values:
    """Decide an order and hold its stock."""
    desk, order = visit.counter.desk(visit.network, asked.policy), asked.to_order()
    expires_at = visit.counter.until(visit.now, asked.payment_type)
    told = {"order": _document(asked)}
    done = desk.commit(unit, order, visit.at(order), expires_at, order.earlier, now=visit.now, about=told)
    return {**done.decision.to_dict(), "stock": "ledger", "reservation": reservation_values(done.reservation)}


def show(unit: UnitOfWork, order_id: str) -> Values:
    """Return where an order stands."""
    held = unit.ledger.order(order_id)
    if held is None:
        raise UnknownOrder(order_id)
    records = unit.decisions.of_order(order_id)
    return {**order_values(held), **_decided(records[-1] if records else None)}


def why(unit: UnitOfWork, order_id: str) -> Values:
    """Return the record of an order's last decision, and the ids of all of them."""
    records = unit.decisions.of_order(order_id)
    if not records:
        raise UnknownOrder(order_id)
    return {"record": records[-1], "decision_ids": [record["decision_id"] for record in records]}


def approved(visit: Visit, order_id: str, asked: Seen, unit: UnitOfWork) -> Values:
    """Make an order firm, by the same places or decided anew."""
    wanted, policy = _wanted(visit, order_id, asked.version, unit)
    return _again(approve(visit.counter.desk(visit.network, policy), unit, wanted))


def rerouted(visit: Visit, order_id: str, asked: Detour, unit: UnitOfWork) -> Values:
    """Decide again what has not left."""
    wanted, policy = _wanted(visit, order_id, asked.version, unit)
    desk = visit.counter.desk(visit.network, policy)
    return _again(reroute(desk, unit, wanted, asked.selection(), asked.exclude))


def extended(visit: Visit, order_id: str, asked: Extension, unit: UnitOfWork) -> Values:
    """Hold an order longer, or less long."""
    until = asked.expires_at
    if until is None:
        record = _record(unit, order_id)
        until = visit.counter.until(visit.now, _order(record).payment_type)
    return order_values(unit.ledger.extend(order_id, until, at=visit.now, version=asked.version))


def handed_over(visit: Visit, order_id: str, asked: Some, unit: UnitOfWork) -> Values:
    """Let units leave, those that the ledger lacks included."""
    done = unit.ledger.hand_over(order_id, asked.selection(), at=visit.now, version=asked.version)
    return {**order_values(done.reservation), "adjusted": [shortage_values(lack) for lack in done.beyond]}


Plain = Callable[[Visit, str, Some, UnitOfWork], Values]


def plainly(verb: str) -> Plain:
    """Return what a verb of the ledger does that needs no decision."""

    def do(visit: Visit, order_id: str, asked: Some, unit: UnitOfWork) -> Values:
        selection: Selection = asked.selection()
        book: Callable[..., Reservation] = getattr(unit.ledger, verb)
        return order_values(book(order_id, selection, at=visit.now, version=asked.version))

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


def _again(done: Again) -> Values:
    return {**order_values(done.reservation), "decision": _told(done.decision)}


def _told(decision: Decision | None) -> Values | None:
    return None if decision is None else decision.to_dict()


def _decided(record: Mapping[str, object] | None) -> Values:
    if record is None:
        return {"decision_id": None, "policy": None}
    return {"decision_id": record["decision_id"], "policy": record["policy"]}


def _wanted(visit: Visit, order_id: str, version: int | None, unit: UnitOfWork) -> tuple[Wanted, str | None]:
    """Return an order that may be decided again, and the policy that decided it."""
    record = _record(unit, order_id)
    asked = _order(record)
    wanted = Wanted(order_id, asked.to_order, visit.at(asked), visit.now, version, {"order": record["order"]})
    return wanted, asked.policy


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
