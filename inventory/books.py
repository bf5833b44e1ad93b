"""The ledger's rules, once, over whatever store keeps the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from graph.errors import BadInput
from inventory import verbs
from inventory.appending import append
from inventory.events import Cause, EventType, StockEvent, StockKey, utc
from inventory.ledger import Appended, CapacityFull, HandedOver
from inventory.reservations import (
    WHOLE,
    OrderExists,
    Part,
    Reservation,
    Selection,
    UnknownOrder,
    VersionConflict,
)
from inventory.stock import Fold, NotEnoughStock, Shortage, StockRow, StockSettings
from inventory.store import Store
from inventory.verbs import Change


class Books:
    """A `Ledger` over a store. Locks are taken in one order: order, stock rows by key, days by place."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rows(self, keys: Sequence[StockKey], *, lock: bool = False) -> dict[StockKey, StockRow]:
        """Return the rows of places, empty ones included."""
        found = self._store.rows(sorted(set(keys)), lock=lock)
        return {key: found.get(key) or StockRow(key) for key in keys}

    def available(self, keys: Sequence[StockKey], *, lock: bool = False) -> dict[StockKey, int]:
        """Return the units that may still be promised."""
        return {key: row.available for key, row in self.rows(keys, lock=lock).items()}

    def append(self, events: Sequence[StockEvent]) -> Appended:
        """Book events from outside, each id once."""
        return append(self._store, events)

    def configure(self, settings: Mapping[StockKey, StockSettings]) -> None:
        """Set what is not folded."""
        self._store.open_rows(sorted(settings))
        self._store.configure(settings)

    def order(self, order_id: str, *, lock: bool = False) -> Reservation | None:
        """Return an order."""
        return self._store.reservations([order_id], lock=lock).get(order_id)

    def receive(self, order_id: str, at: datetime) -> Reservation:
        """Take note of an order."""
        if known := self.order(order_id):
            raise OrderExists(order_id, known.state)
        received = verbs.receive(order_id, utc(at))
        self._store.put(received, None)
        return received

    def reserve(
        self, order_id: str, parts: Sequence[Part], *, at: datetime, expires_at: datetime | None
    ) -> Reservation:
        """Hold units."""
        known = self.order(order_id, lock=True)
        before = known or replace(verbs.receive(order_id, utc(at)), version=0)
        change = verbs.reserve(before, parts, utc(at), utc(expires_at) if expires_at else None)
        return self._settle(known, before, change).reservation

    def approve(self, order_id: str, *, at: datetime, version: int | None = None) -> Reservation:
        """Make a hold firm."""
        return self._do(order_id, version, lambda before: verbs.approve(before, utc(at)))

    def extend(
        self, order_id: str, expires_at: datetime, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Hold until another instant."""
        return self._do(order_id, version, lambda before: verbs.extend(before, utc(at), utc(expires_at)))

    def hand_over(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> HandedOver:
        """Ship units, those that the ledger lacks included."""
        before = self._seen(order_id, version)
        return self._settle(before, before, verbs.hand_over(before, utc(at), selection), beyond=True)

    def deliver(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Note what has arrived."""
        return self._do(order_id, version, lambda before: verbs.deliver(before, utc(at), selection))

    def take_back(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Put returned units back."""
        return self._do(order_id, version, lambda before: verbs.take_back(before, utc(at), selection))

    def release(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Give held units back."""
        return self._do(order_id, version, lambda before: verbs.release(before, utc(at), selection))

    def cancel(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """End an order, or part of it."""
        return self._do(order_id, version, lambda before: verbs.cancel(before, utc(at), selection))

    def reroute(
        self,
        order_id: str,
        parts: Sequence[Part],
        selection: Selection = WHOLE,
        *,
        at: datetime,
        version: int | None = None,
    ) -> Reservation:
        """Hold other parts instead of what has not left."""
        return self._do(order_id, version, lambda before: verbs.reroute(before, parts, utc(at), selection))

    def expire(self, at: datetime, most: int = 100) -> tuple[Reservation, ...]:
        """Give back what is due."""
        due = self._store.due(utc(at), most)
        # All rows at once: order by order, two units of work could come to wait for each other.
        self._store.rows(sorted({key for order in due for key in order.held()}), lock=True)
        return tuple(
            self._settle(before, before, verbs.expire(before, utc(at))).reservation for before in due
        )

    def limit_packages(self, limits: Mapping[str, int | None]) -> None:
        """Set how many packages locations pack a day."""
        if wrong := [place for place, most in limits.items() if most is not None and most < 0]:
            raise BadInput(f"Packages a day are not below zero: {', '.join(sorted(wrong))}.")
        self._store.set_limits(limits)

    def packages_left(self, days: Iterable[tuple[str, date]]) -> dict[tuple[str, date], int]:
        """Return how many packages can still be packed."""
        asked = sorted(set(days))
        limits = self._store.limits({place for place, _ in asked})
        limited = [day for day in asked if day[0] in limits]
        counted = self._store.packages(limited, lock=False)
        return {day: max(limits[day[0]] - counted[day], 0) for day in limited}

    def _seen(self, order_id: str, version: int | None) -> Reservation:
        found = self.order(order_id, lock=True)
        if found is None:
            raise UnknownOrder(order_id)
        if version is not None and found.version != version:
            raise VersionConflict(order_id, version, found.version)
        return found

    def _do(self, order_id: str, version: int | None, verb: Callable[[Reservation], Change]) -> Reservation:
        before = self._seen(order_id, version)
        return self._settle(before, before, verb(before)).reservation

    def _settle(
        self, known: Reservation | None, before: Reservation, change: Change, *, beyond: bool = False
    ) -> HandedOver:
        """Book what a verb moves and store the order after it. ``beyond``: what lacks is ADJUSTED first.

        Everything that can be refused is looked at before anything is written: whoever catches the refusal
        may go on in the same unit of work.
        """
        if change.after is before:
            return HandedOver(before)
        events, rows, lacking = self._foreseen(change, beyond=beyond)
        packages = self._packed(before, change.after, beyond=beyond)
        if events:
            self._store.book(events, rows)
        if packages:
            self._store.count_packages(packages)
        self._store.put(change.after, known)
        return HandedOver(change.after, lacking)

    def _foreseen(
        self, change: Change, *, beyond: bool
    ) -> tuple[list[StockEvent], dict[StockKey, tuple[StockRow, StockRow]], tuple[Shortage, ...]]:
        """Return the events of a change, the rows before and after them, and what lacked."""
        keys = sorted({move.part.key for move in change.moves})
        if beyond:
            self._store.open_rows(keys)
        found = self._store.rows(keys, lock=True)
        rows = {key: found.get(key) or StockRow(key) for key in keys}
        lacking = _lacking(rows, change)
        if lacking and not beyond:
            raise NotEnoughStock(lacking)
        events = _events(change, lacking)
        played = Fold(dict(rows))
        for event in events:
            played.play(event)
        return events, {key: (rows[key], row) for key, row in played.changed.items()}, lacking

    def _packed(
        self, before: Reservation, after: Reservation, *, beyond: bool
    ) -> dict[tuple[str, date], int]:
        """Return the packages to count on each day, or to take off again; no day gets more than its limit."""
        more = after.packages()
        more.subtract(before.packages())
        moved = {day: more[day] for day in sorted(more) if more[day]}
        if not moved:
            return {}
        counted = self._store.packages(list(moved), lock=True)
        limits = self._store.limits({place for place, _ in moved})
        for (place, day), count in moved.items():
            left = limits.get(place, counted[place, day] + count) - counted[place, day]
            if count > max(left, 0) and not beyond:
                raise CapacityFull(place, day, count, max(left, 0))
        return moved


def _lacking(rows: Mapping[StockKey, StockRow], change: Change) -> tuple[Shortage, ...]:
    """Return where a change holds more than there is, what it gives back counted in."""
    needed: Counter[StockKey] = Counter()
    room = Counter({key: row.available for key, row in rows.items()})
    for move in change.moves:
        if move.event_type is EventType.RESERVED:
            needed[move.part.key] += move.quantity
        elif move.event_type in (EventType.RELEASED, EventType.RETURNED):
            room[move.part.key] += move.quantity
    short = (key for key in sorted(needed) if needed[key] > room[key])
    return tuple(Shortage(key, "available", needed[key], room[key]) for key in short)


def _events(change: Change, lacking: Sequence[Shortage]) -> list[StockEvent]:
    """Return the events of a change; their ids follow from order and version, so that both homes agree."""
    after = change.after

    asked = [
        (EventType.ADJUSTED, short.key, short.needed - short.available, Cause.HAND_OVER) for short in lacking
    ]
    asked += [(move.event_type, move.part.key, move.quantity, move.cause) for move in change.moves]
    return [
        StockEvent(
            event_id=f"{after.reservation_id}:{after.version}:{number}",
            key=key,
            event_type=kind,
            quantity=quantity,
            at=after.updated_at,
            order_id=after.order_id,
            source=cause.value,
            reservation_id=after.reservation_id,
            expires_at=after.expires_at if kind is EventType.RESERVED else None,
        )
        for number, (kind, key, quantity, cause) in enumerate(asked, start=1)
    ]
