"""A network that comes back from Neo4j, with the snapshot's lead-time file, gives the same answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from polars.testing import assert_frame_equal

from graph import Freight, LeadTimes, Network
from graph.stores import snapshot_folder
from graph.stores.neo4j import Neo4jStore


def test_all_tables_come_back_to_the_last_bit(store: Neo4jStore, network: Network) -> None:
    found = store.read()
    assert found.meta == network.meta
    for name, frame in network.tables.items():
        assert_frame_equal(found.tables[name], frame, check_exact=True)


def test_with_the_snapshots_lead_times_it_recommends_the_same(
    store: Neo4jStore, network: Network, small_snapshot: Path
) -> None:
    stored, folder = store.read(), snapshot_folder(small_snapshot)
    lead_times, freight = LeadTimes.load(folder / "lead_time"), Freight.load(folder / "freight.npz")
    back = Network.from_tables(stored.tables, lead_times, freight, stored.meta)
    rng = np.random.default_rng(5)
    zips, names = network.tables["zip_prefixes"]["zip_prefix"], network.tables["categories"]["category"]
    routes = 0
    for zip_row, name_row in zip(
        rng.integers(len(zips), size=60), rng.integers(len(names), size=60), strict=True
    ):
        asked = {"zip_prefix": zips[int(zip_row)], "category": names[int(name_row)], "promise_days": 12.0}
        answer = network.recommend(**asked)
        assert back.recommend(**asked).to_dict() == answer.to_dict()
        routes += len(answer)
    assert routes > 100
