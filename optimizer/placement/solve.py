"""Place: bound by prices, search for plans, rule out what cannot matter, and prove the rest.

One way for every kind of problem. (1) The Lagrangian bound rises while plans are searched around the sites
that it opens. (2) Bound and best plan settle most sites and pairs. (3) What remains in question goes to HiGHS
as the strong model, the best plan as its start; for whole demand CP-SAT first looks for better plans. Only
the search for plans differs by kind; limits beyond the bound's (budget, least use, on time) are rows of the
model, and every plan passes the referee.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from optimizer.mathopt import Solver
from optimizer.placement.answer import PlacementAnswer, Progress, relative_gap
from optimizer.placement.branch import branch
from optimizer.placement.capacity_tree import CapacityTree
from optimizer.placement.core import Core
from optimizer.placement.elastic import never_on_time
from optimizer.placement.exact import MOST_PAIRS, run
from optimizer.placement.fixing import settle
from optimizer.placement.infeasible import explained
from optimizer.placement.lagrangian import Lagrangian
from optimizer.placement.model import Question
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits, Record
from optimizer.placement.searches import Nearest, Searcher, Shared
from optimizer.placement.season_searches import seasonal
from optimizer.placement.words import Method

FIRST_ROUNDS = 50
ROUNDS = 200
"""Steps of the bound between two searches for plans, early and late."""

LARGE = 1_000_000
"""Pairs from which on a plan of whole demand is too dear to be searched for early."""

MOST_ROUNDS = 3_000
SMALL = 6_000
"""Pairs left in question that are given to HiGHS, for so many nodes, before the search for plans goes on."""

NEAR = 0.01
"""Gap of the best plan up to which they are."""

FIRST_NODES = 200
FIRST_VISITS = 400
FIRST_WORK = 1e7
"""Nodes of the tree on sites, and costs they look at, before plans are searched for at length."""

LARGEST_TREE = 4_000_000
"""Pairs beyond which a node takes too long."""


def place(
    problem: FacilityProblem,
    *,
    limits: PlaceLimits | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    known: FacilityPlan | None = None,
) -> PlacementAnswer:
    """Return the best plan found, and how far from the optimum it can be at most.

    ``known`` is a plan that is there already. Where it keeps every limit there is an answer, however soon the
    clock stops the search, and none that costs more; the search does not look at it, as one that starts from
    a poor plan takes longer.

    Raises Infeasible, with its diagnosis, where no plan keeps every limit, NoPlanFound where the search ended
    before it knew.
    """
    record = Record(problem, limits or PlaceLimits(), progress, cancelled, known)
    core = Core.of(problem)
    if core.contradicts or never_on_time(problem):
        raise explained(problem)
    searcher = seasonal(core, record)
    duals = Lagrangian(replace(core, whole=False))
    _rise(duals, searcher, record)
    if core.whole:
        duals = Lagrangian(core, duals.best.price, duals.often)
        _rise(duals, searcher, record)
    if isinstance(searcher, Nearest) and problem.budget is None:
        searcher.polish(duals)
        branch(core, settle(core, duals.best, record.value), duals, record)
    else:
        _narrow(core, searcher, duals, record)
    return record.answer(method_of(core, problem))


def _narrow(core: Core, searcher: Searcher, duals: Lagrangian, record: Record) -> None:
    """Prove a small question at once; else look for better plans first, which make it smaller."""
    question = settle(core, duals.best, record.value)
    near = record.plan is None or relative_gap(record.value, record.bound) <= NEAR
    if record.goes_on() and near and int(question.pairs.sum()) <= SMALL:
        _prove(core, question, record, FIRST_NODES)
    tree = (
        CapacityTree(core, question, duals, record, searcher.look)
        if _suits_tree(core, record.problem)
        else None
    )
    if tree is not None:
        _in_turns(tree, searcher, duals, record)
        return
    if record.goes_on():
        searcher.polish(duals)
    question = settle(core, duals.best, record.value)
    if record.goes_on() and (record.plan is None or int(question.pairs.sum()) <= MOST_PAIRS):
        _prove(core, question, record, record.limits.work)


def _in_turns(tree: CapacityTree, searcher: Searcher, duals: Lagrangian, record: Record) -> None:
    """Grow the tree and search for plans in turns; the tree's turns grow longer, for it alone can prove."""
    visits = min(FIRST_VISITS, int(FIRST_WORK / duals.core.cost.size))
    tree.grow(visits)
    while record.goes_on() and not tree.done:
        searcher.polish(duals)
        visits *= 2
        tree.grow(visits if record.limits.work is None else record.limits.work)
        if record.limits.work is not None:
            break
    if tree.done and record.plan is None:
        raise explained(record.problem)


def _suits_tree(core: Core, problem: FacilityProblem) -> bool:
    """Return whether sites are worth branching on: they have a choice, and the bound knows every limit."""
    aside = problem.budget is not None or problem.min_on_time > 0 or bool(problem.min_units.any())
    choice = bool(core.fixed.any()) or core.most < core.rows
    return choice and not aside and core.cost.size <= LARGEST_TREE


def method_of(core: Core, problem: FacilityProblem) -> Method:
    """Return what kind of problem it is."""
    if core.whole:
        return (
            Method.SINGLE_SOURCE if core.fixed.any() or problem.max_sites is not None else Method.ASSIGNMENT
        )
    if core.limited:
        return Method.CAPACITATED
    return Method.UNCAPACITATED if core.fixed.any() else Method.MEDIAN


def _rise(duals: Lagrangian, searcher: Searcher, record: Record) -> None:
    """Raise the bound and search in turns, until neither has anything to gain."""
    while record.goes_on() and not duals.settled and duals.rounds < MOST_ROUNDS:
        early = duals.rounds < ROUNDS and (duals.core.cost.size <= LARGE or isinstance(searcher, Shared))
        rounds = FIRST_ROUNDS if early else ROUNDS
        tried = duals.improve(rounds, record.most)
        if duals.bound >= min(record.most, duals.core.forbidden):
            break
        record.prove(duals.bound)
        searcher.search(tried, duals)
    if duals.bound > duals.core.forbidden:
        raise explained(record.problem)
    record.prove(duals.bound)


def _prove(core: Core, question: Question, record: Record, nodes: int | None) -> None:
    """Give what remains in question to HiGHS; what is not in question costs more than the best plan."""
    found = run(core, question, record, Solver.HIGHS, nodes)
    if found is not None:
        record.prove(min(found, record.value))
    elif record.plan is None:
        raise explained(record.problem)
