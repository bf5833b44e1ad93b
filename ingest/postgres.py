"""A source that is a PostgreSQL database: one table or view for each of Olist's tables, with Olist's names.

All tables are read in one repeatable-read, read-only transaction, so they belong together even while the
shop goes on selling. Every column arrives as text and passes the checks that a CSV file passes.
"""

from __future__ import annotations

import threading
import weakref
from typing import Final
from urllib.parse import urlsplit

import polars as pl
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi  # type: ignore[import-untyped]

from graph.errors import BadInput, Fault
from ingest.raw import RawTable, unusable
from ingest.tables import TABLES, Table

_BEGIN: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_DATES: Final = "SET LOCAL datestyle = 'ISO, YMD'"
_COLUMNS: Final = """
    SELECT attname AS name, format_type(coalesce(nullif(typbasetype, 0), atttypid), NULL) AS type
    FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
    WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
"""
_WITH_ZONE: Final = "timestamp with time zone"
_EMPTY: Final = "(empty)"


class PostgresSource:
    """Reads the tables of one database; the schema is the first of the connection's ``search_path``.

    ``url`` is what libpq takes, such as ``postgresql://user@host/shop?options=-csearch_path%3Dolist``; a
    password comes from PGPASSWORD or PGPASSFILE. The connection closes once every table was asked for.
    Raises BadInput when the database cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self._name = _without_secrets(url)
        self._lock = threading.Lock()
        self._waiting = set(TABLES)
        try:
            self._connection = dbapi.connect(url)
            self._close = weakref.finalize(self, self._connection.close)
            self._begin()
        except Error as error:
            raise BadInput(f"{self._name} cannot be opened: {_reason(error)}.") from error

    @property
    def name(self) -> str:
        """The database, without user and password."""
        return self._name

    def read(self, table: Table) -> RawTable | None:
        """Return one table, or ``None`` for an optional one that the database does not have.

        Rows are named by their primary key, or by their values where the table has none. Raises BadInput if
        the table or a column of it is missing, or it cannot be read.
        """
        with self._lock:
            try:
                return self._read(table)
            finally:
                self._waiting.discard(table.name)
                if not self._waiting:
                    self._close()

    def _read(self, table: Table) -> RawTable | None:
        try:
            there = self._columns(table)
            if not there and table.optional:
                return None
            frame = self._fetch(_select(table, there))
        except (Error, pl.exceptions.ComputeError) as error:  # Polars reports what fails while rows arrive
            # The build fails; a new transaction lets the faults of the other tables be found as well.
            self._connection.rollback()
            self._begin()
            remedy = "Let the user read the table (GRANT SELECT), and look at the database's log."
            fault = Fault(table.file, None, None, "unreadable table", _reason(error), remedy)
            raise unusable(fault) from error
        return RawTable(table, frame, rows=_names(table, frame), row_name="primary key")

    def _begin(self) -> None:
        self._run(_BEGIN)
        self._run(_DATES)

    def _columns(self, table: Table) -> dict[str, str]:
        """Return the columns of a table with their types; none if there is no such table."""
        found = self._fetch(_COLUMNS, f'"{table.file}"')
        return dict(found.iter_rows())

    def _fetch(self, sql: str, *parameters: str) -> pl.DataFrame:
        """Return the rows of a query; they arrive in Arrow batches, never as Python objects."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            frame: pl.DataFrame = cursor.fetch_polars()
            return frame

    def _run(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)


def _select(table: Table, there: dict[str, str]) -> str:
    """Return the query for a table's columns as text, in Malha's names; BadInput lists those missing."""
    if not there:
        remedy = "Make a table or view of that name, or put its schema on the search_path."
        raise unusable(Fault(table.file, None, None, "missing table", "", remedy))
    remedy = "Add the column to the table or view."
    missing = [
        Fault(table.file, None, column.source, "missing column", "", remedy)
        for column in table.columns
        if column.source not in there
    ]
    if missing:
        raise BadInput(f"The table {table.file} cannot be used:", missing)
    columns = [f'{_text(c.source, there[c.source])} AS "{c.name}"' for c in table.columns]
    return f'SELECT {", ".join(columns)} FROM "{table.file}"'


def _text(column: str, kind: str) -> str:
    """Return a column as the text that a CSV file would hold; an instant keeps its offset."""
    if kind == _WITH_ZONE:
        return f"""to_char("{column}" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.USZ')"""
    return f'"{column}"::text'


def _names(table: Table, frame: pl.DataFrame) -> pl.Series:
    """Return what a person finds each row by: its key, its parts separated by ``/``."""
    parts = [pl.col(name).fill_null(_EMPTY) for name in table.key or table.names]
    return frame.select(pl.concat_str(parts, separator=" / ").alias("row")).to_series()


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _reason(error: Exception) -> str:
    """Return what the database says, in one line."""
    said = str(error).rpartition("ERROR: ")[2].strip()
    return said.split("\n", 1)[0].rstrip(".") if said else type(error).__name__
