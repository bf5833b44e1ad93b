"""What a search knows so far: the best plan, the best bound, the clock, and whether it may go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.placement.answer import NoPlanFound, PlacementAnswer, Progress, relative_gap
from optimizer.placement.check import check
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.words import Method
from optimizer.words import Status

EXACT = 1e-7
"""Plans whose costs differ by less, relatively, count as equal."""

CLOSEST = 1e-6
"""No gap below it is asked for: linear programs are no more exact."""


@dataclass(frozen=True, slots=True)
class PlaceLimits:
    """How far a search goes: it ends at the relative ``gap`` (1e-6 at the closest), or is stopped.

    ``seconds`` of wall time make an answer that they stop unrepeatable; ``work`` (nodes of one tree search)
    does not. None: no limit. Random choices start from ``seed``.
    """

    seconds: float | None = 60.0
    gap: float = 1e-4
    work: int | None = None
    seed: int = 1


class Record:
    """The best plan and bound of one search; every plan passes the referee before it counts."""

    def __init__(
        self,
        problem: FacilityProblem,
        limits: PlaceLimits,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        known: FacilityPlan | None = None,
    ) -> None:
        """Start the clock; a plan ``known`` before counts where the search finds none that is cheaper."""
        self.problem, self.limits = problem, limits
        self.plan: FacilityPlan | None = None
        self._known = known
        self.value, self.bound = np.inf, -np.inf
        self.by_clock = False
        self._progress, self._cancelled = progress, cancelled
        self._start = time.monotonic()
        self._history: list[Progress] = []
        self._whole_numbers = _costs_whole_numbers(problem)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    @property
    def left(self) -> float | None:
        """Seconds that are left; None = no limit."""
        return None if self.limits.seconds is None else max(self.limits.seconds - self.seconds, 0.0)

    @property
    def closed(self) -> bool:
        """Whether the gap is the one asked for."""
        return self.plan is not None and relative_gap(self.value, self.bound) <= max(self.limits.gap, CLOSEST)

    @property
    def most(self) -> float:
        """The most that a plan may cost to count as better; infinite while there is none."""
        if self._whole_numbers and np.isfinite(self.value):
            return self.value - 0.5
        return float(self.value - EXACT * abs(self.value)) if np.isfinite(self.value) else np.inf

    def goes_on(self) -> bool:
        """Whether there is something left to prove, and leave to go on."""
        if self.closed:
            return False
        if self.left == 0.0 or self._cancelled():
            self.by_clock = True
            return False
        return True

    def offer(self, plan: FacilityPlan) -> bool:
        """Keep a plan that is allowed and cheaper than the best; return whether it was."""
        verdict = check(self.problem, plan)
        if not verdict.feasible or verdict.value >= self.value:
            return False
        self.plan, self.value = plan, verdict.value
        self._tell()
        return True

    def prove(self, bound: float) -> None:
        """Note that no plan costs less than ``bound``; where costs are whole, so is the bound."""
        if self._whole_numbers and np.isfinite(bound):
            bound = float(np.ceil(bound - max(1e-6, 1e-9 * abs(bound))))
        if (bound := min(bound, self.value)) > self.bound:
            self.bound = bound
            self._tell()

    def answer(self, method: Method) -> PlacementAnswer:
        """Return what was found. Raises NoPlanFound where there is no plan."""
        if self._known is not None and self.offer(self._known):
            self.bound = min(self.bound, self.value)
        if self.plan is None:
            raise NoPlanFound("No plan was found in the time given: allow more, or relax a limit.")
        gap = relative_gap(self.value, self.bound)
        status = Status.OPTIMAL if self.closed else Status.FEASIBLE
        return PlacementAnswer(
            *(self.plan, self.value, self.bound, gap, status, method, self.seconds),
            *(not self.by_clock, tuple(self._history)),
        )

    def _tell(self) -> None:
        known = Progress(self.seconds, self.bound, self.value)
        self._history.append(known)
        self._progress(known)


def _costs_whole_numbers(problem: FacilityProblem) -> bool:
    """Return whether every plan that can be best costs a whole number."""
    splits = np.isfinite(problem.capacity).any() or problem.min_on_time > 0 or problem.min_units.any()
    if not problem.single_source and splits:
        return False
    costs = [problem.fixed, problem.cost[np.isfinite(problem.cost)]]
    if problem.unserved is not None:
        costs.append(problem.unserved)
    return all(bool((c == np.rint(c)).all()) for c in costs)
