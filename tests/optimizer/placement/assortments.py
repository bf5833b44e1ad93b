"""Small assortment problems, and the exact answer by trying every set of shelves."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import linprog

from optimizer.placement.assortment_problem import AssortmentProblem


def assortment(lane: Any, demands: Any, **rest: Any) -> AssortmentProblem:
    """Build a problem of single offers: ``lane`` (S, R), ``demands`` rows of (offer, region, orders, own)."""
    cost = np.asarray(lane, float)[None]
    rows = np.asarray(demands, float).reshape(-1, 4)
    sites, offers = cost.shape[1], int(rows[:, 0].max()) + 1
    given = {
        "capacity": np.full(sites, np.inf),
        "stocking": np.zeros((sites, offers)),
        "inbound": np.zeros((sites, offers)),
        "space": np.ones(offers),
        "bundle": np.arange(offers),
        "line_type": np.arange(offers),
        "line_offer": np.arange(offers),
        "line_units": np.ones(offers),
        "parcel": np.zeros(offers),
        "demand_type": rows[:, 0],
        "demand_region": rows[:, 1],
        "orders": rows[:, 2],
        "own": rows[:, 3],
        **rest,
    }
    return AssortmentProblem(
        site_ids=tuple(f"s{i}" for i in range(sites)),
        offer_ids=tuple(f"o{i}" for i in range(offers)),
        lane=cost,
        **{name: np.asarray(values) for name, values in given.items()},
    )


def random_assortment(rng: np.random.Generator, sites: int = 0, offers: int = 0) -> AssortmentProblem:
    """Draw a problem with baskets, bundles, two classes of parcels, and room for a part of what is wanted."""
    sites, offers = sites or int(rng.integers(1, 4)), offers or int(rng.integers(1, 5))
    regions = int(rng.integers(1, 5))
    bundle = np.arange(offers)
    lines = [(o, o, 1.0) for o in range(offers)]
    if offers > 1 and rng.random() < 0.6:
        bundle[1] = bundle[0]
        lines += [(offers, 0, 1.0), (offers, 1, float(rng.integers(1, 3)))]
    types = lines[-1][0] + 1
    where = [(t, r) for t in range(types) for r in range(regions) if rng.random() < 0.8] or [(0, 0)]
    kind, region = np.array(where).T
    orders = rng.integers(0, 9, len(where)).astype(float)
    lane = rng.integers(5, 60, (2, sites, regions)).astype(float)
    lane[rng.random(lane.shape) < 0.1] = np.inf
    held = np.array([line[1] for line in lines])
    return AssortmentProblem(
        site_ids=tuple(f"s{i}" for i in range(sites)),
        offer_ids=tuple(f"o{i}" for i in range(offers)),
        capacity=np.where(rng.random(sites) < 0.2, np.inf, rng.integers(0, 30, sites).astype(float)),
        stocking=rng.integers(0, 120, (sites, offers)).astype(float),
        inbound=rng.integers(0, 15, (sites, offers)).astype(float),
        space=rng.integers(1, 4, offers).astype(float),
        bundle=bundle,
        line_type=np.array([line[0] for line in lines]),
        line_offer=held,
        line_units=np.array([line[2] for line in lines]),
        parcel=rng.integers(0, 2, types),
        lane=lane,
        demand_type=kind,
        demand_region=region,
        orders=orders,
        own=rng.integers(20, 90, len(where)).astype(float),
    )


def best_value(problem: AssortmentProblem) -> float:
    """Return the least cost over every set of (site, bundle), each with its best flows."""
    bundles = np.unique(problem.bundle)
    cells = [(s, b) for s in range(problem.sites) for b in bundles]
    best = np.inf
    for taken in product((False, True), repeat=len(cells)):
        stocked = np.zeros((problem.sites, problem.offers), bool)
        for (site, bundle), here in zip(cells, taken, strict=True):
            stocked[site, problem.bundle == bundle] = here
        best = min(best, _with(problem, stocked))
    return best


def _with(problem: AssortmentProblem, stocked: Any) -> float:
    """Solve the flows with the shelves given, by SciPy: what each flow saves, in what space."""
    fee, rows, saves, space = float(problem.stocking[stocked].sum()), [], [], []
    content = problem.content.toarray()
    for demand, kind in enumerate(problem.demand_type):
        held = content[kind] > 0
        for site in range(problem.sites):
            lane = problem.lane[problem.parcel[kind], site, problem.demand_region[demand]]
            if not stocked[site, held].all() or np.isinf(lane):
                continue
            unit = problem.own[demand] - lane - content[kind] @ problem.inbound[site]
            rows.append((site, demand))
            saves.append(problem.orders[demand] * unit)
            space.append(problem.orders[demand] * (content[kind] @ problem.space))
    if not rows:
        return problem.without + fee
    site, demand = np.array(rows).T
    once = (demand == np.arange(problem.demands)[:, None]).astype(float)
    used = (site == np.arange(problem.sites)[:, None]) * np.array(space)
    limited = np.isfinite(problem.capacity)
    matrix = np.vstack([once, used[limited]])
    limit = np.concatenate([np.ones(problem.demands), problem.capacity[limited]])
    done = linprog(-np.array(saves), matrix, limit, bounds=(0, 1))
    assert done.status == 0
    return problem.without + fee + float(done.fun)
