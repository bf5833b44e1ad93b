"""A policy: the named, versioned rule that turns an order problem into an assignment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any, Self

import numpy as np

from optimizer.limits import Limits
from optimizer.policy_faults import read_policy
from optimizer.rules import Rule
from optimizer.words import UNLIMITED, Constraint, Floats, Heed, Ints, Term


class PolicyKind(StrEnum):
    """How a policy decides: by the record, by rules, or by the least cost."""

    RECORDED = "recorded"
    GREEDY = "greedy"
    RULES = "rules"
    COST = "cost"


@dataclass(frozen=True, slots=True)
class Costs:
    """What an order problem is charged beside freight, in cents.

    Per package: ``package_cents`` and ``handling_cents``. Per line: ``time_cents_per_day`` of expected lead
    time, and ``late_cents`` times the probability to miss the promise. Per unit left unserved
    ``unfilled_cents_per_unit``, and ``unfilled_fixed_cents`` once an order.
    """

    package_cents: int = 0
    handling_cents: int = 0
    time_cents_per_day: int = 0
    late_cents: int = 0
    unfilled_cents_per_unit: int = 1_000_000
    unfilled_fixed_cents: int = 0

    def part_terms(self, mean_days: Floats, p_on_time: Floats, lines: int) -> dict[Term, Ints]:
        """Return what time and lateness cost each line on each route: (lines, routes) whole cents.

        ``mean_days`` and ``p_on_time`` are (routes,): a line has the lead time of its package. Days that it
        waits for its pickup belong to the former.
        """
        each = {
            Term.TIME: np.rint(self.time_cents_per_day * mean_days),
            Term.LATE: np.rint(self.late_cents * (1.0 - p_on_time)),
        }
        whole = {term: cents.astype(np.int64) for term, cents in each.items()}
        return {term: np.full((lines, len(cents)), cents) for term, cents in whole.items()}

    def package_terms(self, routes: int) -> dict[Term, Ints]:
        """Return what a package costs beside its freight: (routes,) cents each."""
        cents = {Term.PACKAGE: self.package_cents, Term.HANDLING: self.handling_cents}
        return {term: np.full(routes, value, np.int64) for term, value in cents.items()}


@dataclass(frozen=True, slots=True)
class PriceSchedule:
    """When scarcity prices are solved again, from what, and when they are not believed.

    Prices are solved again every ``resolve_every_hours``, and as soon as ``resolve_after_orders`` orders or a
    stock-out have come since; over demand of the next ``horizon_days``, averaged over ``futures`` sampled
    futures. Over the last ``shadow_orders`` orders they must not have lost against no prices at all, else
    they count as 0.
    """

    resolve_every_hours: int = 24
    resolve_after_orders: int = 500
    horizon_days: int = 14
    futures: int = 8
    shadow_orders: int = 1_000


@dataclass(frozen=True)
class Policy:
    """A policy as read from its file; ``rules`` decide for the kinds greedy (one) and rules.

    ``soft`` holds the constraints that may be violated at a price in cents; all others are hard. Only the
    carriers' calendars are not by themselves: ``cut_off`` and ``pickup_day`` say how they are heeded.
    ``prices`` is None where stock has no price.
    """

    name: str
    version: str
    kind: PolicyKind
    note: str = ""
    rules: tuple[Rule, ...] = ()
    costs: Costs = field(default_factory=Costs)
    max_packages: int | None = None
    max_parts: int = 1
    min_p_on_time: float = 0.0
    cut_off: Heed = Heed.TIME
    pickup_day: Heed = Heed.TIME
    soft: Mapping[Constraint, int] = field(default_factory=dict)
    prices: PriceSchedule | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything in the policy: two policies of one digest decide alike."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode()).hexdigest()

    def limits(self, max_packages: int | None = None, *, promised: bool = True) -> Limits:
        """Return the limits of one order, which may allow fewer packages than the policy.

        Without a promise there is no chance of keeping it to ask for.
        """
        most = min(number for number in (self.max_packages, max_packages, UNLIMITED) if number is not None)
        least = self.min_p_on_time if promised else 0.0
        return Limits(most, self.max_parts, least, self.soft)

    @property
    def may_overfill(self) -> bool:
        """Whether a place may pack more packages a day than its limit, at a price."""
        return Constraint.CAPACITY in self.soft

    def at_any_hour(self) -> Self:
        """Return the policy for orders that may come whenever: it looks at no carrier's calendar."""
        soft = self._soft_but(Constraint.CUT_OFF, Constraint.PICKUP_DAY)
        return replace(self, cut_off=Heed.OFF, pickup_day=Heed.OFF, soft=soft)

    def holding(self) -> Self:
        """Return the policy for decisions that hold what they promise: units that lack cannot be held."""
        if Constraint.STOCK not in self.soft:
            return self
        return replace(self, soft=self._soft_but(Constraint.STOCK))

    def _soft_but(self, *names: Constraint) -> dict[Constraint, int]:
        return {name: cents for name, cents in self.soft.items() if name not in names}


def policy_of(settings: Mapping[str, Any], where: str = "policy") -> Policy:
    """Return the policy of a mapping, as TOML holds it.

    Keys: ``name, version, kind, note``; ``rules``, a list of keys or of ``{key, tolerance}``; the tables
    ``costs``, ``limits``, ``soft`` and ``prices``. Raises BadInput with every fault, placed in ``where``.
    """
    given = read_policy(settings, where)
    limits = given.get("limits", {})
    return Policy(
        name=given["name"],
        version=given["version"],
        kind=PolicyKind(given["kind"]),
        note=given.get("note", ""),
        rules=tuple(given["rules"]),
        costs=Costs(**given.get("costs", {})),
        max_packages=limits.get("max_packages"),
        max_parts=limits.get("max_parts", 1),
        min_p_on_time=float(limits.get("min_p_on_time", 0.0)),
        cut_off=Heed(limits.get("cut_off", Heed.TIME)),
        pickup_day=Heed(limits.get("pickup_day", Heed.TIME)),
        soft={Constraint(name): cents for name, cents in sorted(given.get("soft", {}).items())},
        prices=PriceSchedule(**given["prices"]) if "prices" in given else None,
    )
