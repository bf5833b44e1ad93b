"""``malha report``: the smart-routing report over a stretch of the past."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api import policies
from api.clock import instant
from api.console import console, percents, steps
from graph.errors import BadInput
from replay.seed import SEED

EPILOG = (
    "**Examples**\n\n"
    "`malha report --source tables/ --out reports/newest` (the last 60 days; open "
    "reports/newest/index.html)\n\n"
    "`malha report --source tables/ --from 2018-04-01 --to 2018-05-01 --policy as_is --policy reliable "
    "--policy priced --out reports/april`\n\n"
    "`malha report --source tables/ --from 2018-03-01 --to 2018-05-01 --placement plan/ --out reports/plan` "
    "(what pre-stocked warehouses would have brought, apart from routing)\n\n"
    "`malha serve --snapshot snapshots/ --reports reports/` (serves them under /reports)"
)

INIT = "init"
POLICIES = ("as_is", policies.DEFAULT)


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    source: Annotated[
        str,
        typer.Option(help="Folder of the nine Olist tables (CSV or Parquet), postgresql://…, or synth://…"),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write; an earlier report there is replaced.")],
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="First purchase: a date (São Paulo's midnight) or an ISO instant. Default: 60 days "
            "before --to.",
        ),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Purchases before this count. Default: the history's end.")
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            help="Policy by name, or its TOML file; once for each. The story is about the last. "
            "Default: as_is and priced."
        ),
    ] = None,
    stock: Annotated[
        str, typer.Option(help="Opening stock: init (made up from the demand before), or a file.")
    ] = INIT,
    placement: Annotated[
        Path | None,
        typer.Option(help="Folder of a plan (malha place) of --from or earlier: what it would have brought."),
    ] = None,
    alerts: Annotated[
        Path | None,
        typer.Option(help="File of `malha alerts judge … --json`: how good warnings would have been."),
    ] = None,
    hindsight: Annotated[
        bool,
        typer.Option(
            "--hindsight",
            help="Count regret by what deliveries later told of each lane, not by what was known.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap's intervals.")] = SEED,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report's numbers as JSON.")] = False,
) -> None:
    """Write the smart-routing report: what happened, where time was lost, what would have changed it.

    Every order of the stretch is decided anew as of its own purchase, by each policy. The folder gets one
    page that needs nothing else (index.html), its numbers (smart_routing.json, numbers.parquet) and what came
    of every order (outcomes/). The same question writes the same bytes.
    """
    from api.placements import PlanFolder  # noqa: PLC0415 (slow to import, as all below)
    from api.replay_jobs import history_name  # noqa: PLC0415
    from api.replay_stock import stock_file  # noqa: PLC0415
    from api.report_files import check_report_folder, write_report  # noqa: PLC0415
    from ingest.source import open_source  # noqa: PLC0415
    from replay.report.making import Sources, Wanted, make  # noqa: PLC0415

    first, last = instant(start, "--from"), instant(end, "--to")
    if first is not None and last is not None and first >= last:
        raise BadInput(f"--from {start} must lie before --to {end}.")
    check_report_folder(out)
    plan = None if placement is None else PlanFolder.read(placement)
    wanted = Wanted(
        [policies.load(name) for name in policy or POLICIES],
        policies.load(policies.DEFAULT).costs,
        None if stock == INIT else stock_file(Path(stock)),
        None if plan is None else lambda past: plan.plan(past.tables["products"], past.demand),
        seed,
        alerts=None if alerts is None else alert_scores(alerts),
        hindsight=hindsight,
        in_two=True,
    )
    with steps() as progress:
        sources = Sources.read(history_name(source), open_source(source), progress)
    with percents("Replaying") as tell:
        made = make(sources, sources.span_s(first, last), wanted, lambda share, _: tell(share))
    numbers = write_report(out, made)
    if as_json:
        print(json.dumps(numbers, ensure_ascii=False))
    else:
        console().print(f"Report: {out / 'index.html'}", soft_wrap=True)


def alert_scores(file: Path) -> dict[str, Any]:
    """Return the scores of alerts in a file; BadInput where it is no JSON object of them."""
    try:
        found = json.loads(file.read_text("utf-8"), parse_constant=_refuse)
    except ValueError as error:
        raise BadInput(f"{file} is no JSON of malha alerts judge --json: {error}.") from None
    if not isinstance(found, dict) or "from" not in found:
        raise BadInput(f"{file} does not hold what malha alerts judge --json prints.")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
