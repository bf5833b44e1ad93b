"""Checking the network's tables: all faults at once, and order as the schema says."""

from __future__ import annotations

import polars as pl
import pytest

from graph import BadInput
from graph.tables import OPTIONAL, SCHEMAS, checked
from tests.graph.make import tables


def faults_of(**changed: pl.DataFrame) -> set[tuple[str, str | None, str]]:
    with pytest.raises(BadInput) as caught:
        checked(tables(1) | changed)
    return {(fault.table, fault.column, fault.kind) for fault in caught.value.faults}


def test_good_tables_come_back_sorted_and_complete() -> None:
    given = {name: frame.reverse() for name, frame in tables(1).items()}
    found = checked(given)
    assert list(found) == list(SCHEMAS)
    for name, schema in SCHEMAS.items():
        assert found[name].columns == list(schema.columns)
        assert found[name].equals(found[name].sort(schema.key))
        assert name not in given or found[name].height == given[name].height


def test_optional_tables_may_be_absent() -> None:
    found = checked({name: frame for name, frame in tables(1).items() if name not in OPTIONAL})
    assert all(found[name].is_empty() for name in OPTIONAL)


def test_all_faults_come_at_once() -> None:
    made = tables(1)
    assert faults_of(
        sellers=made["sellers"].drop("n"),
        products=made["products"].cast({"weight_g": pl.Int64}),
        regions=pl.concat([made["regions"], made["regions"].head(1)]),
        carriers=made["carriers"].with_columns(pl.lit(None, pl.String).alias("carrier_id")).head(1),
        warehouses=made["warehouses"].with_columns(zip_prefix=pl.lit("99999")),
    ) == {
        ("sellers", "n", "missing column"),
        ("products", "weight_g", "wrong type"),
        ("regions", "region", "doubled key"),
        ("carriers", "carrier_id", "empty key"),
        ("warehouses", "zip_prefix", "unknown name"),
        ("lanes", "carrier_id", "unknown name"),
    }


def test_a_table_that_must_be_there_is_missed() -> None:
    with pytest.raises(BadInput, match="offers: missing table"):
        checked({name: frame for name, frame in tables(1).items() if name != "offers"})


def test_an_observed_route_may_lack_its_category() -> None:
    schema = SCHEMAS["zip_pairs"]
    row = dict.fromkeys(schema.columns) | {
        "from_zip_prefix": "10000",
        "to_zip_prefix": "10470",
        "carrier_id": "c0",
    }
    assert checked(tables(1) | {"zip_pairs": pl.DataFrame([row], schema=dict(schema.columns))})
