"""How much of the gap between greedy and hindsight the priced policy closes, and batches against CP-SAT.

Jasin-Sinha instances as Ma 2023 draws them (benchmarks/fulfilment_instances.py). Greedy is already exact per
order with live stock; hindsight is the method LP on the orders that came, which no policy can beat. Gap
closed = (greedy - priced) / (greedy - hindsight), averaged over runs. With ``--instances`` the batch solver
runs beside CP-SAT with two workers, for the same time, on ``js_offline_*.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from rich.progress import Progress

from benchmarks.fulfilment_instances import jasin_sinha, read_orders, types_of
from optimizer.batch import BatchWork, solve_batch
from optimizer.compact import Compact
from optimizer.mathopt import NoSolution, Solver, Work, solve
from optimizer.order_types import NO_ORDER, OrderTypes, fulfil
from optimizer.policy import PriceSchedule
from optimizer.prices import Demand, Pricer
from optimizer.words import Floats, Ints

PERIODS: Final = 10_000
SOLVES: Final = 80
MILLIS: Final = 100_000  # money in 1/100 000 of a dollar, in whole numbers
DRIFT_SD: Final = 0.5
PRIOR_ORDERS: Final = 3.5
"""Gamma shape of the prior: what a lognormal(0, 0.5) factor has, 1 / (exp(0.25) - 1)."""

SCHEDULE: Final = PriceSchedule(resolve_after_orders=PERIODS // SOLVES, futures=8, shadow_orders=1_000)


@dataclass(frozen=True, slots=True)
class Run:
    """Total costs of one sequence of orders; ``distrusted``: solves after which prices counted as 0."""

    greedy: float
    priced: float
    hindsight: float
    distrusted: int

    @property
    def closed(self) -> float:
        """The share of the gap that prices closed."""
        return (self.greedy - self.priced) / (self.greedy - self.hindsight)


@dataclass(slots=True, eq=False)
class Learner:
    """Rates of the order types a period: given, or learned by gamma-Poisson from a stale prior."""

    prior: Floats
    learns: bool
    seen: Floats
    periods: int = 0

    def demand(self, periods: int) -> Demand:
        """Return the demand of so many periods to come."""
        if not self.learns:
            return Demand.over(periods, self.prior, np.zeros_like(self.prior))
        shape, exposure = PRIOR_ORDERS + self.seen, PRIOR_ORDERS / self.prior + self.periods
        return Demand.over(periods, shape / exposure, shape / exposure**2)

    def saw(self, stream: Ints) -> None:
        """Learn from periods that passed."""
        self.seen += np.bincount(stream[stream >= 0], minlength=len(self.prior))
        self.periods += len(stream)


def runs(instance: int, sequences: int, *, learned: bool) -> Iterator[Run]:
    """Yield the runs of one instance; learned rates start from the ones that the stock was planned for."""
    batch, rate = types_of(jasin_sinha(instance, PERIODS), MILLIS)
    types = OrderTypes.of(batch)
    for sequence in range(sequences):
        rng = np.random.default_rng([instance, sequence])
        true = rate
        if learned:
            true = rate * rng.lognormal(0.0, DRIFT_SD, len(rate))
            true *= rate.sum() / true.sum()
        kinds = np.append(np.arange(len(true)), NO_ORDER)
        stream = rng.choice(kinds, PERIODS, p=np.append(true, 1 - true.sum()))
        yield _run(types, stream, Learner(rate, learned, np.zeros_like(rate)), sequence)


def _run(types: OrderTypes, stream: Ints, learner: Learner, seed: int) -> Run:
    pricer = Pricer(types, SCHEDULE, seed)
    came = np.bincount(stream[stream >= 0], minlength=types.count).astype(np.float64)
    hindsight = pricer.bound(came, types.stock)
    greedy = fulfil(types, stream, types.stock, np.zeros(len(types.stock)))[0].sum()
    priced, stock, distrusted = 0.0, types.stock, 0
    for start in range(0, PERIODS, PERIODS // SOLVES):
        price = pricer.solve(learner.demand(PERIODS - start), stock)
        distrusted += pricer.shadow is not None and not pricer.shadow.believed
        now = stream[start : start + PERIODS // SOLVES]
        spent, stock = fulfil(types, now, stock, price)
        priced += spent.sum()
        learner.saw(now)
        pricer.saw(now)
    return Run(float(greedy), float(priced), hindsight, distrusted)


def measure(instances: int, sequences: int) -> dict[str, dict[str, float]]:
    """Return the figures for known and for learned rates."""
    told = {}
    with Progress(disable=not sys.stderr.isatty()) as bar:
        for name in ("known", "learned"):
            task, found, worked = bar.add_task(name, total=instances), [], time.process_time()
            for instance in range(instances):
                found += list(runs(instance, sequences, learned=name == "learned"))
                bar.advance(task)
            told[name] = _told(found, time.process_time() - worked)
            print(f"fulfilment, {name} rates: {json.dumps(told[name])}", flush=True)
    return told


def _told(found: list[Run], cpu_s: float) -> dict[str, float]:
    closed = np.array([run.closed for run in found])
    return {
        "runs": len(found),
        "gap_closed": round(float(closed.mean()), 4),
        "gap_closed_worst": round(float(closed.min()), 4),
        "standard_error": round(float(closed.std() / np.sqrt(len(closed))), 4),
        "cost_to_hindsight": round(float(np.mean([run.priced / run.hindsight for run in found])), 5),
        "greedy_to_hindsight": round(float(np.mean([run.greedy / run.hindsight for run in found])), 5),
        "distrusted_solves": sum(run.distrusted for run in found),
        "cpu_s": round(cpu_s, 1),
    }


def against_cp_sat(path: Path, seconds: float) -> dict[str, float | str]:
    """Return our cost and bound on a batch of orders, and CP-SAT's cost in the same time."""
    batch = read_orders(path)
    ours = solve_batch(batch, BatchWork(seconds=seconds))
    if ours is None:
        raise ValueError(f"{path}: no answer, although every order may stay unserved")
    theirs = solve(Compact(batch).model, Solver.CP_SAT, Work(seconds=seconds))
    told: dict[str, float | str] = {
        "instance": path.stem,
        "seconds": seconds,
        "cost": ours.cost_cents,
        "bound": ours.bound_cents,
        "gap": round(ours.gap, 5),
        "cp_sat_cost": float("inf") if isinstance(theirs, NoSolution) else round(theirs.cost),
        "cp_sat_bound": round(theirs.bound),
    }
    print(f"batch: {json.dumps(told)}", flush=True)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 instances with one sequence each")
    parser.add_argument("--instances", type=Path, help="folder of js_offline_*.json: against CP-SAT")
    parser.add_argument("--seconds", type=float, default=60.0, help="time for each batch and solver")
    given = parser.parse_args()
    if given.instances is None:
        measure(*((3, 1) if given.quick else (30, 3)))
    else:
        for path in sorted(given.instances.glob("js_offline_*.json")):
            against_cp_sat(path, given.seconds)


if __name__ == "__main__":
    main()
