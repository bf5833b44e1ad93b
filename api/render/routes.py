"""How ranked routes are shown."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from graph import Recommendation, Route

SHORT_ID = 8


def show_routes(console: Console, answer: Recommendation) -> None:
    """Print the routes, one row each, and below them why each stands where it does."""
    if answer.note:
        console.print(answer.note, markup=False)
        return
    grid = Table(
        title=f"{len(answer)} of {answer.candidates:,} routes, as of {answer.as_of:%Y-%m-%d %H:%M} UTC",
        title_justify="left",
    )
    for name in ("", "source", "carrier", "from"):
        grid.add_column(name)
    for name in (
        "km",
        "freight",
        "mean ± sd",
        "50 / 80 / 95 %",
        "approval + handling + transit",
        "promise",
        "P(on time)",
        "evidence",
    ):
        grid.add_column(name, justify="right")
    for route in answer:
        grid.add_row(*_cells(route))
    console.print(grid)
    for route in answer:
        line = f"{route.rank}. {route.source_id} by {route.carrier_id}: {route.why}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def short(source_id: str) -> str:
    """Return a source id whose hashes are cut to a readable length: ``seller:99a4788c…``."""
    kind, *ids = source_id.split(":")
    return ":".join([kind, *(i if len(i) <= SHORT_ID + 4 else f"{i[:SHORT_ID]}…" for i in ids)])


def _cells(route: Route) -> list[str]:
    time = route.lead_time
    stages = (time.stage(name).mean_days for name in ("approval", "handling", "transit"))
    return [
        str(route.rank),
        short(route.source_id),
        route.carrier_id,
        route.origin_zip_prefix,
        "?" if route.distance_km is None else f"{route.distance_km:,.0f}",
        f"{route.freight_cents / 100:,.2f}",
        f"{time.mean_days:.1f} ± {time.sd_days:.1f} d",
        f"{time.p50_days:.1f} / {time.p80_days:.1f} / {time.p95_days:.1f}",
        " + ".join(f"{days:.1f}" for days in stages),
        f"{route.promise_days:.1f} d",
        f"{route.p_on_time:.1%}",
        f"{time.basis}, n={time.n:,}",
    ]
