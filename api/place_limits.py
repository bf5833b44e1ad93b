"""How far a placement is searched, where nothing else is said, and what may be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graph.errors import BadInput

if TYPE_CHECKING:
    from optimizer.placement.record import PlaceLimits

SECONDS: Final = 60.0
GAP: Final = 1e-3
MOST_SECONDS: Final = 86_400.0


def limits_of(seconds: float, gap: float) -> PlaceLimits:
    """Return how far to search; BadInput for what makes no sense."""
    from optimizer.placement.record import PlaceLimits  # noqa: PLC0415 (slow to import)

    if not (0 < seconds <= MOST_SECONDS and 0 <= gap < 1):
        raise BadInput(f"--time-limit is up to {MOST_SECONDS:,.0f} seconds, --gap from 0 to below 1.")
    return PlaceLimits(seconds=seconds, gap=gap)
