"""How far one limit must give way: the limits of a placement as a linear model, without its costs.

Some limits are kept, one may be *soft*: then the model minimises by how much it is broken. Nothing is said
about what a plan costs, so demands that every site serves alike are taken together.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from optimizer.mathopt import Ending, LinearModel, NoSolution, Solution, Solver, Work, solve
from optimizer.placement.problem import CLOSED, OPEN, FacilityProblem
from optimizer.placement.words import Limit
from optimizer.words import Floats, Ints

LIMITS: Final = (
    Limit.FORCED_OPEN,
    Limit.FORCED_CLOSED,
    Limit.SINGLE_SOURCE,
    Limit.MIN_UNITS,
    Limit.MIN_SITES,
    Limit.MAX_SITES,
    Limit.BUDGET,
    Limit.ON_TIME,
    Limit.CAPACITY,
)
"""The limits that may give way, in the order in which they are tried; the others say what a plan is."""


MOST_PAIRS: Final = 400_000
"""Pairs of site and demand beyond which HiGHS would not end in any time."""


@dataclass(frozen=True, slots=True, eq=False)
class Give:
    """By how much the soft limit must give way, and by site (I,); ``proven``: less is not enough."""

    amount: float
    by_site: Floats
    proven: bool


def limits_of(problem: FacilityProblem) -> tuple[Limit, ...]:
    """Return the limits that the problem has at all, of those that may give way."""
    there = {
        Limit.FORCED_OPEN: bool((problem.forced == OPEN).any()),
        Limit.FORCED_CLOSED: bool((problem.forced == CLOSED).any()),
        Limit.SINGLE_SOURCE: problem.single_source,
        Limit.MIN_UNITS: bool(problem.min_units.any()),
        Limit.MIN_SITES: problem.min_sites is not None,
        Limit.MAX_SITES: problem.max_sites is not None,
        Limit.BUDGET: problem.budget is not None,
        Limit.ON_TIME: problem.min_on_time > 0,
        Limit.CAPACITY: bool(np.isfinite(problem.capacity).any()),
    }
    return tuple(limit for limit in LIMITS if there[limit])


def impossible(problem: FacilityProblem, kept: Collection[Limit], seconds: float) -> bool | None:
    """Return whether it is proven that no plan keeps these limits; None where the clock stopped it."""
    if Limit.ON_TIME in kept and never_on_time(problem):
        return True
    model = _modelled(problem, kept, kept, None)
    if model is None:
        return None
    found = _solved(model, seconds)
    if isinstance(found, Solution):
        return False
    return True if found.ending is Ending.INFEASIBLE else None


def least_give(problem: FacilityProblem, kept: Collection[Limit], soft: Limit, seconds: float) -> Give | None:
    """Return by how much ``soft`` must give way for a plan that keeps ``kept``; None: that was not found.

    In sites, units, money or the share on time, as the limit counts; capacity and least use in whole units
    of each site. Single sourcing gives way wholly or not at all: ask `impossible` without it.
    """
    model = _modelled(problem, {*kept, soft}, kept, soft)
    found = None if model is None else _solved(model, seconds)
    if model is None or found is None or isinstance(found, NoSolution):
        return None
    is_open = found.values[model.opens].round()
    by_site = np.zeros(problem.sites)
    if soft in _FORCED:
        by_site[problem.forced == _FORCED[soft]] = 1.0
        by_site *= is_open if soft is Limit.FORCED_CLOSED else 1.0 - is_open
    elif len(model.slack):
        by_site[model.slack_site] = found.values[model.slack].round()
    amount = max(found.cost, 0.0)
    if soft is Limit.BUDGET and problem.budget is not None:  # to the cent, whatever the solver rounded
        amount = float(problem.spent @ is_open) - problem.budget
    return Give(amount, by_site, found.ending is Ending.OPTIMAL)


_FORCED: Final = {Limit.FORCED_OPEN: OPEN, Limit.FORCED_CLOSED: CLOSED}


def never_on_time(problem: FacilityProblem) -> bool:
    """Return whether the share on time is beyond what all sites, closed ones too, could do together."""
    total = float(problem.units.sum())
    if problem.on_time is None or problem.min_on_time <= 0 or total <= 0:
        return False
    best = np.where(np.isfinite(problem.cost), problem.on_time, 0.0).max(axis=0)
    return float(problem.units @ best) < (problem.min_on_time - 1e-6) * total


def _modelled(
    problem: FacilityProblem, heeded: Collection[Limit], kept: Collection[Limit], soft: Limit | None
) -> _Model | None:
    """Return the model; None where it would be too large to be solved in any time."""
    together = _together(problem, heeded)
    return None if together.cost.size > MOST_PAIRS else _Model(together, kept, soft)


def _solved(model: _Model, seconds: float) -> Solution | NoSolution:
    return solve(model.linear, Solver.HIGHS, Work(seconds, gap=1e-9))


def _together(problem: FacilityProblem, heeded: Collection[Limit]) -> FacilityProblem:
    """Take demands together that every site serves alike, as far as the limits can tell.

    Only where demand may be shared: a whole demand cannot be added to another.
    """
    if Limit.SINGLE_SOURCE in heeded:
        return problem
    weight = np.where(problem.units > 0, problem.units, 1.0)
    rate = None if problem.use is None else problem.use / weight
    facts = [np.isfinite(problem.cost), problem.units[None, :] > 0]
    facts += [one for one in (rate, problem.parts) if one is not None]
    if Limit.ON_TIME in heeded and problem.on_time is not None:
        facts.append(problem.on_time)
    _, first, group = np.unique(
        np.vstack(facts).astype(np.float64), axis=1, return_index=True, return_inverse=True
    )
    count = len(first)
    units, weights = (
        np.bincount(group.ravel(), of, count).astype(np.float64) for of in (problem.units, weight)
    )
    return replace(
        problem,
        demand_ids=tuple(problem.demand_ids[row] for row in first),
        cost=problem.cost[:, first],
        units=units,
        use=None if rate is None else rate[:, first] * weights,
        parts=None if problem.parts is None else problem.parts[:, first],
        on_time=None if problem.on_time is None else problem.on_time[:, first],
        unserved=None if problem.unserved is None else problem.unserved[first],
    )


@dataclass(slots=True, eq=False)
class _Model:
    """Columns: y = the site opens, x = share of an allowed pair, slack of the soft limit by site."""

    problem: FacilityProblem
    kept: Collection[Limit]
    soft: Limit | None
    linear: LinearModel = field(default_factory=LinearModel)
    opens: Ints = field(init=False)
    shares: Ints = field(init=False)
    site: Ints = field(init=False)
    demand: Ints = field(init=False)
    slack: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    slack_site: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        self._add_columns()
        self._add_flows()
        self._add_use()
        self._add_counts()

    def heeds(self, limit: Limit) -> bool:
        """Return whether a limit is written as a row: kept, or soft with a slack of its own."""
        return limit in self.kept or limit is self.soft

    def _add_columns(self) -> None:
        problem, soft = self.problem, self.soft
        lower, upper = np.zeros(problem.sites), np.ones(problem.sites)
        upper[(problem.forced == CLOSED) & (Limit.FORCED_CLOSED in self.kept)] = 0.0
        lower[(problem.forced == OPEN) & (Limit.FORCED_OPEN in self.kept)] = 1.0
        cost = np.zeros(problem.sites)
        if soft is Limit.FORCED_CLOSED:
            cost[problem.forced == CLOSED] = 1.0
        elif soft is Limit.FORCED_OPEN:
            cost[problem.forced == OPEN] = -1.0
            self.linear.offset = float((problem.forced == OPEN).sum())
        self.opens = self.linear.add_columns(cost, upper, lower, whole=True)
        self.site, self.demand = np.nonzero(np.isfinite(problem.cost))
        whole = Limit.SINGLE_SOURCE in self.kept and problem.single_source
        self.shares = self.linear.add_columns(np.zeros(len(self.site)), 1.0, whole=whole)

    def _slack(self, limit: Limit, sites: Ints, upper: Floats | float = np.inf) -> Ints:
        """Add the slack of each of the sites, in whole units; no column unless the limit is the soft one."""
        if limit is not self.soft:
            return self.slack
        self.slack = self.linear.add_columns(np.ones(len(sites)), upper, whole=True)
        self.slack_site = sites
        return self.slack

    def _add_flows(self) -> None:
        linear, problem = self.linear, self.problem
        least = 1.0 if problem.unserved is None else 0.0
        served = linear.add_rows(np.full(problem.demands, least), 1.0)
        linear.add_entries(served[self.demand], self.shares, 1.0)
        links = linear.add_rows(np.full(len(self.site), -np.inf), 0.0)
        linear.add_entries(links, self.shares, 1.0)
        linear.add_entries(links, self.opens[self.site], -1.0)

    def _add_use(self) -> None:
        """Add capacity in each period and least use in all of them, each with its slack."""
        problem = self.problem
        uses = problem.uses_of(self.site, self.demand)
        limited = np.flatnonzero(np.isfinite(problem.capacity))
        busy = np.flatnonzero(problem.min_units > 0)
        if self.heeds(Limit.CAPACITY) and len(limited):
            slack = self._slack(Limit.CAPACITY, limited)
            for use in uses:
                rows = self._add_use_rows(use, limited, problem.capacity, (-np.inf, 0.0))
                if Limit.CAPACITY is self.soft:
                    self.linear.add_entries(rows, slack, -1.0)
        if self.heeds(Limit.MIN_UNITS) and len(busy):
            slack = self._slack(Limit.MIN_UNITS, busy, np.ceil(problem.min_units[busy]))
            rows = self._add_use_rows(uses.sum(axis=0), busy, problem.min_units, (0.0, np.inf))
            if Limit.MIN_UNITS is self.soft:
                self.linear.add_entries(rows, slack, 1.0)

    def _add_use_rows(self, use: Floats, sites: Ints, amount: Floats, bounds: tuple[float, float]) -> Ints:
        """Add a row for each of the sites: what it serves uses, less the ``amount`` if it opens."""
        linear, number = self.linear, np.full(self.problem.sites, -1)
        rows = number[sites] = linear.add_rows(np.full(len(sites), bounds[0]), bounds[1])
        mine = number[self.site] >= 0
        linear.add_entries(number[self.site[mine]], self.shares[mine], use[mine])
        linear.add_entries(rows, self.opens[sites], -amount[sites])
        return rows

    def _add_counts(self) -> None:
        """Add the limits over all sites: their number, the budget, the share on time."""
        problem, ones = self.problem, np.ones(self.problem.sites)
        if self.heeds(Limit.MIN_SITES) and problem.min_sites is not None:
            self._add_total(Limit.MIN_SITES, self.opens, -ones, -float(problem.min_sites))
        if self.heeds(Limit.MAX_SITES) and problem.max_sites is not None:
            self._add_total(Limit.MAX_SITES, self.opens, ones, float(problem.max_sites))
        if self.heeds(Limit.BUDGET) and problem.budget is not None:
            self._add_total(Limit.BUDGET, self.opens, problem.spent, problem.budget)
        total = float(problem.units.sum())
        if self.heeds(Limit.ON_TIME) and problem.on_time is not None and total > 0:
            share = problem.units / total
            kept = (share * problem.on_time)[self.site, self.demand]
            self._add_total(Limit.ON_TIME, self.shares, -kept, -problem.min_on_time)

    def _add_total(self, limit: Limit, columns: Ints, coefficients: Floats, most: float) -> None:
        """Add a sum that may be ``most`` at the most, and by how much it is more where the limit is soft."""
        row = self.linear.add_rows(-np.inf, most)[0]
        self.linear.add_entries(row, columns, coefficients)
        if limit is self.soft:
            self.linear.add_entries(row, self.linear.add_columns(1.0), -1.0)
