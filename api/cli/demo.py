"""``malha demo``: the whole way in one command, on made-up or real tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.console import console, steps
from api.render.build import show_build
from api.render.inspection import show_evidence
from api.render.replay import show_replay
from api.render.routes import show_routes

if TYPE_CHECKING:
    from api.demo import Demo

EPILOG = (
    "**Examples**\n\n"
    "`malha demo` (a made-up marketplace)\n\n"
    "`malha demo --source tables/` (your own Olist tables)"
)
SYNTHETIC = "synth://?orders=20000&seed=7"


def command(
    source: Annotated[str, typer.Option(help="Folder of tables, or synth://…")] = SYNTHETIC,
    out: Annotated[Path, typer.Option(help="Folder for the snapshot and the report page.")] = Path("demo"),
    orders: Annotated[int, typer.Option(min=1, help="How many lines of the newest orders to route.")] = 4,
) -> None:
    """Build a network from a history, route newest orders over it, report its last weeks.

    Of the newest 500 lines those come first whose product has most sellers: there is something to choose. The
    smart-routing report decides every order of the last 60 days as of its own purchase, by two policies.
    """
    from api.demo import run_demo  # noqa: PLC0415 (slow to import, as below)
    from api.reports.demo import write_page  # noqa: PLC0415

    with steps() as progress:
        demo = run_demo(source, out, orders, progress)
        page = write_page(out / "report.html", demo)
    show(demo, out / "snapshots", page)


def show(demo: Demo, snapshots: Path, page: Path) -> None:
    """Print what the demo did."""
    from api.demo import REPORT  # noqa: PLC0415

    screen = console()
    show_build(screen, demo.report, snapshots)
    show_evidence(screen, demo.evidence)
    for routed in demo.routed:
        screen.rule(align="left")
        screen.print(routed.title, markup=False, soft_wrap=True)
        show_routes(screen, routed.answer)
        screen.print(routed.verdict, markup=False, soft_wrap=True)
    screen.rule(align="left")
    show_replay(screen, demo.replayed)
    screen.print(f"What was built and routed: {page}", soft_wrap=True)
    report = page.parent / REPORT / "index.html"
    screen.print(f"Smart-routing report: {report}", soft_wrap=True)
    if demo.routed:
        asked = demo.routed[0]
        ask = f"malha recommend --snapshot {snapshots} --zip {asked.zip_prefix} --product {asked.product_id}"
        screen.print(f"Next (with .venv/bin on your path): {ask}", markup=False, soft_wrap=True)
