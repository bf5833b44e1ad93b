"""Orders and their packages, as told so far; and what happened to them since the last midnight."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Final

from graph.days import day_of, start_of
from graph.model import NEVER, UNDELIVERED_DAYS, UNHANDED_DAYS, UNKNOWN, is_lost


@dataclass(slots=True, eq=False)
class Package:
    """What one seller sends for one order. Codes are those of `Reference`, -1 unknown.

    ``row``: the package's row in the lead-time model, -1 until the tick after the purchase. ``weight_g`` and
    ``volume_cm3`` are summed over the lines that tell them; NaN where none does. ``from_zip``: where it left
    from, the seller's own place until the hand-over names a warehouse.
    """

    seller_id: str
    seller: int
    from_zip: int
    category: int = UNKNOWN
    dearest_cents: int = -1
    price_cents: int = 0
    freight_cents: int = 0
    weight_g: float = math.nan
    volume_cm3: float = math.nan
    n_lines: int = 0
    carrier: int = UNKNOWN
    handed_s: int = NEVER
    delivered_s: int = NEVER
    row: int = -1

    def add(
        self, price_cents: int, freight_cents: int, goods: tuple[int, float, float], units: int = 1
    ) -> None:
        """Add a line of so many units, its cents of all of them, its goods of one.

        What was recorded has a line for each unit, and ``n_lines`` counts so. The category is that of the
        dearest unit (ties: first in the alphabet).
        """
        category, weight_g, volume_cm3 = goods
        self.price_cents += price_cents
        self.freight_cents += freight_cents
        self.weight_g = _sum(self.weight_g, weight_g * units)
        self.volume_cm3 = _sum(self.volume_cm3, volume_cm3 * units)
        self.n_lines += units
        each_cents = price_cents // units
        if each_cents > self.dearest_cents:
            self.dearest_cents, self.category = each_cents, category
        elif each_cents == self.dearest_cents and category != UNKNOWN:
            self.category = category if self.category == UNKNOWN else min(category, self.category)

    def lost(self, purchased_s: int, at_s: int) -> bool:
        """Return whether it has not arrived at an instant, and nobody waits for it any more."""
        if self.delivered_s != NEVER:
            return False
        if self.handed_s == NEVER:
            return is_lost(at_s - purchased_s, UNHANDED_DAYS)
        return is_lost(at_s - self.handed_s, UNDELIVERED_DAYS)


@dataclass(slots=True, eq=False)
class OpenOrder:
    """An order; ``packages`` by seller. An instant that nobody has told is NEVER."""

    order_id: str
    purchased_s: int
    promised_s: int
    to_zip: int
    approved_s: int = NEVER
    shipping_limit_s: int = NEVER
    payment: int = UNKNOWN
    paid_cents: int = -1
    packages: dict[str, Package] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether everything was handed over and has arrived."""
        return all(NEVER not in (one.handed_s, one.delivered_s) for one in self.packages.values())


Sent = tuple[OpenOrder, Package]


@dataclass(slots=True, eq=False)
class Today:
    """What happened since the last tick, in order of play."""

    bought: list[OpenOrder] = field(default_factory=list)
    approved: list[OpenOrder] = field(default_factory=list)
    handed: list[Sent] = field(default_factory=list)
    delivered: list[Sent] = field(default_factory=list)

    def by_day(self, closed_s: int, at_s: int) -> Iterator[tuple[int, Today]]:
        """Yield each day that ends up to the midnight ``at_s``: its number, and what happened in it.

        Days follow each other from the midnight ``closed_s`` on (NEVER: from the first stamp). Of what is
        stamped before them the first has it all.
        """
        stamps = [stamp for some in (self._stamped(name) for name in _HAPPENED) for stamp, _ in some]
        begun = min([at_s - 1, *stamps]) if closed_s == NEVER else closed_s
        days = range(day_of(begun), day_of(at_s))
        if len(days) == 1:
            yield days[0], self
            return
        for day in days:
            least = NEVER if day == days[0] else start_of(day)
            part = Today()
            for name in _HAPPENED:
                some = [one for stamp, one in self._stamped(name) if least <= stamp < start_of(day + 1)]
                setattr(part, name, some)
            yield day, part

    def _stamped(self, name: str) -> list[tuple[int, Any]]:
        """Return what happened of one kind, each with its instant."""
        if name == "bought":
            return [(order.purchased_s, order) for order in self.bought]
        if name == "approved":
            return [(order.approved_s, order) for order in self.approved]
        sent: list[Sent] = getattr(self, name)
        return [(getattr(package, f"{name}_s"), (order, package)) for order, package in sent]


_HAPPENED: Final = tuple(one.name for one in fields(Today))


def _sum(total: float, more: float) -> float:
    """Return a sum in which an unknown part counts as nothing."""
    if math.isnan(more):
        return total
    return more if math.isnan(total) else total + more
