"""An order decided again: approval of a hold that has lapsed, or another way for what has not left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from graph.days import local_day
from graph.orders import Order
from inventory.events import StockKey
from inventory.ledger import CapacityFull, UnitOfWork
from inventory.reservations import Reservation, Selection, UnknownOrder, VersionConflict, spread
from inventory.states import ALLOWED, OrderState, Verb, permit
from inventory.stock import NotEnoughStock
from replay.decision import Decision, Served
from replay.desk import Desk, NoAnswer, reserved_parts
from replay.noted import noted_parts


@dataclass(frozen=True, slots=True)
class Again:
    """An order after it was looked at again; ``decision`` is None where it keeps what it had."""

    reservation: Reservation
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order of the ledger that may be decided again.

    ``order`` returns what the customer wants, all of it. ``at`` is the instant to decide for, ``now`` what
    the clock says; ``version`` is the one that the caller has seen (None: any); ``about`` goes to the record.
    """

    order_id: str
    order: Callable[[], Order]
    at: datetime
    now: datetime
    version: int | None = None
    about: Mapping[str, object] | None = None


def approve(desk: Desk, unit: UnitOfWork, wanted: Wanted) -> Again:
    """Make an order firm: by the same places if they still have the units, else decided anew.

    An order that was received and holds nothing is held as its stored decision says, if that still fits, else
    decided now. Raises UnknownOrder, VersionConflict,
    WrongState; NotEnoughStock or CapacityFull where nobody can serve any of it.
    """
    held = _seen(unit, wanted)
    if held.state is OrderState.RECEIVED:
        return _received(desk, unit, wanted)
    try:
        return Again(unit.ledger.approve(wanted.order_id, at=wanted.now, version=wanted.version))
    except (NotEnoughStock, CapacityFull):
        if held.state not in ALLOWED[Verb.RESERVE]:
            raise
        order = only(wanted.order(), lapsed(held))
        done = desk.commit(unit, order, wanted.at, None, now=wanted.now, about=wanted.about)
        if done.decision.served is Served.UNSERVED:
            raise
        return Again(done.reservation, done.decision)


def _received(desk: Desk, unit: UnitOfWork, wanted: Wanted) -> Again:
    records = unit.decisions.of_order(wanted.order_id)
    if parts := noted_parts(records[-1], local_day(wanted.now)) if records else []:
        with suppress(NotEnoughStock, CapacityFull):
            if held := desk.hold(unit, wanted.order_id, parts, at=wanted.now):
                return Again(held)
    order = wanted.order()
    done = desk.commit(unit, order, wanted.at, None, order.earlier, now=wanted.now, about=wanted.about)
    return Again(done.reservation, done.decision)


def reroute(
    desk: Desk,
    unit: UnitOfWork,
    wanted: Wanted,
    selection: Selection,
    exclude: Collection[str] = (),
) -> Again:
    """Decide again what has not left, its own units given back first; ``exclude`` are sources not to use.

    Where the same way is the best nothing changes. Raises UnknownOrder, VersionConflict, WrongState,
    BadInput, and NoAnswer (nothing done) where another way would not serve all of it.
    """
    held = _seen(unit, wanted)
    permit(held.order_id, Verb.REROUTE, held.state)
    room = {row: part.open + part.lapsed for row, part in enumerate(held.parts)}
    units = spread(held, selection, room, "reroute")
    moved = [(part, count) for part, count in zip(held.parts, units, strict=True) if count]
    if not moved:
        return Again(held)
    lines: Counter[str] = Counter()
    spare: Counter[StockKey] = Counter()
    before: Counter[tuple[str, str, str]] = Counter()
    for part, count in moved:
        lines[part.line_id] += count
        spare[part.key] += min(count, part.open)
        before[part.line_id, part.source_id, part.carrier_id] += count
    order = _without(only(wanted.order(), lines), exclude)
    case = desk.case(order, wanted.at, unit.ledger, lock=True, now=wanted.now, spare=spare)
    decision = desk.numbered(unit, desk.decide(case), held)
    if decision.served is not Served.SERVED:
        raise NoAnswer(f"Order {held.order_id}: no other way serves all of this; it stays as it is.")
    parts = reserved_parts(decision, local_day(wanted.now))
    if before == Counter({(part.line_id, part.source_id, part.carrier_id): part.quantity for part in parts}):
        return Again(held)
    over = desk.policy.may_overfill
    after = unit.ledger.reroute(
        held.order_id, parts, selection, at=wanted.now, version=held.version, over_limit=over
    )
    desk.store(unit, decision, wanted.now, wanted.about)
    return Again(after, decision)


def lapsed(held: Reservation) -> Counter[str]:
    """Return the units of each line that approval would take again."""
    units: Counter[str] = Counter()
    for part in held.parts:
        units[part.line_id] += part.lapsed
    return units


def only(order: Order, units: Mapping[str, int]) -> Order:
    """Return an order of so many units of its lines; the others are left out."""
    lines = tuple(
        replace(line, quantity=units[line.line_id]) for line in order.lines if units.get(line.line_id)
    )
    kept = {line.line_id for line in lines}
    groups = (tuple(name for name in group if name in kept) for group in order.together)
    return replace(
        order,
        lines=lines,
        together=tuple(group for group in groups if len(group) > 1),
        earlier={line: choice for line, choice in order.earlier.items() if line in kept},
    )


def _without(order: Order, sources: Collection[str]) -> Order:
    lines = (replace(line, exclude=(*line.exclude, *sources)) for line in order.lines)
    return replace(order, lines=tuple(lines)) if sources else order


def _seen(unit: UnitOfWork, wanted: Wanted) -> Reservation:
    held = unit.ledger.order(wanted.order_id, lock=True)
    if held is None:
        raise UnknownOrder(wanted.order_id)
    if wanted.version is not None and held.version != wanted.version:
        raise VersionConflict(wanted.order_id, wanted.version, held.version)
    return held
