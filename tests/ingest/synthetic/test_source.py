from __future__ import annotations

import polars as pl

from ingest.folder import FolderSource
from ingest.source import open_source
from ingest.synthetic.source import SyntheticSource
from ingest.tables import TABLES
from tests.ingest.synthetic.conftest import Marketplace, changed


def test_source_and_folder_hold_the_same_text(null: Marketplace) -> None:
    source, folder = SyntheticSource(null.world, 4_000, 5), FolderSource(null.folder)
    for table in TABLES.values():
        made, written = source.read(table), folder.read(table)
        assert made is not None
        assert written is not None
        assert made.frame.columns == written.frame.columns
        assert set(made.frame.dtypes) == {pl.String}
        for column in table.columns:
            left, right = (part.frame[column.name].fill_null("") for part in (made, written))
            if column.kind.name in {"MONEY", "NUMBER"}:
                left, right = (side.replace("", None).cast(pl.Float64) for side in (left, right))
            if column.kind.name == "INSTANT":
                left = left.str.replace(r"\.0+$", "")
            assert left.equals(right, check_names=False), (table.name, column.name)


def test_address_opens_the_same_marketplace() -> None:
    source = open_source("synth://?orders=50&seed=3&world=null")
    assert source.name == "synth://?orders=50&seed=3&world=null"
    again = open_source(source.name).read(TABLES["orders"])
    first = source.read(TABLES["orders"])
    assert first is not None
    assert again is not None
    assert first.frame.equals(again.frame)


def test_tables_that_a_world_lacks_are_absent(null: Marketplace) -> None:
    source = SyntheticSource(changed(null.world, stock={"events": False}), 20, 1)
    assert source.read(TABLES["inventory_events"]) is None
