"""How expected demand and its backtest are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from api.demand import Expected

_SHOWN = ("wape", "mase", "bias", "pinball", "coverage")


def show_expected(console: Console, told: Expected, days: int, most: int) -> None:
    """Print the first rows."""
    grid = Table(title=f"Units expected in {days} days from {told.as_of.isoformat()}", title_justify="left")
    for name, kind in told.rows.schema.items():
        grid.add_column(name, justify="right" if kind.is_numeric() else "left")
    for row in told.rows.head(most).iter_rows():
        grid.add_row(*(f"{cell:,.4g}" if isinstance(cell, float) else str(cell) for cell in row))
    console.print(grid)
    if told.rows.height > most:
        console.print(f"… and {told.rows.height - most:,} more rows; --out writes them all.")


def show_demand_scores(console: Console, scores: Mapping[str, Any]) -> None:
    """Print a table for each horizon: less is better, but for the coverage, which wants at least 90 %."""
    for days, levels in scores["horizons"].items():
        grid = Table(title=f"{days} days ahead, {scores['origins']} weekly origins", title_justify="left")
        grid.add_column("level")
        grid.add_column("method")
        for name in _SHOWN:
            grid.add_column(name, justify="right")
        for level, methods in levels.items():
            for method, score in methods.items():
                cells = ("" if score[name] is None else f"{score[name]:.4f}" for name in _SHOWN)
                grid.add_row(level.replace("_", " x "), method.replace("_", " "), *cells)
        console.print(grid)
        first = 100 * scores["first_sales_share"][days]
        console.print(
            f"{first:.1f} % of these units are of names first sold after the origin: nobody's here."
        )
