"""Is the stock what its events say? The events are folded from nothing and compared with what is stored."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inventory.events import StockKey
from inventory.stock import RESERVING, Fold, NotEnoughStock, StockRow, held_after
from inventory.store import Holder, Store


@dataclass(frozen=True, slots=True)
class Difference:
    """One count that is not what the events say. ``order_id`` names whose, where it is an order's."""

    key: StockKey
    count: str
    stored: int
    folded: int
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """What was compared, and every difference."""

    events: int
    rows: int
    orders: int
    differences: tuple[Difference, ...]

    @property
    def clean(self) -> bool:
        """Whether the books are right."""
        return not self.differences


def audit(store: Store) -> Audit:
    """Fold every event and compare: the units of each row, and what each order holds where."""
    played, held, impossible, events = Fold({}), Counter[Holder](), list[Difference](), 0
    for event in store.all_events():
        events += 1
        holder = (event.order_id, event.key)
        try:
            if event.event_type in RESERVING:
                held[holder] = held_after(held[holder], event)
            played.play(event)
        except NotEnoughStock as lack:
            short = lack.shortages[0]
            impossible.append(
                Difference(short.key, short.kind, short.needed, short.available, event.order_id)
            )
    rows = {row.key: row for row in store.all_rows()}
    by_order = defaultdict[str | None, dict[StockKey, int]](dict)
    for (owner, key), units in held.items():
        by_order[owner][key] = units
    orders, of_orders = 0, list[Difference]()
    for reservation in store.all_reservations():
        orders += 1
        of_orders += _of_order(reservation.order_id, reservation.held(), by_order[reservation.order_id])
    return Audit(events, len(rows), orders, (*impossible, *_of_rows(rows, played.rows), *of_orders))


def _of_rows(stored: dict[StockKey, StockRow], folded: dict[StockKey, StockRow]) -> Iterator[Difference]:
    for key in sorted(stored.keys() | folded.keys()):
        there, told = stored.get(key) or StockRow(key), folded.get(key) or StockRow(key)
        if there.current != told.current:
            yield Difference(key, "current_stock", there.current, told.current)
        if there.reserved != told.reserved:
            yield Difference(key, "reserved_stock", there.reserved, told.reserved)


def _of_order(
    order_id: str, stored: Counter[StockKey], folded: Mapping[StockKey, int]
) -> Iterator[Difference]:
    for key in sorted(stored.keys() | folded.keys()):
        if stored[key] != folded.get(key, 0):
            yield Difference(key, "held", stored[key], folded.get(key, 0), order_id)
