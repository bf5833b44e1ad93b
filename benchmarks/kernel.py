"""How long one order takes in the kernel: percentiles, orders a second on one core, peers in the same run.

Orders are made as in the Jasin-Sinha set-up (fixed 876 cents a package, 44 to 180 a unit by source, an item
at a source with probability 0.6, unfilled as in Ma 2023); ``mixed`` draws every amount by itself, which is
harder. The peers are all 2^K sets of sources, compiled too, and CP-SAT with a model for each order.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numba  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np
from rich.console import Console
from rich.table import Table

from optimizer.kernel import solve_many, solve_one
from optimizer.mathopt import LinearModel, Solution, Solver, solve
from optimizer.words import UNLIMITED, Floats, Ints

ORDERS = 20_000
CP_SAT_ORDERS = 100
GOAL_US, GOAL_RATE = 50.0, 200_000.0


@dataclass(frozen=True, slots=True)
class Orders:
    """Many orders over the same sources, as ``solve_many`` takes them; unfilled is the last column."""

    cost: Floats
    first: Ints
    fixed: Floats

    def one(self, order: int) -> tuple[Floats, Floats]:
        """Return cost and fixed of one order."""
        return self.cost[self.first[order] : self.first[order + 1]], self.fixed[order]


def make(orders: int, sources: int, lines: int, mixed: bool, seed: int = 1) -> Orders:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, lines + 1, orders)
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    total = int(first[-1])
    unit = rng.integers(44, 181, (total if mixed else orders, sources))
    unit = unit if mixed else np.repeat(unit, sizes, axis=0)
    cost = np.where(rng.random((total, sources)) < 0.6, unit, np.inf)
    package = rng.integers(200, 1_000, (orders, sources)) if mixed else np.full((orders, sources), 876)
    return Orders(
        np.column_stack([cost, np.full(total, 360.0)]),
        first,
        np.column_stack([package, np.full(orders, 1_752)]).astype(np.float64),
    )


def _every_set(cost: Floats, fixed: Floats) -> float:
    """Return the optimum by trying all sets of columns."""
    lines, columns = cost.shape
    best = np.inf
    for chosen in range(1, 1 << columns):
        total = 0.0
        for column in range(columns):
            if chosen >> column & 1:
                total += fixed[column]
        for line in range(lines):
            least = np.inf
            for column in range(columns):
                if chosen >> column & 1 and cost[line, column] < least:
                    least = cost[line, column]
            total += least
        best = min(best, total)
    return best


every_set: Callable[[Floats, Floats], float] = numba.njit(cache=True)(_every_set)


def cp_sat(cost: Floats, fixed: Floats) -> float:
    """Return the optimum of a CP-SAT model, built and solved through the project's own door."""
    model = LinearModel()
    used = model.add_columns(fixed, 1.0, whole=True)
    line, column = np.nonzero(np.isfinite(cost))
    taken = model.add_columns(cost[line, column], 1.0, whole=True)
    once = model.add_rows(np.ones(len(cost)), np.ones(len(cost)))
    model.add_entries(once[line], taken, 1.0)
    opened = model.add_rows(np.full(len(taken), -np.inf), 0.0)
    model.add_entries(opened, taken, 1.0)
    model.add_entries(opened, used[column], -1.0)
    found = solve(model, Solver.CP_SAT)
    return float(round(found.cost)) if isinstance(found, Solution) else np.inf


def each_us(orders: Orders, count: int, answer: Callable[[Floats, Floats], object]) -> Floats:
    """Return the microseconds of each call, from Python."""
    spent = np.empty(count)
    for order in range(count):
        cost, fixed = orders.one(order)
        started = time.perf_counter_ns()
        answer(cost, fixed)
        spent[order] = (time.perf_counter_ns() - started) / 1_000
    return spent


def kernel(cost: Floats, fixed: Floats) -> float:
    found: float = solve_one(cost, fixed, UNLIMITED, True)[0]
    return found


def rate(orders: Orders) -> float:
    """Return orders a second of processor time, all in one call; the best of three."""
    most = np.full(len(orders.fixed), UNLIMITED)
    spent = []
    for _ in range(3):
        started = time.process_time()
        solve_many(orders.cost, orders.first, orders.fixed, most, True)
        spent.append(time.process_time() - started)
    return len(orders.fixed) / min(spent)


def run(count: int = ORDERS) -> None:
    """Print the table; every answer that is compared is the same for all three."""
    grid = Table(
        *("sources", "lines", "kernel p50 µs", "p99 µs", "orders/s, one core"),
        *("2^K p50 µs", "× kernel", "CP-SAT p50 µs", "× kernel"),
        title="One order, exactly",
    )
    for sources, lines, mixed in ((5, 5, False), (10, 5, False), (10, 10, False), (10, 10, True)):
        orders = make(count, sources, lines, mixed)
        warm = make(20, sources, lines, mixed, seed=2)
        each_us(warm, 20, kernel), each_us(warm, 20, every_set), rate(warm)
        for order in range(20):
            values = {answer(*warm.one(order)) for answer in (kernel, every_set, cp_sat)}
            if len(values) != 1:
                raise SystemExit(f"Order {order}: the answers differ: {sorted(values)}.")
        mine = each_us(orders, count, kernel)
        sets = each_us(orders, min(count, 500), every_set)
        solver = each_us(orders, min(count, CP_SAT_ORDERS), cp_sat)
        p50 = float(np.median(mine))
        grid.add_row(
            str(sources),
            f"1-{lines}{', mixed' if mixed else ''}",
            f"{p50:.1f}",
            f"{np.quantile(mine, 0.99):.1f}",
            f"{rate(orders):,.0f}",
            f"{np.median(sets):.0f}",
            f"{np.median(sets) / p50:.0f}",
            f"{np.median(solver):.0f}",
            f"{np.median(solver) / p50:.0f}",
        )
    console = Console(width=110)
    console.print(grid)
    console.print(
        f"Goal at 10 sources: p99 <= {GOAL_US:.0f} µs and >= {GOAL_RATE:,.0f} orders/s on one core\n"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=ORDERS, help="orders of each row")
    run(parser.parse_args().orders)


if __name__ == "__main__":
    main()
