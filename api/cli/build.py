"""``malha build``: from a marketplace's tables to a network as of an instant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.clock import instant
from api.console import console, steps
from api.render.build import show_build
from ingest.source import open_source
from replay.build import build

EPILOG = (
    "**Examples**\n\n"
    "`malha build --source tables/ --out snapshots/` (all that the tables hold)\n\n"
    "`malha build --source tables/ --as-of 2018-03-01 --out snapshots/` (what was known on that day)\n\n"
    "`malha build --source 'synth://?orders=20000&seed=7' --out snapshots/` (a made-up marketplace)"
)


def command(
    source: Annotated[
        str,
        typer.Option(help="Folder of the nine Olist tables (CSV or Parquet), postgresql://…, or synth://…"),
    ],
    out: Annotated[Path, typer.Option(help="Folder of snapshots; its CURRENT will name the new one.")],
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Only what was known before this instant counts (ISO 8601; without offset: São Paulo). "
            "Default: all that the source holds."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Build a network from a marketplace's history, as it was known at an instant.

    Rows that cannot be used are set aside with their reason (in SNAP/ID.build/quarantine/), never lost:
    for each table, read = used + set aside + later than the instant.
    """
    with steps() as progress:
        report = build(open_source(source), instant(as_of, "--as-of"), out, progress)
    if as_json:
        print(json.dumps(report.to_dict(), ensure_ascii=False))
    else:
        show_build(console(), report, out)
