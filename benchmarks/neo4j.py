"""How long a real history takes into Neo4j, what a second load writes, and what the next month rewrites.

`python -m benchmarks.neo4j --source DIR`: builds two snapshots a month apart, starts a server of its own.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from deploy.local import serve_neo4j
from deploy.local.neo4j import prepare
from deploy.local.process import free_port
from graph import Network
from graph.stores.neo4j import Neo4jStore
from graph.stores.neo4j_bulk import bulk_load
from graph.stores.neo4j_report import LoadReport
from ingest.source import open_source
from replay.build import build

MONTHS = (datetime(2018, 5, 1, 3, tzinfo=UTC), datetime(2018, 6, 1, 3, tzinfo=UTC))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="synth://?orders=20000&seed=7")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="malha-bench-") as folder:
        may, june = (snapshot(given.source, Path(folder) / f"{at:%m}", at) for at in MONTHS)
        # Other work on the machine makes these figures longer: they are printed beside it.
        print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        ordinary(may, june, Path(folder) / "home")
        in_bulk(may, Path(folder) / "bulk")


def snapshot(source: str, out: Path, at: datetime) -> Network:
    build(open_source(source), at, out)
    return Network.open(out)


def ordinary(may: Network, june: Network, home: Path) -> None:
    with serve_neo4j(home) as server, Neo4jStore(server.uri) as store:
        told("empty server", store.load(may.tables, may.meta))
        told("same snapshot again", store.load(may.tables, may.meta))
        report = store.load(june.tables, june.meta)
        told("a month later", report)
        for kind in report.kinds:
            share = kind.written / max(kind.elements, 1)
            print(
                f"  {kind.kind:<24}{kind.elements:>9,}  created {kind.created:>7,}  "
                f"updated {kind.updated:>7,}  removed {kind.removed:>6,}  {share:>7.1%}"
            )
        started = time.perf_counter()
        store.read()
        print(f"read back: {time.perf_counter() - started:.1f} s")


def in_bulk(network: Network, home: Path) -> None:
    prepare(home, free_port(), free_port())
    started = time.perf_counter()
    bulk_load(network.tables, network.meta, home)
    print(f"bulk, server stopped: {time.perf_counter() - started:.1f} s")


def told(what: str, report: LoadReport) -> None:
    print(f"{what}: {report.seconds:.1f} s, {report.written:,} elements written, {dict(report.counters)}")


if __name__ == "__main__":
    main()
