"""``malha serve``: the HTTP API over a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api import policies
from api.console import warnings
from api.keys import KeyFile

EPILOG = (
    "**Examples**\n\n"
    "`malha keys create --name shop-oms --scope oms` (first: a key, in keys.json)\n\n"
    "`malha serve --snapshot snapshots/` (then open http://127.0.0.1:8000/docs)\n\n"
    "`malha serve --snapshot snapshots/ --host 0.0.0.0 --workers 4`\n\n"
    "`malha serve --snapshot snapshots/ --database malha.db` (takes orders and holds their stock)"
)


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    snapshot: Annotated[
        Path,
        typer.Option(envvar="MALHA_SNAPSHOT", help="Folder of snapshots (CURRENT is followed), or of one."),
    ],
    host: Annotated[str, typer.Option(envvar="MALHA_HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="MALHA_PORT", help="Port; 0 takes any free one.")] = 8000,
    workers: Annotated[int, typer.Option(envvar="MALHA_WORKERS", help="Processes that share the port.")] = 1,
    keys: Annotated[Path, typer.Option(envvar="MALHA_KEYS", help="File of key hashes.")] = Path("keys.json"),
    auth: Annotated[
        str, typer.Option(envvar="MALHA_AUTH", help="on, or off: no keys, on loopback addresses only.")
    ] = "on",
    max_body_bytes: Annotated[
        int, typer.Option(envvar="MALHA_MAX_BODY_BYTES", help="Largest request body.")
    ] = 65_536,
    max_candidates: Annotated[
        int, typer.Option(envvar="MALHA_MAX_CANDIDATES", help="Most routes one request may compare.")
    ] = 20_000,
    reload_seconds: Annotated[
        float, typer.Option(envvar="MALHA_RELOAD_SECONDS", help="How long a reload waits for all workers.")
    ] = 120.0,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="MALHA_DATABASE",
            help="Ledger of stock and orders: a SQLite file or postgresql://… Without it: preview only.",
        ),
    ] = None,
    policy: Annotated[
        str, typer.Option(envvar="MALHA_POLICY", help="Policy of orders that name none, or its TOML file.")
    ] = policies.DEFAULT,
    own_policies: Annotated[
        Path | None,
        typer.Option("--policies", envvar="MALHA_POLICIES", help="Folder with policies of your own."),
    ] = None,
    reserve_seconds: Annotated[
        str,
        typer.Option(
            envvar="MALHA_RESERVE_SECONDS",
            help="How long stock is held for an unpaid order, by payment type.",
        ),
    ] = "default=86400,boleto=432000",
    reserve_when: Annotated[
        str,
        typer.Option(
            "--reserve-at",
            envvar="MALHA_RESERVE_AT",
            help="When an order holds its stock: purchase, or approval.",
        ),
    ] = "purchase",
    placement: Annotated[
        Path | None,
        typer.Option(
            envvar="MALHA_PLACEMENT",
            help="Folder of a plan (malha place): its warehouses are sources too, also after a reload.",
        ),
    ] = None,
    reports: Annotated[
        Path | None,
        typer.Option(
            envvar="MALHA_REPORTS",
            help="Folder of reports (malha report --out FOLDER/NAME, worker's replays): served under "
            "/reports.",
        ),
    ] = None,
) -> None:
    """Serve the network of a snapshot over HTTP: routes, orders, stock, with keys and a page at /docs.

    `POST /api/v1/snapshot/reload` puts a newer snapshot into force without losing a request.
    """
    from api.http import Settings, serve  # noqa: PLC0415 (slow to import, and only this command needs it)
    from api.http.desk import Counter  # noqa: PLC0415
    from api.http.settings import auth_on, hold_seconds, reserve_at  # noqa: PLC0415
    from api.placements import PlanFolder  # noqa: PLC0415

    settings = Settings(
        snapshot=snapshot,
        keys=keys,
        auth=auth_on(auth),
        host=host,
        port=port,
        workers=workers,
        max_body_bytes=max_body_bytes,
        max_candidates=max_candidates,
        reload_seconds=reload_seconds,
        database=database or None,
        policy=policy,
        policies=own_policies,
        hold_s=hold_seconds(reserve_seconds),
        reserve_at=reserve_at(reserve_when),
        placement=placement,
        reports=reports,
    )
    # Whatever is wrong with policies, database or plan is said here, once, before any worker starts.
    Counter.open(settings).close()
    if placement is not None:
        PlanFolder.read(placement)
    screen = warnings()
    if settings.auth and not any(key.revoked_at is None for key in KeyFile(keys).read()):
        screen.print(f"No key is in force in {keys}: nobody can ask yet. malha keys create makes one.")

    def ready(address: str) -> None:
        screen.print(f"Serving {snapshot} on {address} (documentation: {address}/docs)", soft_wrap=True)

    serve(settings, ready)
