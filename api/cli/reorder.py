"""``malha reorder``: what to order again, when, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.console import console, warnings
from inventory.words import Law

EPILOG = (
    "**Examples**\n\n"
    "`malha reorder --snapshot snapshots/ --stock ledger.db` (what is due now, the most urgent first)\n\n"
    "`malha reorder --snapshot snapshots/ --stock count.csv --restock-days 12 --restock-sd 4`\n\n"
    "`malha reorder --snapshot snapshots/ --stock ledger.db --apply` (writes safety stock, reorder point, "
    "lead time and order-up-to level into the ledger: the worker orders by them)\n\n"
    "`malha reorder --snapshot snapshots/ --stock ledger.db --all --out reorder.csv`"
)


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    snapshot: Annotated[
        Path,
        typer.Option(
            envvar="MALHA_SNAPSHOT", help="Folder of snapshots, or of one: demand is known from it."
        ),
    ],
    stock: Annotated[
        str,
        typer.Option(
            envvar="MALHA_DATABASE",
            help="The ledger (a SQLite file, or postgresql://…), or tables (CSV, Parquet, a folder).",
        ),
    ] = "malha.db",
    level: Annotated[
        float, typer.Option(help="Probability that stock lasts from an order to its receipt.")
    ] = 0.95,
    restock_days: Annotated[
        float, typer.Option(help="Days from order to receipt, where none was seen (marked synthetic).")
    ] = 7.0,
    restock_sd: Annotated[float, typer.Option(help="Standard deviation of these days.")] = 2.0,
    review_days: Annotated[float, typer.Option(help="Days between two looks at the stock.")] = 1.0,
    cover_days: Annotated[float, typer.Option(help="An order lasts so many days …")] = 30.0,
    order_cents: Annotated[
        float | None,
        typer.Option(help="… or is the economic quantity, at so many cents an order and 25 % a year."),
    ] = None,
    least_units: Annotated[int, typer.Option(help="The smallest order.")] = 1,
    law: Annotated[
        Law | None, typer.Option(help="How demand is spread; without it, the law that fits each place.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All places, not only those that are due.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the settings of all places into the ledger.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most places to print.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List what to order again, how much, and why: from expected demand, stock, and restock times.

    A place is due when its available units and those on order are at the reorder point or below. Demand is
    that of the snapshot, stock and orders those of the ledger as it is now; restock times are learned from
    REORDERED and RECEIVED events where there are any.
    """
    from api.render.reorder import show_reorders, written  # noqa: PLC0415 (slow to import)
    from api.reorder import apply_settings, find_reorders  # noqa: PLC0415
    from inventory.reorder import ReorderRule  # noqa: PLC0415
    from inventory.restock import RestockTime  # noqa: PLC0415

    rule = ReorderRule(
        level=level,
        review_days=review_days,
        cover_days=cover_days,
        least_units=least_units,
        order_cents=order_cents,
        restock=RestockTime(restock_days, restock_sd),
        law=law,
    )
    found = find_reorders(snapshot, stock, rule, datetime.now(UTC))
    shown = list(found.places) if every else found.due
    applied = apply_settings(stock, found.places) if apply else 0
    if out is not None:
        written(shown).write_csv(out)
        warnings().print(f"Written: {out} ({len(shown):,} places)", soft_wrap=True, highlight=False)
    if as_json:
        told = {
            "snapshot_id": found.snapshot_id,
            "as_of": found.as_of.isoformat(),
            "stock_at": found.stock_at.isoformat(),
            "places": len(found.places),
            "due": len(found.due),
            "given_up": found.given_up,
            "applied": applied,
            "reorder": written(shown).to_dicts(),
        }
        print(json.dumps(told))
        return
    show_reorders(console(), found, shown, limit, applied)
