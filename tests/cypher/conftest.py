"""A made-up marketplace's network, in memory and in Neo4j."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from deploy.local import Neo4j
from graph import Network
from graph.stores.neo4j import Neo4jStore


@pytest.fixture(scope="session")
def network(small_snapshot: Path) -> Network:
    """Return it with some lanes called stale: so few orders show no drift of their own."""
    made = Network.open(small_snapshot)
    stale = pl.col("n") % 3 == 0
    lanes = made.tables["lanes"].with_columns(
        stale=stale, stale_since=pl.when(stale).then(pl.col("last_seen") - pl.duration(days=20))
    )
    return Network.from_tables({**made.tables, "lanes": lanes}, made.lead_times, made.freight, made.meta)


@pytest.fixture(scope="module")
def store(neo4j_server: Neo4j, network: Network) -> Iterator[Neo4jStore]:
    # Whatever another test left there: a load makes it this graph.
    with Neo4jStore(neo4j_server.uri, password=neo4j_server.password) as opened:
        opened.load(network.tables, network.meta)
        yield opened
