"""The network in Neo4j, for people who look at it with Browser and Cypher; written by comparing first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

import polars as pl
from neo4j import GraphDatabase, Result, RoutingControl, SummaryCounters
from neo4j.exceptions import ConfigurationError, Neo4jError
from neo4j.time import DateTime

from graph.errors import BadInput, SnapshotError
from graph.model import SnapshotMeta
from graph.stores.cypher_files import names, statement
from graph.stores.neo4j_elements import KINDS, Kind, changes, to_tables
from graph.stores.neo4j_faults import StoreError, refuse_address, refuse_old, speaking
from graph.stores.neo4j_report import KindReport, LoadReport
from graph.stores.neo4j_snapshot import snapshot_meta, snapshot_properties
from graph.stores.neo4j_writer import BATCH_ROWS, Progress, Writer, silent
from graph.stores.port import StoredNetwork
from graph.tables import checked

USER: Final = "neo4j"

_FETCH_ROWS: Final = 10_000
_PATIENCE_S: Final = 3.0
_COUNTERS: Final = (
    "nodes_created",
    "nodes_deleted",
    "relationships_created",
    "relationships_deleted",
    "properties_set",
    "labels_added",
    "labels_removed",
    "indexes_added",
    "constraints_added",
)


class Neo4jStore:
    """One network in one Neo4j database; what else lies in the database is left alone.

    Unlike a folder, a database is not swapped in one step: while a load runs, and after one that broke off,
    ``(:Snapshot).state`` is ``loading`` and ``read`` refuses; the next load goes on where that one stopped.
    Nothing but a complete load removes. One loader at a time: a second one is refused.
    """

    def __init__(
        self,
        uri: str,
        *,
        user: str = USER,
        password: str | None = None,
        database: str = "neo4j",
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        """Connect to a server; StoreError when none answers, refuses the password or is too old."""
        refuse_address(uri)
        self._uri, self._database, self._batch_rows = uri, database, batch_rows
        auth = None if password is None else (user, password)
        try:
            self._driver = GraphDatabase.driver(
                uri,
                auth=auth,
                telemetry_disabled=True,
                notifications_min_severity="OFF",
                fetch_size=_FETCH_ROWS,
                connection_timeout=15,
            )
        except (ConfigurationError, ValueError) as error:
            raise BadInput(f"{uri!r} is no address of a Neo4j: {error}") from error
        try:
            with speaking(self._uri):
                self._driver.verify_connectivity()
                refuse_old(str(self._read("CALL dbms.components() YIELD versions RETURN versions[0]")[0][0]))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._driver.close()

    def write(self, tables: Mapping[str, pl.DataFrame], meta: SnapshotMeta) -> None:
        """Make the database hold this network; see ``load``."""
        self.load(tables, meta)

    def load(
        self, tables: Mapping[str, pl.DataFrame], meta: SnapshotMeta, progress: Progress = silent
    ) -> LoadReport:
        """Write exactly what differs from what is there, and tell how much that was.

        BadInput (nothing is written) when the tables do not make a network; StoreError when another loader
        is at work, and when the database fails in between: load again.
        """
        started = time.perf_counter()
        good = checked(tables)
        wanted = snapshot_properties(meta)
        with speaking(self._uri):
            writer = Writer(self._write, self._batch_rows, progress)
            for name in names("schema"):
                writer.run(statement(name))
            with self._alone():
                todo = [changes(kind, kind.elements(good), self._elements(kind)) for kind in KINDS]
                if any(map(len, todo)):
                    writer.run(statement("load/snapshot/begin"))
                    writer.apply(todo)
                if self._snapshot() != wanted:
                    writer.run(statement("load/snapshot/finish"), properties=wanted)
        kinds = [KindReport.of(part) for part in todo]
        return LoadReport(meta.snapshot_id, kinds, writer.counters, time.perf_counter() - started)

    def read(self) -> StoredNetwork:
        """Return the stored network; SnapshotError when there is none, a load broke off, or it was spoilt."""
        meta = self.meta()
        with speaking(self._uri):
            try:
                found = {kind.name: self._elements(kind) for kind in KINDS}
                return StoredNetwork(checked(to_tables(found)), meta)
            except (ValueError, BadInput) as error:
                raise SnapshotError(
                    f"The graph in {self._uri} was changed by hand ({error}). Load the snapshot again."
                ) from error

    def meta(self) -> SnapshotMeta:
        """Return what the stored network says of itself; SnapshotError as in ``read``."""
        with speaking(self._uri):
            found = self._snapshot()
        if found is None:
            raise SnapshotError(f"{self._uri} holds no network. Load one: malha load --to {self._uri}")
        return snapshot_meta(found, self._uri)

    def query(self, text: str, parameters: Mapping[str, object]) -> pl.DataFrame:
        """Run a reading statement and return its rows; columns without any value have polars' Null type."""
        with speaking(self._uri):
            keys, rows = self._driver.execute_query(
                text,
                dict(parameters),
                database_=self._database,
                routing_=RoutingControl.READ,
                result_transformer_=_keys_and_rows,
            )
        return pl.DataFrame(rows, schema=keys, orient="row", infer_schema_length=None)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other loaders away until the block ends; StoreError when one is at work.

        The lock is an open transaction: it falls with the connection, so a loader that is killed leaves none.
        """
        lock = statement("load/snapshot/lock")
        with self._driver.session(database=self._database) as session:
            try:
                with session.begin_transaction(timeout=_PATIENCE_S) as attempt:
                    attempt.run(lock).consume()
                    attempt.rollback()
            except Neo4jError as error:
                if ".Transaction." not in str(error.code):  # the server gave up waiting
                    raise
                raise StoreError(
                    f"Another malha load is writing to {self._uri}. Wait until it has finished."
                ) from error
            # Whoever was quicker in between is waited for.
            with session.begin_transaction() as transaction:
                transaction.run(lock).consume()
                yield
                transaction.rollback()

    def _elements(self, kind: Kind) -> pl.DataFrame:
        return kind.frame(self._read(statement(f"load/read/{kind.name}")))

    def _snapshot(self) -> dict[str, Any] | None:
        rows = self._read("MATCH (s:Snapshot) RETURN properties(s)")
        if len(rows) != 1:
            return None if not rows else {}
        found = rows[0][0].items()
        return {name: value.to_native() if isinstance(value, DateTime) else value for name, value in found}

    def _read(self, text: str) -> list[list[Any]]:
        return self._driver.execute_query(
            text,
            database_=self._database,
            routing_=RoutingControl.READ,
            result_transformer_=Result.values,
        )

    def _write(self, text: str, parameters: Mapping[str, object]) -> dict[str, int]:
        counters = self._driver.execute_query(
            text, dict(parameters), database_=self._database, result_transformer_=_counters
        )
        return {name: count for name in _COUNTERS if (count := int(getattr(counters, name)))}


def _counters(result: Result) -> SummaryCounters:
    return result.consume().counters


def _keys_and_rows(result: Result) -> tuple[list[str], list[list[Any]]]:
    return list(result.keys()), result.values()
