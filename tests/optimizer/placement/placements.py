"""Small placement problems and the exact answer by trying every set of sites and every assignment."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import linprog

from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import FacilityProblem


def facility(cost: Any, fixed: Any = None, **rest: Any) -> FacilityProblem:
    """Build a problem: one unit a demand, no capacity, unless said otherwise."""
    matrix = np.asarray(cost, float)
    sites, demands = matrix.shape
    given = {"units": np.ones(demands), "capacity": np.full(sites, np.inf), **rest}
    return FacilityProblem(
        site_ids=tuple(f"s{i}" for i in range(sites)),
        demand_ids=tuple(f"d{j}" for j in range(demands)),
        fixed=np.zeros(sites) if fixed is None else np.asarray(fixed, float),
        cost=matrix,
        **given,
    )


def plan_of(is_open: Any, site_of: Any) -> FacilityPlan:
    """Return the plan that serves demand j from ``site_of[j]`` (-1: nobody)."""
    return FacilityPlan.assigned(np.asarray(is_open, bool), np.asarray(site_of, np.int64))


def random_facility(rng: np.random.Generator, **rest: Any) -> FacilityProblem:
    """Draw a small problem in whole numbers; its capacity allows about half of the sites to serve all."""
    sites, demands = int(rng.integers(2, 6)), int(rng.integers(2, 7))
    units = rng.integers(1, 9, demands).astype(float)
    capacity = rng.integers(1, 9, sites) + np.ceil(units.sum() * rng.uniform(0.2, 0.9, sites))
    cost = rng.integers(0, 60, (sites, demands)).astype(float)
    given = {"units": units, "capacity": capacity, **rest}
    return facility(cost, rng.integers(0, 80, sites), **given)


def best_value(problem: FacilityProblem) -> float:
    """Return the least cost over all sets of open sites; inf where there is no plan."""
    return min(_best_with(problem, np.array(s, bool)) for s in product((0, 1), repeat=problem.sites))


def _best_with(problem: FacilityProblem, is_open: Any) -> float:
    spend = problem.fixed if problem.spend is None else problem.spend
    spent, count = float(spend[is_open].sum()), int(is_open.sum())
    if (problem.forced[is_open] < 0).any() or (problem.forced[~is_open] > 0).any():
        return np.inf
    if count < (problem.min_sites or 0) or (problem.max_sites is not None and count > problem.max_sites):
        return np.inf
    if problem.budget is not None and spent > problem.budget + 1e-9:
        return np.inf
    return float(problem.fixed[is_open].sum()) + (_whole if problem.single_source else _shared)(
        problem, is_open
    )


def _whole(problem: FacilityProblem, is_open: Any) -> float:
    """Try every assignment of whole demands."""
    choices = [*np.flatnonzero(is_open), *([-1] if problem.unserved is not None else [])]
    best = np.inf
    for site_of in product(choices, repeat=problem.demands):
        best = min(best, _whole_cost(problem, is_open, site_of))
    return best


def _periods(problem: FacilityProblem) -> Any:
    """Return the use of each period, (P, I, J)."""
    use = problem.units[None, :] * np.ones((problem.sites, 1)) if problem.use is None else problem.use
    return use[None] if problem.parts is None else use[None] * problem.parts[:, None, :]


def _whole_cost(problem: FacilityProblem, is_open: Any, site_of: Any) -> float:
    uses = _periods(problem)
    used, cost, kept = np.zeros((len(uses), problem.sites)), 0.0, 0.0
    for demand, site in enumerate(site_of):
        if site < 0:
            cost += problem.unserved[demand]  # type: ignore[index]
            continue
        used[:, site] += uses[:, site, demand]
        cost += problem.cost[site, demand]
        if problem.on_time is not None:
            kept += problem.units[demand] * problem.on_time[site, demand]
    busy = (used.sum(axis=0)[is_open] >= problem.min_units[is_open] - 1e-9).all()
    fits = (used <= problem.capacity + 1e-9).all() and busy
    return cost if fits and kept >= problem.min_on_time * problem.units.sum() - 1e-9 else np.inf


def _shared(problem: FacilityProblem, is_open: Any) -> float:
    """Solve the transport with the sites given, by SciPy."""
    sites, demands = problem.sites, problem.demands
    upper = np.where(is_open[:, None] & np.isfinite(problem.cost), 1.0, 0.0).ravel()
    cost = np.where(np.isfinite(problem.cost), problem.cost, 0.0).ravel()
    rows, limits = [], []
    for site in np.flatnonzero(is_open):
        own = np.zeros((sites, 1))
        own[site] = 1.0
        for use in _periods(problem):
            if np.isfinite(problem.capacity[site]):
                rows.append((own * use).ravel())
                limits.append(problem.capacity[site])
        rows.append(-(own * _periods(problem).sum(axis=0)).ravel())
        limits.append(-problem.min_units[site])
    if problem.min_on_time > 0 and problem.on_time is not None:
        rows.append(-(problem.units * problem.on_time).ravel())
        limits.append(-problem.min_on_time * problem.units.sum())
    served = np.tile(np.eye(demands), sites)
    if problem.unserved is not None:
        cost = np.concatenate([cost, problem.unserved])
        upper = np.concatenate([upper, np.ones(demands)])
        served = np.hstack([served, np.eye(demands)])
        rows = [np.concatenate([row, np.zeros(demands)]) for row in rows]
    bounds = [(0.0, u) for u in upper]
    done = linprog(cost, rows or None, limits or None, served, np.ones(demands), bounds)
    return float(done.fun) if done.status == 0 else np.inf
