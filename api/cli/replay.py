"""``malha replay``: a stretch of the past decided anew, order by order, by several policies."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from api import policies
from api.clock import instant
from api.console import console, percents, steps
from api.render.comparison import show_comparison
from api.render.replay import show_replay
from graph.errors import BadInput
from ingest.source import open_source
from replay.seed import SEED

EPILOG = (
    "**Examples**\n\n"
    "`malha replay --source tables/ --from 2018-04-01 --to 2018-05-01 --policy as_is --policy cheapest "
    "--policy reliable --policy priced` (April: what happened, beside what the policies would have done)\n\n"
    "`malha replay --source tables/ --from 2018-04-01 --to 2018-05-01 --policy as_is --policy my.toml "
    "--stock stock.csv --json` (a policy and a stock of your own; one JSON document)\n\n"
    "`malha replay --source tables/ --from 2018-03-01 --to 2018-05-01 --policy as_is --policy priced "
    "--placement plan/` (what the plan's warehouses would have brought)\n\n"
    "`malha replay --source tables/ --from 2018-03-01 --to 2018-06-01 --out spring/` (what came of every "
    "order, in spring/outcomes)\n\n"
    "`malha replay --source 'synth://?orders=5000&seed=7' --from 2018-01-01 --to 2018-02-01`"
)

INIT = "init"


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    source: Annotated[
        str,
        typer.Option(help="Folder of the nine Olist tables (CSV or Parquet), postgresql://…, or synth://…"),
    ],
    start: Annotated[
        str,
        typer.Option(
            "--from", help="First purchase decided: a date (São Paulo's midnight) or an ISO instant."
        ),
    ],
    end: Annotated[str, typer.Option("--to", help="Purchases before this are decided; read like --from.")],
    policy: Annotated[
        list[str] | None,
        typer.Option(help="Policy by name, or its TOML file; once for each. Default: as_is and priced."),
    ] = None,
    stock: Annotated[
        str,
        typer.Option(
            help="Opening stock: init (made up from the demand before --from), or a file or folder with "
            "olist_inventory_dataset's columns, told no later than --from."
        ),
    ] = INIT,
    reorders: Annotated[
        bool,
        typer.Option(
            "--reorders",
            help="Order again for a place at its reorder point (made up with the stock, or the file's), and "
            "fill it after its lead time. Without it shelves only empty.",
        ),
    ] = False,
    placement: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a plan (malha place) of --from or earlier: its depth is received at --from in "
            "its warehouses, and every policy but as_is may ship from there."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write to: replay.json, and what came of every order, by policy."),
    ] = None,
    hindsight: Annotated[
        bool,
        typer.Option(
            "--hindsight",
            help="Count regret by what deliveries later told of each lane, not by what was known; permit a "
            "plan and a stock later than --from, and say so on every page.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the weeks drawn anew for the intervals.", min=0)] = SEED,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Decide every order of a stretch of the past as of its own purchase, and add up what that comes to.

    Each order sees what was known when it was bought: offers sold before, lead times and freight learned
    from events stamped before. Every policy has shelves of its own. The totals stand side by side; beside
    the record, differences are told with 90 % intervals, checked by what really came.
    """
    from api.placements import PlanFolder  # noqa: PLC0415 (slow to import, as all below)
    from api.replay_comparison import comparison_of  # noqa: PLC0415
    from api.replay_files import check_out, write_replay  # noqa: PLC0415
    from api.replay_stock import stock_file  # noqa: PLC0415
    from replay.opened import opening_stock  # noqa: PLC0415
    from replay.recorded import read_past  # noqa: PLC0415
    from replay.replayed import replay, second_pays  # noqa: PLC0415

    first, last = (instant(text, option) for text, option in ((start, "--from"), (end, "--to")))
    if first is None or last is None or first >= last:
        raise BadInput(f"--from {start} must lie before --to {end}.")
    span_s = int(first.timestamp()), int(last.timestamp())
    chosen = [policies.load(name) for name in policy or ("as_is", policies.DEFAULT)]
    if out is not None:
        check_out(out)
    given = None if stock == INIT else stock_file(Path(stock), reorders=reorders)
    read = None if placement is None else PlanFolder.read(placement)
    with steps() as progress:
        past = read_past(open_source(source), progress)
        progress("Filling the shelves")
        opened = opening_stock(past, span_s[0], reorders=reorders) if given is None else given
        plan = None if read is None else read.plan(past.tables["products"], past.demand)
    with percents("Replaying") as tell:
        costs = policies.load(policies.DEFAULT).costs
        play = partial(replay, in_two=second_pays(past, span_s))
        done = play(past, span_s, chosen, costs, opened, plan=plan, hindsight=hindsight, progress=tell)
        # What placement brings is told from what routing brings by the same policies without the plan.
        alone = None if plan is None else play(past, span_s, chosen, costs, opened, hindsight=hindsight)
    compared = comparison_of(done, past.facts, seed=seed, hindsight=hindsight, unplanned=alone)
    told = done.to_dict() | {"comparison": compared}
    if out is not None:
        write_replay(out, done, told)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        show_replay(console(), told)
        if compared is not None:
            show_comparison(console(), compared)
