"""``malha place``: which sites to open and what each serves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.console import console, steps, warnings
from api.out_folder import check_out_folder
from api.place_limits import GAP, SECONDS, limits_of

if TYPE_CHECKING:
    from optimizer.placement.answer import Progress

EPILOG = (
    "**Examples**\n\n"
    "`malha place --scenario base/ --out plan/` (plan.json, the tables, report.html)\n\n"
    "`malha place --scenario base/ --time-limit 600 --gap 0.0001 --out plan/ --json`\n\n"
    "`malha place --scenario base/ --assort weighed --out plan/` (and what to stock, product by product)\n\n"
    "`malha place --scenario base/ --frontier 8 --out plan/` (cost against P(on time))"
)

REPORT = "report.html"


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    scenario: Annotated[Path, typer.Option(help="Folder of a scenario (malha scenario new makes one).")],
    out: Annotated[Path, typer.Option(help="Folder to write; an earlier plan there is replaced.")],
    time_limit: Annotated[float, typer.Option(help="Seconds to search; then the best so far.")] = SECONDS,
    gap: Annotated[float, typer.Option(help="Proven relative gap that is enough.")] = GAP,
    snapshot: Annotated[
        Path | None, typer.Option(help="Instead of the snapshot that the scenario names.")
    ] = None,
    assort: Annotated[
        str | None,
        typer.Option(
            help="Also what each site stocks, product by product, for the whole horizon: weighed (each unit "
            "where it saves most), or best-sellers (what sells best first, to compare with)."
        ),
    ] = None,
    frontier: Annotated[
        int | None, typer.Option(help="Also so many plans from the cheapest to the most often on time.")
    ] = None,
    worth: Annotated[
        bool, typer.Option("--worth", help="Also what binds, what more is worth, break-even costs of sites.")
    ] = False,
    bootstrap: Annotated[
        int | None, typer.Option(help="Also how often each site opens in so many draws of the demand.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print plan.json.")] = False,
) -> None:
    """Decide which sites open and what each serves, at the least cost that the scenario counts.

    The plan has passed the referee; its bound says how far from the best it can be at most. Written are
    plan.json, sites.csv, flows.csv, transfers.csv (who sends what where, by when), stock.csv and a report.
    Without --assort the stock of a group is shared among its products when the plan is used.
    What is asked besides (--frontier, --worth, --bootstrap) solves again: --time-limit and --gap hold for
    each solve. The plan is written before; what then finds no answer is told with its reason.
    """
    from api.place_assortment import assorting  # noqa: PLC0415 (slow to import, as all below)
    from api.place_studies import Studies, check_studies, checked_studies, studied  # noqa: PLC0415
    from api.placing import PLAN, Placed, completed, solved, write_plan  # noqa: PLC0415
    from api.render.place import show_plan  # noqa: PLC0415
    from api.reports.placement import write_page  # noqa: PLC0415
    from api.scenarios.folders import read_folder  # noqa: PLC0415

    limits = limits_of(time_limit, gap)
    studies = checked_studies(Studies(frontier, worth, bootstrap, seed, assorting(assort)))
    check_out_folder(out, "plan", PLAN)
    with steps() as progress:

        def write(found: Placed) -> None:
            progress("Writing")
            write_plan(out, found, lambda fresh: write_page(fresh / REPORT, found, network, str(scenario)))

        progress("Reading the scenario")
        ready, network = completed(read_folder(scenario), snapshot)
        check_studies(studies, ready, network)
        progress("Placing")
        placed = solved(ready, limits, _teller(progress))
        write(placed)  # so that nothing that is asked besides can lose it
        if studies.any:
            placed = studied(placed, studies, limits, progress, network, snapshot)
            write(placed)
    if as_json:
        print(json.dumps(placed.to_dict(), ensure_ascii=False))
    else:
        show_plan(console(), placed.to_dict(), out)


EVERY_S = 5.0
"""Where there is no terminal, a line of progress so often."""


def _teller(show: Callable[[str], None]) -> Callable[[Progress], None]:
    """Show what is known on the terminal as it comes, else now and then as a line on standard error."""
    from api.placing import progress_text  # noqa: PLC0415

    screen, last = warnings(), -EVERY_S

    def tell(step: Progress) -> None:
        nonlocal last
        text = progress_text(step)
        show(text)
        if not screen.is_terminal and step.seconds - last >= EVERY_S:
            screen.print(f"{step.seconds:6.1f} s  {text}", highlight=False, soft_wrap=True)
            last = step.seconds

    return tell
