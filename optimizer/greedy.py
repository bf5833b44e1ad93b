"""Line by line: each takes the route that comes first by rules, among those that the order still allows.

The baselines (nearest, fastest, …) are one rule each; the lexicographic policies are several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optimizer.assignment import Assignment, Part
from optimizer.check import assignment_of, check
from optimizer.general_options import room_of
from optimizer.general_state import State
from optimizer.kernel import solve_one
from optimizer.problem import OrderProblem
from optimizer.reduce import TIE, groups_of, has_partial_routes, reduce
from optimizer.rules import Candidate, Group, Ranking, Rule
from optimizer.words import MUST_SERVE, UNFILLED, Engine


@dataclass(frozen=True, slots=True)
class Ruled:
    """An answer by rules; ``decided_by`` names for each line the rule that chose its route.

    That is a rule's key, or ``only`` (one route was left), ``tie`` (cents, then the smaller route), ``parts``
    (no route could take the line whole) or ``unfilled``.
    """

    assignment: Assignment
    decided_by: tuple[str, ...]


def by_rules(problem: OrderProblem, rules: Sequence[Rule], engine: Engine = Engine.RULES) -> Ruled | None:
    """Serve the lines in turn by rules; None where a line that must be served finds no route any more.

    Every hard constraint is kept; the bound is that of the cheapest answer, so that the gap shows what the
    rules cost.
    """
    state, decided = State(problem), [""] * problem.lines
    for group in groups_of(problem):
        found = _whole(problem, rules, group, state) or _rest(problem, rules, group, state)
        if found is None:
            return None
        state, rule = found
        for line in group:
            decided[line] = rule
    return Ruled(_answer(problem, state.parts, engine), tuple(decided))


def recorded(problem: OrderProblem, earlier: Mapping[int, int]) -> Assignment | None:
    """Return the recorded choice (line: route) as an answer; None where it breaks a hard constraint.

    A line without a record is left unserved.
    """
    parts = [
        Part(line, earlier.get(line, UNFILLED), int(problem.quantity[line])) for line in range(problem.lines)
    ]
    return _answer(problem, parts, Engine.RECORDED) if check(problem, parts).feasible else None


def _answer(problem: OrderProblem, parts: Sequence[Part], engine: Engine) -> Assignment:
    reduced = reduce(problem, whole=not has_partial_routes(problem))
    bound = solve_one(reduced.cost, reduced.fixed, reduced.max_packages, reduced.free)[2]
    return assignment_of(problem, parts, bound_cents=int(bound // TIE), engine=engine)


def _whole(
    problem: OrderProblem, rules: Sequence[Rule], group: Group, state: State
) -> tuple[State, str] | None:
    found = []
    for route in range(problem.routes):
        if all(problem.admissible[line, route] for line in group):
            after = state.extended([Part(line, route, int(problem.quantity[line])) for line in group])
            if after is not None:
                found.append(Candidate(route, after))
    if not found:
        return None
    winner, rule = Ranking(problem, group, state).order(rules, found)
    return winner.after, rule


def _rest(
    problem: OrderProblem, rules: Sequence[Rule], group: Group, state: State
) -> tuple[State, str] | None:
    """Serve a line in parts where that is allowed, else leave the group."""
    if problem.limits.may_split_lines and len(group) == 1:
        parts = _in_parts(problem, rules, group[0], state)
        after = state.extended(parts) if parts else None
        if after is not None:
            return after, "parts"
    if any(problem.unfilled_cents[line] == MUST_SERVE for line in group):
        return None
    left = state.extended([Part(line, UNFILLED, int(problem.quantity[line])) for line in group])
    return None if left is None else (left, "unfilled")


def _in_parts(problem: OrderProblem, rules: Sequence[Rule], line: int, state: State) -> tuple[Part, ...]:
    """Take what each route has, in order of the rules; the last units may be left unserved."""
    rest = int(problem.quantity[line])
    parts: list[Part] = []
    open_routes = [route for route in range(problem.routes) if problem.part_admissible[line, route]]
    may_leave = problem.unfilled_cents[line] != MUST_SERVE
    most = min(problem.limits.max_parts, len(open_routes) + may_leave)
    while rest and len(parts) < most:
        found = [c for route in open_routes if (c := _one_unit(state, line, route)) is not None]
        if not found or (len(parts) == most - 1 and may_leave and not _enough(problem, line, found, rest)):
            break
        route = Ranking(problem, (line,), state).order(rules, found)[0].route
        drawn = state.drawn.get((int(problem.item[line]), int(problem.source[route])), 0)
        units = min(rest, room_of(problem, line, route) - drawn)
        parts.append(Part(line, route, units))
        rest -= units
        open_routes.remove(route)
    if rest and may_leave:
        parts.append(Part(line, UNFILLED, rest))
        rest = 0
    return () if rest else tuple(sorted(parts))


def _one_unit(state: State, line: int, route: int) -> Candidate | None:
    after = state.extended([Part(line, route, 1)])
    return None if after is None else Candidate(route, after)


def _enough(problem: OrderProblem, line: int, found: Sequence[Candidate], rest: int) -> bool:
    """Say whether some route could take all that is left, so that the last part may go to it."""
    return any(room_of(problem, line, candidate.route) >= rest for candidate in found)
