"""A whole network into a stopped Neo4j by its import tool: the way for ten million orders."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from graph.errors import MalhaError
from graph.model import SnapshotMeta
from graph.stores.neo4j_elements import KINDS, Kind
from graph.stores.neo4j_snapshot import snapshot_properties
from graph.tables import INSTANT, SCHEMAS, checked

_TYPES: Final = {
    pl.String(): "string",
    pl.Float64(): "double",
    pl.Int64(): "long",
    pl.Boolean(): "boolean",
    INSTANT: "datetime",
}
_LABELS: Final = {kind.table: kind.label for kind in KINDS if kind.is_node}


class BulkError(MalhaError):
    """The import tool is missing or refused; the message holds what it said."""


def bulk_load(
    tables: Mapping[str, pl.DataFrame], meta: SnapshotMeta, home: Path, database: str = "neo4j"
) -> None:
    """Replace a database of the stopped server in ``home`` by this network, whole.

    Constraints and indexes do not come with it: the first ordinary load afterwards makes them. Raises
    BadInput when the tables do not make a network; BulkError when the tool is missing, or fails.
    """
    tool = home / "bin" / "neo4j-admin"
    if not tool.is_file():
        raise BulkError(f"{home} is no home folder of a Neo4j: it has no bin/neo4j-admin.")
    with tempfile.TemporaryDirectory(prefix="malha-bulk-") as folder:
        files = export(tables, meta, Path(folder))
        command = [str(tool), "database", "import", "full", database, "--overwrite-destination=true"]
        command += [f"--report-file={folder}/report.txt", *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BulkError(_refusal(done.stdout + done.stderr, home))


def export(tables: Mapping[str, pl.DataFrame], meta: SnapshotMeta, folder: Path) -> list[str]:
    """Write a network as the CSV files of ``neo4j-admin database import``; return its arguments for them."""
    good = checked(tables)
    arguments = []
    for kind in KINDS:
        path = folder / f"{kind.name}.csv"
        _shaped(kind, kind.elements(good)).write_csv(path, datetime_format=_ISO)
        option = "--nodes" if kind.is_node else "--relationships"
        arguments.append(f"{option}={kind.label}={path}")
    path = folder / "snapshot.csv"
    _snapshot(meta).write_csv(path)
    arguments.append(f"--nodes=Snapshot={path}")
    if any(_has_line_breaks(frame) for frame in good.values()):
        arguments.append("--multiline-fields=true")
    return arguments


_ISO: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"


def _shaped(kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a kind's elements with the headers that tell the tool what is what."""
    schema = SCHEMAS[kind.table]
    plain = [pl.col(name).alias(f"{name}:{_TYPES[schema.columns[name]]}") for name in kind.properties]
    if kind.is_node:
        return frame.select(pl.col(kind.key[0]).alias(f"id:ID({kind.label})"), *plain)
    ends = [
        pl.col(column).alias(f":{end}_ID({_LABELS[schema.references.get(column, kind.table)]})")
        for column, end in zip(kind.ends, ("START", "END"), strict=True)
    ]
    return frame.select(*ends, *plain)


def _snapshot(meta: SnapshotMeta) -> pl.DataFrame:
    kinds = {datetime: "datetime", int: "long", str: "string"}
    row = {}
    for name, value in snapshot_properties(meta).items():
        header = "id:ID(Snapshot)" if name == "id" else f"{name}:{kinds[type(value)]}"
        row[header] = [value.isoformat() if isinstance(value, datetime) else value]
    return pl.DataFrame(row)


def _has_line_breaks(frame: pl.DataFrame) -> bool:
    texts = frame.select(pl.col(pl.String).str.contains("[\r\n]").any())
    return any(bool(value) for value in texts.row(0)) if texts.width else False


def _refusal(said: str, home: Path) -> str:
    if "database is in use" in said:
        return f"The server in {home} is running: stop it, then load in bulk."
    return f"neo4j-admin did not import:\n{said[-2000:].strip()}"
