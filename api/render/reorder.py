"""How reorders are shown, and the table that is written of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from rich.console import Console
from rich.table import Table

from api.reorder import Reorders
from inventory.reorder import Reorder


def written(places: Sequence[Reorder]) -> pl.DataFrame:
    """Return one row a place, in the order given; instants in ISO 8601."""
    return pl.DataFrame(
        [
            {
                **one.key._asdict(),
                "due": one.due,
                "quantity": one.quantity,
                "order_at": _iso(one.order_at),
                "empty_at": _iso(one.empty_at),
                "available": one.available,
                "on_order": one.on_order,
                "safety_stock": one.safety_stock,
                "reorder_point": one.reorder_point,
                "order_up_to": one.order_up_to,
                "mean_per_day": one.demand.mean_per_day,
                "sd_per_day": one.demand.var_per_day**0.5,
                "lead_time_days": one.restock.mean_days,
                "lead_time_sd_days": one.restock.sd_days,
                "lead_time_basis": one.restock.basis.value,
                "lead_time_n": one.restock.n,
                "law": one.spread.law.value,
                "fill_rate": one.fill_rate,
                "why": one.why,
            }
            for one in places
        ],
        schema=_SCHEMA,
    )


def show_reorders(
    console: Console, found: Reorders, shown: Sequence[Reorder], most: int, applied: int
) -> None:
    """Print the first places, why each is ordered, and the assumptions."""
    grid = Table("product", "seller", "location")
    for name in ("order", "available", "on order", "reorder point", "safety stock", "a day", "empty"):
        grid.add_column(name, justify="right")
    for one in shown[:most]:
        counts = (one.quantity, one.available, one.on_order, one.reorder_point, one.safety_stock)
        empty = f"{one.empty_at:%Y-%m-%d}" if one.empty_at else ""
        grid.add_row(*one.key, *(f"{count:,}" for count in counts), f"{one.demand.mean_per_day:.3g}", empty)
    console.print(grid)
    for one in shown[:most]:
        console.print(f"  - {one.key.product_id}: {one.why}", markup=False, highlight=False, soft_wrap=True)
    if len(shown) > most:
        console.print(f"… and {len(shown) - most:,} more places; --limit shows more, --out writes them all.")
    due = found.due
    console.print(
        f"{len(due):,} of {len(found.places):,} places are due, {sum(one.quantity for one in due):,} units: "
        f"demand as of {found.as_of.isoformat()} (snapshot {found.snapshot_id[:12]}), stock and purchase "
        f"orders as they are, last moved by {found.stock_at.isoformat()}.",
        soft_wrap=True,
    )
    assumed = sum(one.restock.basis == "synthetic" for one in found.places)
    if assumed:
        rest = found.rule.restock
        console.print(
            f"The restock time of {assumed:,} places is [bold]synthetic[/]: {rest.mean_days:g} ± "
            f"{rest.sd_days:g} days, a setting; no purchase order was seen from REORDERED to RECEIVED.",
            soft_wrap=True,
        )
    if found.given_up:
        console.print(
            f"{found.given_up:,} purchase orders were not received in 90 days, nor in three restock times: "
            "they are given up. If they are still to come, tell --restock-days.",
            soft_wrap=True,
        )
    if applied:
        console.print(f"Settings of {applied:,} places are written into the ledger.")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


_TEXT = ("product_id", "seller_id", "location_id", "order_at", "empty_at", "lead_time_basis", "law", "why")
_COUNTS = ("quantity", "available", "on_order", "safety_stock", "reorder_point", "order_up_to", "lead_time_n")
_ORDER = (
    *("product_id", "seller_id", "location_id", "due", "quantity", "order_at", "empty_at", "available"),
    *("on_order", "safety_stock", "reorder_point", "order_up_to", "mean_per_day", "sd_per_day"),
    *("lead_time_days", "lead_time_sd_days", "lead_time_basis", "lead_time_n", "law", "fill_rate", "why"),
)
_SCHEMA = {
    name: pl.String if name in _TEXT else pl.Int64 if name in _COUNTS else pl.Float64 for name in _ORDER
} | {"due": pl.Boolean}
