"""What limits an assignment, and freight that rises in steps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from graph.errors import BadInput
from optimizer.words import MOST_CENTS, UNLIMITED, Constraint


@dataclass(frozen=True, slots=True)
class Tariff:
    """Freight of a package in steps: ``cents[i]`` up to ``up_to_g[i]`` of billable weight.

    Billable is the larger of weight and volume times ``g_per_litre``. Steps rise, cents do not fall; a
    package heavier than the last step breaks the weight limit. It comes on top of the route's other freight.
    """

    up_to_g: tuple[int, ...]
    cents: tuple[int, ...]
    g_per_litre: int = 0

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in pairwise(self.up_to_g))
        falling = any(a > b for a, b in pairwise((0, *self.cents)))
        if not self.up_to_g or len(self.up_to_g) != len(self.cents) or not rising or falling:
            raise BadInput(f"A tariff needs rising weights, each with a price that does not fall: {self}.")

    def billable_g(self, weight_g: int, volume_cm3: int) -> int:
        """Return the billable weight of a package in whole grams, rounded up."""
        return max(weight_g, -(-volume_cm3 * self.g_per_litre // 1000))

    def freight_cents(self, billable_g: int) -> int:
        """Return the freight of a package; one beyond the last step pays the last."""
        step = bisect_left(self.up_to_g, billable_g)
        return self.cents[min(step, len(self.cents) - 1)]


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed, and which constraints are hard; the others cost ``price_cents`` per violated unit.

    ``max_parts`` limits the routes that may share one line, units left unserved counting as one of them.
    ``min_p_on_time`` is the probability with which every line must keep the promise (a chance constraint).
    """

    max_packages: int = UNLIMITED
    max_parts: int = 1
    min_p_on_time: float = 0.0
    price_cents: Mapping[Constraint, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wrong = [
            (self.max_packages < 1, "max_packages must be at least 1."),
            (self.max_parts < 1, "max_parts must be at least 1."),
            (not 0 <= self.min_p_on_time <= 1, "min_p_on_time lies between 0 and 1."),
            (
                not all(0 <= cents <= MOST_CENTS for cents in self.price_cents.values()),
                f"The price of a soft constraint lies between 0 and {MOST_CENTS} cents.",
            ),
        ]
        if faults := [text for bad, text in wrong if bad]:
            raise BadInput(" ".join(faults))

    @property
    def may_split_lines(self) -> bool:
        """Whether a line may be served in more than one part, if need be at a price."""
        return self.max_parts > 1 or not self.is_hard(Constraint.LINE_SPLIT)

    def is_hard(self, constraint: Constraint | None) -> bool:
        """Say whether a constraint may not be violated at any price."""
        return constraint is None or constraint not in self.price_cents
