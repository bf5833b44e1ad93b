"""What an order costs when one line is forced on one route: the truth behind alternatives and break-evens."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Self

import numpy as np

from optimizer.assignment import Assignment, Part, Unsolved
from optimizer.general import WORK
from optimizer.general_state import State
from optimizer.kernel import solve_forced, solve_with
from optimizer.one import solve_order
from optimizer.problem import OrderProblem
from optimizer.reduce import TIE, Reduced, has_partial_routes, is_plain, reduce
from optimizer.words import MUST_SERVE, UNFILLED, Bools, Floats


def forced(problem: OrderProblem, line: int, route: int) -> OrderProblem:
    """Return the problem in which a line goes whole by one route; UNFILLED: it goes nowhere."""
    candidate, unfilled = problem.candidate.copy(), problem.unfilled_cents.copy()
    candidate[line] = False
    if route != UNFILLED:
        candidate[line, route] = problem.candidate[line, route]
        unfilled[line] = MUST_SERVE
    return replace(problem, candidate=candidate, unfilled_cents=unfilled)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the cheapest way to serve the order costs with a line forced on a route; ``exact``: proven."""

    cost_cents: int
    exact: bool


@dataclass(slots=True)
class ForcedCosts:
    """The costs of an order with one group of lines forced on one column (route, or unfilled last).

    ``bound[g, c]`` is a proven lower bound in cents, infinite where the reduced form has no answer at all; in
    a plain problem it is the cost itself. ``reached`` is what the reduced form costs, times TIE.
    """

    problem: OrderProblem
    reduced: Reduced
    plain: bool
    bound: Floats
    reached: Floats
    exact: Bools
    known: dict[tuple[int, int], tuple[Assignment | None, bool]] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: OrderProblem) -> Self:
        """Solve the reduced form once for every group and column."""
        reduced = reduce(problem, whole=not has_partial_routes(problem))
        total, bound = solve_forced(reduced.cost, reduced.fixed, reduced.max_packages, reduced.free)
        return cls(problem, reduced, is_plain(problem), np.floor(bound / TIE), total, bound >= total)

    def solved(self, group: int, column: int) -> Outcome | None:
        """Return the outcome, None where there is none or where the work limit ended the search without."""
        if self.plain:
            total = float(self.reached[group, column])
            return Outcome(int(total // TIE), bool(self.exact[group, column])) if isfinite(total) else None
        found = self._general(group, column)[0]
        return None if found is None else Outcome(found.cost_cents, found.exact)

    def parts(self, group: int, column: int) -> tuple[Part, ...]:
        """Return the assignment behind an outcome that there is."""
        if not self.plain:
            found = self._general(group, column)[0]
            return () if found is None else found.parts
        reduced = self.reduced
        routes = solve_with(reduced.cost, reduced.fixed, reduced.max_packages, reduced.free, group, column)[1]
        return reduced.parts(self.problem, routes)

    def proven(self, group: int, column: int) -> Outcome | None:
        """Return the outcome only where it is proven best."""
        found = self.solved(group, column)
        return found if found is not None and found.exact else None

    def is_impossible(self, group: int, column: int) -> bool:
        """Say whether it is proven that the order cannot be served with the group there."""
        if self.plain or not isfinite(self.bound[group, column]):
            return not isfinite(self.bound[group, column])
        return not self._is_possible_alone(group, column) and self._general(group, column) == (None, True)

    def _is_possible_alone(self, group: int, column: int) -> bool:
        """Say whether serving only this group is an answer: cheap to see, and mostly true."""
        problem, state = self.problem, State(self.problem)
        for place, lines in enumerate(self.reduced.groups):
            here = place == group and column < problem.routes
            if not here and any(problem.unfilled_cents[line] == MUST_SERVE for line in lines):
                return False
            route = column if here else UNFILLED
            more = state.extended([Part(line, route, int(problem.quantity[line])) for line in lines])
            if more is None:
                return False
            state = more
        return True

    def _general(self, group: int, column: int) -> tuple[Assignment | None, bool]:
        """Return the answer and whether it is certain that there is one or none."""
        key = group, column
        if key not in self.known:
            try:
                self.known[key] = self._search(group, column), True
            except Unsolved:
                self.known[key] = None, False
        return self.known[key]

    def _search(self, group: int, column: int) -> Assignment | None:
        if not isfinite(self.bound[group, column]):
            return None
        line = self.reduced.groups[group][0]
        route = UNFILLED if column == self.problem.routes else column
        return solve_order(forced(self.problem, line, route), WORK)
