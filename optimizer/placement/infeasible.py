"""Why no plan keeps every limit, and the least that has to give way.

The conflict comes from a deletion filter (Chinneck and Dravnieks 1991, doi:10.1287/ijoc.3.2.157): each limit
in turn is left out for good where the others are impossible without it. What remains is minimal. A remedy has
to break the conflict, so each of its limits is made the objective: by how much must it give way, all other
limits kept? Where no single one is enough, several give way: as few as a growing set of kept limits leaves
over, each by the least that the others then allow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from optimizer.placement.answer import Conflict, Diagnosis, Infeasible, Relaxation
from optimizer.placement.elastic import impossible, least_give, limits_of
from optimizer.placement.problem import CLOSED, FREE, OPEN, FacilityProblem
from optimizer.placement.words import Limit
from optimizer.words import Floats

SECONDS: Final = 30.0
"""Of wall time for one diagnosis; what it stops is not called minimal or proven."""

ON_TIME_STEP: Final = 0.001
"""The share on time gives way in steps of a tenth of a percent, as it is stated."""

CLOSE: Final = 1e-6
"""What linear programs leave: an amount so little above a step is that step."""


def explained(problem: FacilityProblem, seconds: float = SECONDS) -> Infeasible:
    """Return the error for a problem that has no plan, with its diagnosis where the limits show one."""
    return Infeasible(diagnosis=diagnose(problem, seconds))


def diagnose(problem: FacilityProblem, seconds: float = SECONDS) -> Diagnosis | None:
    """Return a minimal conflict and its remedies; None where the limits are not proven to conflict."""
    asked = _Asked(problem, time.monotonic() + seconds)
    limits = limits_of(problem)
    if not asked.impossible(limits):
        return None
    conflict = asked.filtered(limits)
    minimal = not asked.stopped
    alone = [asked.relaxed(limit, limits) for limit in conflict]
    remedies: list[tuple[Relaxation, ...]] = [(one,) for one in alone if one is not None]
    if not remedies and (several := asked.several(limits)):
        remedies = [several]
    remedies.sort(key=lambda remedy: sum(one.weight for one in remedy))
    facts = tuple(Conflict(limit, given_of(problem, limit)) for limit in conflict)
    return Diagnosis(facts, tuple(remedies), minimal)


def apply(problem: FacilityProblem, remedy: Sequence[Relaxation]) -> FacilityProblem:
    """Return the problem with its limits relaxed."""
    for one in remedy:
        problem = _CHANGES[one.limit](problem, one)
    return problem


def given_of(problem: FacilityProblem, limit: Limit) -> float:
    """Return the number of a limit: the sum over sites where each has its own, or how many it concerns."""
    limited = np.isfinite(problem.capacity) & (problem.forced != CLOSED)
    numbers: dict[Limit, Any] = {
        Limit.FORCED_OPEN: (problem.forced == OPEN).sum(),
        Limit.FORCED_CLOSED: (problem.forced == CLOSED).sum(),
        Limit.SINGLE_SOURCE: 1.0,
        Limit.MIN_UNITS: problem.min_units.sum(),
        Limit.MIN_SITES: problem.min_sites,
        Limit.MAX_SITES: problem.max_sites,
        Limit.BUDGET: problem.budget,
        Limit.ON_TIME: problem.min_on_time,
        Limit.CAPACITY: problem.capacity[limited].sum(),
    }
    return float(numbers[limit])


@dataclass(slots=True, eq=False)
class _Asked:
    """A problem under questions, until ``end`` (monotonic seconds); ``stopped``: an answer is missing."""

    problem: FacilityProblem
    end: float
    stopped: bool = False

    @property
    def left(self) -> float:
        return max(self.end - time.monotonic(), 0.0)

    def impossible(self, kept: Sequence[Limit]) -> bool:
        """Return whether it is proven that no plan keeps these limits."""
        known = impossible(self.problem, kept, self.left) if self.left else None
        self.stopped |= known is None
        return bool(known)

    def possible(self, kept: Sequence[Limit]) -> bool:
        """Return whether some plan is known to keep these limits."""
        return bool(self.left) and impossible(self.problem, kept, self.left) is False

    def filtered(self, limits: Sequence[Limit]) -> tuple[Limit, ...]:
        """Leave out each limit without which the others are still impossible together."""
        kept = list(limits)
        for limit in limits:
            others = [one for one in kept if one is not limit]
            if self.impossible(others):
                kept = others
        return tuple(kept)

    def relaxed(self, limit: Limit, limits: Sequence[Limit]) -> Relaxation | None:
        """Return the least by which one limit must give way while the others hold; None: it is not enough."""
        kept, given = [one for one in limits if one is not limit], given_of(self.problem, limit)
        if limit is Limit.SINGLE_SOURCE:
            return Relaxation(limit, given, 0.0) if self.possible(kept) else None
        give = least_give(self.problem, kept, limit, self.left) if self.left else None
        if give is None:
            return None
        named = tuple(
            (self.problem.site_ids[site], float(give.by_site[site])) for site in np.flatnonzero(give.by_site)
        )
        enough = _enough(limit, given, give.amount)
        return Relaxation(limit, given, enough, named, give.proven)

    def several(self, limits: Sequence[Limit]) -> tuple[Relaxation, ...]:
        """Return relaxations that are enough together: of the limits that a growing set cannot take in."""
        kept: list[Limit] = []
        for limit in limits:
            if self.possible([*kept, limit]):
                kept.append(limit)
        whole, found = self.problem, []
        for limit in [one for one in limits if one not in kept]:
            relaxed = self.relaxed(limit, [*kept, limit])
            if relaxed is None:
                return ()
            found.append(relaxed)
            kept.append(limit)
            self.problem = apply(self.problem, [relaxed])
        self.problem = whole
        return tuple(found)


def _enough(limit: Limit, given: float, amount: float) -> float:
    """Return the number of a limit that gives way by ``amount``, on its next step."""
    if limit is Limit.ON_TIME:
        return round(float(np.floor((given - amount + CLOSE / 10) / ON_TIME_STEP)) * ON_TIME_STEP, 3)
    steps = float(np.ceil(amount - CLOSE))
    if limit is Limit.BUDGET:
        return float(np.ceil(given + amount - CLOSE))
    return given - steps if limit in _FALLING else given + steps


_FALLING: Final = {Limit.FORCED_OPEN, Limit.FORCED_CLOSED, Limit.MIN_SITES, Limit.MIN_UNITS}


def _by_site(problem: FacilityProblem, relaxation: Relaxation) -> Floats:
    amounts = dict(relaxation.by_site)
    return np.array([amounts.get(site, 0.0) for site in problem.site_ids])


def _freed(problem: FacilityProblem, relaxation: Relaxation) -> FacilityProblem:
    freed = _by_site(problem, relaxation) > 0
    return replace(problem, forced=np.where(freed, FREE, problem.forced))


_CHANGES: Final[dict[Limit, Callable[[FacilityProblem, Relaxation], FacilityProblem]]] = {
    Limit.FORCED_OPEN: _freed,
    Limit.FORCED_CLOSED: _freed,
    Limit.SINGLE_SOURCE: lambda problem, one: replace(problem, single_source=one.enough > 0),
    Limit.MIN_UNITS: lambda problem, one: replace(
        problem, min_units=np.maximum(problem.min_units - _by_site(problem, one), 0.0)
    ),
    Limit.MIN_SITES: lambda problem, one: replace(problem, min_sites=round(one.enough)),
    Limit.MAX_SITES: lambda problem, one: replace(problem, max_sites=round(one.enough)),
    Limit.BUDGET: lambda problem, one: replace(problem, budget=one.enough),
    Limit.ON_TIME: lambda problem, one: replace(problem, min_on_time=one.enough),
    Limit.CAPACITY: lambda problem, one: replace(problem, capacity=problem.capacity + _by_site(problem, one)),
}
