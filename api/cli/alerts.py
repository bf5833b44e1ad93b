"""``malha alerts``: what rings, who has seen it, and how good it would have been."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from api import alerts
from api.clock import instant
from api.console import console, percents, steps
from api.render.alerts import show_alerts, show_judgement
from api.stock import existing
from graph.errors import BadInput
from ingest.source import open_source
from replay.alerts.alert import AlertState, Audience, Kind, Severity
from replay.alerts.store import MOST_LISTED, Alerts
from replay.jobs import wall_clock

Result = TypeVar("Result")

EPILOG = (
    "**Examples**\n\n"
    "`malha alerts list --db ledger.db --audience seller`\n\n"
    "`malha alerts ack alert-5f0c… --by ana`\n\n"
    "`malha alerts judge --source tables/ --from 2018-03-01 --to 2018-05-01`"
)

app = typer.Typer(
    help="Alerts: list them, acknowledge one, judge them on the past. `malha worker` looks for them.",
    no_args_is_help=True,
    epilog=EPILOG,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--alerts", envvar="MALHA_ALERTS", help="TOML file: what rings, and when."),
]
Db = Annotated[
    str, typer.Option("--db", envvar="MALHA_DATABASE", help="The ledger: a SQLite file, or postgresql://…")
]
HERE: Final = "malha.db"
MOST_HOURS: Final = 168
STANDING: Final = (AlertState.OPEN, AlertState.ACKNOWLEDGED)


@app.command(
    "list",
    epilog="**Examples**\n\n`malha alerts list`\n\n`malha alerts list --kind stock_low --severity critical`"
    "\n\n`malha alerts list --state resolved --limit 5 --json`",
)
def list_(
    db: Db = HERE,
    state: Annotated[
        AlertState | None, typer.Option(help="Only alerts in this state; default: all that stand.")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only alerts of this kind.")] = None,
    audience: Annotated[Audience | None, typer.Option(help="Only alerts for these readers.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Only alerts that are so bad.")] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=MOST_LISTED, help="At most so many, the newest first.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """List alerts, the newest first, with what they propose to do."""
    states = STANDING if state is None else (state,)
    found = _with(
        db,
        lambda stored: stored.page(limit, states=states, kind=kind, audience=audience, severity=severity),
    )
    told = [alerts.alert_values(alert) for _, alert in found]
    if as_json:
        print(json.dumps({"alerts": told}, ensure_ascii=False))
    else:
        show_alerts(console(), told)


@app.command(
    "ack", epilog="**Examples**\n\n`malha alerts ack alert-5f0c… --by ana` (who said so first stays named)"
)
def ack(
    alert_id: Annotated[str, typer.Argument(help="The alert's id.")],
    by: Annotated[str, typer.Option(help="Who has seen it.")],
    db: Db = HERE,
    as_json: AsJson = False,
) -> None:
    """Note who has seen an alert; it stands until its trouble is over."""
    if not by.strip():
        raise BadInput("--by names who has seen it.")
    found = _with(db, lambda stored: stored.acknowledge(alert_id, by.strip(), wall_clock()))
    told = alerts.alert_values(found)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        show_alerts(console(), [told])


def _with(db: str, work: Callable[[Alerts], Result]) -> Result:
    with closing(existing(db)) as home:
        return home.run(lambda unit: work(Alerts(unit.connection)))


@app.command(
    "judge",
    epilog="**Examples**\n\n`malha alerts judge --source tables/ --from 2018-03-01 --to 2018-05-01`\n\n"
    "`malha alerts judge --source tables/ --from 2018-03-01 --to 2018-05-01 --alerts mine.toml --json`",
)
def judge(
    source: Annotated[
        str,
        typer.Option(help="Folder of the nine Olist tables (CSV or Parquet), postgresql://…, or synth://…"),
    ],
    start: Annotated[
        str, typer.Option("--from", help="First purchase judged: a date (São Paulo) or an ISO instant.")
    ],
    end: Annotated[str, typer.Option("--to", help="Purchases before this are judged; read like --from.")],
    settings: SettingsFile = None,
    tick_hours: Annotated[int, typer.Option(min=1, max=MOST_HOURS, help="Hours between two looks.")] = 6,
    as_json: AsJson = False,
) -> None:
    """Watch a stretch of the past as if it were now, and hold its alerts against what came of it.

    Every alert is made from events stamped before it. Stock is not looked at: a recorded past has no ledger.
    """
    from replay.alerts.judged import judge as judged  # noqa: PLC0415 (slow to import)
    from replay.alerts.watch import past_kinds, read_watched  # noqa: PLC0415

    span_s = _span(start, end)
    chosen = alerts.load(settings)
    with steps() as progress:
        watched = read_watched(open_source(source), progress)
    with percents("Watching the past") as tell:
        of_past = replace(chosen, thresholds=past_kinds(chosen))
        found = judged(watched, of_past, span_s, timedelta(hours=tick_hours), tell)
    if as_json:
        print(json.dumps(found.scores, ensure_ascii=False, allow_nan=False))
        return
    show_judgement(console(), found.scores)


def _span(start: str, end: str) -> tuple[int, int]:
    """Return the two instants in epoch seconds; BadInput names all that is wrong."""
    faults, stamps_s = list[str](), list[int]()
    for option, text in (("--from", start), ("--to", end)):
        try:
            moment = instant(text, option)
        except BadInput as error:
            faults.append(error.message)
        else:
            stamps_s += [] if moment is None else [int(moment.timestamp())]
    if len(stamps_s) == 2 and stamps_s[0] >= stamps_s[1]:
        faults.append(f"--from {start} must lie before --to {end}.")
    if faults:
        raise BadInput("\n".join(faults))
    return stamps_s[0], stamps_s[1]
