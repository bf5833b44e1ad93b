"""Growth: sites x 849 regions x 70 product groups, capacity, shared demand; value, bound, gap, peak memory.

Regions and their demand are drawn (a few are large, most are small), groups differ in share, in cost per unit
and in cost per unit and kilometre; sites stand in the largest regions. Capacity of all sites together is
three times the demand. Every plan passes the referee, or the run fails. Each size runs in a process of its
own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from optimizer.placement.answer import NoPlanFound
from optimizer.placement.check import referee
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place

REGIONS: Final = 849
GROUPS: Final = 70
WIDTH_KM, HEIGHT_KM = 3_000.0, 2_500.0


def network(sites: int, *, regions: int = REGIONS, groups: int = GROUPS, seed: int = 1) -> FacilityProblem:
    """Draw a problem of so many sites and regions x groups demands; money in cents."""
    rng = np.random.default_rng(seed)
    at = rng.random((regions, 2)) * (WIDTH_KM, HEIGHT_KM)
    size = rng.lognormal(0.0, 1.2, regions)
    at, size = at[np.argsort(-size)], np.sort(size)[::-1]
    share = rng.dirichlet(np.full(groups, 0.5))
    units = np.ceil(200_000 * np.outer(size / size.sum(), share)).ravel()
    km = np.hypot(*(at[:sites, None] - at[None, :]).transpose(2, 0, 1))
    base, per_km = rng.uniform(300, 900, groups), rng.uniform(0.3, 1.5, groups)
    rate = base + km[:, :, None] * per_km
    cost = np.rint(rate.reshape(sites, -1) * units)
    fixed = np.rint(rng.uniform(0.5, 1.5, sites) * 2_500_000.0)
    capacity = np.ceil(rng.uniform(0.5, 1.5, sites) * 3.0 * units.sum() / sites)
    return FacilityProblem(
        site_ids=tuple(f"w{site}" for site in range(sites)),
        demand_ids=tuple(f"{region}/{group}" for region in range(regions) for group in range(groups)),
        fixed=fixed,
        cost=cost,
        units=units,
        capacity=capacity,
    )


def with_seasons(
    problem: FacilityProblem, periods: int, *, groups: int = GROUPS, seed: int = 3
) -> FacilityProblem:
    """Let each group have a season of its own, and a site in each period its part of 3/4 of the capacity."""
    season = np.random.default_rng(seed).dirichlet(np.full(periods, 8.0), groups)
    parts = np.tile(season.T, (1, problem.demands // groups))
    return replace(problem, parts=parts, capacity=np.ceil(problem.capacity * 0.75 / periods))


def measure(sites: int, periods: int, seconds: float, gap: float) -> dict[str, Any]:
    """Place once; return what was found, and how much memory that took."""
    problem = network(sites) if periods == 1 else with_seasons(network(sites), periods)
    began, spent = time.perf_counter(), time.process_time()
    outcome: dict[str, Any] = {"sites": sites, "demands": problem.demands, "periods": periods}
    try:
        answer = place(problem, limits=PlaceLimits(seconds=seconds, gap=gap))
        referee(problem, answer)
        told = {"value": answer.value, "bound": answer.bound, "gap": answer.gap, "status": str(answer.status)}
        outcome |= told | {"open": int(answer.plan.open.sum())}
    except NoPlanFound:
        outcome |= {"status": "no_plan"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return outcome | {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - spent,
        "peak_gib": peak,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", default="27,300,849", help="sizes, from small to large")
    parser.add_argument("--periods", type=int, default=1, help="seasons in which capacity holds")
    parser.add_argument("--time", type=float, default=600.0, help="seconds for each")
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    options = parser.parse_args(arguments)
    outcomes = []
    for sites in map(int, options.sites.split(",")):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            outcomes.append(pool.apply(measure, (sites, options.periods, options.time, options.gap)))
        print(json.dumps(outcomes[-1]), flush=True)
        options.out.write_text(json.dumps(outcomes, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
