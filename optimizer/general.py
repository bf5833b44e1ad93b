"""Exact search for orders whose lines hang together.

That is: lines that share stock, packages that can be too heavy, lines in parts, limits at a price. Best first
over the groups of lines. The bound of a partial answer is its exact cost so far plus the kernel's optimum for
what is left, with the packages that are open already for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np

from optimizer.assignment import Assignment, Unsolved
from optimizer.check import assignment_of
from optimizer.general_options import Options, options_of
from optimizer.general_state import State
from optimizer.kernel import solve_one
from optimizer.problem import OrderProblem
from optimizer.reduce import TIE, Reduced, has_partial_routes, reduce
from optimizer.words import MUST_SERVE, UNFILLED, UNLIMITED, Engine, Floats

WORK = 20_000
"""Partial assignments that the search looks at before it answers with a gap."""


def search(problem: OrderProblem, least_cents: int, work: int = WORK) -> Assignment | None:
    """Return the cheapest assignment, or None where it is proven that there is none.

    ``least_cents`` is a proven lower bound. Raises Unsolved where ``work`` partial assignments bring no
    answer.
    """
    return _Search.of(problem, least_cents, work).run()


@dataclass(slots=True)
class _Search:
    problem: OrderProblem
    least_cents: int
    work: int
    options: tuple[Options, ...]
    rest: tuple[Floats, ...]  # reduced costs of the groups from each depth on
    reduced: Reduced
    best: State | None = None
    known: dict[tuple[int, frozenset[int], bool], int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: OrderProblem, least_cents: int, work: int) -> _Search:
        """Put the groups with the fewest options first: a wrong start is then found out early."""
        reduced = reduce(problem, whole=not has_partial_routes(problem))
        options = [options_of(problem, group) for group in reduced.groups]
        order = sorted(range(len(options)), key=lambda place: (len(options[place].ways), place))
        rest = tuple(reduced.cost[order[depth:]] for depth in range(len(order)))
        return cls(problem, least_cents, work, tuple(options[place] for place in order), rest, reduced)

    def run(self) -> Assignment | None:
        self._leave_all()
        self._dive()
        heap = [(self.least_cents, 0, 0, State(self.problem))]
        pushed = 0
        while heap and heap[0][0] < self._cost() and self.work > 0:
            _, depth, _, state = heappop(heap)
            for bound, child in self._children(state, -depth):
                if -depth + 1 == len(self.options):
                    self._offer(child)
                elif bound < self._cost():
                    pushed += 1
                    heappush(heap, (bound, depth - 1, pushed, child))
        complete = all(options.complete for options in self.options)
        open_bound = min(self._cost(), heap[0][0]) if heap else self._cost()
        return self._answer(max(self.least_cents, open_bound) if complete else self.least_cents, complete)

    def _answer(self, bound: int, complete: bool) -> Assignment | None:
        if self.best is None:
            if complete and self.work > 0:
                return None
            raise Unsolved(f"Order {self.problem.order_id}: no answer within the work limit.")
        parts = self.best.parts
        return assignment_of(self.problem, parts, bound_cents=bound, engine=Engine.GENERAL)

    def _cost(self) -> int:
        return self.best.cost_cents if self.best else UNLIMITED**2

    def _offer(self, state: State) -> None:
        if state.cost_cents < self._cost():
            self.best = state

    def _leave_all(self) -> None:
        """Offer to serve nothing, which is always an answer where it has a price."""
        problem = self.problem
        if (problem.unfilled_cents != MUST_SERVE).all():
            state: State | None = State(problem)
            for options in self.options:
                nothing = [way for way in options.ways if all(part.route == UNFILLED for part in way)]
                state = state.extended(nothing[0]) if state and nothing else None
            if state:
                self._offer(state)

    def _dive(self) -> None:
        """Take the most promising option of each group in turn: a good answer to begin with."""
        state = State(self.problem)
        for depth in range(len(self.options)):
            if not (children := self._children(state, depth)):
                return
            state = min(children, key=lambda child: child[0])[1]
        self._offer(state)

    def _children(self, state: State, depth: int) -> Sequence[tuple[int, State]]:
        found = []
        for way in self.options[depth].ways:
            self.work -= 1
            child = state.extended(way)
            if child is not None and (rest := self._rest(child, depth + 1)) is not None:
                found.append((child.cost_cents + rest, child))
        return found

    def _rest(self, state: State, depth: int) -> int | None:
        """Return the least that the groups from ``depth`` on can add, None where they cannot be served."""
        if depth == len(self.options):
            return 0
        key = depth, frozenset(state.load), state.unfilled
        if key not in self.known:
            fixed = self.reduced.fixed.copy()
            fixed[list(state.load)] = 0.0
            if state.unfilled:
                fixed[-1] = 0.0
            _, _, bound = solve_one(self.rest[depth], fixed, UNLIMITED, self.reduced.free)
            self.known[key] = int(bound // TIE) if np.isfinite(bound) else None
        return self.known[key]
