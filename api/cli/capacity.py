"""``malha stock capacity``: how many packages places pack a day."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.capacity import MOST_PACKAGES, capacities, capacity_values, read_limits, write_limits
from api.console import console
from api.stock import existing
from graph.days import local_day

app = typer.Typer(
    help="How many packages places pack a day: a warehouse by its id, a seller's own place by the seller's.",
    no_args_is_help=True,
    epilog="**Examples**\n\n"
    "`malha stock capacity set curitiba 900`\n\n"
    "`malha stock capacity import location_limits.csv` (location_id, packages_per_day)\n\n"
    "`malha stock capacity import tables/olist_warehouses_dataset.csv` (its daily_capacity_orders)\n\n"
    "`malha stock capacity show`",
)

Db = Annotated[
    str, typer.Option("--db", envvar="MALHA_DATABASE", help="The ledger: a SQLite file, or postgresql://…")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
HERE = "malha.db"


@app.command("show", epilog="**Examples**\n\n`malha stock capacity show --db ledger.db`")
def show(db: Db = HERE, as_json: AsJson = False) -> None:
    """Show the places with a limit, and how many packages each can still pack today (local day)."""
    home, day = existing(db), local_day(datetime.now(UTC))
    with home.reading() as unit:
        found, values = capacities(unit.ledger, day), capacity_values(unit.ledger, day)
    home.close()
    if as_json:
        print(json.dumps(values))
        return
    grid = Table("location", title=f"Packages a day ({day})", title_justify="left")
    for name in ("limit", "left today"):
        grid.add_column(name, justify="right")
    for one in found:
        grid.add_row(one.location_id, f"{one.packages_per_day:,}", f"{one.left:,}")
    console().print(grid if found else "No place has a limit.")


@app.command(
    "set",
    epilog="**Examples**\n\n`malha stock capacity set curitiba 900`\n\n`malha stock capacity set curitiba`",
)
def set_(
    location: Annotated[str, typer.Argument(help="A warehouse, or a seller for their own place.")],
    packages: Annotated[
        int | None, typer.Argument(min=0, max=MOST_PACKAGES, help="Packages a day; without it: no limit.")
    ] = None,
    db: Db = HERE,
) -> None:
    """Limit the packages that one place packs a day, or lift its limit; what is packed today counts."""
    home = existing(db)
    home.run(lambda unit: unit.ledger.limit_packages({location: packages}))
    home.close()
    limit = "no limit" if packages is None else f"{packages:,} packages a day"
    console().print(f"{location}: {limit}", highlight=False)


@app.command(
    "import",
    epilog="**Examples**\n\n`malha stock capacity import location_limits.csv`\n\n"
    "`malha stock capacity import tables/olist_warehouses_dataset.csv`",
)
def import_(
    file: Annotated[
        Path, typer.Argument(help="Columns location_id, packages_per_day; or the warehouses table.")
    ],
    db: Db = HERE,
    as_json: AsJson = False,
) -> None:
    """Set the limits of a file, all or none: an empty number lifts one, places not named keep theirs."""
    limits = read_limits(file)
    home = existing(db)
    home.run(lambda unit: unit.ledger.limit_packages(limits))
    home.close()
    lifted = sum(most is None for most in limits.values())
    if as_json:
        print(json.dumps({"set": len(limits) - lifted, "lifted": lifted}))
        return
    console().print(f"{len(limits) - lifted:,} limits set, {lifted:,} lifted.", highlight=False)


@app.command("export", epilog="**Examples**\n\n`malha stock capacity export --out location_limits.csv`")
def export(
    out: Annotated[Path, typer.Option(help="The file to write, as `import` reads it.")],
    db: Db = HERE,
    as_json: AsJson = False,
) -> None:
    """Write all limits as CSV."""
    home = existing(db)
    with home.reading() as unit:
        limits = unit.ledger.package_limits()
    home.close()
    rows = write_limits(out, limits)
    if as_json:
        print(json.dumps({"out": str(out), "rows": rows}))
        return
    console().print(f"{out}: {rows:,} rows", soft_wrap=True, highlight=False)
