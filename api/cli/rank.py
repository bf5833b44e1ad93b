"""``malha rank``: sellers and routes from best to worst, and where preparation gets stuck."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.console import console

if TYPE_CHECKING:
    from rich.console import Console

    from replay.insight.insight import Insight

EPILOG = (
    "**Examples**\n\n"
    "`malha rank sellers --snapshot snapshots/ --limit 10` (the best; `--worst` for the others)\n\n"
    "`malha rank routes --snapshot snapshots/ --by region --worst`\n\n"
    "`malha rank bottlenecks --snapshot snapshots/ --json`\n\n"
    "`malha rank judge --snapshot snapshots/` (does the ranking tell who does well in the next 30 days?)"
)

app = typer.Typer(
    help="Rank sellers and routes, find bottlenecks. What the figures mean: docs/insight.md.",
    no_args_is_help=True,
    epilog=EPILOG,
)


class By(StrEnum):
    """Between what a route runs."""

    STATE = "state"
    REGION = "region"


Snapshot = Annotated[Path, typer.Option(envvar="MALHA_SNAPSHOT", help="Folder of snapshots, or of one.")]
Rankings = Annotated[
    Path | None,
    typer.Option(help="TOML file of windows, least numbers and weights; what it leaves out is as shipped."),
]
Limit = Annotated[int, typer.Option(min=1, help="The most rows.")]
Worst = Annotated[bool, typer.Option("--worst", help="Begin with the worst.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command(
    "sellers",
    epilog="**Examples**\n\n`malha rank sellers --snapshot snapshots/`\n\n"
    "`malha rank sellers --snapshot snapshots/ --rankings own.toml --worst --limit 20`",
)
def sellers(
    snapshot: Snapshot,
    rankings: Rankings = None,
    limit: Limit = 10,
    worst: Worst = False,
    as_json: AsJson = False,
) -> None:
    """Rank the sellers by speed, reliability and satisfaction, each with its interval.

    Also told: the seller of the month, the new sellers and the exposure that is fair to them, and the
    sellers whose hand-overs after the shipping limit are proven.
    """
    from api.render.rank import show_sellers  # noqa: PLC0415 (slow to import)

    _tell(snapshot, rankings, as_json, lambda of: of.sellers.to_dict(limit, worst=worst), show_sellers)


@app.command(
    "routes",
    epilog="**Examples**\n\n`malha rank routes --snapshot snapshots/ --worst`\n\n"
    "`malha rank routes --snapshot snapshots/ --by region --limit 20`",
)
def routes(
    snapshot: Snapshot,
    by: Annotated[By, typer.Option(help="Routes between states, or between regions (lanes).")] = By.STATE,
    rankings: Rankings = None,
    limit: Limit = 10,
    worst: Worst = False,
    as_json: AsJson = False,
) -> None:
    """Rank the routes by transit time for their distance and by promises kept."""
    from api.render.rank import show_routes  # noqa: PLC0415 (slow to import)
    from replay.insight.routes import RouteLevel  # noqa: PLC0415

    level = RouteLevel(by.value)
    _tell(snapshot, rankings, as_json, lambda of: of.routes(level).to_dict(limit, worst=worst), show_routes)


@app.command("bottlenecks", epilog="**Examples**\n\n`malha rank bottlenecks --snapshot snapshots/ --limit 5`")
def bottlenecks(
    snapshot: Snapshot, rankings: Rankings = None, limit: Limit = 10, as_json: AsJson = False
) -> None:
    """Tell in which states preparation is stuck now, who causes it, and what 24 hours would change."""
    from api.render.rank import show_bottlenecks  # noqa: PLC0415 (slow to import)

    _tell(snapshot, rankings, as_json, lambda of: of.bottlenecks.to_dict(limit), show_bottlenecks)


@app.command("judge", epilog="**Examples**\n\n`malha rank judge --snapshot snapshots/ --origins 6 --json`")
def judge(
    snapshot: Snapshot,
    rankings: Rankings = None,
    origins: Annotated[int, typer.Option(min=1, max=36, help="Rank at so many instants, 30 days apart.")] = 6,
    as_json: AsJson = False,
) -> None:
    """Rank at past instants and correlate with the 30 days after each, beside plainer rankings."""
    from api.render.rank import show_judged  # noqa: PLC0415 (slow to import)
    from replay.insight.judged import judge_rankings, origins_of  # noqa: PLC0415

    def judged(of: Insight) -> dict[str, Any]:
        return judge_rankings(of.log, of.settings, origins_of(of.log, origins)).to_dict()

    _tell(snapshot, rankings, as_json, judged, show_judged)


def _tell(
    snapshot: Path,
    rankings: Path | None,
    as_json: bool,
    wanted: Callable[[Insight], dict[str, Any]],
    show: Callable[[Console, Mapping[str, Any]], None],
) -> None:
    """Work out what is wanted of a snapshot, and print it as JSON or as a table."""
    from api.rankings import load_rankings  # noqa: PLC0415 (slow to import)
    from replay.insight.insight import Insight  # noqa: PLC0415

    found = Insight.of_snapshot(snapshot, load_rankings(rankings))
    told = {"snapshot_id": found.log.snapshot_id, "as_of": found.log.as_of.isoformat(), **wanted(found)}
    if as_json:
        print(json.dumps(told, ensure_ascii=False, allow_nan=False))
    else:
        show(console(), told)
