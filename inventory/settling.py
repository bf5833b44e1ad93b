"""A verb becomes fact: what it moves is looked at, then booked, and the order stored after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from inventory.events import Cause, EventType, StockEvent, StockKey
from inventory.ledger import CapacityFull, HandedOver
from inventory.reservations import Reservation
from inventory.stock import Fold, NotEnoughStock, Shortage, StockRow
from inventory.store import Store
from inventory.verbs import Change


def settle(
    store: Store,
    known: Reservation | None,
    before: Reservation,
    change: Change,
    *,
    beyond: bool = False,
    over_limit: bool = False,
) -> HandedOver:
    """Book what a verb moves and store the order after it. ``beyond``: what lacks is ADJUSTED first.

    Everything that can be refused is looked at before anything is written: whoever catches the refusal
    may go on in the same unit of work.
    """
    if change.after is before:
        return HandedOver(before)
    events, rows, lacking = _foreseen(store, change, beyond=beyond)
    packages = _packed(store, before, change.after, beyond=beyond or over_limit)
    store.put(change.after, known)
    if events:
        store.book(events, rows)
    if packages:
        store.count_packages(packages)
    return HandedOver(change.after, lacking)


def _foreseen(
    store: Store, change: Change, *, beyond: bool
) -> tuple[list[StockEvent], dict[StockKey, tuple[StockRow, StockRow]], tuple[Shortage, ...]]:
    """Return the events of a change, the rows before and after them, and what lacked."""
    keys = sorted({move.part.key for move in change.moves})
    if beyond:
        store.open_rows(keys)
    found = store.rows(keys, lock=True)
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
    store: Store, before: Reservation, after: Reservation, *, beyond: bool
) -> dict[tuple[str, date], int]:
    """Return the packages to count on each day, or to take off again; no day gets more than its limit."""
    more = after.packages()
    more.subtract(before.packages())
    moved = {day: more[day] for day in sorted(more) if more[day]}
    if not moved:
        return {}
    limits = store.limits({place for place, _ in moved})
    limited = [day for day in moved if day[0] in limits]
    counted = store.packages(limited, lock=True)
    for place, day in limited:
        left = max(limits[place] - counted[place, day], 0)
        if moved[place, day] > left and not beyond:
            raise CapacityFull(place, day, moved[place, day], left)
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
