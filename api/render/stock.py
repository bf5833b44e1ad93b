"""How stock is shown: what was opened or imported, the stock itself, what an audit found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from api.stock import Imported, Opened
from graph.errors import Fault
from inventory.audit import Audit
from inventory.events import TRANSIT
from inventory.reservations import Reservation
from inventory.stock import StockRow

_SHOWN_FAULTS = 20
_COUNTS = ("current", "reserved", "available")
_SETTINGS = ("safety stock", "reorder point", "order up to", "restock days")


def show_opened(console: Console, opened: Opened, where: str) -> None:
    """Print what the ledger opens with, and by which rule."""
    rule = opened.rule
    done = "opened" if opened.booked else "was open already"
    console.print(
        f"{where} {done} with {opened.units:,} units of {opened.places:,} offers, as of "
        f"{opened.as_of.isoformat()} (snapshot {opened.snapshot_id[:12]}).",
        soft_wrap=True,
    )
    console.print(
        f"This stock is [bold]synthetic[/]: made from demand. Each offer sold in the last "
        f"{rule.lapse_days} days opens with what covers {rule.cover_days:g} days with probability "
        f"{rule.level:g}; restocking is taken to last {rule.restock_days:g} days.",
        soft_wrap=True,
    )


def show_imported(console: Console, done: Sequence[Imported], quarantined: Sequence[Path]) -> None:
    """Print where the rows of each file went, and the first faults."""
    grid = Table(title="Rows: read = used + set aside", title_justify="left")
    grid.add_column("file")
    for name in ("read", "set aside", "events booked", "known already"):
        grid.add_column(name, justify="right")
    grid.add_column("set aside because", overflow="fold")
    for told in done:
        reasons = ", ".join(f"[red]{kind}[/] {count:,}" for kind, count in told.sheet.reasons().items())
        counts = (told.sheet.read, told.set_aside, told.booked, told.known)
        grid.add_row(told.sheet.table.file, *(f"{count:,}" for count in counts), reasons)
    console.print(grid)
    for told in done:
        _show_faults(console, told.sheet.set_aside)
        for short in told.beyond[:_SHOWN_FAULTS]:
            console.print(f"  - shipped beyond stock, booked as ADJUSTED first: {short}", markup=False)
    if quarantined:
        names = ", ".join(str(path) for path in quarantined)
        console.print(f"Rows set aside, each with its reason: {names}", soft_wrap=True)


def _show_faults(console: Console, faults: Sequence[Fault]) -> None:
    for fault in faults[:_SHOWN_FAULTS]:
        console.print(f"  - {fault}", markup=False, highlight=False, soft_wrap=True)
    if len(faults) > _SHOWN_FAULTS:
        console.print(f"  … and {len(faults) - _SHOWN_FAULTS:,} more.")


def show_rows(console: Console, rows: Sequence[StockRow], most: int) -> None:
    """Print the first rows of stock, and what all of them come to."""
    grid = Table("product", "seller", "location")
    for name in (*_COUNTS, *_SETTINGS):
        grid.add_column(name, justify="right")
    grid.add_column("last moved")
    for row in rows[:most]:
        settings = (row.safety_stock, row.reorder_point, row.order_up_to, row.lead_time_days)
        grid.add_row(
            *row.key,
            *(f"{count:,}" for count in (row.current, row.reserved, row.available)),
            *("" if value is None else f"{value:,g}" for value in settings),
            "" if row.updated_at is None else f"{row.updated_at:%Y-%m-%d %H:%M} UTC",
        )
    console.print(grid)
    if len(rows) > most:
        console.print(f"… and {len(rows) - most:,} more places; --limit shows more.")
    moving = sum(row.current for row in rows if row.key.location_id == TRANSIT)
    console.print(
        f"{sum(row.current for row in rows):,} units ({moving:,} in transit), "
        f"{sum(row.reserved for row in rows):,} reserved, at {len(rows):,} places."
    )


def show_order(console: Console, order: Reservation) -> None:
    """Print what an order holds, and where the rest of it is."""
    until = f" until {order.expires_at:%Y-%m-%d %H:%M} UTC" if order.expires_at else ""
    console.print(f"Order {order.order_id}: [bold]{order.state}[/]{until}, version {order.version}")
    grid = Table("line", "package", "source", "carrier", "product")
    for name in ("units", "held", "handed over", "delivered", "returned", "given back"):
        grid.add_column(name, justify="right")
    for part in order.parts:
        back = part.released + part.lapsed
        counts = (part.quantity, part.open, part.handed, part.delivered, part.returned, back)
        names = (part.line_id, part.package_id, part.source_id, part.carrier_id, part.key.product_id)
        grid.add_row(*names, *(f"{count:,}" for count in counts))
    console.print(grid)


def show_audit(console: Console, found: Audit) -> None:
    """Print what was compared, and every difference."""
    told = f"{found.events:,} events, {found.rows:,} places, {found.orders:,} orders"
    if found.clean:
        console.print(f"Clean: the stock is what its events say ({told}).")
        return
    grid = Table("product", "seller", "location", "order", "count", title=f"Differences ({told})")
    grid.title_justify = "left"
    grid.add_column("stored", justify="right")
    grid.add_column("by the events", justify="right")
    for one in found.differences:
        grid.add_row(*one.key, one.order_id or "", one.count, f"{one.stored:,}", f"{one.folded:,}")
    console.print(grid)
