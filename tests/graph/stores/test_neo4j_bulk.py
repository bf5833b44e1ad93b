"""The bulk path: files that the import tool takes, and the same graph as by the ordinary load."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from deploy.local import serve_neo4j
from deploy.local.neo4j import prepare
from deploy.local.process import Missing, free_port
from graph import BadInput, Network
from graph.stores.neo4j import Neo4jStore
from graph.stores.neo4j_bulk import BulkError, bulk_load, export
from graph.stores.neo4j_elements import KINDS
from tests.graph.make import tables
from tests.graph.stores.contract import META


def test_every_kind_gets_a_file_whose_header_says_what_is_what(tmp_path: Path) -> None:
    arguments = export(tables(1), META, tmp_path)
    assert len(arguments) == len(KINDS) + 1
    heads = {path.stem: path.read_text("utf-8").splitlines()[0] for path in tmp_path.glob("*.csv")}
    assert heads["seller"].startswith("id:ID(Seller),city:string,state:string,effect_log:double")
    assert heads["seller_located_in"] == ":START_ID(Seller),:END_ID(ZipPrefix)"
    assert heads["sells"] == ":START_ID(Seller),:END_ID(Product),price_cents:long,n:long,last_sold:datetime"
    assert heads["lane"].startswith(":START_ID(Region),:END_ID(Region),carrier_id:string,mean_days:double")


def test_line_breaks_in_text_are_announced(tmp_path: Path) -> None:
    broken = tables(1)["sellers"].with_columns(city=pl.lit("a\nb"))
    assert "--multiline-fields=true" in export(tables(1) | {"sellers": broken}, META, tmp_path)


def test_a_folder_that_is_no_home_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BulkError, match="no home folder of a Neo4j"):
        bulk_load(tables(1), META, tmp_path)


def test_what_the_tool_says_is_told(tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "neo4j-admin"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'disk is full' >&2; exit 3\n", "utf-8")
    tool.chmod(0o755)
    with pytest.raises(BulkError, match="disk is full"):
        bulk_load(tables(1), META, tmp_path)
    with pytest.raises(BadInput):
        bulk_load(tables(1) | {"regions": tables(1)["regions"].clear()}, META, tmp_path)


@pytest.mark.campaign
def test_the_graph_is_that_of_an_ordinary_load(small_snapshot: Path, service_folder: Path) -> None:
    network, home = Network.open(small_snapshot), service_folder / "bulk"
    try:
        prepare(home, free_port(), free_port())
    except Missing as missing:
        pytest.skip(str(missing))
    bulk_load(network.tables, network.meta, home)
    with serve_neo4j(home) as server, Neo4jStore(server.uri) as store:
        found = store.read()
        assert found.meta == network.meta
        for name, frame in network.tables.items():
            assert_frame_equal(found.tables[name], frame, check_exact=True)
        report = store.load(network.tables, network.meta)
        assert report.written == 0
        assert set(report.counters) == {"constraints_added", "indexes_added"}
        with pytest.raises(BulkError, match="is running: stop it"):
            bulk_load(network.tables, network.meta, home)
