"""The part of a placement that searches and bounds work on: the sites that may open, and finite costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numba  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import CLOSED, OPEN, FacilityProblem
from optimizer.words import Bools, Floats, Ints

compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.njit(cache=True)


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """R rows, one a site that may open, and J demands; arrays in C order.

    Where demand may stay unserved the last row is *nobody*: open, free, without capacity. A pair that is not
    allowed costs ``forbidden``, more than any plan. ``use`` is (R, J), or (1, J) where it is the same from
    everywhere: that of the period in which most is used in all. ``least`` and ``most`` limit the number of
    open rows, nobody included. Limits that are not named here (budget, least use, on time, capacity in the
    other periods) are left to the model: a bound without them is a bound.
    """

    row_site: Ints  # (R,) row of the problem; -1 = nobody
    fixed: Floats  # (R,)
    cost: Floats  # (R, J)
    use: Floats  # (R, J) or (1, J)
    capacity: Floats  # (R,)
    forced: Bools  # (R,) must be open
    least: int
    most: int
    limited: bool  # whether some capacity can bind at all
    whole: bool  # one row each, and that is more than the cheapest open one
    split: bool  # the best shares may be fractions
    forbidden: float

    def __post_init__(self) -> None:
        for name in ("row_site", "fixed", "cost", "use", "capacity", "forced"):
            array = getattr(self, name).view()
            array.flags.writeable = False  # all alike, so that every kernel is compiled once
            object.__setattr__(self, name, array)

    @classmethod
    def of(cls, problem: FacilityProblem) -> Self:
        """Leave out closed sites, and put *nobody* last where demand may stay unserved."""
        site = np.flatnonzero(problem.forced != CLOSED)
        nobody = 0 if problem.unserved is None else 1
        cost = problem.cost if len(site) == problem.sites else problem.cost[site]
        finite = np.isfinite(cost)
        dearest = np.where(finite, np.abs(cost), 0.0).max(axis=0, initial=0.0)
        if problem.unserved is not None:
            dearest = np.maximum(dearest, np.abs(problem.unserved))
        forbidden = 1.0 + 2.0 * (float(dearest.sum()) + float(np.abs(problem.fixed).sum()))
        if not finite.all():
            cost = np.where(finite, cost, forbidden)
        uses = _uses(problem, site)
        use = uses[int(np.argmax([one.sum() for one in uses]))]
        fixed, capacity = problem.fixed[site], problem.capacity[site]
        limited = any(bool((one.sum(axis=1) > capacity).any()) for one in uses)
        forced = problem.forced[site] == OPEN
        if problem.unserved is not None:
            cost = np.vstack([cost, problem.unserved])
            use = _with_nobody(use)
            fixed, capacity = np.append(fixed, 0.0), np.append(capacity, np.inf)
            forced, site = np.append(forced, True), np.append(site, -1)
        aside = problem.min_on_time > 0 or bool(problem.min_units.any())
        most = len(site) - nobody if problem.max_sites is None else problem.max_sites
        return cls(
            site,
            fixed,
            np.ascontiguousarray(cost),
            np.ascontiguousarray(use),
            capacity,
            forced,
            max(problem.min_sites or 0, 0 if nobody else _fewest(capacity, float(use.min(axis=0).sum())))
            + nobody,
            most + nobody,
            limited,
            problem.single_source and (limited or aside),
            not problem.single_source and (limited or aside),
            forbidden,
        )

    def peaked(self, problem: FacilityProblem, part: float) -> Self:
        """Return a core to search plans in: each demand's use goes that part of the way to its largest.

        A plan that fits in it at 1 fits in every period; the best one may not.
        """
        peak = np.max(_uses(problem, self.row_site[self.row_site >= 0]), axis=0)
        peak = peak if problem.unserved is None else _with_nobody(peak)
        return replace(self, use=self.use + part * (peak - self.use))

    @property
    def rows(self) -> int:
        """R, the number of rows."""
        return len(self.row_site)

    @property
    def demands(self) -> int:
        """J, the number of demands."""
        return int(self.cost.shape[1])

    @property
    def contradicts(self) -> bool:
        """Whether the limits on the number of open rows leave nothing, whatever they serve."""
        return max(self.least, int(self.forced.sum()), 1) > min(self.most, self.rows)

    def plan(self, problem: FacilityProblem, is_open: Bools, site_of: Ints) -> FacilityPlan:
        """Return the plan of open rows and of one row for each demand."""
        opened = np.zeros(problem.sites, np.bool_)
        sites = self.row_site[is_open]
        opened[sites[sites >= 0]] = True
        return FacilityPlan.assigned(opened, self.row_site[site_of])


def _uses(problem: FacilityProblem, site: Ints) -> list[Floats]:
    """Return the use of each period, (sites, J) or (1, J) where it is the same from everywhere."""
    use = problem.units[None, :] if problem.use is None else problem.use[site]
    return [use] if problem.parts is None else [np.ascontiguousarray(use * part) for part in problem.parts]


def _with_nobody(use: Floats) -> Floats:
    return use if len(use) == 1 else np.vstack([use, np.zeros(use.shape[1])])


def _fewest(capacity: Floats, needed: float) -> int:
    """Return how many sites have to open, the largest ones, for all demand to fit.

    A cut that the linear relaxation lacks: of equal sites it opens 9.2 where 10 are needed.
    """
    room = np.cumsum(np.sort(capacity)[::-1])
    return int(np.searchsorted(room, needed * (1.0 - 1e-9))) + 1
