"""Events from outside: each id once, in their order; what cannot be is refused and the rest booked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from inventory.events import Cause, EventType, StockEvent
from inventory.ledger import Appended, Refusal
from inventory.stock import RESERVING, Fold, NotEnoughStock, Shortage, StockRow, held_after
from inventory.store import Holder, Store


def append(store: Store, events: Sequence[StockEvent]) -> Appended:
    """Book events; see `inventory.ledger.Ledger.append`."""
    keys = sorted({key for event in events for key in event.touches})
    store.open_rows(keys)
    rows = {key: StockRow(key) for key in keys} | store.rows(keys, lock=True)
    # Only now: whoever books the same events at the same time has finished when the rows are ours.
    fresh, duplicates, refused = _fresh(store, events)
    fresh, owned = _not_owned(store, fresh)
    held = store.held({(e.order_id, e.key) for e in fresh if e.event_type in RESERVING})
    run = _Run(Fold(dict(rows)), held)
    for event in fresh:
        run.take(event)
    store.book(run.booked, {key: (rows[key], row) for key, row in run.fold.changed.items()})
    told = len(fresh) - len(run.refused)
    return Appended(told, duplicates, (*refused, *owned, *run.refused), tuple(run.beyond))


def _fresh(store: Store, events: Sequence[StockEvent]) -> tuple[list[StockEvent], int, list[Refusal]]:
    """Return the events that are new, how many were known already, and those whose id is taken."""
    known = store.known([event.event_id for event in events])
    fresh: list[StockEvent] = []
    duplicates, refused = 0, []
    for event in events:
        told = known.get(event.event_id)
        if told is None:
            known[event.event_id] = event
            fresh.append(event)
        elif _same(told, event):
            duplicates += 1
        else:
            refused.append(Refusal(event, "another event has this id"))
    return fresh, duplicates, refused


def _same(told: StockEvent, event: StockEvent) -> bool:
    """Whether two events tell the same; a table of events does not say which reservation they served."""
    named = replace(event, reservation_id=told.reservation_id, expires_at=told.expires_at)
    return told == named


def _not_owned(store: Store, events: Sequence[StockEvent]) -> tuple[list[StockEvent], list[Refusal]]:
    """Part events that move the units of an order which the ledger itself holds from the others."""
    named = {event.order_id for event in events if event.event_type in RESERVING and event.order_id}
    owned = store.reservations(sorted(named), lock=False) if named else {}
    mine = [event for event in events if event.event_type in RESERVING and event.order_id in owned]
    taken = {event.event_id for event in mine}
    why = "this order is held here: use its own verbs (approve, handover, release, ...)"
    return [event for event in events if event.event_id not in taken], [Refusal(e, why) for e in mine]


@dataclass(slots=True)
class _Run:
    """Events being played in their order."""

    fold: Fold
    held: Counter[Holder]
    booked: list[StockEvent] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    beyond: list[Shortage] = field(default_factory=list)

    def take(self, event: StockEvent) -> None:
        """Book one event and what has to come before it, or refuse it."""
        holder = (event.order_id, event.key)
        before, first = self.fold.row(event.key), list(self._first(event, holder))
        held = self.held[holder]
        try:
            for one in (*first, event):
                held = held_after(held, one) if one.event_type in RESERVING else held
                self.fold.play(one)
        except NotEnoughStock as lack:
            self.refused.append(Refusal(event, "not enough stock", lack.shortages[0]))
            return
        self.held[holder] = held
        self.booked += [*first, event]
        if any(one.event_type is EventType.ADJUSTED for one in first):
            self.beyond.append(Shortage(event.key, "available", event.quantity, before.available))

    def _first(self, event: StockEvent, holder: Holder) -> Iterator[StockEvent]:
        """Yield what a shipment lacks: the hold of its order, and before that the units themselves."""
        if event.event_type is not EventType.SHIPPED:
            return
        unheld = event.quantity - self.held[holder]
        missing = unheld - self.fold.row(event.key).available
        if unheld > 0 and missing > 0:
            yield _before(event, EventType.ADJUSTED, missing)
        if unheld > 0:
            yield _before(event, EventType.RESERVED, unheld)


def _before(event: StockEvent, kind: EventType, quantity: int) -> StockEvent:
    name = f"{event.event_id}:{kind.lower()}"
    return replace(event, event_id=name, event_type=kind, quantity=quantity, source=Cause.HAND_OVER.value)
