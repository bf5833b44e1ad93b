"""``malha inspect``: what is in a snapshot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.console import console
from api.inspection import inspection
from api.render.inspection import show_inspection

EPILOG = "**Example**\n\n`malha inspect snapshots/`"


def command(
    snapshot: Annotated[Path, typer.Argument(help="Folder of snapshots, or of one snapshot.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show a snapshot: its id and instant, what it holds, and on how much evidence its lanes rest."""
    found = inspection(snapshot)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        show_inspection(console(), found)
