"""The analysts' queries on a real Neo4j, every number against the same question asked of the tables."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from deploy.local import Neo4j
from graph import Network
from graph.model import OFFER_LAPSE_DAYS
from graph.stores.neo4j import Neo4jStore
from tests.cypher.saved import saved_queries
from tests.services.graphs import empty, run

QUERIES = {query.name: query for query in saved_queries()}
PAIR = ["from_region", "to_region", "carrier_id"]


def ask(store: Neo4jStore, name: str, **parameters: object) -> pl.DataFrame:
    """Run a saved query; check that it returns what its header says, and the state of the graph."""
    query = QUERIES[name]
    found = store.query(query.text, {**query.defaults, **parameters})
    assert found.columns == list(query.columns)
    assert set(found["snapshot_state"]) == {"ready"}
    # A query that finds nothing still answers the state, in a row with nothing else.
    return found.drop("snapshot_state").filter(~pl.all_horizontal(pl.all().is_null()))


def same(found: pl.DataFrame, wanted: pl.DataFrame) -> None:
    assert len(wanted), "an empty answer proves nothing"
    assert_frame_equal(found, wanted.select(found.columns), check_dtypes=False, rel_tol=1e-9, abs_tol=1e-9)


def active(network: Network) -> pl.DataFrame:
    """Return the offers that have not lapsed, with category and seller."""
    since = network.meta.as_of - timedelta(days=OFFER_LAPSE_DAYS)
    products, sellers = network.tables["products"], network.tables["sellers"]
    offers = network.tables["offers"].filter(pl.col("last_sold") >= since)
    return offers.join(products, on="product_id").join(sellers, on="seller_id", suffix="_seller")


def lanes(network: Network) -> pl.DataFrame:
    """Return the lanes with the states of both ends."""
    states = network.tables["regions"].select("region", "state")
    made = network.tables["lanes"]
    for end in ("from", "to"):
        made = made.join(states.rename({"region": f"{end}_region", "state": f"{end}_state"}), f"{end}_region")
    return made


def homes(network: Network, table: str) -> pl.DataFrame:
    """Return sellers or warehouses with the region that they are in."""
    zips = network.tables["zip_prefixes"].select("zip_prefix", "region")
    return network.tables[table].join(zips, on="zip_prefix")


def test_there_are_the_ten_questions_and_two_about_what_changed() -> None:
    assert sorted(QUERIES) == sorted(
        [
            "best_sources",
            "slowest_lanes",
            "uncertain_lanes",
            "stale_lanes",
            "sellers_by_region",
            "lane_evidence",
            "single_seller_categories",
            "orphan_zips",
            "hubs",
            "freight_outliers",
            "warehouse_coverage",
            "what_got_worse",
        ]
    )


@pytest.mark.parametrize("name", QUERIES)
def test_it_runs_with_its_defaults(store: Neo4jStore, name: str) -> None:
    ask(store, name)


def test_a_query_that_finds_nothing_says_the_state(
    neo4j_server: Neo4j, store: Neo4jStore, network: Network
) -> None:
    run(empty(neo4j_server), "CREATE (:Snapshot {state: 'loading'})")
    for query in QUERIES.values():
        nothing = dict.fromkeys(query.columns) | {"snapshot_state": "loading"}
        assert store.query(query.text, query.defaults).to_dicts() == [nothing], query.name
    store.load(network.tables, network.meta)


def test_slowest_lanes(store: Neo4jStore, network: Network) -> None:
    wanted = (
        lanes(network)
        .filter(pl.col("n") >= 2)
        .sort("mean_days", *PAIR, descending=[True, False, False, False])
        .with_columns(
            transit_days=pl.col("transit_mean_days"),
            km_per_day=pl.col("distance_km") / pl.col("transit_mean_days"),
        )
    )
    same(ask(store, "slowest_lanes", min_n=2, k=40), wanted.head(40))


def test_uncertain_lanes(store: Neo4jStore, network: Network) -> None:
    wanted = (
        lanes(network)
        .filter(pl.col("n") >= 2)
        .sort("var_days", *PAIR, descending=[True, False, False, False])
        .with_columns(sd_days=pl.col("var_days").sqrt(), margin_days=pl.col("p95_days") - pl.col("p50_days"))
    )
    same(ask(store, "uncertain_lanes", min_n=2, k=40), wanted.head(40))


def test_stale_lanes(store: Neo4jStore, network: Network) -> None:
    wanted = lanes(network).filter(pl.col("stale") & (pl.col("n") >= 2))
    wanted = wanted.sort("n", *PAIR, descending=[True, False, False, False]).head(30)
    found = ask(store, "stale_lanes", min_n=2, k=30)
    same(found.drop("stale_since"), wanted)
    assert [since.to_native() for since in found["stale_since"]] == wanted["stale_since"].to_list()


@pytest.mark.parametrize("state", [None, "SP"])
def test_sellers_by_region(store: Neo4jStore, network: Network, state: str | None) -> None:
    offers = active(network).group_by("seller_id").agg(offers=pl.len())
    weighted = pl.col("handling_mean_days") * pl.col("n")
    regions = network.tables["regions"].select("region", region_state="state")
    wanted = (
        homes(network, "sellers")
        .join(offers, "seller_id", "left")
        .group_by("region")
        .agg(
            sellers=pl.len(),
            active_sellers=pl.col("offers").is_not_null().sum(),
            active_offers=pl.col("offers").sum(),
            handling_days=weighted.sum() / pl.col("n").sum(),
        )
        .join(regions, "region")
        .rename({"region_state": "state"})
        .filter(True if state is None else pl.col("state") == state)
        .sort("sellers", "region", descending=[True, False])
    )
    same(ask(store, "sellers_by_region", state=state, k=30), wanted.head(30))


def test_lane_evidence(store: Neo4jStore, network: Network) -> None:
    tables = network.tables
    origin, destination = tables["lanes"].sort("n").row(-1)[:2]
    here = (pl.col("from_region") == origin) & (pl.col("to_region") == destination)
    zips = tables["zip_prefixes"].select("zip_prefix", "region")
    pairs = tables["zip_pairs"]
    for end in ("from", "to"):
        pairs = pairs.join(
            zips.rename({"zip_prefix": f"{end}_zip_prefix", "region": f"{end}_region"}), f"{end}_zip_prefix"
        )
    seen = pairs.filter(here).unique(["from_zip_prefix", "to_zip_prefix", "carrier_id"])
    months = tables["lane_months"].filter(here)
    wanted = (
        tables["lanes"]
        .filter(here)
        .rename({"mean_days": "estimate_days", "p95_days": "estimate_p95_days"})
        .join(seen.group_by("carrier_id").agg(zip_pairs=pl.len()), "carrier_id", "left")
        .join(
            months.select(
                "carrier_id", "month", month_days="mean_days", month_late_share="late_share", month_n="n"
            ),
            "carrier_id",
            "left",
        )
        .with_columns(pl.col("zip_pairs").fill_null(0))
        .sort("carrier_id", "month", descending=[False, True])
    )
    found = ask(store, "lane_evidence", from_region=origin, to_region=destination)
    same(found.drop("last_seen"), wanted)
    assert [seen.to_native() for seen in found["last_seen"]] == wanted["last_seen"].to_list()


def test_single_seller_categories(store: Neo4jStore, network: Network) -> None:
    run_on = active(network).drop_nulls("category")
    alone = run_on.filter(pl.col("seller_id").n_unique().over("category") == 1)
    names = network.tables["categories"]
    wanted = (
        alone.group_by("category")
        .agg(
            pl.col("seller_id", "city", "state").first(),
            active_offers=pl.len(),
            units_sold=pl.col("n").sum(),
        )
        .join(names, "category")
        .sort("units_sold", "category", descending=[True, False])
    )
    found = ask(store, "single_seller_categories")
    assert len(found) == len(wanted)
    if len(wanted):
        same(found, wanted)


@pytest.mark.parametrize("state", [None, "AM"])
def test_orphan_zips(store: Neo4jStore, network: Network, state: str | None) -> None:
    tables = network.tables
    reached = tables["lanes"].group_by(region="to_region").agg(lanes_in=pl.len())
    wanted = (
        tables["zip_prefixes"]
        .join(tables["zip_pairs"], left_on="zip_prefix", right_on="to_zip_prefix", how="anti")
        .join(reached, "region", "left")
        .with_columns(pl.col("lanes_in").fill_null(0))
        .filter(True if state is None else pl.col("state") == state)
        .sort("lanes_in", "zip_prefix")
    )
    same(ask(store, "orphan_zips", state=state, k=10_000), wanted)


def test_hubs(store: Neo4jStore, network: Network) -> None:
    months = network.tables["lane_months"]
    received = months.group_by(region="to_region").agg(received=pl.col("n").sum())
    sellers = homes(network, "sellers").group_by("region").agg(sellers=pl.len())
    wanted = (
        months.group_by(region="from_region")
        .agg(
            shipped=pl.col("n").sum(),
            destinations=pl.col("to_region").n_unique(),
            mean_days=(pl.col("mean_days") * pl.col("n")).sum() / pl.col("n").sum(),
        )
        .with_columns(share=pl.col("shipped") / months["n"].sum())
        .join(network.tables["regions"].select("region", "state"), "region")
        .join(received, "region", "left")
        .join(sellers, "region", "left")
        .with_columns(pl.col("received", "sellers").fill_null(0))
        .sort("shipped", "region", descending=[True, False])
    )
    same(ask(store, "hubs", k=25), wanted.head(25))


def test_freight_outliers(store: Neo4jStore, network: Network) -> None:
    band = ["carrier_id", "band"]
    freight = pl.col("freight_cents_per_kg")
    wanted = (
        network.tables["lanes"]
        .drop_nulls(["freight_cents_per_kg", "distance_km"])
        .with_columns(band=(pl.col("distance_km") / 100).floor())
        .with_columns(usual_cents_per_kg=freight.mean().over(band), sd=freight.std().over(band))
        .with_columns(deviations=(freight - pl.col("usual_cents_per_kg")) / pl.col("sd"))
        .filter((pl.col("deviations").abs() >= 1.5) & (pl.col("n") >= 2) & (pl.col("sd") > 0))
        .sort(pl.col("deviations").abs(), *PAIR, descending=[True, False, False, False])
    )
    same(ask(store, "freight_outliers", band_km=100, deviations=1.5, min_n=2, k=500), wanted)


@pytest.mark.parametrize("warehouse", ["wh_sp_1", "wh_mg_3"])
def test_warehouse_coverage(store: Neo4jStore, network: Network, warehouse: str) -> None:
    tables = network.tables
    home = homes(network, "warehouses").filter(pl.col("warehouse_id") == warehouse)["region"][0]
    reached = tables["lanes"].filter((pl.col("from_region") == home) & (pl.col("p80_days") <= 12.5))
    demand = tables["lane_months"].group_by(region="to_region").agg(demand=pl.col("n").sum())
    by_state = (
        demand.join(tables["regions"].select("region", "state"), "region")
        .with_columns(reached=pl.col("region").is_in(reached["to_region"].unique().implode()))
        .group_by("state")
        .agg(
            covered=pl.col("demand").filter("reached").sum(),
            regions=pl.len(),
            regions_covered=pl.col("reached").sum(),
            demand=pl.col("demand").sum(),
        )
        .with_columns(covered_share=pl.col("covered") / pl.col("demand"))
        .sort("covered", "demand", "state", descending=[True, True, False])
    )
    found = ask(store, "warehouse_coverage", warehouse_id=warehouse, days=12.5)
    assert found["covered"].sum() > 0
    same(found, by_state)


def test_what_got_worse(store: Neo4jStore, network: Network) -> None:
    recent = pl.col("month") >= "2018-01"
    n, days = pl.col("n"), pl.col("mean_days") * pl.col("n")
    wanted = (
        network.tables["lane_months"]
        .group_by(PAIR)
        .agg(
            n_before=n.filter(~recent).sum(),
            n_since=n.filter(recent).sum(),
            before_days=days.filter(~recent).sum() / n.filter(~recent).sum(),
            since_days=days.filter(recent).sum() / n.filter(recent).sum(),
            late_share=(pl.col("late_share") * n).filter(recent).sum() / n.filter(recent).sum(),
        )
        .with_columns(worse_days=pl.col("since_days") - pl.col("before_days"))
        .with_columns(cost_days=pl.col("worse_days") * pl.col("n_since"))
        .filter((pl.col("n_before") >= 1) & (pl.col("n_since") >= 1) & (pl.col("worse_days") > 0))
        .sort("cost_days", *PAIR, descending=[True, False, False, False])
    )
    same(ask(store, "what_got_worse", since="2018-01", min_n=1, k=500), wanted)


def test_a_graph_that_is_being_loaded_says_so_in_every_answer(store: Neo4jStore, network: Network) -> None:
    query = QUERIES["hubs"]
    server_says = []

    def watch(done: int, total: int) -> None:
        server_says.append(set(store.query(query.text, query.defaults)["snapshot_state"]))

    changed = dict(network.tables)
    changed["carriers"] = changed["carriers"].with_columns(service=pl.lit("parcel"))
    store.load(changed, network.meta, watch)
    assert server_says == [{"loading"}]
    store.load(network.tables, network.meta)
    assert set(store.query(query.text, query.defaults)["snapshot_state"]) == {"ready"}
