"""``malha decide``: one order's decision, as a table that a person can read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api import policies
from api.clock import instant
from api.console import console
from api.order_models import order_of
from api.placements import open_network
from api.render.decision import show_decision
from api.stock import existing
from graph.errors import BadInput
from replay.desk import Desk

EPILOG = (
    "**Examples**\n\n"
    "`malha decide --snapshot snapshots/ --zip 01310 --line 36f60d45225e60c7da4558b070ce4b60:2 "
    "--promise-days 12`\n\n"
    "`malha decide --snapshot snapshots/ --zip 69005 --line a1:1 --line b7:3 --policy rules`\n\n"
    "`malha decide --snapshot snapshots/ --order order.json --db malha.db` (with the stock of a ledger)"
)


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    snapshot: Annotated[Path, typer.Option(help="Folder of snapshots, or of one snapshot.")],
    zip_prefix: Annotated[
        str | None, typer.Option("--zip", help="Destination: zip prefix (01310) or CEP (01310-100).")
    ] = None,
    line: Annotated[
        list[str] | None, typer.Option(help="PRODUCT:QUANTITY, once for every line of the order.")
    ] = None,
    order: Annotated[
        Path | None, typer.Option(help="The order as a JSON file (- for standard input), instead.")
    ] = None,
    policy: Annotated[str, typer.Option(help="Policy by name, or its TOML file.")] = policies.DEFAULT,
    promise_days: Annotated[float | None, typer.Option(help="The promise to judge routes by.")] = None,
    db: Annotated[
        str | None, typer.Option("--db", help="A ledger whose stock counts; without it every source has it.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Instant of the decision (ISO). Default: the snapshot's.")
    ] = None,
    placement: Annotated[
        Path | None, typer.Option(help="Folder of a plan (malha place): its warehouses are sources too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Decide one order without holding anything: sources, carriers, costs, and what would change it."""
    wanted = order_of(_document(order, zip_prefix, line or [], promise_days), "order", "1")
    network = open_network(snapshot, placement)
    moment = instant(at, "--at") or wanted.purchased_at or network.meta.as_of
    desk = Desk(network, policies.load(policy))
    if db is None:
        decision = desk.preview(wanted, moment)
    else:
        home = existing(db)
        with home.reading() as unit:
            decision = desk.preview(wanted, moment, unit.ledger)
        home.close()
    if as_json:
        print(json.dumps(decision.to_dict(), ensure_ascii=False))
    else:
        show_decision(console(), decision)


def _document(
    order: Path | None, zip_prefix: str | None, lines: list[str], promise_days: float | None
) -> dict[str, Any]:
    """Return the order as JSON values, from its file or from the options."""
    if order is not None:
        if zip_prefix is not None or lines or promise_days is not None:
            raise BadInput("Give --order, or --zip with --line and --promise-days, not both.")
        return _read(order)
    if zip_prefix is None or not lines:
        raise BadInput("Give --zip and at least one --line PRODUCT:QUANTITY, or --order FILE.json.")
    return {
        "order_id": "order",
        "destination": {"zip_prefix": zip_prefix},
        "lines": [_line(number, text) for number, text in enumerate(lines, 1)],
        "promise_days": promise_days,
    }


def _line(number: int, text: str) -> dict[str, Any]:
    product, _, quantity = text.partition(":")
    if not (quantity or "1").isdecimal():
        raise BadInput(f"--line {text!r}: write PRODUCT:QUANTITY, for example a1:2.")
    return {"line_id": str(number), "product_id": product, "quantity": int(quantity or 1)}


def _read(path: Path) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
        found = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise BadInput(f"{path} holds no order: write one JSON object (docs/orders.md shows one).")
    return found
