"""How long one warm recommendation takes in process, with 50 candidate sources."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from graph import Network, Rank, RouteRequest
from ingest.source import open_source
from replay.build import build

SOURCES = 50
REQUESTS = 4_000
WARM_UP = 400


def run(network: Network | None = None, source: str = "synth://?orders=20000&seed=7") -> dict[str, float]:
    """Return p50 and p99 in microseconds of requests to many destinations, over all four ranks.

    Without a network, one is built of ``source``. Every offer but those of 50 sellers of the most offered
    category is taken out, so each request compares exactly 50 sources, times the carriers.
    """
    if network is None:
        with tempfile.TemporaryDirectory() as folder:
            build(open_source(source), None, Path(folder))
            network = Network.open(folder)
    network, category = with_fifty_sources(network)
    requests = list(_requests(network, category))
    for request in requests[:WARM_UP]:
        network.recommend(request)
    wall, cpu = np.array([_microseconds(network, request) for request in requests]).T
    p50, p99 = np.percentile(wall, [50, 99])
    result = {
        "sources": SOURCES,
        "candidates": network.recommend(requests[0]).candidates,
        "requests": len(requests),
        "p50_us": round(float(p50), 1),
        "p99_us": round(float(p99), 1),
        "p99_cpu_us": round(float(np.percentile(cpu, 99)), 1),
    }
    print(f"recommend: {json.dumps(result)}")
    return result


def with_fifty_sources(network: Network) -> tuple[Network, str]:
    """Return the network with offers of 50 sellers in one category only, and that category."""
    offers = network.tables["offers"].join(network.tables["products"], on="product_id")
    offers = offers.filter(pl.col("last_sold") >= network.meta.as_of - pl.duration(days=180))
    category = offers.group_by("category").agg(pl.col("seller_id").n_unique().alias("sellers"))
    category = category.drop_nulls().sort("sellers", "category", descending=[True, False])["category"][0]
    sellers = offers.filter(pl.col("category") == category)["seller_id"].unique().sort().head(SOURCES)
    if len(sellers) < SOURCES:
        raise ValueError(f"only {len(sellers)} sellers in {category}: build of more orders")
    kept = offers.filter(pl.col("category") == category, pl.col("seller_id").is_in(sellers.implode()))
    tables = {**network.tables, "offers": kept, "stocks": network.tables["stocks"].clear()}
    return Network.from_tables(tables, network.lead_times, network.freight, network.meta).warm(), category


def _requests(network: Network, category: str) -> list[RouteRequest]:
    rng = np.random.default_rng(7)
    zips = rng.choice(network.tables["zip_prefixes"]["zip_prefix"].to_numpy(), REQUESTS)
    ranks = tuple(Rank)
    return [
        RouteRequest(
            str(name), category=category, promise_days=10.0 if i % 2 else None, rank=ranks[i // 2 % 4]
        )
        for i, name in enumerate(zips)
    ]


def _microseconds(network: Network, request: RouteRequest) -> tuple[float, float]:
    """Return wall time, which a busy machine lengthens, and this thread's CPU time, which it does not."""
    started, worked = time.perf_counter_ns(), time.thread_time_ns()
    network.recommend(request)
    worked = time.thread_time_ns() - worked
    return (time.perf_counter_ns() - started) / 1_000, worked / 1_000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshot", type=Path, help="measure on this snapshot instead of a synthetic one")
    given = parser.parse_args().snapshot
    run(None if given is None else Network.open(given))
