"""A placement over several periods: sites are opened once, and capacity holds in every period.

The placement problem knows one capacity a site. First only the largest period is counted everywhere, which
leaves limits out: its bound is a bound. Where the plan asks too much of a site in another period, this period
is counted there too (`Scenario.problem`), and the search goes on, until the plan keeps every capacity in
every period. What is counted in addition makes a limit stricter than it is: the gap tells what that may cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from optimizer.placement.answer import PlacementAnswer, Progress, relative_gap
from optimizer.placement.check import referee
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario import Scenario
from optimizer.placement.solve import place
from optimizer.placement.verdict import TOLERANCE
from optimizer.words import Bools, Floats, Status

ROUNDS: Final = 6
"""After so many rounds every period is counted everywhere."""


def place_scenario(
    scenario: Scenario,
    limits: PlaceLimits,
    progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> PlacementAnswer:
    """Return the plan of a scenario; it has passed the referee, in every period.

    Raises Infeasible and NoPlanFound as `place` does; with periods also where only the stricter limits leave
    no plan.
    """
    counted = np.zeros((len(scenario.site_ids), len(scenario.periods)), np.bool_)
    counted[:, scenario.period_units.sum(axis=1).argmax()] = True
    answers: list[PlacementAnswer] = []
    while True:
        if len(answers) == ROUNDS - 1:
            counted[:] = True
        problem = scenario.problem(counted)
        answer = place(problem, limits=_left(limits, answers), progress=progress, cancelled=cancelled)
        referee(problem, answer)
        answers.append(answer)
        over = overloaded(scenario, answer.plan)
        if not over.any():
            return answer if len(answers) == 1 else _summed_up(answers, limits.gap)
        counted |= over


def loads(scenario: Scenario, plan: FacilityPlan) -> Floats:
    """Return the units that each site handles in each period, (I, P)."""
    lots = scenario.lots
    handled = np.zeros((len(scenario.site_ids), len(scenario.periods)))
    demand = lots.demand[plan.demand]
    share = lots.fraction[plan.demand] * plan.share
    np.add.at(handled, plan.site, (scenario.period_units[:, demand] * share).T)
    return handled


def overloaded(scenario: Scenario, plan: FacilityPlan) -> Bools:
    """Return where a plan asks more of a site than it can handle in a period, (I, P)."""
    handled = loads(scenario, plan)
    capacity = scenario.sites["capacity_units"].fill_null(np.inf).to_numpy()
    capacity = np.append(capacity, np.full(len(handled) - len(capacity), np.inf))
    slack = TOLERANCE * np.maximum(1.0, np.where(np.isinf(capacity), 1.0, capacity))
    found: Bools = handled > (capacity + 2.0 * slack)[:, None]
    return found


def _left(limits: PlaceLimits, answers: Sequence[PlacementAnswer]) -> PlaceLimits:
    """Return limits for the next round: the time that is left, and a tenth of all at least."""
    if limits.seconds is None:
        return limits
    left = limits.seconds - sum(answer.seconds for answer in answers)
    return replace(limits, seconds=max(left, limits.seconds / 10))


def _summed_up(answers: Sequence[PlacementAnswer], most_gap: float) -> PlacementAnswer:
    """Return the last answer with the bound of the first, which alone holds for the scenario itself."""
    first, last = answers[0], answers[-1]
    bound = min(first.bound, last.value)
    gap = relative_gap(last.value, bound)
    return replace(
        last,
        bound=bound,
        gap=gap,
        status=Status.OPTIMAL if gap <= most_gap else Status.FEASIBLE,
        seconds=sum(answer.seconds for answer in answers),
        repeatable=all(answer.repeatable for answer in answers),
    )
