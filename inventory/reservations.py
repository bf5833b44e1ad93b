"""What an order holds: its parts, and how many units of each are held, sent, returned, given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from graph.errors import BadInput, MalhaError
from inventory.events import StockKey
from inventory.states import OrderState


@dataclass(frozen=True, slots=True)
class Part:
    """So many units of one order line from one place, in one package.

    ``quantity`` = open + handed + released + lapsed. ``released`` units were given back for good, ``lapsed``
    ones until the order is approved after all; ``delivered`` and ``returned`` are of those handed over.
    ``day`` (a local date) is when the place packs it, if its packages a day are limited.
    BadInput for less than one unit, or for units that nobody accounts for.
    """

    line_id: str
    package_id: str
    source_id: str
    carrier_id: str
    key: StockKey
    quantity: int
    day: date | None = None
    handed: int = 0
    delivered: int = 0
    returned: int = 0
    released: int = 0
    lapsed: int = 0

    def __post_init__(self) -> None:
        counts = (self.handed, self.delivered, self.returned, self.released, self.lapsed, self.open)
        if self.quantity < 1 or min(counts) < 0 or max(self.delivered, self.returned) > self.handed:
            raise BadInput(f"Line {self.line_id} in package {self.package_id}: the units do not add up.")

    @property
    def open(self) -> int:
        """The units that stand reserved."""
        return self.quantity - self.handed - self.released - self.lapsed

    @classmethod
    def of_source(
        cls, line: tuple[str, str, int], route: tuple[str, str], package_id: str, day: date | None = None
    ) -> Part:
        """Return a part: (line_id, product_id, quantity) by (source_id, carrier_id)."""
        line_id, product_id, quantity = line
        source_id, carrier_id = route
        key = StockKey.of_source(product_id, source_id)
        return cls(line_id, package_id, source_id, carrier_id, key, quantity, day)


@dataclass(frozen=True, slots=True)
class Reservation:
    """An order in the ledger. ``version`` rises with every change; ``expires_at`` is set while ``reserved``.

    Parts are never taken away: what was released, or decided anew, stays for the record.
    """

    order_id: str
    state: OrderState
    parts: tuple[Part, ...]
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    version: int = 1

    @property
    def reservation_id(self) -> str:
        """The id of the reservation: an order has one."""
        return f"res-{self.order_id}"

    def held(self) -> Counter[StockKey]:
        """Return the reserved units by place."""
        units: Counter[StockKey] = Counter()
        for part in self.parts:
            if part.open:
                units[part.key] += part.open
        return units

    def packages(self) -> Counter[tuple[str, date]]:
        """Return the packages that count against a limit, by location and day."""
        live = {
            (part.key.location_id, part.day, part.package_id)
            for part in self.parts
            if part.day is not None and part.open + part.handed
        }
        return Counter((place, day) for place, day, _ in live)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of an order a verb is about: all of it, one package, or lines with so many units each."""

    package_id: str | None = None
    lines: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if self.package_id is not None and self.lines is not None:
            raise BadInput("Name a package or lines, not both.")
        if self.lines is not None and (not self.lines or min(self.lines.values()) < 1):
            raise BadInput("Name at least one line, each with one unit or more.")

    @property
    def whole(self) -> bool:
        """Whether the verb is about the whole order."""
        return self.package_id is None and self.lines is None


WHOLE = Selection()


class VersionConflict(MalhaError):
    """Somebody changed the order in between; nothing was done."""

    def __init__(self, order_id: str, expected: int, found: int) -> None:
        self.order_id, self.expected, self.found = order_id, expected, found
        super().__init__(f"Order {order_id} is at version {found}, not {expected}: read it again.")


class UnknownOrder(MalhaError):
    """The ledger has no such order."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"Order {order_id} is not known here.")


class OrderExists(MalhaError):
    """The ledger has this order already: change it by its verbs."""

    def __init__(self, order_id: str, state: OrderState) -> None:
        self.order_id, self.state = order_id, state
        super().__init__(f"Order {order_id} exists already, it is {state}.")


def spread(reservation: Reservation, selection: Selection, room: Mapping[int, int], doing: str) -> list[int]:
    """Return how many units of each part a verb moves, given the units that each part has room for.

    Lines take their parts in order. Raises BadInput for an unknown package or line, and for more units of a
    line than there is room for; what is chosen as a whole moves what there is.
    """
    parts = reservation.parts
    if selection.lines is not None:
        return _spread_lines(reservation, selection.lines, room, doing)
    if selection.package_id is not None and all(p.package_id != selection.package_id for p in parts):
        raise BadInput(f"Order {reservation.order_id} has no package {selection.package_id!r}.")
    chosen = (selection.package_id in (None, part.package_id) for part in parts)
    return [room[i] if taken else 0 for i, taken in enumerate(chosen)]


def _spread_lines(
    reservation: Reservation, lines: Mapping[str, int], room: Mapping[int, int], doing: str
) -> list[int]:
    moved, faults = [0] * len(reservation.parts), []
    for line_id, asked in lines.items():
        if all(part.line_id != line_id for part in reservation.parts):
            faults.append(f"there is no line {line_id!r}")
            continue
        left = asked
        for i, part in enumerate(reservation.parts):
            if part.line_id == line_id:
                moved[i] = min(left, room[i])
                left -= moved[i]
        if left:
            faults.append(f"line {line_id!r} has {asked - left} of {asked} units to {doing}")
    if faults:
        raise BadInput(f"Order {reservation.order_id}: {'; '.join(faults)}.")
    return moved


def sent_state(parts: Iterable[Part]) -> OrderState | None:
    """Return the state of an order of which something has left; None when nothing has."""
    parts = tuple(parts)
    if not any(part.handed for part in parts):
        return None
    if any(part.open or part.lapsed for part in parts):
        return OrderState.PARTLY_HANDED_OVER
    arrived = all(part.delivered == part.handed for part in parts)
    return OrderState.DELIVERED if arrived else OrderState.HANDED_OVER


def changed(
    before: Reservation,
    parts: Sequence[Part],
    state: OrderState,
    at: datetime,
    expires_at: datetime | None = None,
) -> Reservation:
    """Return the next version of a reservation; once something has left, the parts tell the state."""
    return replace(
        before,
        parts=tuple(parts),
        state=sent_state(parts) or state,
        updated_at=at,
        expires_at=expires_at,
        version=before.version + 1,
    )
