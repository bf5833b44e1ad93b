"""One order decided: by the kernel where its reduced form says it all, else by the general search."""

from __future__ import annotations

from math import isfinite

from optimizer.assignment import Assignment
from optimizer.check import check
from optimizer.general import WORK, search
from optimizer.kernel import solve_one
from optimizer.problem import OrderProblem
from optimizer.reduce import TIE, has_partial_routes, reduce
from optimizer.words import Engine


def solve_order(problem: OrderProblem, work: int = WORK) -> Assignment | None:
    """Return the cheapest assignment, or None where it is proven that there is none.

    The answer has passed the referee. It is exact unless the general search used up its ``work`` (partial
    assignments looked at; a limit that no clock touches, so the answer repeats); then ``gap`` says how much
    might still be saved. Raises Unsolved where that limit ends the search with nothing in hand.
    """
    partial = has_partial_routes(problem)
    reduced = reduce(problem, whole=not partial)
    total, routes, bound = solve_one(reduced.cost, reduced.fixed, reduced.max_packages, reduced.free)
    if not isfinite(bound):
        return None
    least = int(bound // TIE)
    if not partial and isfinite(total):
        parts = reduced.parts(problem, routes)
        verdict = check(problem, parts)
        if verdict.feasible and verdict.cost_cents == int(total // TIE):
            return Assignment(parts, verdict.cost_cents, verdict.terms, least, Engine.KERNEL)
    return search(problem, least, work)
