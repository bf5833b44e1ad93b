"""Placements that no plan keeps, and what is possible once limits give way: by trying every set of sites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import linprog

from optimizer.placement.answer import Relaxation
from optimizer.placement.infeasible import apply
from optimizer.placement.problem import FREE, FacilityProblem
from optimizer.placement.words import Limit
from tests.optimizer.placement.placements import best_value, facility


def drawn(rng: np.random.Generator) -> FacilityProblem:
    """Draw a small problem under many limits, most of them tight."""
    sites, demands = int(rng.integers(2, 5)), int(rng.integers(2, 6))
    units = rng.integers(1, 9, demands).astype(float)
    fixed = rng.integers(1, 80, sites).astype(float)
    capacity = np.where(rng.random(sites) < 0.8, rng.integers(1, 16, sites), np.inf)
    banned = (rng.random((sites, demands)) < 0.2) & (np.arange(sites)[:, None] > 0)
    rest: dict[str, Any] = {
        "forced": rng.choice([-1, 0, 0, 0, 1], sites),
        "max_sites": int(rng.integers(1, sites + 1)),
        "min_sites": int(rng.integers(0, sites + 1)),
        "budget": float(rng.integers(20, 160)),
        "min_units": rng.integers(0, 9, sites).astype(float),
        "single_source": True,
    }
    rest = {name: value for name, value in rest.items() if rng.random() < 0.5}
    if rng.random() < 0.5:
        rest |= {"on_time": rng.random((sites, demands)), "min_on_time": round(rng.uniform(0.3, 0.9), 2)}
    if rng.random() < 0.2:
        rest["unserved"] = rng.integers(0, 60, demands).astype(float)
    if rng.random() < 0.3:
        rest["parts"] = rng.dirichlet(np.ones(2), demands).T
    cost = np.where(banned, np.inf, rng.integers(0, 60, (sites, demands)))
    return facility(cost, fixed, units=units, capacity=capacity, **rest)


def impossible_ones(seed: int, count: int) -> Iterator[FacilityProblem]:
    """Yield so many problems without a plan."""
    rng = np.random.default_rng(seed)
    while count:
        problem = drawn(rng)
        if np.isinf(best_value(problem)):
            count -= 1
            yield problem


def without(problem: FacilityProblem, limit: Limit) -> FacilityProblem:
    """Return the problem without one limit."""
    free: dict[Limit, dict[str, Any]] = {
        Limit.CAPACITY: {"capacity": np.full(problem.sites, np.inf)},
        Limit.MIN_UNITS: {"min_units": np.zeros(problem.sites)},
        Limit.FORCED_OPEN: {"forced": np.minimum(problem.forced, FREE)},
        Limit.FORCED_CLOSED: {"forced": np.maximum(problem.forced, FREE)},
        Limit.MIN_SITES: {"min_sites": None},
        Limit.MAX_SITES: {"max_sites": None},
        Limit.BUDGET: {"budget": None},
        Limit.SINGLE_SOURCE: {"single_source": False},
        Limit.ON_TIME: {"min_on_time": 0.0},
    }
    return replace(problem, **free[limit])


def less_is_enough(problem: FacilityProblem, one: Relaxation) -> bool:
    """Return whether the limit could give way by one step less than it does."""
    if one.limit is Limit.SINGLE_SOURCE:
        return bool(np.isfinite(best_value(problem)))
    if one.limit in {Limit.CAPACITY, Limit.MIN_UNITS}:
        return spread_is_enough(problem, one.limit, round(one.amount) - 1)
    if one.limit in {Limit.FORCED_OPEN, Limit.FORCED_CLOSED}:
        forced = np.flatnonzero(problem.forced == (1 if one.limit is Limit.FORCED_OPEN else -1))
        return any(
            np.isfinite(best_value(replace(problem, forced=_with(problem.forced, forced, freed))))
            for freed in product((False, True), repeat=len(forced))
            if sum(freed) < round(one.amount)
        )
    step = 0.001 if one.limit is Limit.ON_TIME else 1.0
    nearer = one.enough + step * np.sign(one.given - one.enough)
    return bool(np.isfinite(best_value(apply(problem, [replace(one, enough=nearer)]))))


def _with(forced: Any, rows: Any, freed: Sequence[bool]) -> Any:
    changed = forced.copy()
    changed[rows[list(freed)]] = FREE
    return changed


def spread_is_enough(problem: FacilityProblem, limit: Limit, units: int) -> bool:
    """Return whether so many whole units of capacity (of least use), spread anyhow, make a plan possible."""
    return any(
        _spread(problem, np.array(s, bool), limit, units) for s in product((0, 1), repeat=problem.sites)
    )


def _spread(problem: FacilityProblem, is_open: Any, limit: Limit, units: int) -> bool:
    """Try one set of open sites: columns are the shares, then what each site is given in whole units."""
    held = without(without(problem, Limit.CAPACITY), Limit.MIN_UNITS)
    held = replace(held, forced=np.where(problem.forced == FREE, np.where(is_open, 1, -1), problem.forced))
    if (held.forced != np.where(is_open, 1, -1)).any() or np.isinf(best_value(held)):
        return False
    sites, demands = problem.sites, problem.demands
    allowed = np.isfinite(problem.cost) & is_open[:, None]
    rows, most = [np.append(np.zeros(sites * demands), np.ones(sites))], [float(units)]
    for site in np.flatnonzero(is_open):
        uses = np.zeros((1 if problem.parts is None else len(problem.parts), sites, demands))
        uses[:, site] = problem.uses_of(site, np.arange(demands))
        given = np.zeros(sites)
        if np.isfinite(problem.capacity[site]):
            given[site] = -1.0 if limit is Limit.CAPACITY else 0.0
            rows += [np.append(use.ravel(), given) for use in uses]
            most += [problem.capacity[site]] * len(uses)
        given, use = np.zeros(sites), uses.sum(axis=0)
        given[site] = -1.0 if limit is Limit.MIN_UNITS else 0.0
        rows.append(np.append(-use.ravel(), given))
        most.append(-problem.min_units[site])
    if problem.min_on_time > 0 and problem.on_time is not None:
        rows.append(np.append(-(problem.units * problem.on_time).ravel(), np.zeros(sites)))
        most.append(-problem.min_on_time * problem.units.sum())
    served = np.hstack([np.tile(np.eye(demands), sites), np.zeros((demands, sites))])
    equal = problem.unserved is None
    done = linprog(
        np.zeros(sites * demands + sites),
        np.vstack(rows if equal else [*rows, served]),
        most if equal else [*most, *np.ones(demands)],
        served if equal else None,
        np.ones(demands) if equal else None,
        [(0.0, float(ok)) for ok in allowed.ravel()] + [(0.0, None)] * sites,
        integrality=np.append(np.full(sites * demands, int(problem.single_source)), np.ones(sites)),
    )
    return bool(done.status == 0)
