"""``make bench``: what the spine costs, as ratios to a peer measured in the same run.

* Real history to snapshot, against Polars merely reading the same nine files (each in a fresh process).
* One warm recommendation with 50 candidate sources.
* Growth: the cost per order of a build over synthetic marketplaces of 100 k and 1 M orders.
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

# Each measurement is its own process, so that neither side lives off what the other has warmed up; the
# import of the libraries is left out on both sides, the first use of their thread pools is not.
MEASURE = """
import json, resource, sys, time
from pathlib import Path
{imports}
started = time.perf_counter()
{work}
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"seconds": seconds, "peak_mib": peak}}))
"""
READ = (
    "import polars as pl",
    "frames = [pl.read_csv(path) for path in sorted(Path(sys.argv[1]).glob('*.csv'))]",
)
BUILD = (
    "from ingest.source import open_source\nfrom replay.build import build",
    "build(open_source(sys.argv[1]), None, Path(sys.argv[2]))",
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
    grid = Table("", "seconds (median)", "min", "max", "peak MiB", title=f"Nine files of {source.name}")
    for name, runs in (("Polars reads the nine files", reads), ("malha build, to the snapshot", builds)):
        seconds = [run["seconds"] for run in runs]
        peak = max(run["peak_mib"] for run in runs)
        grid.add_row(name, *(f"{f(seconds):.3f}" for f in (statistics.median, min, max)), f"{peak:.0f}")
    console.print(grid)
    ratio = statistics.median(b["seconds"] / r["seconds"] for b, r in zip(builds, reads, strict=True))
    console.print(f"Ratio, median of pairs: {ratio:.1f} x (bound {BOUND:.0f} x, goal {GOAL:.0f} x)\n")


def growth(sizes: list[int], console: Console) -> None:
    """Print what one order costs as the marketplace grows."""
    grid = Table(
        "orders", "made in s", "built in s", "µs per order", "to the first", "peak MiB", title="Growth"
    )
    first = None
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            tables, out = Path(folder) / f"{size}", Path(folder) / f"{size}.snapshots"
            made = measured(SYNTH, str(size), str(tables), "csv" if size <= 100_000 else "parquet")
            built = measured(BUILD, str(tables), str(out))
            each = built["seconds"] / size * 1e6
            first = first or each
            grid.add_row(
                f"{size:,}",
                f"{made['seconds']:.1f}",
                f"{built['seconds']:.1f}",
                f"{each:.1f}",
                f"{each / first:.2f}",
                f"{built['peak_mib']:,.0f}",
            )
    console.print(grid)


SYNTH = (
    "from ingest.synthetic.marketplace import write\nfrom ingest.synthetic.world_files import load_world",
    "write(load_world(), int(sys.argv[1]), 1, Path(sys.argv[2]), sys.argv[3])",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, default=REAL, help="folder of the nine Olist tables")
    parser.add_argument("--sizes", default="100000,1000000", help="orders of the growth run, by commas")
    given = parser.parse_args()
    console = Console(width=110)
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    if given.source.is_dir():
        spine_against_reading(given.source, console)
    else:
        console.print(f"{given.source} is absent: no run on the real history (DATA=dir names another)")
    recommend.run()
    growth([int(size) for size in given.sizes.split(",")], console)


if __name__ == "__main__":
    main()
