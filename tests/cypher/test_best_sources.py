"""The query for best sources against `recommend`: the same order, for each lane's reference parcel.

What is equal: the sellers with an active offer and a lane that was seen, the carriers that admit the
category's parcel, mean, sd and score of each, and hence the order (``reliable``, no promise). What is not in
the query: warehouses, whose handling is their own, and lanes never seen, which `recommend` estimates.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from graph import Network, RouteRequest
from graph.candidates import Candidates, find_candidates
from graph.lead_time import LeadTimeBatch, RouteQuery
from graph.recommend import Recommender
from graph.stores.neo4j import Neo4jStore
from ingest.checks import check
from ingest.facts import gather, gather_nodes
from ingest.source import open_source
from tests.cypher.saved import saved_queries

[QUERY] = [query for query in saved_queries() if query.name == "best_sources"]
REFERENCE = ("distance_km", "weight_g", "volume_cm3", "price_cents", "freight_cents")
PAIR = ["from_region", "to_region", "carrier_id"]
REQUESTS = 200


@pytest.fixture(scope="module")
def parcels(market_dir: Path) -> pl.DataFrame:
    """Return each lane's reference parcel: the medians of its orders, else of its state pair's."""
    checked = check(open_source(market_dir), None)
    nodes = gather_nodes(checked)
    evidence = gather(checked, nodes).evidence
    states = nodes["regions"].select("region", "state")
    lanes = evidence["lanes"]
    for end in ("from", "to"):
        lanes = lanes.join(
            states.rename({"region": f"{end}_region", "state": f"{end}_state"}), f"{end}_region"
        )
    filled = [pl.coalesce(name, f"{name}_right").cast(pl.Float64).alias(name) for name in REFERENCE]
    both = lanes.join(evidence["states"], on=["from_state", "to_state"], how="left").with_columns(filled)
    return both.select(*PAIR, *REFERENCE)


def requests(network: Network, rng: np.random.Generator) -> list[tuple[str, str, float]]:
    """Draw destinations that lanes reach, categories, and weights of the spread."""
    zips = network.tables["zip_prefixes"]
    served = zips.filter(pl.col("region").is_in(network.tables["lanes"]["to_region"].unique().implode()))
    names = network.tables["categories"]["category"].to_list()
    return [
        (
            served["zip_prefix"][int(row)],
            names[int(rng.integers(len(names)))],
            float(rng.choice([0, 0.5, 1, 2])),
        )
        for row in rng.integers(len(served), size=REQUESTS)
    ]


def candidates(network: Network, zip_prefix: str, category: str) -> Candidates:
    recommender = Recommender(network.arrays, network.lead_times, network.freight, network.meta, 180 * 86_400)
    request = RouteRequest(zip_prefix=zip_prefix, category=category)
    return find_candidates(network.arrays, network.freight, recommender.wanted(request))


def on_seen_lanes(network: Network, found: Candidates, parcels: pl.DataFrame) -> pl.DataFrame:
    """Return the sellers' own candidates on lanes that were seen, each with that lane's reference parcel."""
    arrays, query = network.arrays, found.query
    regions, carriers = network.tables["regions"]["region"], network.tables["carriers"]["carrier_id"]
    frame = pl.DataFrame(
        {
            "seller": found.seller,
            "carrier": found.carrier,
            "origin_region": query.origin_region,
            "dest_region": query.dest_region,
            "origin_state": query.origin_state,
            "dest_state": query.dest_state,
            "warehouse": found.warehouse,
            "from_region": [regions[int(code)] for code in query.origin_region],
            "to_region": [regions[int(code)] for code in query.dest_region],
            "carrier_id": [carriers[int(code)] for code in found.carrier],
            "seller_id": [arrays.seller_ids[int(code)] for code in found.seller],
        }
    )
    return frame.filter(pl.col("warehouse") < 0).join(parcels, on=PAIR)


def read(network: Network, rows: pl.DataFrame) -> LeadTimeBatch:
    codes = ("seller", "carrier", "origin_region", "dest_region", "origin_state", "dest_state")
    query = RouteQuery.build(
        len(rows),
        at_s=network.meta.as_of_s,
        **{name: rows[name].to_numpy() for name in codes},
        **{name: rows[name].fill_null(np.nan).to_numpy() for name in REFERENCE},
    )
    return network.lead_times.read(query)


def test_it_orders_sources_as_recommend_does_for_the_reference_parcel(
    store: Neo4jStore, network: Network, parcels: pl.DataFrame
) -> None:
    compared = contested = 0
    for zip_prefix, category, z in requests(network, np.random.default_rng(11)):
        rows = on_seen_lanes(network, candidates(network, zip_prefix, category), parcels)
        given = QUERY.defaults | {"zip_prefix": zip_prefix, "category": category, "z": z, "k": 1_000}
        found = store.query(QUERY.text, given).drop_nulls("seller_id")  # one empty row: nothing was found
        assert len(found) == len(rows)
        if not len(rows):
            continue
        times = read(network, rows)
        wanted = rows.select("seller_id", "carrier_id").with_columns(
            mean=times.mean_days,
            sd=np.sqrt(times.var_days),
            score=times.mean_days + z * np.sqrt(times.var_days),
        )
        both = found.join(wanted, on=["seller_id", "carrier_id"], maintain_order="left")
        assert len(both) == len(rows)
        np.testing.assert_allclose(both["mean_days"], both["mean"], rtol=1e-9)
        np.testing.assert_allclose(both["sd_days"], both["sd"], rtol=1e-9)
        # In the query's order, recommend's own scores must not fall, but for ties in the last bits.
        assert all(later >= sooner - 1e-9 for sooner, later in pairwise(both["score"]))
        compared += len(both)
        contested += len(both) > 1
    assert compared > REQUESTS
    assert contested > REQUESTS // 4


def test_english_and_portuguese_names_mean_the_same(store: Neo4jStore) -> None:
    one, other = (
        store.query(QUERY.text, QUERY.defaults | {"category": name, "k": 50})
        for name in ("health_beauty", "beleza_saude")
    )
    assert one.equals(other)
    assert len(one)
