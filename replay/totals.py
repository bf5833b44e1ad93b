"""What a policy's decisions over a stretch of the past add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from graph.options import Options
from optimizer.policy import Costs
from optimizer.words import UNFILLED, Bools, Term
from replay.decision import Decision, Served
from replay.recorded import Purchase

_CHARGED: Final = (Term.PACKAGE, Term.HANDLING, Term.TIME, Term.LATE)
_MONEY: Final = (Term.FREIGHT, *_CHARGED, Term.SCARCITY)


@dataclass(slots=True)
class Totals:
    """The sums of one policy. Money is whole cents; ``costs`` charges every policy alike, whatever its own.

    ``days``: expected days of the slowest package, over orders that are served at least in part (``served``
    and ``partly_served``). ``p_on_time``: over those of them that have a promise (``promised``), the least
    of an order's packages. ``stock_outs``: lines that some seller offers and has too little of.
    ``kept``: lines that go as the record says. ``unanswered``: orders for which the policy has no answer.
    """

    costs: Costs
    orders: int = 0
    lines: int = 0
    units: int = 0
    served: int = 0
    partly_served: int = 0
    unserved: int = 0
    unanswered: int = 0
    unserved_units: int = 0
    packages: int = 0
    split_orders: int = 0
    stock_outs: int = 0
    kept: int = 0
    promised: int = 0
    days: float = 0.0
    p_on_time: float = 0.0
    cents: dict[Term, int] = field(default_factory=lambda: dict.fromkeys(_MONEY, 0))
    price_versions: dict[str, int] = field(default_factory=dict)

    def add(self, decision: Decision, purchase: Purchase) -> None:
        """Count one decision."""
        problem, answer = decision.problem, decision.choice.assignment
        self._asked(purchase)
        served = decision.served
        self.served += served is Served.SERVED
        self.partly_served += served is Served.PARTLY
        self.unserved += served is Served.UNSERVED
        self.unserved_units += answer.unfilled_units
        self.stock_outs += int(_short(decision).sum())
        self.kept += sum(
            part.route != UNFILLED
            and problem.route_id(part.route) == purchase.record[problem.line_ids[part.line]]
            for part in answer.parts
        )
        if decision.price_version is not None:
            known = self.price_versions.get(decision.price_version, 0)
            self.price_versions[decision.price_version] = known + 1
        if answer.routes:
            self._went(decision)

    def none(self, purchase: Purchase) -> None:
        """Count an order for which the policy has no answer."""
        self._asked(purchase)
        self.unanswered += 1
        self.unserved_units += sum(line.quantity for line in purchase.order.lines)

    def _asked(self, purchase: Purchase) -> None:
        self.orders += 1
        self.lines += len(purchase.order.lines)
        self.units += sum(line.quantity for line in purchase.order.lines)

    def _went(self, decision: Decision) -> None:
        """Count what the packages of a decision take and cost."""
        problem, answer = decision.problem, decision.choice.assignment
        routes = list(answer.routes)
        promised = decision.options.order.promise_days is not None
        self.packages += len(routes)
        self.split_orders += len(routes) > 1
        self.days += float(problem.mean_days[routes].max())
        if promised:
            self.promised += 1
            self.p_on_time += decision.p_on_time
        for term in (Term.FREIGHT, Term.SCARCITY):
            self.cents[term] += answer.terms.get(term, 0)
        self.cents[Term.PACKAGE] += self.costs.package_cents * len(routes)
        self.cents[Term.HANDLING] += self.costs.handling_cents * len(routes)
        for part in answer.parts:
            if part.route != UNFILLED:
                # As `Costs.part_terms` rounds: half a cent to the even one.
                late = 1.0 - float(problem.p_on_time[part.route]) if promised else 0.0
                days = float(problem.mean_days[part.route])
                self.cents[Term.TIME] += round(self.costs.time_cents_per_day * days)
                self.cents[Term.LATE] += round(self.costs.late_cents * late)

    def to_dict(self) -> dict[str, Any]:
        """Return the totals as JSON values; a mean over nothing is null."""
        answered = self.served + self.partly_served
        return {
            **{name: getattr(self, name) for name in _COUNTS},
            "packages_per_order": _share(self.packages, answered),
            "expected_days": _share(self.days, answered),
            "p_on_time": _share(self.p_on_time, self.promised),
            "kept_share": _share(self.kept, self.lines),
            **{f"{term}_cents": cents for term, cents in self.cents.items()},
            "cost_cents": sum(cents for term, cents in self.cents.items() if term is not Term.SCARCITY),
            "price_versions": len(self.price_versions),
        }


_COUNTS: Final = (
    *("orders", "lines", "units", "served", "partly_served", "unserved", "unanswered", "unserved_units"),
    *("packages", "split_orders", "stock_outs", "promised"),
)


@dataclass(slots=True)
class Choices:
    """How many units of lines have a real choice: offered by two sellers or more, lapsed ones left out."""

    lines: int = 0
    with_choice: int = 0

    def add(self, options: Options) -> None:
        """Count the lines of one order; a line of two units counts as two, as the record has it."""
        sellers = [name.rpartition(":")[2] for name in options.source_ids]
        offered = options.candidate & ~options.lapsed
        for line, asked in enumerate(options.order.lines):
            found = {sellers[source] for source in options.source[offered[line]]}
            self.lines += asked.quantity
            self.with_choice += asked.quantity * (len(found) > 1)

    @property
    def share(self) -> float | None:
        """The share of lines with a choice; None without lines."""
        return _share(self.with_choice, self.lines)


def _short(decision: Decision) -> Bools:
    """Tell the lines that some source offers and has too few units of, (lines,)."""
    problem, options = decision.problem, decision.options
    stock = problem.stock[problem.item][:, problem.source]
    short = (stock < problem.quantity[:, None]) & options.candidate & ~options.lapsed
    return np.asarray(short.any(axis=1))


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
