"""How a snapshot is described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from api.render.build import show_accounts


def show_inspection(console: Console, found: Mapping[str, Any]) -> None:
    """Print what ``api.inspection`` found."""
    console.print(f"Snapshot [bold]{found['snapshot_id']}[/]", soft_wrap=True)
    console.print(f"As of {found['as_of']}: nothing stamped then or later is in it.")
    sizes = Table("what", "rows", title="Holds", title_justify="left")
    sizes.columns[1].justify = "right"
    for name, count in [
        *found["nodes"].items(),
        *((k, found[k]) for k in ("lanes", "offers", "observed_routes")),
    ]:
        sizes.add_row(name.replace("_", " "), f"{count:,}")
    console.print(sizes)
    show_evidence(console, found["evidence"])
    console.print(
        f"{found['stale_lanes']:,} lanes are stale: their forecasts, or those of their pair of states, have "
        "erred in one direction for some time."
    )
    if found["tables"]:
        show_accounts(console, found["tables"])


def show_evidence(console: Console, evidence: Mapping[str, Mapping[str, int]]) -> None:
    """Print how many lanes rest on which level of evidence."""
    grid = Table("basis", "lanes", "deliveries", title="Evidence of the lanes", title_justify="left")
    for column in grid.columns[1:]:
        column.justify = "right"
    for basis, counts in evidence.items():
        grid.add_row(basis, f"{counts['lanes']:,}", f"{counts['deliveries']:,}")
    console.print(grid)
