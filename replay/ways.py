"""The one way of an order that has no other: what it takes and costs, and whether it goes that way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from optimizer.policy import Costs, Policy
from optimizer.words import MUST_SERVE


class Way(NamedTuple):
    """The one way of an order: lead time in days, P(on time) (None without a promise), freight of a unit."""

    mean_days: float
    var_days: float
    p_on_time: float | None
    unit_cents: int


@dataclass(frozen=True, slots=True)
class Charge:
    """What one way costs under some costs, in cents."""

    freight: int
    package: int
    time: int
    late: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.freight + self.package + self.time + self.late

    @classmethod
    def of(cls, costs: Costs, way: Way, units: int) -> Charge:
        """Charge one package; halves of a cent go to the even one, as in `Costs.part_terms`."""
        late = 0.0 if way.p_on_time is None else 1.0 - way.p_on_time
        return cls(
            freight=way.unit_cents * units,
            package=costs.package_cents + costs.handling_cents,
            time=round(costs.time_cents_per_day * way.mean_days),
            late=round(costs.late_cents * late),
        )


def is_served(costs: Costs, charge: Charge, scarcity_cents: int, units: int) -> bool:
    """Say whether nobody would rather leave the units unserved."""
    if costs.unfilled_cents_per_unit == MUST_SERVE:
        return True
    return charge.total + scarcity_cents <= costs.unfilled_cents_per_unit * units + costs.unfilled_fixed_cents


def has_no_limits(policy: Policy) -> bool:
    """Say whether nothing in a policy keeps an order off its only way."""
    return not policy.soft and not policy.min_p_on_time
