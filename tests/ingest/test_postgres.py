"""A real PostgreSQL as a source: the same snapshot as from files, faults named by key, one moment in time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from adbc_driver_postgresql import dbapi

from deploy.local import Postgres
from graph.errors import BadInput
from ingest.checks import check
from ingest.folder import FolderSource
from ingest.postgres import PostgresSource
from ingest.tables import TABLES
from replay.build import build

TYPES = {
    "order_purchase_timestamp": "timestamp",
    "order_approved_at": "timestamp(0)",
    # No stamp of this column lies in the hour that the clock shows twice: there PostgreSQL takes the later.
    "order_delivered_carrier_date": "timestamp with time zone",
    "price": "numeric(12, 2)",
    "freight_value": "double precision",
    "order_item_id": "integer",
    "customer_state": "char(2)",
    "payment_sequential": "bigint",
}
"""Columns that a shop would not keep as text; all others are text, as a plain import leaves them."""


@pytest.fixture
def schema(postgres_server: Postgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of an empty schema of its own, which goes when the test ends."""
    name = f"shop_{request.node.name.partition('[')[0]}"
    execute(postgres_server.url, f"DROP SCHEMA IF EXISTS {name} CASCADE", f"CREATE SCHEMA {name}")
    yield f"{postgres_server.url}?options=-csearch_path%3D{name}"
    execute(postgres_server.url, f"DROP SCHEMA {name} CASCADE")


def execute(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements in one transaction; return the rows of the last."""
    rows: list[tuple[object, ...]] = []
    with dbapi.connect(url) as connection:
        for statement in statements:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                rows = cursor.fetchall() if statement.startswith("SELECT") else []
        connection.commit()
    return rows


def import_tables(url: str, folder: Path) -> None:
    """Copy the CSV files of a folder into tables of the same names, all columns text."""
    with dbapi.connect(url) as connection:
        for path in sorted(folder.glob("*.csv")):
            with connection.cursor() as cursor:
                cursor.adbc_ingest(path.stem, pl.read_csv(path, infer_schema=False))
        connection.commit()


def give_types(url: str) -> None:
    """Change the columns of TYPES from text to what a shop would use."""
    columns = execute(url, "SELECT table_name, column_name FROM information_schema.columns "
                           "WHERE table_schema = current_schema()")  # fmt: skip
    execute(
        url,
        "SET timezone = 'America/Sao_Paulo'",
        *(
            f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE {TYPES[str(column)]} '
            f"USING nullif(\"{column}\", '')::{TYPES[str(column)]}"
            for table, column in columns
            if column in TYPES
        ),
    )


def test_the_same_snapshot_as_from_the_files(schema: str, market_dir: Path, tmp_path: Path) -> None:
    import_tables(schema, market_dir)
    from_files = build(FolderSource(market_dir), None, tmp_path / "files")
    assert build(PostgresSource(schema), None, tmp_path / "text").snapshot_id == from_files.snapshot_id
    give_types(schema)
    typed = build(PostgresSource(schema), None, tmp_path / "typed")
    assert typed.snapshot_id == from_files.snapshot_id
    assert typed.tables["items"].read == from_files.tables["items"].read


def test_rows_set_aside_are_named_by_their_key(schema: str, market_dir: Path) -> None:
    import_tables(schema, market_dir)
    [(order, line)] = execute(
        schema, "SELECT order_id, order_item_id FROM olist_order_items_dataset ORDER BY 1, 2 LIMIT 1"
    )
    [(zip_prefix,)] = execute(
        schema, "SELECT min(geolocation_zip_code_prefix) FROM olist_geolocation_dataset"
    )
    execute(
        schema,
        f"UPDATE olist_order_items_dataset SET price = 'free' "
        f"WHERE order_id = '{order}' AND order_item_id = '{line}'",
        f"INSERT INTO olist_geolocation_dataset VALUES ('{zip_prefix}', 'north', '-46.6', 'x', 'SP')",
    )
    reports = check(PostgresSource(schema)).reports
    items = reports["items"].quarantine.row(0, named=True)
    assert (items["row"], items["column"], items["value"]) == (f"{order} / {line}", "price", "free")
    place = reports["geolocation"].quarantine.row(0, named=True)
    assert place["row"].startswith(f"{zip_prefix} / north / -46.6")


def test_all_tables_and_columns_that_lack_are_listed_at_once(schema: str, market_dir: Path) -> None:
    import_tables(schema, market_dir)
    execute(
        schema,
        "DROP TABLE olist_sellers_dataset",
        "ALTER TABLE olist_orders_dataset DROP COLUMN order_status, DROP COLUMN customer_id",
    )
    with pytest.raises(BadInput) as caught:
        check(PostgresSource(schema))
    found = {(fault.table, fault.column, fault.kind) for fault in caught.value.faults}
    assert found == {
        ("olist_sellers_dataset", None, "missing table"),
        ("olist_orders_dataset", "order_status", "missing column"),
        ("olist_orders_dataset", "customer_id", "missing column"),
    }


def test_optional_tables_may_be_absent(schema: str, market_dir: Path) -> None:
    import_tables(schema, market_dir)
    optional = [table for table in TABLES.values() if table.optional]
    execute(schema, *(f"DROP TABLE {table.file}" for table in optional))
    checked = check(PostgresSource(schema))
    assert not {table.name for table in optional} & checked.tables.keys()
    assert checked.tables["orders"].height


def test_all_tables_are_of_one_moment(schema: str, market_dir: Path) -> None:
    import_tables(schema, market_dir)
    source = PostgresSource(schema)
    orders = source.read(TABLES["orders"])
    execute(schema, "DELETE FROM olist_order_items_dataset")
    items = source.read(TABLES["items"])
    assert orders is not None
    assert items is not None
    assert items.read >= orders.read > 0
    after = PostgresSource(schema).read(TABLES["items"])
    assert after is not None
    assert after.read == 0


def test_a_table_that_fails_spoils_no_other_and_nothing_is_written(schema: str, market_dir: Path) -> None:
    import_tables(schema, market_dir)
    columns = "seller_id, seller_zip_code_prefix, seller_city, seller_state"
    execute(
        schema,
        "ALTER TABLE olist_sellers_dataset RENAME TO kept",
        "CREATE FUNCTION spoil() RETURNS text LANGUAGE sql VOLATILE AS "
        "$$ INSERT INTO kept VALUES ('x', 'x', 'x', 'x') RETURNING seller_id $$",
        f"CREATE VIEW olist_sellers_dataset AS SELECT {columns}, spoil() FROM kept WHERE spoil() = 'x'",
    )
    with pytest.raises(BadInput) as caught:
        check(PostgresSource(schema))
    [fault] = caught.value.faults
    assert (fault.table, fault.kind) == ("olist_sellers_dataset", "unreadable table")
    assert "read-only transaction" in fault.value


def test_the_connection_closes_when_every_table_was_asked_for(schema: str, market_dir: Path) -> None:
    import_tables(schema, market_dir)
    source = PostgresSource(f"{schema}&application_name=malha_test")
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'malha_test'"
    assert execute(schema, count) == [(1,)]
    for table in TABLES.values():
        source.read(table)
    assert execute(schema, count) == [(0,)]


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(BadInput, match="cannot be opened") as caught:
        PostgresSource("postgresql://shop:s3cret@127.0.0.1:1/orders")
    assert "postgresql://127.0.0.1:1/orders" in str(caught.value)
    assert "s3cret" not in str(caught.value)
