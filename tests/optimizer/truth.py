"""Whether an explanation is true: everything it says is done to the problem, which is then solved again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from optimizer.assignment import Assignment
from optimizer.break_even import FreightBreakEven
from optimizer.explain import Alternative, Explanation, explain
from optimizer.limits import Tariff
from optimizer.one import solve_order
from optimizer.problem import Block, OrderProblem
from optimizer.rejected import Numbers, Rejection
from optimizer.words import MUST_SERVE, UNFILLED, Reason, Term
from tests.optimizer.random_problems import planted

MUCH = 3_000
"""Added to the freight of every package and line, so that most break-evens can be reached by lowering it."""


def random_decision(seed: int, plain: bool) -> tuple[OrderProblem, Assignment]:
    """Return a random problem of up to 4 lines and 6 routes, and its answer."""
    problem, _ = planted(np.random.default_rng(seed), lines=4, routes=6, units=3, plain=plain)
    package = {**problem.package_terms, Term.FREIGHT: problem.package_terms[Term.FREIGHT] + MUCH}
    part = {**problem.part_terms, Term.FREIGHT: np.full(problem.candidate.shape, MUCH)}
    problem = replace(problem, package_terms=package, part_terms=part)
    answer = solve_order(problem)
    assert answer is not None
    return problem, answer


def is_true(problem: OrderProblem, answer: Assignment) -> Counter[str]:
    """Assert all that is said of an answer; return how often each kind of statement was tried."""
    told = explain(problem, answer, alternatives=99)
    tried: Counter[str] = Counter()
    sums_up(problem, answer, told)
    nothing_is_left_out(problem, answer, told)
    for alternative in told.alternatives:
        tried["alternative"] += 1
        delta_is_a_forced_solve(problem, answer, alternative)
        if alternative.level_freight_cents is not None:
            tried["line break-even"] += 1
            line_break_even_is_true(problem, answer, alternative)
    for break_even in told.freight_break_evens:
        tried["package break-even"] += package_break_even_is_true(problem, answer, break_even)
    for at in told.quantity_break_evens:
        tried["quantity break-even"] += 1
        for quantity in range(int(problem.quantity[at.line]) + 1, at.quantity + 1):
            routes = routes_of(solved(with_quantity(problem, at.line, quantity)), at.line)
            assert (at.route in routes) == (quantity == at.quantity)
            assert routes == routes_of(answer, at.line) or quantity == at.quantity
    for rejection in told.rejected:
        tried["rejection"] += 1
        tried["unproved rejection"] += not rejection.reasons
        mending_admits(problem, rejection)
    return tried


def solved(problem: OrderProblem) -> Assignment:
    answer = solve_order(problem)
    assert answer is not None
    return answer


def routes_of(answer: Assignment, line: int) -> set[int]:
    return {part.route for part in answer.parts if part.line == line}


def sums_up(problem: OrderProblem, answer: Assignment, told: Explanation) -> None:
    """Assert that the terms told add up to the cost, but for what is charged to the order as a whole."""
    whole = sum(sum(terms.values()) for terms in told.line_terms.values())
    whole += sum(sum(terms.values()) for terms in told.package_terms.values())
    whole += problem.unfilled_fixed_cents if answer.unfilled_units else 0
    assert answer.terms[Term.PENALTY] >= answer.cost_cents - whole >= 0
    for term in set(Term) - {Term.PENALTY, Term.UNFILLED}:
        mine = [*told.line_terms.values(), *told.package_terms.values()]
        assert sum(terms.get(term, 0) for terms in mine) == answer.terms[term]


def nothing_is_left_out(problem: OrderProblem, answer: Assignment, told: Explanation) -> None:
    """Every candidate is used, or an alternative, or rejected; and never two of the last."""
    alternatives = {(a.line, a.route) for a in told.alternatives if a.route != UNFILLED}
    rejected = {(r.line, r.route) for r in told.rejected}
    used = {(part.line, part.route) for part in answer.parts if part.route != UNFILLED}
    everything = {(int(line), int(route)) for line, route in np.argwhere(problem.candidate)}
    assert not alternatives & rejected
    assert not rejected & used
    assert everything == alternatives | rejected | used


def forced(problem: OrderProblem, line: int, route: int) -> OrderProblem:
    candidate, unfilled = problem.candidate.copy(), problem.unfilled_cents.copy()
    candidate[line, [other for other in range(problem.routes) if other != route]] = False
    if route != UNFILLED:
        unfilled[line] = MUST_SERVE
    return replace(problem, candidate=candidate, unfilled_cents=unfilled)


def delta_is_a_forced_solve(problem: OrderProblem, answer: Assignment, alternative: Alternative) -> None:
    again = solved(forced(problem, alternative.line, alternative.route))
    assert alternative.exact
    assert again.cost_cents - answer.cost_cents == alternative.delta_cents >= 0


def with_package_freight(problem: OrderProblem, route: int, less: int) -> OrderProblem:
    terms = {term: cents.copy() for term, cents in problem.package_terms.items()}
    terms[Term.FREIGHT][route] -= less
    return replace(problem, package_terms=terms)


def package_break_even_is_true(problem: OrderProblem, answer: Assignment, told: FreightBreakEven) -> bool:
    """One cent short of it leaves the choice, one cent past it flips it; False where it cannot be tried."""
    fall = told.freight_cents - told.level_cents
    if fall + 1 > problem.package_terms[Term.FREIGHT][told.route]:
        return False
    if fall:
        short = solved(with_package_freight(problem, told.route, fall - 1))
        assert told.route not in short.routes
        assert short.cost_cents == answer.cost_cents
    past = solved(with_package_freight(problem, told.route, fall + 1))
    assert told.route in past.routes
    assert past.cost_cents == answer.cost_cents - 1
    return True


def with_line_freight(problem: OrderProblem, line: int, route: int, freight: int) -> OrderProblem:
    part = {term: cents.copy() for term, cents in problem.part_terms.items()}
    unit = {term: cents.copy() for term, cents in problem.unit_terms.items()}
    part[Term.FREIGHT][line, route] = freight
    unit[Term.FREIGHT][line, route] = 0
    return replace(problem, part_terms=part, unit_terms=unit)


def line_break_even_is_true(problem: OrderProblem, answer: Assignment, told: Alternative) -> None:
    level = told.level_freight_cents
    assert level is not None
    if told.delta_cents:
        short = solved(with_line_freight(problem, told.line, told.route, level + 1))
        assert told.route not in routes_of(short, told.line)
        assert short.cost_cents == answer.cost_cents
    if level:
        past = solved(with_line_freight(problem, told.line, told.route, level - 1))
        assert routes_of(past, told.line) == {told.route}
        assert past.cost_cents == answer.cost_cents - 1


def with_quantity(problem: OrderProblem, line: int, quantity: int) -> OrderProblem:
    quantities = problem.quantity.copy()
    quantities[line] = quantity
    return replace(problem, quantity=quantities)


def mending_admits(problem: OrderProblem, rejection: Rejection) -> None:
    """Mending all named causes admits the candidate, and mending all but one of them does not."""
    line, route, reasons = rejection.line, rejection.route, rejection.reasons
    if not reasons:
        assert problem.admissible[line, route]  # it falls out together with others only
        return
    mended = mend(problem, rejection, reasons)
    assert mended.admissible[line, route]
    if problem.admissible[line, route]:
        assert solve_order(forced(problem, line, route)) is None
        assert solve_order(forced(mended, line, route)) is not None
        return
    for left_out in reasons:
        others = [numbers for numbers in reasons if numbers is not left_out]
        assert not mend(problem, rejection, others).admissible[line, route]


def mend(problem: OrderProblem, rejection: Rejection, reasons: Sequence[Numbers]) -> OrderProblem:
    for numbers in reasons:
        problem = mend_one(problem, rejection.line, rejection.route, numbers)
    return problem


def mend_one(problem: OrderProblem, line: int, route: int, numbers: Numbers) -> OrderProblem:
    source, needed = int(problem.source[route]), numbers.needed
    place = int(problem.place[source])
    match numbers.reason:
        case Reason.NO_STOCK | Reason.NOT_ENOUGH_STOCK:
            cell = (int(problem.item[line]), source)
            assert problem.stock[cell] == numbers.available < needed
            changes = {"stock": changed(problem.stock, cell, needed)}
        case Reason.TOO_HEAVY:
            most = changed(problem.max_weight_g, route, max(problem.max_weight_g[route], needed))
            changes = {"max_weight_g": most, "tariffs": with_last_step(problem, route, int(needed))}
        case Reason.TOO_LARGE:
            changes = {"max_side_cm": changed(problem.max_side_cm, route, needed)}
        case Reason.CAPACITY_FULL:
            changes = {"capacity": changed(problem.capacity, place, needed)}
        case Reason.PROMISE_MISSED:
            changes = {"p_on_time": changed(problem.p_on_time, route, needed)}
        case Reason.SPLIT_LIMIT:
            changes = {"limits": replace(problem.limits, max_packages=int(needed))}
        case Reason.TOGETHER:
            changes = {"together": tuple(group for group in problem.together if line not in group)}
        case _:
            changes = {"blocks": without(problem, line, route, numbers.reason)}
    return replace(problem, **changes)


def changed(array: Any, place: Any, value: float) -> Any:
    found = array.copy()
    found[place] = value
    return found


def with_last_step(problem: OrderProblem, route: int, grams: int) -> tuple[Tariff | None, ...]:
    tariffs = list(problem.tariffs)
    if (tariff := tariffs[route]) is not None:
        tariffs[route] = replace(tariff, up_to_g=(*tariff.up_to_g[:-1], max(tariff.up_to_g[-1], grams)))
    return tuple(tariffs)


def without(problem: OrderProblem, line: int, route: int, reason: Reason) -> tuple[Block, ...]:
    return tuple(
        replace(block, where=changed(block.where, (line, route), False)) if block.reason is reason else block
        for block in problem.blocks
    )
