"""``make bench``: what the spine costs, as ratios to a peer measured in the same run.

* Real history to snapshot, against Polars merely reading the same nine files (each in a fresh process).
* One warm recommendation with 50 candidate sources.
* Growth: the cost per order of a build over synthetic marketplaces of 100 k and 1 M orders.

``python -m benchmarks.spine --growth 100000,10000000`` measures growth alone; a folder of tables stands for
the marketplace in it, which is then not made first. Orders per marketplace, cost per order with and without
the fits of the lead-time model, and peak memory are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import recommend

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "olist-2018-05-31"
RUNS = 5
BOUND, GOAL = 12.0, 8.0
SIZES = ("100000", "1000000")

# Each measurement is its own process, so that neither side lives off what the other has warmed up; the
# import of the libraries is left out on both sides, the first use of their thread pools is not.
MEASURE = """
import json, resource, sys, time
from pathlib import Path
{imports}
started = time.perf_counter()
{work}
seconds, cpu = time.perf_counter() - started, time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"seconds": seconds, "cpu": cpu, "peak_mib": peak, **found}}))
"""
READ = (
    "import polars as pl",
    "frames = [pl.read_csv(path) for path in sorted(Path(sys.argv[1]).glob('*.csv'))]\nfound = {}",
)
BUILD = (
    "from ingest.source import open_source\nfrom replay.build import build",
    "report = build(open_source(sys.argv[1]), None, Path(sys.argv[2]))\n"
    "found = {'orders': report.tables['orders'].read, 'fits': report.fit_seconds}",
)


def measured(parts: tuple[str, str], *arguments: str) -> dict[str, float]:
    """Run one measurement in a fresh process; returns ``seconds`` and ``peak_mib``."""
    code = MEASURE.format(imports=parts[0], work=parts[1])
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def spine_against_reading(source: Path, console: Console) -> None:
    """Print real history to snapshot against reading the files, A B A B …, medians and their ratio."""
    reads, builds = [], []
    with tempfile.TemporaryDirectory() as out:
        for run in range(RUNS + 1):
            read, built = measured(READ, str(source)), measured(BUILD, str(source), out)
            if run:  # the first pair fills the page cache
                reads.append(read)
                builds.append(built)
    builds = [{**built, "without_fits": built["seconds"] - built["fits"]} for built in builds]
    grid = Table("", "seconds (median)", "min", "max", "peak MiB", title=f"Nine files of {source.name}")
    for name, runs, key in (
        ("Polars reads the nine files", reads, "seconds"),
        ("malha build, to the snapshot", builds, "seconds"),
        ("  without the fits of lead times", builds, "without_fits"),
    ):
        seconds = [run[key] for run in runs]
        peak = max(run["peak_mib"] for run in runs)
        grid.add_row(name, *(f"{f(seconds):.3f}" for f in (statistics.median, min, max)), f"{peak:.0f}")
    console.print(grid)
    for name, key in (("without fits", "without_fits"), ("with fits", "seconds")):
        ratio = statistics.median(
            built[key] / read["seconds"] for read, built in zip(reads, builds, strict=True)
        )
        console.print(
            f"Ratio {name}, median of pairs: {ratio:.1f} x (bound {BOUND:g} x, goal {GOAL:g} x, without fits)"
        )


def growth(markets: list[str], console: Console) -> None:
    """Print what one order costs as the marketplace grows; a market is a number of orders or a folder."""
    grid = Table(title="Growth")
    for heading in ("orders", "made in s", "built in s", "CPU s", "µs per order", "to the first"):
        grid.add_column(heading)
    for heading in ("µs without fits", "to the first", "peak MiB"):
        grid.add_column(heading)
    first: tuple[float, float] | None = None
    for market in markets:
        with tempfile.TemporaryDirectory() as folder:
            tables, made = _tables(market, Path(folder))
            built = measured(BUILD, str(tables), str(Path(folder) / "snapshots"))
        whole, rest = (
            1e6 * s / built["orders"] for s in (built["seconds"], built["seconds"] - built["fits"])
        )
        first = first or (whole, rest)
        grid.add_row(
            f"{built['orders']:,.0f}",
            made,
            *(f"{built[name]:.1f}" for name in ("seconds", "cpu")),
            *(text for each, base in zip((whole, rest), first, strict=True) for text in _against(each, base)),
            f"{built['peak_mib']:,.0f}",
        )
    console.print(grid)


def _tables(market: str, folder: Path) -> tuple[Path, str]:
    """Return the folder of a marketplace's tables, and the seconds that making it took."""
    if not market.isdigit():
        return Path(market), "ready"
    tables = folder / "tables"
    made = measured(SYNTH, market, str(tables), "csv" if int(market) <= 100_000 else "parquet")
    return tables, f"{made['seconds']:.1f}"


def _against(each: float, first: float) -> tuple[str, str]:
    return f"{each:.1f}", f"{each / first:.2f}"


SYNTH = (
    "from ingest.synthetic.marketplace import write\nfrom ingest.synthetic.world_files import load_world",
    "write(load_world(), int(sys.argv[1]), 1, Path(sys.argv[2]), sys.argv[3])\nfound = {}",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, default=REAL, help="folder of the nine Olist tables")
    parser.add_argument("--growth", help="measure growth alone: numbers of orders or folders, by commas")
    given = parser.parse_args()
    console = Console(width=110)
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    if given.growth:
        growth(given.growth.split(","), console)
        return
    if given.source.is_dir():
        spine_against_reading(given.source, console)
    else:
        console.print(f"{given.source} is absent: no run on the real history (DATA=dir names another)")
    recommend.run()
    growth(list(SIZES), console)


if __name__ == "__main__":
    main()
