"""``malha serve``: the HTTP API over a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.console import warnings
from api.keys import KeyFile

EPILOG = (
    "**Examples**\n\n"
    "`malha keys create --name shop-oms --scope oms` (first: a key, in keys.json)\n\n"
    "`malha serve --snapshot snapshots/` (then open http://127.0.0.1:8000/docs)\n\n"
    "`malha serve --snapshot snapshots/ --host 0.0.0.0 --workers 4`"
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
) -> None:
    """Serve the network of a snapshot over HTTP: routes, lanes, sources, with keys and a page at /docs.

    `POST /api/v1/snapshot/reload` puts a newer snapshot into force without losing a request.
    """
    from api.http import Settings, serve  # noqa: PLC0415 (slow to import, and only this command needs it)
    from api.http.settings import auth_on  # noqa: PLC0415

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
    )
    screen = warnings()
    if settings.auth and not any(key.revoked_at is None for key in KeyFile(keys).read()):
        screen.print(f"No key is in force in {keys}: nobody can ask yet. malha keys create makes one.")

    def ready(address: str) -> None:
        screen.print(f"Serving {snapshot} on {address} (documentation: {address}/docs)", soft_wrap=True)

    serve(settings, ready)
