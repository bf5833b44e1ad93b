"""A decision: an assignment with everything needed to explain and repeat it, as JSON values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from math import isnan
from typing import Any

import numpy as np

from graph.lead_time import LeadTime
from graph.model import SnapshotMeta
from graph.options import Options
from optimizer.assignment import Part
from optimizer.choose import Choice
from optimizer.explain import Alternative, Explanation
from optimizer.policy import Policy
from optimizer.problem import OrderProblem
from optimizer.rejected import Rejection
from optimizer.words import UNFILLED
from replay.waits import NO_WAITS, Waits


class Served(StrEnum):
    """How much of an order, or of a line, somebody serves."""

    SERVED = "served"
    PARTLY = "partly_served"
    UNSERVED = "unserved"


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What was decided for one order at ``at``, from which network, by which policy and prices.

    ``promise_days`` is the order's own, or the one by which its routes were compared. ``explanation`` is
    None where nobody asked why. ``edition``: how often the order was decided before. ``waits`` and
    ``left_out`` as in `replay.desk.Case`.
    """

    options: Options
    problem: OrderProblem
    choice: Choice
    policy: Policy
    meta: SnapshotMeta
    at: datetime
    promise_days: float
    price_version: str | None = None
    explanation: Explanation | None = None
    edition: int = 0
    waits: Waits = NO_WAITS
    left_out: tuple[str, ...] = ()

    @property
    def decision_id(self) -> str:
        """Return what names the decision: the same order, facts and policy give the same id."""
        assignment = self.choice.assignment
        told = [
            *(self.options.order.order_id, self.at.isoformat(), self.meta.snapshot_id, self.policy.digest),
            *(self.price_version, assignment.cost_cents, [list(part) for part in assignment.parts]),
            *([self.edition] if self.edition else []),
        ]
        return f"dec-{sha256(json.dumps(told).encode()).hexdigest()[:24]}"

    @property
    def served(self) -> Served:
        """How much of the order is served."""
        return _served(self.choice.assignment.parts)

    @property
    def p_on_time(self) -> float:
        """Return the probability that everything served keeps the promise: the smallest of its packages."""
        routes = list(self.choice.assignment.routes)
        return float(self.problem.p_on_time[routes].min()) if routes else 0.0

    def times(self) -> dict[int, LeadTime]:
        """Return the lead time of every package, by route."""
        routes = np.array(self.choice.assignment.routes, np.int64)
        return dict(zip(routes.tolist(), self.options.times.told(routes), strict=True))

    def package_id(self, route: int) -> str:
        """Return the name of the package by a route: no two of an order, however often it is decided."""
        number = 1 + self.choice.assignment.routes.index(route)
        return f"pkg-{self.edition}-{number}" if self.edition else f"pkg-{number}"

    def to_dict(self) -> dict[str, Any]:
        """Return the record in the words of ``docs/api.md``."""
        assignment, times = self.choice.assignment, self.times()
        return {
            "decision_id": self.decision_id,
            "order_id": self.options.order.order_id,
            "at": self.at.isoformat(),
            "ready_at": None if self.waits.since is None else self.waits.since.isoformat(),
            "snapshot_id": self.meta.snapshot_id,
            "as_of": self.meta.as_of.isoformat(),
            "policy": {
                "name": self.policy.name,
                "version": self.policy.version,
                "digest": self.policy.digest,
            },
            "price_version": self.price_version,
            "status": str(self.served),
            "promise_days": self.promise_days,
            "p_on_time": self.p_on_time,
            "lead_time": _slowest(list(times.values())),
            "cost_cents": assignment.cost_cents,
            "cost": {str(term): cents for term, cents in assignment.terms.items()},
            "solver": {
                "engine": str(assignment.engine),
                "status": str(assignment.status),
                "bound_cents": assignment.bound_cents,
                "gap": assignment.gap,
                "repeatable": assignment.repeatable,
            },
            "packages": [self._package(route, time) for route, time in times.items()],
            "lines": [self._line(line) for line in range(self.problem.lines)],
            "break_evens": list(self._break_evens()),
            "left_out": list(self.left_out),
        }

    def _route(self, route: int) -> dict[str, Any]:
        if route == UNFILLED:
            return {"source_id": None, "carrier_id": None}
        source_id, carrier_id = self.problem.route_id(route)
        return {"source_id": source_id, "carrier_id": carrier_id}

    def _package(self, route: int, time: LeadTime) -> dict[str, Any]:
        told = self.explanation.package_terms.get(route, {}) if self.explanation else {}
        return {
            "package_id": self.package_id(route),
            **self._route(route),
            "distance_km": _number(float(self.options.distance_km[route])),
            "p_on_time": float(self.problem.p_on_time[route]),
            "wait_days": 0.0 if self.waits.days is None else float(self.waits.days[route]),
            "lead_time": _time(time),
            "cost": {str(term): cents for term, cents in told.items()},
        }

    def _line(self, line: int) -> dict[str, Any]:
        asked = self.options.order.lines[line]
        parts = [part for part in self.choice.assignment.parts if part.line == line]
        told: dict[str, Any] = {
            "line_id": asked.line_id,
            "product_id": asked.product_id,
            "quantity": asked.quantity,
            "status": str(_served(parts)),
            "parts": [self._part(part) for part in parts],
        }
        if self.choice.decided_by:
            told["decided_by"] = self.choice.decided_by[line]
        if self.explanation:
            told |= self._why(line, self.explanation)
        return told

    def _part(self, part: Part) -> dict[str, Any]:
        terms = self.explanation.line_terms.get(part, {}) if self.explanation else {}
        return {
            "quantity": part.quantity,
            **self._route(part.route),
            "package_id": None if part.route == UNFILLED else self.package_id(part.route),
            "cost": {str(term): cents for term, cents in terms.items()},
        }

    def _why(self, line: int, why: Explanation) -> dict[str, Any]:
        alternatives = [other for other in why.alternatives if other.line == line]
        return {
            "alternatives": [self._alternative(rank, other) for rank, other in enumerate(alternatives, 1)],
            "rejected": [self._rejection(found) for found in why.rejected if found.line == line],
            "would_win_from_quantity": [
                {**self._route(found.route), "quantity": found.quantity}
                for found in why.quantity_break_evens
                if found.line == line
            ],
        }

    def _alternative(self, rank: int, other: Alternative) -> dict[str, Any]:
        told = {
            "rank": rank,
            **self._route(other.route),
            "cost_delta_cents": other.delta_cents,
            "exact": other.exact,
        }
        if other.route != UNFILLED:
            told |= {
                "mean_days": float(self.problem.mean_days[other.route]),
                "p_on_time": float(self.problem.p_on_time[other.route]),
                "freight_cents": other.freight_cents,
            }
        if other.level_freight_cents is not None:
            told["would_win_if"] = {"freight_cents_below": other.level_freight_cents}
        return told

    def _rejection(self, found: Rejection) -> dict[str, Any]:
        told = self._route(found.route)
        told["reasons"] = [
            {"code": reason.value, "needed": _number(needed), "available": _number(available)}
            for reason, needed, available in found.reasons
        ]
        return told

    def _break_evens(self) -> Iterator[dict[str, Any]]:
        for found in self.explanation.freight_break_evens if self.explanation else ():
            yield {
                **self._route(found.route),
                "lines": [self.options.order.lines[line].line_id for line in found.lines],
                "freight_cents": found.freight_cents,
                "would_win_if": {"freight_cents_below": found.level_cents},
            }


def _served(parts: Sequence[Part]) -> Served:
    left = sum(part.route == UNFILLED for part in parts)
    if left == len(parts):
        return Served.UNSERVED
    return Served.PARTLY if left else Served.SERVED


def _time(time: LeadTime) -> dict[str, Any]:
    return {
        "mean_days": time.mean_days,
        "sd_days": time.sd_days,
        "p50_days": time.p50_days,
        "p80_days": time.p80_days,
        "p95_days": time.p95_days,
        "basis": str(time.basis),
        "n": time.n,
    }


def _slowest(times: Sequence[LeadTime]) -> dict[str, float] | None:
    """Return the lead time of a whole order: its packages are taken to be late together (comonotone)."""
    if not times:
        return None
    return {
        name: max(getattr(time, name) for time in times)
        for name in ("mean_days", "p50_days", "p80_days", "p95_days")
    }


def _number(value: float) -> float | None:
    return None if isnan(value) else value
