"""The network in Neo4j: the contract of every store, and what a load writes when, and only when, it must."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from deploy.local import Neo4j
from graph import BadInput, SnapshotError, SnapshotMeta
from graph.stores import GraphStore
from graph.stores.neo4j import Neo4jStore
from graph.stores.neo4j_faults import StoreError, refuse_old
from graph.stores.neo4j_report import LoadReport
from graph.tables import SCHEMAS, checked
from tests.graph.make import tables
from tests.graph.stores.contract import META, StoreContract
from tests.services.graphs import empty, graph, run

NEXT = SnapshotMeta("cd" * 32, datetime(2018, 6, 1, tzinfo=UTC), META.parameters)


@pytest.fixture
def server(neo4j_server: Neo4j) -> Neo4j:
    return empty(neo4j_server)


@pytest.fixture
def store(server: Neo4j) -> Iterator[Neo4jStore]:
    with opened(server) as ready:
        yield ready


def opened(server: Neo4j, batch_rows: int = 10_000) -> Neo4jStore:
    return Neo4jStore(server.uri, password=server.password, batch_rows=batch_rows)


def network() -> dict[str, pl.DataFrame]:
    """Draw tables with rows of every kind, and an observed route without category among them."""
    base = tables(1)
    places, regions = base["zip_prefixes"]["zip_prefix"], base["regions"]["region"]
    seen = datetime(2018, 4, 1, 2, 3, 4, 567_891, tzinfo=UTC)
    pair = {"from_zip_prefix": places[0], "to_zip_prefix": places[1], "carrier_id": "c0", "last_seen": seen}
    lane = {"from_region": regions[0], "to_region": regions[1], "carrier_id": "c1"}
    habit = {"seller_id": "s00", "carrier_id": "c0", "n": 9, "mean_days": 0.1 + 0.2, "var_days": 2.0}
    return base | {
        "zip_pairs": rows(
            "zip_pairs",
            pair | {"category": None, "n": 2, "mean_days": 7.25},
            pair | {"category": "pcs", "n": 1, "mean_days": 1 / 3},
        ),
        "lane_months": rows("lane_months", lane | {"month": "2018-04", "mean_days": 3.0, "n": 1}),
        "seller_carriers": rows("seller_carriers", habit),
    }


def rows(name: str, *given: dict[str, object]) -> pl.DataFrame:
    """Return a table of these rows; what they do not name is null."""
    return pl.DataFrame(given, schema=dict(SCHEMAS[name].columns))


def written(report: LoadReport) -> dict[str, tuple[int, int, int]]:
    """Return (created, updated, removed) of the kinds that a load touched."""
    return {kind.kind: (kind.created, kind.updated, kind.removed) for kind in report.kinds if kind.written}


class TestNeo4jStore(StoreContract):
    @pytest.fixture
    def store(self, server: Neo4j) -> Iterator[GraphStore]:
        with opened(server) as ready:
            yield ready


def test_every_float_and_instant_survives_to_the_last_bit(store: Neo4jStore) -> None:
    odd = [5e-324, -0.0, 1.7976931348623157e308, 0.1 + 0.2]
    sellers = network()["sellers"].with_columns(pl.Series("effect_log", odd * 2))
    store.write(network() | {"sellers": sellers}, META)
    found = store.read().tables
    for name, frame in checked(network() | {"sellers": sellers}).items():
        assert_frame_equal(found[name], frame, check_exact=True)
    assert [value.hex() for value in found["sellers"]["effect_log"]] == [v.hex() for v in odd * 2]


def test_a_second_load_writes_nothing(store: Neo4jStore) -> None:
    first = store.load(network(), META)
    assert first.written == sum(kind.elements for kind in first.kinds)
    assert first.counters["relationships_created"] > 0
    again = store.load(network(), META)
    assert (again.written, dict(again.counters)) == (0, {})


def test_a_float_within_tolerance_is_the_same_and_beyond_it_is_not(store: Neo4jStore) -> None:
    store.load(network(), META)

    def shifted(by: float) -> dict[str, pl.DataFrame]:
        lanes = network()["lanes"]
        first = pl.int_range(pl.len()) == 0
        return network() | {
            "lanes": lanes.with_columns(pl.when(first).then(pl.col("var_days") + by).otherwise("var_days"))
        }

    assert store.load(shifted(1e-10), META).counters == {}
    assert written(store.load(shifted(1e-6), META)) == {"LANE": (0, 1, 0)}


def test_exactly_what_differs_is_written(store: Neo4jStore, server: Neo4j) -> None:
    store.load(network(), META)
    base = network()
    sellers = base["sellers"].with_columns(
        zip_prefix=pl.when(pl.col("seller_id") == "s03")
        .then(pl.lit(base["zip_prefixes"]["zip_prefix"][-1]))
        .otherwise("zip_prefix")
    )
    changed = base | {
        "sellers": sellers,
        "products": base["products"].with_columns(
            category=pl.when(pl.col("product_id") == "p00").then(None).otherwise("category")
        ),
        "offers": base["offers"].with_columns(price_cents=pl.col("price_cents") + 1).slice(1),
        "zip_pairs": base["zip_pairs"].with_columns(
            mean_days=pl.when(pl.col("category").is_null()).then(8.0).otherwise("mean_days")
        ),
    }
    offers, moved = len(base["offers"]), sellers["zip_prefix"][3] != base["sellers"]["zip_prefix"][3]
    report = store.load(changed, NEXT)
    assert moved
    assert written(report) == {
        "LOCATED_IN (seller)": (1, 0, 1),
        "IN_CATEGORY": (0, 0, 1),
        "SELLS": (0, offers - 1, 1),
        "SHIPPED_TO": (0, 1, 0),
    }
    found = store.read()
    assert found.meta == NEXT
    for name, frame in checked(changed).items():
        assert_frame_equal(found.tables[name], frame, check_exact=True)
    assert run(server, "MATCH (s:Snapshot) RETURN count(s) AS n") == [{"n": 1}]


def test_another_snapshot_with_the_same_tables_touches_its_node_alone(store: Neo4jStore) -> None:
    store.load(network(), META)
    report = store.load(network(), NEXT)
    assert report.written == 0
    assert set(report.counters) == {"properties_set"}
    assert store.meta() == NEXT


def test_what_a_hand_spoilt_is_mended(store: Neo4jStore, server: Neo4j) -> None:
    store.load(network(), META)
    before = graph(server)
    run(server, "MATCH (r:Region)-[l:LANE]->() WITH l LIMIT 1 SET l.mean_days = 'soon'")
    run(server, "MATCH (a)-[l:LANE_MONTH]->(b) CREATE (a)-[c:LANE_MONTH]->(b) SET c = properties(l)")
    run(server, "MATCH (p:Product {id: 'p01'}) DETACH DELETE p")
    with pytest.raises(SnapshotError, match="changed by hand"):
        store.read()
    report = store.load(network(), META)
    assert written(report)["LANE"] == (0, 1, 0)
    assert written(report)["LANE_MONTH"] == (0, 0, 1)
    assert written(report)["Product"] == (1, 0, 0)
    assert graph(server) == before


def test_what_is_not_ours_stays(store: Neo4jStore, server: Neo4j) -> None:
    store.load(network(), META)
    run(server, "CREATE (:Note {text: 'ask them'})-[:ABOUT]->(:Person {name: 'A'})")
    run(server, "MATCH (s:Seller {id: 's01'}) SET s.community = 4, s.effect_log = 9.0")
    assert written(store.load(network(), META)) == {"Seller": (0, 1, 0)}
    assert run(server, "MATCH (n:Note)-[:ABOUT]->(p) RETURN p.name AS name") == [{"name": "A"}]
    assert run(server, "MATCH (s:Seller {id: 's01'}) RETURN s.community AS c, s.effect_log AS e") == [
        {"c": 4, "e": 0.0}
    ]


class Killed(BaseException):
    """What happens to a load whose process is killed after a batch: nothing more is sent."""


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 1.0])
def test_killed_after_a_batch_and_loaded_again_it_is_the_same_graph(server: Neo4j, share: float) -> None:
    with opened(server) as store:
        store.load(tables(2), META)
        store.load(network(), NEXT)
    wanted = graph(server)
    empty(server)
    with opened(server, batch_rows=3) as store:
        store.load(tables(2), META)

        def kill(done: int, total: int) -> None:
            if done >= share * total:
                raise Killed

        with pytest.raises(Killed):
            store.load(network(), NEXT, kill)
        with pytest.raises(SnapshotError, match="broke off"):
            store.read()
        assert run(server, "MATCH (s:Snapshot) RETURN s.state AS state") == [{"state": "loading"}]
        store.load(network(), NEXT)
        assert store.read().meta == NEXT
    assert graph(server) == wanted


def test_nothing_is_removed_before_all_else_is_written(store: Neo4jStore, server: Neo4j) -> None:
    store.load(tables(1), META)
    fewer = network() | {"stocks": network()["stocks"].clear()}
    states = []

    def watch(done: int, total: int) -> None:
        left = run(server, "MATCH ()-[r:STOCKS]->() RETURN count(r) AS n")[0]["n"]
        states.append((done, total, left))

    stocks = len(tables(1)["stocks"])
    store.load(fewer, NEXT, watch)
    assert [left for _, _, left in states] == [stocks] * (len(states) - 1) + [0]
    assert states[-1][0] == states[-1][1]


def test_tables_that_make_no_network_leave_the_graph_alone(store: Neo4jStore, server: Neo4j) -> None:
    store.load(network(), META)
    before = graph(server)
    with pytest.raises(BadInput):
        store.load(network() | {"regions": network()["regions"].clear()}, NEXT)
    assert graph(server) == before


def test_a_snapshot_node_of_another_format_is_refused(store: Neo4jStore, server: Neo4j) -> None:
    store.load(network(), META)
    run(server, "MATCH (s:Snapshot) SET s.format = 99")
    with pytest.raises(SnapshotError, match="format 99; this version reads 2"):
        store.read()
    run(server, "MATCH (s:Snapshot) SET s.format = 2, s.parameters = '{'")
    with pytest.raises(SnapshotError, match="damaged"):
        store.meta()
    store.load(network(), META)
    assert store.meta() == META


def test_a_server_that_is_absent_is_named(service_folder: object) -> None:
    with pytest.raises(
        StoreError, match=r"No Neo4j answers at bolt://127\.0\.0\.1:1\. Start one: make neo4j"
    ):
        Neo4jStore("bolt://127.0.0.1:1")


@pytest.mark.parametrize("uri", ["http://127.0.0.1", "127.0.0.1:7687", "bolt://neo4j:secret@127.0.0.1"])
def test_an_address_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(BadInput, match="address"):
        Neo4jStore(uri)


@pytest.mark.parametrize("version", ["3.5.35", "4.4.41", "5.23.0"])
def test_an_old_server_is_refused(version: str) -> None:
    with pytest.raises(StoreError, match=f"Neo4j {version}, which is too old"):
        refuse_old(version)


@pytest.mark.parametrize("version", ["5.24.0", "5.26.31", "2026.02.1", "5.27-aura"])
def test_a_newer_server_is_taken(version: str) -> None:
    refuse_old(version)


def test_a_second_loader_is_refused_while_one_is_at_work(store: Neo4jStore, server: Neo4j) -> None:
    refused: list[str] = []

    def meddle(done: int, total: int) -> None:
        if not refused:
            with opened(server) as other, pytest.raises(StoreError) as error:
                other.load(network(), NEXT)
            refused.append(str(error.value))

    store.load(network(), META, meddle)
    assert refused[0].startswith("Another malha load is writing to")
    assert store.meta() == META
    with opened(server) as other:
        other.load(network(), NEXT)
    assert store.meta() == NEXT


def test_what_the_server_refuses_is_told_in_its_own_words(store: Neo4jStore) -> None:
    with pytest.raises(StoreError, match=r"(?s)failed: .+ \(Neo\.ClientError\.Statement\.SyntaxError\)\."):
        store.query("MATCH (", {})
