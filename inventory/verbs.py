"""The verbs of an order as pure functions: a reservation in, the next one and the stock that moves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from graph.errors import BadInput
from inventory.events import Cause, EventType
from inventory.reservations import WHOLE, Part, Reservation, Selection, changed, sent_state, spread
from inventory.states import OrderState, Verb, WrongState, permit


@dataclass(frozen=True, slots=True)
class Move:
    """Units of one part to be booked as an event."""

    event_type: EventType
    part: Part
    quantity: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Change:
    """What a verb makes of a reservation. Without moves and with the same version, nothing is to be done."""

    after: Reservation
    moves: tuple[Move, ...] = ()


def receive(order_id: str, at: datetime) -> Reservation:
    """Return an order that is known and holds nothing yet."""
    return Reservation(order_id, OrderState.RECEIVED, (), at, at)


def reserve(before: Reservation, parts: Sequence[Part], at: datetime, expires_at: datetime | None) -> Change:
    """Hold the units of new parts until ``expires_at``; for good (``firm``) when it is None.

    What earlier parts gave back for a time is now given back for good.
    """
    permit(before.order_id, Verb.RESERVE, before.state)
    return _held(before, [_given_up(part) for part in before.parts], parts, at, expires_at)


def _held(
    before: Reservation,
    old: Sequence[Part],
    new: Sequence[Part],
    at: datetime,
    expires_at: datetime | None,
    moves: Sequence[Move] = (),
) -> Change:
    if not new:
        raise BadInput(f"Order {before.order_id}: there is nothing to hold.")
    if expires_at is not None and expires_at <= at:
        raise BadInput(f"Order {before.order_id}: a hold until {expires_at} would be over already.")
    if any(part.open != part.quantity for part in new):
        raise BadInput(f"Order {before.order_id}: a new part is open as a whole.")
    state = OrderState.FIRM if expires_at is None else OrderState.RESERVED
    taken = [Move(EventType.RESERVED, part, part.quantity, Cause.ORDER) for part in new]
    return Change(changed(before, [*old, *new], state, at, expires_at), (*moves, *taken))


def approve(before: Reservation, at: datetime) -> Change:
    """Make the hold firm; what has lapsed is taken again from the same places.

    Raises WrongState when there is nothing to take again.
    """
    permit(before.order_id, Verb.APPROVE, before.state)
    lapsed = [part for part in before.parts if part.lapsed]
    if not lapsed and before.state is not OrderState.RESERVED:
        if before.state in (OrderState.RELEASED, OrderState.EXPIRED):
            raise WrongState(before.order_id, Verb.APPROVE, before.state)
        return Change(before)
    parts = [replace(part, lapsed=0) for part in before.parts]
    moves = [Move(EventType.RESERVED, part, part.lapsed, Cause.ORDER) for part in lapsed]
    return Change(changed(before, parts, OrderState.FIRM, at), tuple(moves))


def extend(before: Reservation, at: datetime, expires_at: datetime) -> Change:
    """Hold the same units until another instant."""
    permit(before.order_id, Verb.EXTEND, before.state)
    if expires_at <= at:
        raise BadInput(f"Order {before.order_id}: {expires_at} is not after {at}.")
    return Change(changed(before, before.parts, before.state, at, expires_at))


def hand_over(before: Reservation, at: datetime, selection: Selection = WHOLE) -> Change:
    """Let units leave with the carrier. That implies approval: what had lapsed is taken again first."""
    permit(before.order_id, Verb.HAND_OVER, before.state)
    room = {i: part.open + part.lapsed for i, part in enumerate(before.parts)}
    units = spread(before, selection, room, "hand over")
    if not any(units):
        return Change(before)
    parts, again, leaving = [], [], []
    for part, moved in zip(before.parts, units, strict=True):
        revived = max(moved - part.open, 0)
        parts.append(replace(part, handed=part.handed + moved, lapsed=part.lapsed - revived))
        if revived:
            again.append(Move(EventType.RESERVED, part, revived, Cause.HAND_OVER))
        if moved:
            leaving.append(Move(EventType.SHIPPED, part, moved, Cause.ORDER))
    return Change(changed(before, parts, before.state, at), (*again, *leaving))


def deliver(before: Reservation, at: datetime, selection: Selection = WHOLE) -> Change:
    """Note what has reached the customer; no stock moves."""
    permit(before.order_id, Verb.DELIVER, before.state)
    room = {i: part.handed - part.delivered for i, part in enumerate(before.parts)}
    units = spread(before, selection, room, "deliver")
    if not any(units):
        return Change(before)
    pairs = zip(before.parts, units, strict=True)
    parts = [replace(part, delivered=part.delivered + moved) for part, moved in pairs]
    return Change(changed(before, parts, before.state, at))


def take_back(before: Reservation, at: datetime, selection: Selection = WHOLE) -> Change:
    """Put returned units back where they came from."""
    permit(before.order_id, Verb.RETURN, before.state)
    room = {i: part.handed - part.returned for i, part in enumerate(before.parts)}
    units = spread(before, selection, room, "return")
    if not any(units):
        return Change(before)
    parts = [
        replace(part, returned=part.returned + moved) for part, moved in zip(before.parts, units, strict=True)
    ]
    return Change(
        changed(before, parts, before.state, at), _moves(EventType.RETURNED, before, units, Cause.RETURN)
    )


def release(before: Reservation, at: datetime, selection: Selection = WHOLE) -> Change:
    """Give held units back. As a whole, approval takes the same again; packages and lines are given up."""
    permit(before.order_id, Verb.RELEASE, before.state)
    if selection.whole and sent_state(before.parts) is None:
        return _lapse(before, at, OrderState.RELEASED, Cause.ORDER)
    return _give_up(before, at, selection, Cause.ORDER)


def expire(before: Reservation, at: datetime) -> Change:
    """Give back what was held until an instant that has come; does nothing before."""
    permit(before.order_id, Verb.EXPIRE, before.state)
    if before.expires_at is None or before.expires_at > at:
        return Change(before)
    return _lapse(before, at, OrderState.EXPIRED, Cause.EXPIRY)


def cancel(before: Reservation, at: datetime, selection: Selection = WHOLE) -> Change:
    """End an order, or part of it: what is held is given back for good, what has left stays on its way."""
    permit(before.order_id, Verb.CANCEL, before.state)
    if before.state is OrderState.CANCELED:
        return Change(before)
    if not selection.whole:
        return _give_up(before, at, selection, Cause.CANCEL, OrderState.CANCELED)
    units = [part.open for part in before.parts]
    parts = [_given_up(replace(part, lapsed=part.lapsed + part.open)) for part in before.parts]
    moves = _moves(EventType.RELEASED, before, units, Cause.CANCEL)
    return Change(changed(before, parts, OrderState.CANCELED, at), moves)


def reroute(before: Reservation, new: Sequence[Part], at: datetime, selection: Selection = WHOLE) -> Change:
    """Give back what has not left and hold new parts in its place, in one step.

    A hold with an end keeps it.
    """
    permit(before.order_id, Verb.REROUTE, before.state)
    room = {i: part.open + part.lapsed for i, part in enumerate(before.parts)}
    units = spread(before, selection, room, "reroute")
    old, opened = [], []
    for part, moved in zip(before.parts, units, strict=True):
        given = min(moved, part.open)
        opened.append(given)
        old.append(replace(part, released=part.released + moved, lapsed=part.lapsed - (moved - given)))
    back = _moves(EventType.RELEASED, before, opened, Cause.REROUTE)
    return _held(before, old, new, at, before.expires_at, back)


def _given_up(part: Part) -> Part:
    return replace(part, released=part.released + part.lapsed, lapsed=0)


def _lapse(before: Reservation, at: datetime, state: OrderState, cause: Cause) -> Change:
    units = [part.open for part in before.parts]
    if not any(units):
        return Change(before)
    parts = [replace(part, lapsed=part.lapsed + part.open) for part in before.parts]
    return Change(changed(before, parts, state, at), _moves(EventType.RELEASED, before, units, cause))


def _give_up(
    before: Reservation,
    at: datetime,
    selection: Selection,
    cause: Cause,
    emptied: OrderState = OrderState.RELEASED,
) -> Change:
    room = {i: part.open for i, part in enumerate(before.parts)}
    units = spread(before, selection, room, "release")
    if not any(units):
        return Change(before)
    parts = [
        replace(part, released=part.released + moved) for part, moved in zip(before.parts, units, strict=True)
    ]
    state = before.state if any(part.open for part in parts) else emptied
    expires_at = before.expires_at if state is before.state else None
    return Change(
        changed(before, parts, state, at, expires_at), _moves(EventType.RELEASED, before, units, cause)
    )


def _moves(
    event_type: EventType, before: Reservation, units: Sequence[int], cause: Cause
) -> tuple[Move, ...]:
    pairs = zip(before.parts, units, strict=True)
    return tuple(Move(event_type, part, moved, cause) for part, moved in pairs if moved)
