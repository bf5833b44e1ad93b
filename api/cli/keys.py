"""``malha keys``: who may call the HTTP API, and for what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.console import console, warnings
from api.keys import KeyFile, Scope

EPILOG = (
    "**Examples**\n\n"
    "`malha keys create --name shop-oms --scope oms` (prints the key once)\n\n"
    "`malha keys list`\n\n"
    "`malha keys revoke shop-oms` (running servers refuse it from the next request on)"
)

app = typer.Typer(
    help="Make, list and revoke the API keys of `malha serve`.", no_args_is_help=True, epilog=EPILOG
)

Keys = Annotated[Path, typer.Option("--keys", envvar="MALHA_KEYS", help="File of key hashes.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
HERE = Path("keys.json")


@app.command("create")
def create(
    name: Annotated[str, typer.Option(help="Who will use it: a system, not a person.")],
    scope: Annotated[list[Scope], typer.Option(help="What it is for; may be given several times.")],
    keys: Keys = HERE,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it once: only its hash is kept."""
    made, token = KeyFile(keys).create(name, scope, datetime.now(UTC))
    if as_json:
        print(json.dumps({"key_id": made.key_id, "name": made.name, "scopes": made.scopes, "key": token}))
        return
    print(token)
    warnings().print(
        f"Key {made.name} ({made.key_id}) for {', '.join(made.scopes)}. Keep it: it cannot be shown again.",
        markup=False,
        highlight=False,
    )


@app.command("list")
def show(keys: Keys = HERE, as_json: AsJson = False) -> None:
    """Show all keys: name, scopes, since when, revoked when. A key itself cannot be shown."""
    known = KeyFile(keys).read()
    if as_json:
        print(json.dumps([key.model_dump(mode="json", exclude={"sha256"}) for key in known]))
        return
    table = Table("Id", "Name", "Scopes", "Created", "Revoked")
    for key in known:
        revoked = "" if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%d %H:%M}"
        table.add_row(
            key.key_id, key.name, ", ".join(key.scopes), f"{key.created_at:%Y-%m-%d %H:%M}", revoked
        )
    console().print(table)


@app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(help="Name or id of the key.")],
    keys: Keys = HERE,
) -> None:
    """Revoke a key; running servers refuse it from the next request on."""
    revoked = KeyFile(keys).revoke(key, datetime.now(UTC))
    console().print(f"Revoked {revoked.name} ({revoked.key_id}).", markup=False, highlight=False)
