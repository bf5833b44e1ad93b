"""``malha stock``: the ledger on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli import capacity
from api.console import console
from api.render.stock import show_audit, show_imported, show_opened, show_order, show_rows
from api.stock import existing, import_stock, open_stock
from api.stock_files import write_quarantine, write_stock
from graph.errors import BadInput
from inventory.audit import audit
from inventory.opening import OpeningRule
from inventory.stock import StockRow

EPILOG = (
    "**Examples**\n\n"
    "`malha stock init --snapshot snapshots/` (an opening stock from the demand so far, marked synthetic)\n\n"
    "`malha stock import tables/ --db ledger.db` (your own counts and events, each once)\n\n"
    "`malha stock show --product 4244733e06e7ecb4970a6e2683c13e61`\n\n"
    "`malha stock capacity import location_limits.csv` (how many packages places pack a day)\n\n"
    "`malha stock audit --db postgresql://malha@db.example/malha` (exit code 1 when anything differs)"
)

app = typer.Typer(
    help="The stock ledger: open it, fill it, take it out, look at it, check it.",
    no_args_is_help=True,
    epilog=EPILOG,
)

Db = Annotated[
    str, typer.Option("--db", envvar="MALHA_DATABASE", help="The ledger: a SQLite file, or postgresql://…")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
HERE = "malha.db"
DIFFERS = 1

app.add_typer(capacity.app, name="capacity")


@app.command(
    "init",
    epilog="**Examples**\n\n`malha stock init --snapshot snapshots/ --db ledger.db`\n\n"
    "`malha stock init --snapshot snapshots/ --cover-days 60 --level 0.99` (deeper shelves)",
)
def init(
    snapshot: Annotated[
        Path,
        typer.Option(envvar="MALHA_SNAPSHOT", help="Folder of snapshots, or of one: its demand is the base."),
    ],
    db: Db = HERE,
    cover_days: Annotated[float, typer.Option(help="Each offer opens with what lasts so many days …")] = 30.0,
    level: Annotated[float, typer.Option(help="… with this probability.")] = 0.95,
    restock_days: Annotated[float, typer.Option(help="How long restocking is taken to last.")] = 7.0,
    as_json: AsJson = False,
) -> None:
    """Open an empty ledger with a stock made from the demand of a snapshot, marked synthetic."""
    rule = OpeningRule(cover_days=cover_days, level=level, restock_days=restock_days)
    opened = open_stock(snapshot, db, rule)
    if as_json:
        told = asdict(opened) | {"as_of": opened.as_of.isoformat(), "source": "synthetic"}
        print(json.dumps(told))
        return
    show_opened(console(), opened, _shown(db))


@app.command(
    "import",
    epilog="**Examples**\n\n`malha stock import tables/` (olist_inventory_dataset.csv, "
    "olist_inventory_events.csv, or both)\n\n"
    "`malha stock import count.csv` (one file with the columns of either table)",
)
def import_(
    files: Annotated[Path, typer.Argument(help="Folder with the inventory tables, or one of them.")],
    db: Db = HERE,
    quarantine: Annotated[Path, typer.Option(help="Folder for the rows that cannot be used.")] = Path(
        "stock-quarantine"
    ),
    as_json: AsJson = False,
) -> None:
    """Book stock events, each id once, and counts: a new place opens with its count, others are corrected.

    Rows that cannot be used are set aside with their reason, never lost: read = used + set aside.
    """
    done = import_stock(files, db)
    aside = [told.sheet for told in done if told.sheet.set_aside]
    written = write_quarantine(aside, quarantine) if aside else []
    if not as_json:
        show_imported(console(), done, written)
        return
    told = [
        {
            "file": one.sheet.table.file,
            "read": one.sheet.read,
            "set_aside": one.set_aside,
            "reasons": dict(one.sheet.reasons()),
            "booked": one.booked,
            "known": one.known,
            "beyond": len(one.beyond),
        }
        for one in done
    ]
    print(json.dumps({"files": told, "quarantine": [str(path) for path in written]}))


@app.command(
    "export", epilog="**Examples**\n\n`malha stock export --out backup/` (what `malha stock import` reads)"
)
def export(
    out: Annotated[Path, typer.Option(help="Folder for olist_inventory_dataset.csv and …_events.csv.")],
    db: Db = HERE,
    as_json: AsJson = False,
) -> None:
    """Write the stock and all its events as CSV, as of one instant, with the names of the Olist tables."""
    home = existing(db)
    with home.reading() as unit:
        written = write_stock(out, unit.store.all_rows(), unit.store.all_events())
    home.close()
    if as_json:
        print(json.dumps({"out": str(out), "rows": written}))
        return
    for name, rows in written.items():
        console().print(f"{out / name}.csv: {rows:,} rows", soft_wrap=True)


@app.command("show", epilog="**Examples**\n\n`malha stock show --low`\n\n`malha stock show --order 1007`")
def show(
    db: Db = HERE,
    product: Annotated[str | None, typer.Option(help="Only this product.")] = None,
    seller: Annotated[str | None, typer.Option(help="Only this seller's stock.")] = None,
    location: Annotated[str | None, typer.Option(help="Only this place.")] = None,
    low: Annotated[bool, typer.Option("--low", help="Only what is at its reorder point or below.")] = False,
    order: Annotated[str | None, typer.Option(help="What this order holds, instead.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most places to print.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the stock: what lies where, what of it is reserved, what may still be promised."""
    home = existing(db)
    with home.reading() as unit:
        held = unit.ledger.order(order) if order is not None else None
        asked = (product, seller, location)
        rows = [
            row
            for row in (unit.store.all_rows() if order is None else ())
            if all(want in (None, part) for want, part in zip(asked, row.key, strict=True))
            and (not low or row.is_low)
        ]
    home.close()
    if order is not None and held is None:
        raise BadInput(f"The ledger knows no order {order!r}.")
    if as_json:
        told = asdict(held) if held is not None else [_fields(row) for row in rows[:limit]]
        print(json.dumps(told, default=str))
    elif held is not None:
        show_order(console(), held)
    else:
        show_rows(console(), rows, limit)


@app.command("audit", epilog="**Examples**\n\n`malha stock audit && echo clean`")
def check(db: Db = HERE, as_json: AsJson = False) -> None:
    """Fold every event from nothing and compare with the stock: exit code 1 when anything differs."""
    home = existing(db)
    with home.reading() as unit:
        found = audit(unit.store)
    home.close()
    if as_json:
        print(json.dumps(asdict(found) | {"clean": found.clean}))
    else:
        show_audit(console(), found)
    if not found.clean:
        raise typer.Exit(DIFFERS)


def _fields(row: StockRow) -> dict[str, object]:
    told = asdict(row) | row.key._asdict() | {"available": row.available}
    del told["key"]
    return told


def _shown(where: str) -> str:
    """Return a database's name without its password."""
    return where if "://" not in where else where.partition("://")[0] + "://" + where.rpartition("@")[2]
