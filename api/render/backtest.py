"""How a backtest is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from api.scorecard import scorecard

_BARS: Final = "▁▂▃▄▅▆▇█"


def show_backtest(console: Console, scores: Mapping[str, Any]) -> None:
    """Print the scores of ``replay.backtest``: against the baselines, by group, promises, late warnings."""
    card = scorecard(scores)
    console.print(f"[bold]{card.title}[/]")
    for note in card.notes:
        console.print(note, markup=False, highlight=False)
    for title, (heads, rows) in card.tables.items():
        grid = Table(title=title, title_justify="left")
        for place, head in enumerate(heads):
            grid.add_column(head, justify="right" if place else "left", no_wrap=not place)
        for row in rows:
            grid.add_row(*row)
        console.print(grid)
    pit = scores["pit"]
    console.print(
        f"PIT histogram (flat = calibrated): {_bars(pit)}  {100 * min(pit):.1f} to {100 * max(pit):.1f} % "
        f"in each of {len(pit)} bins, {100 / len(pit):.0f} % wanted",
        highlight=False,
    )


def _bars(shares: Sequence[float]) -> str:
    most = max(*shares, 1e-9)
    return "".join(_BARS[min(int(share / most * len(_BARS)), len(_BARS) - 1)] for share in shares)
