"""``malha demand``: what will be ordered, and how good that forecast would have been."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.clock import instant
from api.console import console, percents, steps, warnings
from graph.errors import BadInput
from ingest.source import open_source

EPILOG = (
    "**Examples**\n\n"
    "`malha demand forecast --snapshot snapshots/ --by category --days 28`\n\n"
    "`malha demand backtest --source tables/ --from 2017-07-03 --to 2018-05-01`"
)

app = typer.Typer(help="Expected demand, and its backtest.", no_args_is_help=True, epilog=EPILOG)


class By(StrEnum):
    """What demand is told by."""

    CATEGORY = "category"
    REGION = "region"
    PRODUCT = "product"


@app.command(
    "forecast",
    epilog="**Examples**\n\n`malha demand forecast --snapshot snapshots/ --by region --out demand.csv` "
    "(region: each category in each region)",
)
def forecast(
    snapshot: Annotated[Path, typer.Option(envvar="MALHA_SNAPSHOT", help="Folder of snapshots, or of one.")],
    by: Annotated[By, typer.Option(help="Category, category and region, or product.")] = By.CATEGORY,
    days: Annotated[
        int, typer.Option(min=1, max=365, help="Units of so many days from the snapshot on.")
    ] = 28,
    out: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most rows to print.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell the units that are expected, with the quantiles 0.5, 0.8, 0.9 and 0.95, most first."""
    from api.demand import expected  # noqa: PLC0415 (slow to import)
    from api.render.demand import show_expected  # noqa: PLC0415

    told = expected(snapshot, by.value, days)
    if out is not None:
        told.rows.write_csv(out)
        warnings().print(f"Written: {out} ({told.rows.height:,} rows)", soft_wrap=True, highlight=False)
    if as_json:
        about = {"snapshot_id": told.snapshot_id, "as_of": told.as_of.isoformat(), "days": days}
        print(json.dumps(about | {"by": by.value, "demand": told.rows.to_dicts()}))
        return
    show_expected(console(), told, days, limit)


@app.command(
    "backtest",
    epilog="**Examples**\n\n`malha demand backtest --source tables/ --from 2017-07-03 --to 2018-05-01 "
    "--days 7 --days 28 --json`",
)
def backtest(
    source: Annotated[
        str,
        typer.Option(help="Folder of the nine Olist tables (CSV or Parquet), postgresql://…, or synth://…"),
    ],
    start: Annotated[str, typer.Option("--from", help="The first forecast: a date, or an ISO instant.")],
    end: Annotated[str, typer.Option("--to", help="No forecast reaches beyond; read like --from.")],
    days: Annotated[
        list[int] | None, typer.Option(min=1, help="Days ahead; once for each. Default: 7 and 28.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Forecast week by week from what was known then, and score it beside two baselines.

    seasonal_naive: the same number of days before, its spread from eight weeks. plain: one rate with a memory
    of 30 days for everything.
    """
    from api.render.demand import show_demand_scores  # noqa: PLC0415 (slow to import)
    from replay.demand_backtest import backtest_demand, read_purchases  # noqa: PLC0415

    first, last = instant(start, "--from"), instant(end, "--to")
    if first is None or last is None or first >= last:
        raise BadInput(f"--from {start} must lie before --to {end}.")
    with steps() as progress:
        purchases = read_purchases(open_source(source), progress)
    with percents("Forecasting week by week") as tell:
        scores = backtest_demand(purchases, (first, last), tuple(days or (7, 28)), progress=tell)
    if as_json:
        print(json.dumps(scores))
        return
    show_demand_scores(console(), scores)
