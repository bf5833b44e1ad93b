"""The declaration of the tables is consistent with itself and with the tables of the network."""

from __future__ import annotations

import pytest

from graph.tables import SCHEMAS
from ingest.faults import Reason, remedy
from ingest.tables import TABLES, Kind, Table


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_table_is_declared_consistently(table: Table) -> None:
    names, sources = table.names, [column.source for column in table.columns]
    assert len(set(names)) == len(names)
    assert len(set(sources)) == len(sources)
    assert {*table.key, *table.known_at, *table.final} <= set(names)
    assert not set(table.free_text) & set(sources)
    earlier = list(TABLES)[: list(TABLES).index(table.name)]
    assert {column.references for column in table.columns} - {None} <= set(earlier)
    for column in table.columns:
        assert not column.event or column.kind is Kind.INSTANT
        assert column.name not in table.known_at or column.event
        assert all(remedy(reason, column) for reason in Reason)


def test_nine_tables_are_required() -> None:
    assert sum(not table.optional for table in TABLES.values()) == 9


@pytest.mark.parametrize("name", ["warehouses", "carriers"])
def test_sites_and_carriers_have_the_network_s_types(name: str) -> None:
    declared = {column.name: column.type for column in TABLES[name].columns}
    assert declared == dict(SCHEMAS[name].columns)
