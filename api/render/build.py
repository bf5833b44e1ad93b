"""How a build is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from replay.build import BuildReport, account


def show_build(console: Console, report: BuildReport, out: Path) -> None:
    """Print the account of every table, what was cleaned and set aside, and what the snapshot holds."""
    show_accounts(console, {name: account(table) for name, table in report.tables.items()})
    if any(table.set_aside for table in report.tables.values()):
        place = out / f"{report.snapshot_id}.build" / "quarantine"
        console.print(f"Rows set aside, each with its reason: {place}", soft_wrap=True)
    nodes = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in report.nodes.items() if count)
    console.print(
        f"Network: {nodes}; {report.lanes:,} lanes, {report.offers:,} offers, {report.events:,} events"
    )
    if report.freight_error:
        error = report.freight_error
        console.print(
            f"Freight estimate, last 60 days: off by {error.mae_cents / 100:.2f} on average "
            f"(median {error.median_ape:.0%} of the freight paid, {error.n:,} parcels)"
        )
    console.print(
        f"Snapshot [bold]{report.snapshot_id[:12]}[/] as of {report.as_of.isoformat()}, "
        f"in {report.seconds:.1f} s"
        + (f", {report.fit_seconds:.1f} s of it fitting the base of lead times" if report.fit_seconds else "")
    )
    for doubt in report.doubts:
        console.print(f"[bold yellow]Look at this:[/] {doubt}", soft_wrap=True)


def show_accounts(console: Console, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Print, for each table, where its rows went."""
    grid = Table(title="Rows: read = used + set aside + later than the instant", title_justify="left")
    grid.add_column("table")
    for name in ("read", "used", "set aside", "later"):
        grid.add_column(name, justify="right")
    grid.add_column("set aside because; cleaned", overflow="fold")
    for name, told in tables.items():
        counts = (told[key] for key in ("read", "used", "set_aside", "later_than_as_of"))
        grid.add_row(name, *(f"{count:,}" for count in counts), _kinds(told))
    console.print(grid)


def _kinds(account: Mapping[str, Any]) -> str:
    reasons = [f"[red]{kind}[/] {count:,}" for kind, count in account["reasons"].items()]
    cleaned = [f"{kind.replace('_', ' ')} {count:,}" for kind, count in account["cleaned"].items()]
    return "; ".join(part for part in (", ".join(reasons), ", ".join(cleaned)) if part)
