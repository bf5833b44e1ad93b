"""Orders as every part of Malha passes them on: what is wanted where, and what the customer allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite

from graph.errors import BadInput, Fault

Earlier = tuple[str, str]
"""A choice made before: (source_id, carrier_id)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A seller who offers a line's product from their own stock, whatever the snapshot knows of either.

    ``price_cents`` is of one unit. ``zip_prefix`` is where the seller ships from: needed for a seller that
    the snapshot does not know, and counted for no other. ``category`` and the sizes of one unit (g, cm3, cm)
    stand in for a product that the snapshot does not know. ``active`` False: the offer is withdrawn, and
    counts as lapsed.
    """

    seller_id: str
    price_cents: int
    zip_prefix: str | None = None
    category: str | None = None
    weight_g: float | None = None
    volume_cm3: float | None = None
    longest_side_cm: float | None = None
    active: bool = True

    @property
    def source_id(self) -> str:
        """The source that it makes."""
        return f"seller:{self.seller_id}"

    def faults(self, line_id: str) -> Iterator[Fault]:
        """Yield what is wrong with it as a candidate of a line."""

        def fault(kind: str, value: object, remedy: str) -> Fault:
            return Fault("order lines", line_id or None, "candidates", kind, str(value), remedy)

        if not self.seller_id:
            yield fault("seller_id: empty", "", "Give an id.")
        if self.price_cents < 0:
            yield fault("price_cents: less than 0", self.price_cents, "Give the price of a unit in cents.")
        for name in ("weight_g", "volume_cm3", "longest_side_cm"):
            size = getattr(self, name)
            if size is not None and not (isfinite(size) and size > 0):
                yield fault(f"{name}: not more than 0", size, "Give the size of one unit, or leave it out.")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """So many units of one product.

    ``pin``: only these sources may serve the line (empty = any); ``exclude``: these may not. Sources are
    named ``seller:<id>`` or ``warehouse:<id>:<seller>``. ``candidates`` are offers beside the snapshot's; of
    one seller they count instead of it, and with them a product may be unknown. BadInput lists everything
    that is wrong.
    """

    line_id: str
    product_id: str
    quantity: int
    pin: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()

    def __post_init__(self) -> None:
        if faults := tuple(self._faults()):
            raise BadInput(f"Order line {self.line_id!r} cannot be used.", faults)

    def _faults(self) -> Iterator[Fault]:
        def fault(column: str, kind: str, value: object, remedy: str) -> Fault:
            return Fault("order lines", self.line_id or None, column, kind, str(value), remedy)

        for column in ("line_id", "product_id"):
            if not getattr(self, column):
                yield fault(column, "empty", "", "Give an id.")
        if self.quantity < 1:
            yield fault("quantity", "less than 1", self.quantity, "Give a whole number of units from 1 on.")
        for column in ("pin", "exclude"):
            for source_id in getattr(self, column):
                if not is_source_id(source_id):
                    remedy = "Name it seller:<id> or warehouse:<id>:<seller>."
                    yield fault(column, "not a source", source_id, remedy)
        for source_id in sorted(set(self.pin) & set(self.exclude)):
            yield fault("pin", "pinned and excluded at once", source_id, "Take it out of one of the two.")
        if self.candidates:
            yield from self._candidate_faults()

    def _candidate_faults(self) -> Iterator[Fault]:
        for seller_id, times in Counter(one.seller_id for one in self.candidates).items():
            if times > 1:
                remedy = "Name each seller once."
                yield Fault(
                    "order lines", self.line_id or None, "candidates", "two of one seller", seller_id, remedy
                )
        for one in self.candidates:
            yield from one.faults(self.line_id)


@dataclass(frozen=True, slots=True)
class Order:
    """One customer's order.

    ``purchased_at`` is an aware instant (None: now); ``promise_days`` counts from it. Each group of
    ``together`` names lines that must travel in one package. ``max_packages`` limits the packages of the
    whole order. ``earlier`` holds the present choice (source_id, carrier_id) of lines that are decided again
    before their hand-over. BadInput lists everything that is wrong.
    """

    order_id: str
    zip_prefix: str
    lines: tuple[OrderLine, ...]
    purchased_at: datetime | None = None
    promise_days: float | None = None
    together: tuple[tuple[str, ...], ...] = ()
    max_packages: int | None = None
    earlier: Mapping[str, Earlier] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if faults := (*self._own_faults(), *self._line_faults()):
            raise BadInput(f"Order {self.order_id!r} cannot be used.", faults)

    def with_candidates(self, told: Mapping[str, Sequence[Candidate]]) -> Order:
        """Return the order with more candidates by product; of a seller that a line names, its own counts.

        A seller ships from one place: the one that the order itself tells, else the first one told.
        """
        own = (one for line in self.lines for one in line.candidates)
        places = {one.seller_id: one.zip_prefix for one in own}
        for more in told.values():
            for one in more:
                places.setdefault(one.seller_id, one.zip_prefix)
        lines = (_with(line, told.get(line.product_id, ()), places) for line in self.lines)
        return replace(self, lines=tuple(lines))

    def _fault(self, column: str, kind: str, value: object, remedy: str) -> Fault:
        return Fault("orders", self.order_id or None, column, kind, str(value), remedy)

    def _own_faults(self) -> Iterator[Fault]:
        for column in ("order_id", "zip_prefix"):
            if not getattr(self, column):
                yield self._fault(column, "empty", "", "Give it.")
        if not self.lines:
            yield self._fault("lines", "empty", "", "Give at least one line.")
        if self.purchased_at is not None and self.purchased_at.tzinfo is None:
            yield self._fault("purchased_at", "no time zone", self.purchased_at, "Give an offset, or Z.")
        days = self.promise_days
        if days is not None and not (isfinite(days) and days > 0):
            yield self._fault("promise_days", "not more than 0", days, "Give the days from purchase.")
        if self.max_packages is not None and self.max_packages < 1:
            yield self._fault("max_packages", "less than 1", self.max_packages, "Give 1 or more.")

    def _line_faults(self) -> Iterator[Fault]:
        named = Counter(line.line_id for line in self.lines)
        for line_id, times in named.items():
            if times > 1:
                yield self._fault(
                    "lines", "two lines of one name", line_id, "Give each line its own line_id."
                )
        grouped = Counter(line_id for group in self.together for line_id in dict.fromkeys(group))
        for column, ids in (("together", grouped), ("earlier", self.earlier)):
            for line_id in ids:
                if line_id not in named:
                    yield self._fault(column, "unknown line", line_id, "Name a line of this order.")
        for line_id, times in grouped.items():
            if times > 1:
                remedy = "Put all lines that travel together into one group."
                yield self._fault("together", "line in two groups", line_id, remedy)


def _with(line: OrderLine, more: Sequence[Candidate], places: Mapping[str, str | None]) -> OrderLine:
    own = {one.seller_id for one in line.candidates}
    added = [replace(one, zip_prefix=places[one.seller_id]) for one in more if one.seller_id not in own]
    return replace(line, candidates=(*line.candidates, *added)) if added else line


def is_source_id(name: str) -> bool:
    """Say whether a name has the form of a source: ``seller:<id>`` or ``warehouse:<id>:<seller>``."""
    kind, _, rest = name.partition(":")
    if kind == "seller":
        return bool(rest)
    warehouse, _, seller = rest.partition(":")
    return kind == "warehouse" and bool(warehouse) and bool(seller)


def location_of(source_id: str) -> str:
    """Return the place where a source's stock lies: ``seller:<id>`` itself, or ``warehouse:<id>``.

    Sources of several sellers in one warehouse share the place, and so its daily capacity.
    """
    kind, _, rest = source_id.partition(":")
    return source_id if kind == "seller" else f"warehouse:{rest.partition(':')[0]}"
