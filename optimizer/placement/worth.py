"""What a limit costs and what a site may cost: by solving the placement again with one thing changed.

Values and bounds of both solves say between which amounts the truth lies: a change saves at least
``before.bound - after.value`` and at most ``before.value - after.bound``. Limits with a number bind where the
plan keeps them with nothing to spare. Whether a site's status or single sourcing binds is only known by
solving without it: told are those without which a cheaper plan is found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from optimizer.placement.answer import Infeasible, NoPlanFound, PlacementAnswer
from optimizer.placement.binding import binding
from optimizer.placement.check import referee
from optimizer.placement.problem import CLOSED, OPEN, FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place
from optimizer.placement.words import Limit


@dataclass(frozen=True, slots=True)
class Worth:
    """A limit that binds, of one site or of all (None), and what ``step`` more of it saves.

    ``saves`` is what the plans found differ by; ``least`` and ``most`` are proven.
    """

    limit: Limit
    site_id: str | None
    given: float
    step: float
    saves: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The fixed cost at which a site would just open, or just close; None: no plan is found that does.

    ``least`` and ``most`` are proven: below ``least`` it is worth opening, above ``most`` it is not.
    """

    site_id: str
    is_open: bool
    fixed: float
    at: float | None = None
    least: float | None = None
    most: float | None = None


def worths(
    problem: FacilityProblem,
    answer: PlacementAnswer,
    limits: PlaceLimits,
    told: Callable[[str], None] = lambda _: None,
    own: int | None = None,
) -> tuple[Worth, ...]:
    """Return the limits that bind the answer, each with what a step more is worth.

    ``limits`` hold for each solve. Only the statuses of the first ``own`` sites may change (None: of all).
    """
    found = []
    for one in binding(problem, answer.plan, own):
        name = None if one.site is None else problem.site_ids[one.site]
        told(f"What more {one.limit} is worth{'' if name is None else f' at {name}'}")
        worth = worth_of(answer, one.relaxed, limits, (one.limit, name, one.given, one.step))
        if worth is not None and (worth.saves > 0 or not one.asked):
            found.append(worth)
    return tuple(found)


def worth_of(
    answer: PlacementAnswer,
    relaxed: FacilityProblem,
    limits: PlaceLimits,
    named: tuple[Limit, str | None, float, float],
) -> Worth | None:
    """Return what a relaxed problem saves; ``named``: limit, site, its number and the step. None: no plan."""
    try:
        other = _refereed(relaxed, limits)
    except NoPlanFound:
        return None
    saves, most = max(answer.value - other.value, 0.0), answer.value - other.bound
    least = max(answer.bound - other.value, 0.0)
    return Worth(*named, saves, min(least, saves), max(most, saves))


def break_evens(
    problem: FacilityProblem,
    answer: PlacementAnswer,
    limits: PlaceLimits,
    told: Callable[[str], None] = lambda _: None,
) -> tuple[BreakEven, ...]:
    """Return the break-even fixed cost of every site that may be open or closed; ``limits`` hold for each."""
    found = []
    for site in np.flatnonzero(problem.forced == 0):
        told(f"Break-even of {problem.site_ids[site]}")
        is_open, fixed = bool(answer.plan.open[site]), float(problem.fixed[site])
        forced = problem.forced.copy()
        forced[site] = CLOSED if is_open else OPEN
        facts = BreakEven(problem.site_ids[site], is_open, fixed)
        try:
            other = _refereed(replace(problem, forced=forced), limits)
        except (Infeasible, NoPlanFound):
            found.append(facts)
            continue
        opened, closed = (answer, other) if is_open else (other, answer)
        found.append(
            replace(
                facts,
                at=fixed + closed.value - opened.value,
                least=fixed + closed.bound - opened.value,
                most=fixed + closed.value - opened.bound,
            )
        )
    return tuple(found)


def _refereed(problem: FacilityProblem, limits: PlaceLimits) -> PlacementAnswer:
    answer = place(problem, limits=limits)
    referee(problem, answer)
    return answer
