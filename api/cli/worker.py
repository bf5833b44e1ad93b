"""``malha worker``: does what takes long, and what has to be done while nobody asks."""

from __future__ import annotations

import logging
import logging.config
import os
import secrets
import signal
import socket
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api import alerts, policies
from api.jobs import Shop
from api.snapshot_jobs import check_folder, order_snapshot
from api.stock import existing
from graph.days import DAY_S
from graph.errors import BadInput
from inventory.sql import SqlUnit
from replay.alerts.lookout import Lookout
from replay.alerts.outbox import Outbox
from replay.alerts.sender import Sender, sending
from replay.alerts.store import KEPT, Alerts
from replay.jobs import Chore, Habits, Worker, wall_clock
from replay.jobs.reordering import order_again
from replay.pricing import order_prices
from replay.purchasing.store import follow_orders

EPILOG = (
    "**Examples**\n\n"
    "`malha worker --db ledger.db --snapshot snapshots/`\n\n"
    "`malha worker --db postgresql://malha@db.example/malha --snapshot snapshots/` (as many of them as you "
    "like, on as many machines)\n\n"
    "`malha worker --db ledger.db --snapshot snapshots/ --once` (what is due now, then end: for cron)"
)

MOST_LEASE_S: Final = DAY_S
MOST_DAYS: Final = 3_650
LEAST_BUILD_HOURS: Final = 0.25


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    db: Annotated[
        str,
        typer.Option("--db", envvar="MALHA_DATABASE", help="The ledger: a SQLite file, or postgresql://…"),
    ],
    snapshot: Annotated[
        Path,
        typer.Option(envvar="MALHA_SNAPSHOT", help="Folder of snapshots (CURRENT is followed), or of one."),
    ],
    policy: Annotated[
        str,
        typer.Option(
            envvar="MALHA_POLICY", help="Policy by name or TOML file: of jobs that name none, and priced."
        ),
    ] = policies.DEFAULT,
    own_policies: Annotated[
        Path | None,
        typer.Option("--policies", envvar="MALHA_POLICIES", help="Folder with your own policies."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            envvar="MALHA_SOURCE", help="History for POST /api/v1/replays: as of malha report --source."
        ),
    ] = None,
    reports: Annotated[
        Path | None,
        typer.Option(
            envvar="MALHA_REPORTS", help="Folder for their reports; malha serve --reports shows it."
        ),
    ] = None,
    placement: Annotated[
        Path | None,
        typer.Option(
            envvar="MALHA_PLACEMENT",
            help="Folder of a plan (malha place): jobs ship from its warehouses too, as malha serve does.",
        ),
    ] = None,
    alerts_file: Annotated[
        Path | None,
        typer.Option("--alerts", envvar="MALHA_ALERTS", help="TOML file: what rings, and when."),
    ] = None,
    webhooks: Annotated[
        Path | None,
        typer.Option(envvar="MALHA_WEBHOOKS", help="TOML file: who hears of alerts and purchase orders."),
    ] = None,
    build_hours: Annotated[
        float | None,
        typer.Option(
            envvar="MALHA_BUILD_HOURS", help="Build a snapshot of --source so often; CURRENT moves on."
        ),
    ] = None,
    lease_seconds: Annotated[
        float, typer.Option(help="A worker not heard of for so long has lost its job to another.")
    ] = 30.0,
    attempts: Annotated[int, typer.Option(help="So many workers may die over a job before it fails.")] = 3,
    answers_days: Annotated[float, typer.Option(help="Answers by idempotency key are kept so long.")] = 7.0,
    once: Annotated[bool, typer.Option("--once", help="Do what is due and end.")] = False,
) -> None:
    """Run jobs, let holds expire, forget old answers, solve scarcity prices again when they are due.

    One JSON object a line on standard output says what it does. SIGTERM or Ctrl-C ends it in order: the job
    at hand goes back into the queue.
    """
    if not (1 <= lease_seconds <= MOST_LEASE_S and attempts >= 1 and 0 < answers_days <= MOST_DAYS):
        raise BadInput(
            f"--lease-seconds is from 1 to {MOST_LEASE_S:,}, --attempts at least 1, --answers-days more than "
            f"0 and at most {MOST_DAYS:,}."
        )
    shop = Shop(snapshot, policy, own_policies, source or None, reports, placement)
    if build_hours is not None:
        _check_builds(shop, build_hours)
    chosen = shop.load(None)
    shop.folder()
    if placement is not None:
        shop.network()  # a plan that does not fit is told at once, not by every job
    settings, receivers = alerts.load(alerts_file), alerts.receivers(webhooks)
    _log_lines()
    home = existing(db)
    lookout = Lookout(home, shop.network, settings, receivers)
    lookout.catch_up()  # the whole log, before anybody waits for it
    chores = [
        Chore("expired", timedelta(seconds=5), _expire),
        Chore("forgotten", timedelta(hours=1), partial(_forget, kept=timedelta(days=answers_days))),
        Chore("reordered", timedelta(minutes=1), order_again),
        Chore("purchase_orders", timedelta(minutes=1), partial(follow_orders, receivers=receivers)),
        Chore("alerts", timedelta(minutes=1), lookout, lookout.catch_up),
        Chore("prices_ordered", timedelta(seconds=30), partial(order_prices, policy=chosen)),
    ]
    if build_hours is not None:
        every = timedelta(hours=build_hours)
        chores.append(Chore("snapshot_ordered", timedelta(minutes=1), partial(order_snapshot, every=every)))
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    habits = Habits(lease=timedelta(seconds=lease_seconds), most_attempts=attempts)
    worker = Worker(home, db, shop.kinds(), owner, wall_clock, chores, habits)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: worker.stop())
    with closing(lookout), sending(Sender(home, receivers, wall_clock), once=once):
        worker.run(once=once)
    home.close()


def _check_builds(shop: Shop, hours: float) -> None:
    if not LEAST_BUILD_HOURS <= hours <= MOST_DAYS * 24:
        raise BadInput(f"--build-hours is from {LEAST_BUILD_HOURS:g} to {MOST_DAYS * 24:,}.")
    if shop.source is None:
        raise BadInput("--build-hours needs --source: the history that snapshots are built from.")
    check_folder(shop)


def _expire(unit: SqlUnit, at: datetime) -> dict[str, Any]:
    given_back = unit.ledger.expire(at)
    return {"orders": len(given_back)} if given_back else {}


def _forget(unit: SqlUnit, at: datetime, kept: timedelta) -> dict[str, Any]:
    gone = {
        "answers": unit.answers.forget(at - kept),
        "messages": Outbox(unit.connection).forget(at - kept),
        "alerts": Alerts(unit.connection).forget(at - KEPT),
    }
    return gone if any(gone.values()) else {}


def _log_lines() -> None:
    from api.http.logs import CONFIG  # noqa: PLC0415 (the HTTP package is slow to import)

    own = {"malha.worker": {"handlers": ["lines"], "level": "INFO", "propagate": False}}
    logging.config.dictConfig(CONFIG | {"loggers": own})
