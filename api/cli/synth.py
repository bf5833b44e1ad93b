"""``malha synth``: a made-up marketplace whose truth is known."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.console import bar, console
from ingest.synthetic.marketplace import write
from ingest.synthetic.world_files import load_world, shipped_worlds

EPILOG = (
    "**Examples**\n\n"
    "`malha synth --orders 20000 --seed 7 --out market/`\n\n"
    "`malha synth --orders 100000 --seed 1 --world null --out flat/` (a world without any gain to find)\n\n"
    "`malha synth --orders 1000000 --seed 1 --format parquet --out big/`"
)


class Format(StrEnum):
    """How tables are written."""

    CSV = "csv"
    PARQUET = "parquet"


def command(
    out: Annotated[Path, typer.Option(help="Folder to make: the tables, and truth/ beside them.")],
    orders: Annotated[int, typer.Option(min=1, help="Number of orders, up to 10 million and more.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
    world: Annotated[
        str, typer.Option(help=f"World: {', '.join(shipped_worlds())}, or a TOML file with changes to it.")
    ] = "default",
    table_format: Annotated[Format, typer.Option("--format", help="csv or parquet.")] = Format.CSV,
) -> None:
    """Make a marketplace: Olist's nine tables, shipments, warehouses, carriers, stock, and the truth."""
    with bar("Orders", orders) as advance:
        made = 0

        def progress(done: int, _total: int) -> None:
            nonlocal made
            advance(done - made)
            made = done

        write(load_world(world), orders, seed, out, table_format.value, progress)
    console().print(f"{orders:,} orders in {out}. Next: malha build --source {out} --out snapshots/")
