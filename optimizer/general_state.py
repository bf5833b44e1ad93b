"""What the parts chosen so far cost and use up, part by part; no later part makes them cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from optimizer.assignment import Part
from optimizer.problem import OrderProblem
from optimizer.words import UNFILLED, Constraint


class _Blocked(Exception):
    """A hard constraint is broken already."""


@dataclass(slots=True)
class State:
    """The exact cost of a partial answer, every constraint counted on what is in it."""

    problem: OrderProblem
    cost_cents: int = 0
    parts: tuple[Part, ...] = ()
    load: dict[int, tuple[int, int]] = field(default_factory=dict)  # route: grams, cubic centimetres
    drawn: dict[tuple[int, int], int] = field(default_factory=dict)  # item, source: units
    leaving: dict[int, int] = field(default_factory=dict)  # place: packages
    used_by: dict[int, frozenset[int]] = field(default_factory=dict)  # group at a price: its routes
    unfilled: bool = False

    def extended(self, option: Sequence[Part]) -> Self | None:
        """Return the state with more parts, or None where a hard constraint forbids them."""
        more = type(self)(
            self.problem,
            self.cost_cents,
            (*self.parts, *option),
            dict(self.load),
            dict(self.drawn),
            dict(self.leaving),
            dict(self.used_by),
            self.unfilled,
        )
        try:
            more._over(Constraint.LINE_SPLIT, len(option), 0, self._most_parts(option))
            for part in option:
                more._place(part)
        except _Blocked:
            return None
        return more

    def _most_parts(self, option: Sequence[Part]) -> int:
        """Return how many parts are free; a group of several lines is one part of each."""
        return self.problem.limits.max_parts if option[0].line == option[-1].line else len(option)

    def _over(self, constraint: Constraint, now: int, before: int, most: int, lot: int = 1) -> None:
        """Charge what exceeds ``most`` more than before, by started lots, or stop where that is hard."""
        if now <= most:
            return
        if self.problem.limits.is_hard(constraint):
            raise _Blocked
        lots = -(-(now - most) // lot) - (-(-max(before - most, 0) // lot))
        self.cost_cents += lots * self.problem.limits.price_cents[constraint]

    def _place(self, part: Part) -> None:
        problem, (line, route, quantity) = self.problem, part
        self._share(line, route)
        if route == UNFILLED:
            self.cost_cents += int(problem.unfilled_cents[line]) * quantity
            self.cost_cents += 0 if self.unfilled else problem.unfilled_fixed_cents
            self.unfilled = True
            return
        self.cost_cents += int(problem.part_cents[line, route])
        self.cost_cents += int(problem.unit_cents[line, route]) * quantity
        key = int(problem.item[line]), int(problem.source[route])
        before = self.drawn.get(key, 0)
        self.drawn[key] = before + quantity
        self._over(Constraint.STOCK, before + quantity, before, int(problem.stock[key]))
        if route not in self.load:
            self._open(route)
        self._load(part)

    def _share(self, line: int, route: int) -> None:
        """Charge a group of lines at a price for every further package that it is spread over."""
        for number, group in enumerate(self.problem.together):
            if line in group:
                before = self.used_by.get(number, frozenset())
                now = self.used_by[number] = before | {route}
                self._over(Constraint.TOGETHER, len(now), len(before), 1)

    def _open(self, route: int) -> None:
        problem, packages = self.problem, len(self.load)
        self.load[route] = (0, 0)
        self.cost_cents += int(problem.package_cents[route])
        self._over(Constraint.ORDER_SPLIT, packages + 1, packages, problem.limits.max_packages)
        place = int(problem.place[problem.source[route]])
        before = self.leaving.get(place, 0)
        self.leaving[place] = before + 1
        self._over(Constraint.CAPACITY, before + 1, before, int(problem.capacity[place]))
        if (tariff := problem.tariffs[route]) is not None:
            self.cost_cents += tariff.cents[0]

    def _load(self, part: Part) -> None:
        problem, (line, route, quantity) = self.problem, part
        grams, volume = self.load[route]
        more = self.load[route] = (
            grams + quantity * int(problem.weight_g[line]),
            volume + quantity * int(problem.volume_cm3[line]),
        )
        over = [load[0] - int(problem.max_weight_g[route]) for load in ((grams, volume), more)]
        if (tariff := problem.tariffs[route]) is not None:
            billed = [tariff.billable_g(*load) for load in ((grams, volume), more)]
            self.cost_cents += tariff.freight_cents(billed[1]) - tariff.freight_cents(billed[0])
            over = [max(o, b - tariff.up_to_g[-1]) for o, b in zip(over, billed, strict=True)]
        self._over(Constraint.WEIGHT, over[1], over[0], 0, lot=1000)
