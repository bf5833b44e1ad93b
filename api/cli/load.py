"""``malha load``: a snapshot's network into Neo4j."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.console import bar, console, steps
from api.render.load import show_load
from graph.errors import BadInput
from graph.stores import ParquetStore, StoredNetwork, snapshot_folder
from graph.stores.neo4j_bulk import bulk_load

if TYPE_CHECKING:
    from graph.stores.neo4j import Neo4jStore

EPILOG = (
    "**Examples**\n\n"
    "`make neo4j` (a local server; it prints its address)\n\n"
    "`malha load --snapshot snapshots/ --to bolt://127.0.0.1:7687 --password-file secret.txt`\n\n"
    "`MALHA_NEO4J_PASSWORD=… malha load --snapshot snapshots/ --to neo4j+s://graph.example.org`\n\n"
    "`malha load --snapshot snapshots/ --bulk /var/lib/neo4j` (the server is stopped; replaces all)"
)


def command(
    snapshot: Annotated[Path, typer.Option(help="Folder of snapshots, or of one snapshot.")],
    to: Annotated[
        str | None, typer.Option(help="Address of the server: bolt://HOST:PORT or neo4j+s://HOST.")
    ] = None,
    user: Annotated[str, typer.Option(help="User of the database.")] = "neo4j",
    password_file: Annotated[
        Path | None,
        typer.Option(help="File whose first line is the password. Default: MALHA_NEO4J_PASSWORD."),
    ] = None,
    database: Annotated[str, typer.Option(help="Name of the database.")] = "neo4j",
    bulk: Annotated[
        Path | None,
        typer.Option(
            help="Instead of --to: home folder of a stopped server. Its database is replaced by the import "
            "tool, which is the way for very large networks."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Put a snapshot's network into Neo4j, writing only what differs from what is there.

    A load that was broken off is taken up by the next one; until then (:Snapshot).state is 'loading'.
    """
    if (to is None) == (bulk is None):
        raise BadInput("Give either --to ADDRESS or --bulk HOME.")
    stored = ParquetStore(snapshot_folder(snapshot)).read()
    if bulk is not None:
        _bulk(stored, bulk, database, as_json)
        return
    with _open(str(to), user, password(password_file), database) as store, ExitStack() as screen:
        report = store.load(stored.tables, stored.meta, _progress(screen))
    if as_json:
        print(json.dumps(report.to_dict()))
    else:
        show_load(console(), report)


def password(file: Path | None) -> str | None:
    """Return the password: the first line of a file, else MALHA_NEO4J_PASSWORD, else none."""
    if file is None:
        return os.environ.get("MALHA_NEO4J_PASSWORD")
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"--password-file {file} cannot be read: {error}") from error
    if not lines or not lines[0]:
        raise BadInput(f"--password-file {file} has no password in its first line.")
    return lines[0]


def _open(to: str, user: str, secret: str | None, database: str) -> Neo4jStore:
    try:
        module = import_module("graph.stores.neo4j")
    except ModuleNotFoundError as error:
        if error.name != "neo4j":
            raise
        raise BadInput("Neo4j's driver is not installed: pip install 'malha[neo4j]'") from None
    store: Neo4jStore = module.Neo4jStore(to, user=user, password=secret, database=database)
    return store


def _progress(screen: ExitStack) -> Callable[[int, int], None]:
    """Show a spinner while the two are compared, and a bar from the first batch on."""
    screen.enter_context(steps())("Comparing with what is there")
    before = 0
    advance: Callable[[int], None] | None = None

    def show(done: int, total: int) -> None:
        nonlocal before, advance
        if advance is None:
            screen.close()
            advance = screen.enter_context(bar("Writing", total))
        advance(done - before)
        before = done

    return show


def _bulk(stored: StoredNetwork, home: Path, database: str, as_json: bool) -> None:
    with steps() as progress:
        progress("Writing files and importing them")
        bulk_load(stored.tables, stored.meta, home, database)
    if as_json:
        print(json.dumps({"snapshot_id": stored.meta.snapshot_id, "home": str(home)}))
    else:
        console().print(
            f"Snapshot {stored.meta.snapshot_id[:12]} is in {home}. Next: start the server, then make "
            "constraints and indexes: malha load --snapshot … --to bolt://…",
            soft_wrap=True,
        )
