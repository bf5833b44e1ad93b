"""``make bench``: what the online lead-time model costs.

* The whole history, day by day: every base fit, every forecast, every update.
* One read from a known base value; one update, for each event its share of its day's learning.
* A build of the same history, its fits apart, and one warm recommendation of the network with its base.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import recommend
from benchmarks.spine import REAL
from graph import Network
from graph.lead_time import Journeys, OnlineParameters
from graph.lead_time.journeys import FloatArray
from graph.lead_time.online.engine import Engine
from graph.lead_time.online.history import Calendar
from graph.lead_time.online.rows import Issued, Rows, to_day
from ingest.source import Source, open_source
from replay.build import build
from replay.past import read_history

READ_BOUND, UPDATE_BOUND, RECOMMEND_BOUND = 20.0, 50.0, 2_000.0
READS = 20_000
_SECONDS = "60 s, goal 30 s"


@dataclass
class Costs:
    """CPU seconds of the fits, and of each day's forecasts and learning, with their numbers.

    Everything runs in one thread; the clock on the wall would measure who else uses the machine.
    """

    fits: list[float] = field(default_factory=list)
    forecasts: list[tuple[float, int]] = field(default_factory=list)
    updates: list[tuple[float, int]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Return what everything cost together."""
        return sum(self.fits) + sum(cost for cost, _ in (*self.forecasts, *self.updates))


def played(journeys: Journeys, as_of_s: int) -> tuple[Engine, Rows, Issued, Costs]:
    """Play a history as ``malha backtest`` does, with a stop-watch."""
    rows, issued, costs = Rows.of(journeys), Issued.empty(len(journeys)), Costs()
    engine, calendar = Engine.start(rows, OnlineParameters()), Calendar(rows, journeys)
    for day in range(int(calendar.first), int(to_day(np.array([as_of_s]))[0])):
        bought, events = calendar.rows("bought", day, day + 1.0), calendar.events(day, day + 1.0)
        base, started = engine.base, time.process_time()
        engine.refit_if_due(rows, issued, day, {})
        fitted = time.process_time()
        engine.issue(rows, issued, bought, day)
        forecast = time.process_time()
        engine.learn(rows, issued, day, day + 1.0, events)
        learned = time.process_time()
        if engine.base is not base:
            costs.fits.append(fitted - started)
        costs.forecasts.append((forecast - fitted, len(bought)))
        learned_from = len(bought) + len(events.approved) + len(events.handed) + len(events.delivered)
        costs.updates.append((learned - forecast, learned_from))
    return engine, rows, issued, costs


def reads(engine: Engine, issued: Issued) -> FloatArray:
    """Return the microseconds (CPU) of single reads: mean, sd, promise, P(on time) from a base value."""
    known = np.flatnonzero(np.isfinite(issued.base))[-READS:]
    spread, level = engine.spread, engine.period.level
    taken = np.empty(known.shape[0])
    for place, row in enumerate(known.tolist()):
        base, bucket = float(issued.base[row]), int(issued.bucket[row])
        started = time.thread_time_ns()
        scale = math.exp(base + level)
        _ = scale * spread.m1[bucket], scale * math.sqrt(spread.relative_var[bucket])
        _ = scale * math.exp(spread.residual_at(0.9, bucket))
        _ = spread.probability_below(np.log(10.0) - base - level, bucket)
        taken[place] = time.thread_time_ns() - started
    return taken / 1_000.0


def by_event(days: list[tuple[float, int]]) -> FloatArray:
    """Return microseconds by event: each has its share of its day."""
    seconds, count = np.array([day for day in days if day[1]]).T
    found: FloatArray = np.repeat(seconds / count * 1e6, count.astype(np.int64))
    return found


def run(source: Source, console: Console) -> None:
    """Measure and print."""
    history = read_history(source)
    as_of_s = int(max(history.journeys.purchased_s.max(), history.journeys.delivered_s.max())) + 1
    engine, _, issued, costs = played(history.journeys, as_of_s)
    read, update = reads(engine, issued), by_event(costs.updates)
    with tempfile.TemporaryDirectory() as folder:
        report = build(source, None, Path(folder))
        told = recommend.run(Network.open(folder))
    grid = Table(
        "", "measured", "bound", title=f"Lead times online, {len(history.journeys):,} packages, CPU time"
    )
    rows = (
        ("whole history, with all fits", f"{costs.seconds:.1f} s", _SECONDS),
        (f"  of this {len(costs.fits)} base fits", f"{sum(costs.fits):.1f} s", ""),
        ("  one forecast, mean", f"{by_event(costs.forecasts).mean():.1f} µs", ""),
        ("one update, mean and p99", _mean_and_p99(update), f"p99 {UPDATE_BOUND:.0f} µs"),
        ("one read from a known base, mean and p99", _mean_and_p99(read), f"p99 {READ_BOUND:.0f} µs"),
        ("malha build without its fits (wall)", f"{report.seconds - report.fit_seconds:.1f} s", ""),
        ("  its fits (wall)", f"{report.fit_seconds:.1f} s", ""),
        ("recommend, 50 candidates, p99", f"{told['p99_cpu_us']:.0f} µs", f"{RECOMMEND_BOUND:.0f} µs"),
    )
    for row in rows:
        grid.add_row(*row)
    console.print(grid)


def _mean_and_p99(values: FloatArray) -> str:
    return f"{values.mean():.1f} µs, {np.percentile(values, 99):.1f} µs"


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, default=REAL, help="folder of the nine Olist tables")
    given = parser.parse_args().source
    console = Console(width=110)
    if not given.is_dir():
        console.print(f"{given} is absent: measured on a made-up marketplace (DATA=dir names another)")
    run(open_source(str(given) if given.is_dir() else "synth://?orders=40000&seed=7"), console)


if __name__ == "__main__":
    main()
