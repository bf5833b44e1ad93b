"""The network as an object: loads what it saved, answers the same, and cannot be changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from graph import BadInput, Basis, Network, SnapshotError, SnapshotMeta
from graph.stores import set_current
from tests.graph.make import AS_OF, network, tables


@pytest.fixture(scope="module")
def net() -> Network:
    return network(1)


def test_saved_and_opened_it_answers_the_same(net: Network, tmp_path: Path) -> None:
    net.save(tmp_path / net.meta.snapshot_id)
    set_current(tmp_path, net.meta.snapshot_id)
    for path in (tmp_path, str(tmp_path / net.meta.snapshot_id)):
        opened = Network.open(path)
        assert opened.meta == net.meta
        assert opened.counts() == net.counts()
        for rank in ("reliable", "cheapest"):
            parameters = {"zip_prefix": "10470", "category": "pcs", "rank": rank, "k": 50}
            assert opened.recommend(**parameters).to_dict() == net.recommend(**parameters).to_dict()


@pytest.mark.parametrize("name", ["freight.npz", "lead_time"])
def test_a_snapshot_that_lacks_a_part_is_refused(net: Network, tmp_path: Path, name: str) -> None:
    net.save(tmp_path)
    (tmp_path / name).rename(tmp_path / "elsewhere")
    with pytest.raises(SnapshotError):
        Network.open(tmp_path)


@pytest.mark.parametrize("text", [b"", b"PK", b"\x93NUMPY"])
def test_a_damaged_freight_state_is_refused(net: Network, tmp_path: Path, text: bytes) -> None:
    net.save(tmp_path)
    (tmp_path / "freight.npz").write_bytes(text)
    with pytest.raises(SnapshotError, match="Build the snapshot again"):
        Network.open(tmp_path)


def test_tables_that_make_no_network_are_refused(net: Network) -> None:
    with pytest.raises(BadInput, match="missing table"):
        Network.from_tables({}, net.lead_times, net.freight, net.meta)


@pytest.mark.parametrize("days", [0, "180", 1.5, True])
def test_a_setting_that_makes_no_sense_is_refused(net: Network, days: object) -> None:
    meta = SnapshotMeta("id", AS_OF, {"offer_lapse_days": days})
    with pytest.raises(BadInput, match="offer_lapse_days"):
        Network.from_tables(tables(1), net.lead_times, net.freight, meta)


def test_the_lapse_of_offers_is_a_setting(net: Network) -> None:
    strict = SnapshotMeta("id", AS_OF, {"offer_lapse_days": 30})
    few = Network.from_tables(tables(1), net.lead_times, net.freight, strict)
    request = {"zip_prefix": "10470", "product_id": "p01", "k": 99}
    asked = net.tables["offers"].filter(pl.col("product_id") == "p01")
    recent = asked.filter(pl.col("last_sold") >= AS_OF - pl.duration(days=30))["seller_id"].to_list()
    found = {r.source_id.split(":")[-1] for r in few.recommend(**request)}
    assert found == set(recent)
    assert few.recommend(**request).candidates < net.recommend(**request).candidates


def test_counts_are_those_of_the_tables(net: Network) -> None:
    assert net.counts()["lanes"] == net.tables["lanes"].height == 72
    assert net.counts()["zip_pairs"] == 0


def test_lanes_are_a_frame_as_the_caller_likes_it(net: Network) -> None:
    lanes = net.lanes()
    assert_frame_equal(lanes, net.tables["lanes"])
    frame = net.lanes(backend="pandas")
    assert list(frame.columns) == lanes.columns
    assert frame["mean_days"].tolist() == lanes["mean_days"].to_list()
    assert str(frame["last_seen"].dt.tz) == "UTC"
    with pytest.raises(ValueError, match="polars or pandas"):
        net.lanes(backend="excel")  # type: ignore[call-overload]


def test_a_lane_is_found_by_its_three_names(net: Network) -> None:
    lane = net.lane("100", "104", "c1")
    assert lane is not None
    assert (lane.from_region, lane.to_region, lane.carrier_id) == ("100", "104", "c1")
    assert lane.basis is Basis.LANE
    assert lane.mean_days == 7.5
    assert net.lane("100", "999", "c1") is None


def test_lanes_can_be_walked_both_ways(net: Network) -> None:
    lanes = net.lanes()
    for region in net.tables["regions"]["region"]:
        assert set(lanes[net.lanes_from(region)]["from_region"]) <= {region}
        assert set(lanes[net.lanes_to(region)]["to_region"]) == {region}
    ways = [
        sum(len(walk(r)) for r in net.tables["regions"]["region"]) for walk in (net.lanes_from, net.lanes_to)
    ]
    assert ways == [lanes.height, lanes.height]
    assert not len(net.lanes_from("999"))


def test_as_a_networkx_graph_regions_are_nodes_and_lanes_are_edges(net: Network) -> None:
    graph = net.to_networkx()
    assert graph.is_directed()
    assert graph.is_multigraph()
    assert graph.number_of_edges() == net.counts()["lanes"]
    assert graph.number_of_nodes() == net.counts()["regions"]
    assert graph.nodes["100"] == {"lat": -20.0, "lng": -45.0, "state": "SP"}
    edge = graph.edges["100", "104", "c1"]
    assert edge["mean_days"] == 7.5
    assert edge["last_seen"].tzinfo is not None
    assert set(edge) == set(net.lanes().columns) - {"from_region", "to_region", "carrier_id"}


def test_arrays_are_read_only(net: Network) -> None:
    net.warm()
    columns = [net.arrays.zip_lat, net.arrays.zip_lng, net.arrays.zip_region, net.arrays.seller_zip]
    columns += [net.arrays.lanes_out.rows, net.arrays.lanes_in.pointers, *net.arrays.lane_columns.values()]
    columns += [net.arrays.category_sources.last_sold_s, net.arrays.product_sources.price_cents]
    assert not any(column.flags.writeable for column in columns)
    with pytest.raises(TypeError):
        net.tables["lanes"] = net.lanes()  # type: ignore[index]


def test_lane_columns_hold_codes_and_numbers(net: Network) -> None:
    columns, lanes = net.arrays.lane_columns, net.lanes()
    regions = net.tables["regions"]["region"].to_list()
    assert [regions[code] for code in columns["to_region"]] == lanes["to_region"].to_list()
    assert [net.arrays.carrier_ids[code] for code in columns["carrier"]] == lanes["carrier_id"].to_list()
    np.testing.assert_array_equal(columns["mean_days"], lanes["mean_days"].to_numpy())


def test_an_instant_without_zone_is_no_as_of() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SnapshotMeta("id", AS_OF.replace(tzinfo=None))
