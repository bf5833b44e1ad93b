"""A loader that is killed for good, at any moment, and started again leaves the graph of one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from deploy.local import Neo4j
from graph.stores import ParquetStore, snapshot_folder
from graph.stores.neo4j import Neo4jStore
from graph.stores.neo4j_elements import KINDS
from tests.graph.make import World, tables
from tests.graph.stores.contract import META
from tests.services.graphs import empty, graph, run

LOADER = """
import sys
from pathlib import Path
from graph.stores import ParquetStore
from graph.stores.neo4j import Neo4jStore

folder, uri, batch_rows, *password = sys.argv[1:]
stored = ParquetStore(Path(folder)).read()
with Neo4jStore(uri, password=password[0] if password else None, batch_rows=int(batch_rows)) as store:
    store.load(stored.tables, stored.meta, lambda done, total: print(done, total, flush=True))
"""


Tables = dict[str, pl.DataFrame]


def loader(server: Neo4j, folder: Path, batch_rows: int) -> subprocess.Popen[str]:
    secret = [server.password] if server.password else []
    command = [sys.executable, "-c", LOADER, str(folder), server.uri, str(batch_rows), *secret]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_after(process: subprocess.Popen[str], batches: int, wait_s: float) -> None:
    """Kill a loader so long after so many batches."""
    with process:
        assert process.stdout is not None
        for _ in range(batches):
            process.stdout.readline()
        time.sleep(wait_s)
        os.kill(process.pid, signal.SIGKILL)


def check(server: Neo4j, folder: Path, batch_rows: int, seed: int, kills: int) -> None:
    """Kill loads of the network in a folder at random moments; load again; compare the whole graph."""
    stored = ParquetStore(folder).read()
    with Neo4jStore(server.uri, password=server.password) as store:
        empty(server)
        store.load(stored.tables, stored.meta)
        wanted = graph(server)
        batches = sum(-(-len(kind.elements(stored.tables)) // batch_rows) for kind in KINDS)
        rng = np.random.default_rng(seed)
        for kill in range(kills):
            # Half of them begin on nothing, half on the graph of another month.
            empty(server)
            if kill % 2:
                store.load(older(stored.tables), stored.meta)
            after = int(rng.integers(0, batches))
            kill_after(loader(server, folder, batch_rows), after, float(rng.uniform(0, 0.03)))
            store.load(stored.tables, stored.meta)
            assert run(server, "MATCH (s:Snapshot) RETURN s.state AS state") == [{"state": "ready"}]
            assert graph(server) == wanted


def older(tables: Mapping[str, pl.DataFrame]) -> Tables:
    """Return tables in which much differs: things that will be new, changed, and gone."""
    price = pl.col("price_cents") + 1
    stocks = tables["stocks"].with_columns(units=pl.col("units") + 1)
    return dict(tables) | {
        "lanes": tables["lanes"].gather_every(2),
        "offers": tables["offers"].with_columns(price),
        "sellers": tables["sellers"].with_columns(city=pl.col("state")),
        "stocks": stocks,
    }


def test_killed_at_a_few_points(neo4j_server: Neo4j, tmp_path: Path) -> None:
    drawn = tables(4, World(zips=120, products=40, sellers=30))
    ParquetStore(tmp_path).write(drawn, META)
    check(neo4j_server, tmp_path, batch_rows=40, seed=1, kills=2)


@pytest.mark.campaign
def test_killed_at_twenty_random_points(neo4j_server: Neo4j, small_snapshot: Path) -> None:
    check(neo4j_server, snapshot_folder(small_snapshot), batch_rows=500, seed=2, kills=20)
