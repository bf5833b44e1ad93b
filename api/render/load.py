"""How a load into Neo4j is shown."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from graph.stores.neo4j_report import LoadReport


def show_load(console: Console, report: LoadReport) -> None:
    """Print what the load did, kind by kind, and what the database counted."""
    grid = Table("kind", "elements", "created", "updated", "removed", title_justify="left")
    for column in grid.columns[1:]:
        column.justify = "right"
    for kind in report.kinds:
        counts = (kind.elements, kind.created, kind.updated, kind.removed)
        grid.add_row(kind.kind, *(f"{count:,}" for count in counts))
    console.print(grid)
    console.print(
        f"Snapshot [bold]{report.snapshot_id[:12]}[/] in {report.seconds:.1f} s: {_written(report)}."
    )


def _written(report: LoadReport) -> str:
    if not report.counters:
        return "nothing was written, all was there already"
    counted = (f"{count:,} {name.replace('_', ' ')}" for name, count in report.counters.items())
    return ", ".join(counted)
