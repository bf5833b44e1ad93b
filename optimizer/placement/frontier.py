"""Cost against P(on time): plans of which none is both cheaper and more often on time than another.

The epsilon-constraint method (Haimes, Lasdon and Wismer 1971): the cheapest plan, then the cheapest of those
that are on time as often as a rising level asks, up to the best that any plan reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from graph.errors import BadInput
from optimizer.placement.answer import Infeasible, NoPlanFound, PlacementAnswer, relative_gap
from optimizer.placement.check import check, referee
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place
from optimizer.words import Status

MOST_POINTS: Final = 50

LATE_OUTWEIGHS: Final = 1_000.0
"""For the most reliable plan: all units late cost so many times what all sites cost to open."""

CLOSE: Final = 1e-6
"""Shares on time that differ by less count as equal: what linear programs leave."""


@dataclass(frozen=True, slots=True, eq=False)
class FrontierPoint:
    """A plan that has passed the referee: the cheapest found that is on time as often as ``asked``."""

    asked: float
    p_on_time: float
    answer: PlacementAnswer


def frontier(
    problem: FacilityProblem,
    points: int,
    limits: PlaceLimits,
    cheapest: PlacementAnswer | None = None,
    told: Callable[[int, int], None] = lambda *_: None,
) -> tuple[FrontierPoint, ...]:
    """Return at most so many plans from the cheapest to the most reliable, mutually non-dominated.

    ``limits`` hold for each solve; ``cheapest``, where it is known, saves the first; ``told`` hears how many
    of the solves are done. A level for which no plan is found in time gives way to a plan by price
    (`between`). The problem's own required share is left aside. Raises BadInput for fewer than two points or
    a problem without ``on_time``, Infeasible and NoPlanFound where not even the cheapest plan is found.
    """
    if not 2 <= points <= MOST_POINTS:
        raise BadInput(f"A frontier has 2 to {MOST_POINTS} points, not {points}.")
    if problem.on_time is None:
        raise BadInput("A frontier needs the probabilities of being on time.")
    free = replace(problem, min_on_time=0.0)
    found = [_point(free, cheapest or place(free, limits=limits))]
    told(1, points + 1)
    last = most_reliable(free, found[0], limits)
    told(2, points + 1)
    first, most = found[0].p_on_time, last.p_on_time
    levels = np.linspace(first, most - CLOSE / 2, points)[1:] if most > first + 2 * CLOSE else np.zeros(0)
    found.append(last)
    for done, level in enumerate(levels.tolist()):
        try:
            asked = replace(problem, min_on_time=level)
            found.append(_point(asked, place(asked, limits=limits)))
        except (Infeasible, NoPlanFound):  # too large for its time, or rounding at the very end
            if done == len(levels) - 1:
                break  # the most reliable plan stands there already
            below = max((one for one in found if one.p_on_time < level), key=lambda one: one.p_on_time)
            above = min((one for one in found if one.p_on_time >= level), key=lambda one: one.p_on_time)
            found += between(free, below, above, limits)
        told(done + 3, points + 1)
    return non_dominated(found)


def most_reliable(problem: FacilityProblem, cheapest: FrontierPoint, limits: PlaceLimits) -> FrontierPoint:
    """Return the plan that is found to be on time most often; beside that only what sites cost counts."""
    price = LATE_OUTWEIGHS * max(float(np.abs(problem.fixed).sum()), 1.0) / max(problem.units.sum(), 1e-12)
    nothing = None if problem.unserved is None else np.zeros(problem.demands)
    cost = np.where(np.isfinite(problem.cost), 0.0, np.inf)
    answer = place(_priced(replace(problem, cost=cost, unserved=nothing), price), limits=limits)
    return _counted(problem, answer, cheapest.answer.bound, limits)


def between(
    problem: FacilityProblem, below: FrontierPoint, above: FrontierPoint, limits: PlaceLimits
) -> tuple[FrontierPoint, ...]:
    """Return the plan that is cheapest when a late unit costs what it costs between the two points; or none.

    A point found so is easier than one of a given level, since nothing is required of it (Cohon 1978,
    Multiobjective Programming and Planning, chapter 6). The price gives its bound: a plan that is on time as
    often pays no more for late units, so at least the rest of the priced bound.
    """
    dearer, units = above.answer.value - below.answer.value, float(problem.units.sum())
    if dearer <= 0:
        return ()
    price = dearer / (units * (above.p_on_time - below.p_on_time))
    try:
        answer = place(_priced(problem, price), limits=limits)
    except NoPlanFound:
        return ()
    late = units * (1.0 - on_time_share(problem, answer.plan))
    return (_counted(problem, answer, max(below.answer.bound, answer.bound - price * late), limits),)


def _priced(problem: FacilityProblem, price: float) -> FacilityProblem:
    """Return the problem in which every unit that is late costs ``price`` more."""
    assert problem.on_time is not None
    late = price * problem.units * (1.0 - problem.on_time)
    unserved = None if problem.unserved is None else problem.unserved + price * problem.units
    return replace(problem, cost=problem.cost + late, unserved=unserved)


def _counted(
    problem: FacilityProblem, answer: PlacementAnswer, bound: float, limits: PlaceLimits
) -> FrontierPoint:
    """Return the point of a plan that was found at other costs: its own cost, refereed, with this bound."""
    value = check(problem, answer.plan).value
    bound = min(bound, value)
    gap = relative_gap(value, bound)
    status = Status.OPTIMAL if gap <= limits.gap else Status.FEASIBLE
    share = on_time_share(problem, answer.plan)
    counted = replace(answer, value=value, bound=bound, gap=gap, status=status)
    referee(replace(problem, min_on_time=min(share, 1.0)), counted)
    return FrontierPoint(share, share, counted)


def on_time_share(problem: FacilityProblem, plan: FacilityPlan) -> float:
    """Return the expected share of units that a plan brings on time; unserved units are late."""
    assert problem.on_time is not None
    kept = problem.units[plan.demand] * plan.share * problem.on_time[plan.site, plan.demand]
    return float(kept.sum() / max(float(problem.units.sum()), 1e-12))


def non_dominated(points: Sequence[FrontierPoint]) -> tuple[FrontierPoint, ...]:
    """Return the points that no other one beats in cost and share on time, the cheapest first."""
    kept: list[FrontierPoint] = []
    for point in sorted(points, key=lambda one: (one.answer.value, -one.p_on_time)):
        if not kept or point.p_on_time > kept[-1].p_on_time + CLOSE:
            kept.append(point)
    return tuple(kept)


def _point(problem: FacilityProblem, answer: PlacementAnswer) -> FrontierPoint:
    referee(problem, answer)
    return FrontierPoint(problem.min_on_time, on_time_share(problem, answer.plan), answer)
