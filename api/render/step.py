"""How stepping is shown: one line a day, and where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

HEADS: Final = ("orders", "handed", "delivered", "late", "open", "lost", "expected", "real")
_WIDTHS: Final = (9, 9, 11, 9, 9, 8, 11, 11)


def head() -> str:
    """Return the line above the days."""
    return _line("date", HEADS)


def day_line(told: Mapping[str, Any]) -> str:
    """Return the line of a day (an output ``day`` of ``replay.stream.step``)."""
    cells = (
        f"{told['orders']:,}",
        f"{told['handed']:,}",
        f"{told['delivered']:,}",
        f"{100 * told['late'] / told['promised']:.1f} %" if told["promised"] else "",
        f"{told['open_orders']:,}",
        f"{told['lost_orders']:,}",
        _days(told["expected_mean_days"]),
        _days(told["real_mean_days"]),
    )
    return _line(told["date"], cells)


def ending(told: Mapping[str, Any]) -> list[str]:
    """Return where a run stopped and how to go on."""
    words = {"end": "The log ends here", "paused": "Paused", "stopped": "Stopped"}[told["stop"]]
    lines = [
        f"{words}: clock {told['clock']}, {told['offset']:,} events played, state {told['digest'][:16]}."
    ]
    if told["kept"] and told["stop"] != "end":
        later = "" if told["stop"] == "stopped" else ", and a later --to or --pause-at"
        lines.append(f"Go on with the same command, --resume{later}.")
    return lines


def _line(first: str, cells: tuple[str, ...]) -> str:
    return f"{first:<10}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))


def _days(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} d"
