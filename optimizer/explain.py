"""A decision explained: what every option costs, what the next best would be, what was rejected and why.

Every number is the answer of another solve of the same problem, never a guess; where something cannot be
proved, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from optimizer.assignment import Assignment, Part
from optimizer.break_even import (
    FreightBreakEven,
    QuantityBreakEven,
    freight_break_evens,
    line_freight,
    quantity_break_evens,
)
from optimizer.forced import ForcedCosts, Outcome
from optimizer.problem import OrderProblem
from optimizer.rejected import Rejection, rejections
from optimizer.words import UNFILLED, Term

ALTERNATIVES = 5
"""So many alternatives are told for a line, unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """The cheapest assignment with a line (and its group) whole on another route, UNFILLED among them.

    ``delta_cents`` is its cost less that of the answer. ``freight_cents`` is the line's own freight on the
    route, without what the package pays once; below ``level_freight_cents`` the line would go by this route
    (None: it would not at any freight, or it is not proven).
    """

    line: int
    route: int
    delta_cents: int
    exact: bool
    freight_cents: int
    level_freight_cents: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an order goes the way it goes.

    ``line_terms`` are the cents of each part, ``package_terms`` those of each package used; ``alternatives``
    are in order of (line, delta, route), ``rejected`` of (line, route).
    """

    line_terms: Mapping[Part, Mapping[Term, int]]
    package_terms: Mapping[int, Mapping[Term, int]]
    alternatives: tuple[Alternative, ...]
    rejected: tuple[Rejection, ...]
    freight_break_evens: tuple[FreightBreakEven, ...]
    quantity_break_evens: tuple[QuantityBreakEven, ...]


def explain(problem: OrderProblem, answer: Assignment, alternatives: int = ALTERNATIVES) -> Explanation:
    """Explain an answer, with at most so many alternatives a line and as many break-evens of packages.

    Break-evens are told only for answers that are proven best: what rules or a record decided, no freight
    can change.
    """
    costs = ForcedCosts.of(problem)
    used = {(part.line, part.route) for part in answer.parts}
    return Explanation(
        line_terms={part: part_terms(problem, part) for part in answer.parts},
        package_terms={route: package_terms(problem, answer, route) for route in answer.routes},
        alternatives=tuple(_alternatives(problem, answer, costs, alternatives)),
        rejected=tuple(
            found for found in rejections(problem, costs) if (found.line, found.route) not in used
        ),
        freight_break_evens=freight_break_evens(problem, answer, costs, alternatives),
        quantity_break_evens=tuple(quantity_break_evens(problem, answer, costs)),
    )


def part_terms(problem: OrderProblem, part: Part) -> dict[Term, int]:
    """Return what a part costs by term, without its package and without penalties of the whole order."""
    line, route, quantity = part
    if route == UNFILLED:
        return {Term.UNFILLED: int(problem.unfilled_cents[line]) * quantity}
    terms = dict.fromkeys((*problem.part_terms, *problem.unit_terms), 0)
    for term, cents in problem.part_terms.items():
        terms[term] += int(cents[line, route])
    for term, cents in problem.unit_terms.items():
        terms[term] += int(cents[line, route]) * quantity
    penalty = int(problem.part_cents[line, route]) - sum(
        int(cents[line, route]) for cents in problem.part_terms.values()
    )
    return {**terms, Term.PENALTY: penalty} if penalty else terms


def package_terms(problem: OrderProblem, answer: Assignment, route: int) -> dict[Term, int]:
    """Return what a package costs once, by term."""
    terms = {term: int(cents[route]) for term, cents in problem.package_terms.items()}
    if (tariff := problem.tariffs[route]) is not None:
        inside = [part for part in answer.parts if part.route == route]
        weight = sum(part.quantity * int(problem.weight_g[part.line]) for part in inside)
        volume = sum(part.quantity * int(problem.volume_cm3[part.line]) for part in inside)
        step = tariff.freight_cents(tariff.billable_g(weight, volume))
        terms[Term.FREIGHT] = terms.get(Term.FREIGHT, 0) + step
    return terms


def _alternatives(
    problem: OrderProblem, answer: Assignment, costs: ForcedCosts, most: int
) -> Iterator[Alternative]:
    chosen: dict[int, set[int]] = {}
    for part in answer.parts:
        chosen.setdefault(part.line, set()).add(part.route)
    place_of = {line: place for place, group in enumerate(costs.reduced.groups) for line in group}
    for line in range(problem.lines):
        found = _next_best(problem, costs, place_of[line], chosen[line], most)
        for route, outcome in found:
            delta = outcome.cost_cents - answer.cost_cents
            freight = line_freight(problem, line, route) if route != UNFILLED else 0
            level = None
            if _has_level(problem, answer, costs, place_of[line], outcome) and freight - delta >= 0:
                level = freight - delta if route != UNFILLED else None
            yield Alternative(line, route, delta, outcome.exact, freight, level)


def _has_level(
    problem: OrderProblem, answer: Assignment, costs: ForcedCosts, place: int, outcome: Outcome
) -> bool:
    """Say whether the freight of the line alone has a proven break-even: it goes whole and by itself."""
    alone = len(costs.reduced.groups[place]) == 1
    return answer.exact and outcome.exact and alone and not problem.limits.may_split_lines


def _next_best(
    problem: OrderProblem, costs: ForcedCosts, place: int, chosen: set[int], most: int
) -> list[tuple[int, Outcome]]:
    """Return the best routes for a group but the chosen ones, cheapest first; UNFILLED is one of them.

    Candidates are solved in order of their bounds, until no bound could still come among the first.
    """
    bounds = costs.bound[place].tolist()
    found: list[tuple[int, int, Outcome]] = []
    for column in np.argsort(costs.bound[place], kind="stable").tolist():
        route = UNFILLED if column == problem.routes else column
        if route in chosen and len(chosen) == 1:
            continue
        if not isfinite(bounds[column]):
            break
        if len(found) >= most and bounds[column] > sorted(found, key=_cents)[most - 1][0]:
            break
        outcome = costs.solved(place, column)
        if outcome is not None:
            found.append((outcome.cost_cents, column, outcome))
    ranked = sorted(found, key=_cents)[:most]
    return [(UNFILLED if column == problem.routes else column, outcome) for _, column, outcome in ranked]


def _cents(entry: tuple[int, int, Outcome]) -> tuple[int, int]:
    return entry[:2]
